/* The gate: is one decoded sample fit to be believed at all?
 *
 * Looks at the sample alone, remembers nothing. What it lets through is a rigid pose; what it stops
 * has one stated reason. Pure. Thread: any. */
#ifndef TRK_GATE_H
#define TRK_GATE_H

#include <stdbool.h>

#include "nav/pose.h"
#include "nav/sample.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "trk_limits.h"

/* What the gate found, besides the pose. */
struct trk_gate_verdict {
    enum nav_reason reason; /* NONE, or why the sample is not a pose */
    bool not_visible;     /* the sender itself says that there is no good pose: believed at once */
    bool identity;        /* exactly the identity: what many senders give for "nothing" */
    struct nav_pose pose; /* the nearest rigid pose; only when the status is NAV_OK and visible */
};

/* Judges `sample`. In this order:
 * the sender's status (NAV_OK with `not_visible`, reason TOOL_INVALID; an unknown word counts as
 * invalid), NAV_ERR_NOT_FINITE, NAV_ERR_NOT_RIGID (max |R'R - I| or |det R - 1| above the
 * tolerance), NAV_ERR_RANGE (|t| above the limit), NAV_ERR_REFUSED with `not_visible` (marker fit
 * error above the withholding limit, reason FIT_ERROR). A fit error that is NaN or negative counts
 * as not stated. Fills `out_verdict` whatever the status. */
NAV_MUST_USE enum nav_status trk_gate_check(const struct trk_limits *limits,
                                            const struct nav_pose_sample *sample,
                                            struct trk_gate_verdict *out_verdict);

#endif
