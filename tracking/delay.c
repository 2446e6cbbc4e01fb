#include "delay.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "nav/time.h"

enum {
    STEP_NS = 2000000,
    FINE_STEP_NS = 250000,
    /* Nearer minima are the same one: between two poses of the tracker interpolation averages
     * their noise, which makes ripples of the tracker's period. */
    APART_NS = 40000000
};
static const double RAD_PER_DEG = 3.14159265358979323846 / 180;
static const double STREAMS_OVERLAP_MIN = 0.5; /* of the camera's intervals */

struct streams {
    const struct nav_pose *camera, *tracker;
    const int64_t *camera_ns, *tracker_ns;
    size_t camera_count, tracker_count;
    int64_t gap_ns;
};

struct sum {
    double squares;
    double turns; /* squares of the camera's turns */
    uint32_t intervals;
};

struct trk_delay_limits trk_delay_limits_default(void)
{
    return (struct trk_delay_limits){.search_ns = 300 * NAV_NS_PER_MS,
                                     .gap_ns = 100 * NAV_NS_PER_MS,
                                     .intervals_min = 60,
                                     .turn_min_rad = 0.3 * RAD_PER_DEG,
                                     .sd_max_ns = 5.0 * (double)NAV_NS_PER_MS,
                                     .second_min = 1.5};
}

/* The tracker's pose at a time, from `*io_at` on, which only goes forward. False: not known. */
static bool tracker_at(const struct streams *streams, int64_t time_ns, size_t *io_at,
                       struct nav_pose *out)
{
    size_t at = *io_at;
    while (at + 2 < streams->tracker_count && streams->tracker_ns[at + 1] < time_ns) {
        ++at;
    }
    *io_at = at;
    const int64_t from_ns = streams->tracker_ns[at];
    const int64_t to_ns = streams->tracker_ns[at + 1];
    if (time_ns < from_ns || time_ns > to_ns || to_ns - from_ns > streams->gap_ns) {
        return false;
    }
    const double share =
        to_ns > from_ns ? (double)(time_ns - from_ns) / (double)(to_ns - from_ns) : 0.0;
    *out = nav_pose_interpolate(&streams->tracker[at], &streams->tracker[at + 1], share);
    return true;
}

static struct sum sum_at(const struct streams *streams, int64_t delay_ns)
{
    struct sum sum = {0};
    size_t at = 0;
    bool has_before = false;
    struct nav_pose before = {0};
    for (size_t i = 0; i < streams->camera_count; ++i) {
        struct nav_pose now;
        const bool has_now = tracker_at(streams, streams->camera_ns[i] - delay_ns, &at, &now);
        if (has_now && has_before &&
            streams->camera_ns[i] - streams->camera_ns[i - 1] <= streams->gap_ns) {
            const double seen = nav_pose_angle_rad(&streams->camera[i - 1], &streams->camera[i]);
            const double off = seen - nav_pose_angle_rad(&before, &now);
            sum.squares += off * off;
            sum.turns += seen * seen;
            ++sum.intervals;
        }
        has_before = has_now;
        before = now;
    }
    return sum;
}

static double mean_square(const struct sum *sum)
{
    return sum->intervals > 0 ? sum->squares / sum->intervals : INFINITY;
}

/* The best delay of a range; `out_second` is the least local minimum apart from it. */
static int64_t search(const struct streams *streams, int64_t search_ns, double enough,
                      double *out_second)
{
    const size_t count = (size_t)(2 * search_ns / STEP_NS) + 1;
    double *values = calloc(count, sizeof(*values));
    if (values == NULL) {
        return INT64_MAX;
    }
    size_t best = 0;
    for (size_t i = 0; i < count; ++i) {
        const struct sum sum = sum_at(streams, (int64_t)i * STEP_NS - search_ns);
        values[i] = sum.intervals >= enough ? mean_square(&sum) : INFINITY;
        best = values[i] < values[best] ? i : best;
    }
    *out_second = INFINITY;
    for (size_t i = 1; i + 1 < count; ++i) {
        const bool lowest = values[i] <= values[i - 1] && values[i] <= values[i + 1];
        const int64_t apart_ns = llabs((int64_t)i - (int64_t)best) * STEP_NS;
        if (lowest && apart_ns > APART_NS && values[i] < *out_second) {
            *out_second = values[i];
        }
    }
    const bool found = isfinite(values[best]);
    free(values);
    return found ? (int64_t)best * STEP_NS - search_ns : INT64_MIN;
}

/* Vertex of the parabola through the sum at `delay_ns` and a step to both sides. */
static double refine(const struct streams *streams, int64_t delay_ns, int64_t step_ns,
                     double *out_curvature)
{
    const struct sum left = sum_at(streams, delay_ns - step_ns);
    const struct sum middle = sum_at(streams, delay_ns);
    const struct sum right = sum_at(streams, delay_ns + step_ns);
    const double l = mean_square(&left);
    const double m = mean_square(&middle);
    const double r = mean_square(&right);
    const double bend = l - 2 * m + r;
    *out_curvature = bend / ((double)step_ns * (double)step_ns);
    if (!(bend > 0)) {
        return (double)delay_ns;
    }
    return (double)delay_ns + fmax(-1.0, fmin(1.0, 0.5 * (l - r) / bend)) * (double)step_ns;
}

static void judge(const struct trk_delay_limits *limits, double second, struct trk_delay *result)
{
    if (result->intervals < limits->intervals_min) {
        trk_refuse(&result->refusals, "too-few", "record for longer, with the target in view",
                   "%u intervals seen by both, %u are needed", result->intervals,
                   limits->intervals_min);
    }
    if (result->turn_rad < limits->turn_min_rad) {
        trk_refuse(&result->refusals, "still", "turn it quickly to and fro, at changing speed",
                   "it turns by %.2f deg between two pictures, %.2f are needed",
                   result->turn_rad / RAD_PER_DEG, limits->turn_min_rad / RAD_PER_DEG);
    }
    if (limits->search_ns - llabs(result->delay_ns) <= 2 * STEP_NS) {
        trk_refuse(&result->refusals, "edge", "set both clocks by the network, or search further",
                   "the best delay lies at the end of what was searched");
    }
    const double square = fmax(result->residual_rad * result->residual_rad, 1e-12);
    if (second < limits->second_min * square) {
        trk_refuse(&result->refusals, "repeats", "move it without rhythm",
                   "another delay explains the motion nearly as well");
    }
    if (!(result->sd_ns <= limits->sd_max_ns)) {
        trk_refuse(&result->refusals, "uncertain", "record for longer and turn it more quickly",
                   "known to %.1f ms only, %.1f are needed", result->sd_ns / (double)NAV_NS_PER_MS,
                   limits->sd_max_ns / (double)NAV_NS_PER_MS);
    }
}

static bool goes_forward(const int64_t *times_ns, size_t count)
{
    for (size_t i = 1; i < count; ++i) {
        if (times_ns[i] < times_ns[i - 1]) {
            return false;
        }
    }
    return count >= 3;
}

enum nav_status trk_delay_estimate(const struct nav_pose *camera, const int64_t *camera_ns,
                                   size_t camera_count, const struct nav_pose *tracker,
                                   const int64_t *tracker_ns, size_t tracker_count,
                                   const struct trk_delay_limits *limits,
                                   struct trk_delay *out_delay)
{
    if (!goes_forward(camera_ns, camera_count) || !goes_forward(tracker_ns, tracker_count) ||
        limits->search_ns < STEP_NS || limits->gap_ns <= 0) {
        return NAV_ERR_ARGUMENT;
    }
    const struct streams streams = {camera,       tracker,       camera_ns,     tracker_ns,
                                    camera_count, tracker_count, limits->gap_ns};
    double second;
    const double enough = STREAMS_OVERLAP_MIN * (double)(camera_count - 1);
    const int64_t coarse_ns = search(&streams, limits->search_ns, enough, &second);
    if (coarse_ns == INT64_MAX) {
        return NAV_ERR_MEMORY;
    }
    if (coarse_ns == INT64_MIN) {
        return NAV_ERR_NOT_FOUND;
    }
    double curvature;
    const double near_ns = refine(&streams, coarse_ns, STEP_NS, &curvature);
    const double best_ns = refine(&streams, (int64_t)near_ns, FINE_STEP_NS, &curvature);
    struct trk_delay result = {.delay_ns = (int64_t)round(best_ns)};
    const struct sum sum = sum_at(&streams, result.delay_ns);
    result.intervals = sum.intervals;
    result.residual_rad = sqrt(mean_square(&sum));
    result.turn_rad = sum.intervals > 0 ? sqrt(sum.turns / sum.intervals) : 0.0;
    (void)refine(&streams, result.delay_ns, STEP_NS, &curvature);
    /* The mean square's second derivative is twice the square of the turns' slope. */
    result.sd_ns = curvature > 0 && sum.intervals > 1
                       ? sqrt(2 * mean_square(&sum) / (curvature * sum.intervals))
                       : INFINITY;
    judge(limits, second, &result);
    *out_delay = result;
    return NAV_OK;
}
