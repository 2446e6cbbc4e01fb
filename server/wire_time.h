/* OpenIGTLink time stamps and nanoseconds.
 *
 * A stamp is UTC in 32.32 fixed point: seconds since 1970 and fractions of 2^-32 s; 0 = none. A
 * nanosecond is coarser than a fraction, so every ns from 1 to the end of the range survives
 * ns -> stamp -> ns; the reverse loses at most half a nanosecond.
 *   to the wire:   fraction = floor(ns * 2^32 / 10^9)
 *   from the wire: ns = fraction * 10^9 / 2^32, rounded to the nearest
 * Seconds end in February 2106 on the wire. Pure. Thread: any. */
#ifndef WIRE_TIME_H
#define WIRE_TIME_H

#include <stdint.h>

#include "nav/time.h"

/* ns since 1970 UTC; 0 for a stamp of 0. Never negative. */
static inline int64_t wire_time_to_ns(uint64_t stamp)
{
    const uint64_t seconds = stamp >> 32;
    const uint64_t fraction = stamp & UINT32_MAX;
    const uint64_t ns = (fraction * (uint64_t)NAV_NS_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (int64_t)(seconds * (uint64_t)NAV_NS_PER_S + ns);
}

/* The stamp of `utc_ns`; 0 (none) when it is not positive or lies behind the end of the range. */
uint64_t wire_time_from_ns(int64_t utc_ns);

#endif
