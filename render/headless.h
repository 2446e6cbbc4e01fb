/* The loop without a screen: draws into the screen's picture, and from it into files.
 *
 * Thread: the one whose context is current, except rnd_headless_wake. */
#ifndef RND_HEADLESS_H
#define RND_HEADLESS_H

#include <signal.h>
#include <stdint.h>

#include "feed.h"
#include "nav/status.h"
#include "screen.h"

struct rnd_headless_options {
    int width_px, height_px;
    const char *screenshot; /* PNG to write after `after_ns`, then end; or NULL */
    int64_t after_ns;
    const char *video; /* file for ffmpeg to write for `duration_ns`, then end; or NULL */
    int64_t duration_ns;
    int video_fps;
};

/* Draws until it has what it was asked for, or `*stop` is set. Without screenshot and video it goes
 * on until then. NAV_ERR_IO: a file could not be written, or ffmpeg failed; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_headless_run(const struct rnd_headless_options *options,
                                              struct rnd_screen *screen, struct rnd_feed *feed,
                                              const volatile sig_atomic_t *stop);

#endif
