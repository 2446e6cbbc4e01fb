/* Optional smoothing of what is shown, at the price of a stated delay.
 *
 * The mean of a tool's poses over the last `smoothing_ns` of its sender's time (where it stamps its
 * messages, else of arrivals), each joined with the reference of its own instant, all in image
 * space. Rotation: the quaternion of the largest eigenvalue of sum q q' (F. L. Markley et al.,
 * J. Guidance, Control, and Dynamics 30, 2007). The translation is the mean of the tip, not of the
 * marker: a tool turned about its tip keeps the tip where it is. n poses with independent noise
 * give 1/sqrt(n) of it; a tip that moves evenly is shown where it was `delay_ns` before, the mean
 * of the poses' ages against the newest: half the window when they are evenly spaced.
 *
 * A window ends early, and is never bridged, at a drop-out or a gap above interpolate_max_ns, a
 * rejected sample of the tool or its reference, another source or clock, a late stamp, a pose
 * without a reference or with a worse one than the newest has, and where the answer would be older
 * than withhold_age_ns. Off (smoothing_ns 0), or alone in its window, the newest pose is passed on
 * bit for bit. Pure, no allocation. Thread: loop. */
#ifndef TRK_SMOOTHING_H
#define TRK_SMOOTHING_H

#include <stdbool.h>
#include <stdint.h>

#include "frame_graph.h"
#include "history.h"
#include "nav/pose.h"
#include "trk_limits.h"

struct trk_smoothed {
    struct nav_pose T_image_tool;
    double tip_image_mm[3];
    int64_t delay_ns; /* 0 = not smoothed */
    double error_mm;  /* the largest of the poses used; NaN = not stated by every one */
    uint32_t poses;   /* used */
};

struct trk_smoothing_inputs {
    const struct trk_frame_graph *graph;
    const struct trk_path *path; /* image <- tool */
    const struct trk_history *history;
    const struct trk_entry *newest;    /* of the history: the pose to be shown ... */
    const struct trk_located *located; /* ... and where it is */
    const double *tip_mm;              /* in the tool's frame */
    int64_t barrier_ns; /* nothing that arrived at or before this; INT64_MIN = no such instant */
    int64_t now_ns;
};

void trk_smooth(const struct trk_smoothing_inputs *inputs, const struct trk_limits *limits,
                struct trk_smoothed *out_smoothed);

/* The mean rotation of `count` (1 to NAV_HISTORY_MAX) poses, of equal weight, into `out_q`. False,
 * nothing written: the rotations are too far apart for a mean that means anything (the largest
 * eigenvalue is below 3/4 of the sum). */
bool trk_smooth_rotation(const struct nav_pose *poses, uint32_t count, double out_q[4]);

#endif
