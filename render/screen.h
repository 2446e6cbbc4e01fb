/* One screen of the display: 3D view, panel and picture, driven by scenes and by the hands.
 *
 * Window or not is the caller's matter: it makes an OpenGL context current, asks for a frame and
 * puts the picture where it belongs. Image space, LPS mm. Thread: main (the context's). */
#ifndef RND_SCREEN_H
#define RND_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "camera.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "nav/time.h"
#include "overlay.h"
#include "panel.h"
#include "surface.h"
#include "view3d.h"

struct rnd_screen;

struct rnd_screen_options {
    enum rnd_layout layout;
    enum rnd_preset view;
    bool at_cut;        /* begin looking at the first cut's face, where there is one */
    enum rnd_side side; /* where the viewer stands; kept by every view */
    bool flat;          /* no 3D view and no OpenGL: verdict and numbers only, at best caution */
    bool full_redraw;   /* as where there is no OpenGL 4.3 */
};

/* `facts` is copied. NAV_ERR_UNSUPPORTED: the OpenGL context cannot be used; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_screen_create(const struct rnd_screen_options *options,
                                               const struct rnd_case *facts,
                                               struct rnd_screen **out_screen);
void rnd_screen_destroy(struct rnd_screen *screen); /* NULL is legal */

/* The plan. A structure that should be in the picture and is not is called by its name. Tools in
 * the case's order, one for each of the facts' tools: by shape, or by a mesh in
 * the tool's frame. NAV_ERR_FULL; the statuses of the view. */
NAV_MUST_USE enum nav_status rnd_screen_add_model(struct rnd_screen *screen, const char *name,
                                                  const struct rnd_mesh *mesh,
                                                  const struct rnd_material *material, bool framed);
NAV_MUST_USE enum nav_status rnd_screen_add_tool(struct rnd_screen *screen,
                                                 const struct rnd_tool_shape *shape);
NAV_MUST_USE enum nav_status rnd_screen_add_tool_mesh(struct rnd_screen *screen,
                                                      const struct rnd_mesh *mesh);
NAV_MUST_USE enum nav_status rnd_screen_add_cut(struct rnd_screen *screen, const char *name,
                                                const struct rnd_cut_shape *cut);

/* The scan for the sections; its voxels must outlive the screen. */
void rnd_screen_set_volume(struct rnd_screen *screen, const struct rnd_volume *volume,
                           const struct rnd_window_level *window);

/* A line in the list of structures. NAV_ERR_FULL. */
NAV_MUST_USE enum nav_status rnd_screen_add_structure(struct rnd_screen *screen, const char *name,
                                                      const float colour[3]);

/* Any size from 1x1. NAV_ERR_ARGUMENT, NAV_ERR_MEMORY, NAV_ERR_UNSUPPORTED. */
NAV_MUST_USE enum nav_status rnd_screen_resize(struct rnd_screen *screen, int width_px,
                                               int height_px);

/* Hands. Pixels count from the last position. */
void rnd_screen_orbit(struct rnd_screen *screen, double right_px, double down_px);
void rnd_screen_pan(struct rnd_screen *screen, double right_px, double down_px);
void rnd_screen_zoom(struct rnd_screen *screen, double steps);
void rnd_screen_set_view(struct rnd_screen *screen, enum rnd_preset view);
void rnd_screen_next_view(struct rnd_screen *screen);
void rnd_screen_next_cut(struct rnd_screen *screen);   /* looks at the next cut's face */
void rnd_screen_reset_view(struct rnd_screen *screen); /* to the one it began with */
void rnd_screen_toggle_help(struct rnd_screen *screen);
void rnd_screen_toggle_sections(struct rnd_screen *screen); /* large, and back */

/* The next draw draws, whatever has changed. */
void rnd_screen_invalidate(struct rnd_screen *screen);

/* What one frame shows. */
struct rnd_moment {
    int64_t now_ns; /* monotonic */
    int64_t utc_ns;
    bool core_alive;
    const struct nav_scene *scene; /* NULL: none */
    const struct nav_clock *clock; /* asked again after drawing: what has grown old meanwhile is not
                                    * shown as live. NULL: it is not asked */
    int64_t budget_ns;             /* for work on a picture from a new camera */
};

/* Draws the frame into the screen's picture. NAV_AGAIN: it would look like the one before, nothing
 * was drawn. */
NAV_MUST_USE enum nav_status rnd_screen_draw(struct rnd_screen *screen,
                                             const struct rnd_moment *moment);

/* To be told when the frame drawn last has been shown: for the frame rate and the poses' age, which
 * is logged once a minute. */
void rnd_screen_presented(struct rnd_screen *screen, int64_t now_ns);

/* To be told when the last frame has been shown: logs the last minute. */
void rnd_screen_finished(const struct rnd_screen *screen, int64_t now_ns);

/* What the last draw changed in the picture; valid until the next. */
const struct rnd_rect *rnd_screen_damage(const struct rnd_screen *screen, size_t *out_count);

/* A flat screen's picture: opaque pixels as of CAIRO_FORMAT_RGB24, top row first. Valid until the
 * next draw or resize. NULL where the screen is not flat or nothing has been drawn. */
const uint8_t *rnd_screen_pixels(const struct rnd_screen *screen, int *out_stride);

/* Copies rectangles of the picture to a framebuffer of the same size; 0 is the window. Not of a
 * flat screen. */
void rnd_screen_present(const struct rnd_screen *screen, uint32_t framebuffer,
                        const struct rnd_rect *rects, size_t count);

/* Whether another frame is wanted although nothing new has come: a new view is on its way. */
bool rnd_screen_is_behind(const struct rnd_screen *screen);

/* How long the next frame may take before something is wrong: 500 ms; more where the whole picture
 * is drawn anew before anything can be shown. */
int64_t rnd_screen_patience_ns(const struct rnd_screen *screen);

/* Reads the picture: RGB bytes, top row first, 3 * width * height of them. */
void rnd_screen_read(const struct rnd_screen *screen, uint8_t *out_rgb);

/* What the last frame showed, for tests and logs. Valid until the next draw. */
const struct rnd_overlay *rnd_screen_overlay(const struct rnd_screen *screen);
struct rnd_rect rnd_screen_view_rect(const struct rnd_screen *screen);
const struct rnd_section *rnd_screen_section(const struct rnd_screen *screen,
                                             enum rnd_section_kind kind);
struct rnd_rect rnd_screen_section_rect(const struct rnd_screen *screen,
                                        enum rnd_section_kind kind);

#endif
