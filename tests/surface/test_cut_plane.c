/* Planes of which places and faces are known, with the noise of a tracker on both. */
#include "cut_plane.h"
#include "shapes.h"
#include "test_data.h"

static const double face_rad = 0.3 * M_PI / 180.0;
static const double step_mm = 0.06;
static const double noise_mm = 0.3, noise_rad = 0.06 * M_PI / 180.0;

struct made {
    struct trk_plane_sums surface;
    struct trk_plane_evidence evidence;
};

/* A blade goes down side by side over `wide` x `deep` mm of the plane 1 + 0.02 u - 0.03 v; its face
 * is known but for `turned`. As the record does, a sweep is of two poses. */
static struct made make(double wide, double deep, double turned, bool noisy, uint64_t random)
{
    struct made made = {.surface = {.count = 0.0}};
    for (double lane = 0.0; lane < 4.0; lane += 1.0) {
        double before = 0.0, place = 0.0;
        for (double v = 0.0; v <= deep; v += step_mm) {
            const double u = wide * (lane / 3.0 - 0.5);
            const double off = noisy ? noise_mm * shape_normal(&random) : 0.0;
            const double lean = noisy ? noise_rad * shape_normal(&random) : 0.0;
            const double d = 1.0 + 0.02 * u - 0.03 * v + off;
            if (v > 0.0) {
                trk_plane_add(&made.surface, u, v, 0.5 * (before + d));
                trk_plane_add(&made.evidence.sweeps, u, v, 0.5 * (before + d));
                if (v > 1.5 * step_mm) {
                    trk_plane_add(&made.evidence.steps, 0.0, step_mm, 0.5 * (before + d) - place);
                }
                place = 0.5 * (before + d);
                trk_face_add(&made.evidence.faces, 0.02 + turned + lean, -0.03 + turned + lean);
            }
            before = d;
        }
    }
    return made;
}

static double off_deg(const struct made *made, double known_rad)
{
    struct trk_plane_fit fit;
    assert_true(trk_cut_plane_fit(&made->surface, &made->evidence, known_rad, &fit));
    return hypot(fit.plane[1] - 0.02, fit.plane[2] + 0.03) * 180.0 / M_PI;
}

static void what_is_a_plane_stays_one(void **state)
{
    (void)state;
    const struct made made = make(60.0, 40.0, 0.0, false, 1);
    struct trk_plane_fit fit;
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(fabs(fit.plane[0] - (1.0 - 0.03 * 0.06)) < 0.02);
    assert_true(off_deg(&made, face_rad) < 1e-6);
    assert_true(off_deg(&made, 0.0) < 1e-6); /* places alone */
}

/* A rim of 4 mm: the places leave half a degree and more open, the faces do not. */
static void a_small_surface_is_told_by_the_face(void **state)
{
    (void)state;
    double alone = 0.0, joined = 0.0;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        const struct made made = make(16.0, 4.0, 0.0, true, seed);
        alone = fmax(alone, off_deg(&made, 0.0));
        joined = fmax(joined, off_deg(&made, face_rad));
    }
    assert_true(alone > 0.8);
    assert_true(joined < 0.4);
}

/* A face that is 1.5 deg off: over 60 x 40 mm nothing is left of it. */
static void a_large_surface_is_told_by_its_places(void **state)
{
    (void)state;
    const double turned = 1.5 * M_PI / 180.0;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const struct made made = make(60.0, 40.0, turned, true, seed);
        assert_true(off_deg(&made, face_rad) < 0.15);
    }
}

/* One lane of one row has no extent: what the places cannot tell the face does. */
static void places_in_a_row_say_nothing_of_the_other_slope(void **state)
{
    (void)state;
    struct made made = {.surface = {.count = 0.0}};
    struct trk_plane_fit fit;
    assert_false(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    for (int i = 0; i < 40; ++i) {
        trk_plane_add(&made.surface, i, 5.0, 0.1 * i);
        trk_plane_add(&made.evidence.sweeps, i, 5.0, 0.1 * i);
        trk_face_add(&made.evidence.faces, 0.3, 0.2);
    }
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(fabs(fit.plane[1] - 0.1) < 1e-3);
    assert_true(fabs(fit.plane[2] - 0.2) < 1e-9);
}

/* Stated and real errors, of surfaces of all sizes whose faces are off as calibrations are. */
static void the_error_is_known(void **state)
{
    (void)state;
    static const double deep[3] = {4.0, 12.0, 40.0};
    for (int size = 0; size < 3; ++size) {
        double squares[3] = {0.0, 0.0, 0.0};
        const uint64_t count = 200;
        for (uint64_t seed = 1; seed <= count; ++seed) {
            uint64_t random = seed;
            const double turned = face_rad * shape_normal(&random);
            const struct made made = make(16.0, deep[size], turned, true, seed + count);
            struct trk_plane_fit fit;
            assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
            const double off_u = fit.plane[1] - 0.02, off_v = fit.plane[2] + 0.03;
            const double middle = fit.plane[0] + fit.plane[1] * fit.middle[0] +
                                  fit.plane[2] * fit.middle[1] - 1.0 - 0.02 * fit.middle[0] +
                                  0.03 * (fit.middle[1] - 0.5 * step_mm);
            squares[0] += off_u * off_u / fit.slope_var[0] / (double)count;
            squares[1] += off_v * off_v / fit.slope_var[2] / (double)count;
            squares[2] += middle * middle / trk_plane_fit_var(&fit, fit.middle[0], fit.middle[1]) /
                          (double)count;
            assert_true(fabs(sqrt(fit.noise_var) - noise_mm) < 0.2 * noise_mm);
            assert_true(sqrt(fit.bend_var) < 0.2);
            assert_true(trk_plane_fit_angle_sd_rad(&fit) < 1.01 * face_rad);
            assert_true(trk_plane_fit_angle_sd_rad(&fit) >= sqrt(fit.slope_var[0]) - 1e-9);
            assert_true(trk_plane_fit_var(&fit, fit.middle[0] + 10.0, fit.middle[1]) >
                        trk_plane_fit_var(&fit, fit.middle[0], fit.middle[1]));
        }
        for (int i = 0; i < 3; ++i) {
            assert_true(sqrt(squares[i]) > 0.75 && sqrt(squares[i]) < 1.25);
        }
    }
}

/* What bends is told from what trembles. */
static void a_bend_is_no_noise(void **state)
{
    (void)state;
    struct made made = {.surface = {.count = 0.0}};
    struct trk_plane_fit fit;
    double before = 0.0;
    for (int i = 0; i < 2000; ++i) {
        const double v = 0.02 * i, d = 0.5 * sin(2.0 * M_PI * v / 20.0);
        trk_plane_add(&made.surface, i % 7, v, d);
        trk_plane_add(&made.evidence.sweeps, i % 7, v, d);
        trk_face_add(&made.evidence.faces, 0.0, 0.0);
        if (i > 0) {
            trk_plane_add(&made.evidence.steps, 0.0, 0.02, d - before);
        }
        before = d;
    }
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(sqrt(fit.noise_var) < 0.01);
    assert_true(sqrt(fit.bend_var) > 0.25 && sqrt(fit.bend_var) < 0.4);
}

/* Cells at the rim that noise has passed once: the surface is theirs too, the plane is not. */
static void cells_that_were_passed_once_do_not_tilt_the_plane(void **state)
{
    (void)state;
    struct made made = make(16.0, 12.0, 0.0, false, 1);
    for (int i = 0; i < 500; ++i) {
        trk_plane_add(&made.surface, -8.0 + 0.032 * i, 13.0, 2.0);
    }
    struct trk_plane_fit fit;
    assert_true(off_deg(&made, 0.0) > 1.0);
    assert_true(off_deg(&made, face_rad) < 1e-6);
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(fabs(fit.plane[0] - 1.0) < 0.002);
}

/* Nothing but points, or too few sweeps: nothing is said of how well it is known. */
static void what_nobody_knows_is_not_said(void **state)
{
    (void)state;
    struct made made = {.surface = {.count = 0.0}};
    struct trk_plane_fit fit;
    for (int i = 0; i < 20; ++i) {
        trk_plane_add(&made.surface, i % 5, i / 5, 1.0);
    }
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(isinf(trk_plane_fit_angle_sd_rad(&fit)) && isinf(trk_plane_fit_var(&fit, 0, 0)));
    for (int i = 0; i < 3; ++i) {
        trk_plane_add(&made.evidence.sweeps, i, 0.5 * i * i, 1.0);
        trk_face_add(&made.evidence.faces, 0.001 * i, 0.0);
    }
    assert_true(trk_cut_plane_fit(&made.surface, &made.evidence, face_rad, &fit));
    assert_true(trk_plane_fit_angle_sd_rad(&fit) > face_rad);
    assert_true(isinf(trk_plane_fit_var(&fit, 2.0, 1.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_plane_stays_one),
        cmocka_unit_test(a_small_surface_is_told_by_the_face),
        cmocka_unit_test(a_large_surface_is_told_by_its_places),
        cmocka_unit_test(the_error_is_known),
        cmocka_unit_test(a_bend_is_no_noise),
        cmocka_unit_test(cells_that_were_passed_once_do_not_tilt_the_plane),
        cmocka_unit_test(what_nobody_knows_is_not_said),
        cmocka_unit_test(places_in_a_row_say_nothing_of_the_other_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
