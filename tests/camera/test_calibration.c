/* Lens calibration: published boards, a synthetic camera with a known lens, and its refusals. */
#include "lens_fit.h"

#include <math.h>
#include <string.h>

#include "oracle.h"
#include "test_data.h"

static const struct cam_fit_limits limits = {.views_min = 12,
                                             .rms_max_px = 0.5,
                                             .held_out_max_px = 0.7,
                                             .coverage_min = 0.6,
                                             .tilt_min_deg = 15,
                                             .outlier_factor = 3};

static const struct cam_board chess = {
    .kind = CAM_BOARD_CHESS, .columns = 9, .rows = 6, .square_mm = 25};
static const struct cam_board charuco = {.kind = CAM_BOARD_CHARUCO,
                                         .columns = 9,
                                         .rows = 7,
                                         .square_mm = 20,
                                         .marker_mm = 15,
                                         .dictionary = "DICT_5X5_100"};
static const struct rnd_lens truth = {.width_px = 1280,
                                      .height_px = 720,
                                      .fx_px = 1010,
                                      .fy_px = 1008,
                                      .cx_px = 648,
                                      .cy_px = 352,
                                      .k = {-0.25, 0.09, 0.0009, -0.0006, 0.0}};

struct shots {
    size_t count;
    struct cam_view *views[CAM_FIT_VIEWS_MAX];
};

static void drop(struct shots *shots)
{
    for (size_t i = 0; i < shots->count; ++i) {
        free(shots->views[i]);
    }
    shots->count = 0;
}

static void look(struct shots *shots, const struct cam_board *board, const uint8_t *grey,
                 int width_px, int height_px)
{
    const struct cam_picture picture = {width_px, height_px, 1, (size_t)width_px, grey};
    struct cam_view *view = malloc(sizeof(*view));
    assert_non_null(view);
    struct cam_error error = {""};
    if (cam_board_find(board, &picture, view, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    shots->views[shots->count++] = view;
}

static double published_rms(const char *side)
{
    struct shots shots = {0};
    for (int i = 1; i <= 14; ++i) {
        char name[96];
        char path[512];
        if (i == 10) {
            continue; /* the set has none */
        }
        (void)snprintf(name, sizeof(name), "camera/opencv_chessboard_stereo/%s%02d.jpg", side, i);
        test_data_path(name, path, sizeof(path));
        int width_px;
        int height_px;
        uint8_t *grey = oracle_read_image(path, &width_px, &height_px);
        assert_non_null(grey);
        assert_int_equal(width_px, 640);
        look(&shots, &chess, grey, width_px, height_px);
        free(grey);
    }
    assert_int_equal(shots.count, 13);
    struct cam_calibration fit;
    struct cam_error error = {""};
    assert_int_equal(cam_lens_calibrate((const struct cam_view *const *)shots.views, shots.count,
                                        640, 480, &limits, &fit, &error),
                     NAV_OK);
    drop(&shots);
    print_message("%s: rms %.4f px, without the bad %.4f px, held out %.4f px, fx %.2f (+-%.2f), "
                  "%zu of 13 views, coverage "
                  "%.2f, tilt %.0f deg, refusals %x\n",
                  side, fit.first_rms_px, fit.rms_px, fit.held_out_px, fit.lens.fx_px,
                  fit.focal_sd_px, fit.used, fit.coverage, fit.tilt_deg, fit.refusals);
    assert_true(fabs(fit.lens.fx_px - 536) < 8); /* the published lens: 535.9 */
    assert_true(fit.rms_px < fit.first_rms_px && fit.used >= 12);
    return fit.first_rms_px;
}

static void published_boards_give_the_published_error(void **state)
{
    (void)state;
    assert_true(fabs(published_rms("left") - 0.408) < 0.02);
    assert_true(fabs(published_rms("right") - 0.458) < 0.02);
}

/* Pose of the board before the camera: tilted about x and y, shifted in the picture. */
static void pose_of(const struct cam_board *board, double tilt_x, double tilt_y, double right_mm,
                    double down_mm, double depth_mm, double out[12])
{
    const double cx = cos(tilt_x);
    const double sx = sin(tilt_x);
    const double cy = cos(tilt_y);
    const double sy = sin(tilt_y);
    const double R[9] = {cy, sy * sx, sy * cx, 0, cx, -sx, -sy, cy * sx, cy * cx};
    const double middle_mm[2] = {board->columns * board->square_mm / 2,
                                 board->rows * board->square_mm / 2};
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            out[4 * row + column] = R[3 * row + column];
        }
        const double wanted[3] = {right_mm, down_mm, depth_mm};
        out[4 * row + 3] = wanted[row] - R[3 * row] * middle_mm[0] - R[3 * row + 1] * middle_mm[1];
    }
}

static void photograph(struct shots *shots, const struct cam_board *board, double tilt_x,
                       double tilt_y, double right_mm, double down_mm, double depth_mm)
{
    double T[12];
    pose_of(board, tilt_x, tilt_y, right_mm, down_mm, depth_mm, T);
    uint8_t *grey = oracle_photograph(&truth, board, T, 2, (unsigned)shots->count + 1);
    look(shots, board, grey, truth.width_px, truth.height_px);
    free(grey);
}

static void photograph_all(struct shots *shots, const struct cam_board *board)
{
    for (int i = 0; i < 15; ++i) {
        photograph(shots, board, 0.5 * sin(1.7 * i), 0.5 * cos(2.3 * i), 70.0 * (i % 5 - 2),
                   45.0 * (i / 5 - 1), 300 + 20 * (i % 3));
    }
}

static void known_lens_is_found(const struct cam_board *board)
{
    struct shots shots = {0};
    photograph_all(&shots, board);
    struct cam_calibration fit;
    struct cam_error error = {""};
    assert_int_equal(cam_lens_calibrate((const struct cam_view *const *)shots.views, shots.count,
                                        truth.width_px, truth.height_px, &limits, &fit, &error),
                     NAV_OK);
    drop(&shots);
    print_message("known lens: rms %.4f, held out %.4f px, fx %.2f, cx %.2f, coverage %.2f\n",
                  fit.rms_px, fit.held_out_px, fit.lens.fx_px, fit.lens.cx_px, fit.coverage);
    assert_int_equal(fit.refusals, 0);
    /* What counts: rays of all parts of the picture that points were seen in. */
    for (int v = 60; v <= 660; v += 60) {
        for (int u = 100; u <= 1180; u += 60) {
            double ray[2];
            double px[2];
            assert_true(rnd_lens_undistort(&truth, (const double[2]){u, v}, ray));
            assert_true(rnd_lens_project(&fit.lens, (const double[3]){ray[0], ray[1], 1}, px));
            assert_true(hypot(px[0] - u, px[1] - v) < 1.0);
        }
    }
}

static void a_known_lens_is_found_again(void **state)
{
    (void)state;
    known_lens_is_found(&charuco);
}

static void a_bad_view_is_named_and_left_out(void **state)
{
    (void)state;
    struct shots shots = {0};
    photograph_all(&shots, &charuco);
    for (size_t i = 0; i < shots.views[4]->count; i += 3) { /* the sheet was bent */
        shots.views[4]->px[i][0] += 6;
    }
    struct cam_calibration fit;
    struct cam_error error = {""};
    assert_int_equal(cam_lens_calibrate((const struct cam_view *const *)shots.views, shots.count,
                                        truth.width_px, truth.height_px, &limits, &fit, &error),
                     NAV_OK);
    drop(&shots);
    for (size_t i = 0; i < fit.views; ++i) {
        assert_int_equal(fit.bad[i], i == 4);
    }
    assert_int_equal(fit.used, 14);
    assert_int_equal(fit.refusals, 0);
}

static uint32_t refusals_of(const struct shots *shots, const struct cam_fit_limits *with)
{
    struct cam_calibration fit;
    struct cam_error error = {""};
    assert_int_equal(cam_lens_calibrate((const struct cam_view *const *)shots->views, shots->count,
                                        truth.width_px, truth.height_px, with, &fit, &error),
                     NAV_OK);
    return fit.refusals;
}

static void poor_sets_are_refused(void **state)
{
    (void)state;
    struct shots shots = {0};
    for (int i = 0; i < 12; ++i) { /* always the same corner, never tilted */
        photograph(&shots, &charuco, 0.01 * i, 0.0, -60 + i, -30, 400);
    }
    const uint32_t flat = refusals_of(&shots, &limits);
    assert_true((flat & CAM_FIT_FLAT) != 0);
    assert_true((flat & CAM_FIT_COVERAGE) != 0);
    struct cam_fit_limits strict = limits;
    strict.views_min = 13;
    strict.rms_max_px = 0.001;
    strict.held_out_max_px = 0.001;
    const uint32_t refused = refusals_of(&shots, &strict);
    assert_true((refused & CAM_FIT_TOO_FEW) != 0);
    assert_true((refused & CAM_FIT_RMS) != 0);
    assert_true((refused & CAM_FIT_HELD_OUT) != 0);
    struct cam_calibration fit;
    struct cam_error error = {""};
    assert_int_equal(cam_lens_calibrate((const struct cam_view *const *)shots.views, 2, 1280, 720,
                                        &limits, &fit, &error),
                     NAV_ERR_ARGUMENT);
    drop(&shots);
}

static void boards_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct cam_board none[] = {
        {.kind = CAM_BOARD_CHESS, .columns = 2, .rows = 6, .square_mm = 25},
        {.kind = CAM_BOARD_CHESS, .columns = 9, .rows = 6, .square_mm = 0},
        {.kind = CAM_BOARD_CHESS, .columns = 9, .rows = 6, .square_mm = NAN},
        {.kind = CAM_BOARD_CHARUCO,
         .columns = 9,
         .rows = 7,
         .square_mm = 20,
         .marker_mm = 20,
         .dictionary = "DICT_5X5_100"},
        {.kind = CAM_BOARD_CHARUCO,
         .columns = 9,
         .rows = 7,
         .square_mm = 20,
         .marker_mm = 15,
         .dictionary = "DICT_NONE"},
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); ++i) {
        struct cam_error error = {""};
        assert_int_equal(cam_board_check(&none[i], &error), NAV_ERR_ARGUMENT);
        assert_true(strlen(error.text) > 10);
    }
    static const uint8_t blank[64 * 64];
    const struct cam_picture picture = {64, 64, 1, 64, blank};
    struct cam_view *view = malloc(sizeof(*view));
    struct cam_error error;
    assert_int_equal(cam_board_find(&chess, &picture, view, &error), NAV_ERR_NOT_FOUND);
    free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_boards_give_the_published_error),
        cmocka_unit_test(a_known_lens_is_found_again),
        cmocka_unit_test(a_bad_view_is_named_and_left_out),
        cmocka_unit_test(poor_sets_are_refused),
        cmocka_unit_test(boards_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
