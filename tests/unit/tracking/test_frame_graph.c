#include "tracking_fixture.h"

#include "frame_graph.h"

static struct trk_frame_graph graph;
static struct trk_history reference_history;
static struct trk_history tool_history;

static struct nav_pose at_x(double x_mm)
{
    struct nav_pose pose = nav_pose_identity();
    pose.t_mm[0] = x_mm;
    return pose;
}

static struct trk_entry entry_of(double x_mm, int64_t device_ns, int64_t arrival_ns)
{
    return (struct trk_entry){
        .pose = at_x(x_mm),
        .arrival_ns = arrival_ns,
        .device_ns = device_ns,
        .source = 1,
        .clock = 1,
        .flags = TRK_FLAG_VALID | TRK_FLAG_VERIFIED,
        .error_mm = 0.3,
    };
}

/* image <- reference <- tracker <- tool <- tip, with lengths that tell every step apart. */
static void build(uint32_t frames[4])
{
    const struct nav_pose registration = at_x(1000.0);
    const struct nav_pose tip = at_x(1.0);
    trk_history_clear(&reference_history);
    trk_history_clear(&tool_history);
    trk_frame_graph_init(&graph, "image");
    assert_int_equal(trk_frame_graph_add_static(&graph, "reference", TRK_FRAME_ROOT, &registration,
                                                0.4, true, &frames[0]),
                     NAV_OK);
    assert_int_equal(trk_frame_graph_add_live(&graph, "tracker", frames[0], &reference_history,
                                              true, &frames[1]),
                     NAV_OK);
    assert_int_equal(
        trk_frame_graph_add_live(&graph, "tool", frames[1], &tool_history, false, &frames[2]),
        NAV_OK);
    assert_int_equal(
        trk_frame_graph_add_static(&graph, "tip", frames[2], &tip, 0.0, true, &frames[3]), NAV_OK);
}

static void test_every_pair_of_frames(void **state)
{
    (void)state;
    uint32_t frames[4];
    build(frames);
    const struct trk_limits limits = fixture_limits();
    struct trk_entry entry = entry_of(100.0, 50 * MS, 51 * MS);
    trk_history_push(&reference_history, &entry);
    entry = entry_of(10.0, 50 * MS, 52 * MS);
    trk_history_push(&tool_history, &entry);

    /* where each frame's origin lies on the image's x axis; the reference's edge is inverted */
    const double x_mm[5] = {0.0, 1000.0, 900.0, 910.0, 911.0};
    for (uint32_t base = 0; base < 5; ++base) {
        for (uint32_t target = 0; target < 5; ++target) {
            const struct trk_path path = trk_frame_graph_path(&graph, base, target);
            const struct trk_located located =
                trk_frame_graph_locate(&graph, &path, &tool_history, &entry, &limits);
            assert_int_equal(located.answer, TRK_ANSWER_EXACT);
            assert_near(located.T_base_target.t_mm[0], x_mm[target] - x_mm[base], 1e-12);
            assert_int_equal(located.flags, TRK_FLAG_VALID | TRK_FLAG_VERIFIED);
        }
    }
    const struct trk_path path = trk_frame_graph_path(&graph, 0, 4);
    struct trk_located located =
        trk_frame_graph_locate(&graph, &path, &tool_history, &entry, &limits);
    assert_int_equal(located.arrival_ns, 51 * MS); /* the oldest */
    assert_near(located.error_mm, sqrt(0.4 * 0.4 + 0.3 * 0.3 + 0.3 * 0.3), 1e-12);

    const struct trk_path here = trk_frame_graph_path(&graph, 3, 3);
    located = trk_frame_graph_locate(&graph, &here, &tool_history, &entry, &limits);
    assert_true(located.arrival_ns == INT64_MAX);
    assert_near(located.error_mm, 0.0, 0.0);
}

static void test_flags_errors_and_holes(void **state)
{
    (void)state;
    uint32_t frames[4];
    build(frames);
    const struct trk_limits limits = fixture_limits();
    const struct trk_path path = trk_frame_graph_path(&graph, TRK_FRAME_ROOT, frames[3]);
    struct trk_entry tool = entry_of(10.0, 50 * MS, 52 * MS);
    trk_history_push(&tool_history, &tool);

    /* no reference at all, and one that is too far away in time */
    assert_int_equal(trk_frame_graph_locate(&graph, &path, &tool_history, &tool, &limits).answer,
                     TRK_ANSWER_NONE);
    struct trk_entry reference = entry_of(100.0, 29 * MS, 30 * MS);
    trk_history_push(&reference_history, &reference);
    struct trk_located located =
        trk_frame_graph_locate(&graph, &path, &tool_history, &tool, &limits);
    assert_int_equal(located.answer, TRK_ANSWER_NONE);
    assert_true(isnan(located.error_mm));

    reference = entry_of(100.0, 40 * MS, 41 * MS);
    reference.flags = TRK_FLAG_VALID | TRK_FLAG_LATE;
    reference.error_mm = NAN;
    trk_history_push(&reference_history, &reference);
    located = trk_frame_graph_locate(&graph, &path, &tool_history, &tool, &limits);
    assert_int_equal(located.answer, TRK_ANSWER_HELD);
    assert_int_equal(located.flags, TRK_FLAG_VALID | TRK_FLAG_LATE);
    assert_int_equal(located.arrival_ns, 41 * MS);
    assert_true(isnan(located.error_mm));

    /* a registration that is withdrawn makes everything through it invalid */
    const struct nav_pose identity = nav_pose_identity();
    trk_frame_graph_set_static(&graph, frames[0], &identity, NAN, false);
    located = trk_frame_graph_locate(&graph, &path, &tool_history, &tool, &limits);
    assert_int_equal(located.flags & TRK_FLAG_VALID, 0);
    const struct trk_path inside = trk_frame_graph_path(&graph, frames[0], frames[3]);
    located = trk_frame_graph_locate(&graph, &inside, &tool_history, &tool, &limits);
    assert_int_equal(located.flags & TRK_FLAG_VALID, TRK_FLAG_VALID);
}

static void test_names(void **state)
{
    (void)state;
    uint32_t frames[4];
    build(frames);
    uint32_t found = 99;
    assert_int_equal(trk_frame_graph_find(&graph, "tracker", &found), NAV_OK);
    assert_int_equal(found, frames[1]);
    assert_int_equal(trk_frame_graph_find(&graph, "image", &found), NAV_OK);
    assert_int_equal(found, TRK_FRAME_ROOT);
    found = 99;
    assert_int_equal(trk_frame_graph_find(&graph, "track", &found), NAV_ERR_NOT_FOUND);
    assert_int_equal(found, 99);

    const struct nav_pose identity = nav_pose_identity();
    char long_name[NAV_NAME_SIZE + 1];
    memset(long_name, 'a', NAV_NAME_SIZE);
    long_name[NAV_NAME_SIZE] = '\0';
    const struct {
        const char *name;
        uint32_t parent;
        enum nav_status expected;
    } rows[] = {
        {"tool", 0, NAV_ERR_EXISTS},      {"", 0, NAV_ERR_ARGUMENT},
        {long_name, 0, NAV_ERR_ARGUMENT}, {"other", 5, NAV_ERR_ARGUMENT},
        {long_name + 1, 4, NAV_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_int_equal(trk_frame_graph_add_static(&graph, rows[i].name, rows[i].parent, &identity,
                                                    0.0, true, &found),
                         rows[i].expected);
    }
    enum nav_status status = NAV_OK;
    for (int i = 0; status == NAV_OK; ++i) {
        char name[NAV_NAME_SIZE];
        (void)snprintf(name, sizeof(name), "more %d", i);
        status =
            trk_frame_graph_add_live(&graph, name, graph.count - 1, &tool_history, false, &found);
    }
    assert_int_equal(status, NAV_ERR_FULL);
    assert_int_equal(graph.count, TRK_FRAMES_MAX);
    const struct trk_path longest = trk_frame_graph_path(&graph, 0, TRK_FRAMES_MAX - 1);
    assert_int_equal(longest.up_count, TRK_FRAMES_MAX - 1);
    const struct trk_path back = trk_frame_graph_path(&graph, TRK_FRAMES_MAX - 1, 0);
    assert_int_equal(back.down_count, TRK_FRAMES_MAX - 1);
    assert_int_equal(back.up_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_of_frames),
        cmocka_unit_test(test_flags_errors_and_holes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
