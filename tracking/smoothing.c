#include "smoothing.h"

#include <math.h>
#include <string.h>

/* The share of all weight that the mean rotation must explain: cos^2 of half the spread. */
static const double agreement_min = 0.75;
/* Above that share an iteration leaves at most a third of the error: 1/3^40 is below rounding. */
enum { ITERATIONS = 40 };

bool trk_smooth_rotation(const struct nav_pose *poses, uint32_t count, double out_q[4])
{
    double sum[4][4] = {{0.0}};
    for (uint32_t n = 0; n < count; ++n) {
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 4; ++j) {
                sum[i][j] += poses[n].q[i] * poses[n].q[j] / count;
            }
        }
    }
    /* Power iteration: the poses of a fraction of a second are near each other, so that the first
     * one is nearly the answer. */
    double q[4];
    double norm = 0.0;
    memcpy(q, poses[0].q, sizeof(q));
    for (int iteration = 0; iteration < ITERATIONS; ++iteration) {
        double next[4] = {0.0};
        norm = 0.0;
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 4; ++j) {
                next[i] += sum[i][j] * q[j];
            }
            norm += next[i] * next[i];
        }
        norm = sqrt(norm); /* tends to the eigenvalue */
        if (!(norm >= 0.5 * agreement_min)) {
            return false;
        }
        for (int i = 0; i < 4; ++i) {
            q[i] = next[i] / norm;
        }
    }
    if (!(norm >= agreement_min)) {
        return false;
    }
    memcpy(out_q, q, sizeof(q));
    return true;
}

static struct trk_smoothed of_newest(const struct trk_smoothing_inputs *inputs)
{
    struct trk_smoothed smoothed = {
        .T_image_tool = inputs->located->T_base_target,
        .error_mm = inputs->newest->error_mm,
        .poses = 1,
    };
    nav_pose_apply(&smoothed.T_image_tool, inputs->tip_mm, smoothed.tip_image_mm);
    return smoothed;
}

/* How long before the newest pose this one was measured. */
static int64_t lag_of(const struct trk_entry *entry, const struct trk_entry *newest)
{
    return newest->clock != 0 ? trk_time_difference(newest->device_ns, entry->device_ns)
                              : trk_time_difference(newest->arrival_ns, entry->arrival_ns);
}

/* Whether `entry`, the pose before `later`, continues the window. */
static bool belongs(const struct trk_smoothing_inputs *inputs, const struct trk_limits *limits,
                    const struct trk_entry *entry, const struct trk_entry *later)
{
    const struct trk_entry *newest = inputs->newest;
    const int64_t lag_ns = lag_of(entry, newest);
    const int64_t age_ns = trk_time_difference(inputs->now_ns, inputs->located->arrival_ns);
    return entry->source == newest->source && entry->clock == newest->clock &&
           (entry->flags & TRK_FLAG_LATE) == 0 && lag_ns > 0 && lag_ns <= limits->smoothing_ns &&
           lag_ns - lag_of(later, newest) <= limits->interpolate_max_ns &&
           age_ns <= limits->withhold_age_ns - lag_ns;
}

static uint32_t find_newest(const struct trk_smoothing_inputs *inputs)
{
    uint32_t back = 0;
    while (back < inputs->history->count &&
           trk_history_entry(inputs->history, back) != inputs->newest) {
        ++back;
    }
    return back;
}

void trk_smooth(const struct trk_smoothing_inputs *inputs, const struct trk_limits *limits,
                struct trk_smoothed *out_smoothed)
{
    struct trk_smoothed smoothed = of_newest(inputs);
    *out_smoothed = smoothed;
    if (limits->smoothing_ns <= 0 || (inputs->located->flags & TRK_FLAG_LATE) != 0 ||
        inputs->newest->arrival_ns <= inputs->barrier_ns) {
        return;
    }
    struct nav_pose poses[NAV_HISTORY_MAX];
    double tip_sum[3] = {smoothed.tip_image_mm[0], smoothed.tip_image_mm[1],
                         smoothed.tip_image_mm[2]};
    int64_t lag_sum_ns = 0; /* at most NAV_HISTORY_MAX windows: cannot overflow */
    poses[0] = smoothed.T_image_tool;
    const struct trk_entry *later = inputs->newest;
    for (uint32_t back = find_newest(inputs) + 1; back < inputs->history->count; ++back) {
        const struct trk_entry *entry = trk_history_entry(inputs->history, back);
        if (!belongs(inputs, limits, entry, later)) {
            break;
        }
        const struct trk_located located =
            trk_frame_graph_locate(inputs->graph, inputs->path, inputs->history, entry, limits);
        if (located.answer < inputs->located->answer || located.flags != inputs->located->flags ||
            located.arrival_ns <= inputs->barrier_ns) { /* never later than the entry's arrival */
            break;
        }
        double tip[3];
        nav_pose_apply(&located.T_base_target, inputs->tip_mm, tip);
        for (int k = 0; k < 3; ++k) {
            tip_sum[k] += tip[k];
        }
        lag_sum_ns += lag_of(entry, inputs->newest);
        if (!(entry->error_mm <= smoothed.error_mm)) { /* also carries a NaN outwards */
            smoothed.error_mm = isnan(smoothed.error_mm) ? smoothed.error_mm : entry->error_mm;
        }
        poses[smoothed.poses++] = located.T_base_target;
        later = entry;
    }
    if (smoothed.poses == 1 ||
        !trk_smooth_rotation(poses, smoothed.poses, smoothed.T_image_tool.q)) {
        return;
    }
    double arm[3];
    nav_pose_rotate(&smoothed.T_image_tool, inputs->tip_mm, arm);
    for (int k = 0; k < 3; ++k) {
        smoothed.tip_image_mm[k] = tip_sum[k] / smoothed.poses;
        smoothed.T_image_tool.t_mm[k] = smoothed.tip_image_mm[k] - arm[k];
    }
    smoothed.delay_ns = lag_sum_ns / smoothed.poses;
    *out_smoothed = smoothed;
}
