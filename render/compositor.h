/* Puts the 3D view and the flat parts together into the picture that is shown. OpenGL 3.2.
 *
 * Owns the picture's framebuffer. Needs the context current. Rectangles are in pixels from the
 * top left. Thread: main (the context's). */
#ifndef RND_COMPOSITOR_H
#define RND_COMPOSITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "panel.h"

struct rnd_compositor;

/* NAV_ERR_UNSUPPORTED: the shaders do not build; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_compositor_create(struct rnd_compositor **out_compositor);
void rnd_compositor_destroy(struct rnd_compositor *compositor); /* NULL is legal */

/* NAV_ERR_ARGUMENT: a side below 1; NAV_ERR_UNSUPPORTED: the framebuffer cannot be made. */
NAV_MUST_USE enum nav_status rnd_compositor_resize(struct rnd_compositor *compositor, int width_px,
                                                   int height_px);

/* Uploads one rectangle of the flat parts: words as of the panel, `stride` bytes a row, top row
 * first. Without memory it is left as it was. */
void rnd_compositor_put(struct rnd_compositor *compositor, const uint8_t *pixels, int stride,
                        struct rnd_rect rect);

/* Returns when all that was asked for is done, for who measures. */
void rnd_compositor_wait(const struct rnd_compositor *compositor);

/* Takes over the parts of the panel's picture that changed. */
void rnd_compositor_upload(struct rnd_compositor *compositor, const struct rnd_panel *panel);

/* Brings the picture up to date: the view's framebuffer (rows from the bottom, of the view
 * rectangle's size) where it changed (rectangles in the view), the panel where it changed, over and
 * around it. `whole`: everywhere. */
void rnd_compositor_compose(struct rnd_compositor *compositor, uint32_t view_framebuffer,
                            const struct rnd_rect *view_dirty, size_t view_dirty_count,
                            const struct rnd_panel *panel, bool whole);

/* What the last compose changed. Valid until the next. */
const struct rnd_rect *rnd_compositor_damage(const struct rnd_compositor *compositor,
                                             size_t *out_count);

/* Copies rectangles of the picture to another framebuffer of the same size; 0 is the window. */
void rnd_compositor_present(const struct rnd_compositor *compositor, uint32_t framebuffer,
                            const struct rnd_rect *rects, size_t count);

/* Reads the picture as RGB bytes, top row first, without padding: 3 * width * height bytes. */
void rnd_compositor_read(const struct rnd_compositor *compositor, uint8_t *out_rgb);

#endif
