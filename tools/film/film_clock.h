/* When a picture was taken, by its sender's stamp, on this machine's monotonic clock.
 *
 * offset = smallest (arrival - stamp) of the connection, followed upwards by FILM_DRIFT_PPM for
 * clocks that run apart. A picture's time is its stamp + offset: what waited on its way is as old
 * as it is. Never later than its arrival, so that no stamp makes a picture look fresher. The
 * constant part of the way is not seen; the camera's calibrated delay holds it.
 * Pure. Thread: one at a time. */
#ifndef FILM_CLOCK_H
#define FILM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { FILM_DRIFT_PPM = 100 };

/* The zero struct knows nothing. One for each connection. */
struct film_clock {
    bool known;
    int64_t offset_ns;
    int64_t before_ns; /* arrival of the last stamp */
};

/* `stamp_ns`: UTC of the sender, 0 = none: the arrival stands for it. */
int64_t film_clock_time(struct film_clock *clock, int64_t stamp_ns, int64_t arrival_ns);

#endif
