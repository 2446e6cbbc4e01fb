/* More translucent surfaces behind each other than the lists of fragments begin with: they grow,
 * and the picture is as VTK's own; more than a pixel's list can hold: the picture says that it is
 * incomplete. */
#include "test_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offscreen.h"
#include "test_shapes.h"
#include "view3d.h"

enum { WIDTH = 320, HEIGHT = 200, BYTES = 3 * WIDTH * HEIGHT };

/* Discs behind each other that fill the view, in two colours by turns; each has two sides. */
static struct rnd_view3d *make_view(int discs, bool full)
{
    const struct rnd_view3d_options options = {.full_redraw = full, .rough = true, .peels = 60};
    struct rnd_view3d *view = NULL;
    assert_int_equal(rnd_view3d_create(&options, &view), NAV_OK);
    for (int i = 0; i < discs; ++i) {
        const double centre_mm[3] = {0.0, 2.0 * i, 0.0};
        const double radius_mm[3] = {90.0, 0.4, 60.0};
        const struct test_shape shape = test_ellipsoid(24, 48, centre_mm, radius_mm);
        const struct rnd_material material = {
            .colour = {i % 2 == 0 ? 0.9F : 0.1F, 0.4F, i % 2 == 0 ? 0.1F : 0.9F}, .opacity = 0.1F};
        assert_int_equal(rnd_view3d_add_model(view, &shape.mesh, &material, true), NAV_OK);
        test_shape_finish(&shape);
    }
    const struct rnd_camera camera =
        rnd_view3d_fit(view, RND_PRESET_POSTERIOR, RND_SIDE_FOOT, (double)WIDTH / HEIGHT);
    rnd_view3d_set_camera(view, &camera);
    do {
        assert_int_equal(rnd_view3d_draw(view, WIDTH, HEIGHT, 0), NAV_OK);
    } while (rnd_view3d_is_behind(view));
    return view;
}

static void expect_all_shown(const struct rnd_view3d *view)
{
    size_t count = 0;
    (void)rnd_view3d_not_shown(view, &count);
    assert_int_equal(count, 0);
}

static void test_lists_grow(void **state)
{
    (void)state;
    enum { DISCS = 14 };
    struct rnd_view3d *ours = make_view(DISCS, false);
    assert_int_equal(rnd_view3d_warning(ours), RND_SAY_NOTHING);
    expect_all_shown(ours);
    struct rnd_view3d *full = make_view(DISCS, true);
    uint8_t *a = malloc(BYTES);
    uint8_t *b = malloc(BYTES);
    assert_true(a != NULL && b != NULL);
    assert_int_equal(rnd_view3d_read(ours, a), NAV_OK);
    assert_int_equal(rnd_view3d_read(full, b), NAV_OK);
    double sum = 0.0;
    for (size_t i = 0; i < BYTES; ++i) {
        sum += abs((int)a[i] - (int)b[i]);
    }
    if (sum / BYTES > 2.0) { /* 8-bit roundings of 28 layers */
        fail_msg("%.3f levels off in the mean", sum / BYTES);
    }
    rnd_view3d_destroy(full);
    rnd_view3d_destroy(ours);
    free(a);
    free(b);
}

static void test_too_many_layers_are_said(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view(40, false);
    assert_int_equal(rnd_view3d_warning(view), RND_SAY_PICTURE_INCOMPLETE);
    rnd_view3d_destroy(view);
}

static int set_up(void **state)
{
    struct rnd_offscreen *offscreen = NULL;
    assert_int_equal(rnd_offscreen_create(&offscreen), NAV_OK);
    *state = offscreen;
    return 0;
}

static int tear_down(void **state)
{
    rnd_offscreen_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_grow),
        cmocka_unit_test(test_too_many_layers_are_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
