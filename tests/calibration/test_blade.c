#include "calibration_fixture.h"

#include "blade.h"
#include "linalg.h"
#include "pose_mean.h"

#define DEG (PI / 180.0)

enum { FACE = 24 };

/* The truth: a blade 20 mm wide and 3 mm thick, its edge 180 mm from the marker. */
static const double width_mm = 20.0;
static const double thickness_mm = 3.0;
static const double length_mm = 60.0;

struct touched {
    struct nav_pose T_marker_blade; /* x along the edge, y the normal, z against the cut */
    double edge[4][3];
    double face[FACE][3];
    double back[FACE][3];
    struct trk_blade_touches touches;
};

static void touch(const struct nav_pose *T_marker_blade, double x, double y, double z,
                  struct dice *dice, double sd_mm, double out[3])
{
    const double at[3] = {x, y, z};
    nav_pose_apply(T_marker_blade, at, out);
    for (int k = 0; k < 3 && dice != NULL; ++k) {
        out[k] += sd_mm * normal(dice);
    }
}

static void touch_blade(struct touched *touched, struct dice *dice, double sd_mm, double ball_mm)
{
    const double axis[3] = {2.0 / 7.0, 6.0 / 7.0, -3.0 / 7.0};
    memset(touched, 0, sizeof(*touched));
    touched->T_marker_blade = turn(axis, 0.8);
    touched->T_marker_blade.t_mm[0] = 10.0;
    touched->T_marker_blade.t_mm[1] = -170.0;
    touched->T_marker_blade.t_mm[2] = 40.0;
    const struct nav_pose *T = &touched->T_marker_blade;
    const double half = 0.5 * thickness_mm + ball_mm;
    const double along[4] = {-0.5, 0.5, -0.2, 0.3};
    for (int i = 0; i < 4; ++i) {
        touch(T, along[i] * width_mm, 0.0, -ball_mm, dice, sd_mm, touched->edge[i]);
    }
    for (int i = 0; i < FACE; ++i) {
        const double x = (i % 4 - 1.5) / 4.0 * width_mm;
        const double z = 3.0 + length_mm * (double)(i / 4) / (FACE / 4 - 1);
        touch(T, x, half, z, dice, sd_mm, touched->face[i]);
        touch(T, x, -half, z, dice, sd_mm, touched->back[i]);
    }
    touched->touches = (struct trk_blade_touches){
        .edge_mm = touched->edge,
        .edge_count = 4,
        .face_mm = touched->face,
        .face_count = FACE,
        .back_mm = touched->back,
        .back_count = FACE,
        .ball_mm = ball_mm,
    };
    /* the stylus stood somewhere above the first face */
    const double above[3] = {0.3, 0.8, 0.4};
    nav_pose_rotate(T, above, touched->touches.outward);
}

static void calibrate(const struct touched *touched, struct trk_blade *out)
{
    const struct trk_blade_limits limits = trk_blade_limits_default();
    assert_int_equal(trk_blade_calibrate(&touched->touches, &limits, out), NAV_OK);
}

static void true_directions(const struct touched *touched, double axis[3], double up[3])
{
    const double cut[3] = {0, 0, -1};
    const double normal_b[3] = {0, 1, 0};
    nav_pose_rotate(&touched->T_marker_blade, cut, axis);
    nav_pose_rotate(&touched->T_marker_blade, normal_b, up);
}

static double between(const double a[3], const double b[3])
{
    double cross[3];
    trk_cross(a, b, cross);
    return atan2(trk_norm(cross), trk_dot(a, b));
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

static void assert_blade(const struct touched *touched, const struct trk_blade *blade, double mm,
                         double rad)
{
    double axis[3];
    double up[3];
    true_directions(touched, axis, up);
    assert_near(between(blade->axis, axis), 0.0, rad);
    assert_near(between(blade->up, up), 0.0, rad);
    assert_near(trk_dot(blade->axis, blade->up), 0.0, 1e-12);
    assert_near(trk_norm(blade->axis), 1.0, 1e-12);
    assert_near(trk_distance(blade->tip_mm, touched->T_marker_blade.t_mm), 0.0, mm);
    assert_near(blade->width_mm, width_mm, mm);
    assert_near(blade->thickness_mm, thickness_mm, mm);
}

static void test_exact(void **state)
{
    (void)state;
    for (int ball = 0; ball < 2; ++ball) {
        struct touched touched;
        struct trk_blade blade;
        touch_blade(&touched, NULL, 0.0, ball * 0.75);
        calibrate(&touched, &blade);
        assert_int_equal(blade.refusals.count, 0);
        assert_blade(&touched, &blade, 1e-9, 1e-9);
        assert_near(blade.flatness_mm, 0.0, 1e-6);

        /* one face only, and the thickness as stated */
        touched.touches.back_count = 0;
        touched.touches.thickness_mm = thickness_mm;
        calibrate(&touched, &blade);
        assert_int_equal(blade.refusals.count, 0);
        assert_blade(&touched, &blade, 1e-9, 1e-9);

        /* the same face seen from the wrong side puts the middle outside: the other direction */
        for (int k = 0; k < 3; ++k) {
            touched.touches.outward[k] = -touched.touches.outward[k];
        }
        calibrate(&touched, &blade);
        assert_near(trk_distance(blade.tip_mm, touched.T_marker_blade.t_mm),
                    thickness_mm + 2 * ball * 0.75, 1e-6);
    }
}

/* A stylus of 0.3 mm: the plane within 1 deg in the mean and 2 deg in 95 of 100. */
static void test_noisy_touches(void **state)
{
    (void)state;
    struct dice dice = {12};
    const int trials = 500;
    double mean_deg = 0.0;
    int above_deg = 0;
    double mean_mm = 0.0;
    for (int trial = 0; trial < trials; ++trial) {
        struct touched touched;
        struct trk_blade blade;
        double axis[3];
        double up[3];
        touch_blade(&touched, &dice, 0.17, 0.0);
        calibrate(&touched, &blade);
        true_directions(&touched, axis, up);
        const double deg = between(blade.up, up) / DEG;
        mean_deg += deg / trials;
        above_deg += deg > 2.0;
        mean_mm += trk_distance(blade.tip_mm, touched.T_marker_blade.t_mm) / trials;
        assert_near(blade.width_mm, width_mm, 1.2);
        assert_near(blade.thickness_mm, thickness_mm, 0.4);
        assert_int_equal(blade.refusals.count, 0);
        assert_true(blade.tilt_rad < 0.7 * DEG && blade.tilt_rad > 0.1 * DEG);
    }
    print_message("blade plane %.3f deg mean, %d of %d above 2 deg; edge %.3f mm mean\n", mean_deg,
                  above_deg, trials, mean_mm);
    assert_true(mean_deg < 0.5);
    assert_int_equal(above_deg, 0);
    assert_true(mean_mm < 0.3);
}

static void test_refusals(void **state)
{
    (void)state;
    struct dice dice = {13};
    struct touched touched;
    struct trk_blade blade;

    touch_blade(&touched, &dice, 0.1, 0.0);
    touched.touches.face_count = 5;
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "too-few"));

    touch_blade(&touched, &dice, 0.1, 0.0);
    touched.face[7][1] += 4.0; /* one touch slipped */
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "flatness"));

    touch_blade(&touched, &dice, 0.15, 0.0); /* all touches near the middle line */
    for (int i = 0; i < FACE; ++i) {
        touch(&touched.T_marker_blade, 2.0 * (i % 2) - 1.0, 1.5, 3.0 + 2.5 * i, &dice, 0.15,
              touched.face[i]);
    }
    touched.touches.back_count = 0;
    touched.touches.thickness_mm = thickness_mm;
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "tilt"));

    touch_blade(&touched, NULL, 0.0, 0.0); /* the back is not parallel: another tool, or bent */
    for (int i = 0; i < FACE; ++i) {
        const double z = 3.0 + length_mm * (double)(i / 4) / (FACE / 4 - 1);
        touch(&touched.T_marker_blade, (i % 4 - 1.5) * 5.0, -1.5 - 0.06 * z, z, NULL, 0.0,
              touched.back[i]);
    }
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "parallel"));

    touch_blade(&touched, NULL, 0.0, 0.0); /* an end that is not on the blade */
    touch(&touched.T_marker_blade, -10.0, 5.0, 0.0, NULL, 0.0, touched.edge[0]);
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "edge"));

    touch_blade(&touched, NULL, 0.0, 0.0); /* the same end twice */
    touch(&touched.T_marker_blade, -9.0, 0.0, 0.0, NULL, 0.0, touched.edge[1]);
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "width"));

    touch_blade(&touched, NULL, 0.0, 0.0); /* both faces from the wrong side */
    for (int k = 0; k < 3; ++k) {
        touched.touches.outward[k] = -touched.touches.outward[k];
    }
    calibrate(&touched, &blade);
    assert_true(refused_for(&blade.refusals, "thickness"));
}

static void test_arguments(void **state)
{
    (void)state;
    struct touched touched;
    struct trk_blade blade;
    const struct trk_blade_limits limits = trk_blade_limits_default();
    touch_blade(&touched, NULL, 0.0, 0.0);
    struct trk_blade_touches bad = touched.touches;
    bad.edge_count = 1;
    assert_int_equal(trk_blade_calibrate(&bad, &limits, &blade), NAV_ERR_ARGUMENT);
    bad = touched.touches;
    bad.face_count = 2;
    assert_int_equal(trk_blade_calibrate(&bad, &limits, &blade), NAV_ERR_ARGUMENT);
    bad = touched.touches;
    memset(bad.outward, 0, sizeof(bad.outward));
    assert_int_equal(trk_blade_calibrate(&bad, &limits, &blade), NAV_ERR_ARGUMENT);
    bad = touched.touches;
    bad.ball_mm = -1.0;
    assert_int_equal(trk_blade_calibrate(&bad, &limits, &blade), NAV_ERR_ARGUMENT);
    touched.back[3][0] = (double)NAN;
    assert_int_equal(trk_blade_calibrate(&touched.touches, &limits, &blade), NAV_ERR_NOT_FINITE);

    touch_blade(&touched, NULL, 0.0, 0.0); /* on a line */
    for (int i = 0; i < FACE; ++i) {
        touch(&touched.T_marker_blade, 0.0, 1.5, i, NULL, 0.0, touched.face[i]);
    }
    assert_int_equal(trk_blade_calibrate(&touched.touches, &limits, &blade), NAV_ERR_CONDITION);
    touch_blade(&touched, NULL, 0.0, 0.0); /* an edge that stands on the face */
    touch(&touched.T_marker_blade, 0.0, 0.0, 0.0, NULL, 0.0, touched.edge[0]);
    touch(&touched.T_marker_blade, 0.0, 9.0, 0.0, NULL, 0.0, touched.edge[1]);
    assert_int_equal(trk_blade_calibrate(&touched.touches, &limits, &blade), NAV_ERR_CONDITION);
}

static void test_block(void **state)
{
    (void)state;
    enum { POSES = 80 };
    static struct nav_pose markers[POSES];
    static struct nav_pose blocks[POSES];
    struct dice dice = {14};
    const struct nav_pose T_block_blade = any_pose(&dice, 30.0);
    const struct nav_pose T_marker_blade = any_pose(&dice, 150.0);
    const struct nav_pose T_blade_marker = nav_pose_inverse(&T_marker_blade);
    for (int i = 0; i < POSES; ++i) {
        const struct nav_pose block = any_pose(&dice, 300.0);
        const struct nav_pose blade = nav_pose_compose(&block, &T_block_blade);
        const struct nav_pose marker = nav_pose_compose(&blade, &T_blade_marker);
        blocks[i] = noisy(&dice, &block, 0.1, 0.05 * DEG);
        markers[i] = noisy(&dice, &marker, 0.1, 0.05 * DEG);
    }
    const struct trk_blade_limits limits = trk_blade_limits_default();
    struct trk_blade_in_block found;
    assert_int_equal(trk_blade_from_block(markers, blocks, POSES, &T_block_blade, &limits, &found),
                     NAV_OK);
    assert_int_equal(found.refusals.count, 0);
    assert_near(nav_pose_distance_mm(&found.T_marker_blade, &T_marker_blade), 0.0, 0.15);
    assert_near(nav_pose_angle_rad(&found.T_marker_blade, &T_marker_blade), 0.0, 0.03 * DEG);

    assert_int_equal(trk_blade_from_block(markers, blocks, 20, &T_block_blade, &limits, &found),
                     NAV_OK);
    assert_true(refused_for(&found.refusals, "too-few"));
    for (int i = 0; i < POSES; i += 2) {
        markers[i].t_mm[0] += 2.0;
    }
    assert_int_equal(trk_blade_from_block(markers, blocks, POSES, &T_block_blade, &limits, &found),
                     NAV_OK);
    assert_true(refused_for(&found.refusals, "moved"));
    assert_int_equal(trk_blade_from_block(markers, blocks, 0, &T_block_blade, &limits, &found),
                     NAV_ERR_ARGUMENT);
    blocks[3] = (struct nav_pose){.q = {0}};
    assert_int_equal(trk_blade_from_block(markers, blocks, POSES, &T_block_blade, &limits, &found),
                     NAV_ERR_NOT_FINITE);
}

/* Two turns about z by +-10 deg, 3 to 1: not -5 deg. */
static void test_mean_of_rotations(void **state)
{
    (void)state;
    const double z[3] = {0, 0, 1};
    struct nav_pose poses[2] = {turn(z, 10 * DEG), turn(z, -10 * DEG)};
    const double weights[2] = {1.0, 3.0};
    struct trk_pose_mean mean;
    assert_int_equal(trk_pose_mean(poses, weights, 2, &mean), NAV_OK);
    assert_near(2.0 * atan(mean.pose.q[2] / mean.pose.q[3]) / DEG, -5.038369, 5e-7);
    for (int k = 0; k < 4; ++k) {
        poses[1].q[k] = -poses[1].q[k]; /* the same rotation */
    }
    assert_int_equal(trk_pose_mean(poses, weights, 2, &mean), NAV_OK);
    assert_near(2.0 * atan(mean.pose.q[2] / mean.pose.q[3]) / DEG, -5.038369, 5e-7);

    assert_int_equal(trk_pose_mean(poses, weights, 0, &mean), NAV_ERR_ARGUMENT);
    const double bad[2] = {1.0, 0.0};
    assert_int_equal(trk_pose_mean(poses, bad, 2, &mean), NAV_ERR_ARGUMENT);
    poses[0].t_mm[0] = (double)NAN;
    assert_int_equal(trk_pose_mean(poses, NULL, 2, &mean), NAV_ERR_NOT_FINITE);

    /* many noisy ones with random signs */
    enum { MANY = 400 };
    static struct nav_pose many[MANY];
    struct dice dice = {15};
    const struct nav_pose truth = any_pose(&dice, 100.0);
    for (int i = 0; i < MANY; ++i) {
        many[i] = noisy(&dice, &truth, 1.0, 2.0 * DEG);
        if (roll(&dice) % 3 == 0) {
            for (int k = 0; k < 4; ++k) {
                many[i].q[k] = -many[i].q[k];
            }
        }
    }
    assert_int_equal(trk_pose_mean(many, NULL, MANY, &mean), NAV_OK);
    assert_near(nav_pose_angle_rad(&mean.pose, &truth) / DEG, 0.0, 0.4);
    assert_near(nav_pose_distance_mm(&mean.pose, &truth), 0.0, 0.25);
    assert_near(mean.rms_mm, sqrt(3.0), 0.15);
    assert_near(mean.rms_rad / DEG, 2.0 * sqrt(3.0), 0.3);
    assert_true(mean.max_mm > mean.rms_mm && mean.max_rad > mean.rms_rad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),    cmocka_unit_test(test_noisy_touches),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_block),    cmocka_unit_test(test_mean_of_rotations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
