/* The frame watchdog: a picture that stands still must not be trusted for long.
 *
 * Whoever draws promises when the next frame will be through. When the promise is broken the
 * process ends at once with RND_EXIT_FROZEN and one line of log: what hangs in a driver or a window
 * system cannot be talked to any more, but it can be started again, and a supervisor does.
 * The watchdog has a thread of its own. Time in which that thread did not run either (the machine
 * slept, the process was stopped) is not held against the drawing.
 * Thread: create and destroy belong to one thread; promise is for the drawing one. */
#ifndef RND_WATCHDOG_H
#define RND_WATCHDOG_H

#include <stdint.h>

#include "nav/status.h"

enum { RND_EXIT_FROZEN = 75 }; /* exit code of a display that did not keep its promise */

struct rnd_watchdog;

/* No promise has been given yet. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_watchdog_create(struct rnd_watchdog **out_watchdog);

/* Ends the watch. NULL is legal. */
void rnd_watchdog_destroy(struct rnd_watchdog *watchdog);

/* The next promise comes within `within_ns` from now. Not positive: there is none for now. Takes
 * back the one before. NULL is legal and does nothing. */
void rnd_watchdog_promise(struct rnd_watchdog *watchdog, int64_t within_ns);

#endif
