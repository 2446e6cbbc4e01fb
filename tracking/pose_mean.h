/* The mean of several measurements of one pose.
 *
 * Rotation: the eigenvector of sum w q q' with the largest eigenvalue (F. L. Markley et al.,
 * J. Guidance, Control, and Dynamics 30, 2007): q and -q count alike. Translation: the weighted
 * mean. Allocates through LAPACK. Thread: any. */
#ifndef TRK_POSE_MEAN_H
#define TRK_POSE_MEAN_H

#include <stddef.h>

#include "nav/pose.h"
#include "nav/status.h"

struct trk_pose_mean {
    struct nav_pose pose;
    double rms_mm; /* of the distances from the mean, and of the angles */
    double rms_rad;
    double max_mm;
    double max_rad;
};

/* `weights` (> 0) may be NULL. NAV_ERR_ARGUMENT: no pose, a weight that is not positive;
 * NAV_ERR_NOT_FINITE: a pose that is none. */
NAV_MUST_USE enum nav_status trk_pose_mean(const struct nav_pose *poses, const double *weights,
                                           size_t count, struct trk_pose_mean *out_mean);

#endif
