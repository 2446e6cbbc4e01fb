/* How old poses are when their picture is shown: the last minute of it.
 *
 * One entry a pose that was shown, from its arrival to the end of the swap that brought it. Holds
 * RND_FRAME_AGES_MAX entries, more than a minute at 60 a second; the oldest give way.
 * Thread: the drawing one. */
#ifndef RND_FRAME_AGES_H
#define RND_FRAME_AGES_H

#include <stddef.h>
#include <stdint.h>

enum { RND_FRAME_AGES_MAX = 4096 };

/* The zero struct is empty. */
struct rnd_frame_ages {
    uint64_t count; /* entries ever added */
    int64_t last_arrival_ns;
    int64_t shown_ns[RND_FRAME_AGES_MAX];
    int64_t age_ns[RND_FRAME_AGES_MAX];
};

struct rnd_frame_age_summary {
    size_t count;           /* poses shown within the window */
    int64_t p50_ns, p99_ns; /* nearest rank; -1 where there are none */
};

/* A picture was shown at `shown_ns` whose newest pose had arrived at `arrival_ns`. The same pose
 * shown again, or none (0 or less), is no entry. */
void rnd_frame_ages_add(struct rnd_frame_ages *ages, int64_t shown_ns, int64_t arrival_ns);

/* Of what was shown less than `window_ns` before `now_ns`. */
struct rnd_frame_age_summary rnd_frame_ages_summary(const struct rnd_frame_ages *ages,
                                                    int64_t now_ns, int64_t window_ns);

#endif
