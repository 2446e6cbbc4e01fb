#include "history.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

int64_t trk_time_difference(int64_t a, int64_t b)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return a < b ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

/* |a - b|, saturating. */
static int64_t distance(int64_t a, int64_t b)
{
    return a >= b ? trk_time_difference(a, b) : trk_time_difference(b, a);
}

void trk_history_clear(struct trk_history *history)
{
    history->count = 0;
    history->head = 0;
}

void trk_history_push(struct trk_history *history, const struct trk_entry *entry)
{
    history->entries[history->head] = *entry;
    history->head = (history->head + 1) % NAV_HISTORY_MAX;
    if (history->count < NAV_HISTORY_MAX) {
        ++history->count;
    }
}

const struct trk_entry *trk_history_entry(const struct trk_history *history, uint32_t back)
{
    if (back >= history->count) {
        return NULL;
    }
    return &history->entries[(history->head + NAV_HISTORY_MAX - 1 - back) % NAV_HISTORY_MAX];
}

static struct trk_lookup none(void)
{
    return (struct trk_lookup){.answer = TRK_ANSWER_NONE, .error_mm = (double)NAN};
}

static struct trk_lookup of_entry(const struct trk_entry *entry, enum trk_answer answer)
{
    return (struct trk_lookup){
        .answer = answer,
        .pose = entry->pose,
        .arrival_ns = entry->arrival_ns,
        .flags = entry->flags,
        .error_mm = entry->error_mm,
    };
}

static struct trk_lookup between(const struct trk_entry *before, const struct trk_entry *after,
                                 int64_t device_ns)
{
    const double s =
        (double)(device_ns - before->device_ns) / (double)(after->device_ns - before->device_ns);
    const uint32_t faults = TRK_FLAG_LATE;
    struct trk_lookup lookup = of_entry(after, TRK_ANSWER_INTERPOLATED);
    lookup.pose = nav_pose_interpolate(&before->pose, &after->pose, s);
    lookup.flags =
        (before->flags & after->flags & ~faults) | ((before->flags | after->flags) & faults);
    if (!(before->error_mm <= after->error_mm)) { /* also carries a NaN outwards */
        lookup.error_mm = isnan(after->error_mm) ? after->error_mm : before->error_mm;
    }
    return lookup;
}

/* On the sender's clock. Stamps of one clock grow with the arrival. */
static struct trk_lookup at_device_time(const struct trk_history *history,
                                        const struct trk_entry *at, const struct trk_limits *limits)
{
    const struct trk_entry *after = NULL;
    const struct trk_entry *before = NULL;
    for (uint32_t back = 0; back < history->count; ++back) {
        const struct trk_entry *entry = trk_history_entry(history, back);
        if (entry->clock != at->clock) {
            continue;
        }
        if (entry->device_ns == at->device_ns) {
            return of_entry(entry, TRK_ANSWER_EXACT);
        }
        if (entry->device_ns < at->device_ns) {
            before = entry;
            break;
        }
        after = entry;
    }
    const int64_t to_before =
        before != NULL ? distance(at->device_ns, before->device_ns) : INT64_MAX;
    const int64_t to_after = after != NULL ? distance(at->device_ns, after->device_ns) : INT64_MAX;
    if (before != NULL && after != NULL &&
        distance(after->device_ns, before->device_ns) <= limits->interpolate_max_ns) {
        return between(before, after, at->device_ns);
    }
    if (after != NULL && to_after <= to_before && to_after <= limits->join_max_ns) {
        return of_entry(after, TRK_ANSWER_HELD);
    }
    if (before != NULL && to_before <= limits->join_max_ns) {
        return of_entry(before, TRK_ANSWER_HELD);
    }
    return none();
}

static struct trk_lookup at_arrival_time(const struct trk_history *history,
                                         const struct trk_entry *at,
                                         const struct trk_limits *limits)
{
    const struct trk_entry *nearest = NULL;
    int64_t nearest_ns = INT64_MAX;
    for (uint32_t back = 0; back < history->count; ++back) {
        const struct trk_entry *entry = trk_history_entry(history, back);
        const int64_t apart_ns = distance(entry->arrival_ns, at->arrival_ns);
        if (apart_ns < nearest_ns) {
            nearest = entry;
            nearest_ns = apart_ns;
        }
        if (entry->arrival_ns < at->arrival_ns) {
            break; /* the others are older still */
        }
    }
    return nearest != NULL && nearest_ns <= limits->join_max_ns ? of_entry(nearest, TRK_ANSWER_HELD)
                                                                : none();
}

struct trk_lookup trk_history_at(const struct trk_history *history, const struct trk_entry *at,
                                 const struct trk_limits *limits)
{
    /* The newest pose of the same source tells whether that source stamps this device. */
    for (uint32_t back = 0; at->clock != 0 && back < history->count; ++back) {
        const struct trk_entry *entry = trk_history_entry(history, back);
        if (entry->source == at->source) {
            if (entry->clock != 0) {
                return at_device_time(history, at, limits);
            }
            break;
        }
    }
    return at_arrival_time(history, at, limits);
}
