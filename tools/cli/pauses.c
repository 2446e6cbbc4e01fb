#include "pauses.h"

#include <math.h>
#include <stdlib.h>

#include "case_limits.h"
#include "nav/time.h"

struct list {
    struct trk_pause *pauses;
    size_t count, capacity;
};

static enum nav_status append(struct list *list, const struct trk_pause *pause)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        struct trk_pause *grown = realloc(list->pauses, capacity * sizeof(*grown));
        if (grown == NULL) {
            return NAV_ERR_MEMORY;
        }
        list->pauses = grown;
        list->capacity = capacity;
    }
    list->pauses[list->count++] = *pause;
    return NAV_OK;
}

static enum nav_status run(struct trk_dwell *dwell, const struct recording *recording,
                           const double tip_mm[3], struct list *list)
{
    enum nav_status status = NAV_OK;
    struct trk_pause pause;
    size_t hidden = 0;
    for (size_t i = 0; i < recording->count && status == NAV_OK; ++i) {
        const int64_t time_ns = recording->time_ns[i];
        while (hidden < recording->hidden_count && recording->hidden_ns[hidden] <= time_ns &&
               status == NAV_OK) {
            if (trk_dwell_push(dwell, recording->hidden_ns[hidden++], false, tip_mm, &pause)) {
                status = append(list, &pause);
            }
        }
        double point[3];
        nav_pose_apply(&recording->poses[i], tip_mm, point);
        if (status == NAV_OK && trk_dwell_push(dwell, time_ns, true, point, &pause)) {
            status = append(list, &pause);
        }
    }
    if (status == NAV_OK && trk_dwell_finish(dwell, &pause)) {
        status = append(list, &pause);
    }
    return status;
}

struct trk_dwell_limits pauses_limits(const struct cfg_limits *limits, double hold_s,
                                      double radius_mm, double samples_min)
{
    struct trk_dwell_limits dwell = case_limits_dwell(limits);
    if (hold_s > 0.0) {
        dwell.hold_ns = llround(hold_s * (double)NAV_NS_PER_S);
    }
    if (radius_mm > 0.0) {
        dwell.radius_mm = radius_mm;
    }
    if (samples_min > 0.0) {
        dwell.samples_min = (uint32_t)samples_min;
    }
    return dwell;
}

enum nav_status pauses_find(const struct recording *recording, const double tip_mm[3],
                            const struct trk_dwell_limits *limits, struct trk_pause **out_pauses,
                            size_t *out_count)
{
    struct trk_dwell *dwell = calloc(1, sizeof(*dwell));
    if (dwell == NULL) {
        return NAV_ERR_MEMORY;
    }
    struct list list = {0};
    enum nav_status status = trk_dwell_init(dwell, limits);
    if (status == NAV_OK) {
        status = run(dwell, recording, tip_mm, &list);
    }
    free(dwell);
    if (status != NAV_OK) {
        free(list.pauses);
        return status;
    }
    *out_pauses = list.pauses;
    *out_count = list.count;
    return NAV_OK;
}
