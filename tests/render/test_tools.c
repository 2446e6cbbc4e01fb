/* Tools over a still picture: drawn by the processor they look as OpenGL draws them, and what a
 * draw says that it changed is all that it changed. On a graphics card both views are OpenGL's. */
#include "test_data.h"

#include "offscreen.h"
#include "test_shapes.h"
#include "view3d.h"

enum { WIDTH = 641, HEIGHT = 401, BYTES = 3 * WIDTH * HEIGHT, STEPS = 24 };

static struct rnd_view3d *make_view(bool gl_tools)
{
    static const double middle[3] = {0, 0, 0};
    static const double beside[3] = {55, 10, 0};
    static const double shell[3] = {45, 35, 45};
    static const double core[3] = {20, 15, 20};
    const struct rnd_view3d_options options = {.gl_tools = gl_tools};
    struct rnd_view3d *view = NULL;
    assert_int_equal(rnd_view3d_create(&options, &view), NAV_OK);
    const struct test_shape shapes[3] = {test_ellipsoid(60, 60, middle, shell),
                                         test_ellipsoid(60, 60, middle, core),
                                         test_ellipsoid(60, 60, beside, core)};
    const float opacity[3] = {0.4F, 1.0F, 0.6F};
    for (int i = 0; i < 3; ++i) {
        struct rnd_material material = {.opacity = opacity[i], .rim = 0.3F, .specular = 0.3F};
        material.colour[i] = 0.8F;
        assert_int_equal(rnd_view3d_add_model(view, &shapes[i].mesh, &material, true), NAV_OK);
        test_shape_finish(&shapes[i]);
    }
    const struct rnd_tool_shape pointer = {
        .shape = RND_SHAPE_POINTER, .axis = {0, 0, -1}, .length_mm = 60, .diameter_mm = 8};
    const struct rnd_tool_shape blade = {.shape = RND_SHAPE_BLADE,
                                         .axis = {0, 0, -1},
                                         .up = {0, 1, 0},
                                         .length_mm = 70,
                                         .width_mm = 25,
                                         .thickness_mm = 2};
    assert_int_equal(rnd_view3d_add_tool(view, &pointer), NAV_OK);
    assert_int_equal(rnd_view3d_add_tool(view, &blade), NAV_OK);
    return view;
}

/* Through all looks, with a jump to another camera in between. */
static void draw_step(struct rnd_view3d *view, int step)
{
    struct rnd_camera camera =
        rnd_view3d_fit(view, RND_PRESET_POSTERIOR, RND_SIDE_FOOT, (double)WIDTH / HEIGHT);
    rnd_camera_orbit(&camera, step < STEPS / 2 ? 0.0 : 0.6, 0.1);
    rnd_view3d_set_camera(view, &camera);
    for (uint32_t tool = 0; tool < 2; ++tool) {
        struct nav_pose pose = nav_pose_identity();
        pose.q[1] = sin(0.2 * step + tool);
        pose.q[3] = cos(0.2 * step + tool);
        pose.t_mm[0] = 60.0 * sin(0.5 * step + 2.0 * tool);
        pose.t_mm[1] = 50.0 * cos(0.7 * step + tool);
        const enum rnd_look look = step % 8 == 5   ? RND_LOOK_LATE
                                   : step % 8 == 6 ? RND_LOOK_GHOST
                                   : step % 8 == 7 ? RND_LOOK_HIDDEN
                                                   : RND_LOOK_LIVE;
        rnd_view3d_set_path(view, tool, 30.0);
        rnd_view3d_set_tool(view, tool, look, &pose);
    }
    do {
        assert_int_equal(rnd_view3d_draw(view, WIDTH, HEIGHT, INT64_C(1000000000)), NAV_OK);
    } while (rnd_view3d_is_behind(view));
}

static void test_processor_draws_as_opengl(void **state)
{
    (void)state;
    struct rnd_view3d *own = make_view(false);
    struct rnd_view3d *gl = make_view(true);
    static uint8_t own_rgb[BYTES];
    static uint8_t gl_rgb[BYTES];
    for (int step = 0; step < STEPS; ++step) {
        draw_step(own, step);
        draw_step(gl, step);
        assert_int_equal(rnd_view3d_read(own, own_rgb), NAV_OK);
        assert_int_equal(rnd_view3d_read(gl, gl_rgb), NAV_OK);
        long sum = 0;
        long far = 0;
        for (size_t i = 0; i < BYTES; i += 3) {
            int most = 0;
            for (size_t k = i; k < i + 3; ++k) {
                const int off = abs(own_rgb[k] - gl_rgb[k]);
                sum += off;
                most = off > most ? off : most;
            }
            far += most > 8;
        }
        if (sum > BYTES / 20 || far > WIDTH * HEIGHT / 10000) {
            fail_msg("step %d: mean %.4f, %ld pixels far off", step, (double)sum / BYTES, far);
        }
    }
    rnd_view3d_destroy(own);
    rnd_view3d_destroy(gl);
}

static void test_changes_are_told(void **state)
{
    (void)state;
    struct rnd_view3d *view = make_view(false);
    static uint8_t whole[BYTES];
    static uint8_t kept[BYTES]; /* brought up to date by what is told alone */
    for (int step = 0; step < STEPS; ++step) {
        draw_step(view, step);
        size_t count = 0;
        const struct rnd_rect *rects = rnd_view3d_dirty(view, &count);
        assert_int_equal(rnd_view3d_read(view, whole), NAV_OK);
        for (size_t i = 0; i < count; ++i) {
            for (int y = rects[i].y; y < rects[i].y + rects[i].h; ++y) {
                const size_t at = 3 * ((size_t)(HEIGHT - 1 - y) * WIDTH + (size_t)rects[i].x);
                memcpy(kept + at, whole + at, 3 * (size_t)rects[i].w);
            }
        }
        assert_memory_equal(kept, whole, BYTES);
        if (step % 2 == 0) {
            rnd_view3d_taken_over(view); /* else the next draw's come on top */
        }
    }
    rnd_view3d_destroy(view);
}

int main(void)
{
    struct rnd_offscreen *offscreen = NULL;
    if (rnd_offscreen_create(&offscreen) != NAV_OK) {
        fputs("no OpenGL without a screen here\n", stderr);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processor_draws_as_opengl),
        cmocka_unit_test(test_changes_are_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rnd_offscreen_destroy(offscreen);
    return failed;
}
