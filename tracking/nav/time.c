#include "nav/time.h"

#include <time.h>

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * NAV_NS_PER_S + now.tv_nsec;
}

static int64_t monotonic_now_ns(void *context)
{
    (void)context;
    return read_clock_ns(CLOCK_MONOTONIC);
}

struct nav_clock nav_clock_monotonic(void)
{
    return (struct nav_clock){.now_ns = monotonic_now_ns, .context = NULL};
}

int64_t nav_clock_now_ns(const struct nav_clock *clock)
{
    return clock->now_ns(clock->context);
}

int64_t nav_utc_now_ns(void)
{
    return read_clock_ns(CLOCK_REALTIME);
}
