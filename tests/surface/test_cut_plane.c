/* Planes of which places and faces are known, with the noise of a tracker on both. */
#include "cut_plane.h"
#include "shapes.h"
#include "test_data.h"

static const double face_rad = 0.3 * M_PI / 180.0;
static const double noise_mm = 0.3, noise_rad = 0.06 * M_PI / 180.0;

struct made {
    struct trk_plane_sums surface, sweeps;
    struct trk_face_sums faces;
};

/* A blade goes down side by side over `wide` x `deep` mm of the plane 1 + 0.02 u - 0.03 v; its face
 * is known but for `turned`. As the record does, a sweep is of two poses. */
static struct made make(double wide, double deep, double turned, bool noisy, uint64_t random)
{
    struct made made = {.surface = {.count = 0.0}};
    for (double lane = 0.0; lane < 4.0; lane += 1.0) {
        double before = 0.0;
        for (double v = 0.0; v <= deep; v += 0.06) {
            const double u = wide * (lane / 3.0 - 0.5);
            const double off = noisy ? noise_mm * shape_normal(&random) : 0.0;
            const double lean = noisy ? noise_rad * shape_normal(&random) : 0.0;
            const double d = 1.0 + 0.02 * u - 0.03 * v + off;
            if (v > 0.0) {
                trk_plane_add(&made.surface, u, v, 0.5 * (before + d));
                trk_plane_add(&made.sweeps, u, v, 0.5 * (before + d));
                trk_face_add(&made.faces, 0.02 + turned + lean, -0.03 + turned + lean);
            }
            before = d;
        }
    }
    return made;
}

static double off_deg(const struct made *made, double known_rad)
{
    double plane[3];
    assert_true(trk_cut_plane_fit(&made->surface, &made->sweeps, &made->faces, known_rad, plane));
    return hypot(plane[1] - 0.02, plane[2] + 0.03) * 180.0 / M_PI;
}

static void what_is_a_plane_stays_one(void **state)
{
    (void)state;
    const struct made made = make(60.0, 40.0, 0.0, false, 1);
    double plane[3];
    assert_true(trk_cut_plane_fit(&made.surface, &made.sweeps, &made.faces, face_rad, plane));
    assert_true(fabs(plane[0] - (1.0 - 0.03 * 0.06)) < 0.02);
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
    double plane[3];
    assert_false(trk_cut_plane_fit(&made.surface, &made.sweeps, &made.faces, face_rad, plane));
    for (int i = 0; i < 40; ++i) {
        trk_plane_add(&made.surface, i, 5.0, 0.1 * i);
        trk_plane_add(&made.sweeps, i, 5.0, 0.1 * i);
        trk_face_add(&made.faces, 0.3, 0.2);
    }
    assert_true(trk_cut_plane_fit(&made.surface, &made.sweeps, &made.faces, face_rad, plane));
    assert_true(fabs(plane[1] - 0.1) < 1e-3);
    assert_true(fabs(plane[2] - 0.2) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_plane_stays_one),
        cmocka_unit_test(a_small_surface_is_told_by_the_face),
        cmocka_unit_test(a_large_surface_is_told_by_its_places),
        cmocka_unit_test(places_in_a_row_say_nothing_of_the_other_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
