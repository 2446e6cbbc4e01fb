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
    char name[NAV_NAME_SIZE]; /* of the display in the case; orders may be for it alone */
    enum rnd_layout layout;
    enum rnd_preset view;
    enum rnd_fusion fusion; /* of the sections, where there are two scans */
    bool at_cut;            /* begin looking at the first cut's face, where there is one */
    enum rnd_side side;     /* where the viewer stands; kept by every view */
    bool flat; /* no 3D view and no OpenGL: verdict and numbers only, at best caution */
    enum rnd_language language;
    bool touch;              /* with a bar of buttons */
    struct nav_key_map keys; /* for the help */
    double keyhole_mm;       /* at the start: bone fades so far around the live tip; 0: nowhere */
    bool full_redraw;        /* as where there is no OpenGL 4.3 */
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

/* A second one beside it, as of rnd_sections_set_second. */
void rnd_screen_set_second(struct rnd_screen *screen, const struct rnd_volume *volume,
                           const struct rnd_window_level *window, bool unjudged);

/* A line in the list of structures. NAV_ERR_FULL. */
NAV_MUST_USE enum nav_status rnd_screen_add_structure(struct rnd_screen *screen, const char *name,
                                                      const float colour[3]);

/* As of its options. */
enum rnd_language rnd_screen_language(const struct rnd_screen *screen);

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
void rnd_screen_set_fusion(struct rnd_screen *screen, enum rnd_fusion fusion);
void rnd_screen_next_fusion(struct rnd_screen *screen); /* CT, both, by squares, MR */
void rnd_screen_set_layout(struct rnd_screen *screen, enum rnd_layout layout);

/* Selects the next structure; fades the selected one by a step from -1 to 1, 0 hides it. What is
 * not drawn as the case has it is named on the screen. */
void rnd_screen_select_next(struct rnd_screen *screen);
void rnd_screen_fade(struct rnd_screen *screen, double step);

/* Fades bone around the tip of the live tool as far as `radius_mm`, clamped to 60; 0: nowhere. */
void rnd_screen_set_keyhole(struct rnd_screen *screen, double radius_mm);
void rnd_screen_toggle_keyhole(struct rnd_screen *screen);

/* What a key, a pedal or a button asks for; `again`: it is held down. False: it is nothing of the
 * screen's own. */
bool rnd_screen_act(struct rnd_screen *screen, enum nav_act act, bool again);

/* A drag with one finger or the left button: turns, or moves where that was asked for. */
void rnd_screen_drag(struct rnd_screen *screen, double right_px, double down_px);

/* The button at a place of the screen; NAV_ACT_NONE: none. */
enum nav_act rnd_screen_button_at(const struct rnd_screen *screen, double x, double y);
/* The model on a live picture: filled, half as strong, outlines alone, not at all. */
void rnd_screen_next_overlay(struct rnd_screen *screen);
void rnd_screen_toggle_landmarks(struct rnd_screen *screen);

/* What clicks measure: distances between two points or angles between three; 0 points: nothing. */
void rnd_screen_set_measuring(struct rnd_screen *screen, size_t points);
void rnd_screen_next_measuring(struct rnd_screen *screen);
void rnd_screen_clear_measures(struct rnd_screen *screen);
void rnd_screen_add_measure(struct rnd_screen *screen, const struct nav_measure *measure);

/* A click, in pixels of the screen from its top left: the next point of a measurement, in the plane
 * of a section, or in a review on the surface that is seen there. False: nothing is measured or
 * there is nothing at that place. */
bool rnd_screen_measure_at(struct rnd_screen *screen, double x, double y);

/* The measurements shown, the newest last; how many. */
size_t rnd_screen_measures(const struct rnd_screen *screen,
                           struct nav_measure out_measures[RND_MEASURES_MAX]);

/* The way back from any of these: hands that move step by step say before the first. */
void rnd_screen_keep(struct rnd_screen *screen);
void rnd_screen_undo(struct rnd_screen *screen);

/* The monitor that it is meant for is not there, which the screen says. NULL: it is. */
void rnd_screen_set_missing_monitor(struct rnd_screen *screen, const char *name);

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
    const struct nav_cut_map *cut_map; /* of the active cut; NULL: none */
    int64_t budget_ns;                 /* for work on a picture from a new camera */
};

/* What a live picture is asked for. */
struct rnd_live_ask {
    const struct nav_scene *scene; /* aged to `now_ns`; NULL: none */
    int64_t now_ns;
    int width_px, height_px; /* the place that it is fitted into */
    double unit;             /* pixels there for one unit of theme.h */
    enum rnd_language language;
    float opacity; /* of the model, of what the case has; 0: by hand not drawn */
    bool outlines; /* only those */
    bool landmarks;
    double keyhole_mm; /* what is inside is drawn so far around the tip; 0: everywhere */
};

struct rnd_live_answer {
    bool is_new;              /* the picture differs from the last one */
    bool has_camera;          /* it is known where it is seen from: */
    struct rnd_camera camera; /* for the letters at its edges; none where it is not */
    const char *words;        /* over the view; NULL: the view's own name */
};

/* A live picture in the place of the 3D view, in the layout for it. */
struct rnd_live_picture {
    void *context;
    /* The picture as an OpenGL framebuffer of the size asked for; 0: there is none that may be
     * shown, the 3D view stands there. `out` is zeroed. */
    uint32_t (*draw)(void *context, const struct rnd_live_ask *ask, struct rnd_live_answer *out);
};

/* Copied; its context must outlive the screen's last draw. NULL: none any more. */
void rnd_screen_set_live_picture(struct rnd_screen *screen, const struct rnd_live_picture *live);

/* Somebody who takes the screen's pictures as they are shown: the newest one at most every
 * `interval_ns`. `room` gives 3 * width * height bytes to be filled, or NULL for none this time;
 * `done` says that they are (RGB, top row first). Neither may wait. Copied. NULL: nobody any more.
 */
struct rnd_screen_tap {
    void *context;
    int64_t interval_ns;
    uint8_t *(*room)(void *context, int width_px, int height_px, int64_t now_ns);
    void (*done)(void *context);
};
void rnd_screen_set_tap(struct rnd_screen *screen, const struct rnd_screen_tap *tap);

/* Draws the frame into the screen's picture. NAV_AGAIN: it would look like the one before, nothing
 * was drawn. */
NAV_MUST_USE enum nav_status rnd_screen_draw(struct rnd_screen *screen,
                                             const struct rnd_moment *moment);

/* To be told when the frame drawn last has been shown: for the frame rate and the poses' age, which
 * is logged once a minute. */
void rnd_screen_presented(struct rnd_screen *screen, int64_t now_ns);

/* When the newest pose of the frame drawn last came; 0: it has none. */
int64_t rnd_screen_arrival_ns(const struct rnd_screen *screen);

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

/* Returns when the frame drawn last is in the picture, for who measures. */
void rnd_screen_wait(const struct rnd_screen *screen);

/* Whether another frame is wanted although nothing new has come: a new view is on its way. */
bool rnd_screen_is_behind(const struct rnd_screen *screen);

/* How long the next frame may take before something is wrong: 500 ms; more where the whole picture
 * is drawn anew before anything can be shown. */
int64_t rnd_screen_patience_ns(const struct rnd_screen *screen);

/* Reads the picture: RGB bytes, top row first, 3 * width * height of them. */
void rnd_screen_read(const struct rnd_screen *screen, uint8_t *out_rgb);

/* What the last frame showed, for tests and logs. Valid until the next draw. */
const struct rnd_overlay *rnd_screen_overlay(const struct rnd_screen *screen);
/* The camera of the picture in the view. Not of a flat screen. */
const struct rnd_camera *rnd_screen_camera(const struct rnd_screen *screen);
struct rnd_rect rnd_screen_view_rect(const struct rnd_screen *screen);
const struct rnd_section *rnd_screen_section(const struct rnd_screen *screen,
                                             enum rnd_section_kind kind);
struct rnd_rect rnd_screen_section_rect(const struct rnd_screen *screen,
                                        enum rnd_section_kind kind);

#endif
