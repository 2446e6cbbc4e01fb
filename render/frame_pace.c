#include "frame_pace.h"

#include <stddef.h>

#include "nav/time.h"

static const int64_t least_ns = 10 * NAV_NS_PER_MS;
/* A swap that took longer than this was held, and ended when the monitor began a picture. */
static const int64_t held_ns = NAV_NS_PER_MS;
/* What a picture may take more than any of the last ones. */
static const int64_t margin_ns = 2 * NAV_NS_PER_MS;

static int64_t dearest_ns(const struct rnd_pace *pace)
{
    const size_t kept = pace->count < RND_PACE_KEPT ? (size_t)pace->count : RND_PACE_KEPT;
    int64_t most_ns = 0;
    for (size_t i = 0; i < kept; ++i) {
        most_ns = pace->cost_ns[i] > most_ns ? pace->cost_ns[i] : most_ns;
    }
    return most_ns;
}

void rnd_pace_shown(struct rnd_pace *pace, int64_t begun_ns, int64_t ready_ns, int64_t shown_ns)
{
    pace->cost_ns[pace->count++ % RND_PACE_KEPT] = ready_ns - begun_ns;
    if (pace->period_ns <= 0) {
        pace->next_ns = begun_ns + least_ns;
        return;
    }
    if (shown_ns - ready_ns < held_ns) {
        /* Not held: no telling when the monitor begins. At once, until a swap is. */
        pace->next_ns = shown_ns;
        return;
    }
    const int64_t latest_ns = shown_ns + pace->period_ns - dearest_ns(pace) - margin_ns;
    pace->next_ns = latest_ns > shown_ns ? latest_ns : shown_ns;
}

int64_t rnd_pace_next_ns(const struct rnd_pace *pace)
{
    return pace->next_ns;
}
