#include "reference_watch.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "nav/time.h"

/* In slices: how long it must have rested before the jump, from there to after it, and until it
 * has proved to last. */
enum { RESTED = 2, JUMP = 2, LASTS = 6 };

_Static_assert(RESTED + LASTS + 2 <= TRK_SLICES, "the slice being filled overwrites none in use");

static const int64_t slice_ns = 50 * NAV_NS_PER_MS;

/* What counts as staying, as a part of what counts as a jump. */
static const double still_part = 0.5;

void trk_reference_watch_init(struct trk_reference_watch *watch, uint32_t reference)
{
    memset(watch, 0, sizeof(*watch));
    watch->reference = reference;
}

void trk_reference_watch_clear(struct trk_reference_watch *watch)
{
    watch->moved = false;
}

static struct trk_slice *place_of(struct trk_reference_watch *watch, uint32_t device,
                                  int64_t number)
{
    return &watch->slices[device][(uint64_t)number % TRK_SLICES];
}

/* Mean pose of a slice; false: it has none. */
static bool mean_of(struct trk_reference_watch *watch, uint32_t device, int64_t number,
                    struct nav_pose *out_mean)
{
    const struct trk_slice *slice = place_of(watch, device, number);
    if (slice->count == 0 || slice->number != number) {
        return false;
    }
    double norm = 0.0;
    for (int i = 0; i < 4; ++i) {
        norm += slice->q[i] * slice->q[i];
    }
    norm = sqrt(norm);
    if (!(norm > 0.0)) {
        return false;
    }
    for (int i = 0; i < 4; ++i) {
        out_mean->q[i] = slice->q[i] / norm;
    }
    for (int i = 0; i < 3; ++i) {
        out_mean->t_mm[i] = slice->t_mm[i] / (double)slice->count;
    }
    return true;
}

/* Whether two poses differ by more than `part` of the limits. */
static bool apart(const struct nav_pose *a, const struct nav_pose *b, double part,
                  const struct trk_limits *limits)
{
    return nav_pose_distance_mm(a, b) > part * limits->reference_jump_mm ||
           nav_pose_angle_rad(a, b) > part * limits->reference_jump_rad;
}

static bool stayed(struct trk_reference_watch *watch, uint32_t tool, int64_t before,
                   const struct trk_limits *limits)
{
    struct nav_pose first;
    struct nav_pose last;
    if (!mean_of(watch, tool, before, &first) || !mean_of(watch, tool, before + LASTS, &last) ||
        apart(&first, &last, still_part, limits)) {
        return false;
    }
    for (int64_t number = before + 1; number < before + LASTS; ++number) {
        struct nav_pose between;
        if (mean_of(watch, tool, number, &between) && apart(&first, &between, still_part, limits)) {
            return false;
        }
    }
    return true;
}

/* Whether the reference was where it was in slice `before` for some time: what springs back from a
 * bump was not. */
static bool rested(struct trk_reference_watch *watch, int64_t before,
                   const struct trk_limits *limits)
{
    struct nav_pose first;
    struct nav_pose earlier;
    if (!mean_of(watch, watch->reference, before, &first) ||
        !mean_of(watch, watch->reference, before - RESTED, &earlier)) {
        return false;
    }
    for (int64_t number = before - RESTED; number < before; ++number) {
        if (mean_of(watch, watch->reference, number, &earlier) &&
            apart(&first, &earlier, still_part, limits)) {
            return false;
        }
    }
    return true;
}

static bool jumped(struct trk_reference_watch *watch, int64_t before,
                   const struct trk_limits *limits)
{
    struct nav_pose first;
    struct nav_pose after;
    struct nav_pose last;
    if (!mean_of(watch, watch->reference, before, &first) ||
        !mean_of(watch, watch->reference, before + JUMP, &after) ||
        !mean_of(watch, watch->reference, before + LASTS, &last) ||
        !apart(&first, &last, 1.0, limits)) {
        return false;
    }
    for (int64_t number = before + JUMP; number < before + LASTS; ++number) {
        if (mean_of(watch, watch->reference, number, &after) &&
            (!apart(&first, &after, 1.0, limits) || apart(&after, &last, still_part, limits))) {
            return false;
        }
    }
    return true;
}

static void look(struct trk_reference_watch *watch, int64_t newest, int64_t arrival_ns,
                 const struct trk_limits *limits)
{
    const int64_t before = newest - LASTS;
    if (!rested(watch, before, limits) || !jumped(watch, before, limits)) {
        return;
    }
    for (uint32_t device = 0; device < TRK_WATCH_DEVICES; ++device) {
        if (device != watch->reference && stayed(watch, device, before, limits)) {
            watch->moved = true;
            watch->moved_ns = arrival_ns;
            return;
        }
    }
}

void trk_reference_watch_push(struct trk_reference_watch *watch, uint32_t device,
                              const struct nav_pose *T_tracker_device, int64_t arrival_ns,
                              const struct trk_limits *limits)
{
    if (device >= TRK_WATCH_DEVICES || arrival_ns < 0) {
        return;
    }
    const int64_t number = arrival_ns / slice_ns;
    struct trk_slice *slice = place_of(watch, device, number);
    if (slice->count == 0 || slice->number != number) {
        if (device == watch->reference) {
            /* the slice before is whole now, and the tools have had a little longer */
            look(watch, number - 1, arrival_ns, limits);
        }
        *slice = (struct trk_slice){.number = number};
    }
    double along = 0.0;
    for (int i = 0; i < 4; ++i) {
        along += slice->q[i] * T_tracker_device->q[i];
    }
    const double sign = along < 0.0 ? -1.0 : 1.0;
    for (int i = 0; i < 4; ++i) {
        slice->q[i] += sign * T_tracker_device->q[i];
    }
    for (int i = 0; i < 3; ++i) {
        slice->t_mm[i] += T_tracker_device->t_mm[i];
    }
    ++slice->count;
}
