/* Hand-eye calibration: where a camera sits in the marker that carries it.
 *
 * For poses i of marker (in the tracker) and of a fixed target (in the camera), X = T_marker_camera
 * satisfies A X = X B for every pair of poses, A the motion of the marker, B that of the camera.
 * Solved in two ways that fail differently: rotation first, then translation (F. Park, B. Martin,
 * IEEE Trans. Robotics and Automation 10, 1994, with the rotation kept proper), and both at once by
 * dual quaternions (K. Daniilidis, Int. J. Robotics Research 18, 1999). They must agree. Poor
 * motion (few axes, small turns) is refused before it gives metres of error.
 *
 * mm, rad. Allocates. Thread: any. */
#ifndef TRK_HANDEYE_H
#define TRK_HANDEYE_H

#include <stddef.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/status.h"
#include "refusal.h"

struct trk_handeye_limits {
    uint32_t pairs_min; /* pairs of poses with a turn between the next two */
    double turn_min_rad;
    double turn_max_rad;
    double axes_min;      /* second singular value of the stacked unit axes / sqrt(pairs) */
    double agree_max_rad; /* between the two methods */
    double agree_max_mm;
    double residual_max_rad; /* rms of A X against X B on the poses held out */
    double residual_max_mm;
};

/* 15 pairs of 10 to 150 deg, 0.3, 0.5 deg, 2 mm, 1 deg, 3 mm. */
struct trk_handeye_limits trk_handeye_limits_default(void);

struct trk_handeye {
    struct nav_pose T_marker_camera;      /* by Park and Martin */
    struct nav_pose T_marker_camera_dual; /* by Daniilidis */
    double agree_rad;                     /* between the two */
    double agree_mm;
    double residual_rad; /* rms on the pairs held out: the fit is of every other pose */
    double residual_mm;
    double axes;    /* spread of the axes of motion, 0 (one axis) to 0.58 (all alike) */
    uint32_t pairs; /* used */
    struct trk_refusals refusals; /* too-few, one-axis, disagree, residual */
};

/* `T_tracker_marker` and `T_camera_target` are of the same instants, the target fixed in the
 * tracker's frame. NAV_OK: complete, accepted or not. NAV_ERR_ARGUMENT: fewer than 3 poses, more
 * than 1000, limits out of range; NAV_ERR_NOT_FINITE; NAV_ERR_CONDITION: no pair has a turn within
 * the limits, or the motion is about one axis only (nothing can be said of the translation along
 * it); NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_handeye_calibrate(const struct nav_pose *T_tracker_marker,
                                                   const struct nav_pose *T_camera_target,
                                                   size_t count,
                                                   const struct trk_handeye_limits *limits,
                                                   struct trk_handeye *out_handeye);

#endif
