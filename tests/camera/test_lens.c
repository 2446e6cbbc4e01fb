/* The lens against cv::projectPoints, its inverse, its file, and its refusals. */
#include "lens.h"

#include <math.h>
#include <string.h>

#include "lens_file.h"
#include "oracle.h"
#include "rectify.h"
#include "test_data.h"

/* A wide endoscope: a corner's ray is bent by more than a hundred pixels. */
static const struct rnd_lens strong = {.width_px = 1280,
                                       .height_px = 720,
                                       .fx_px = 812.5,
                                       .fy_px = 809.25,
                                       .cx_px = 651.75,
                                       .cy_px = 341.5,
                                       .k = {-0.31, 0.12, 0.0011, -0.0008, -0.021}};
static const struct rnd_lens rational = {
    .width_px = 1280,
    .height_px = 720,
    .fx_px = 1100,
    .fy_px = 1102,
    .cx_px = 640,
    .cy_px = 360,
    .k = {0.1, -0.05, 0.0005, 0.0003, 0.002, 0.35, 0.02, 0.001}};

static void projection_is_opencvs(void **state)
{
    (void)state;
    const struct rnd_lens *const lenses[] = {&strong, &rational};
    for (size_t which = 0; which < 2; ++which) {
        const struct rnd_lens *lens = lenses[which];
        int inside = 0;
        for (int v = 0; v <= 720; v += 40) {
            for (int u = 0; u <= 1280; u += 40) {
                double ray[2];
                const double px[2] = {u, v};
                assert_true(rnd_lens_undistort(lens, px, ray));
                const double depth_mm = 100 + u + v;
                const double point_mm[3] = {ray[0] * depth_mm, ray[1] * depth_mm, depth_mm};
                double ours[2];
                double theirs[2];
                assert_true(rnd_lens_project(lens, point_mm, ours));
                oracle_project(lens, point_mm, theirs);
                for (int axis = 0; axis < 2; ++axis) {
                    assert_true(fabs(ours[axis] - theirs[axis]) < 1e-9);
                    assert_true(fabs(ours[axis] - px[axis]) < 1e-8); /* there and back */
                }
                ++inside;
            }
        }
        assert_int_equal(inside, 19 * 33);
    }
}

static void what_no_ray_reaches_is_not_projected(void **state)
{
    (void)state;
    double px[2];
    const double behind[3] = {1, 2, -10};
    const double beside[3] = {1, 2, 0};
    const double unknown[3] = {NAN, 0, 10};
    assert_false(rnd_lens_project(&strong, behind, px));
    assert_true(isnan(px[0]) && isnan(px[1]));
    assert_false(rnd_lens_project(&strong, beside, px));
    assert_false(rnd_lens_project(&strong, unknown, px));
    /* Far to the side the polynomial comes back into the picture: no point may appear there. */
    const double aside[3] = {300, 0, 100};
    double theirs[2];
    oracle_project(&strong, aside, theirs);
    assert_false(rnd_lens_project(&strong, aside, px));
}

/* A rectified picture has no empty corner: each of its pixels comes from within the original. */
static void rectified_pictures_are_filled(void **state)
{
    (void)state;
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    assert_true(rnd_lens_is_valid(&flat));
    for (int i = 0; i < RND_LENS_COEFFICIENTS; ++i) {
        assert_true(flat.k[i] == 0);
    }
    for (int v = 0; v < 720; v += 719) {
        for (int u = 0; u < 1280; u += 1) {
            double ray[2];
            const double px[2] = {u, v};
            assert_true(rnd_lens_undistort(&flat, px, ray));
            const double point_mm[3] = {ray[0], ray[1], 1};
            double original[2];
            assert_true(rnd_lens_project(&strong, point_mm, original));
            if (original[0] < -0.05 || original[0] > 1279.05 || original[1] < -0.05 ||
                original[1] > 719.05) {
                fail_msg("%d %d comes from %.3f %.3f", u, v, original[0], original[1]);
            }
        }
    }
}

/* OpenGL puts the middle of pixel (0, 0) half a pixel into the picture. */
static void opengl_puts_points_where_the_lens_does(void **state)
{
    (void)state;
    const struct rnd_lens flat = rnd_lens_rectified(&strong);
    double matrix[16];
    rnd_lens_projection(&flat, 10, 2000, matrix);
    const double point_mm[3] = {31, -17, 450};
    double px[2];
    assert_true(rnd_lens_project(&flat, point_mm, px));
    const double eye[4] = {point_mm[0], -point_mm[1], -point_mm[2], 1}; /* y up, looking along -z */
    double clip[4] = {0};
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            clip[row] += matrix[4 * row + column] * eye[column];
        }
    }
    const double u = (clip[0] / clip[3] + 1) / 2 * flat.width_px - 0.5;
    const double v = (1 - clip[1] / clip[3]) / 2 * flat.height_px - 0.5;
    assert_true(fabs(u - px[0]) < 1e-9);
    assert_true(fabs(v - px[1]) < 1e-9);
    assert_true(fabs(clip[2] / clip[3]) < 1);
}

static void another_resolution_is_only_for_the_same_shape(void **state)
{
    (void)state;
    struct rnd_lens half;
    assert_int_equal(rnd_lens_scaled(&strong, 640, 360, &half), NAV_OK);
    const double point_mm[3] = {40, 30, 400};
    double whole_px[2];
    double half_px[2];
    assert_true(rnd_lens_project(&strong, point_mm, whole_px));
    assert_true(rnd_lens_project(&half, point_mm, half_px));
    for (int axis = 0; axis < 2; ++axis) { /* the same place of the picture */
        assert_true(fabs((whole_px[axis] + 0.5) / 2 - 0.5 - half_px[axis]) < 1e-9);
    }
    assert_int_equal(rnd_lens_scaled(&strong, 1600, 1200, &half), NAV_ERR_REFUSED);
    assert_int_equal(rnd_lens_scaled(&strong, 0, 360, &half), NAV_ERR_ARGUMENT);
    assert_true(fabs(rnd_lens_mm_of_px(&(struct rnd_lens){.fx_px = 1000, .fy_px = 1000}, 1, 500) -
                     0.5) < 1e-12);
}

/* A dot of the picture lies, rectified, where the rectified lens puts its point: over the whole
 * picture, with strong distortion. */
static void a_rectified_dot_lies_where_the_overlay_is_drawn(void **state)
{
    (void)state;
    struct cam_rectifier *rectifier;
    struct cam_error error = {""};
    assert_int_equal(cam_rectifier_create(&strong, &rectifier, &error), NAV_OK);
    const struct rnd_lens *flat = cam_rectifier_lens(rectifier);
    const size_t count = (size_t)strong.width_px * (size_t)strong.height_px;
    uint8_t *bgr = malloc(3 * count);
    uint8_t *bgra = malloc(4 * count);
    assert_true(bgr != NULL && bgra != NULL);
    double worst_px = 0;
    int dots = 0;
    for (int row = 0; row < 5; ++row) {
        for (int column = 0; column < 7; ++column) {
            /* A soft dot of 2.5 px about a place given to a fraction of a pixel. */
            const double u = 40.3 + column * 199.7;
            const double v = 40.7 + row * 159.3;
            for (size_t i = 0; i < count; ++i) {
                const double du = (double)(i % 1280) - u;
                const double dv = (double)(i / 1280) - v;
                const double grey = 255 * exp(-(du * du + dv * dv) / (2 * 2.5 * 2.5));
                memset(&bgr[3 * i], (int)lround(grey), 3);
            }
            const struct cam_picture picture = {1280, 720, 3, 3 * 1280, bgr};
            assert_int_equal(cam_rectify(rectifier, &picture, bgra, 4 * 1280, &error), NAV_OK);
            double ray[2];
            double wanted[2];
            assert_true(rnd_lens_undistort(&strong, (const double[2]){u, v}, ray));
            assert_true(rnd_lens_project(flat, (const double[3]){ray[0], ray[1], 1}, wanted));
            if (wanted[0] < 13 || wanted[0] > 1266 || wanted[1] < 13 || wanted[1] > 706) {
                continue; /* cut off by the rectified picture's edge */
            }
            double sum[3] = {0, 0, 0};
            for (int y = (int)wanted[1] - 12; y <= (int)wanted[1] + 12; ++y) {
                for (int x = (int)wanted[0] - 12; x <= (int)wanted[0] + 12; ++x) {
                    const double weight = bgra[4 * ((size_t)y * 1280 + (size_t)x)];
                    sum[0] += weight;
                    sum[1] += weight * x;
                    sum[2] += weight * y;
                }
            }
            worst_px =
                fmax(worst_px, hypot(sum[1] / sum[0] - wanted[0], sum[2] / sum[0] - wanted[1]));
            ++dots;
        }
    }
    print_message("%d dots, worst %.3f px\n", dots, worst_px);
    free(bgr);
    free(bgra);
    const struct cam_picture other = {640, 480, 3, 3 * 640, (const uint8_t *)&strong};
    assert_int_equal(cam_rectify(rectifier, &other, NULL, 0, &error), NAV_ERR_RANGE);
    cam_rectifier_destroy(rectifier);
    assert_true(dots > 20);
    assert_true(worst_px < 0.05);
}

static void lens_path(char *out, size_t size, const char *name)
{
    (void)snprintf(out, size, "/tmp/osteonav-lens-%d-%s", (int)getpid(), name);
}

static void files_give_back_every_digit(void **state)
{
    (void)state;
    char path[128];
    lens_path(path, sizeof(path), "whole.yml");
    struct rnd_lens written = rational;
    written.rms_px = 0.1234567890123456;
    (void)snprintf(written.camera, sizeof(written.camera), "endoscope 7");
    (void)snprintf(written.date, sizeof(written.date), "2026-11-22T12:00:00Z");
    struct cam_error error;
    assert_int_equal(cam_lens_write(path, &written, &error), NAV_OK);
    struct rnd_lens read;
    const int any[2] = {0, 0};
    assert_int_equal(cam_lens_read(path, any, &read, &error), NAV_OK);
    assert_memory_equal(read.k, written.k, sizeof(read.k));
    assert_true(read.fx_px == written.fx_px && read.cy_px == written.cy_px);
    assert_true(read.rms_px == written.rms_px);
    assert_string_equal(read.camera, "endoscope 7");
    assert_string_equal(read.date, "2026-11-22T12:00:00Z");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cam_lens_read(path, any, &read, &error), NAV_ERR_NOT_FOUND);
}

/* The published file is for 640 x 480, the video that comes with it has 1600 x 1200. */
static void another_resolution_is_noticed(void **state)
{
    (void)state;
    char path[512];
    test_data_path("camera/igstk_aruco_video/ArucoCalibrationFile.yml", path, sizeof(path));
    struct rnd_lens lens;
    struct cam_error error;
    const int any[2] = {0, 0};
    const int video[2] = {1600, 1200};
    assert_int_equal(cam_lens_read(path, any, &lens, &error), NAV_OK);
    assert_int_equal(lens.width_px, 640);
    assert_true(fabs(lens.k[3] + 1.6956711033663380e-002) < 1e-18);
    assert_int_equal(cam_lens_read(path, video, &lens, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "640 x 480, not 1600 x 1200"));

    test_data_path("camera/opencv_aruco_images/tutorial_camera_params.yml", path, sizeof(path));
    assert_int_equal(cam_lens_read(path, any, &lens, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "--size"));
    assert_int_equal(cam_lens_read(path, (const int[2]){640, 480}, &lens, &error), NAV_OK);
}

static enum nav_status read_text(const char *text, struct cam_error *error)
{
    char path[128];
    lens_path(path, sizeof(path), "bad.yml");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct rnd_lens lens;
    const int any[2] = {0, 0};
    const enum nav_status status = cam_lens_read(path, any, &lens, error);
    assert_int_equal(unlink(path), 0);
    return status;
}

#define HEAD                                                                                       \
    "%YAML:1.0\nimage_width: 640\nimage_height: 480\ncamera_matrix: !!opencv-matrix\n"             \
    "   rows: 3\n   cols: 3\n   dt: d\n   data: "

static void bad_files_are_refused_with_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "empty"},
        {"%YAML:1.0\n{{{{", "no file of OpenCV"},
        {"no yaml at all", "no file of OpenCV"},
        {"%YAML:1.0\nimage_width: 640\n", "camera_matrix"},
        {HEAD "[ 1, 2 ]\n", "camera_matrix"},
        {HEAD "[ 500, 3, 320, 0, 500, 240, 0, 0, 1 ]\n", "skewed"},
        {HEAD "[ 500, 0, 0, 0, 500, 0, 320, 240, 1 ]\n", "transposed"},
        {HEAD "[ -500, 0, 320, 0, 500, 240, 0, 0, 1 ]\n", "no lens"},
        {HEAD "[ .Nan, 0, 320, 0, 500, 240, 0, 0, 1 ]\n", "no lens"},
        {HEAD "[ 500, 0, 5000, 0, 500, 240, 0, 0, 1 ]\n", "no lens"},
        {HEAD "[ 500, 0, 320, 0, 500, 240, 0, 0, 1 ]\ndistortion_coefficients: !!opencv-matrix\n"
              "   rows: 1\n   cols: 12\n   dt: d\n   data: [ 0,0,0,0,0,0,0,0, 1, 0,0,0 ]\n",
         "distortion_coefficients"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct cam_error error = {""};
        assert_int_not_equal(read_text(cases[i].text, &error), NAV_OK);
        if (strstr(error.text, cases[i].says) == NULL) {
            fail_msg("case %zu says: %s", i, error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(projection_is_opencvs),
        cmocka_unit_test(what_no_ray_reaches_is_not_projected),
        cmocka_unit_test(rectified_pictures_are_filled),
        cmocka_unit_test(opengl_puts_points_where_the_lens_does),
        cmocka_unit_test(another_resolution_is_only_for_the_same_shape),
        cmocka_unit_test(a_rectified_dot_lies_where_the_overlay_is_drawn),
        cmocka_unit_test(files_give_back_every_digit),
        cmocka_unit_test(another_resolution_is_noticed),
        cmocka_unit_test(bad_files_are_refused_with_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
