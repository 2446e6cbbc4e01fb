#include "film_clock.h"

int64_t film_clock_time(struct film_clock *clock, int64_t stamp_ns, int64_t arrival_ns)
{
    if (stamp_ns == 0) {
        return arrival_ns;
    }
    const int64_t offset_ns = arrival_ns - stamp_ns;
    if (clock->known) {
        const int64_t drift_ns = (arrival_ns - clock->before_ns) / 1000000 * FILM_DRIFT_PPM;
        clock->offset_ns += drift_ns > 0 ? drift_ns : 0;
    }
    if (!clock->known || offset_ns < clock->offset_ns) {
        clock->offset_ns = offset_ns;
    }
    clock->known = true;
    clock->before_ns = arrival_ns;
    return stamp_ns + clock->offset_ns;
}
