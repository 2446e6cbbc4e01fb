/* When the next picture is begun: as late as it may be and still be in time, so that what it shows
 * is fresh.
 *
 * Where the swap is held until the monitor begins a picture, the next one is begun so long before
 * that moment as the dearest of the last pictures took, and a little. Where it is not held, as on
 * software OpenGL, a picture is begun when there is something to show, at most 100 a second: a pose
 * then waits for nothing but the picture that is being drawn.
 * Times are monotonic. No clock, no I/O. Thread: the drawing one. */
#ifndef RND_FRAME_PACE_H
#define RND_FRAME_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { RND_PACE_KEPT = 32 };

/* The zero struct is one whose swap is not held. */
struct rnd_pace {
    int64_t period_ns; /* of the monitor; 0: the swap is not held for it */
    int64_t next_ns;
    uint64_t count;
    int64_t cost_ns[RND_PACE_KEPT]; /* from begun to ready */
};

/* A picture was begun, was ready to be swapped, and was shown. */
void rnd_pace_shown(struct rnd_pace *pace, int64_t begun_ns, int64_t ready_ns, int64_t shown_ns);

/* Before then no picture is begun. */
int64_t rnd_pace_next_ns(const struct rnd_pace *pace);

#endif
