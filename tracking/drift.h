/* Whether the registration still holds: checks at a known landmark, kept with their time.
 *
 * A check tells how far a landmark that was touched appears from its place. Above the caution limit
 * the registration is in doubt, above the withhold limit it must not be used. The doubt only grows
 * until a good check (at or below the caution limit) or a new registration ends it: a check between
 * the limits does not lift what a worse one has withheld. Not finite is refused.
 *
 * The last TRK_CHECKS_MAX checks are kept; when full the oldest is overwritten. Times on the
 * receiver's monotonic clock. Pure, no allocation. Thread: loop. */
#ifndef TRK_DRIFT_H
#define TRK_DRIFT_H

#include <stdint.h>

#include "nav/scene.h"
#include "nav/status.h"
#include "trk_limits.h"

enum { TRK_CHECKS_MAX = 32 };

struct trk_check {
    int64_t at_ns;
    double deviation_mm;
};

struct trk_drift {
    uint32_t count;
    uint32_t head; /* index at which the next check is written */
    struct trk_check checks[TRK_CHECKS_MAX];
    enum nav_trust trust; /* what the checks leave of the registration */
    int64_t doubted_ns;   /* of the check that began the doubt; meaningless while trust is OK */
};

/* No checks, no doubt. */
void trk_drift_clear(struct trk_drift *drift);

/* Takes a check. NAV_ERR_NOT_FINITE; NAV_ERR_RANGE: a negative deviation. */
NAV_MUST_USE enum nav_status trk_drift_note(struct trk_drift *drift, const struct trk_check *check,
                                            const struct trk_limits *limits);

/* The check `back` checks before the newest (0 = newest), or NULL. */
const struct trk_check *trk_drift_check(const struct trk_drift *drift, uint32_t back);

/* Slope of the deviations over time, mm a minute, by least squares. NaN: fewer than two checks, or
 * all at one instant. */
double trk_drift_trend(const struct trk_drift *drift);

#endif
