/* The model as a camera sees it: a known point's pixel, with the lens off its axis. */
#include "ar_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "offscreen.h"
#include "oracle.h"
#include "test_data.h"

/* A wide endoscope; what is drawn is its rectified picture. */
static const struct rnd_lens strong = {.width_px = 1280,
                                       .height_px = 720,
                                       .fx_px = 812.5,
                                       .fy_px = 809.25,
                                       .cx_px = 651.75,
                                       .cy_px = 341.5,
                                       .k = {-0.31, 0.12, 0.0011, -0.0008, -0.021}};

static struct rnd_offscreen *context;

static int set_up(void **state)
{
    (void)state;
    return rnd_offscreen_create(&context) == NAV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rnd_offscreen_destroy(context);
    return 0;
}

/* A square of 2 * half mm about the origin, seen from both sides, turned by 17 degrees in its plane
 * so that its edges do not run along the pixels. */
static const float half = 11.0F;
static float corners[12];
static const uint32_t faces[12] = {0, 1, 2, 0, 2, 3, 2, 1, 0, 3, 2, 0};

static struct rnd_mesh square(void)
{
    const float c = cosf(0.3F) * half;
    const float s = sinf(0.3F) * half;
    const float at[12] = {-c + s, -s - c, 0, c + s, s - c, 0, c - s, s + c, 0, -c - s, -s + c, 0};
    memcpy(corners, at, sizeof(corners));
    return (struct rnd_mesh){4, 4, corners, NULL, faces};
}

static const struct nav_pose T_image_camera = {.q = {0.5, -0.5, 0.5, 0.5}, .t_mm = {35, -420, 77}};

/* The middle of what was drawn, in pixels from the top left. */
static size_t middle_of(const struct rnd_ar_layers *layers, double out_px[2])
{
    double sum[2] = {0, 0};
    size_t count = 0;
    for (int y = 0; y < strong.height_px; ++y) {
        for (int x = 0; x < strong.width_px; ++x) {
            if (layers->model_bgra[4 * ((size_t)y * 1280 + (size_t)x) + 3] != 0) {
                sum[0] += x;
                sum[1] += strong.height_px - 1 - y;
                ++count;
            }
        }
    }
    out_px[0] = sum[0] / (double)count;
    out_px[1] = sum[1] / (double)count;
    return count;
}

static void points_appear_where_the_lens_puts_them(void **state)
{
    (void)state;
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    struct rnd_ar_view *view;
    assert_int_equal(rnd_ar_view_create(&flat, &view), NAV_OK);
    const struct rnd_mesh mesh = square();
    assert_int_equal(rnd_ar_view_add_tool(view, &mesh), NAV_OK);
    double worst_px = 0;
    double sum_px = 0;
    int points = 0;
    for (int row = 0; row < 5; ++row) {
        for (int column = 0; column < 7; ++column) {
            /* Wanted, in the distorted picture; the square faces the camera's plane there. */
            double px[2] = {40.3 + column * 199.7, 36.7 + row * 161.3};
            double ray[2];
            assert_true(rnd_lens_undistort(&strong, px, ray));
            const double depth_mm = 300 + 40.0 * row;
            const double at[3] = {ray[0] * depth_mm, ray[1] * depth_mm, depth_mm};
            assert_true(rnd_lens_project(&flat, at, px));
            if (px[0] < 46 || px[0] > 1234 || px[1] < 46 || px[1] > 674) {
                continue; /* cut off by the rectified picture's edge */
            }
            const struct nav_pose T_camera_tool = {.q = {0, 0, 0, 1},
                                                   .t_mm = {at[0], at[1], at[2]}};
            const struct nav_pose T_image_tool = nav_pose_compose(&T_image_camera, &T_camera_tool);
            rnd_ar_view_set_tool(view, 0, &T_image_tool);
            struct rnd_ar_layers layers;
            assert_int_equal(rnd_ar_view_draw(view, &T_image_camera, &layers), NAV_OK);
            double seen[2];
            assert_true(middle_of(&layers, seen) > 400);
            const double off = hypot(seen[0] - px[0], seen[1] - px[1]);
            worst_px = fmax(worst_px, off);
            sum_px += off;
            ++points;
        }
    }
    rnd_ar_view_destroy(view);
    print_message("%d points, mean %.3f, worst %.3f px\n", points, sum_px / points, worst_px);
    assert_true(points >= 20);
    assert_true(worst_px < 0.05);
}

/* How far a square drawn at a pixel of the rectified picture lies from where cv::projectPoints has
 * its middle in the camera's own, distorted picture. Gives how far the lens bends there. */
static double off_by(struct rnd_ar_view *view, const struct rnd_lens *flat, const double at_px[2],
                     double out_off[2])
{
    static const double depth_mm = 900; /* some 24 px wide: whole near the corner */
    const double at[3] = {(at_px[0] - flat->cx_px) / flat->fx_px * depth_mm,
                          (at_px[1] - flat->cy_px) / flat->fy_px * depth_mm, depth_mm};
    const struct nav_pose T_camera_tool = {.q = {0, 0, 0, 1}, .t_mm = {at[0], at[1], at[2]}};
    const struct nav_pose T_image_tool = nav_pose_compose(&T_image_camera, &T_camera_tool);
    rnd_ar_view_set_tool(view, 0, &T_image_tool);
    struct rnd_ar_layers layers;
    assert_int_equal(rnd_ar_view_draw(view, &T_image_camera, &layers), NAV_OK);
    double seen[2];
    double ray[2];
    double drawn_px[2];
    double opencv_px[2];
    assert_true(middle_of(&layers, seen) > 200);
    assert_true(rnd_lens_undistort(flat, seen, ray));
    assert_true(rnd_lens_project(&strong, (const double[3]){ray[0], ray[1], 1}, drawn_px));
    oracle_project(&strong, at, opencv_px);
    out_off[0] += drawn_px[0] - opencv_px[0];
    out_off[1] += drawn_px[1] - opencv_px[1];
    return hypot(opencv_px[0] - (at[0] / at[2] * strong.fx_px + strong.cx_px),
                 opencv_px[1] - (at[1] / at[2] * strong.fy_px + strong.cy_px));
}

/* The whole of the picture that is shown, to 26 px of its very corners. A square of so few pixels
 * has a middle of some hundredths' grain: the mean of nine, thirds of a pixel apart, is judged. */
static void the_corners_are_where_opencv_has_them(void **state)
{
    (void)state;
    enum { COLUMNS = 5, ROWS = 3, PARTS = 3 };
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    struct rnd_ar_view *view;
    assert_int_equal(rnd_ar_view_create(&flat, &view), NAV_OK);
    const struct rnd_mesh mesh = square();
    assert_int_equal(rnd_ar_view_add_tool(view, &mesh), NAV_OK);
    double worst_px = 0;
    double bent_px = 0;
    for (int place = 0; place < COLUMNS * ROWS; ++place) {
        double off[2] = {0, 0};
        for (int part = 0; part < PARTS * PARTS; ++part) {
            const double at_px[2] = {
                26.1 + place % COLUMNS * (1279 - 53.0) / (COLUMNS - 1) + part % PARTS / 3.0,
                26.1 + place / COLUMNS * (719 - 53.0) / (ROWS - 1) + part / PARTS / 3.0};
            bent_px = fmax(bent_px, off_by(view, &flat, at_px, off));
        }
        worst_px = fmax(worst_px, hypot(off[0], off[1]) / (PARTS * PARTS));
    }
    rnd_ar_view_destroy(view);
    print_message("worst %.3f px, where the lens bends by up to %.0f px\n", worst_px, bent_px);
    assert_true(bent_px > 60);
    assert_true(worst_px < 0.05);
}

static void depths_tell_what_is_inside(void **state)
{
    (void)state;
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    struct rnd_ar_view *view;
    assert_int_equal(rnd_ar_view_create(&flat, &view), NAV_OK);
    /* In image space, straight before the camera: bone at 400 mm, a structure at 420. */
    float bone[12];
    float inner[12];
    const struct rnd_mesh flat_square = square();
    for (int i = 0; i < 4; ++i) {
        double at[2][3];
        for (int which = 0; which < 2; ++which) {
            const double local[3] = {4.0 * (double)corners[3 * i], 4.0 * (double)corners[3 * i + 1],
                                     400 + 20 * which};
            nav_pose_apply(&T_image_camera, local, at[which]);
        }
        for (int k = 0; k < 3; ++k) {
            bone[3 * i + k] = (float)at[0][k];
            inner[3 * i + k] = (float)at[1][k];
        }
    }
    const float green[3] = {0, 1, 0};
    struct rnd_mesh mesh = flat_square;
    mesh.positions = bone;
    assert_int_equal(rnd_ar_view_add_model(view, &mesh, green, true), NAV_OK);
    mesh.positions = inner;
    assert_int_equal(rnd_ar_view_add_model(view, &mesh, green, false), NAV_OK);
    struct rnd_ar_layers layers;
    assert_int_equal(rnd_ar_view_draw(view, &T_image_camera, &layers), NAV_OK);
    const size_t at = (size_t)(720 - 1 - (int)flat.cy_px) * 1280 + (size_t)flat.cx_px;
    assert_int_equal(layers.model_bgra[4 * at + 3], 255);
    assert_true(layers.model_bgra[4 * at + 1] > layers.model_bgra[4 * at]);
    assert_true(layers.model_depth[at] > layers.bone_depth[at]);
    assert_true(layers.bone_depth[at] < 1.0F);
    assert_true(layers.bone_depth[0] == 1.0F && layers.model_bgra[3] == 0);
    uint8_t *picture = calloc(4 * 1280, 720);
    assert_non_null(picture);
    assert_int_not_equal(rnd_ar_view_show(view, picture, 640, 480), 0);
    free(picture);
    rnd_ar_view_destroy(view);
    rnd_ar_view_destroy(NULL);
}

/* A ball of 2 * RINGS^2 triangles. */
enum { RINGS = 72 };
static float ball_at[3 * (RINGS + 1) * RINGS];
static uint32_t ball_corners[6 * RINGS * RINGS];

static struct rnd_mesh ball(double radius_mm, const double middle_mm[3])
{
    float *at = ball_at;
    for (int ring = 0; ring <= RINGS; ++ring) {
        for (int side = 0; side < RINGS; ++side) {
            const double theta = M_PI * ring / RINGS;
            const double phi = 2 * M_PI * side / RINGS;
            *at++ = (float)(middle_mm[0] + radius_mm * sin(theta) * cos(phi));
            *at++ = (float)(middle_mm[1] + radius_mm * sin(theta) * sin(phi));
            *at++ = (float)(middle_mm[2] + radius_mm * cos(theta));
        }
    }
    uint32_t *corner = ball_corners;
    for (uint32_t ring = 0; ring < RINGS; ++ring) {
        for (uint32_t side = 0; side < RINGS; ++side) {
            const uint32_t a = ring * RINGS + side;
            const uint32_t b = ring * RINGS + (side + 1) % RINGS;
            const uint32_t quad[6] = {a, a + RINGS, b, b, a + RINGS, b + RINGS};
            memcpy(corner, quad, sizeof(quad));
            corner += 6;
        }
    }
    return (struct rnd_mesh){(size_t)(RINGS + 1) * RINGS, (size_t)2 * RINGS * RINGS, ball_at, NULL,
                             ball_corners};
}

/* Meshes are thinned out for a camera in motion: a nerve's and a bone's curves stay in place. */
static void thinned_meshes_stay_where_they_are(void **state)
{
    (void)state;
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    static const double radii_mm[2] = {3.5, 25};
    for (int i = 0; i < 2; ++i) {
        const double depth_mm = 350;
        const double ahead[3] = {0, 0, depth_mm};
        double middle_mm[3];
        nav_pose_apply(&T_image_camera, ahead, middle_mm);
        struct rnd_ar_view *view;
        assert_int_equal(rnd_ar_view_create(&flat, &view), NAV_OK);
        const struct rnd_mesh mesh = ball(radii_mm[i], middle_mm);
        const float green[3] = {0, 1, 0};
        assert_int_equal(rnd_ar_view_add_model(view, &mesh, green, false), NAV_OK);
        struct rnd_ar_layers layers;
        assert_int_equal(rnd_ar_view_draw(view, &T_image_camera, &layers), NAV_OK);
        double seen[2];
        const size_t count = middle_of(&layers, seen);
        /* The outline of a ball is where the rays touch it. */
        const double reach_px =
            flat.fx_px * radii_mm[i] / sqrt(depth_mm * depth_mm - radii_mm[i] * radii_mm[i]);
        const double radius_px = sqrt((double)count / M_PI * flat.fx_px / flat.fy_px);
        print_message("radius %.1f mm: outline %.2f px inside, middle off %.3f px\n", radii_mm[i],
                      reach_px - radius_px, hypot(seen[0] - flat.cx_px, seen[1] - flat.cy_px));
        assert_true(fabs(reach_px - radius_px) < 0.5);
        assert_true(hypot(seen[0] - flat.cx_px, seen[1] - flat.cy_px) < 0.2);
        rnd_ar_view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_appear_where_the_lens_puts_them),
        cmocka_unit_test(the_corners_are_where_opencv_has_them),
        cmocka_unit_test(depths_tell_what_is_inside),
        cmocka_unit_test(thinned_meshes_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
