/* Time: nanoseconds on a monotonic clock, handed in, never fetched by a pure module.
 *
 * All ages are differences of this clock. Another program (replay, tests) may supply its own.
 * CLOCK_MONOTONIC is the same for all processes of a machine, so times cross the shared scene.
 * Thread: any. */
#ifndef NAV_TIME_H
#define NAV_TIME_H

#include <stdint.h>

#define NAV_NS_PER_US INT64_C(1000)
#define NAV_NS_PER_MS INT64_C(1000000)
#define NAV_NS_PER_S INT64_C(1000000000)

/* A source of monotonic time. `now_ns` is called with `context`; it never goes back. */
struct nav_clock {
    int64_t (*now_ns)(void *context);
    void *context;
};

/* The machine's CLOCK_MONOTONIC. */
struct nav_clock nav_clock_monotonic(void);

/* Reads a clock. */
int64_t nav_clock_now_ns(const struct nav_clock *clock);

/* Wall clock in ns since 1970-01-01 UTC: for logs and outgoing time stamps only, never for ages. */
int64_t nav_utc_now_ns(void);

#endif
