/* Bodies that carry printed square markers, found in a camera's picture: tracking by camera alone,
 * and the check that the overlay lies where the reference really is.
 *
 * S. Garrido-Jurado et al., Pattern Recognition 47, 2014 (ArUco), by OpenCV. A body that shows one
 * marker only has two poses that look nearly alike (T. Collins, A. Bartoli, IJCV 109, 2014): unless
 * one fits better by `ambiguity_max`, the pose is not given as valid. Thread: one at a time. */
#ifndef CAM_MARKERS_H
#define CAM_MARKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" { /* some headers below are plain C without a guard of their own */
#endif

#include "board.h"
#include "cv_error.h"
#include "lens.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/status.h"

enum { CAM_BODIES_MAX = 8, CAM_BODY_MARKERS_MAX = 64 };

struct cam_marker {
    int id;
    double corners_mm[4][3]; /* in the body: top left, top right, bottom right, bottom left, as
                                printed */
};

struct cam_body {
    char name[NAV_NAME_SIZE];
    size_t marker_count;
    struct cam_marker markers[CAM_BODY_MARKERS_MAX];
};

struct cam_bodies {
    char dictionary[32]; /* OpenCV's name, "DICT_5X5_100" */
    size_t count;
    struct cam_body bodies[CAM_BODIES_MAX];
};

struct cam_marker_limits {
    double error_max_px;  /* reprojection error (rms) above which a pose is not valid */
    double ambiguity_max; /* error of the chosen pose over that of its mirror image; below 1 */
};

enum cam_body_state {
    CAM_BODY_HIDDEN = 0, /* no marker of it seen */
    CAM_BODY_VALID,
    CAM_BODY_AMBIGUOUS, /* one marker, seen so that its tilt could be the other way round */
    CAM_BODY_POOR       /* the corners do not fit the body */
};

struct cam_body_pose {
    enum cam_body_state state;
    struct nav_pose T_camera_body; /* unless hidden */
    double error_px;               /* rms over its corners; NaN = hidden */
    double error_mm;               /* the same at its depth, beside the ray */
    int markers;                   /* seen of it */
};

struct cam_markers;

/* NAV_ERR_ARGUMENT: no lens, no such dictionary; NAV_ERR_MEMORY. Copies both. */
NAV_MUST_USE enum nav_status cam_markers_create(const struct cam_bodies *bodies,
                                                const struct rnd_lens *lens,
                                                const struct cam_marker_limits *limits,
                                                struct cam_markers **out_markers,
                                                struct cam_error *out_error);
void cam_markers_destroy(struct cam_markers *markers); /* NULL is legal */

/* One pose for every body, in their order. NAV_ERR_ARGUMENT: the picture has another resolution
 * than the lens. */
NAV_MUST_USE enum nav_status cam_markers_find(struct cam_markers *markers,
                                              const struct cam_picture *picture,
                                              struct cam_body_pose *out_poses,
                                              struct cam_error *out_error);

/* What the last picture took: finding markers, and solving for poses. */
void cam_markers_times(const struct cam_markers *markers, int64_t *out_detect_ns,
                       int64_t *out_pose_ns);

/* Corners of a body that a picture showed. */
struct cam_corners {
    size_t count;
    double body_mm[4 * CAM_BODY_MARKERS_MAX][3];
    double px[4 * CAM_BODY_MARKERS_MAX][2];
};

/* Those of the last picture; none for a body that there is not. */
void cam_markers_corners(const struct cam_markers *markers, size_t body,
                         struct cam_corners *out_corners);

/* How far the corners lie from where `T_camera_body` puts them: rms in px, and in mm at each one's
 * depth. False, and NaN: there is none. Thread: any. */
bool cam_corners_check(const struct cam_corners *corners, const struct rnd_lens *lens,
                       const struct nav_pose *T_camera_body, double *out_px, double *out_mm);

/* The same of the last picture. */
bool cam_markers_check(const struct cam_markers *markers, size_t body,
                       const struct nav_pose *T_camera_body, double *out_px, double *out_mm);

#ifdef __cplusplus
}
#endif

#endif
