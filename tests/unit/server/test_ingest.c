/* Messages to samples: names, ownership, what the sender says, what is counted. */
#include "ingest.h"

#include <math.h>

#include "nav/time.h"
#include "test_data.h"
#include "wire_framer.h"
#include "wire_pack.h"
#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_tdata.h"
#include "wire_transform.h"

#define MS NAV_NS_PER_MS

enum { EVENTS_MAX = 64, BYTES_MAX = 70000 };

struct told {
    uint32_t peer;
    enum srv_ingest_event event;
    char device[NAV_NAME_SIZE];
};

static struct told told[EVENTS_MAX];
static int told_count;

static void on_event(void *context, struct srv_ingest_peer *peer, enum srv_ingest_event event,
                     const char *device)
{
    (void)context;
    assert_true(told_count < EVENTS_MAX);
    told[told_count] = (struct told){.peer = peer->id, .event = event};
    (void)snprintf(told[told_count].device, NAV_NAME_SIZE, "%s", device);
    ++told_count;
}

struct fixture {
    struct trk_navigator *navigator;
    struct srv_ingest ingest;
    struct srv_ingest_peer peer;
    struct srv_ingest_peer other;
    int64_t now_ns;
};

static int setup(void **state)
{
    static struct fixture fixture;
    static const char *const devices[] = {
        "StylusToTracker", "ProbeToReference", "Exact",
        "AVeryLongToolNameIndeedToTracker", /* over 20 bytes: only in metadata */
    };
    struct trk_config config = {
        .limits = {.caution_age_ns = 100 * MS,
                   .withhold_age_ns = 250 * MS,
                   .repeat_warn_ns = 2000 * MS,
                   .join_max_ns = 20 * MS,
                   .interpolate_max_ns = 50 * MS,
                   .clock_jump_ns = 50 * MS,
                   .notice_ns = 2000 * MS,
                   .return_frames = 5,
                   .return_ns = 100 * MS,
                   .rigid_tolerance = 2e-3,
                   .translation_max_mm = 1e4,
                   .fit_error_caution_mm = 0.5,
                   .fit_error_withhold_mm = 1.0,
                   .check_caution_mm = 1.0,
                   .check_withhold_mm = 2.0,
                   .reference_jump_mm = 1.0,
                   .reference_jump_rad = 0.02},
        .has_registration = true,
        .registration_fre_mm = (double)NAN,
        .T_image_reference = nav_pose_identity(),
        .tool_count = 4,
    };
    for (int i = 0; i < 4; ++i) {
        (void)snprintf(config.tools[i].name, NAV_NAME_SIZE, "tool %d", i);
        (void)snprintf(config.tools[i].device, NAV_NAME_SIZE, "%s", devices[i]);
        config.tools[i].axis[2] = 1.0;
    }
    memset(&fixture, 0, sizeof(fixture));
    assert_int_equal(trk_navigator_create(&config, &fixture.navigator), NAV_OK);
    srv_ingest_init(&fixture.ingest, fixture.navigator, on_event);
    fixture.peer.id = 1;
    fixture.other.id = 2;
    fixture.now_ns = 1000 * MS;
    told_count = 0;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    trk_navigator_destroy(fixture->navigator);
    return 0;
}

/* ---- messages ---- */

static uint8_t bytes[BYTES_MAX];

static struct wire_transform pose_at(float x)
{
    return (struct wire_transform){.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .t_mm = {x, 0, 0}};
}

struct feeding {
    struct fixture *fixture;
    struct srv_ingest_peer *peer;
    enum nav_status status;
};

static uint64_t cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)type;
    return srv_ingest_wants(kind) ? BYTES_MAX : 0;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct feeding *feeding = context;
    struct fixture *fixture = feeding->fixture;
    fixture->now_ns += 10 * MS;
    feeding->status = srv_ingest_message(&fixture->ingest, feeding->peer, message, fixture->now_ns);
    return feeding->status;
}

static enum nav_status give(struct fixture *fixture, struct srv_ingest_peer *peer, size_t size)
{
    struct feeding feeding = {.fixture = fixture, .peer = peer, .status = NAV_END};
    const struct wire_framer_config config = {
        .body_cap = cap, .on_message = on_message, .context = &feeding};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, bytes, size), NAV_OK);
    wire_framer_destroy(framer);
    return feeding.status;
}

static size_t pack_transform(const char *device, float x, const struct wire_metadata_entry *entries,
                             size_t count)
{
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){
                     .version = count > 0 ? 2 : 1, .kind = WIRE_KIND_TRANSFORM, .device = device});
    const struct wire_transform pose = pose_at(x);
    wire_transform_encode(&writer, &pose);
    assert_int_equal(wire_pack_end(&pack, entries, count), NAV_OK);
    return writer.size;
}

static enum nav_status give_transform(struct fixture *fixture, struct srv_ingest_peer *peer,
                                      const char *device, float x)
{
    return give(fixture, peer, pack_transform(device, x, NULL, 0));
}

static size_t pack_tdata(const char *const *names, const float *x, size_t tools,
                         const struct wire_metadata_entry *entries, size_t count)
{
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = count > 0 ? 2 : 1, .kind = WIRE_KIND_TDATA});
    for (size_t i = 0; i < tools; ++i) {
        struct wire_tdata_tool tool = {.instrument = 2, .pose = pose_at(x[i])};
        (void)snprintf(tool.name, sizeof(tool.name), "%s", names[i]);
        tool.name_length = (uint8_t)strlen(tool.name);
        wire_tdata_tool_encode(&writer, &tool);
    }
    assert_int_equal(wire_pack_end(&pack, entries, count), NAV_OK);
    return writer.size;
}

static size_t pack_position(enum wire_kind kind, enum wire_position_form form, const float q[4])
{
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = 1, .kind = kind, .device = "StylusToTracker"});
    struct wire_position position = {.form = form, .t_mm = {1, 2, 3}};
    memcpy(position.q, q, sizeof(position.q));
    wire_position_encode(&writer, &position);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    return writer.size;
}

static struct nav_scene scene_of(struct fixture *fixture)
{
    struct nav_scene scene;
    trk_navigator_scene(fixture->navigator, fixture->now_ns, 0, &scene);
    return scene;
}

/* ---- tests ---- */

static void a_transform_becomes_a_sample_of_its_device(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(give_transform(fixture, &fixture->peer, "StylusToTracker", 5), NAV_OK);
    const struct nav_scene scene = scene_of(fixture);
    assert_int_equal(scene.tools[0].accepted, 1);
    assert_true(scene.tools[0].tip_image_mm[0] == 5.0);
    assert_int_equal(scene.tools[0].arrival_ns, fixture->now_ns);
    assert_int_equal(fixture->peer.accepted, 1);
    assert_int_equal(fixture->ingest.changes, 1);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].event, SRV_INGEST_DEVICE_OWNED);
    assert_true(srv_ingest_peer_owns(&fixture->ingest, &fixture->peer));
}

static void long_names_come_from_metadata(void **state)
{
    struct fixture *fixture = *state;
    const struct wire_metadata_entry name =
        wire_metadata_text("IGTL_DEVICE_NAME", "AVeryLongToolNameIndeedToTracker");
    assert_int_equal(
        give(fixture, &fixture->peer, pack_transform("AVeryLongToolNameInd", 1, &name, 1)), NAV_OK);
    assert_int_equal(scene_of(fixture).tools[3].accepted, 1);
    /* A header that contradicts it is one message with two names. */
    assert_int_equal(give(fixture, &fixture->peer, pack_transform("StylusToTracker", 1, &name, 1)),
                     NAV_ERR_REFUSED);
    assert_int_equal(scene_of(fixture).tools[0].accepted, 0);
}

static void tdata_entries_match_exactly_then_as_in_the_tracker(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"Exact", "Stylus", "Probe", "ProbeToReference", "Nothing"};
    static const float x[] = {1, 2, 3, 4, 5};
    assert_int_equal(give(fixture, &fixture->peer, pack_tdata(names, x, 5, NULL, 0)), NAV_OK);
    const struct nav_scene scene = scene_of(fixture);
    assert_true(scene.tools[2].tip_image_mm[0] == 1.0); /* exact */
    assert_true(scene.tools[0].tip_image_mm[0] == 2.0); /* StylusToTracker */
    assert_true(scene.tools[1].tip_image_mm[0] == 4.0); /* only by its whole name */
    assert_int_equal(scene.tools[1].accepted, 1);
    assert_int_equal(fixture->peer.unknown, 2); /* Probe, Nothing */
}

/* A quarter turn about z: the tool's x axis points along y. */
static const float quarter_turn[4] = {0, 0, 0.70710678f, 0.70710678f};

static void assert_quarter_turn(const struct nav_scene_tool *tool)
{
    static const double expected[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};
    for (int i = 0; i < 9; ++i) {
        assert_true(fabs(tool->R_image[i] - expected[i]) < 1e-7);
    }
    assert_true(tool->tip_image_mm[2] == 3.0);
}

static void quaternions_become_poses(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(give(fixture, &fixture->peer,
                          pack_position(WIRE_KIND_POSITION, WIRE_POSITION_FULL, quarter_turn)),
                     NAV_OK);
    struct nav_scene scene = scene_of(fixture);
    assert_quarter_turn(&scene.tools[0]);
    assert_int_equal(give(fixture, &fixture->peer,
                          pack_position(WIRE_KIND_QTRANS, WIRE_POSITION_WITHOUT_W, quarter_turn)),
                     NAV_OK);
    assert_int_equal(scene_of(fixture).tools[0].accepted, 2);

    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1, .kind = WIRE_KIND_QTDATA});
    struct wire_qtdata_tool tool = {.name = "Exact", .name_length = 5, .t_mm = {1, 2, 3}};
    memcpy(tool.q, quarter_turn, sizeof(tool.q));
    wire_qtdata_tool_encode(&writer, &tool);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    assert_int_equal(give(fixture, &fixture->peer, writer.size), NAV_OK);
    scene = scene_of(fixture);
    assert_quarter_turn(&scene.tools[2]);
}

static void quaternions_that_are_none_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const float wrong[][4] = {{0, 0, 0, 0}, {0, 0, 0, 1.01f}, {NAN, 0, 0, 1}, {1, 1, 1, 1}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        assert_int_equal(give(fixture, &fixture->peer,
                              pack_position(WIRE_KIND_POSITION, WIRE_POSITION_FULL, wrong[i])),
                         NAV_OK);
    }
    assert_int_equal(fixture->peer.rejected, 4);
    assert_int_equal(fixture->peer.accepted, 0);
    assert_int_equal(give(fixture, &fixture->peer,
                          pack_position(WIRE_KIND_POSITION, WIRE_POSITION_ONLY, wrong[0])),
                     NAV_ERR_UNSUPPORTED);
}

static void one_message_gives_a_device_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"Stylus", "StylusToTracker", "Exact"};
    static const float x[] = {1, 2, 3};
    assert_int_equal(give(fixture, &fixture->peer, pack_tdata(names, x, 3, NULL, 0)),
                     NAV_ERR_EXISTS);
    const struct nav_scene scene = scene_of(fixture);
    assert_int_equal(scene.tools[0].accepted, 1);
    assert_true(scene.tools[0].tip_image_mm[0] == 1.0);
    assert_int_equal(scene.tools[2].accepted, 1); /* its neighbours stay good */
}

/* Ingest remembers who stood where in the last TDATA: that must never outlive a change. */
static void a_pose_goes_to_who_is_named_not_to_who_stood_there(void **state)
{
    struct fixture *fixture = *state;
    static const char *const rounds[][2] = {
        {"Stylus", "Exact"},     {"Exact", "Stylus"}, {"Exact", "Nothing"}, {"Exact", "Stylus"},
        {"Stylus\x01", "Exact"}, {"", "Exact"},       {"Stylus", "Exact"},
    };
    static const bool good[] = {true, true, true, true, false, false, true};
    uint64_t stylus = 0;
    uint64_t exact = 0;
    for (int i = 0; i < 7; ++i) {
        const float x[2] = {(float)(2 * i + 1), (float)(2 * i + 2)};
        assert_int_equal(give(fixture, &fixture->peer, pack_tdata(rounds[i], x, 2, NULL, 0)),
                         good[i] ? NAV_OK : NAV_ERR_ENCODING);
        const struct nav_scene scene = scene_of(fixture);
        for (int k = 0; k < 2; ++k) {
            if (strcmp(rounds[i][k], "Stylus") == 0) {
                assert_true(scene.tools[0].tip_image_mm[0] == (double)x[k]);
                ++stylus;
            } else if (strcmp(rounds[i][k], "Exact") == 0) {
                assert_true(scene.tools[2].tip_image_mm[0] == (double)x[k]);
                ++exact;
            }
        }
        assert_int_equal(scene.tools[0].accepted, stylus);
        assert_int_equal(scene.tools[2].accepted, exact);
    }
    assert_int_equal(fixture->peer.unknown, 1);
}

static void the_senders_words_reach_the_sample(void **state)
{
    struct fixture *fixture = *state;
    const struct wire_metadata_entry view = wire_metadata_text("TransformStatus", "OUT_OF_VIEW");
    assert_int_equal(give(fixture, &fixture->peer, pack_transform("StylusToTracker", 1, &view, 1)),
                     NAV_OK);
    assert_int_equal(scene_of(fixture).tools[0].state, NAV_TOOL_INVALID);

    static const char *const names[] = {"Stylus", "Exact"};
    static const float x[] = {1, 2};
    const struct wire_metadata_entry missing = wire_metadata_text("ExactStatus", "MISSING");
    assert_int_equal(give(fixture, &fixture->peer, pack_tdata(names, x, 2, &missing, 1)), NAV_OK);
    const struct nav_scene scene = scene_of(fixture);
    assert_int_equal(scene.tools[2].state, NAV_TOOL_INVALID);
    assert_int_equal(scene.tools[0].accepted, 1);

    const struct wire_metadata_entry error = wire_metadata_text("TransformError", "0.75");
    assert_int_equal(give(fixture, &fixture->peer, pack_transform("StylusToTracker", 3, &error, 1)),
                     NAV_OK);
    assert_true(scene_of(fixture).tools[0].error_mm == 0.75);
}

static void another_peer_is_refused_until_the_owner_is_gone(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(give_transform(fixture, &fixture->peer, "StylusToTracker", 1), NAV_OK);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(give_transform(fixture, &fixture->other, "StylusToTracker", 900), NAV_OK);
    }
    assert_int_equal(fixture->other.refused, 3);
    assert_int_equal(fixture->other.accepted, 0);
    assert_int_equal(told_count, 2); /* owned, and one refusal, not three */
    assert_int_equal(told[1].event, SRV_INGEST_DEVICE_TAKEN);
    assert_int_equal(told[1].peer, 2);
    struct nav_scene scene = scene_of(fixture);
    assert_true(scene.tools[0].tip_image_mm[0] == 1.0);
    bool said = false;
    for (uint32_t i = 0; i < scene.reason_count; ++i) {
        said = said || scene.reasons[i].reason == NAV_REASON_DUPLICATE_SENDER;
    }
    assert_true(said);

    /* Silence of the owner changes nothing, its end does. */
    fixture->now_ns += 10000 * MS;
    assert_int_equal(give_transform(fixture, &fixture->other, "StylusToTracker", 900), NAV_OK);
    assert_int_equal(fixture->other.refused, 4);
    srv_ingest_peer_gone(&fixture->ingest, &fixture->peer);
    fixture->now_ns += 1000 * MS;
    assert_int_equal(give_transform(fixture, &fixture->other, "StylusToTracker", 2), NAV_OK);
    assert_int_equal(fixture->other.accepted, 1);
}

static void unknown_names_are_counted_and_told_once(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < SRV_INGEST_NAMES_MAX + 10; ++i) {
            char name[NAV_NAME_SIZE];
            (void)snprintf(name, sizeof(name), "Unknown%d", i);
            assert_int_equal(give_transform(fixture, &fixture->peer, name, 1), NAV_OK);
        }
    }
    assert_int_equal(fixture->peer.unknown, 2 * (SRV_INGEST_NAMES_MAX + 10));
    assert_int_equal(told_count, SRV_INGEST_NAMES_MAX);
    assert_int_equal(fixture->ingest.changes, 0);
}

static void the_case_of_a_name_counts(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(give_transform(fixture, &fixture->peer, "stylustotracker", 1), NAV_OK);
    assert_int_equal(fixture->peer.unknown, 1);
    assert_int_equal(scene_of(fixture).tools[0].accepted, 0);
}

/* As many entries as a body holds, each with a name of its own or all with the same. */
static void a_crowded_message_stays_bounded(void **state)
{
    struct fixture *fixture = *state;
    enum { TOOLS = 900 };
    static char texts[TOOLS][WIRE_TOOL_NAME_SIZE + 1];
    static const char *names[TOOLS];
    static float x[TOOLS];
    for (int i = 0; i < TOOLS; ++i) {
        (void)snprintf(texts[i], sizeof(texts[i]), "Tool%d", i);
        names[i] = texts[i];
        x[i] = (float)i;
    }
    assert_int_equal(give(fixture, &fixture->peer, pack_tdata(names, x, TOOLS, NULL, 0)), NAV_OK);
    assert_int_equal(fixture->peer.unknown, TOOLS);
    for (int i = 0; i < TOOLS; ++i) {
        names[i] = "Exact";
    }
    assert_int_equal(give(fixture, &fixture->peer, pack_tdata(names, x, TOOLS, NULL, 0)),
                     NAV_ERR_EXISTS);
    assert_int_equal(scene_of(fixture).tools[2].accepted, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transform_becomes_a_sample_of_its_device),
        TEST(long_names_come_from_metadata),
        TEST(tdata_entries_match_exactly_then_as_in_the_tracker),
        TEST(quaternions_become_poses),
        TEST(quaternions_that_are_none_are_refused),
        TEST(one_message_gives_a_device_once),
        TEST(a_pose_goes_to_who_is_named_not_to_who_stood_there),
        TEST(the_senders_words_reach_the_sample),
        TEST(another_peer_is_refused_until_the_owner_is_gone),
        TEST(unknown_names_are_counted_and_told_once),
        TEST(the_case_of_a_name_counts),
        TEST(a_crowded_message_stays_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
