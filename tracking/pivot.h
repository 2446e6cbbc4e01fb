/* Where the tip is, and where the tool points: calibration by pivoting and by spinning.
 *
 * Pivoting: the tip rests in a divot while the tool is moved around it; every pose i gives
 * R_i tip + t_i = pivot. One linear least squares problem for tip and pivot, within random sample
 * consensus against slips. A small residual does not make the tip right (a hinge motion leaves the
 * tip free along its axis with a residual of nothing), so the condition number decides.
 *
 * Spinning: the tool is turned about its own axis, which then is the direction in the tool that
 * every pose takes to the same place.
 *
 * Poses are T_tracker_tool, or T_block_tool where the divot is tracked too; mm. The functions keep
 * nothing between calls. Allocates. Thread: any. */
#ifndef TRK_PIVOT_H
#define TRK_PIVOT_H

#include <stddef.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/status.h"
#include "refusal.h"

struct trk_pivot_limits {
    uint32_t poses_min;   /* inliers needed */
    double inliers_min;   /* share of the poses */
    double condition_max; /* largest / smallest singular value */
    double residual_max_mm;
    double inlier_max_mm; /* a pose further off than this is never an inlier */
};

/* 200 poses, 0.8, 12 (a cone of about 14 deg half angle), 0.6 mm, 3 mm. */
struct trk_pivot_limits trk_pivot_limits_default(void);

struct trk_pivot {
    double tip_mm[3];   /* in the tool */
    double pivot_mm[3]; /* in the frame of the poses */
    double rms_mm;      /* sqrt(mean |R tip + t - pivot|^2) over the inliers */
    double max_mm;      /* largest of them */
    double rms_all_mm;  /* over all poses */
    double singular[6]; /* of the inliers' equations, largest first */
    double condition;   /* first / last; INFINITY for a hinge */
    double cone_rad;    /* largest angle between the mean tip direction and one of the inliers */
    uint32_t poses;
    uint32_t inliers;
    struct trk_refusals refusals; /* too-few, slipped, narrow, residual */
};

/* NAV_OK: `out_pivot` is complete, accepted or not. `out_inlier` (`count` bytes, 1 = inlier; NULL:
 * not wanted) says which poses were used. NAV_ERR_ARGUMENT: fewer than 3 poses, a limit out of
 * range; NAV_ERR_NOT_FINITE: a pose that is none; NAV_ERR_MEMORY. The result depends on nothing but
 * the arguments: the random samples are the same ones every time. */
NAV_MUST_USE enum nav_status trk_pivot_calibrate(const struct nav_pose *poses, size_t count,
                                                 const struct trk_pivot_limits *limits,
                                                 struct trk_pivot *out_pivot, uint8_t *out_inlier);

struct trk_spin_limits {
    uint32_t poses_min;
    double turn_min_rad;    /* the tool must have been turned this far */
    double ratio_max;       /* smallest / middle eigenvalue: wobble against turn */
    double towards_tip_min; /* |cos| between axis and tip below which its sense is not told */
};

/* 50 poses, 60 deg, 0.01, 0.2. */
struct trk_spin_limits trk_spin_limits_default(void);

struct trk_spin {
    double axis[3];    /* unit, in the tool, from the marker towards the tip */
    double turn_rad;   /* how far the tool was turned: the full circle less the largest gap */
    double wobble_rad; /* rms angle between the axis of one pose and the mean */
    double ratio;      /* smallest / middle eigenvalue */
    uint32_t poses;
    struct trk_refusals refusals; /* too-few, turn, wobble, sense */
};

/* `tip_mm` in the tool gives the axis its sense. Statuses as above. */
NAV_MUST_USE enum nav_status trk_spin_calibrate(const struct nav_pose *poses, size_t count,
                                                const double tip_mm[3],
                                                const struct trk_spin_limits *limits,
                                                struct trk_spin *out_spin);

/* The tip of a calibrated tool in a divot, before use: is the calibration still true? */
enum trk_divot_verdict { TRK_DIVOT_GOOD = 0, TRK_DIVOT_CAUTION, TRK_DIVOT_REFUSED };

struct trk_divot {
    enum trk_divot_verdict verdict;
    double mean_mm[3];   /* of the tip, in the frame of the poses */
    double rms_mm;       /* of its distances from there: a bent tip moves as the tool is turned */
    double max_mm;       /* largest of them */
    double deviation_mm; /* of the mean from the known divot; NaN where none is known */
};

/* `divot_mm` (NULL: not known) in the frame of the poses. The verdict is by the larger of `rms_mm`
 * and `deviation_mm`: above `caution_mm`, above `refuse_mm`. Statuses as above; 1 pose is enough,
 * but without a known divot it takes poses of different directions to see a bent tip. */
NAV_MUST_USE enum nav_status trk_divot_check(const struct nav_pose *poses, size_t count,
                                             const double tip_mm[3], const double *divot_mm,
                                             double caution_mm, double refuse_mm,
                                             struct trk_divot *out_divot);

#endif
