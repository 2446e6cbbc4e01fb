/* An OpenGL context without a window system: EGL on Mesa's surfaceless platform.
 *
 * Needs no X server. There is no default framebuffer: draw into framebuffer objects.
 * Thread: the one that creates it. */
#ifndef RND_OFFSCREEN_H
#define RND_OFFSCREEN_H

#include "nav/status.h"

struct rnd_offscreen;

/* Creates a context and makes it current: OpenGL 4.3 core, or 3.2 core where there is no more.
 * NAV_ERR_UNSUPPORTED, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_offscreen_create(struct rnd_offscreen **out_offscreen);
void rnd_offscreen_destroy(struct rnd_offscreen *offscreen); /* NULL is legal */

#endif
