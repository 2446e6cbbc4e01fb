/* How much later one stream of poses is than another, from a motion that both have seen.
 *
 * A camera and a tracker watch one rigid motion. How far a body has turned between two instants is
 * the same in every frame and for every point of it, so that neither the hand-eye transform nor the
 * registration need be known: for each interval between two poses of the camera its turn is
 * compared with the tracker's over the same interval `delay` earlier, interpolated. The delay with
 * the least sum of squares is the answer; its standard deviation follows from the sum's curvature
 * there.
 *
 * rad, ns. Allocates. Thread: any. */
#ifndef TRK_DELAY_H
#define TRK_DELAY_H

#include <stddef.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/status.h"
#include "refusal.h"

struct trk_delay_limits {
    int64_t search_ns;      /* looked for within +- this */
    int64_t gap_ns;         /* longest interval between two poses that is used */
    uint32_t intervals_min; /* used ones */
    double turn_min_rad;    /* rms turn of an interval: less says nothing */
    double sd_max_ns;
    double second_min; /* the next best delay's sum of squares over the best one's: a motion
                          that repeats itself has several */
};

/* +- 300 ms, 100 ms, 60, 0.3 deg, 5 ms, 1.5. */
struct trk_delay_limits trk_delay_limits_default(void);

struct trk_delay {
    int64_t delay_ns; /* the camera's stamps are later than the tracker's by this */
    double sd_ns;
    double residual_rad; /* rms of what is left of the turns */
    double turn_rad;     /* rms turn of an interval */
    uint32_t intervals;
    struct trk_refusals refusals; /* too-few, still, edge, repeats, uncertain */
};

/* Both streams in order of time. NAV_OK: complete, accepted or not. NAV_ERR_ARGUMENT: fewer than 3
 * poses of one, times that go back, limits; NAV_ERR_NOT_FOUND: the streams do not overlap;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status
trk_delay_estimate(const struct nav_pose *camera, const int64_t *camera_ns, size_t camera_count,
                   const struct nav_pose *tracker, const int64_t *tracker_ns, size_t tracker_count,
                   const struct trk_delay_limits *limits, struct trk_delay *out_delay);

#endif
