#include "device.h"

#include <string.h>

#include "gate.h"

_Static_assert(NAV_REASON_COUNT <= 64, "reasons are kept as bits of one word");

void trk_device_init(struct trk_device *device, const char *name)
{
    memset(device, 0, sizeof(*device));
    device->name_length = strnlen(name, NAV_NAME_SIZE - 1);
    memcpy(device->name, name, device->name_length);
}

static void drop_out(struct trk_device *device, enum nav_reason reason)
{
    if (device->accepted == 0) {
        return; /* there was nothing to lose: the first pose may be shown at once */
    }
    device->withheld = true;
    device->withheld_for = reason;
    device->good_count = 0;
    trk_history_clear(&device->history);
}

/* Whether `sample` may speak for the device: one sender at a time. */
static bool take_ownership(struct trk_device *device, const struct nav_pose_sample *sample,
                           const struct trk_limits *limits)
{
    const bool other = device->owned && device->owner != sample->source;
    if (other && !device->link_down &&
        trk_time_difference(sample->arrival_ns, device->owner_ns) <= limits->withhold_age_ns) {
        device->contested = true;
        device->contested_ns = sample->arrival_ns;
        return false;
    }
    device->owned = true;
    device->owner = sample->source;
    device->owner_ns = sample->arrival_ns;
    return true;
}

static enum nav_status reject(struct trk_device *device, const struct nav_pose_sample *sample,
                              enum nav_reason reason, enum nav_status status)
{
    ++device->rejected;
    device->rejected_for = reason;
    device->rejected_ns = sample->arrival_ns;
    return status;
}

/* Whether the sample is newer than the last one of this device, as far as that can be told. A stamp
 * far behind it was made by a clock that has been put back: then all clocks start anew. */
static bool is_newer(const struct trk_device *device, struct trk_clock_map *clocks,
                     const struct nav_pose_sample *sample, const struct trk_limits *limits)
{
    const struct trk_entry *last = &device->last;
    if (device->accepted == 0) {
        return true;
    }
    if (sample->arrival_ns < last->arrival_ns) {
        return false;
    }
    if (sample->device_ns == 0 || last->clock == 0 ||
        trk_clock_map_id(clocks, sample->source) != last->clock) {
        return true; /* no common clock */
    }
    const int64_t step_ns = trk_time_difference(sample->device_ns, last->device_ns);
    if (step_ns > 0) {
        return true;
    }
    if (step_ns >= -limits->clock_jump_ns) {
        return false;
    }
    trk_clock_map_rebase(clocks, sample->source, sample->device_ns, sample->arrival_ns);
    return true;
}

static void watch_repeats(struct trk_device *device, const struct nav_pose_sample *sample,
                          bool identity)
{
    double raw[12];
    memcpy(raw, sample->R, 9 * sizeof(double));
    memcpy(raw + 9, sample->t_mm, 3 * sizeof(double));
    if (device->accepted == 0 || memcmp(raw, device->raw, sizeof(raw)) != 0) {
        memcpy(device->raw, raw, sizeof(raw));
        device->same_since_ns = sample->arrival_ns;
    }
    if (identity && !device->identity) {
        device->identity_since_ns = sample->arrival_ns;
    }
    device->identity = identity;
}

static void count_return(struct trk_device *device, int64_t arrival_ns,
                         const struct trk_limits *limits)
{
    if (!device->withheld) {
        return;
    }
    if (device->good_count++ == 0) {
        device->good_since_ns = arrival_ns;
    }
    if (device->good_count >= limits->return_frames ||
        trk_time_difference(arrival_ns, device->good_since_ns) >= limits->return_ns) {
        device->withheld = false;
    }
}

static void accept(struct trk_device *device, struct trk_clock_map *clocks,
                   const struct nav_pose_sample *sample, const struct trk_gate_verdict *verdict,
                   const struct trk_limits *limits)
{
    if (device->accepted > 0 && trk_time_difference(sample->arrival_ns, device->last.arrival_ns) >
                                    limits->withhold_age_ns) {
        drop_out(device, device->said != NAV_REASON_NONE ? device->said : NAV_REASON_TOOL_LOST);
    }
    struct trk_clock_reading reading = {0};
    if (sample->device_ns != 0) {
        reading = trk_clock_map_read(clocks, sample->source, sample->device_ns, sample->arrival_ns,
                                     limits);
    }
    watch_repeats(device, sample, verdict->identity);
    device->unverified = sample->status == NAV_SENDER_UNSTATED;
    device->last = (struct trk_entry){
        .pose = verdict->pose,
        .arrival_ns = sample->arrival_ns,
        .device_ns = sample->device_ns,
        .source = sample->source,
        .clock = reading.id,
        .flags = TRK_FLAG_VALID | (device->unverified ? 0 : TRK_FLAG_VERIFIED) |
                 (reading.late ? TRK_FLAG_LATE : 0),
        .error_mm = (double)sample->error_mm,
    };
    trk_history_push(&device->history, &device->last);
    ++device->accepted;
    device->said = NAV_REASON_NONE;
    device->rejected_for = NAV_REASON_NONE;
    device->link_down = false;
    count_return(device, sample->arrival_ns, limits);
}

enum nav_status trk_device_push(struct trk_device *device, struct trk_clock_map *clocks,
                                const struct nav_pose_sample *sample,
                                const struct trk_limits *limits)
{
    if (!take_ownership(device, sample, limits)) {
        return NAV_ERR_REFUSED;
    }
    struct trk_gate_verdict verdict;
    const enum nav_status status = trk_gate_check(limits, sample, &verdict);
    if (verdict.not_visible) {
        device->said = verdict.reason;
        device->rejected += status != NAV_OK;
        drop_out(device, verdict.reason);
        return status;
    }
    if (status != NAV_OK) {
        device->good_count = 0;
        return reject(device, sample, verdict.reason, status);
    }
    if (!is_newer(device, clocks, sample, limits)) {
        return reject(device, sample, NAV_REASON_POSE_OLD, NAV_ERR_STALE);
    }
    accept(device, clocks, sample, &verdict, limits);
    return NAV_OK;
}

struct trk_device_view trk_device_view(const struct trk_device *device, int64_t now_ns,
                                       const struct trk_limits *limits)
{
    struct trk_device_view view = {.age_ns = -1, .reason = NAV_REASON_NONE};
    const bool being_rejected =
        device->rejected_for != NAV_REASON_NONE &&
        trk_time_difference(now_ns, device->rejected_ns) <= limits->withhold_age_ns;
    if (device->accepted > 0) {
        view.age_ns = trk_time_difference(now_ns, device->last.arrival_ns);
        view.repeated_ns = trk_time_difference(device->last.arrival_ns, device->same_since_ns);
    }
    if (device->said != NAV_REASON_NONE) {
        view.state = NAV_TOOL_INVALID;
        view.reason = device->said;
    } else if (device->accepted == 0 || view.age_ns > limits->withhold_age_ns) {
        view.state = device->accepted == 0 ? NAV_TOOL_NEVER : NAV_TOOL_LOST;
        view.reason = device->accepted == 0 ? NAV_REASON_TOOL_NEVER : NAV_REASON_TOOL_LOST;
        if (being_rejected) {
            view.state = NAV_TOOL_INVALID;
            view.reason = device->rejected_for;
        }
    } else if (device->withheld) {
        view.state =
            device->withheld_for == NAV_REASON_TOOL_LOST ? NAV_TOOL_LOST : NAV_TOOL_INVALID;
        view.reason = device->withheld_for;
    } else {
        view.state = view.age_ns > limits->caution_age_ns ? NAV_TOOL_STALE : NAV_TOOL_TRACKED;
        view.live = true;
    }
    if (!view.live && device->link_down) {
        view.state = NAV_TOOL_LOST;
        view.reason = NAV_REASON_LINK_DOWN;
    }
    return view;
}

uint64_t trk_device_reservations(const struct trk_device *device,
                                 const struct trk_clock_map *clocks, int64_t now_ns,
                                 const struct trk_limits *limits)
{
    const struct trk_entry *last = &device->last;
    uint64_t reasons = 0;
    if (device->link_down) {
        reasons |= trk_reason_bit(NAV_REASON_LINK_DOWN);
    }
    if (device->identity &&
        trk_time_difference(last->arrival_ns, device->identity_since_ns) > limits->repeat_warn_ns) {
        reasons |= trk_reason_bit(NAV_REASON_POSE_IDENTITY);
    } else if (trk_time_difference(last->arrival_ns, device->same_since_ns) >
               limits->repeat_warn_ns) {
        reasons |= trk_reason_bit(NAV_REASON_POSE_REPEATED);
    }
    if ((last->flags & TRK_FLAG_LATE) != 0 ||
        trk_clock_map_jumped(clocks, last->source, now_ns, limits)) {
        reasons |= trk_reason_bit(NAV_REASON_CLOCK_JUMP);
    }
    if (device->contested &&
        trk_time_difference(now_ns, device->contested_ns) <= limits->notice_ns) {
        reasons |= trk_reason_bit(NAV_REASON_DUPLICATE_SENDER);
    }
    if (device->unverified && limits->require_status) {
        reasons |= trk_reason_bit(NAV_REASON_SENDER_UNVERIFIED);
    }
    if (last->error_mm > limits->fit_error_caution_mm) {
        reasons |= trk_reason_bit(NAV_REASON_FIT_ERROR);
    }
    return reasons;
}
