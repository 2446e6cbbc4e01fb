/* A tracker's messages pass by unharmed; those that a fault is on are changed as it says, and
 * nothing else in them. */
#include "test_data.h"

#include <math.h>

#include "hand_case.h"
#include "nav/time.h"
#include "sim_pack.h"
#include "sim_relay.h"
#include "wire_framer.h"
#include "wire_sender_status.h"
#include "wire_tdata.h"
#include "wire_transform.h"

enum { BYTES_SIZE = SIM_PACK_SIZE };

struct fixture {
    struct hand_folder folder;
    struct cfg_case *planned;
    struct sim_script script;
    struct sim_relay *relay;
    const char *tool;  /* device of the script's tool */
    const char *other; /* of another one */
    int64_t now_ns;
    uint8_t out[BYTES_SIZE]; /* what the relay gave for the last message */
    size_t out_size;
    bool same; /* it was the message itself */
};

static void setup(struct fixture *fixture)
{
    hand_folder_init(&fixture->folder, NULL, "");
    fixture->planned = hand_case_load(&fixture->folder);
    sim_script_disturbances(fixture->planned, 1, &fixture->script);
    fixture->script.fault_count = 0;
    assert_int_equal(sim_relay_create(&fixture->script, fixture->planned, &fixture->relay), NAV_OK);
    fixture->tool = sim_script_tool(&fixture->script, fixture->planned)->device;
    assert_true(fixture->planned->tool_count >= 2);
    const struct cfg_tool *tools = fixture->planned->tools;
    fixture->other = tools[strcmp(tools[0].device, fixture->tool) == 0 ? 1 : 0].device;
    fixture->now_ns = 0;
}

static void teardown(struct fixture *fixture)
{
    sim_relay_destroy(fixture->relay);
    cfg_case_destroy(fixture->planned);
    hand_folder_finish(&fixture->folder);
}

static void add_fault(struct fixture *fixture, struct sim_fault fault)
{
    fixture->script.faults[fixture->script.fault_count++] = fault;
}

static uint64_t any_size(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return BYTES_SIZE;
}

static enum nav_status take(void *context, const struct wire_message *message)
{
    struct fixture *fixture = context;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    sim_relay_take(fixture->relay, message, fixture->now_ns, &bytes, &size);
    fixture->same = size == message->raw_size && memcmp(bytes, message->raw, size) == 0;
    memcpy(fixture->out + fixture->out_size, bytes, size);
    fixture->out_size += size;
    return NAV_OK;
}

/* What a tracker sends at `at_s`: the tool and the reference; through the relay into `out`. */
static void pass(struct fixture *fixture, double at_s, const struct sim_pack_config *config)
{
    static uint8_t bytes[BYTES_SIZE];
    static struct sim_frame frame;
    const char *const names[] = {fixture->planned->reference_device, fixture->tool,
                                 "StrangerToTracker"};
    frame = (struct sim_frame){.pose_count = 3};
    for (size_t i = 0; i < 3; ++i) {
        frame.poses[i] = (struct sim_pose){.device = names[i],
                                           .status = "OK",
                                           .valid = true,
                                           .has_matrix = true,
                                           .R = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                                           .t_mm = {at_s, (double)i, 5}};
    }
    struct sim_pack_count count = {0};
    size_t size = 0;
    fixture->now_ns = llround(at_s * 1e9);
    const int64_t stamp_ns = INT64_C(1700000000) * NAV_NS_PER_S + fixture->now_ns;
    assert_int_equal(sim_pack_frame(config, &frame, stamp_ns, bytes, &count, &size), NAV_OK);
    const struct wire_framer_config framing = {
        .body_cap = any_size, .on_message = take, .context = fixture, .skip_max = BYTES_SIZE};
    struct wire_framer *framer = NULL;
    fixture->out_size = 0;
    assert_int_equal(wire_framer_create(&framing, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, bytes, size), NAV_OK);
    wire_framer_destroy(framer);
}

/* One pose of what came out. */
struct seen {
    const char *name;
    bool found;
    int64_t stamp_ns;
    enum nav_sender_status status;
    double t_mm[3], R[9];
};

static enum nav_status look(void *context, const struct wire_message *message)
{
    struct seen *seen = context;
    struct wire_transform transform = {0};
    if (message->kind == WIRE_KIND_TRANSFORM) {
        if (strcmp(message->device, seen->name) != 0) {
            return NAV_OK;
        }
        assert_int_equal(wire_transform_decode(message->content, message->content_size, &transform),
                         NAV_OK);
        seen->status = wire_sender_status_of_message(message);
        seen->found = true;
    }
    for (size_t i = 0;
         message->kind == WIRE_KIND_TDATA && i < wire_tdata_count(message->content_size); ++i) {
        struct wire_tdata_tool tool;
        assert_int_equal(wire_tdata_tool_at(message->content, message->content_size, i, &tool),
                         NAV_OK);
        if (strcmp(tool.name, seen->name) == 0) {
            transform = tool.pose;
            seen->status = wire_sender_status_of_tool(message, tool.name);
            seen->found = true;
        }
    }
    seen->stamp_ns = message->device_ns;
    for (int i = 0; i < 9; ++i) {
        seen->R[i] = (double)transform.R[i];
    }
    for (int i = 0; i < 3; ++i) {
        seen->t_mm[i] = (double)transform.t_mm[i];
    }
    return NAV_OK;
}

static struct seen find(const struct fixture *fixture, const char *name)
{
    struct seen seen = {.name = name};
    const struct wire_framer_config framing = {
        .body_cap = any_size, .on_message = look, .context = &seen, .skip_max = BYTES_SIZE};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&framing, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, fixture->out, fixture->out_size), NAV_OK);
    assert_int_equal(wire_framer_stats(framer)->crc_errors, 0);
    wire_framer_destroy(framer);
    return seen;
}

static const struct sim_pack_config transforms = {.header_version = 2};
static const struct sim_pack_config tdata = {.header_version = 2, .tdata = true};
static const struct sim_pack_config old = {.header_version = 1};

static void test_without_a_fault_all_bytes_pass(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    const struct sim_pack_config *const configs[] = {&transforms, &tdata, &old};
    for (size_t i = 0; i < 3; ++i) {
        pass(&fixture, (double)i, configs[i]);
        assert_true(fixture.same);
    }
    assert_int_equal(sim_relay_count(fixture.relay).messages, 7);
    assert_int_equal(sim_relay_count(fixture.relay).changed, 0);
    teardown(&fixture);
}

static void test_a_hidden_tool_is_said_to_be_hidden(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    const char *tool = fixture.tool;
    add_fault(&fixture, (struct sim_fault){.from_s = 1, .to_s = 2, .kind = SIM_FAULT_HIDE});
    /* Times count from the first pose of the tool, at 100 s of the clock. */
    pass(&fixture, 100.5, &transforms);
    assert_int_equal(find(&fixture, tool).status, NAV_SENDER_OK);
    const struct sim_pack_config *const configs[] = {&transforms, &tdata};
    for (size_t i = 0; i < 2; ++i) {
        pass(&fixture, 101.6, configs[i]);
        const struct seen hidden = find(&fixture, tool);
        assert_true(hidden.found);
        assert_int_equal(hidden.status, NAV_SENDER_OUT_OF_VIEW);
        const struct seen reference = find(&fixture, fixture.planned->reference_device);
        assert_int_equal(reference.status, NAV_SENDER_OK);
        const struct seen stranger = find(&fixture, "StrangerToTracker");
        assert_int_equal(stranger.status, NAV_SENDER_OK);
        assert_float_equal(stranger.t_mm[1], 2, 0);
        assert_true(fabs((double)(stranger.stamp_ns % NAV_NS_PER_S) - 6e8) < 1e3);
    }
    /* An old header cannot say it: the pose is left out. */
    pass(&fixture, 101.7, &old);
    assert_false(find(&fixture, tool).found);
    assert_true(find(&fixture, fixture.planned->reference_device).found);
    pass(&fixture, 102.6, &transforms);
    assert_int_equal(find(&fixture, tool).status, NAV_SENDER_OK);
    teardown(&fixture);
}

static void test_other_faults(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    const char *tool = fixture.tool;
    const char *reference = fixture.planned->reference_device;
    add_fault(&fixture, (struct sim_fault){.from_s = 1,
                                           .to_s = 2,
                                           .kind = SIM_FAULT_JUMP,
                                           .device = SIM_ON_REFERENCE,
                                           .amount = 9});
    add_fault(&fixture, (struct sim_fault){.from_s = 3, .to_s = 4, .kind = SIM_FAULT_FREEZE});
    add_fault(&fixture,
              (struct sim_fault){.from_s = 5, .to_s = 6, .kind = SIM_FAULT_CLOCK, .amount = 500});
    pass(&fixture, 0, &tdata);
    pass(&fixture, 1.5, &tdata);
    assert_float_equal(find(&fixture, reference).t_mm[0], 10.5, 1e-6);
    assert_float_equal(find(&fixture, tool).t_mm[0], 1.5, 1e-6);
    pass(&fixture, 3.5, &tdata);
    assert_float_equal(find(&fixture, tool).t_mm[0], 1.5, 1e-6);
    assert_float_equal(find(&fixture, reference).t_mm[0], 3.5, 1e-6);
    pass(&fixture, 5.25, &tdata);
    const int64_t late_ns = find(&fixture, tool).stamp_ns % NAV_NS_PER_S;
    assert_true(llabs(late_ns - 750 * NAV_NS_PER_MS) < 1000);
    pass(&fixture, 6.5, &tdata);
    assert_true(fixture.same);
    teardown(&fixture);
}

/* Another tool's name on the same numbers: what somebody with the wrong instrument sends. */
static void test_a_wrong_tool(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    add_fault(&fixture, (struct sim_fault){.from_s = 1, .to_s = 2, .kind = SIM_FAULT_WRONG_TOOL});
    pass(&fixture, 0, &transforms);
    pass(&fixture, 1.5, &transforms);
    assert_false(find(&fixture, fixture.tool).found);
    assert_true(find(&fixture, fixture.other).found);
    teardown(&fixture);
}

static void test_the_usual_disturbances(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture);
    sim_script_disturbances(fixture.planned, 7, &fixture.script);
    assert_true(fixture.script.fault_count >= 100);
    double end_s = 0;
    size_t on_reference = 0;
    for (size_t i = 0; i < fixture.script.fault_count; ++i) {
        const struct sim_fault *fault = &fixture.script.faults[i];
        assert_true(fault->from_s - end_s >= 15 && fault->to_s > fault->from_s);
        end_s = fault->to_s;
        on_reference += fault->device == SIM_ON_REFERENCE ? 1 : 0;
    }
    assert_true(end_s > 3000 && on_reference > 30);
    teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_fault_all_bytes_pass),
        cmocka_unit_test(test_a_hidden_tool_is_said_to_be_hidden),
        cmocka_unit_test(test_other_faults),
        cmocka_unit_test(test_a_wrong_tool),
        cmocka_unit_test(test_the_usual_disturbances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
