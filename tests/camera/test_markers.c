/* Bodies with printed markers: known poses, the two poses of a single one, and what is no body. */
#include "markers.h"

#include <math.h>
#include <string.h>

#include "oracle.h"
#include "test_data.h"

static const struct rnd_lens lens = {.width_px = 1280,
                                     .height_px = 720,
                                     .fx_px = 1010,
                                     .fy_px = 1008,
                                     .cx_px = 648,
                                     .cy_px = 352,
                                     .k = {-0.25, 0.09, 0.0009, -0.0006, 0.0}};
static const struct cam_marker_limits limits = {.error_max_px = 1.0, .ambiguity_max = 0.6};

/* Markers as on a ChArUco board, which the oracle can photograph: squares of 20, markers of 15 mm,
 * the first marker in the second square of the first row. */
static const struct cam_board sheet = {.kind = CAM_BOARD_CHARUCO,
                                       .columns = 5,
                                       .rows = 5,
                                       .square_mm = 20,
                                       .marker_mm = 15,
                                       .dictionary = "DICT_5X5_100"};

static struct cam_marker marker_in_square(int id, int column, int row)
{
    const double low[2] = {20.0 * column + 2.5, 20.0 * row + 2.5};
    struct cam_marker marker = {.id = id};
    const double offsets[4][2] = {{0, 0}, {15, 0}, {15, 15}, {0, 15}};
    for (int corner = 0; corner < 4; ++corner) {
        marker.corners_mm[corner][0] = low[0] + offsets[corner][0];
        marker.corners_mm[corner][1] = low[1] + offsets[corner][1];
    }
    return marker;
}

/* Twelve markers; or only the first `count` of them. */
static struct cam_bodies body_of(size_t count)
{
    struct cam_bodies bodies = {.dictionary = "DICT_5X5_100", .count = 1};
    (void)snprintf(bodies.bodies[0].name, sizeof(bodies.bodies[0].name), "ReferenceToTracker");
    int id = 0;
    for (int row = 0; row < sheet.rows; ++row) {
        for (int column = 0; column < sheet.columns; ++column) {
            if ((row + column) % 2 == 1 && bodies.bodies[0].marker_count < count) {
                bodies.bodies[0].markers[bodies.bodies[0].marker_count++] =
                    marker_in_square(id++, column, row);
            }
        }
    }
    return bodies;
}

static struct nav_pose pose_of(double tilt_rad, double turn_rad, double depth_mm)
{
    const struct nav_pose tilt = {.q = {sin(tilt_rad / 2), 0, 0, cos(tilt_rad / 2)},
                                  .t_mm = {-45, -50, depth_mm}};
    const struct nav_pose turn = {.q = {0, 0, sin(turn_rad / 2), cos(turn_rad / 2)}};
    return nav_pose_compose(&tilt, &turn);
}

static struct cam_body_pose find(const struct cam_bodies *bodies, const struct nav_pose *truth,
                                 struct cam_markers **out_markers)
{
    double R[9];
    nav_pose_rotation(truth, R);
    const double T[12] = {R[0], R[1],           R[2], truth->t_mm[0], R[3], R[4],
                          R[5], truth->t_mm[1], R[6], R[7],           R[8], truth->t_mm[2]};
    uint8_t *grey = oracle_photograph(&lens, &sheet, T, 2, 7);
    const struct cam_picture picture = {lens.width_px, lens.height_px, 1, (size_t)lens.width_px,
                                        grey};
    struct cam_error error = {""};
    struct cam_body_pose found[CAM_BODIES_MAX];
    assert_int_equal(cam_markers_create(bodies, &lens, &limits, out_markers, &error), NAV_OK);
    if (cam_markers_find(*out_markers, &picture, found, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    /* The first picture is searched whole, the next one at half the resolution: to the same end. */
    struct cam_body_pose again[CAM_BODIES_MAX];
    assert_int_equal(cam_markers_find(*out_markers, &picture, again, &error), NAV_OK);
    assert_int_equal(again[0].markers, found[0].markers);
    assert_int_equal(again[0].state, found[0].state);
    if (found[0].markers > 0) {
        assert_true(fabs(again[0].error_px - found[0].error_px) < 0.05);
    }
    if (found[0].state == CAM_BODY_VALID) {
        assert_true(nav_pose_angle_rad(&again[0].T_camera_body, &found[0].T_camera_body) < 0.002);
        assert_true(nav_pose_distance_mm(&again[0].T_camera_body, &found[0].T_camera_body) < 0.1);
    }
    free(grey);
    return found[0];
}

static void a_body_is_found_where_it_is(void **state)
{
    (void)state;
    const struct cam_bodies bodies = body_of(12);
    for (int i = 0; i < 6; ++i) {
        const struct nav_pose truth = pose_of(-0.6 + 0.22 * i, 0.1 * i, 300 + 25 * i);
        struct cam_markers *markers;
        const struct cam_body_pose found = find(&bodies, &truth, &markers);
        assert_int_equal(found.state, CAM_BODY_VALID);
        assert_int_equal(found.markers, 12);
        print_message("error %.3f px, %.3f mm; off by %.3f deg, %.3f mm\n", found.error_px,
                      found.error_mm, nav_pose_angle_rad(&truth, &found.T_camera_body) * 57.29578,
                      nav_pose_distance_mm(&truth, &found.T_camera_body));
        assert_true(found.error_px < 0.5);
        assert_true(nav_pose_angle_rad(&truth, &found.T_camera_body) < 0.01);
        assert_true(nav_pose_distance_mm(&truth, &found.T_camera_body) < 1.5);
        cam_markers_destroy(markers);
    }
}

/* The check of the overlay: what the pose says against what the picture shows. */
static void a_moved_camera_shows_in_the_check(void **state)
{
    (void)state;
    const struct cam_bodies bodies = body_of(12);
    const struct nav_pose truth = pose_of(0.4, 0.2, 500);
    struct cam_markers *markers;
    (void)find(&bodies, &truth, &markers);
    double px;
    double mm;
    assert_true(cam_markers_check(markers, 0, &truth, &px, &mm));
    assert_true(px < 0.6 && mm < 0.3);
    struct nav_pose moved = truth;
    moved.t_mm[0] += 5;
    assert_true(cam_markers_check(markers, 0, &moved, &px, &mm));
    assert_true(px > 8 && fabs(mm - 5) < 0.5);
    moved.t_mm[2] = -500;
    assert_true(cam_markers_check(markers, 0, &moved, &px, &mm));
    assert_true(isinf(px));
    assert_false(cam_markers_check(markers, 1, &truth, &px, &mm));
    assert_true(isnan(px));
    cam_markers_destroy(markers);
}

/* One small marker far away, nearly face on, may be tilted either way. */
static void a_doubtful_tilt_is_not_valid(void **state)
{
    (void)state;
    const struct cam_bodies bodies = body_of(1);
    struct nav_pose truth = pose_of(0.12, 0.0, 900);
    truth.t_mm[0] = 20;
    truth.t_mm[1] = 20;
    struct cam_markers *markers;
    const struct cam_body_pose found = find(&bodies, &truth, &markers);
    cam_markers_destroy(markers);
    assert_int_equal(found.markers, 1);
    assert_int_not_equal(found.state, CAM_BODY_VALID);
}

static void a_body_that_is_built_otherwise_is_poor(void **state)
{
    (void)state;
    struct cam_bodies bodies = body_of(12);
    for (int corner = 0; corner < 4; ++corner) {
        bodies.bodies[0].markers[5].corners_mm[corner][0] += 9; /* glued on elsewhere */
    }
    const struct nav_pose truth = pose_of(0.3, 0.1, 350);
    struct cam_markers *markers;
    const struct cam_body_pose found = find(&bodies, &truth, &markers);
    cam_markers_destroy(markers);
    assert_int_equal(found.state, CAM_BODY_POOR);
}

static void what_is_not_there_is_hidden(void **state)
{
    (void)state;
    struct cam_bodies bodies = body_of(12);
    for (size_t i = 0; i < 12; ++i) {
        bodies.bodies[0].markers[i].id += 50;
    }
    const struct nav_pose truth = pose_of(0.3, 0.1, 350);
    struct cam_markers *markers;
    const struct cam_body_pose found = find(&bodies, &truth, &markers);
    assert_int_equal(found.state, CAM_BODY_HIDDEN);
    assert_true(isnan(found.error_px));
    static const uint8_t small[64 * 48];
    const struct cam_picture other = {64, 48, 1, 64, small};
    struct cam_body_pose poses[CAM_BODIES_MAX];
    struct cam_error error;
    assert_int_equal(cam_markers_find(markers, &other, poses, &error), NAV_ERR_ARGUMENT);
    assert_non_null(strstr(error.text, "64 x 48"));
    cam_markers_destroy(markers);
    (void)snprintf(bodies.dictionary, sizeof(bodies.dictionary), "DICT_NONE");
    assert_int_equal(cam_markers_create(&bodies, &lens, &limits, &markers, &error),
                     NAV_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_found_where_it_is),
        cmocka_unit_test(a_moved_camera_shows_in_the_check),
        cmocka_unit_test(a_doubtful_tilt_is_not_valid),
        cmocka_unit_test(a_body_that_is_built_otherwise_is_poor),
        cmocka_unit_test(what_is_not_there_is_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
