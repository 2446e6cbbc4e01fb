/* What markers near the middle tell about the plan's places towards the edge. */
#include "ar_reach.h"

#include <math.h>

#include "test_data.h"

static const struct rnd_lens lens = {.width_px = 1280,
                                     .height_px = 720,
                                     .fx_px = 1012,
                                     .fy_px = 1009,
                                     .cx_px = 645,
                                     .cy_px = 356,
                                     .k = {-0.21, 0.07, 0.0008, -0.0005, 0.0}};
enum { CORNERS = 16 };
static const double far_mm[2][3] = {{0, 0, 500}, {-240, 110, 500}};

/* A plate of 60 mm about the middle of the picture; `from` sees it shifted, `with` another lens. */
static void look(const struct rnd_lens *with, const double shift_mm[3],
                 struct rnd_ar_corner out[CORNERS])
{
    for (int i = 0; i < CORNERS; ++i) {
        const double at[3] = {-30 + 20.0 * (i % 4), -30 + 20.0 * (i / 4), 500};
        const double true_at[3] = {at[0] + shift_mm[0], at[1] + shift_mm[1], at[2] + shift_mm[2]};
        for (int k = 0; k < 3; ++k) {
            out[i].point_mm[k] = at[k];
        }
        assert_true(rnd_lens_project(with, true_at, out[i].px));
    }
}

static double reach(const struct rnd_lens *with, double x_mm, double y_mm, double z_mm,
                    double *out_mm)
{
    struct rnd_ar_corner corners[CORNERS];
    const double shift_mm[3] = {x_mm, y_mm, z_mm};
    double px;
    look(with, shift_mm, corners);
    assert_true(rnd_ar_reach(&lens, corners, CORNERS, far_mm, 2, &px, out_mm));
    return px;
}

static void what_fits_reaches_nowhere(void **state)
{
    (void)state;
    double mm;
    assert_true(reach(&lens, 0, 0, 0, &mm) < 0.01);
    assert_true(mm < 0.01);
}

/* 2 % of focal length: a pixel at the markers, eleven at the plan. */
static void another_focal_length_shows_at_the_edge(void **state)
{
    (void)state;
    struct rnd_lens longer = lens;
    longer.fx_px *= 1.02;
    longer.fy_px *= 1.02;
    double mm;
    const double px = reach(&longer, 0, 0, 0, &mm);
    assert_true(fabs(px - 0.02 * hypot(240, 110) / 500 * 1010) < 0.5);
    assert_true(fabs(mm - 0.02 * hypot(240, 110)) < 0.3);
}

static void another_place_shows(void **state)
{
    (void)state;
    double mm;
    assert_true(fabs(reach(&lens, 5, 0, 0, &mm) - 10.1) < 0.5);
    assert_true(fabs(mm - 5) < 0.3);
    assert_true(reach(&lens, 0, 0, 5, &mm) > 4.5); /* along the axis: 0.6 px at the markers */
    assert_true(mm > 2);
}

static void what_cannot_be_followed_is_not(void **state)
{
    (void)state;
    struct rnd_ar_corner corners[CORNERS];
    const double none_mm[3] = {0, 0, 0};
    const double outside_mm[2][3] = {{900, 0, 500}, {0, 0, -500}};
    double px = 7;
    double mm = 7;
    look(&lens, none_mm, corners);
    assert_false(rnd_ar_reach(&lens, corners, 3, far_mm, 2, &px, &mm));
    assert_false(rnd_ar_reach(&lens, corners, CORNERS, outside_mm, 2, &px, &mm));
    assert_true(px == 0 && mm == 0);
    corners[5].point_mm[2] = -1;
    assert_false(rnd_ar_reach(&lens, corners, CORNERS, far_mm, 2, &px, &mm));
    for (int i = 0; i < CORNERS; ++i) {
        corners[i] = corners[0];
    }
    assert_false(rnd_ar_reach(&lens, corners, CORNERS, far_mm, 2, &px, &mm)); /* all in one place */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_reaches_nowhere),
        cmocka_unit_test(another_focal_length_shows_at_the_edge),
        cmocka_unit_test(another_place_shows),
        cmocka_unit_test(what_cannot_be_followed_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
