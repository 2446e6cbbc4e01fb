/* The scene as OpenIGTLink: names, versions, what is new, a batch that is full. */
#include "publisher.h"

#include <math.h>

#include "nav/time.h"
#include "test_data.h"
#include "wire_framer.h"
#include "wire_metadata.h"
#include "wire_tdata.h"

enum { MESSAGES_MAX = 600 };

struct taken {
    int count;
    char devices[MESSAGES_MAX][WIRE_DEVICE_SIZE + 1];
    char names[MESSAGES_MAX][NAV_NAME_SIZE + 16]; /* IGTL_DEVICE_NAME, or "" */
    char valid[MESSAGES_MAX][4];
    int64_t device_ns[MESSAGES_MAX];
    size_t content_size[MESSAGES_MAX];
};

static struct taken taken;

static uint64_t cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)type;
    return kind == WIRE_KIND_TRANSFORM || kind == WIRE_KIND_TDATA ? 65536 : 0;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    (void)context;
    assert_true(taken.count < MESSAGES_MAX);
    const int i = taken.count++;
    struct wire_metadata_entry entry;
    memcpy(taken.devices[i], message->device, sizeof(taken.devices[i]));
    taken.names[i][0] = '\0';
    taken.valid[i][0] = '\0';
    if (wire_metadata_find(message, "IGTL_DEVICE_NAME", &entry, NULL) == NAV_OK) {
        (void)snprintf(taken.names[i], sizeof(taken.names[i]), "%.*s", (int)entry.value_size,
                       entry.value);
    }
    if (wire_metadata_find(message, "TransformValid", &entry, NULL) == NAV_OK) {
        (void)snprintf(taken.valid[i], sizeof(taken.valid[i]), "%.*s", (int)entry.value_size,
                       entry.value);
    }
    taken.device_ns[i] = message->device_ns;
    taken.content_size[i] = message->content_size;
    return NAV_OK;
}

static void take(const uint8_t *bytes, size_t size)
{
    taken.count = 0;
    const struct wire_framer_config config = {.body_cap = cap, .on_message = on_message};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, bytes, size), NAV_OK);
    assert_true(wire_framer_at_boundary(framer));
    assert_int_equal(wire_framer_stats(framer)->malformed, 0);
    wire_framer_destroy(framer);
}

static void take_batch(const struct srv_publisher *publisher, uint16_t version)
{
    const struct srv_publisher_batch *batch = srv_publisher_batch(publisher, version);
    take(batch->bytes, batch->size);
}

static struct srv_publisher publisher;
static struct nav_scene scene;

static void show(uint32_t tool, int64_t device_ns)
{
    struct nav_scene_tool *shown = &scene.tools[tool];
    shown->state = NAV_TOOL_TRACKED;
    shown->reason = NAV_REASON_NONE;
    shown->has_pose = 1;
    shown->device_ns = device_ns;
    shown->arrival_ns = device_ns;
    shown->error_mm = (double)NAN;
    for (int i = 0; i < 9; ++i) {
        shown->R_image[i] = i % 4 == 0 ? 1.0 : 0.0;
    }
    for (int i = 0; i < 3; ++i) {
        shown->tip_image_mm[i] = i;
    }
}

static int setup(void **state)
{
    (void)state;
    static const char *const names[] = {"Stylus", "Chirurgische S\xc3\xa4ge, gro\xc3\x9f",
                                        "Chirurgische S\xc3\xa4ge, klein",
                                        "nineteen characters\xc3\xa9"};
    memset(&scene, 0, sizeof(scene));
    scene.tool_count = 4;
    scene.trust = NAV_TRUST_OK;
    for (int i = 0; i < 4; ++i) {
        (void)snprintf(scene.tools[i].name, NAV_NAME_SIZE, "%s", names[i]);
        scene.tools[i].error_mm = (double)NAN;
    }
    srv_publisher_init(&publisher, &scene);
    return 0;
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    show(3, 5);
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.devices[0], "nineteen characters");
    take_batch(&publisher, 2);
    const int last = taken.count - 1;
    assert_string_equal(taken.names[last], "nineteen characters\xc3\xa9TipToImage");
}

static void equal_beginnings_are_never_mixed_up(void **state)
{
    (void)state;
    show(1, 5);
    show(2, 5);
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 1); /* version 1 could not tell them apart */
    take_batch(&publisher, 2);
    assert_int_equal(taken.count, 2);
    assert_string_equal(taken.devices[0], taken.devices[1]);
    assert_string_not_equal(taken.names[0], taken.names[1]);
}

/* Who reads version 1 reads no mode, and would take a recorded pose for a live one. */
static void a_replay_is_for_those_who_can_be_told(void **state)
{
    (void)state;
    static uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    for (uint32_t mode = NAV_MODE_LIVE; mode <= NAV_MODE_REPLAY; ++mode) {
        const int expected = mode == NAV_MODE_REPLAY ? 0 : 1;
        scene.mode = mode;
        show(0, 5 + (int64_t)mode);
        srv_publisher_collect(&publisher, &scene);
        take_batch(&publisher, 1);
        assert_int_equal(taken.count, expected);
        take_batch(&publisher, 2);
        assert_int_equal(taken.count, 1);
        srv_publisher_end_batch(&publisher);
        assert_int_equal(srv_publisher_state(&publisher, &scene, 1, bytes) > 0, expected);
        const size_t empty = WIRE_HEADER_SIZE;
        const size_t size = srv_publisher_tdata(&publisher, &scene, 1, bytes);
        assert_int_equal(size, empty + (size_t)expected * WIRE_TDATA_TOOL_SIZE);
    }
    scene.mode = NAV_MODE_LIVE;
}

static void only_what_is_new_is_collected(void **state)
{
    (void)state;
    show(0, 1000);
    srv_publisher_collect(&publisher, &scene);
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.device_ns[0], 1000);
    srv_publisher_end_batch(&publisher);

    /* Stale is no new pose; version 2 hears of it. */
    scene.tools[0].state = NAV_TOOL_STALE;
    scene.tools[0].reason = NAV_REASON_TOOL_STALE;
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 0);
    take_batch(&publisher, 2);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.valid[0], "1");
    srv_publisher_end_batch(&publisher);

    /* Withheld: version 2 once, version 1 never. */
    scene.tools[0].state = NAV_TOOL_LOST;
    scene.tools[0].reason = NAV_REASON_TOOL_LOST;
    scene.tools[0].has_pose = 0;
    srv_publisher_collect(&publisher, &scene);
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 0);
    take_batch(&publisher, 2);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.valid[0], "0");
    srv_publisher_end_batch(&publisher);

    show(0, 1000); /* the same pose shown again is news */
    srv_publisher_collect(&publisher, &scene);
    take_batch(&publisher, 1);
    assert_int_equal(taken.count, 1);
}

static void a_full_batch_keeps_the_newest(void **state)
{
    (void)state;
    enum { POSES = 500 };
    for (int i = 1; i <= POSES; ++i) {
        show(0, i);
        srv_publisher_collect(&publisher, &scene);
    }
    for (uint16_t version = 1; version <= 2; ++version) {
        take_batch(&publisher, version);
        assert_true(taken.count > 0 && taken.count < POSES);
        for (int i = 0; i < taken.count; ++i) {
            assert_int_equal(taken.device_ns[i], POSES - taken.count + 1 + i);
        }
    }
    assert_true(publisher.left_out > 0);
}

static void state_and_tdata_hold_what_is_shown(void **state)
{
    (void)state;
    uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    show(0, 7);
    take(bytes, srv_publisher_state(&publisher, &scene, 1, bytes));
    assert_int_equal(taken.count, 1);
    take(bytes, srv_publisher_state(&publisher, &scene, 2, bytes));
    assert_int_equal(taken.count, 4);
    assert_string_equal(taken.valid[0], "1");
    assert_string_equal(taken.valid[1], "0");
    take(bytes, srv_publisher_tdata(&publisher, &scene, 2, bytes));
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.content_size[0], WIRE_TDATA_TOOL_SIZE);
    scene.tools[0].has_pose = 0;
    take(bytes, srv_publisher_tdata(&publisher, &scene, 1, bytes));
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.content_size[0], 0);
}

/* All tools with the longest names fit. */
static void the_largest_case_fits(void **state)
{
    (void)state;
    uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    scene.tool_count = NAV_TOOLS_MAX;
    scene.mode = NAV_MODE_SIMULATION;
    for (uint32_t i = 0; i < NAV_TOOLS_MAX; ++i) {
        memset(scene.tools[i].name, 'a' + (int)i, NAV_NAME_SIZE - 1);
        scene.tools[i].name[NAV_NAME_SIZE - 1] = '\0';
        show(i, 5);
        scene.tools[i].error_mm = 0.125;
        scene.tools[i].reason = NAV_REASON_SENDER_UNVERIFIED;
    }
    srv_publisher_init(&publisher, &scene);
    take(bytes, srv_publisher_state(&publisher, &scene, 2, bytes));
    assert_int_equal(taken.count, NAV_TOOLS_MAX);
    take(bytes, srv_publisher_tdata(&publisher, &scene, 2, bytes));
    assert_int_equal(taken.content_size[0], NAV_TOOLS_MAX * WIRE_TDATA_TOOL_SIZE);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(long_names_are_cut_between_characters),
        TEST(equal_beginnings_are_never_mixed_up),
        TEST(a_replay_is_for_those_who_can_be_told),
        TEST(only_what_is_new_is_collected),
        TEST(a_full_batch_keeps_the_newest),
        TEST(state_and_tdata_hold_what_is_shown),
        TEST(the_largest_case_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
