/* One tracked device: its history, the sender's last word on it, and what follows from both.
 *
 * A tool and the patient reference are the same thing here. Withholding is sticky: after a drop-out
 * (silence above the withholding age, or the sender's "not visible") the device is live again only
 * after `return_frames` good poses in a row or good poses for `return_ns`; the first appearance
 * needs no such proof. A drop-out also empties the history, so that nothing from before it is shown
 * or interpolated with after it. Pure, no allocation. Thread: loop. */
#ifndef TRK_DEVICE_H
#define TRK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock_map.h"
#include "history.h"
#include "nav/limits.h"
#include "nav/sample.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "trk_limits.h"

struct trk_device {
    char name[NAV_NAME_SIZE];
    size_t name_length;
    struct trk_history history; /* good poses since the last drop-out */
    struct trk_entry last;      /* newest accepted pose ever; meaningless while accepted == 0 */
    uint64_t accepted;
    uint64_t rejected;

    bool owned; /* one source owns a device until it is gone or silent */
    uint32_t owner;
    int64_t owner_ns; /* arrival of its last message */
    bool contested;   /* another source tried, last ... */
    int64_t contested_ns;
    bool link_down; /* the source of the last pose is gone */

    enum nav_reason said; /* why the newest message says "no good pose"; NONE = it does not */
    enum nav_reason rejected_for; /* why the newest message was rejected; NONE = it was not */
    int64_t rejected_ns;

    bool withheld; /* a drop-out not yet ended by enough good poses */
    enum nav_reason withheld_for;
    uint32_t good_count; /* good poses since the drop-out */
    int64_t good_since_ns;

    double raw[12]; /* R and t as received last, to see bit-equal repeats */
    int64_t same_since_ns;
    bool identity;
    int64_t identity_since_ns;
    bool unverified;
};

/* What is true of a device at an instant. Reasons are of the TOOL_ family; the caller translates
 * them for the reference. */
struct trk_device_view {
    enum nav_tool_state state;
    enum nav_reason reason; /* why it is not live; NONE when it is */
    bool live;              /* tracked or stale */
    int64_t age_ns;         /* of the newest accepted pose; -1 = never */
    int64_t repeated_ns;    /* for how long the pose has been bit-equal */
};

void trk_device_init(struct trk_device *device, const char *name);

/* Takes a sample of this device: see trk_navigator_push for the statuses. */
NAV_MUST_USE enum nav_status trk_device_push(struct trk_device *device,
                                             struct trk_clock_map *clocks,
                                             const struct nav_pose_sample *sample,
                                             const struct trk_limits *limits);

struct trk_device_view trk_device_view(const struct trk_device *device, int64_t now_ns,
                                       const struct trk_limits *limits);

/* The reservations about a live device, as trk_reason_bit sums: link down, identity, repeated,
 * clock jump, two senders, unverified, fit error. */
uint64_t trk_device_reservations(const struct trk_device *device,
                                 const struct trk_clock_map *clocks, int64_t now_ns,
                                 const struct trk_limits *limits);

/* A reason as one bit of a set. */
static inline uint64_t trk_reason_bit(enum nav_reason reason)
{
    return UINT64_C(1) << reason;
}

#endif
