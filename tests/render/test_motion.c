/* A camera in motion is shown by reduced meshes: the same structures, at once; and when it rests,
 * exactly the picture that is built in one go. */
#include "test_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offscreen.h"
#include "test_shapes.h"
#include "view3d.h"

enum { WIDTH = 641, HEIGHT = 401, BYTES = 3 * WIDTH * HEIGHT, MODELS = 4 };

static const struct model {
    double centre_mm[3], radius_mm[3];
    float colour[3];
    float opacity;
} models[MODELS] = {
    {{0, 0, 0}, {40, 30, 40}, {0.9F, 0.9F, 0.9F}, 0.4F},
    {{0, 0, 0}, {14, 14, 14}, {0.0F, 0.9F, 0.0F}, 1.0F},    /* inside the first */
    {{70, 0, 0}, {0.6, 0.6, 45}, {0.9F, 0.0F, 0.0F}, 1.0F}, /* a thread */
    {{-70, 0, 0}, {20, 0.4, 30}, {0.0F, 0.0F, 0.9F}, 1.0F}, /* a leaf */
};

static struct rnd_view3d *make_view(void)
{
    struct rnd_view3d *view = NULL;
    assert_int_equal(rnd_view3d_create(NULL, &view), NAV_OK);
    for (int i = 0; i < MODELS; ++i) {
        const struct test_shape shape =
            test_ellipsoid(100, 100, models[i].centre_mm, models[i].radius_mm);
        struct rnd_material material = {.opacity = models[i].opacity, .rim = 0.2F};
        memcpy(material.colour, models[i].colour, sizeof(material.colour));
        assert_int_equal(rnd_view3d_add_model(view, &shape.mesh, &material, true), NAV_OK);
        test_shape_finish(&shape);
    }
    const struct rnd_tool_shape pointer = {
        .shape = RND_SHAPE_POINTER, .axis = {0, 0, -1}, .length_mm = 40, .diameter_mm = 6};
    assert_int_equal(rnd_view3d_add_tool(view, &pointer), NAV_OK);
    struct nav_pose pose = nav_pose_identity();
    pose.t_mm[0] = 55.0;
    pose.t_mm[1] = 20.0;
    rnd_view3d_set_tool(view, 0, RND_LOOK_LIVE, &pose);
    return view;
}

static struct rnd_camera camera_at(const struct rnd_view3d *view, double turn)
{
    struct rnd_camera camera =
        rnd_view3d_fit(view, RND_PRESET_POSTERIOR, RND_SIDE_FOOT, (double)WIDTH / HEIGHT);
    rnd_camera_orbit(&camera, turn, 0.1);
    return camera;
}

static void draw_from(struct rnd_view3d *view, double turn)
{
    const struct rnd_camera camera = camera_at(view, turn);
    rnd_view3d_set_camera(view, &camera);
    assert_int_equal(rnd_view3d_draw(view, WIDTH, HEIGHT, 0), NAV_OK);
}

static void settle(struct rnd_view3d *view)
{
    while (rnd_view3d_is_behind(view)) {
        assert_int_equal(rnd_view3d_draw(view, WIDTH, HEIGHT, 0), NAV_OK);
    }
}

/* Pixels in which one of red, green, blue stands out. */
static void count_hues(struct rnd_view3d *view, long out[3])
{
    uint8_t *rgb = malloc(BYTES);
    assert_non_null(rgb);
    assert_int_equal(rnd_view3d_read(view, rgb), NAV_OK);
    memset(out, 0, 3 * sizeof(*out));
    for (size_t i = 0; i < BYTES; i += 3) {
        for (size_t k = 0; k < 3; ++k) {
            const int own = rgb[i + k];
            out[k] += own > 60 && own > 2 * rgb[i + (k + 1) % 3] && own > 2 * rgb[i + (k + 2) % 3];
        }
    }
    free(rgb);
}

static void expect_nothing_missing(const struct rnd_view3d *view)
{
    size_t count = 0;
    (void)rnd_view3d_not_shown(view, &count);
    assert_int_equal(count, 0);
    assert_int_equal(rnd_view3d_warning(view), RND_SAY_NOTHING);
}

static void expect_reduced_as_whole(struct rnd_view3d *view)
{
    assert_true(rnd_view3d_is_reduced(view));
    assert_true(rnd_view3d_is_behind(view));
    expect_nothing_missing(view);
    long reduced[3];
    long whole[3];
    count_hues(view, reduced);
    settle(view);
    assert_false(rnd_view3d_is_reduced(view));
    expect_nothing_missing(view);
    count_hues(view, whole);
    for (int k = 0; k < 3; ++k) {
        assert_true(whole[k] > 100);
        if (reduced[k] < whole[k] * 6 / 10 || reduced[k] > whole[k] * 15 / 10) {
            fail_msg("hue %d: %ld pixels reduced, %ld whole", k, reduced[k], whole[k]);
        }
    }
}

static void test_first_picture_is_reduced_and_complete(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view();
    draw_from(view, 0.0);
    expect_reduced_as_whole(view);
    rnd_view3d_destroy(view);
}

static void test_motion_shows_every_structure_from_where_the_camera_is(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view();
    draw_from(view, 0.0);
    settle(view);
    /* A first step may be a jump: the former picture serves on. */
    draw_from(view, 0.1);
    assert_false(rnd_view3d_is_reduced(view));
    assert_true(rnd_view3d_is_behind(view));
    for (int step = 2; step < 6; ++step) {
        draw_from(view, 0.1 * step);
        assert_true(rnd_view3d_is_reduced(view));
        const struct rnd_camera camera = camera_at(view, 0.1 * step);
        assert_memory_equal(rnd_view3d_shown_camera(view)->eye_mm, camera.eye_mm,
                            sizeof(camera.eye_mm));
    }
    expect_reduced_as_whole(view);
    rnd_view3d_destroy(view);
}

static void test_rest_gives_the_picture_built_in_one_go(void **state)
{
    (void)state;
    uint8_t *refined = malloc(BYTES);
    uint8_t *at_once = malloc(BYTES);
    assert_true(refined != NULL && at_once != NULL);
    struct rnd_view3d *view = make_view();
    draw_from(view, 0.0);
    draw_from(view, 0.2);
    draw_from(view, 0.4);
    settle(view);
    assert_int_equal(rnd_view3d_read(view, refined), NAV_OK);
    struct rnd_view3d *other = make_view();
    rnd_view3d_invalidate(other);
    draw_from(other, 0.4);
    assert_false(rnd_view3d_is_behind(other));
    assert_int_equal(rnd_view3d_read(other, at_once), NAV_OK);
    /* Surfaces that touch may come in either order: a few pixels, not more. */
    long off = 0;
    for (size_t i = 0; i < BYTES; ++i) {
        off += abs((int)refined[i] - (int)at_once[i]) > 2;
    }
    assert_true(off < 20);
    rnd_view3d_destroy(other);
    rnd_view3d_destroy(view);
    free(refined);
    free(at_once);
}

/* The way back to a picture that is still there costs nothing. */
static void test_way_back_is_at_once(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view();
    draw_from(view, 0.0);
    settle(view);
    draw_from(view, 0.2);
    draw_from(view, 0.4);
    assert_true(rnd_view3d_is_reduced(view));
    draw_from(view, 0.0);
    assert_false(rnd_view3d_is_reduced(view));
    assert_false(rnd_view3d_is_behind(view));
    rnd_view3d_destroy(view);
}

/* A tool that moves over a reduced picture leaves nothing behind. */
static void test_tool_over_a_reduced_picture(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view();
    draw_from(view, 0.0);
    draw_from(view, 0.2);
    assert_true(rnd_view3d_is_reduced(view));
    uint8_t *moved = malloc(BYTES);
    uint8_t *fresh = malloc(BYTES);
    assert_true(moved != NULL && fresh != NULL);
    struct nav_pose pose = nav_pose_identity();
    for (int i = 0; i < 4; ++i) {
        pose.t_mm[0] = 60.0 - 40.0 * i;
        rnd_view3d_set_tool(view, 0, RND_LOOK_LIVE, &pose);
        draw_from(view, 0.2);
    }
    assert_true(rnd_view3d_is_reduced(view));
    assert_int_equal(rnd_view3d_read(view, moved), NAV_OK);
    struct rnd_view3d *other = make_view();
    rnd_view3d_set_tool(other, 0, RND_LOOK_LIVE, &pose);
    draw_from(other, 0.2);
    assert_int_equal(rnd_view3d_read(other, fresh), NAV_OK);
    long off = 0;
    for (size_t i = 0; i < BYTES; ++i) {
        off += abs((int)moved[i] - (int)fresh[i]) > 2;
    }
    assert_true(off < 20);
    rnd_view3d_destroy(other);
    rnd_view3d_destroy(view);
    free(moved);
    free(fresh);
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
        cmocka_unit_test_setup_teardown(test_first_picture_is_reduced_and_complete, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_motion_shows_every_structure_from_where_the_camera_is,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rest_gives_the_picture_built_in_one_go, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_way_back_is_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tool_over_a_reduced_picture, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
