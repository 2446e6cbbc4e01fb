/* camera_photograph KIND FOLDER: what a camera and a tracker would have recorded of a known scene,
 * for tests of the verbs from their command line.
 *
 *   handeye   24 pictures of a ChArUco board from all sides
 *   one-axis  the same, the camera turned about one axis only
 *   shaken    as handeye, the tracker's poses 3 mm off
 *   delay     a board turned to and fro without rhythm, pictures 60 ms later than the poses
 *
 * Writes NNN.png, times.csv, poses.csv (of the marker in the tracker), truth.csv (of the board in
 * the camera, a picture a line) and lens.yml into FOLDER. The camera sits in its marker at
 * `true_X`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lens_file.h"
#include "nav/pose.h"
#include "oracle.h"

static const double DEG = 3.14159265358979323846 / 180;
static const double DELAY_S = 0.060;
static const struct cam_board board = {.kind = CAM_BOARD_CHARUCO,
                                       .columns = 8,
                                       .rows = 6,
                                       .square_mm = 25,
                                       .marker_mm = 19,
                                       .dictionary = "DICT_5X5_100"};
static const struct rnd_lens lens = {.width_px = 640,
                                     .height_px = 480,
                                     .fx_px = 610,
                                     .fy_px = 608,
                                     .cx_px = 322,
                                     .cy_px = 237,
                                     .k = {-0.2, 0.06, 0.0006, -0.0004, 0.0},
                                     .rms_px = 0.1,
                                     .camera = "synthetic",
                                     .date = "2026-01-01T00:00:00Z"};
static const struct nav_pose true_X = {.q = {0, 0.70710678118654757, 0, 0.70710678118654757},
                                       .t_mm = {35, -12, 80}};

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

/* The board's origin is a corner: turned about its middle, which lies at (x, y, z). */
static struct nav_pose about_middle(double x_rad, double y_rad, double z_rad, double x_mm,
                                    double y_mm, double z_mm)
{
    struct nav_pose pose = turned(x_rad, y_rad, z_rad, x_mm, y_mm, z_mm);
    const double corner[3] = {-board.columns * board.square_mm / 2,
                              -board.rows * board.square_mm / 2, 0};
    double moved[3];
    nav_pose_apply(&pose, corner, moved);
    memcpy(pose.t_mm, moved, sizeof(moved));
    return pose;
}

/* The board before the camera in picture i, and at a time, s. */
static struct nav_pose board_of(const char *kind, int i, double at_s)
{
    if (strcmp(kind, "one-axis") == 0) {
        return about_middle(0, 0, 3 * DEG * i, 12 * sin(i), 8 * cos(i), 420);
    }
    if (strcmp(kind, "delay") == 0) {
        const double angle = 0.35 * sin(5.1 * at_s + 1.3 * sin(1.7 * at_s)) + 0.2 * sin(2.3 * at_s);
        return about_middle(0.25 * cos(3.7 * at_s + sin(0.9 * at_s)), 0.1, angle, 0, 0, 430);
    }
    return about_middle(35 * DEG * sin(2.4 * i), 35 * DEG * cos(1.9 * i), 0.9 * sin(1.1 * i),
                        25 * sin(i), 18 * cos(i), 420 + 50 * sin(0.7 * i));
}

/* T_tracker_body while the board, which stands still in the tracker's frame, is seen so. */
static struct nav_pose body_of(const struct nav_pose *T_camera_board)
{
    const struct nav_pose T_tracker_board = turned(0.2, -0.1, 0.3, 100, -50, -1500);
    const struct nav_pose T_board_camera = nav_pose_inverse(T_camera_board);
    const struct nav_pose T_camera_body = nav_pose_inverse(&true_X);
    const struct nav_pose T_tracker_camera = nav_pose_compose(&T_tracker_board, &T_board_camera);
    return nav_pose_compose(&T_tracker_camera, &T_camera_body);
}

static FILE *create(const char *folder, const char *name, const char *heading)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    fputs(heading, file);
    return file;
}

static void write_pose(FILE *file, double at_s, const struct nav_pose *pose, double off_mm)
{
    fprintf(file, "%.6f,%.6f,%.6f,%.6f,%.12f,%.12f,%.12f,%.12f\n", at_s, pose->t_mm[0] + off_mm,
            pose->t_mm[1] - off_mm, pose->t_mm[2], pose->q[3], pose->q[0], pose->q[1], pose->q[2]);
}

static void photograph(const char *folder, int i, const struct nav_pose *T_camera_board)
{
    char path[4096];
    double R[9];
    nav_pose_rotation(T_camera_board, R);
    const double *t = T_camera_board->t_mm;
    const double T[12] = {R[0], R[1], R[2], t[0], R[3], R[4], R[5], t[1], R[6], R[7], R[8], t[2]};
    unsigned char *grey = oracle_photograph(&lens, &board, T, 2, (unsigned)i + 1);
    (void)snprintf(path, sizeof(path), "%s/%03d.png", folder, i);
    oracle_write_image(path, lens.width_px, lens.height_px, grey);
    free(grey);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: camera_photograph handeye|one-axis|shaken|delay FOLDER\n", stderr);
        return 2;
    }
    const char *kind = argv[1];
    const bool moving = strcmp(kind, "delay") == 0;
    const double step_s = moving ? 1 / 15.0 : 0.5;
    const int pictures = moving ? 90 : 24;
    const double late_s = moving ? DELAY_S : 0;
    const double off_mm = strcmp(kind, "shaken") == 0 ? 3 : 0;
    FILE *times = create(argv[2], "times.csv", "picture,seconds\n");
    FILE *poses = create(argv[2], "poses.csv", "t,x,y,z,qw,qx,qy,qz\n");
    FILE *truth = create(argv[2], "truth.csv", "t,x,y,z,qw,qx,qy,qz\n");
    for (int i = 0; i < pictures; ++i) {
        const double seen_s = 1 + i * step_s;
        const struct nav_pose T_camera_board = board_of(kind, i, seen_s);
        photograph(argv[2], i, &T_camera_board);
        write_pose(truth, seen_s, &T_camera_board, 0);
        fprintf(times, "%03d.png,%.6f\n", i, seen_s + late_s);
        if (!moving) {
            const struct nav_pose body = body_of(&T_camera_board);
            write_pose(poses, seen_s, &body, i % 2 == 0 ? off_mm : -off_mm);
        }
    }
    for (int i = 0; moving && i < 60 * 8; ++i) {
        const struct nav_pose T_camera_board = board_of(kind, i, i / 60.0);
        const struct nav_pose body = body_of(&T_camera_board);
        write_pose(poses, i / 60.0, &body, 0);
    }
    char path[4096];
    struct cam_error error = {""};
    (void)snprintf(path, sizeof(path), "%s/lens.yml", argv[2]);
    const bool good = cam_lens_write(path, &lens, &error) == NAV_OK;
    return fclose(times) == 0 && fclose(poses) == 0 && fclose(truth) == 0 && good ? 0 : 1;
}
