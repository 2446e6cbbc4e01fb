/* Hand-eye refined on what counts in the end: where the board's points appear in the pictures.
 *
 * Unknown are X = T_body_camera and Y = T_tracker_board; the board stands still in the tracker's
 * frame, the body carries the camera. Least are the squares of the reprojection errors of all
 * points of the views used, by Levenberg and Marquardt from a start such as tracking/handeye.h
 * gives. Every fourth view is held out and only judged. Thread: any. Allocates. */
#ifndef CAM_HANDEYE_FIT_H
#define CAM_HANDEYE_FIT_H

#ifdef __cplusplus
extern "C" { /* some headers below are plain C without a guard of their own */
#endif

#include <stdbool.h>
#include <stddef.h>

#include "board.h"
#include "cv_error.h"
#include "lens.h"
#include "nav/pose.h"
#include "nav/status.h"

struct cam_handeye_fit {
    struct nav_pose T_body_camera;
    struct nav_pose T_tracker_board;
    double start_px;         /* rms over the views used, at the start */
    double rms_px;           /* and refined */
    double held_out_px;      /* rms over the views held out ... */
    double held_out_mm;      /* ... beside the ray at each point's depth */
    double held_out_mean_px; /* mean distance there */
    size_t used, held_out;   /* views */
};

/* The pose of the board before the camera, for a start and for tracking/delay.h. NAV_ERR_NOT_FOUND:
 * the points give none. */
NAV_MUST_USE enum nav_status cam_board_pose(const struct rnd_lens *lens,
                                            const struct cam_view *view,
                                            struct nav_pose *out_T_camera_board, double *out_px,
                                            struct cam_error *out_error);

/* `T_tracker_body[i]` is of the instant of `views[i]`. NAV_ERR_ARGUMENT: fewer than 6 views. */
NAV_MUST_USE enum nav_status cam_handeye_refine(const struct rnd_lens *lens,
                                                const struct cam_view *const *views,
                                                const struct nav_pose *T_tracker_body, size_t count,
                                                const struct nav_pose *start_T_body_camera,
                                                struct cam_handeye_fit *out_fit,
                                                struct cam_error *out_error);

/* Whether view `i` is held out. */
bool cam_handeye_holds_out(size_t i);

#ifdef __cplusplus
}
#endif

#endif
