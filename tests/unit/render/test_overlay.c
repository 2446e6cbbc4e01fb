#include "test_data.h"

#include <math.h>

#include "nav/time.h"
#include "overlay.h"

#define NOW_NS (INT64_C(1000) * NAV_NS_PER_S)
#define CAUTION_NS (100 * NAV_NS_PER_MS)
#define WITHHOLD_NS (250 * NAV_NS_PER_MS)

/* A display in good order: one live tool of two, seen 10 ms ago, scene 5 ms old. */
struct bench {
    struct rnd_case facts;
    struct nav_scene scene;
    struct rnd_overlay_input input;
    struct rnd_overlay overlay;
};

static void live_tool(struct nav_scene_tool *tool, const char *name, int64_t arrival_ns,
                      int64_t time_ns)
{
    (void)snprintf(tool->name, sizeof(tool->name), "%s", name);
    tool->state = NAV_TOOL_TRACKED;
    tool->reason = NAV_REASON_NONE;
    tool->has_pose = 1;
    tool->arrival_ns = arrival_ns;
    tool->age_ns = time_ns - arrival_ns;
    tool->T_image_tool = nav_pose_identity();
    for (int i = 0; i < 3; ++i) {
        tool->tip_image_mm[i] = 10.0 * i - 12.34;
    }
}

static void withheld_tool(struct nav_scene_tool *tool, const char *name, uint32_t state)
{
    memset(tool, 0, sizeof(*tool));
    (void)snprintf(tool->name, sizeof(tool->name), "%s", name);
    tool->state = state;
    tool->age_ns = -1;
    for (int i = 0; i < 3; ++i) {
        tool->tip_image_mm[i] = (double)NAN;
    }
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    bench->facts.case_id = 77;
    bench->facts.tool_count = 2;
    (void)snprintf(bench->facts.tool_names[0], NAV_NAME_SIZE, "Osteotome");
    (void)snprintf(bench->facts.tool_names[1], NAV_NAME_SIZE, "Pointer");
    (void)snprintf(bench->facts.case_name, NAV_NAME_SIZE, "Demo");
    (void)snprintf(bench->facts.pseudonym, NAV_NAME_SIZE, "PHANTOM-01");

    struct nav_scene *scene = &bench->scene;
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->seq = 1;
    scene->time_ns = NOW_NS - 5 * NAV_NS_PER_MS;
    scene->case_id = 77;
    scene->trust = NAV_TRUST_OK;
    scene->caution_ns = CAUTION_NS;
    scene->withhold_ns = WITHHOLD_NS;
    scene->pose_count = 1000;
    scene->pose_arrival_ns = NOW_NS - 10 * NAV_NS_PER_MS;
    scene->peers_total = scene->peer_count = 1;
    scene->tool_count = 2;
    scene->registration.present = 1;
    scene->registration.fre_mm = 0.42;
    scene->registration.tre_mm = 1.16;
    scene->registration.trend_mm_per_min = (double)NAN;
    scene->reference.required = 1;
    scene->reference.state = NAV_TOOL_TRACKED;
    scene->reference.arrival_ns = NOW_NS - 10 * NAV_NS_PER_MS;
    scene->reference.age_ns = 5 * NAV_NS_PER_MS;
    live_tool(&scene->tools[0], "Osteotome", NOW_NS - 10 * NAV_NS_PER_MS, scene->time_ns);
    withheld_tool(&scene->tools[1], "Pointer", NAV_TOOL_NEVER);

    bench->input = (struct rnd_overlay_input){
        .now_ns = NOW_NS,
        .core_alive = true,
        .scene = scene,
        .facts = &bench->facts,
        .stats = {.fps = 60.0,
                  .frame_p50_ns = 11 * NAV_NS_PER_MS,
                  .frame_p99_ns = 30 * NAV_NS_PER_MS},
    };
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void build(struct bench *bench)
{
    memset(&bench->overlay, 0xa5, sizeof(bench->overlay));
    rnd_overlay_build(&bench->input, &bench->overlay);
}

/* What must hold whenever anything is wrong with the picture as a whole. */
static void expect_withheld(struct bench *bench, const char *reason)
{
    build(bench);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_WITHHELD);
    assert_string_equal(bench->overlay.headline, "DO NOT NAVIGATE");
    assert_string_equal(bench->overlay.reason, reason);
    assert_int_equal(bench->overlay.tool_count, 2);
    for (uint32_t i = 0; i < bench->overlay.tool_count; ++i) {
        assert_int_equal(bench->overlay.tools[i].look, RND_LOOK_HIDDEN);
        for (int axis = 0; axis < 3; ++axis) {
            assert_string_equal(bench->overlay.tools[i].tip[axis], "   --.-");
        }
    }
}

static const struct rnd_overlay_entry *entry(const struct bench *bench, const char *label)
{
    for (uint32_t i = 0; i < bench->overlay.entry_count; ++i) {
        if (strcmp(bench->overlay.entries[i].label, label) == 0) {
            return &bench->overlay.entries[i];
        }
    }
    fail_msg("no entry %s", label);
    return NULL;
}

static void test_live(void **state)
{
    struct bench *bench = *state;
    build(bench);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_OK);
    assert_string_equal(bench->overlay.headline, "NAVIGATION LIVE");
    const struct rnd_overlay_tool *tool = &bench->overlay.tools[0];
    assert_int_equal(tool->look, RND_LOOK_LIVE);
    assert_string_equal(tool->state, "LIVE");
    assert_string_equal(tool->age, "10 ms");
    assert_string_equal(tool->tip[0], "  -12.3");
    assert_string_equal(tool->tip[2], "    7.7");
    assert_int_equal(bench->overlay.tools[1].look, RND_LOOK_HIDDEN);
    assert_string_equal(bench->overlay.tools[1].state, "NOT SEEN YET");
    assert_string_equal(entry(bench, "REGISTRATION")->value, "TRE 1.2 mm");
    assert_string_equal(entry(bench, "REFERENCE")->value, "VISIBLE");
    assert_string_equal(entry(bench, "TRACKER")->value, "RECEIVING");
    assert_string_equal(entry(bench, "DISPLAY")->value, "60 fps");
    assert_string_equal(entry(bench, "DISPLAY")->age, "20/30 ms");
    bench->input.stats.frame_p99_ns = 2 * NAV_NS_PER_S;
    build(bench);
    assert_string_equal(entry(bench, "DISPLAY")->age, "20 ms/2.0 s");
    assert_string_equal(bench->overlay.pseudonym, "PHANTOM-01");
}

static void test_no_core(void **state)
{
    struct bench *bench = *state;
    bench->input.scene = NULL;
    bench->input.core_alive = false;
    expect_withheld(bench, "No navigation core running");
    bench->input.core_alive = true;
    expect_withheld(bench, "Waiting for the navigation core");
}

static void test_dead_core(void **state)
{
    struct bench *bench = *state;
    bench->input.core_alive = false;
    expect_withheld(bench, "Navigation core stopped");
}

static void test_hung_core(void **state)
{
    struct bench *bench = *state;
    const int64_t edge_ns = bench->scene.time_ns + WITHHOLD_NS;
    bench->input.now_ns = edge_ns + 1;
    expect_withheld(bench, "CORE NOT RESPONDING");
    bench->input.now_ns = edge_ns;
    build(bench);
    assert_string_not_equal(bench->overlay.reason, "CORE NOT RESPONDING");
}

static void test_slow_display(void **state)
{
    struct bench *bench = *state;
    bench->input.now_ns = bench->scene.time_ns + WITHHOLD_NS + 1;
    bench->input.held_ns = 1;
    expect_withheld(bench, "DISPLAY TOO SLOW");
}

/* A structure missing in the picture: never better than caution, and never better than it was. */
static void test_missing_structure(void **state)
{
    struct bench *bench = *state;
    bench->input.stats.not_shown = "Root S1";
    build(bench);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_CAUTION);
    assert_string_equal(bench->overlay.headline, "CAUTION");
    assert_string_equal(bench->overlay.reason, "NOT SHOWN: Root S1");
    bench->input.now_ns = bench->scene.time_ns + WITHHOLD_NS + 1;
    expect_withheld(bench, "CORE NOT RESPONDING");
}

/* On another monitor than the case's: said in every state, and trust is as it was. */
static void test_missing_monitor(void **state)
{
    struct bench *bench = *state;
    bench->input.stats.missing_monitor = "DP-7";
    build(bench);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_OK);
    assert_string_equal(entry(bench, "MONITOR DP-7")->value, "NOT FOUND");
    assert_int_equal(entry(bench, "MONITOR DP-7")->level, RND_LEVEL_CAUTION);
    bench->input.scene = NULL;
    build(bench);
    assert_string_equal(entry(bench, "MONITOR DP-7")->value, "NOT FOUND");
}

static void test_another_case(void **state)
{
    struct bench *bench = *state;
    bench->scene.case_id = 78;
    expect_withheld(bench, "Navigation core runs another case");
    bench->scene.case_id = 77;
    bench->scene.tool_count = 1;
    expect_withheld(bench, "Navigation core runs another case");
}

static void test_another_version(void **state)
{
    struct bench *bench = *state;
    bench->scene.version = NAV_SCENE_VERSION + 1;
    expect_withheld(bench, "Navigation core is of another version");
}

static void test_impossible_limits(void **state)
{
    struct bench *bench = *state;
    const int64_t limits[][2] = {
        {0, WITHHOLD_NS}, {CAUTION_NS, CAUTION_NS - 1}, {CAUTION_NS, 3600 * NAV_NS_PER_S}};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); ++i) {
        bench->scene.caution_ns = limits[i][0];
        bench->scene.withhold_ns = limits[i][1];
        expect_withheld(bench, "Navigation core states no usable age limits");
    }
}

static void test_scene_from_the_future(void **state)
{
    struct bench *bench = *state;
    bench->scene.time_ns = NOW_NS + 51 * NAV_NS_PER_MS;
    expect_withheld(bench, "Clocks of core and display disagree");
}

static void test_withheld_by_the_core(void **state)
{
    struct bench *bench = *state;
    bench->scene.trust = NAV_TRUST_WITHHELD;
    bench->scene.reason_count = 2;
    bench->scene.reasons[0] = (struct nav_scene_reason){
        .reason = NAV_REASON_REFERENCE_LOST, .tool = NAV_SUBJECT_NONE, .trust = NAV_TRUST_WITHHELD};
    expect_withheld(bench, "Patient reference lost");
    assert_int_equal(bench->overlay.more_reasons, 1);
    /* A value outside the enum is no trust at all. */
    bench->scene.trust = 3;
    expect_withheld(bench, "Patient reference lost");
}

/* The scene said live; the display was held up meanwhile. */
static void test_ages_at_display_time(void **state)
{
    struct bench *bench = *state;
    const int64_t arrival_ns = bench->scene.tools[0].arrival_ns;
    /* The core goes on publishing, but this scene is all the display has. */
    bench->input.now_ns = arrival_ns + CAUTION_NS;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_LIVE);

    bench->input.now_ns = arrival_ns + CAUTION_NS + 1;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_LATE);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_CAUTION);
    assert_string_equal(bench->overlay.headline, "CAUTION");
    assert_string_equal(bench->overlay.tools[0].state, "LATE");
    assert_string_equal(bench->overlay.tools[0].tip[0], "   --.-");

    bench->input.now_ns = arrival_ns + WITHHOLD_NS;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_LATE);

    bench->input.now_ns = arrival_ns + WITHHOLD_NS + 1;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_WITHHELD);
    assert_string_equal(bench->overlay.tools[0].state, "LOST");
}

/* The age that counts is the older one of tool and reference, which only the scene knows. */
static void test_age_of_the_reference_counts(void **state)
{
    struct bench *bench = *state;
    bench->scene.tools[0].age_ns = WITHHOLD_NS;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);
}

static void test_stale_by_the_core(void **state)
{
    struct bench *bench = *state;
    bench->scene.tools[0].state = NAV_TOOL_STALE;
    bench->scene.trust = NAV_TRUST_CAUTION;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_LATE);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_CAUTION);
    assert_string_equal(bench->overlay.tools[0].tip[1], "   --.-");
}

static void test_states_that_are_never_drawn(void **state)
{
    struct bench *bench = *state;
    const struct {
        uint32_t state;
        const char *words;
    } rows[] = {{NAV_TOOL_NEVER, "NOT SEEN YET"},
                {NAV_TOOL_LOST, "LOST"},
                {NAV_TOOL_INVALID, "NOT VISIBLE"},
                {99, "LOST"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        /* Even with a pose left in it by mistake. */
        bench->scene.tools[0].state = rows[i].state;
        build(bench);
        assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);
        assert_string_equal(bench->overlay.tools[0].state, rows[i].words);
        assert_int_equal(bench->overlay.trust, NAV_TRUST_WITHHELD);
    }
}

static void test_impossible_poses_are_never_drawn(void **state)
{
    struct bench *bench = *state;
    struct nav_scene_tool *tool = &bench->scene.tools[0];
    const struct nav_scene_tool good = *tool;

    tool->tip_image_mm[1] = (double)NAN;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);

    *tool = good;
    tool->T_image_tool.q[3] = 0.5;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);

    *tool = good;
    tool->T_image_tool.t_mm[2] = (double)INFINITY;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);

    *tool = good;
    tool->has_pose = 0;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);

    *tool = good;
    tool->arrival_ns = 0;
    build(bench);
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_HIDDEN);
}

static void test_reserved_tool(void **state)
{
    struct bench *bench = *state;
    bench->scene.tools[0].unverified = 1;
    bench->scene.trust = NAV_TRUST_CAUTION;
    bench->scene.reason_count = 1;
    bench->scene.reasons[0] = (struct nav_scene_reason){
        .reason = NAV_REASON_SENDER_UNVERIFIED, .tool = 0, .trust = NAV_TRUST_CAUTION};
    build(bench);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_CAUTION);
    assert_string_equal(bench->overlay.reason, "Sender states no validity: Osteotome");
    assert_int_equal(bench->overlay.tools[0].look, RND_LOOK_LIVE);
    assert_int_equal(bench->overlay.tools[0].level, RND_LEVEL_CAUTION);
    assert_string_equal(bench->overlay.tools[0].state, "LIVE, CHECK");
}

static void test_second_tool_vanished_since_the_scene(void **state)
{
    struct bench *bench = *state;
    live_tool(&bench->scene.tools[1], "Pointer", bench->scene.time_ns - WITHHOLD_NS,
              bench->scene.time_ns);
    build(bench);
    assert_int_equal(bench->overlay.tools[1].look, RND_LOOK_HIDDEN);
    assert_int_equal(bench->overlay.trust, NAV_TRUST_CAUTION);
}

static void test_heartbeat_is_the_poses_clock(void **state)
{
    struct bench *bench = *state;
    build(bench);
    const uint32_t step = bench->overlay.heartbeat_step;
    assert_true(bench->overlay.heartbeat_alive);

    /* Display time and scene time go on, poses do not: it stands still, and then is dead. */
    bench->input.now_ns += 60 * NAV_NS_PER_MS;
    bench->scene.time_ns += 60 * NAV_NS_PER_MS;
    build(bench);
    assert_int_equal(bench->overlay.heartbeat_step, step);
    bench->input.now_ns = bench->scene.pose_arrival_ns + WITHHOLD_NS + 1;
    bench->scene.time_ns = bench->input.now_ns;
    build(bench);
    assert_int_equal(bench->overlay.heartbeat_step, step);
    assert_false(bench->overlay.heartbeat_alive);

    bench->scene.pose_count += 1;
    bench->scene.pose_arrival_ns += RND_HEARTBEAT_TURN_NS / RND_HEARTBEAT_STEPS;
    build(bench);
    assert_int_equal(bench->overlay.heartbeat_step, (step + 1) % RND_HEARTBEAT_STEPS);
}

static void test_modes_have_their_words(void **state)
{
    struct bench *bench = *state;
    bench->scene.mode = NAV_MODE_REPLAY;
    build(bench);
    assert_int_equal(bench->overlay.mode, NAV_MODE_REPLAY);
    assert_string_equal(bench->overlay.headline, "REPLAY RUNNING");
    bench->scene.replay.paused = 1;
    build(bench);
    assert_string_equal(bench->overlay.headline, "REPLAY PAUSED");
    bench->scene.mode = NAV_MODE_SIMULATION;
    build(bench);
    assert_string_equal(bench->overlay.headline, "SIMULATION RUNNING");
    bench->scene.mode = 9; /* not one we know: not live */
    build(bench);
    assert_int_not_equal(bench->overlay.mode, NAV_MODE_LIVE);
}

static void test_missing_parts_say_so(void **state)
{
    struct bench *bench = *state;
    bench->scene.registration.present = 0;
    bench->scene.peers_total = 0;
    bench->scene.reference.state = NAV_TOOL_LOST;
    build(bench);
    assert_string_equal(entry(bench, "REGISTRATION")->value, "NONE");
    assert_int_equal(entry(bench, "REGISTRATION")->level, RND_LEVEL_ALARM);
    assert_string_equal(entry(bench, "TRACKER")->value, "NO TRACKER");
    assert_string_equal(entry(bench, "REFERENCE")->value, "LOST");
    bench->scene.registration.present = 1;
    bench->scene.registration.tre_mm = (double)NAN;
    bench->scene.reference.required = 0;
    build(bench);
    assert_string_equal(entry(bench, "REGISTRATION")->value, "TRE UNKNOWN");
    assert_string_equal(entry(bench, "REFERENCE")->value, "NOT USED");
}

/* Names come from another process: a missing NUL must not be read past. */
static void test_names_without_an_end(void **state)
{
    struct bench *bench = *state;
    memset(bench->scene.tools[0].name, 'x', sizeof(bench->scene.tools[0].name));
    bench->scene.reason_count = 1;
    bench->scene.reasons[0] = (struct nav_scene_reason){
        .reason = NAV_REASON_TOOL_STALE, .tool = 0, .trust = NAV_TRUST_CAUTION};
    bench->scene.trust = NAV_TRUST_CAUTION;
    build(bench);
    assert_true(strlen(bench->overlay.reason) < RND_WORDS_SIZE);
    bench->scene.reasons[0].tool = 1000;
    bench->scene.reasons[0].reason = 1000;
    build(bench);
    assert_true(strlen(bench->overlay.reason) < RND_WORDS_SIZE);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_live),
        CASE(test_no_core),
        CASE(test_dead_core),
        CASE(test_hung_core),
        CASE(test_slow_display),
        CASE(test_missing_structure),
        CASE(test_missing_monitor),
        CASE(test_another_case),
        CASE(test_another_version),
        CASE(test_impossible_limits),
        CASE(test_scene_from_the_future),
        CASE(test_withheld_by_the_core),
        CASE(test_ages_at_display_time),
        CASE(test_age_of_the_reference_counts),
        CASE(test_stale_by_the_core),
        CASE(test_states_that_are_never_drawn),
        CASE(test_impossible_poses_are_never_drawn),
        CASE(test_reserved_tool),
        CASE(test_second_tool_vanished_since_the_scene),
        CASE(test_heartbeat_is_the_poses_clock),
        CASE(test_modes_have_their_words),
        CASE(test_missing_parts_say_so),
        CASE(test_names_without_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
