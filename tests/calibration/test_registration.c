#include "calibration_fixture.h"

#include "linalg.h"
#include "registration.h"
#include "rigid_fit.h"
#include "statistics.h"
#include "tre.h"

/* Six landmarks placed as on a sacrum, and four places that matter (mm). */
enum { F_COUNT = 6, G_COUNT = 4 };

static const double F[F_COUNT][3] = {
    {0, 0, 0}, {42, -18, -6}, {-40, -20, -5}, {18, -35, 9}, {-19, -34, 8}, {3, -88, -22},
};
static const double G[G_COUNT][3] = {{0, -5, -20}, {15, -55, -10}, {-8, -75, -35}, {22, -10, -45}};
static const char *const F_names[F_COUNT] = {"promontory",   "left ala",      "right ala",
                                             "left foramen", "right foramen", "apex"};

static const double ones[TRK_LANDMARKS_MAX] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static struct trk_target targets[G_COUNT];

/* Landmarks of F: measured at T^-1 of the image's, before any fault. */
static void place(const struct nav_pose *T_image_reference, struct trk_landmark out[F_COUNT])
{
    const struct nav_pose back = nav_pose_inverse(T_image_reference);
    memset(out, 0, F_COUNT * sizeof(out[0]));
    for (int i = 0; i < F_COUNT; ++i) {
        (void)snprintf(out[i].name, sizeof(out[i].name), "%s", F_names[i]);
        memcpy(out[i].image_mm, F[i], sizeof(F[i]));
        nav_pose_apply(&back, F[i], out[i].measured_mm);
    }
    static const char *const names[G_COUNT] = {"S1", "S3", "S4", "nerve"};
    for (int i = 0; i < G_COUNT; ++i) {
        (void)snprintf(targets[i].name, sizeof(targets[i].name), "%s", names[i]);
        memcpy(targets[i].image_mm, G[i], sizeof(G[i]));
    }
}

static void do_register(const struct trk_landmark *landmarks, size_t count,
                        struct trk_registration *out)
{
    const struct trk_registration_limits limits = trk_registration_limits_default();
    assert_int_equal(trk_register(landmarks, count, targets, G_COUNT, &limits, out), NAV_OK);
}

static const struct trk_finding *finding_of(const struct trk_registration *registration,
                                            enum trk_finding_code code)
{
    for (uint32_t i = 0; i < registration->finding_count; ++i) {
        if (registration->findings[i].code == code) {
            return &registration->findings[i];
        }
    }
    return NULL;
}

static struct nav_pose some_pose(void)
{
    const double axis[3] = {2.0 / 7.0, -3.0 / 7.0, 6.0 / 7.0};
    struct nav_pose pose = turn(axis, 1.1);
    pose.t_mm[0] = 120.0;
    pose.t_mm[1] = -45.0;
    pose.t_mm[2] = 980.0;
    return pose;
}

/* ----------------------------------------------------------------------------- golden numbers */

static void test_shape_of_the_landmarks(void **state)
{
    (void)state;
    double centre[3];
    double spread[3];
    double axes[9];
    assert_int_equal(trk_spread(F_COUNT, F, NULL, centre, spread, axes), NAV_OK);
    const double expected_centre[3] = {0.666667, -32.5, -2.666667};
    const double eigenvalues[3] = {4784.72981, 4044.39653, 385.04033};
    for (int k = 0; k < 3; ++k) {
        assert_near(centre[k], expected_centre[k], 1e-6);
        assert_near(F_COUNT * spread[k] * spread[k], eigenvalues[k], 1e-5);
        assert_near(trk_norm(&axes[3 * k]), 1.0, 1e-12);
    }
}

static void test_exact_recovery(void **state)
{
    (void)state;
    struct dice dice = {5};
    for (int round = 0; round < 200; ++round) {
        const struct nav_pose truth = any_pose(&dice, 1000.0);
        struct trk_landmark landmarks[F_COUNT];
        place(&truth, landmarks);
        struct trk_registration registration;
        do_register(landmarks, F_COUNT, &registration);
        assert_true(registration.accepted);
        assert_int_equal(registration.finding_count, 0);
        assert_near(registration.fre_mm, 0.0, 1e-11);
        assert_near(registration.scale, 1.0, 1e-12);
        assert_near(nav_pose_angle_rad(&registration.T_image_reference, &truth), 0.0, 1e-13);
        assert_near(nav_pose_distance_mm(&registration.T_image_reference, &truth), 0.0, 1e-9);
    }
}

static void test_fre_goldens(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    struct trk_registration registration;
    struct trk_landmark landmarks[F_COUNT];

    place(&truth, landmarks); /* mirrored in x */
    for (int i = 0; i < F_COUNT; ++i) {
        landmarks[i].image_mm[0] = -landmarks[i].image_mm[0];
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 16.0217, 5e-5);
    assert_near(registration.fre_mirrored_mm, 0.0, 1e-9);
    assert_false(registration.accepted);
    assert_non_null(finding_of(&registration, TRK_FINDING_MIRRORED));

    place(&truth, landmarks); /* left and right exchanged */
    for (int i = 1; i < 5; i += 2) {
        double other[3];
        memcpy(other, landmarks[i].measured_mm, sizeof(other));
        memcpy(landmarks[i].measured_mm, landmarks[i + 1].measured_mm, sizeof(other));
        memcpy(landmarks[i + 1].measured_mm, other, sizeof(other));
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 16.1342, 5e-5);
    assert_false(registration.accepted);
    const struct trk_finding *swapped = finding_of(&registration, TRK_FINDING_SWAPPED);
    assert_non_null(swapped);
    assert_true(registration.pairing_suggested);
    const uint32_t pairing[F_COUNT] = {0, 2, 1, 4, 3, 5};
    assert_memory_equal(registration.pairing, pairing, sizeof(pairing));
    assert_non_null(strstr(swapped->suggestion, "left ala was touched as right ala"));

    place(&truth, landmarks); /* RAS and LPS: invisible to every residual, 151 mm at S4 */
    for (int i = 0; i < F_COUNT; ++i) {
        landmarks[i].image_mm[0] = -landmarks[i].image_mm[0];
        landmarks[i].image_mm[1] = -landmarks[i].image_mm[1];
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 0.0, 1e-11);
    const struct nav_pose back = nav_pose_inverse(&truth);
    double there[3];
    nav_pose_apply(&back, G[2], there);
    nav_pose_apply(&registration.T_image_reference, there, there);
    assert_near(trk_distance(there, G[2]), 151.0, 0.2);

    place(&truth, landmarks); /* metres */
    for (int i = 0; i < F_COUNT; ++i) {
        for (int k = 0; k < 3; ++k) {
            landmarks[i].measured_mm[k] /= 1000.0;
        }
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 39.1487, 5e-5);
    assert_near(registration.scale, 1000.0, 1e-6);
    assert_non_null(finding_of(&registration, TRK_FINDING_UNITS));
    assert_false(registration.accepted);

    place(&truth, landmarks); /* one landmark off by (0, 7, 7) */
    landmarks[5].image_mm[1] += 7.0;
    landmarks[5].image_mm[2] += 7.0;
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 3.3608, 5e-5);
    assert_false(registration.accepted);
    const struct trk_finding *bad = finding_of(&registration, TRK_FINDING_BAD_LANDMARK);
    assert_non_null(bad);
    assert_int_equal(bad->subject, 5);
    assert_near(registration.left_out_mm[5], sqrt(98.0), 1e-9);
    assert_near(registration.left_out_fre_mm[5], 0.0, 1e-9);
    assert_non_null(strstr(bad->suggestion, "apex"));

    place(&truth, landmarks); /* almost flat: the mirror hardly shows */
    for (int i = 0; i < F_COUNT; ++i) {
        landmarks[i].image_mm[2] *= 0.1;
        nav_pose_apply(&back, landmarks[i].image_mm, landmarks[i].measured_mm);
        landmarks[i].image_mm[0] = -landmarks[i].image_mm[0];
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 1.65, 0.01);
    assert_non_null(finding_of(&registration, TRK_FINDING_MIRRORED));
}

static void test_fre_limits(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        double at_95, at_999;
    } rows[] = {{4, 1.0244, 1.3680}, {5, 1.0620, 1.3633}, {6, 1.0808, 1.3521}, {8, 1.0968, 1.3278}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_near(trk_fre_limit(rows[i].count, 1.0, 0.95), rows[i].at_95, 5e-5);
        assert_near(trk_fre_limit(rows[i].count, 1.0, 0.999), rows[i].at_999, 5e-5);
        assert_near(trk_fre_limit(rows[i].count, 0.4, 0.95), 0.4 * rows[i].at_95, 5e-5);
    }
}

static void test_tre_goldens(void **state)
{
    (void)state;
    static const double expected[G_COUNT] = {0.543649, 0.496320, 0.696420, 0.730615};
    struct trk_tre_model model;
    assert_int_equal(trk_tre_model_isotropic(F_COUNT, F, ones, &model), NAV_OK);
    for (int i = 0; i < G_COUNT; ++i) {
        double reference;
        assert_int_equal(trk_tre_rms_ref(F_COUNT, F, 1.0, G[i], &reference), NAV_OK);
        assert_near(reference, expected[i], 5e-7);
        assert_near(trk_tre_rms(&model, G[i]), expected[i], 5e-7);
    }

    /* two sets of the plane that others have published */
    static const double toy_a[4][3] = {{1, 1, 0}, {-.5, .5, 0}, {-1, -1, 0}, {.5, -.5, 0}};
    static const double toy_b[4][3] = {{1, 1, 0}, {-1, 1, 0}, {-1, -1, 0}, {1, -1, 0}};
    static const double origin[3] = {0, 0, 0};
    static const double two[3] = {2, 0, 0};
    double rms;
    assert_int_equal(trk_tre_rms_ref(4, toy_a, 1.0, origin, &rms), NAV_OK);
    assert_near(rms * rms, 0.25, 1e-12);
    assert_int_equal(trk_tre_rms_ref(4, toy_a, 1.0, two, &rms), NAV_OK);
    assert_near(rms * rms, 1.35, 1e-12);
    assert_int_equal(trk_tre_rms_ref(4, toy_b, 1.0, two, &rms), NAV_OK);
    assert_near(rms * rms, 0.75, 1e-12);
    assert_int_equal(trk_tre_model_isotropic(4, toy_a, ones, &model), NAV_OK);
    assert_near(trk_tre_rms(&model, two) * trk_tre_rms(&model, two), 1.35, 1e-9);

    /* errors that are larger in depth: fitted without and with the ideal weights */
    static const double uniform_weights[G_COUNT] = {0.20775, 0.17798, 0.28198, 0.31474};
    static const double ideal_weights[G_COUNT] = {0.18118, 0.16208, 0.23233, 0.25512};
    double covariances[F_COUNT][9];
    double weights[F_COUNT][9];
    for (int i = 0; i < F_COUNT; ++i) {
        const double sd[3] = {0.1, 0.1, 0.3};
        memset(covariances[i], 0, sizeof(covariances[i]));
        memset(weights[i], 0, sizeof(weights[i]));
        for (int k = 0; k < 3; ++k) {
            covariances[i][4 * k] = sd[k] * sd[k];
            weights[i][4 * k] = 1.0 / sd[k];
        }
    }
    assert_int_equal(trk_tre_model_init(F_COUNT, F, covariances, NULL, &model), NAV_OK);
    for (int i = 0; i < G_COUNT; ++i) {
        assert_near(trk_tre_rms(&model, G[i]), uniform_weights[i], 5e-6);
    }
    assert_int_equal(trk_tre_model_init(F_COUNT, F, covariances, weights, &model), NAV_OK);
    for (int i = 0; i < G_COUNT; ++i) {
        assert_near(trk_tre_rms(&model, G[i]), ideal_weights[i], 5e-6);
    }
}

/* The closed form and the general one on sets without any symmetry: reading the principal axes by
 * row instead of by column would show here and in no symmetric set. */
static void test_tre_forms_agree(void **state)
{
    (void)state;
    struct dice dice = {77};
    for (int round = 0; round < 500; ++round) {
        double points[12][3];
        const size_t count = 3 + (size_t)(roll(&dice) % 10);
        for (size_t i = 0; i < count; ++i) {
            for (int k = 0; k < 3; ++k) {
                points[i][k] = uniform(&dice, -100.0, 100.0);
            }
        }
        const double target[3] = {uniform(&dice, -150.0, 150.0), uniform(&dice, -150.0, 150.0),
                                  uniform(&dice, -150.0, 150.0)};
        const double fle_mm = uniform(&dice, 0.1, 2.0);
        double fles[12];
        for (size_t i = 0; i < count; ++i) {
            fles[i] = fle_mm;
        }
        struct trk_tre_model model;
        double reference;
        assert_int_equal(trk_tre_model_isotropic(count, points, fles, &model), NAV_OK);
        assert_int_equal(trk_tre_rms_ref(count, points, fle_mm, target, &reference), NAV_OK);
        assert_near(trk_tre_rms(&model, target) / reference, 1.0, 1e-9);
        assert_true(trk_tre_95(&model, target) > 1.3 * reference &&
                    trk_tre_95(&model, target) < 2.0 * reference);
    }
}

/* ------------------------------------------------------------------- the same by another way */

/* B. Horn, J. Opt. Soc. Am. A 4, 1987: the rotation as the largest eigenvector of a 4x4 matrix. */
static void horn(size_t count, const double (*from)[3], const double (*to)[3],
                 const double *weights, double out_R[9], double out_t[3])
{
    double total = 0.0;
    double pm[3] = {0}, qm[3] = {0};
    for (size_t n = 0; n < count; ++n) {
        total += weights[n];
        for (int k = 0; k < 3; ++k) {
            pm[k] += weights[n] * from[n][k];
            qm[k] += weights[n] * to[n][k];
        }
    }
    for (int k = 0; k < 3; ++k) {
        pm[k] /= total;
        qm[k] /= total;
    }
    double S[3][3] = {{0}};
    for (size_t n = 0; n < count; ++n) {
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                S[i][j] += weights[n] * (from[n][i] - pm[i]) * (to[n][j] - qm[j]);
            }
        }
    }
    const double N[16] = {
        S[0][0] + S[1][1] + S[2][2],
        S[1][2] - S[2][1],
        S[2][0] - S[0][2],
        S[0][1] - S[1][0],
        S[1][2] - S[2][1],
        S[0][0] - S[1][1] - S[2][2],
        S[0][1] + S[1][0],
        S[2][0] + S[0][2],
        S[2][0] - S[0][2],
        S[0][1] + S[1][0],
        -S[0][0] + S[1][1] - S[2][2],
        S[1][2] + S[2][1],
        S[0][1] - S[1][0],
        S[2][0] + S[0][2],
        S[1][2] + S[2][1],
        -S[0][0] - S[1][1] + S[2][2],
    };
    double values[4];
    double vectors[16];
    assert_int_equal(trk_eigen_symmetric(4, N, values, vectors), NAV_OK);
    const struct nav_pose pose = {.q = {vectors[7], vectors[11], vectors[15], vectors[3]}};
    nav_pose_rotation(&pose, out_R);
    for (int i = 0; i < 3; ++i) {
        out_t[i] = qm[i] - trk_dot(&out_R[3 * i], pm);
    }
}

static void test_agrees_with_horn(void **state)
{
    (void)state;
    struct dice dice = {123};
    for (int round = 0; round < 1000; ++round) {
        double from[10][3];
        double to[10][3];
        double weights[10];
        const size_t count = 3 + (size_t)(roll(&dice) % 8);
        const struct nav_pose truth = any_pose(&dice, 500.0);
        for (size_t i = 0; i < count; ++i) {
            for (int k = 0; k < 3; ++k) {
                from[i][k] = uniform(&dice, -80.0, 80.0) * (k == 2 ? 0.4 : 1.0);
            }
            nav_pose_apply(&truth, from[i], to[i]);
            for (int k = 0; k < 3; ++k) {
                to[i][k] += 2.0 * normal(&dice);
            }
            weights[i] = uniform(&dice, 0.2, 3.0);
        }
        struct trk_rigid_fit fit;
        double R[9];
        double t[3];
        assert_int_equal(trk_rigid_fit(count, from, to, weights, false, &fit), NAV_OK);
        horn(count, from, to, weights, R, t);
        for (int i = 0; i < 9; ++i) {
            assert_near(fit.R[i], R[i], 1e-9);
        }
        for (int k = 0; k < 3; ++k) {
            assert_near(fit.t_mm[k], t[k], 1e-8);
        }
        assert_near(trk_determinant3(fit.R), 1.0, 1e-12);

        /* a nudge in any direction makes the weighted sum larger: it is the least one */
        double least = 0.0;
        double nudged = 0.0;
        double axis[3];
        direction(&dice, axis);
        struct nav_pose pose;
        assert_int_equal(trk_rigid_fit_pose(&fit, &pose), NAV_OK);
        const struct nav_pose wobble = turn(axis, 1e-4);
        const struct nav_pose moved = nav_pose_compose(&pose, &wobble);
        for (size_t i = 0; i < count; ++i) {
            double a[3];
            double b[3];
            nav_pose_apply(&pose, from[i], a);
            nav_pose_apply(&moved, from[i], b);
            least += weights[i] * pow(trk_distance(a, to[i]), 2.0);
            nudged += weights[i] * pow(trk_distance(b, to[i]), 2.0);
        }
        assert_true(nudged > least - 1e-9);
    }
}

/* Landmarks measured more exactly count for more: the fit of exact ones is not spoilt by one that
 * is declared bad. */
static void test_weights(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    struct trk_landmark landmarks[F_COUNT];
    place(&truth, landmarks);
    landmarks[5].image_mm[1] += 7.0;
    landmarks[5].fle_mm = 10.0;
    struct trk_registration registration;
    do_register(landmarks, F_COUNT, &registration);
    assert_null(finding_of(&registration, TRK_FINDING_BAD_LANDMARK)); /* 7 mm is within its error */
    assert_null(finding_of(&registration, TRK_FINDING_FRE));
    assert_true(nav_pose_angle_rad(&registration.T_image_reference, &truth) < 0.01);
    landmarks[5].fle_mm = 0.0;
    do_register(landmarks, F_COUNT, &registration);
    assert_true(nav_pose_angle_rad(&registration.T_image_reference, &truth) > 0.02);
}

/* -------------------------------------------------------------------------------- statistics */

static void test_fre_and_tre_statistics(void **state)
{
    (void)state;
    struct dice dice = {2024};
    const int trials = 4000;
    double fre2 = 0.0;
    double tre2[G_COUNT] = {0};
    int above_95 = 0;
    int within_95[G_COUNT] = {0};
    struct trk_tre_model model;
    assert_int_equal(trk_tre_model_isotropic(F_COUNT, F, ones, &model), NAV_OK);
    for (int trial = 0; trial < trials; ++trial) {
        double measured[F_COUNT][3];
        for (int i = 0; i < F_COUNT; ++i) {
            for (int k = 0; k < 3; ++k) {
                measured[i][k] = F[i][k] + normal(&dice) / sqrt(3.0); /* FLE 1 mm rms */
            }
        }
        struct trk_rigid_fit fit;
        assert_int_equal(trk_rigid_fit(F_COUNT, measured, F, NULL, false, &fit), NAV_OK);
        fre2 += fit.rms_mm * fit.rms_mm / trials;
        above_95 += fit.rms_mm > trk_fre_limit(F_COUNT, 1.0, 0.95);
        for (int i = 0; i < G_COUNT; ++i) {
            double error[3];
            trk_rigid_fit_residual(&fit, G[i], G[i], error);
            tre2[i] += trk_dot(error, error) / trials;
            within_95[i] += trk_norm(error) <= trk_tre_95(&model, G[i]);
        }
    }
    assert_near(fre2, 1.0 - 2.0 / F_COUNT, 0.02); /* E[FRE^2] = (1 - 2/N) FLE^2 */
    assert_near((double)above_95 / trials, 0.05, 0.012);
    for (int i = 0; i < G_COUNT; ++i) {
        assert_near(sqrt(tre2[i]) / trk_tre_rms(&model, G[i]), 1.0, 0.05); /* within 5 % */
        assert_near((double)within_95[i] / trials, 0.95, 0.012);
    }
}

/* ------------------------------------------------------------------- bad and good cases, 1000 */

/* Landmarks as a surgeon would choose them: 6 to 10, at least 15 mm apart, of three dimensions. */
static size_t random_landmarks(struct dice *dice, double fle_mm, struct trk_landmark *out)
{
    const size_t count = 6 + (size_t)(roll(dice) % 5);
    double spread[3] = {1.0, 0.0, 0.0};
    double image[10][3];
    while (spread[2] < 0.1 * spread[0]) {
        for (size_t i = 0; i < count;) {
            for (int k = 0; k < 3; ++k) {
                image[i][k] = uniform(dice, -60.0, 60.0) * (k == 2 ? 0.5 : 1.0);
            }
            bool apart = true;
            for (size_t j = 0; j < i; ++j) {
                apart = apart && trk_distance(image[i], image[j]) >= 15.0;
            }
            i += apart;
        }
        double centre[3];
        assert_int_equal(trk_spread(count, image, NULL, centre, spread, NULL), NAV_OK);
    }
    const struct nav_pose T_image_reference = any_pose(dice, 500.0);
    const struct nav_pose back = nav_pose_inverse(&T_image_reference);
    memset(out, 0, count * sizeof(out[0]));
    for (size_t i = 0; i < count; ++i) {
        (void)snprintf(out[i].name, sizeof(out[i].name), "L%zu", i);
        memcpy(out[i].image_mm, image[i], sizeof(image[i]));
        nav_pose_apply(&back, image[i], out[i].measured_mm);
        for (int k = 0; k < 3; ++k) {
            out[i].measured_mm[k] += fle_mm * normal(dice) / sqrt(3.0);
        }
    }
    return count;
}

enum fault { GOOD, SWAPPED, MIRRORED, METRES, INCHES, CENTIMETRES, ONE_BAD, FAULTS };

static void spoil(struct dice *dice, enum fault fault, struct trk_landmark *landmarks, size_t count,
                  size_t *out_subject)
{
    *out_subject = (size_t)(roll(dice) % count);
    const size_t other = (*out_subject + 1 + (size_t)(roll(dice) % (count - 1))) % count;
    double away[3];
    direction(dice, away);
    const double by_mm = uniform(dice, 5.0, 20.0);
    double kept[3];
    const double factors[FAULTS] = {1, 1, 1, 1e-3, 1 / 25.4, 0.1, 1};
    switch (fault) {
    case SWAPPED:
        memcpy(kept, landmarks[other].measured_mm, sizeof(kept));
        memcpy(landmarks[other].measured_mm, landmarks[*out_subject].measured_mm, sizeof(kept));
        memcpy(landmarks[*out_subject].measured_mm, kept, sizeof(kept));
        break;
    case ONE_BAD:
        for (int k = 0; k < 3; ++k) {
            landmarks[*out_subject].measured_mm[k] += by_mm * away[k];
        }
        break;
    default:
        for (size_t i = 0; i < count; ++i) {
            for (int k = 0; k < 3; ++k) {
                landmarks[i].measured_mm[k] *= factors[fault];
            }
            landmarks[i].image_mm[1] *= fault == MIRRORED ? -1.0 : 1.0;
        }
        break;
    }
}

static void test_thousand_cases_of_each_kind(void **state)
{
    (void)state;
    static const enum trk_finding_code codes[FAULTS] = {
        TRK_FINDING_COUNT, TRK_FINDING_SWAPPED, TRK_FINDING_MIRRORED,    TRK_FINDING_UNITS,
        TRK_FINDING_UNITS, TRK_FINDING_UNITS,   TRK_FINDING_BAD_LANDMARK};
    static const char *const names[FAULTS] = {"good",   "swapped",     "mirrored", "metres",
                                              "inches", "centimetres", "one bad"};
    /* measured with half the error that is allowed for */
    const struct trk_registration_limits limits = trk_registration_limits_default();
    for (int fault = 0; fault < FAULTS; ++fault) {
        struct dice dice = {(uint64_t)fault + 99};
        int refused = 0;
        int named = 0;
        int right = 0;
        for (int i = 0; i < 1000; ++i) {
            struct trk_landmark landmarks[10];
            size_t subject;
            const size_t count = random_landmarks(&dice, 0.5, landmarks);
            spoil(&dice, (enum fault)fault, landmarks, count, &subject);
            struct trk_registration registration;
            assert_int_equal(trk_register(landmarks, count, NULL, 0, &limits, &registration),
                             NAV_OK);
            const struct trk_finding *finding = finding_of(&registration, codes[fault]);
            refused += !registration.accepted;
            named += finding != NULL;
            right += finding != NULL && (fault != ONE_BAD || (size_t)finding->subject == subject);
        }
        print_message("%s: %d refused, %d named, %d rightly\n", names[fault], refused, named,
                      right);
        assert_int_equal(refused, fault == GOOD ? 0 : 1000);
        assert_true(fault == GOOD || (named >= 990 && right >= 990));
    }
}

/* With exactly the error that is allowed for, good sets are refused about as often as stated. */
static void test_false_alarms_at_the_limit(void **state)
{
    (void)state;
    const struct trk_registration_limits limits = trk_registration_limits_default();
    struct dice dice = {31337};
    int refused = 0;
    int findings[TRK_FINDING_COUNT] = {0};
    const int trials = 10000;
    for (int i = 0; i < trials; ++i) {
        struct trk_landmark landmarks[10];
        const size_t count = random_landmarks(&dice, 1.0, landmarks);
        struct trk_registration registration;
        assert_int_equal(trk_register(landmarks, count, NULL, 0, &limits, &registration), NAV_OK);
        refused += !registration.accepted;
        for (uint32_t k = 0; k < registration.finding_count; ++k) {
            ++findings[registration.findings[k].code];
        }
    }
    for (int i = 0; i < TRK_FINDING_COUNT; ++i) {
        if (findings[i] > 0) {
            print_message("%s: %d of %d\n", trk_finding_name((enum trk_finding_code)i), findings[i],
                          trials);
        }
    }
    assert_true(refused <= 25);
}

/* ------------------------------------------------------------------------------------- others */

static void test_shapes_that_determine_little(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    const struct nav_pose back = nav_pose_inverse(&truth);
    struct trk_landmark landmarks[F_COUNT];
    struct trk_registration registration;
    const struct trk_registration_limits limits = trk_registration_limits_default();

    place(&truth, landmarks); /* exactly on a line: no answer at all */
    for (int i = 0; i < F_COUNT; ++i) {
        for (int k = 0; k < 3; ++k) {
            landmarks[i].image_mm[k] = (k + 1) * 10.0 * i;
        }
        nav_pose_apply(&back, landmarks[i].image_mm, landmarks[i].measured_mm);
    }
    assert_int_equal(trk_register(landmarks, F_COUNT, NULL, 0, &limits, &registration),
                     NAV_ERR_CONDITION);

    for (int i = 0; i < F_COUNT; ++i) { /* almost */
        landmarks[i].image_mm[0] += i % 2 == 0 ? 1.0 : -1.0;
        nav_pose_apply(&back, landmarks[i].image_mm, landmarks[i].measured_mm);
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_false(registration.accepted);
    assert_non_null(finding_of(&registration, TRK_FINDING_THIN));
    assert_non_null(finding_of(&registration, TRK_FINDING_TRE));

    place(&truth, landmarks); /* in a plane: accepted, with a warning; its mirror is not noticed */
    for (int i = 0; i < F_COUNT; ++i) {
        landmarks[i].image_mm[2] = 0.0;
        nav_pose_apply(&back, landmarks[i].image_mm, landmarks[i].measured_mm);
        landmarks[i].image_mm[0] = -landmarks[i].image_mm[0];
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.fre_mm, 0.0, 1e-11);
    assert_non_null(finding_of(&registration, TRK_FINDING_FLAT));
    assert_true(registration.accepted);
    assert_false(finding_of(&registration, TRK_FINDING_FLAT)->refuses);

    place(&truth, landmarks); /* too few; the limit itself is enough */
    do_register(landmarks, 3, &registration);
    assert_false(registration.accepted);
    assert_non_null(finding_of(&registration, TRK_FINDING_TOO_FEW));
    do_register(landmarks, 4, &registration);
    assert_null(finding_of(&registration, TRK_FINDING_TOO_FEW));
    assert_int_equal(trk_register(landmarks, 2, NULL, 0, &limits, &registration), NAV_ERR_ARGUMENT);
}

static void test_bad_all_over(void **state)
{
    (void)state;
    struct dice dice = {55};
    int fre = 0;
    for (int round = 0; round < 100; ++round) { /* four times the expected error, of no landmark in
                                                   particular */
        const struct trk_registration_limits limits = trk_registration_limits_default();
        struct trk_landmark landmarks[10];
        struct trk_registration registration;
        const size_t count = random_landmarks(&dice, 4.0, landmarks);
        assert_int_equal(trk_register(landmarks, count, NULL, 0, &limits, &registration), NAV_OK);
        assert_false(registration.accepted);
        const struct trk_finding *finding = finding_of(&registration, TRK_FINDING_FRE);
        fre += finding != NULL;
        if (finding != NULL) {
            assert_true(finding->value > finding->limit);
        }
    }
    assert_true(fre > 80);

    /* one set on a line is enough to refuse, whichever it is */
    double line[4][3] = {{0}};
    double square[4][3] = {{0, 0, 0}, {9, 0, 0}, {9, 9, 0}, {0, 9, 0}};
    struct trk_rigid_fit fit;
    for (int i = 0; i < 4; ++i) {
        line[i][1] = 3.0 * i;
    }
    assert_int_equal(trk_rigid_fit(4, line, square, NULL, false, &fit), NAV_ERR_CONDITION);
    assert_int_equal(trk_rigid_fit(4, square, line, NULL, false, &fit), NAV_ERR_CONDITION);
}

static void test_labels_that_cannot_be_told(void **state)
{
    (void)state;
    /* a box of which two corners are exchanged by a half turn: every label may be another */
    struct trk_landmark landmarks[4];
    memset(landmarks, 0, sizeof(landmarks));
    static const double corners[4][3] = {{40, 20, 0}, {-40, 20, 0}, {-40, -20, 0}, {40, -20, 0}};
    for (int i = 0; i < 4; ++i) {
        (void)snprintf(landmarks[i].name, sizeof(landmarks[i].name), "corner %d", i);
        memcpy(landmarks[i].image_mm, corners[i], sizeof(corners[i]));
        memcpy(landmarks[i].measured_mm, corners[i], sizeof(corners[i]));
    }
    struct trk_registration registration;
    do_register(landmarks, 4, &registration);
    const struct trk_finding *ambiguous = finding_of(&registration, TRK_FINDING_AMBIGUOUS);
    assert_non_null(ambiguous);
    assert_false(ambiguous->refuses);
    assert_false(registration.pairing_suggested);

    /* a grid of 64: the search is given up, and says so, in time */
    struct trk_landmark grid[TRK_LANDMARKS_MAX];
    memset(grid, 0, sizeof(grid));
    for (int i = 0; i < TRK_LANDMARKS_MAX; ++i) {
        const double point[3] = {(i % 4) * 1.0, (i / 4 % 4) * 1.0, i / 16 * 1.0};
        memcpy(grid[i].image_mm, point, sizeof(point));
        memcpy(grid[i].measured_mm, point, sizeof(point));
    }
    do_register(grid, TRK_LANDMARKS_MAX, &registration);
    assert_non_null(finding_of(&registration, TRK_FINDING_UNSEARCHED));
}

static void test_size_and_targets(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    struct trk_landmark landmarks[F_COUNT];
    struct trk_registration registration;
    place(&truth, landmarks); /* a tenth too large: no unit, a wrong voxel spacing */
    for (int i = 0; i < F_COUNT; ++i) {
        for (int k = 0; k < 3; ++k) {
            landmarks[i].measured_mm[k] *= 1.05;
        }
    }
    do_register(landmarks, F_COUNT, &registration);
    assert_near(registration.scale, 1.0 / 1.05, 1e-9);
    assert_non_null(finding_of(&registration, TRK_FINDING_SCALE));

    place(&truth, landmarks);
    targets[3].image_mm[0] = 400.0; /* far from every landmark */
    do_register(landmarks, F_COUNT, &registration);
    const struct trk_finding *tre = finding_of(&registration, TRK_FINDING_TRE);
    assert_non_null(tre);
    assert_int_equal(tre->subject, 3);
    assert_false(registration.accepted);
    assert_non_null(strstr(tre->text, "nerve"));
}

static void test_arguments(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    struct trk_landmark landmarks[F_COUNT];
    struct trk_registration registration;
    struct trk_registration_limits limits = trk_registration_limits_default();
    for (int component = 0; component < 7; ++component) {
        place(&truth, landmarks);
        double *const numbers[] = {&landmarks[2].image_mm[0],    &landmarks[2].image_mm[1],
                                   &landmarks[2].image_mm[2],    &landmarks[2].measured_mm[0],
                                   &landmarks[2].measured_mm[1], &landmarks[2].measured_mm[2],
                                   &landmarks[2].fle_mm};
        *numbers[component] = (double)NAN;
        assert_int_equal(trk_register(landmarks, F_COUNT, NULL, 0, &limits, &registration),
                         NAV_ERR_NOT_FINITE);
    }
    place(&truth, landmarks);
    landmarks[0].fle_mm = -1.0;
    assert_int_equal(trk_register(landmarks, F_COUNT, NULL, 0, &limits, &registration),
                     NAV_ERR_ARGUMENT);
    place(&truth, landmarks);
    targets[0].image_mm[1] = (double)INFINITY;
    assert_int_equal(trk_register(landmarks, F_COUNT, targets, G_COUNT, &limits, &registration),
                     NAV_ERR_NOT_FINITE);
    limits.confidence = 1.0;
    assert_int_equal(trk_register(landmarks, F_COUNT, NULL, 0, &limits, &registration),
                     NAV_ERR_ARGUMENT);
    for (int i = 0; i < TRK_FINDING_COUNT; ++i) {
        assert_string_not_equal(trk_finding_name((enum trk_finding_code)i), "?");
    }
    assert_string_equal(trk_finding_name(TRK_FINDING_COUNT), "?");
}

static void test_touch_check(void **state)
{
    (void)state;
    const struct nav_pose truth = some_pose();
    const struct nav_pose back = nav_pose_inverse(&truth);
    struct trk_landmark landmarks[F_COUNT];
    place(&truth, landmarks);
    const struct {
        double image_mm[3]; /* where the tip is, in the image */
        size_t index;       /* which landmark is meant */
        enum trk_touch_verdict verdict;
        int32_t other;
    } rows[] = {
        {{42.5, -18, -6}, 1, TRK_TOUCH_GOOD, -1},
        {{43.6, -18, -6}, 1, TRK_TOUCH_OFF, -1},
        {{-42, 18, -6}, 1, TRK_TOUCH_RAS_LPS, -1},
        {{-42, -18, -6}, 1, TRK_TOUCH_MIRRORED, -1},
        {{-40, -20, -5}, 1, TRK_TOUCH_OTHER_LANDMARK, 2},
        {{3, 88, -22}, 5, TRK_TOUCH_MIRRORED, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        double touched[3];
        struct trk_touch touch;
        nav_pose_apply(&back, rows[i].image_mm, touched);
        assert_int_equal(
            trk_touch_check(&truth, landmarks, F_COUNT, rows[i].index, touched, 1.5, &touch),
            NAV_OK);
        assert_int_equal(touch.verdict, rows[i].verdict);
        assert_int_equal(touch.other, rows[i].other);
        assert_near(touch.deviation_mm, trk_distance(rows[i].image_mm, F[rows[i].index]), 1e-9);
    }
    struct trk_touch touch;
    const double nowhere[3] = {(double)NAN, 0, 0};
    assert_int_equal(trk_touch_check(&truth, landmarks, F_COUNT, 0, nowhere, 1.5, &touch),
                     NAV_ERR_NOT_FINITE);
    assert_int_equal(trk_touch_check(&truth, landmarks, F_COUNT, F_COUNT, F[0], 1.5, &touch),
                     NAV_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_of_the_landmarks),
        cmocka_unit_test(test_exact_recovery),
        cmocka_unit_test(test_fre_goldens),
        cmocka_unit_test(test_fre_limits),
        cmocka_unit_test(test_tre_goldens),
        cmocka_unit_test(test_tre_forms_agree),
        cmocka_unit_test(test_agrees_with_horn),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_fre_and_tre_statistics),
        cmocka_unit_test(test_thousand_cases_of_each_kind),
        cmocka_unit_test(test_false_alarms_at_the_limit),
        cmocka_unit_test(test_shapes_that_determine_little),
        cmocka_unit_test(test_bad_all_over),
        cmocka_unit_test(test_labels_that_cannot_be_told),
        cmocka_unit_test(test_size_and_targets),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_touch_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
