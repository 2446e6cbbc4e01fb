/* What a case gives the guide: each row and key reaches the place that it names. */
#include "case_guide.h"

#include <math.h>

#include "test_data.h"

static void every_row_arrives(void **state)
{
    (void)state;
    static struct cfg_case loaded;
    loaded.limits = cfg_limits_default();
    loaded.limits.off_plane_caution_mm = 1.25;
    loaded.limits.off_plane_stop_mm = 2.5;
    loaded.limits.off_angle_caution_deg = 3;
    loaded.limits.off_angle_stop_deg = 6;
    loaded.limits.depth_caution_mm = 1.75;
    loaded.limits.over_depth_mm = 0.75;
    loaded.limits.limit_hysteresis_mm = 0.25;
    loaded.limits.limit_hysteresis_deg = 0.5;
    loaded.limits.uncertainty_factor = 2;
    loaded.limits.tre_default_mm = 1.5;
    loaded.limits.calibration_default_mm = 0.625;
    loaded.limits.tracker_default_mm = 0.375;
    loaded.limits.cutting_depth_mm = 0.875;
    loaded.limits.suggest_distance_mm = 12;
    loaded.limits.suggest_angle_deg = 17;
    loaded.limits.suggest_hold_ms = 700;
    loaded.limits.alarm_hold_ms = 900;
    struct case_guide *guide = NULL;
    assert_int_equal(case_guide_create(&loaded, &guide), NAV_OK);
    const struct trk_guide_limits *limits = &guide->config.limits;
    assert_true(limits->offset_mm.caution == 1.25 && limits->offset_mm.stop == 2.5);
    assert_true(limits->offset_mm.hysteresis == 0.25 && limits->hysteresis_mm == 0.25);
    assert_true(limits->angle_deg.caution == 3.0 && limits->angle_deg.stop == 6.0);
    assert_true(limits->angle_deg.hysteresis == 0.5);
    assert_true(limits->depth_caution_mm == 1.75 && limits->over_depth_mm == 0.75);
    assert_true(limits->uncertainty_factor == 2.0 && limits->tre_default_mm == 1.5);
    assert_true(limits->calibration_default_mm == 0.625 && limits->tracker_default_mm == 0.375);
    assert_true(limits->contact_mm == 0.875);
    assert_true(limits->suggest_mm == 12.0 && limits->suggest_deg == 17.0);
    assert_int_equal(limits->suggest_hold_ns, 700000000);
    assert_int_equal(limits->alarm_hold_ns, 900000000);
    case_guide_destroy(guide);
    case_guide_destroy(NULL);
}

static void tools_and_cuts_arrive(void **state)
{
    (void)state;
    static struct cfg_case loaded;
    loaded.limits = cfg_limits_default();
    loaded.tool_count = 3;
    loaded.tools[0] = (struct cfg_tool){.name = "Saw",
                                        .shape = CFG_SHAPE_BLADE,
                                        .tip_mm = {1, 2, 3},
                                        .axis = {0, 0, 1},
                                        .up = {0, 1, 0},
                                        .length_mm = 60,
                                        .width_mm = 20,
                                        .thickness_mm = 1,
                                        .calibration_mm = 0.4};
    loaded.tools[1] = (struct cfg_tool){.name = "Burr", .shape = CFG_SHAPE_DRILL, .diameter_mm = 5};
    loaded.tools[2] =
        (struct cfg_tool){.name = "Pointer", .shape = CFG_SHAPE_POINTER, .diameter_mm = 3};
    loaded.cut_count = 1;
    loaded.cuts[0] = (struct cfg_cut){.name = "S2",
                                      .point_mm = {4, 5, 6},
                                      .normal = {0, 0, 1},
                                      .u = {1, 0, 0},
                                      .size_mm = {80, 60},
                                      .depth_mm = 45,
                                      .kerf_mm = 1.2,
                                      .margin_side = -1};
    struct case_guide *guide = NULL;
    assert_int_equal(case_guide_create(&loaded, &guide), NAV_OK);
    const struct trk_guide_tool *tools = guide->config.tools;
    assert_int_equal(tools[0].guide, NAV_GUIDE_BLADE);
    assert_string_equal(tools[0].name, "Saw");
    assert_true(tools[0].shape.tip_mm[2] == 3.0 && tools[0].shape.width_mm == 20.0);
    assert_true(tools[0].shape.length_mm == 60.0 && tools[0].shape.shaft_radius_mm == 0.5);
    assert_true(tools[0].thickness_mm == 1.0 && tools[0].calibration_mm == 0.4);
    assert_int_equal(tools[1].guide, NAV_GUIDE_AXIS);
    assert_true(tools[1].shape.width_mm == 0.0 && tools[1].shape.shaft_radius_mm == 2.5);
    assert_true(tools[1].thickness_mm == 5.0);
    assert_int_equal(tools[2].guide, NAV_GUIDE_NONE);
    const struct trk_cut_plan *plan = &guide->config.cuts[0].plan;
    assert_string_equal(guide->config.cuts[0].name, "S2");
    assert_true(plan->point_mm[1] == 5.0 && plan->size_mm[0] == 80.0 && plan->depth_mm == 45.0);
    assert_true(plan->kerf_mm == 1.2 && plan->margin_side == -1 && plan->u[0] == 1.0);
    case_guide_destroy(guide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_arrives),
        cmocka_unit_test(tools_and_cuts_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
