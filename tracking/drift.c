#include "drift.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "nav/time.h"

static const double seconds_a_minute = 60.0;

void trk_drift_clear(struct trk_drift *drift)
{
    memset(drift, 0, sizeof(*drift));
    drift->trust = NAV_TRUST_OK;
}

enum nav_status trk_drift_note(struct trk_drift *drift, const struct trk_check *check,
                               const struct trk_limits *limits)
{
    if (!isfinite(check->deviation_mm)) {
        return NAV_ERR_NOT_FINITE;
    }
    if (check->deviation_mm < 0.0) {
        return NAV_ERR_RANGE;
    }
    drift->checks[drift->head] = *check;
    drift->head = (drift->head + 1) % TRK_CHECKS_MAX;
    drift->count += drift->count < TRK_CHECKS_MAX;

    const enum nav_trust before = drift->trust;
    if (check->deviation_mm <= limits->check_caution_mm) {
        drift->trust = NAV_TRUST_OK;
    } else if (check->deviation_mm > limits->check_withhold_mm) {
        drift->trust = NAV_TRUST_WITHHELD;
    } else if (before == NAV_TRUST_OK) {
        drift->trust = NAV_TRUST_CAUTION;
    }
    if (before == NAV_TRUST_OK) {
        drift->doubted_ns = check->at_ns;
    }
    return NAV_OK;
}

const struct trk_check *trk_drift_check(const struct trk_drift *drift, uint32_t back)
{
    if (back >= drift->count) {
        return NULL;
    }
    return &drift->checks[(drift->head + TRK_CHECKS_MAX - 1 - back) % TRK_CHECKS_MAX];
}

static double minutes_since(int64_t start_ns, int64_t at_ns)
{
    return ((double)at_ns - (double)start_ns) / (double)NAV_NS_PER_S / seconds_a_minute;
}

double trk_drift_trend(const struct trk_drift *drift)
{
    if (drift->count < 2) {
        return (double)NAN;
    }
    const int64_t start_ns = trk_drift_check(drift, drift->count - 1)->at_ns;
    double mean_min = 0.0;
    double mean_mm = 0.0;
    for (uint32_t i = 0; i < drift->count; ++i) {
        const struct trk_check *check = trk_drift_check(drift, i);
        mean_min += minutes_since(start_ns, check->at_ns) / (double)drift->count;
        mean_mm += check->deviation_mm / (double)drift->count;
    }
    double product = 0.0;
    double square = 0.0;
    for (uint32_t i = 0; i < drift->count; ++i) {
        const struct trk_check *check = trk_drift_check(drift, i);
        const double minutes = minutes_since(start_ns, check->at_ns) - mean_min;
        product += minutes * (check->deviation_mm - mean_mm);
        square += minutes * minutes;
    }
    return square > 0.0 ? product / square : (double)NAN;
}
