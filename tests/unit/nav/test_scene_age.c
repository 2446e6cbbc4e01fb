/* The freshness rule of every reader. */
#include "nav/scene_age.h"

#include <math.h>

#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

static struct nav_scene live_scene(void)
{
    struct nav_scene scene = {
        .time_ns = 1000 * MS,
        .caution_ns = 100 * MS,
        .withhold_ns = 250 * MS,
        .trust = NAV_TRUST_OK,
        .tool_count = 2,
        .reference = {.required = 1, .state = NAV_TOOL_TRACKED, .age_ns = 10 * MS},
        .tools = {{.state = NAV_TOOL_TRACKED,
                   .has_pose = 1,
                   .age_ns = 10 * MS,
                   .tip_image_mm = {1, 2, 3}},
                  {.state = NAV_TOOL_NEVER,
                   .reason = NAV_REASON_TOOL_NEVER,
                   .age_ns = -1,
                   .tip_image_mm = {NAN, NAN, NAN}}},
    };
    return scene;
}

static void a_fresh_scene_is_not_changed(void **state)
{
    (void)state;
    const struct nav_scene before = live_scene();
    struct nav_scene scene = before;
    nav_scene_age_to(&scene, before.time_ns);
    assert_memory_equal(&scene, &before, sizeof(scene));
    nav_scene_age_to(&scene, before.time_ns - 5 * MS);
    assert_memory_equal(&scene, &before, sizeof(scene));
}

static void ages_grow_and_limits_bind_at_more_than_their_value(void **state)
{
    (void)state;
    struct nav_scene scene = live_scene();
    nav_scene_age_to(&scene, scene.time_ns + 90 * MS); /* age 100 exactly */
    assert_int_equal(scene.tools[0].state, NAV_TOOL_TRACKED);
    assert_int_equal(scene.tools[0].age_ns, 100 * MS);
    assert_int_equal(scene.trust, NAV_TRUST_OK);

    scene = live_scene();
    nav_scene_age_to(&scene, scene.time_ns + 90 * MS + 1);
    assert_int_equal(scene.tools[0].state, NAV_TOOL_STALE);
    assert_int_equal(scene.reference.state, NAV_TOOL_STALE);
    assert_int_equal(scene.tools[0].has_pose, 1);
    assert_int_equal(scene.trust, NAV_TRUST_CAUTION);
    assert_int_equal(scene.reasons[0].reason, NAV_REASON_TOOL_STALE);
    assert_int_equal(scene.reasons[0].tool, 0);

    scene = live_scene();
    nav_scene_age_to(&scene, scene.time_ns + 240 * MS);
    assert_int_equal(scene.tools[0].state, NAV_TOOL_STALE);
    nav_scene_age_to(&scene, scene.time_ns + 241 * MS);
    assert_int_equal(scene.tools[0].state, NAV_TOOL_LOST);
    assert_int_equal(scene.reference.state, NAV_TOOL_LOST);
    assert_int_equal(scene.tools[0].has_pose, 0);
    assert_true(isnan(scene.tools[0].tip_image_mm[0]));
    assert_true(isnan(scene.tools[0].R_image[8]));
    assert_int_equal(scene.trust, NAV_TRUST_WITHHELD);
    assert_int_equal(scene.tools[1].state, NAV_TOOL_NEVER);
    assert_int_equal(scene.tools[1].age_ns, -1);
}

static void a_silent_core_is_said_first(void **state)
{
    (void)state;
    struct nav_scene scene = live_scene();
    scene.tools[0].age_ns = 0;
    scene.reference.age_ns = 0;
    scene.reason_count = NAV_REASONS_MAX; /* full: the last makes room */
    nav_scene_age_to(&scene, scene.time_ns + 250 * MS + 1);
    assert_int_equal(scene.reasons[0].reason, NAV_REASON_CORE_SILENT);
    assert_int_equal(scene.reasons[0].tool, NAV_SUBJECT_NONE);
    assert_int_equal(scene.reasons[0].trust, NAV_TRUST_WITHHELD);
    assert_int_equal(scene.reason_count, NAV_REASONS_MAX);
    assert_int_equal(scene.trust, NAV_TRUST_WITHHELD);
    assert_int_equal(scene.tools[0].reason, NAV_REASON_CORE_SILENT);
    assert_int_equal(scene.tools[0].has_pose, 0);
    assert_int_equal(scene.tools[1].state, NAV_TOOL_NEVER);

    scene = live_scene();
    nav_scene_age_to(&scene, scene.time_ns + 101 * MS);
    assert_int_equal(scene.reasons[0].reason, NAV_REASON_CORE_SILENT);
    assert_int_equal(scene.trust, NAV_TRUST_CAUTION);
}

/* A pose that is shown although the tool's own age allows it is withheld all the same. */
static void nothing_of_a_silent_core_is_shown(void **state)
{
    (void)state;
    struct nav_scene scene = live_scene();
    scene.tools[0].age_ns = -1; /* an age that is not known never turns a tool stale */
    scene.reference.age_ns = -1;
    nav_scene_age_to(&scene, scene.time_ns + 300 * MS);
    assert_int_equal(scene.tools[0].has_pose, 0);
    assert_int_equal(scene.tools[0].state, NAV_TOOL_LOST);
    assert_true(isnan(scene.tools[0].tip_image_mm[2]));
}

/* Guidance and distances are as live as the tool they are measured from. */
static void what_was_measured_goes_with_its_tool(void **state)
{
    (void)state;
    struct nav_scene scene = live_scene();
    scene.cut_count = 1;
    scene.cuts[0].guided = 1;
    scene.cuts[0].tool = 0;
    scene.cuts[0].offset_state = NAV_LIMIT_CLEAR;
    scene.cuts[0].offset_mm = 0.4;
    scene.cuts[0].coverage = 0.5;
    scene.structure_count = 2;
    scene.structures[0].has_distance = 1;
    scene.structures[0].distance_mm = 3.0;
    scene.structures[0].limit_state = NAV_LIMIT_CAUTION;
    scene.structures[1].has_distance = 1;
    scene.structures[1].tool = NAV_SUBJECT_NONE;
    struct nav_scene late = scene;

    nav_scene_age_to(&late, scene.time_ns + 240 * MS);
    assert_int_equal(late.cuts[0].guided, 1);
    assert_true(late.structures[0].distance_mm == 3.0);
    assert_int_equal(late.structures[1].has_distance, 0); /* of no tool at all */

    nav_scene_age_to(&late, scene.time_ns + 240 * MS + 1);
    assert_int_equal(late.cuts[0].guided, 0);
    assert_int_equal(late.cuts[0].offset_state, NAV_LIMIT_NONE);
    assert_true(isnan(late.cuts[0].offset_mm));
    assert_true(isnan(late.cuts[0].predicted_mm[1]));
    assert_true(late.cuts[0].coverage == 0.5); /* what was cut stays cut */
    assert_int_equal(late.structures[0].has_distance, 0);
    assert_int_equal(late.structures[0].limit_state, NAV_LIMIT_NONE);
    assert_true(isnan(late.structures[0].distance_mm));
    assert_true(isnan(late.structures[0].nearest_mm[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_scene_is_not_changed),
        cmocka_unit_test(ages_grow_and_limits_bind_at_more_than_their_value),
        cmocka_unit_test(a_silent_core_is_said_first),
        cmocka_unit_test(nothing_of_a_silent_core_is_shown),
        cmocka_unit_test(what_was_measured_goes_with_its_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
