#include "calibration_fixture.h"

#include "linalg.h"
#include "pivot.h"
#include "test_data.h"

#define DEG (PI / 180.0)

enum { POSES = 500 };

static const double tip_mm[3] = {0.0, 12.0, -160.0};
static const double pivot_mm[3] = {100.0, 50.0, -1500.0};

static struct nav_pose poses[POSES];
static uint8_t inlier[POSES];

/* Rz Ry Rx of angles in degrees, with the tip in the pivot. */
static struct nav_pose pivoted(double x_deg, double y_deg, double z_deg, const double tip[3],
                               const double pivot[3])
{
    const struct nav_pose x = turn((const double[3]){1, 0, 0}, x_deg * DEG);
    const struct nav_pose y = turn((const double[3]){0, 1, 0}, y_deg * DEG);
    const struct nav_pose z = turn((const double[3]){0, 0, 1}, z_deg * DEG);
    const struct nav_pose yx = nav_pose_compose(&y, &x);
    struct nav_pose pose = nav_pose_compose(&z, &yx);
    double turned[3];
    nav_pose_rotate(&pose, tip, turned);
    trk_subtract(pivot, turned, pose.t_mm);
    return pose;
}

/* Pivoting in a cone of the given half angle, turning about the axis; the tracker's noise
 * as the rms of its length and of its angle. */
static void pivot_motion(struct dice *dice, double cone_deg, double spin_deg, double rms_mm,
                         double rms_deg)
{
    for (int i = 0; i < POSES; ++i) {
        const double tilt = cone_deg * sqrt(uniform(dice, 0.0, 1.0));
        const double around = uniform(dice, 0.0, 2.0 * PI);
        struct nav_pose pose = pivoted(tilt * cos(around), tilt * sin(around),
                                       uniform(dice, -spin_deg, spin_deg), tip_mm, pivot_mm);
        poses[i] =
            rms_mm > 0.0 ? noisy(dice, &pose, rms_mm / sqrt(3.0), rms_deg * DEG / sqrt(3.0)) : pose;
    }
}

static void calibrate(size_t count, struct trk_pivot *out)
{
    const struct trk_pivot_limits limits = trk_pivot_limits_default();
    assert_int_equal(trk_pivot_calibrate(poses, count, &limits, out, inlier), NAV_OK);
}

static bool refused_for(const struct trk_refusals *refusals, const char *code)
{
    for (uint32_t i = 0; i < refusals->count; ++i) {
        if (strcmp(refusals->list[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

static void test_golden(void **state)
{
    (void)state;
    static const double angles[6][3] = {{0, 0, 0},  {30, 0, 0},  {-30, 0, 0},
                                        {0, 30, 0}, {0, -30, 0}, {20, 20, 45}};
    static const double singular[6] = {3.407665, 3.381355, 3.359387, 0.845291, 0.752620, 0.622750};
    for (int i = 0; i < 6; ++i) {
        poses[i] = pivoted(angles[i][0], angles[i][1], angles[i][2], tip_mm, pivot_mm);
    }
    struct trk_pivot pivot;
    calibrate(6, &pivot);
    for (int k = 0; k < 3; ++k) {
        assert_near(pivot.tip_mm[k], tip_mm[k], 1e-10);
        assert_near(pivot.pivot_mm[k], pivot_mm[k], 1e-10);
    }
    for (int k = 0; k < 6; ++k) {
        assert_near(pivot.singular[k], singular[k], 1e-6);
    }
    assert_near(pivot.rms_mm, 0.0, 1e-10);
    assert_int_equal(pivot.inliers, 6);
    assert_int_equal(pivot.refusals.count, 1);
    assert_true(refused_for(&pivot.refusals, "too-few"));

    /* nothing is kept between calls */
    struct trk_pivot again;
    calibrate(6, &again);
    assert_memory_equal(pivot.tip_mm, again.tip_mm, sizeof(pivot.tip_mm));
}

/* 190 poses of a real tool in a real divot, as published with the answer. */
static void test_real_recording(void **state)
{
    (void)state;
    char path[1024];
    test_data_path("registration/igstk_pivot/PivotCalibration.txt", path, sizeof(path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t count = 0;
    double q[4];
    double t[3];
    while (count < POSES && fscanf(file, "%*d: %*f %lf %lf %lf %lf %lf %lf %lf", &t[0], &t[1],
                                   &t[2], &q[3], &q[0], &q[1], &q[2]) == 7) {
        const double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        for (int k = 0; k < 4; ++k) {
            poses[count].q[k] = q[k] / norm;
        }
        memcpy(poses[count].t_mm, t, sizeof(t));
        ++count;
    }
    (void)fclose(file);
    assert_int_equal(count, 190);
    struct trk_pivot pivot;
    calibrate(count, &pivot);
    print_message(
        "tip %.4f %.4f %.4f pivot %.3f %.3f %.3f rms %.4f max %.4f condition %.2f cone %.1f "
        "inliers %u\n",
        pivot.tip_mm[0], pivot.tip_mm[1], pivot.tip_mm[2], pivot.pivot_mm[0], pivot.pivot_mm[1],
        pivot.pivot_mm[2], pivot.rms_mm, pivot.max_mm, pivot.condition, pivot.cone_rad / DEG,
        pivot.inliers);
    static const double tip[3] = {-0.07, 1.47, -9.09};
    static const double divot[3] = {9.48, -128.70, -165.25};
    for (int k = 0; k < 3; ++k) {
        assert_near(pivot.tip_mm[k], tip[k], 0.005);
        assert_near(pivot.pivot_mm[k], divot[k], 0.005);
    }
    assert_near(pivot.rms_mm, 0.503, 0.0005);
    assert_near(pivot.max_mm, 1.352, 0.0005);
    /* 190 poses in a cone of 21 deg at the most, mostly less: good, and not good enough */
    assert_int_equal(pivot.refusals.count, 2);
    assert_true(refused_for(&pivot.refusals, "too-few"));
    assert_true(refused_for(&pivot.refusals, "narrow"));
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The residual does not tell a good motion from a poor one; the condition does. */
static void test_cones(void **state)
{
    (void)state;
    enum { ROUNDS = 40 };
    static const struct {
        double cone_deg, tip_mean_mm, tip_p95_mm, condition;
        bool accepted;
    } rows[] = {
        {2, 0.65, 1.6, 81, false},   {5, 0.22, 0.5, 32.5, false},   {10, 0.1, 0.2, 16.2, false},
        {20, 0.05, 0.09, 8.1, true}, {30, 0.036, 0.065, 5.4, true}, {45, 0.03, 0.055, 3.5, true},
    };
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); ++row) {
        struct dice dice = {row + 3};
        double errors[ROUNDS];
        double mean = 0.0;
        double condition = 0.0;
        for (int round = 0; round < ROUNDS; ++round) {
            struct trk_pivot pivot;
            pivot_motion(&dice, rows[row].cone_deg, 180.0, 0.25, 0.1);
            calibrate(POSES, &pivot);
            errors[round] = trk_distance(pivot.tip_mm, tip_mm);
            mean += errors[round] / ROUNDS;
            condition += pivot.condition / ROUNDS;
            assert_int_equal(pivot.refusals.count == 0, rows[row].accepted);
            assert_int_equal(refused_for(&pivot.refusals, "narrow"), !rows[row].accepted);
            assert_true(pivot.inliers >= 499);
        }
        qsort(errors, ROUNDS, sizeof(double), ascending);
        print_message("cone %2.0f deg: tip %.3f mm mean, %.3f p95, condition %.1f\n",
                      rows[row].cone_deg, mean, errors[ROUNDS * 95 / 100], condition);
        assert_near(condition / rows[row].condition, 1.0, 0.03);
        assert_true(mean < rows[row].tip_mean_mm);
        assert_true(errors[ROUNDS * 95 / 100] < rows[row].tip_p95_mm);
    }
}

static void test_slips(void **state)
{
    (void)state;
    struct dice dice = {8};
    for (int percent = 10; percent <= 40; percent += 10) {
        double direction_mm[3];
        struct trk_pivot pivot;
        pivot_motion(&dice, 30.0, 20.0, 0.25, 0.1);
        for (int i = 0; i < POSES; ++i) {
            if (i % 10 < percent / 10) {
                direction(&dice, direction_mm);
                for (int k = 0; k < 3; ++k) {
                    poses[i].t_mm[k] += 8.0 * direction_mm[k];
                }
            }
        }
        calibrate(POSES, &pivot);
        assert_near(trk_distance(pivot.tip_mm, tip_mm), 0.0, 0.12);
        const bool accepted = percent <= 20 && pivot.inliers >= 400;
        assert_int_equal(pivot.refusals.count == 0, accepted);
        assert_int_equal(refused_for(&pivot.refusals, "slipped"), !accepted);
        for (int i = 0; i < POSES; ++i) {
            assert_true(i % 10 >= percent / 10 || inlier[i] == 0);
        }
    }
    /* the tip jumped into another divot halfway: half of the poses are right, none may be used */
    struct trk_pivot pivot;
    pivot_motion(&dice, 30.0, 20.0, 0.25, 0.1);
    for (int i = POSES / 2; i < POSES; ++i) {
        poses[i].t_mm[1] += 8.0;
    }
    calibrate(POSES, &pivot);
    assert_true(refused_for(&pivot.refusals, "slipped"));
}

static void test_hinge_and_other_poor_motions(void **state)
{
    (void)state;
    struct dice dice = {21};
    struct trk_pivot pivot;
    for (int noise = 0; noise < 2; ++noise) {
        for (int i = 0; i < POSES; ++i) { /* about one axis only */
            struct nav_pose pose = pivoted(uniform(&dice, -40.0, 40.0), 0.0, 0.0, tip_mm, pivot_mm);
            poses[i] = noise ? noisy(&dice, &pose, 0.14, 0.0) : pose;
        }
        calibrate(POSES, &pivot);
        assert_true(pivot.rms_mm < 0.3);
        assert_true(pivot.condition > 1e3);
        assert_true(refused_for(&pivot.refusals, "narrow"));
    }
    pivot_motion(&dice, 30.0, 20.0, 0.25, 0.1); /* too few */
    calibrate(199, &pivot);
    assert_int_equal(pivot.refusals.count, 1);
    assert_true(refused_for(&pivot.refusals, "too-few"));

    pivot_motion(&dice, 30.0, 20.0, 0.9, 0.1); /* a loose marker */
    calibrate(POSES, &pivot);
    assert_true(refused_for(&pivot.refusals, "residual"));

    for (int i = 0; i < POSES; ++i) { /* no motion at all */
        poses[i] = poses[0];
    }
    calibrate(POSES, &pivot);
    assert_true(isinf(pivot.condition));
    assert_true(refused_for(&pivot.refusals, "narrow"));
}

static void test_tip_in_the_marker(void **state)
{
    (void)state;
    struct dice dice = {4};
    const double origin[3] = {0, 0, 0};
    for (int i = 0; i < POSES; ++i) { /* the tip is the origin: no direction to speak of */
        poses[i] = pivoted(uniform(&dice, -30, 30), uniform(&dice, -30, 30), 0.0, origin, pivot_mm);
    }
    struct trk_pivot pivot;
    calibrate(POSES, &pivot);
    assert_near(trk_norm(pivot.tip_mm), 0.0, 1e-9);
    assert_int_equal(pivot.refusals.count, 0);
}

static void test_arguments(void **state)
{
    (void)state;
    struct dice dice = {6};
    struct trk_pivot pivot;
    struct trk_pivot_limits limits = trk_pivot_limits_default();
    pivot_motion(&dice, 30.0, 20.0, 0.0, 0.0);
    assert_int_equal(trk_pivot_calibrate(poses, 2, &limits, &pivot, NULL), NAV_ERR_ARGUMENT);
    limits.condition_max = 0.5;
    assert_int_equal(trk_pivot_calibrate(poses, POSES, &limits, &pivot, NULL), NAV_ERR_ARGUMENT);
    limits = trk_pivot_limits_default();
    poses[7].t_mm[1] = (double)NAN;
    assert_int_equal(trk_pivot_calibrate(poses, POSES, &limits, &pivot, NULL), NAV_ERR_NOT_FINITE);
    poses[7] = (struct nav_pose){.q = {0, 0, 0, 0}};
    assert_int_equal(trk_pivot_calibrate(poses, POSES, &limits, &pivot, NULL), NAV_ERR_NOT_FINITE);
}

/* ----------------------------------------------------------------------------------- spinning */

static const double spin_axis[3] = {0.1, -0.05, -0.99373};

static void spin_motion(struct dice *dice, double turn_deg, double wobble_deg)
{
    double axis[3];
    memcpy(axis, spin_axis, sizeof(axis));
    assert_int_equal(trk_normalise(axis), NAV_OK);
    const struct nav_pose hold = any_pose(dice, 500.0);
    for (int i = 0; i < POSES; ++i) {
        const struct nav_pose about = turn(axis, turn_deg * DEG * i / (POSES - 1));
        const struct nav_pose exact = nav_pose_compose(&hold, &about);
        poses[i] = wobble_deg > 0.0 ? noisy(dice, &exact, 0.25, wobble_deg * DEG) : exact;
    }
}

static void spin(const double *tip, struct trk_spin *out)
{
    const struct trk_spin_limits limits = trk_spin_limits_default();
    assert_int_equal(trk_spin_calibrate(poses, POSES, tip, &limits, out), NAV_OK);
}

static double angle_to_axis(const struct trk_spin *result)
{
    double cross[3];
    trk_cross(result->axis, spin_axis, cross);
    return asin(trk_norm(cross) / trk_norm(spin_axis)) / DEG;
}

static void test_spin(void **state)
{
    (void)state;
    struct dice dice = {17};
    struct trk_spin result;
    spin_motion(&dice, 200.0, 0.0);
    spin(tip_mm, &result);
    assert_near(angle_to_axis(&result), 0.0, 1e-6);
    assert_true(trk_dot(result.axis, tip_mm) > 0.0);
    assert_near(result.turn_rad, 200.0 * DEG, 1e-6);
    assert_int_equal(result.refusals.count, 0);

    const double behind[3] = {0, 0, 100}; /* the sense is the tip's */
    spin(behind, &result);
    assert_true(result.axis[2] > 0.0);
    const double sideways[3] = {100, 0, 0};
    spin(sideways, &result);
    assert_true(refused_for(&result.refusals, "sense"));

    double worst = 0.0;
    for (int round = 0; round < 20; ++round) {
        spin_motion(&dice, 120.0, 0.1);
        spin(tip_mm, &result);
        assert_int_equal(result.refusals.count, 0);
        worst = fmax(worst, angle_to_axis(&result));
    }
    assert_true(worst < 0.1);

    spin_motion(&dice, 40.0, 0.1);
    spin(tip_mm, &result);
    assert_true(refused_for(&result.refusals, "turn"));
    spin_motion(&dice, 180.0, 8.0);
    spin(tip_mm, &result);
    assert_true(refused_for(&result.refusals, "wobble"));

    /* a full turn is not mistaken for none */
    spin_motion(&dice, 359.0, 0.0);
    spin(tip_mm, &result);
    assert_near(result.turn_rad, 359.0 * DEG, 1.0 * DEG);

    const struct trk_spin_limits limits = trk_spin_limits_default();
    assert_int_equal(trk_spin_calibrate(poses, 20, tip_mm, &limits, &result), NAV_OK);
    assert_true(refused_for(&result.refusals, "too-few"));
    assert_int_equal(trk_spin_calibrate(poses, 2, tip_mm, &limits, &result), NAV_ERR_ARGUMENT);
}

/* -------------------------------------------------------------------------------------- divot */

static void test_bent_tips(void **state)
{
    (void)state;
    static const struct {
        double bend_mm;
        enum trk_divot_verdict verdict;
    } rows[] = {
        {0.0, TRK_DIVOT_GOOD},    {0.3, TRK_DIVOT_GOOD},    {0.7, TRK_DIVOT_CAUTION},
        {1.2, TRK_DIVOT_REFUSED}, {2.0, TRK_DIVOT_REFUSED}, {5.0, TRK_DIVOT_REFUSED},
    };
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); ++row) {
        struct dice dice = {row + 40};
        struct trk_divot divot;
        pivot_motion(&dice, 20.0, 20.0, 0.1, 0.05);
        const double believed[3] = {tip_mm[0] + rows[row].bend_mm, tip_mm[1], tip_mm[2]};
        assert_int_equal(trk_divot_check(poses, POSES, believed, pivot_mm, 0.5, 1.0, &divot),
                         NAV_OK);
        assert_int_equal(divot.verdict, rows[row].verdict);
        assert_near(divot.deviation_mm, rows[row].bend_mm * 0.95, 0.1 * rows[row].bend_mm + 0.05);

        /* without a known divot a bend shows as the tool is turned, and less */
        assert_int_equal(trk_divot_check(poses, POSES, believed, NULL, 0.5, 1.0, &divot), NAV_OK);
        assert_true(isnan(divot.deviation_mm));
        assert_true(divot.rms_mm < 0.3 + 0.5 * rows[row].bend_mm);
    }
    struct trk_divot divot;
    assert_int_equal(trk_divot_check(poses, 0, tip_mm, NULL, 0.5, 1.0, &divot), NAV_ERR_ARGUMENT);
    assert_int_equal(trk_divot_check(poses, 1, tip_mm, NULL, 0.5, 0.4, &divot), NAV_ERR_ARGUMENT);
    const double nowhere[3] = {0, (double)NAN, 0};
    assert_int_equal(trk_divot_check(poses, 1, nowhere, NULL, 0.5, 1.0, &divot),
                     NAV_ERR_NOT_FINITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_real_recording),
        cmocka_unit_test(test_cones),
        cmocka_unit_test(test_slips),
        cmocka_unit_test(test_hinge_and_other_poor_motions),
        cmocka_unit_test(test_tip_in_the_marker),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_spin),
        cmocka_unit_test(test_bent_tips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
