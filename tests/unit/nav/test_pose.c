#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nav/pose.h"

#define assert_near(a, b, tolerance)                                                               \
    do {                                                                                           \
        const double near_a = (a), near_b = (b);                                                   \
        if (!(fabs(near_a - near_b) <= (tolerance))) {                                             \
            fail_msg("%.17g is not within %g of %.17g", near_a, (double)(tolerance), near_b);      \
        }                                                                                          \
    } while (0)

static const double pi = 3.14159265358979323846;
static const double tolerance = 2e-3; /* the default limit */

static const double identity_R[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const double origin[3] = {0, 0, 0};

static struct nav_pose turn(double x, double y, double z, double angle_rad)
{
    const double norm = sqrt(x * x + y * y + z * z);
    const double s = sin(0.5 * angle_rad) / norm;
    return (struct nav_pose){.q = {x * s, y * s, z * s, cos(0.5 * angle_rad)}};
}

static double uniform(void)
{
    return 2.0 * ((double)rand() / (double)RAND_MAX) - 1.0;
}

static struct nav_pose random_pose(void)
{
    struct nav_pose pose = turn(uniform(), uniform(), uniform(), pi * uniform());
    for (int i = 0; i < 3; ++i) {
        pose.t_mm[i] = 1000.0 * uniform();
    }
    return pose;
}

/* The number worked by hand in docs/frames.md. */
static void test_worked_number(void **state)
{
    (void)state;
    const double quarter = 0.5 * pi;
    struct nav_pose T_tracker_stylus = turn(0, 0, 1, quarter);
    T_tracker_stylus.t_mm[0] = 100.0;
    T_tracker_stylus.t_mm[2] = -1000.0;
    struct nav_pose T_tracker_reference = turn(1, 0, 0, quarter);
    T_tracker_reference.t_mm[1] = 50.0;
    T_tracker_reference.t_mm[2] = -1100.0;
    const struct nav_pose T_image_reference = {.q = {0, 0, 1, 0}, .t_mm = {5.0, 6.0, 7.0}};
    const double tip_stylus[3] = {10.0, 0.0, -150.0};

    double tip_tracker[3];
    nav_pose_apply(&T_tracker_stylus, tip_stylus, tip_tracker);
    const double expected_tracker[3] = {100.0, 10.0, -1150.0};

    const struct nav_pose T_reference_tracker = nav_pose_inverse(&T_tracker_reference);
    double tip_reference[3];
    nav_pose_apply(&T_reference_tracker, tip_tracker, tip_reference);
    const double expected_reference[3] = {100.0, -50.0, 40.0};

    const struct nav_pose T_image_tracker =
        nav_pose_compose(&T_image_reference, &T_reference_tracker);
    const struct nav_pose T_image_stylus = nav_pose_compose(&T_image_tracker, &T_tracker_stylus);
    double tip_image[3];
    nav_pose_apply(&T_image_stylus, tip_stylus, tip_image);
    const double expected_image[3] = {-95.0, 56.0, 47.0};

    for (int i = 0; i < 3; ++i) {
        assert_near(tip_tracker[i], expected_tracker[i], 1e-12);
        assert_near(tip_reference[i], expected_reference[i], 1e-12);
        assert_near(tip_image[i], expected_image[i], 1e-12);
    }
}

static void test_slerp_golden(void **state)
{
    (void)state;
    struct nav_pose from = nav_pose_identity();
    struct nav_pose to = turn(1, 0, 0, 0.5 * pi);
    to.t_mm[0] = 3.0;
    to.t_mm[1] = -6.0;
    const double expected[4] = {0.25881905, 0.0, 0.0, 0.96592583};
    struct nav_pose third = nav_pose_interpolate(&from, &to, 1.0 / 3.0);
    for (int i = 0; i < 4; ++i) {
        assert_near(third.q[i], expected[i], 5e-9);
    }
    assert_near(third.t_mm[0], 1.0, 1e-15);
    assert_near(third.t_mm[1], -2.0, 1e-15);

    /* the same rotation with the other sign: still the short arc */
    for (int i = 0; i < 4; ++i) {
        to.q[i] = -to.q[i];
    }
    third = nav_pose_interpolate(&from, &to, 1.0 / 3.0);
    assert_near(nav_pose_angle_rad(&from, &third), pi / 6.0, 1e-12);

    /* never extrapolates */
    struct nav_pose clamped = nav_pose_interpolate(&from, &to, -0.5);
    assert_memory_equal(&clamped, &from, sizeof(from));
    clamped = nav_pose_interpolate(&from, &to, 1.5);
    assert_memory_equal(&clamped, &to, sizeof(to));
    clamped = nav_pose_interpolate(&from, &to, (double)NAN);
    assert_memory_equal(&clamped, &from, sizeof(from));

    /* near the small angles where sin/sin loses its digits, and near the half turn */
    const double angles[] = {1e-12, 1e-9, 1e-6, 1.5e-6, 1e-4, 3.0, pi - 1e-6};
    for (size_t i = 0; i < sizeof(angles) / sizeof(angles[0]); ++i) {
        to = turn(1, 2, -2, angles[i]);
        for (int step = 0; step <= 8; ++step) {
            const double s = step / 8.0;
            const struct nav_pose between = nav_pose_interpolate(&from, &to, s);
            assert_true(nav_pose_is_valid(&between));
            assert_near(nav_pose_angle_rad(&from, &between), s * angles[i],
                        1e-9 * angles[i] + 1e-16);
        }
    }
}

static void test_compose_and_inverse(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 1000; ++round) {
        const struct nav_pose a = random_pose();
        const struct nav_pose b = random_pose();
        const double p[3] = {1000.0 * uniform(), 1000.0 * uniform(), 1000.0 * uniform()};
        const struct nav_pose ab = nav_pose_compose(&a, &b);
        const struct nav_pose inverse = nav_pose_inverse(&ab);
        const struct nav_pose none = nav_pose_compose(&ab, &inverse);
        double in_steps[3];
        double at_once[3];
        double back[3];
        nav_pose_apply(&b, p, in_steps);
        nav_pose_apply(&a, in_steps, in_steps); /* in place */
        nav_pose_apply(&ab, p, at_once);
        nav_pose_apply(&inverse, at_once, back);
        for (int i = 0; i < 3; ++i) {
            assert_near(in_steps[i], at_once[i], 1e-9);
            assert_near(back[i], p[i], 1e-9);
            assert_near(none.t_mm[i], 0.0, 1e-9);
        }
        const struct nav_pose unturned = nav_pose_identity();
        assert_near(nav_pose_angle_rad(&none, &unturned), 0.0, 1e-12);

        double R[9];
        double rotated[3];
        nav_pose_rotation(&a, R);
        nav_pose_rotate(&a, p, rotated);
        for (int i = 0; i < 3; ++i) {
            assert_near(R[3 * i] * p[0] + R[3 * i + 1] * p[1] + R[3 * i + 2] * p[2], rotated[i],
                        1e-9);
        }
    }
}

static void test_every_rotation_survives_the_matrix(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < 2000; ++round) {
        struct nav_pose pose = random_pose();
        if (round % 4 == 1) {
            pose = turn(uniform(), uniform(), uniform(), pi); /* trace -1: every branch */
        } else if (round % 4 == 2) {
            pose = turn(uniform(), 1e-9 * uniform(), 1e-9 * uniform(), pi - 1e-9);
        }
        double R[9];
        nav_pose_rotation(&pose, R);
        struct nav_pose back;
        assert_int_equal(nav_pose_from_matrix(R, pose.t_mm, 1e-9, &back), NAV_OK);
        assert_near(nav_pose_angle_rad(&pose, &back), 0.0, 1e-12);
    }
}

struct boundary {
    const char *what;
    double R[9];
    double t_mm[3];
    enum nav_status expected;
};

static void test_boundary_table(void **state)
{
    (void)state;
    const double nan_value = (double)NAN;
    const double infinity = (double)INFINITY;
    const double in = 1.0 + 0.99e-3; /* R'R = 1 + 1.98e-3 */
    const double out = 1.0 + 1.01e-3;
    const double scale_in = 1.0 + 0.66e-3; /* det = 1 + 1.98e-3 */
    const double scale_out = 1.0 + 0.67e-3;
    const struct boundary rows[] = {
        {"identity", {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_OK},
        {"half turn", {-1, 0, 0, 0, -1, 0, 0, 0, 1}, {0, 0, 0}, NAV_OK},
        {"one column inside", {in, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_OK},
        {"one column outside", {out, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"one column short", {2 - out, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"scale inside", {scale_in, 0, 0, 0, scale_in, 0, 0, 0, scale_in}, {0, 0, 0}, NAV_OK},
        {"scale outside",
         {scale_out, 0, 0, 0, scale_out, 0, 0, 0, scale_out},
         {0, 0, 0},
         NAV_ERR_NOT_RIGID},
        {"shear inside", {1, 1.9e-3, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_OK},
        {"shear outside", {1, 2.1e-3, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"mirror", {-1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"point mirror", {-1, 0, 0, 0, -1, 0, 0, 0, -1}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"zero", {0}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"metres", {1e-3, 0, 0, 0, 1e-3, 0, 0, 0, 1e-3}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"huge", {1e200, 0, 0, 0, 1e200, 0, 0, 0, 1e200}, {0, 0, 0}, NAV_ERR_NOT_RIGID},
        {"NaN in R", {1, 0, 0, 0, nan_value, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_FINITE},
        {"Inf in R", {1, 0, infinity, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, NAV_ERR_NOT_FINITE},
        {"NaN in t", {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, nan_value, 0}, NAV_ERR_NOT_FINITE},
        {"Inf in t", {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, -infinity}, NAV_ERR_NOT_FINITE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_pose pose = {.q = {7, 7, 7, 7}, .t_mm = {7, 7, 7}};
        const struct nav_pose before = pose;
        const enum nav_status status =
            nav_pose_from_matrix(rows[i].R, rows[i].t_mm, tolerance, &pose);
        if (status != rows[i].expected) {
            fail_msg("%s: %s", rows[i].what, nav_status_name(status));
        }
        if (status != NAV_OK) {
            assert_memory_equal(&pose, &before, sizeof(pose)); /* untouched on failure */
        } else {
            assert_true(nav_pose_is_valid(&pose));
        }
    }

    /* equality is accepted: a shear of exactly the tolerance, a power of two so that it is exact */
    const double exact = 1.0 / 512.0;
    const double shear[9] = {1, exact, 0, 0, 1, 0, 0, 0, 1};
    const struct nav_rigidity rigidity = nav_rigidity_of(shear);
    assert_near(rigidity.orthogonality, exact, 0.0);
    struct nav_pose pose;
    assert_int_equal(nav_pose_from_matrix(shear, origin, exact, &pose), NAV_OK);
    assert_int_equal(nav_pose_from_matrix(shear, origin, nextafter(exact, 0.0), &pose),
                     NAV_ERR_NOT_RIGID);
    assert_true(isnan(nav_rigidity_of((const double[9]){(double)NAN}).orthogonality));
}

/* Trackers print quaternions with four decimals; the matrix made of one is good data. */
static void test_four_decimal_quaternions(void **state)
{
    (void)state;
    srand(3);
    double worst = 0.0;
    for (int trial = 0; trial < 20000; ++trial) {
        const struct nav_pose pose = random_pose();
        struct nav_pose printed = pose;
        for (int i = 0; i < 4; ++i) {
            printed.q[i] = round(printed.q[i] * 1e4) / 1e4;
        }
        double R[9];
        nav_pose_rotation(&printed, R);
        const struct nav_rigidity rigidity = nav_rigidity_of(R);
        worst = fmax(worst, fmax(rigidity.orthogonality, fabs(rigidity.determinant - 1.0)));
        struct nav_pose read;
        assert_int_equal(nav_pose_from_matrix(R, pose.t_mm, tolerance, &read), NAV_OK);
        assert_true(nav_pose_angle_rad(&pose, &read) < 0.02 * pi / 180.0);
    }
    assert_true(worst > 1e-4); /* a tolerance of 1e-4 would refuse good data */
}

/* The nearest rotation U has R = U S with S symmetric and positive: checked as such, without a
 * second decomposition. */
static void test_nearest_rotation_is_polar(void **state)
{
    (void)state;
    srand(4);
    for (int round = 0; round < 2000; ++round) {
        const struct nav_pose pose = random_pose();
        double R[9];
        nav_pose_rotation(&pose, R);
        for (int i = 0; i < 9; ++i) {
            R[i] += 5e-4 * uniform();
        }
        struct nav_pose nearest;
        if (nav_pose_from_matrix(R, origin, 1e-2, &nearest) != NAV_OK) {
            fail_msg("refused a matrix inside the tolerance");
        }
        double U[9];
        nav_pose_rotation(&nearest, U);
        double S[9];
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                S[3 * i + j] = U[i] * R[j] + U[3 + i] * R[3 + j] + U[6 + i] * R[6 + j];
            }
        }
        assert_near(S[1], S[3], 1e-14);
        assert_near(S[2], S[6], 1e-14);
        assert_near(S[5], S[7], 1e-14);
        assert_true(S[0] > 0.9 && S[4] > 0.9 && S[8] > 0.9);
        assert_near(nav_rigidity_of(U).orthogonality, 0.0, 1e-14);
        assert_near(nav_rigidity_of(U).determinant, 1.0, 1e-14);
    }
}

static void test_zero_is_not_a_pose(void **state)
{
    (void)state;
    struct nav_pose pose = {0};
    assert_false(nav_pose_is_valid(&pose));
    pose = nav_pose_identity();
    assert_true(nav_pose_is_valid(&pose));
    pose.t_mm[2] = (double)NAN;
    assert_false(nav_pose_is_valid(&pose));
    pose = nav_pose_identity();
    pose.q[3] = 1.0 + 2e-6;
    assert_false(nav_pose_is_valid(&pose));
    pose.q[3] = (double)NAN;
    assert_false(nav_pose_is_valid(&pose));
    assert_int_equal(nav_pose_from_matrix(identity_R, origin, tolerance, &pose), NAV_OK);
    assert_near(nav_pose_distance_mm(&pose, &(struct nav_pose){.t_mm = {3, 4, 12}}), 13.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_number),
        cmocka_unit_test(test_slerp_golden),
        cmocka_unit_test(test_compose_and_inverse),
        cmocka_unit_test(test_every_rotation_survives_the_matrix),
        cmocka_unit_test(test_boundary_table),
        cmocka_unit_test(test_four_decimal_quaternions),
        cmocka_unit_test(test_nearest_rotation_is_polar),
        cmocka_unit_test(test_zero_is_not_a_pose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
