#include "dwell.h"

#include <math.h>
#include <string.h>

#include "history.h"
#include "nav/time.h"

struct trk_dwell_limits trk_dwell_limits_default(void)
{
    return (struct trk_dwell_limits){
        .hold_ns = NAV_NS_PER_S,
        .gap_max_ns = 100 * NAV_NS_PER_MS,
        .radius_mm = 1.0,
        .samples_min = 10,
    };
}

const char *trk_dwell_end_name(enum trk_dwell_end end)
{
    static const char *const names[] = {"open", "moved", "hidden", "gap", "finished"};
    return (size_t)end < sizeof(names) / sizeof(names[0]) ? names[end] : "?";
}

enum nav_status trk_dwell_init(struct trk_dwell *dwell, const struct trk_dwell_limits *limits)
{
    if (limits->hold_ns <= 0 || limits->gap_max_ns <= 0 || !(limits->radius_mm > 0.0) ||
        limits->samples_min == 0) {
        return NAV_ERR_ARGUMENT;
    }
    memset(dwell, 0, sizeof(*dwell));
    dwell->limits = *limits;
    return NAV_OK;
}

/* Of the stretch; 0 is the oldest. */
static const struct trk_dwell_sample *sample_at(const struct trk_dwell *dwell, uint32_t index)
{
    return &dwell->ring[(dwell->head + TRK_DWELL_SAMPLES_MAX - dwell->count + index) %
                        TRK_DWELL_SAMPLES_MAX];
}

static const struct trk_dwell_sample *oldest(const struct trk_dwell *dwell)
{
    return sample_at(dwell, 0);
}

static double distance(const double a[3], const double b[3])
{
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

static void mean_of_stretch(const struct trk_dwell *dwell, double out_mean[3])
{
    double sum[3] = {0.0, 0.0, 0.0};
    const double *first = oldest(dwell)->point_mm; /* differences keep their digits */
    for (uint32_t i = 0; i < dwell->count; ++i) {
        for (int k = 0; k < 3; ++k) {
            sum[k] += sample_at(dwell, i)->point_mm[k] - first[k];
        }
    }
    for (int k = 0; k < 3; ++k) {
        out_mean[k] = first[k] + sum[k] / (double)dwell->count;
    }
}

/* Drops the oldest samples until all that remain lie within the radius of their mean. */
static void shorten_stretch(struct trk_dwell *dwell)
{
    while (dwell->count > 0) {
        double mean[3];
        mean_of_stretch(dwell, mean);
        bool within = true;
        for (uint32_t i = 0; within && i < dwell->count; ++i) {
            within = distance(sample_at(dwell, i)->point_mm, mean) <= dwell->limits.radius_mm;
        }
        if (within) {
            return;
        }
        --dwell->count;
    }
}

/* The samples of the pause are counted against its anchor, the mean of the first stretch. */
static void count_in_pause(struct trk_dwell *dwell, const struct trk_dwell_sample *sample)
{
    double squares = 0.0;
    for (int k = 0; k < 3; ++k) {
        const double d = sample->point_mm[k] - dwell->anchor_mm[k];
        dwell->sum_mm[k] += d;
        squares += d * d;
    }
    dwell->squares += squares;
    dwell->max_mm = fmax(dwell->max_mm, sqrt(squares));
    dwell->last_ns = sample->time_ns;
    ++dwell->samples;
}

static void begin_pause(struct trk_dwell *dwell)
{
    mean_of_stretch(dwell, dwell->anchor_mm);
    dwell->resting = true;
    dwell->start_ns = oldest(dwell)->time_ns;
    dwell->samples = 0;
    dwell->squares = dwell->max_mm = 0.0;
    memset(dwell->sum_mm, 0, sizeof(dwell->sum_mm));
    for (uint32_t i = 0; i < dwell->count; ++i) {
        count_in_pause(dwell, sample_at(dwell, i));
    }
}

static void describe(const struct trk_dwell *dwell, enum trk_dwell_end end,
                     struct trk_pause *out_pause)
{
    const double count = (double)dwell->samples;
    double shift2 = 0.0;
    *out_pause = (struct trk_pause){
        .start_ns = dwell->start_ns,
        .end_ns = dwell->last_ns,
        .samples = dwell->samples,
        .max_mm = dwell->max_mm,
        .end = end,
    };
    for (int k = 0; k < 3; ++k) {
        const double shift = dwell->sum_mm[k] / count;
        out_pause->mean_mm[k] = dwell->anchor_mm[k] + shift;
        shift2 += shift * shift;
    }
    out_pause->rms_mm = sqrt(fmax(dwell->squares / count - shift2, 0.0));
}

/* Forgets the stretch; true when it was a pause. */
static bool end_stretch(struct trk_dwell *dwell, enum trk_dwell_end end,
                        struct trk_pause *out_pause)
{
    const bool was_resting = dwell->resting;
    if (was_resting) {
        describe(dwell, end, out_pause);
    }
    dwell->last_end = end;
    dwell->resting = false;
    dwell->count = 0;
    return was_resting;
}

static void add_to_stretch(struct trk_dwell *dwell, const struct trk_dwell_sample *sample)
{
    const struct trk_dwell_limits *limits = &dwell->limits;
    dwell->ring[dwell->head] = *sample;
    dwell->head = (dwell->head + 1) % TRK_DWELL_SAMPLES_MAX;
    dwell->count += dwell->count < TRK_DWELL_SAMPLES_MAX;
    dwell->last_ns = sample->time_ns;
    shorten_stretch(dwell);
    if (dwell->count >= limits->samples_min &&
        trk_time_difference(sample->time_ns, oldest(dwell)->time_ns) >= limits->hold_ns) {
        begin_pause(dwell);
    }
}

bool trk_dwell_push(struct trk_dwell *dwell, int64_t time_ns, bool visible,
                    const double point_mm[3], struct trk_pause *out_pause)
{
    const bool usable =
        visible && isfinite(point_mm[0]) && isfinite(point_mm[1]) && isfinite(point_mm[2]);
    if (!usable) {
        return end_stretch(dwell, TRK_DWELL_HIDDEN, out_pause);
    }
    const struct trk_dwell_sample sample = {
        .time_ns = time_ns,
        .point_mm = {point_mm[0], point_mm[1], point_mm[2]},
    };
    bool ended = false;
    if (dwell->count > 0 &&
        (time_ns < dwell->last_ns ||
         trk_time_difference(time_ns, dwell->last_ns) > dwell->limits.gap_max_ns)) {
        ended = end_stretch(dwell, TRK_DWELL_GAP, out_pause);
    } else if (dwell->resting && distance(point_mm, dwell->anchor_mm) > dwell->limits.radius_mm) {
        ended = end_stretch(dwell, TRK_DWELL_MOVED, out_pause);
    }
    if (dwell->resting) {
        count_in_pause(dwell, &sample);
    } else {
        add_to_stretch(dwell, &sample);
    }
    return ended;
}

bool trk_dwell_finish(struct trk_dwell *dwell, struct trk_pause *out_pause)
{
    return end_stretch(dwell, TRK_DWELL_FINISHED, out_pause);
}

bool trk_dwell_current(const struct trk_dwell *dwell, struct trk_pause *out_pause)
{
    if (!dwell->resting) {
        return false;
    }
    describe(dwell, TRK_DWELL_OPEN, out_pause);
    return true;
}

double trk_dwell_progress(const struct trk_dwell *dwell)
{
    if (dwell->resting) {
        return 1.0;
    }
    if (dwell->count == 0) {
        return 0.0;
    }
    const double held_ns = (double)trk_time_difference(dwell->last_ns, oldest(dwell)->time_ns);
    const double samples = (double)dwell->count / (double)dwell->limits.samples_min;
    return fmin(1.0, fmin(held_ns / (double)dwell->limits.hold_ns, samples));
}
