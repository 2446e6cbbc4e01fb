/* When bytes arrived, honestly: what the loop finds after it was held up may have waited.
 *
 * A loop that is stopped, starved or busy does not see bytes when they come. As long as it looks at
 * its sockets often enough "now" is right; after a longer time the bytes may be as old as the last
 * look, and that is the time they get. An iteration in which a hold-up ends may not have looked at
 * any socket (the wait was interrupted, or the hold-up came after it), so the next one still counts
 * as held up. Pure. Thread: loop. */
#ifndef SRV_HOLD_UP_H
#define SRV_HOLD_UP_H

#include <stdbool.h>
#include <stdint.h>

struct srv_hold_up {
    int64_t limit_ns;  /* a longer time between two looks is a hold-up; equality is not */
    int64_t looked_ns; /* when all sockets had been looked at, with certainty */
    bool doubtful;     /* the last iteration was held up */
};

void srv_hold_up_init(struct srv_hold_up *hold_up, int64_t limit_ns, int64_t now_ns);

/* Arrival time of bytes that were read at `now_ns`. */
int64_t srv_hold_up_arrival(const struct srv_hold_up *hold_up, int64_t now_ns);

/* One iteration is over. */
void srv_hold_up_looked(struct srv_hold_up *hold_up, int64_t now_ns);

#endif
