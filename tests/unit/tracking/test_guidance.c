/* A blade against a plan: numbers worked out by hand, symmetries, and limits with hysteresis. */
#include "tracking_fixture.h"

#include <string.h>

#include "guidance.h"

#define RAD (3.14159265358979323846 / 180.0)

static void assert_exact(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9)) {
        fail_msg("%.15g instead of %.15g", value, expected);
    }
}

/* n = z, u = x, so v = y: an entry edge along x, cutting towards y, the tumour above. */
static struct trk_cut_plan plain_plan(void)
{
    return (struct trk_cut_plan){.point_mm = {0, 0, 0},
                                 .normal = {0, 0, 1},
                                 .u = {1, 0, 0},
                                 .size_mm = {60, 50},
                                 .depth_mm = 40,
                                 .kerf_mm = 2,
                                 .margin_side = 1};
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static struct trk_blade_pose blade_at(const double middle[3], const double axis[3],
                                      const double up[3], double width)
{
    struct trk_blade_pose blade = {.length_mm = 100, .shaft_radius_mm = 1};
    memcpy(blade.axis, axis, sizeof(blade.axis));
    memcpy(blade.up, up, sizeof(blade.up));
    cross(axis, up, blade.edge);
    for (int i = 0; i < 3; ++i) {
        blade.corner_mm[0][i] = middle[i] - 0.5 * width * blade.edge[i];
        blade.corner_mm[1][i] = middle[i] + 0.5 * width * blade.edge[i];
    }
    return blade;
}

static void a_blade_flat_on_the_plane(void **state)
{
    (void)state;
    struct trk_cut_plan plan = plain_plan();
    /* its face touches the plane from below: the middle plane is half the kerf under it */
    const struct trk_blade_pose blade = blade_at(
        (const double[]){5, 12, -1}, (const double[]){0, 1, 0}, (const double[]){0, 0, 1}, 20);
    struct trk_guidance guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.offset_mm, 0.0);
    assert_exact(guidance.corner_offset_mm[0], 0.0);
    assert_exact(guidance.corner_offset_mm[1], 0.0);
    assert_exact(guidance.pitch_deg, 0.0);
    assert_exact(guidance.roll_deg, 0.0);
    assert_exact(guidance.depth_mm, 12.0);
    assert_exact(guidance.along_mm, 5.0);
    assert_exact(guidance.predicted_mm[0], 0.0);
    assert_true(isnan(guidance.line_mm) && isnan(guidance.line_deg));
    /* the tumour below: now the lower face counts */
    plan.margin_side = -1;
    guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.offset_mm, -2.0);
    /* not stated: the middle plane */
    plan.margin_side = 0;
    guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.offset_mm, -1.0);
}

/* 3 deg of pitch about x, 10 mm below the entry edge, 0.5 mm off: everything by hand. */
static void pitch_carries_the_blade_away(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double s = sin(3.0 * RAD);
    const double c = cos(3.0 * RAD);
    const struct trk_blade_pose blade = blade_at(
        (const double[]){0, 10, 0.5}, (const double[]){0, c, s}, (const double[]){0, -s, c}, 20);
    const struct trk_guidance guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.pitch_deg, 3.0);
    assert_exact(guidance.roll_deg, 0.0);
    assert_exact(guidance.offset_mm, 0.5 + c);
    assert_exact(guidance.depth_mm, 10.0);
    /* 30 mm are left: tan 3 deg of them is where it comes out */
    assert_exact(guidance.predicted_mm[0], 0.5 + c + 30.0 * tan(3.0 * RAD));
    assert_exact(guidance.predicted_mm[1], guidance.predicted_mm[0]);
}

/* Roll about the axis by 4 deg, x turned towards z: the corner towards +u is above. */
static void roll_parts_the_corners(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double s = sin(4.0 * RAD);
    const double c = cos(4.0 * RAD);
    const struct trk_blade_pose blade = blade_at(
        (const double[]){0, 20, -1}, (const double[]){0, 1, 0}, (const double[]){-s, 0, c}, 20);
    const struct trk_guidance guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.roll_deg, 4.0);
    assert_exact(guidance.pitch_deg, 0.0);
    assert_exact(guidance.offset_mm, -1.0 + c);
    assert_exact(guidance.corner_offset_mm[0], -1.0 + c - 10.0 * s);
    assert_exact(guidance.corner_offset_mm[1], -1.0 + c + 10.0 * s);
    assert_exact(guidance.predicted_mm[1], guidance.corner_offset_mm[1]);
}

/* Turned by half a turn about its axis a flat blade is the same blade. */
static void a_turned_blade_gives_the_same_numbers(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double p = sin(2.0 * RAD);
    const double r = sin(5.0 * RAD);
    double axis[3] = {0.1, sqrt(1.0 - p * p - 0.01), p};
    double up[3] = {-r, 0.0, 1.0};
    double cosine = up[0] * axis[0] + up[1] * axis[1] + up[2] * axis[2];
    double square = 0.0;
    for (int i = 0; i < 3; ++i) {
        up[i] -= cosine * axis[i];
        square += up[i] * up[i];
    }
    for (int i = 0; i < 3; ++i) {
        up[i] /= sqrt(square);
    }
    const double over[3] = {-up[0], -up[1], -up[2]};
    const double middle[3] = {3, 7, 0.25};
    const struct trk_blade_pose one = blade_at(middle, axis, up, 24);
    const struct trk_blade_pose other = blade_at(middle, axis, over, 24);
    const struct trk_guidance a = trk_guidance_of(&plan, &one, true);
    const struct trk_guidance b = trk_guidance_of(&plan, &other, true);
    assert_exact(a.offset_mm, b.offset_mm);
    assert_exact(a.pitch_deg, b.pitch_deg);
    assert_exact(a.roll_deg, b.roll_deg);
    for (int i = 0; i < 2; ++i) {
        assert_exact(a.corner_offset_mm[i], b.corner_offset_mm[i]);
        assert_exact(a.predicted_mm[i], b.predicted_mm[i]);
    }
    assert_true(a.corner_offset_mm[1] > a.corner_offset_mm[0]); /* towards +u it is higher */
}

/* The same scene anywhere in space gives the same numbers. */
static void numbers_do_not_depend_on_the_frame(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double s = sin(3.0 * RAD);
    const double c = cos(3.0 * RAD);
    const struct trk_blade_pose blade = blade_at(
        (const double[]){4, 10, 0.5}, (const double[]){0, c, s}, (const double[]){0, -s, c}, 20);
    const struct nav_pose T = {.t_mm = {120, -45, 300}, .q = {0.5, -0.1, 0.7, 0.5}};
    struct trk_cut_plan moved = plan;
    struct trk_blade_pose there = blade;
    nav_pose_apply(&T, plan.point_mm, moved.point_mm);
    nav_pose_apply(&T, blade.corner_mm[0], there.corner_mm[0]);
    nav_pose_apply(&T, blade.corner_mm[1], there.corner_mm[1]);
    const double *const from[] = {plan.normal, plan.u, blade.axis, blade.up, blade.edge};
    double *const to[] = {moved.normal, moved.u, there.axis, there.up, there.edge};
    for (size_t k = 0; k < 5; ++k) {
        nav_pose_rotate(&T, from[k], to[k]);
    }
    const struct trk_guidance a = trk_guidance_of(&plan, &blade, true);
    const struct trk_guidance b = trk_guidance_of(&moved, &there, true);
    assert_exact(a.offset_mm, b.offset_mm);
    assert_exact(a.pitch_deg, b.pitch_deg);
    assert_exact(a.roll_deg, b.roll_deg);
    assert_exact(a.depth_mm, b.depth_mm);
    assert_exact(a.along_mm, b.along_mm);
    assert_exact(a.predicted_mm[0], b.predicted_mm[0]);
}

/* A corner that is as deep as planned goes nowhere; a blade along the bone is predicted nowhere. */
static void ends_of_the_prediction(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double s = sin(3.0 * RAD);
    const double c = cos(3.0 * RAD);
    const struct trk_blade_pose deep = blade_at(
        (const double[]){0, 41, 0}, (const double[]){0, c, s}, (const double[]){0, -s, c}, 20);
    const struct trk_guidance past = trk_guidance_of(&plan, &deep, true);
    assert_exact(past.predicted_mm[0], past.corner_offset_mm[0]);
    assert_exact(past.depth_mm, 41.0);
    static const struct {
        double deg;
        bool predicted;
    } rows[] = {{74.999, true}, {75.001, false}, {90, false}, {180, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        const double angle = rows[i].deg * RAD;
        const struct trk_blade_pose blade =
            blade_at((const double[]){0, 5, 0}, (const double[]){sin(angle), cos(angle), 0},
                     (const double[]){0, 0, 1}, 20);
        const struct trk_guidance guidance = trk_guidance_of(&plan, &blade, true);
        assert_true(isnan(guidance.predicted_mm[0]) != rows[i].predicted);
        assert_exact(guidance.pitch_deg, 0.0);
    }
}

/* In the plane but slanted: the deeper corner tells the depth, and each its own way to go. */
static void the_deeper_corner_counts(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    const double s = sin(30.0 * RAD);
    const double c = cos(30.0 * RAD);
    const struct trk_blade_pose blade = blade_at(
        (const double[]){0, 10, 0}, (const double[]){s, c, 0}, (const double[]){0, 0, 1}, 20);
    const struct trk_guidance guidance = trk_guidance_of(&plan, &blade, true);
    assert_exact(guidance.depth_mm, 10.0 + 10.0 * s);
    assert_exact(guidance.along_mm, 0.0);
}

static void a_drill_has_a_tip_and_a_line(void **state)
{
    (void)state;
    struct trk_cut_plan plan = plain_plan();
    plan.kerf_mm = 4; /* its diameter */
    const double s = sin(10.0 * RAD);
    const double c = cos(10.0 * RAD);
    const struct trk_blade_pose drill = blade_at(
        (const double[]){3, 15, -4}, (const double[]){s, c, 0}, (const double[]){0, 0, 1}, 0);
    const struct trk_guidance guidance = trk_guidance_of(&plan, &drill, false);
    assert_exact(guidance.offset_mm, -4.0 + 2.0); /* the ball's side */
    assert_exact(guidance.corner_offset_mm[0], guidance.corner_offset_mm[1]);
    assert_true(isnan(guidance.roll_deg));
    assert_exact(guidance.line_mm, 5.0);
    assert_exact(guidance.line_deg, 10.0);
    assert_exact(guidance.depth_mm, 15.0);
    /* leaning out of the plane: the ball's middle is half the diameter behind the tip */
    const struct trk_blade_pose leaning = blade_at(
        (const double[]){0, 15, 0}, (const double[]){0, c, s}, (const double[]){0, -s, c}, 0);
    assert_exact(trk_guidance_of(&plan, &leaning, false).offset_mm, 2.0 - 2.0 * s);
}

static void fit_tells_which_cut_is_meant(void **state)
{
    (void)state;
    const struct trk_cut_plan plan = plain_plan();
    double mm = 0.0;
    double deg = 0.0;
    const double up[3] = {0, 0, 1};
    const double into[3] = {0, 1, 0};
    struct trk_blade_pose blade = blade_at((const double[]){33, -4, 0}, into, up, 20);
    assert_true(trk_guidance_fit(&plan, &blade, true, &mm, &deg));
    assert_exact(mm, 5.0); /* 3 beside and 4 above the rectangle */
    assert_exact(deg, 0.0);
    blade = blade_at((const double[]){0, 5, 2}, into,
                     (const double[]){-sin(6.0 * RAD), 0, cos(6.0 * RAD)}, 20);
    assert_true(trk_guidance_fit(&plan, &blade, true, &mm, &deg));
    assert_exact(mm, 2.0);
    assert_exact(deg, 6.0);
    assert_true(trk_guidance_fit(&plan, &blade, false, &mm, &deg));
    assert_exact(deg, 0.0);
    blade = blade_at((const double[]){0, 5, 2}, (const double[]){0, -1, 0}, up, 20);
    assert_false(trk_guidance_fit(&plan, &blade, true, &mm, &deg));
}

static void limits_hold_until_the_value_is_well_back(void **state)
{
    (void)state;
    static const struct trk_limit near = {.caution = 5, .stop = 2, .hysteresis = 0.3};
    static const struct {
        enum nav_limit_state before;
        double value;
        enum nav_limit_state after;
    } below[] = {
        {NAV_LIMIT_NONE, 5.0, NAV_LIMIT_CLEAR},       {NAV_LIMIT_CLEAR, 4.999, NAV_LIMIT_CAUTION},
        {NAV_LIMIT_CAUTION, 5.29, NAV_LIMIT_CAUTION}, {NAV_LIMIT_CAUTION, 5.31, NAV_LIMIT_CLEAR},
        {NAV_LIMIT_CAUTION, 2.0, NAV_LIMIT_CAUTION},  {NAV_LIMIT_CLEAR, 1.999, NAV_LIMIT_STOP},
        {NAV_LIMIT_STOP, 2.29, NAV_LIMIT_STOP},       {NAV_LIMIT_STOP, 2.31, NAV_LIMIT_CAUTION},
        {NAV_LIMIT_STOP, 5.31, NAV_LIMIT_CLEAR},      {NAV_LIMIT_STOP, -3.0, NAV_LIMIT_STOP},
        {NAV_LIMIT_STOP, NAN, NAV_LIMIT_NONE},
    };
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); ++i) {
        assert_int_equal(trk_limit_below(&near, below[i].before, below[i].value), below[i].after);
    }
    static const struct trk_limit off = {.caution = 1, .stop = 2, .hysteresis = 0.25};
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_NONE, 1.0), NAV_LIMIT_CLEAR);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_CLEAR, 1.001), NAV_LIMIT_CAUTION);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_CAUTION, 0.8), NAV_LIMIT_CAUTION);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_CAUTION, 0.7), NAV_LIMIT_CLEAR);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_CLEAR, 2.5), NAV_LIMIT_STOP);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_STOP, 1.8), NAV_LIMIT_STOP);
    assert_int_equal(trk_limit_above(&off, NAV_LIMIT_STOP, 1.7), NAV_LIMIT_CAUTION);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_CLEAR, 0.5, 2.5), NAV_LIMIT_CLEAR);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_CLEAR, 1.5, 2.5), NAV_LIMIT_CAUTION);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_CAUTION, 2.1, 2.5), NAV_LIMIT_STOP);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_STOP, 2.1, 0.0), NAV_LIMIT_STOP);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_STOP, 1.5, 0.0), NAV_LIMIT_CAUTION);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_NONE, 0.0, 0.0), NAV_LIMIT_CLEAR);
    assert_int_equal(trk_limit_above_twice(&off, NAV_LIMIT_STOP, NAN, 2.5), NAV_LIMIT_NONE);
    static const struct trk_limit only_caution = {.caution = 5, .stop = NAN, .hysteresis = 0.3};
    assert_int_equal(trk_limit_below(&only_caution, NAV_LIMIT_NONE, -1.0), NAV_LIMIT_CAUTION);
    static const struct trk_limit none = {.caution = NAN, .stop = NAN};
    assert_int_equal(trk_limit_below(&none, NAV_LIMIT_NONE, -1.0), NAV_LIMIT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blade_flat_on_the_plane),
        cmocka_unit_test(pitch_carries_the_blade_away),
        cmocka_unit_test(roll_parts_the_corners),
        cmocka_unit_test(a_turned_blade_gives_the_same_numbers),
        cmocka_unit_test(numbers_do_not_depend_on_the_frame),
        cmocka_unit_test(ends_of_the_prediction),
        cmocka_unit_test(the_deeper_corner_counts),
        cmocka_unit_test(a_drill_has_a_tip_and_a_line),
        cmocka_unit_test(fit_tells_which_cut_is_meant),
        cmocka_unit_test(limits_hold_until_the_value_is_well_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
