#include "calibration_fixture.h"

#include "handeye.h"

#define DEG (PI / 180.0)

enum { POSES = 20 };

static struct nav_pose markers[POSES];
static struct nav_pose targets[POSES];

struct motion {
    double turn_deg;  /* largest turn of a pose from the first */
    int axes;         /* 1: about one axis only */
    double marker_mm; /* noise, rms of its length and of its angle */
    double marker_deg;
    double camera_mm;
    double camera_deg;
};

/* Views of a fixed target by a camera on a marker. */
static void move_camera(struct dice *dice, const struct nav_pose *X, const struct motion *motion)
{
    const struct nav_pose target = any_pose(dice, 300.0); /* T_tracker_target */
    const struct nav_pose T_camera_target = {.q = {0, 0, 0, 1}, .t_mm = {20, -10, 400}};
    const struct nav_pose T_target_camera = nav_pose_inverse(&T_camera_target);
    const struct nav_pose X_inverse = nav_pose_inverse(X);
    double single[3];
    direction(dice, single);
    for (int i = 0; i < POSES; ++i) {
        double axis[3];
        direction(dice, axis);
        const double angle = motion->turn_deg * DEG * uniform(dice, 0.3, 1.0);
        const struct nav_pose wobble = turn(motion->axes == 1 ? single : axis, angle);
        const struct nav_pose view = nav_pose_compose(&wobble, &T_target_camera);
        struct nav_pose camera = nav_pose_compose(&target, &view); /* T_tracker_camera */
        if (motion->axes != 1) {
            for (int k = 0; k < 3; ++k) {
                camera.t_mm[k] += uniform(dice, -50.0, 50.0);
            }
        }
        const struct nav_pose back = nav_pose_inverse(&camera);
        const struct nav_pose seen = nav_pose_compose(&back, &target);
        const struct nav_pose marker = nav_pose_compose(&camera, &X_inverse);
        const double third = 1.0 / sqrt(3.0);
        targets[i] =
            noisy(dice, &seen, motion->camera_mm * third, motion->camera_deg * DEG * third);
        markers[i] =
            noisy(dice, &marker, motion->marker_mm * third, motion->marker_deg * DEG * third);
        for (int k = 0; i % 3 == 1 && k < 4; ++k) {
            markers[i].q[k] = -markers[i].q[k]; /* the same rotation */
        }
    }
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

static enum nav_status calibrate(struct trk_handeye *out)
{
    const struct trk_handeye_limits limits = trk_handeye_limits_default();
    return trk_handeye_calibrate(markers, targets, POSES, &limits, out);
}

static void test_exact(void **state)
{
    (void)state;
    struct dice dice = {31};
    for (int round = 0; round < 50; ++round) {
        const struct nav_pose X = any_pose(&dice, 120.0);
        const struct motion motion = {.turn_deg = 40.0};
        struct trk_handeye found;
        move_camera(&dice, &X, &motion);
        assert_int_equal(calibrate(&found), NAV_OK);
        assert_int_equal(found.refusals.count, 0);
        assert_near(nav_pose_angle_rad(&found.T_marker_camera, &X), 0.0, 1e-9);
        assert_near(nav_pose_distance_mm(&found.T_marker_camera, &X), 0.0, 1e-6);
        assert_near(nav_pose_angle_rad(&found.T_marker_camera_dual, &X), 0.0, 1e-6);
        assert_near(nav_pose_distance_mm(&found.T_marker_camera_dual, &X), 0.0, 1e-3);
        assert_near(found.residual_rad, 0.0, 1e-9);
        assert_near(found.residual_mm, 0.0, 1e-6);
    }
}

static void test_noise(void **state)
{
    (void)state;
    static const struct {
        double turn_deg, mean_deg, mean_mm;
    } rows[] = {{30, 0.2, 1.6}, {60, 0.15, 0.9}, {90, 0.12, 0.8}};
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); ++row) {
        struct dice dice = {row + 61};
        double deg = 0.0, mm = 0.0, dual_deg = 0.0, dual_mm = 0.0;
        const int rounds = 40;
        int accepted = 0;
        for (int round = 0; round < rounds; ++round) {
            const struct nav_pose X = any_pose(&dice, 120.0);
            const struct motion motion = {rows[row].turn_deg, 3, 0.25, 0.1, 0.5, 0.1};
            struct trk_handeye found;
            move_camera(&dice, &X, &motion);
            assert_int_equal(calibrate(&found), NAV_OK);
            deg += nav_pose_angle_rad(&found.T_marker_camera, &X) / DEG / rounds;
            mm += nav_pose_distance_mm(&found.T_marker_camera, &X) / rounds;
            dual_deg += nav_pose_angle_rad(&found.T_marker_camera_dual, &X) / DEG / rounds;
            dual_mm += nav_pose_distance_mm(&found.T_marker_camera_dual, &X) / rounds;
            accepted += found.refusals.count == 0;
        }
        print_message(
            "turns of %.0f deg: %.3f deg %.2f mm, dual %.3f deg %.2f mm, %d of %d accepted\n",
            rows[row].turn_deg, deg, mm, dual_deg, dual_mm, accepted, rounds);
        assert_true(deg < rows[row].mean_deg && mm < rows[row].mean_mm);
        assert_true(dual_deg < 2.0 * rows[row].mean_deg && dual_mm < 3.0 * rows[row].mean_mm);
        assert_true(accepted >= rounds * 7 / 10);
    }
}

/* What gives metres of error without a word elsewhere is refused. */
static void test_poor_motion(void **state)
{
    (void)state;
    struct dice dice = {71};
    struct trk_handeye found;
    for (int round = 0; round < 20; ++round) {
        const struct nav_pose X = any_pose(&dice, 120.0);
        const struct motion one_axis = {60, 1, 0.25, 0.1, 0.5, 0.1};
        move_camera(&dice, &X, &one_axis);
        const enum nav_status status = calibrate(&found);
        assert_true(status == NAV_ERR_CONDITION ||
                    (status == NAV_OK && refused_for(&found.refusals, "one-axis")));

        const struct motion small = {5, 3, 0.25, 0.1, 0.5, 0.1};
        move_camera(&dice, &X, &small);
        const enum nav_status small_status = calibrate(&found);
        assert_true(small_status == NAV_ERR_CONDITION ||
                    (small_status == NAV_OK && found.refusals.count > 0));

        /* eight views, nearly the same two and two */
        const struct motion wide = {40, 3, 0.25, 0.1, 0.5, 0.1};
        const struct trk_handeye_limits limits = trk_handeye_limits_default();
        move_camera(&dice, &X, &wide);
        for (int i = 1; i < 6; i += 2) {
            markers[i] = noisy(&dice, &markers[i - 1], 0.1, 0.001);
            targets[i] = noisy(&dice, &targets[i - 1], 0.1, 0.001);
        }
        assert_int_equal(trk_handeye_calibrate(markers, targets, 5, &limits, &found), NAV_OK);
        assert_true(refused_for(&found.refusals, "too-few"));

        /* the target moved in the middle */
        move_camera(&dice, &X, &wide);
        for (int i = POSES / 2; i < POSES; ++i) {
            targets[i].t_mm[0] += 40.0;
        }
        assert_int_equal(calibrate(&found), NAV_OK);
        assert_true(found.refusals.count > 0);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    struct dice dice = {81};
    const struct nav_pose X = any_pose(&dice, 120.0);
    const struct motion motion = {.turn_deg = 40.0};
    struct trk_handeye found;
    struct trk_handeye_limits limits = trk_handeye_limits_default();
    move_camera(&dice, &X, &motion);
    assert_int_equal(trk_handeye_calibrate(markers, targets, 2, &limits, &found), NAV_ERR_ARGUMENT);
    limits.turn_max_rad = limits.turn_min_rad;
    assert_int_equal(trk_handeye_calibrate(markers, targets, POSES, &limits, &found),
                     NAV_ERR_ARGUMENT);
    targets[4].q[1] = (double)NAN;
    assert_int_equal(calibrate(&found), NAV_ERR_NOT_FINITE);
    for (int i = 0; i < POSES; ++i) { /* no motion */
        markers[i] = targets[i] = nav_pose_identity();
    }
    assert_int_equal(calibrate(&found), NAV_ERR_CONDITION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_poor_motion),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
