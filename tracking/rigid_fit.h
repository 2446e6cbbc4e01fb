/* The rigid transform that takes one set of points nearest to another, in closed form.
 *
 * Weighted least squares by singular value decomposition: K. Arun, T. Huang, S. Blostein, IEEE PAMI
 * 9, 1987; scale: S. Umeyama, IEEE PAMI 13, 1991. The scale is estimated to be looked at (units),
 * never applied. Allocates through LAPACK. Thread: any. */
#ifndef TRK_RIGID_FIT_H
#define TRK_RIGID_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "nav/pose.h"
#include "nav/status.h"

struct trk_rigid_fit {
    double R[9];              /* row-major; a rotation, or with `mirror` a reflection */
    double t_mm[3];           /* q = R p + t */
    double scale;             /* size of the second set / size of the first */
    double rms_mm;            /* sqrt(mean |R p + t - q|^2), unweighted */
    double from_spread_mm[3]; /* root mean squares along the first set's principal axes, */
    double to_spread_mm[3];   /* and the second's; largest first, weighted */
};

/* Fits `to` = R `from` + t over `count` pairs of points, mm. `weights` (> 0, NULL: equal) multiply
 * the squared distances. `mirror`: the best reflection instead (det R = -1), to see whether it fits
 * better. NAV_ERR_ARGUMENT: fewer than 3 pairs, a weight that is not positive; NAV_ERR_NOT_FINITE;
 * NAV_ERR_CONDITION: the points of a set lie on a line (second spread below 1e-3 of the first). */
NAV_MUST_USE enum nav_status trk_rigid_fit(size_t count, const double (*from)[3],
                                           const double (*to)[3], const double *weights,
                                           bool mirror, struct trk_rigid_fit *out_fit);

/* The pose T_to_from of a fit that is a rotation. */
NAV_MUST_USE enum nav_status trk_rigid_fit_pose(const struct trk_rigid_fit *fit,
                                                struct nav_pose *out_pose);

/* R p + t - q. */
void trk_rigid_fit_residual(const struct trk_rigid_fit *fit, const double from[3],
                            const double to[3], double out_residual[3]);

/* The weighted centre of points, and the root mean squares along their principal axes, largest
 * first; axis k is row k of `out_axes` (NULL: not wanted). Same statuses, but never CONDITION. */
NAV_MUST_USE enum nav_status trk_spread(size_t count, const double (*points)[3],
                                        const double *weights, double out_centre[3],
                                        double out_spread_mm[3], double out_axes[9]);

#endif
