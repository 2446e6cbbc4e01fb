/* The window and its loop: GLFW owns window, context and events; one screen is drawn in it.
 *
 * A frame is drawn when a scene or a hand asks for it, as late as frame_pace.h allows, and at least
 * every 50 ms the question is asked again, so that what has grown old meanwhile is withheld without
 * anybody's help. Thread: main, except rnd_window_wake. */
#ifndef RND_WINDOW_H
#define RND_WINDOW_H

#include <signal.h>
#include <stdbool.h>

#include "feed.h"
#include "nav/status.h"
#include "screen.h"

struct rnd_window;

struct rnd_window_options {
    const char *monitor; /* its name, or "1", "2", ...; NULL or empty = the primary one */
    int width_px, height_px;
    bool fullscreen;
    bool flat;                     /* without OpenGL, for a flat screen */
    const char *screenshot_folder; /* of the screenshot key */
    const char *frame_log;         /* file for every picture that is shown; NULL: none */
    struct nav_key_map keys;
    void (*acknowledge)(
        void *context); /* asks the core to acknowledge the alarms; NULL: nobody does */
    void *acknowledge_context;
};

/* Opens the window and makes its context current. Where the named monitor is not there, it is a
 * window on another one, says so, and goes to its own when that comes. NAV_ERR_NOT_FOUND: no screen
 * to show it on; NAV_ERR_UNSUPPORTED: no OpenGL 3.2; NAV_ERR_IO: no frame log there;
 * NAV_ERR_MEMORY. Options are copied, strings
 * are not. */
NAV_MUST_USE enum nav_status rnd_window_create(const struct rnd_window_options *options,
                                               struct rnd_window **out_window);
void rnd_window_destroy(struct rnd_window *window); /* NULL is legal */

/* Asks for a frame; `window` is a struct rnd_window. Coalesced. Thread: any. */
void rnd_window_wake(void *window);

/* Shows the screen until the window is closed or `*stop` is set. A frozen frame ends the process:
 * see watchdog.h. */
NAV_MUST_USE enum nav_status rnd_window_run(struct rnd_window *window, struct rnd_screen *screen,
                                            struct rnd_feed *feed,
                                            const volatile sig_atomic_t *stop);

#endif
