/* Hand-eye refined on reprojection, against a synthetic scene whose truth is known. */
#include "handeye_fit.h"

#include <math.h>
#include <string.h>

#include "handeye.h"
#include "test_data.h"

enum { VIEWS = 24, COLUMNS = 8, ROWS = 6 };
static const double SQUARE_MM = 20;
static const double DEG = 3.14159265358979323846 / 180;
static const struct rnd_lens lens = {.width_px = 1280,
                                     .height_px = 720,
                                     .fx_px = 1010,
                                     .fy_px = 1008,
                                     .cx_px = 648,
                                     .cy_px = 352,
                                     .k = {-0.25, 0.09, 0.0009, -0.0006, 0.0}};

static uint64_t random_state = 5;

static double gauss(void)
{
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
        random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += (double)(random_state >> 11) / 9007199254740992.0;
    }
    return sum;
}

static struct nav_pose turned(double x_rad, double y_rad, double z_rad, double x_mm, double y_mm,
                              double z_mm)
{
    const struct nav_pose x = {.q = {sin(x_rad / 2), 0, 0, cos(x_rad / 2)},
                               .t_mm = {x_mm, y_mm, z_mm}};
    const struct nav_pose y = {.q = {0, sin(y_rad / 2), 0, cos(y_rad / 2)}};
    const struct nav_pose z = {.q = {0, 0, sin(z_rad / 2), cos(z_rad / 2)}};
    const struct nav_pose xy = nav_pose_compose(&x, &y);
    return nav_pose_compose(&xy, &z);
}

static struct nav_pose noisy(const struct nav_pose *pose, double mm, double rad)
{
    const struct nav_pose noise = turned(rad * gauss(), rad * gauss(), rad * gauss(), mm * gauss(),
                                         mm * gauss(), mm * gauss());
    return nav_pose_compose(pose, &noise);
}

struct scene {
    struct nav_pose body[VIEWS];  /* as the tracker says */
    struct nav_pose board[VIEWS]; /* in the camera, as its picture says */
    struct cam_view *views[VIEWS];
};

static const struct nav_pose true_X = {.q = {0, 0.70710678118654757, 0, 0.70710678118654757},
                                       .t_mm = {35, -12, 80}};

static void make(struct scene *scene, double tracker_mm, double tracker_rad, double px)
{
    const struct nav_pose board = turned(0.2, -0.1, 0.3, 100, -50, -1500);
    for (int i = 0; i < VIEWS; ++i) {
        /* The camera around the board, tilted up to 35 deg about changing axes, 420 to 560 mm. */
        const struct nav_pose camera_board =
            turned(35 * DEG * sin(2.4 * i), 35 * DEG * cos(1.9 * i), 0.9 * sin(1.1 * i),
                   -70 + 25 * sin(i), -50 + 20 * cos(i), 490 + 70 * sin(0.7 * i));
        const struct nav_pose board_camera = nav_pose_inverse(&camera_board);
        const struct nav_pose tracker_camera = nav_pose_compose(&board, &board_camera);
        const struct nav_pose camera_body = nav_pose_inverse(&true_X);
        const struct nav_pose body = nav_pose_compose(&tracker_camera, &camera_body);
        scene->body[i] = noisy(&body, tracker_mm, tracker_rad);
        struct cam_view *view = calloc(1, sizeof(*view));
        assert_non_null(view);
        for (int j = 0; j < COLUMNS * ROWS; ++j) {
            const double on_board[3] = {j % COLUMNS * SQUARE_MM, j / COLUMNS * SQUARE_MM, 0};
            double point_mm[3];
            nav_pose_apply(&camera_board, on_board, point_mm);
            view->ids[view->count] = j;
            view->board_mm[view->count][0] = on_board[0];
            view->board_mm[view->count][1] = on_board[1];
            if (rnd_lens_project(&lens, point_mm, view->px[view->count])) {
                view->px[view->count][0] += px * gauss();
                view->px[view->count][1] += px * gauss();
                ++view->count;
            }
        }
        scene->views[i] = view;
        double error_px;
        struct cam_error error = {""};
        assert_int_equal(cam_board_pose(&lens, view, &scene->board[i], &error_px, &error), NAV_OK);
        assert_true(error_px < 4 * px + 0.01);
    }
}

static void drop(struct scene *scene)
{
    for (int i = 0; i < VIEWS; ++i) {
        free(scene->views[i]);
    }
}

static struct cam_handeye_fit refine(const struct scene *scene)
{
    const struct trk_handeye_limits limits = trk_handeye_limits_default();
    struct trk_handeye start;
    assert_int_equal(trk_handeye_calibrate(scene->body, scene->board, VIEWS, &limits, &start),
                     NAV_OK);
    assert_int_equal(start.refusals.count, 0);
    struct cam_handeye_fit fit;
    struct cam_error error = {""};
    if (cam_handeye_refine(&lens, (const struct cam_view *const *)scene->views, scene->body, VIEWS,
                           &start.T_marker_camera, &fit, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return fit;
}

static void without_noise_it_is_exact(void **state)
{
    (void)state;
    struct scene scene;
    make(&scene, 0, 0, 0);
    const struct cam_handeye_fit fit = refine(&scene);
    drop(&scene);
    assert_true(fit.rms_px < 1e-4);
    assert_true(nav_pose_distance_mm(&fit.T_body_camera, &true_X) < 1e-3);
    assert_true(nav_pose_angle_rad(&fit.T_body_camera, &true_X) < 1e-5);
    assert_int_equal(fit.used + fit.held_out, VIEWS);
    assert_int_equal(fit.held_out, VIEWS / 4);
}

/* A tracker with 0.25 mm and 0.1 deg: the overlay of pictures that the fit has not seen. */
static void overlay_of_unseen_pictures(void **state)
{
    (void)state;
    double worst_px = 0;
    double worst_mm = 0;
    for (int seed = 1; seed <= 10; ++seed) {
        random_state = (uint64_t)seed;
        struct scene scene;
        make(&scene, 0.25 / sqrt(3), 0.1 * DEG / sqrt(3), 0.2);
        const struct cam_handeye_fit fit = refine(&scene);
        drop(&scene);
        assert_true(fit.rms_px <= fit.start_px);
        worst_px = fmax(worst_px, fit.held_out_mean_px);
        worst_mm = fmax(worst_mm, fit.held_out_mm);
    }
    print_message("held out, worst of 10: %.2f px mean, %.2f mm rms at about 500 mm\n", worst_px,
                  worst_mm);
    assert_true(worst_px <= 2.0);
    assert_true(worst_mm <= 1.5);
}

static void too_few_views_are_refused(void **state)
{
    (void)state;
    struct scene scene;
    make(&scene, 0, 0, 0);
    struct cam_handeye_fit fit;
    struct cam_error error = {""};
    assert_int_equal(cam_handeye_refine(&lens, (const struct cam_view *const *)scene.views,
                                        scene.body, 5, &true_X, &fit, &error),
                     NAV_ERR_ARGUMENT);
    assert_true(strlen(error.text) > 10);
    drop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_noise_it_is_exact),
        cmocka_unit_test(overlay_of_unseen_pictures),
        cmocka_unit_test(too_few_views_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
