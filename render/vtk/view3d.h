/* The 3D view: VTK behind a C interface, drawing in an OpenGL context that somebody else owns.
 *
 * Every function needs that context current on the calling thread. Positions are image space,
 * LPS mm; tool meshes are in the tool's frame. Meshes are copied. No exception leaves: what VTK
 * or the library throws becomes NAV_ERR_MEMORY or NAV_ERR_IO. Thread: main (the context's). */
#ifndef RND_VIEW3D_H
#define RND_VIEW3D_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" { /* the headers below are plain C without a guard of their own */
#endif

#include "camera.h"
#include "look.h"
#include "nav/pose.h"
#include "nav/status.h"
#include "rect.h"
#include "surface.h"
#include "words.h"

struct rnd_view3d;

struct rnd_material {
    float colour[3]; /* 0..1 sRGB */
    float opacity;   /* seen face on; 1 = opaque */
    float rim;       /* opacity added towards the silhouette, so that thin shells stay readable */
    float specular;  /* 0..1 */
    bool fades;      /* in a keyhole: bone, which hides what matters */
};

struct rnd_view3d_options {
    bool full_redraw; /* draw everything in each frame by VTK's own means, as where the context has
                       * no OpenGL 4.3 */
    bool rough;       /* no smoothing of edges */
    bool gl_tools;    /* tools are drawn by OpenGL, also where that is software: for comparing */
    int peels;        /* of a full redraw: translucent layers, 0 = its own choice */
};

/* `options` may be NULL. NAV_ERR_UNSUPPORTED: no context current or older than OpenGL 3.2;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_view3d_create(const struct rnd_view3d_options *options,
                                               struct rnd_view3d **out_view);
void rnd_view3d_destroy(struct rnd_view3d *view); /* NULL is legal */

/* Adds a static mesh. `framed`: the default views are chosen so that all of it is in the picture;
 * leave it out for what runs far beyond the field of the operation, such as great vessels. */
NAV_MUST_USE enum nav_status rnd_view3d_add_model(struct rnd_view3d *view,
                                                  const struct rnd_mesh *mesh,
                                                  const struct rnd_material *material, bool framed);

/* Adds a tool, hidden until its first rnd_view3d_set_tool; its number counts from 0. */
NAV_MUST_USE enum nav_status rnd_view3d_add_tool(struct rnd_view3d *view,
                                                 const struct rnd_tool_shape *shape);

/* Adds a tool drawn from a mesh in the tool's frame. */
NAV_MUST_USE enum nav_status rnd_view3d_add_tool_mesh(struct rnd_view3d *view,
                                                      const struct rnd_mesh *mesh);

/* Adds a planned cut. */
NAV_MUST_USE enum nav_status rnd_view3d_add_cut(struct rnd_view3d *view,
                                                const struct rnd_cut_shape *cut);

/* How strongly a structure is drawn: 1 as it was added, 0 not at all. Structures count as of
 * rnd_view3d_not_shown, where a hidden one is not missing. An unknown number is ignored. */
void rnd_view3d_set_opacity(struct rnd_view3d *view, uint32_t structure, float opacity);

/* Lets models that may fade do so around a place of the patient, as far as `radius_mm` in the
 * picture, and in front of it: what lies behind shows. 0 mm: nowhere; NULL: nowhere for now, which
 * is shown at once. Opaque models become shells of full opacity while the radius is not 0. */
void rnd_view3d_set_keyhole(struct rnd_view3d *view, const double *tip_mm_or_null,
                            double radius_mm);

/* Draws one of the cuts, counted from 0, stronger than the others; -1: all alike. */
void rnd_view3d_set_active_cut(struct rnd_view3d *view, int cut);

/* Draws a line from the tip where the tool points, as long as this; 0 = none. Of a tool that is
 * shown as live, and was not given as a mesh. */
void rnd_view3d_set_path(struct rnd_view3d *view, uint32_t tool, double length_mm);

/* An unknown number is ignored. `T_image_tool` may be NULL with RND_LOOK_HIDDEN. */
void rnd_view3d_set_tool(struct rnd_view3d *view, uint32_t tool, enum rnd_look look,
                         const struct nav_pose *T_image_tool);

void rnd_view3d_set_camera(struct rnd_view3d *view, const struct rnd_camera *camera);

/* The preset's camera, for who stands at `side`, from which the framed models and the cuts fill the
 * picture, or all where none is framed. */
struct rnd_camera rnd_view3d_fit(const struct rnd_view3d *view, enum rnd_preset preset,
                                 enum rnd_side side, double aspect);

/* Draws the view at this size into its own framebuffer. With OpenGL 4.3 only tools are drawn from
 * frame to frame. A camera in motion, and what has just been added, is shown by reduced meshes at
 * half the resolution. After a jump to another camera the former picture keeps serving the tools
 * until a reduced one of the new view is ready. Once the camera rests the whole picture follows; it
 * is worked on for about `budget_ns` a frame. NAV_ERR_ARGUMENT: a side below 1 px. */
NAV_MUST_USE enum nav_status rnd_view3d_draw(struct rnd_view3d *view, int width_px, int height_px,
                                             int64_t budget_ns);

/* The camera that the last picture was drawn with, and whether that is not yet the whole picture
 * from the camera set last: then more frames are wanted. */
const struct rnd_camera *rnd_view3d_shown_camera(const struct rnd_view3d *view);
bool rnd_view3d_is_behind(const struct rnd_view3d *view);

/* Whether the last picture is a reduced one. */
bool rnd_view3d_is_reduced(const struct rnd_view3d *view);

/* The place in the patient that a pixel of the last picture shows, from its top left: on the
 * foremost surface there that can be seen at all. What is hidden, or drawn fainter than a
 * twentieth, and the films of planned cuts are looked through; tools are not looked at.
 * NAV_ERR_NOT_FOUND: there is none; NAV_ERR_ARGUMENT: outside the picture, or none was drawn. */
NAV_MUST_USE enum nav_status rnd_view3d_pick(struct rnd_view3d *view, double x, double y,
                                             double out_mm[3], uint32_t *out_structure);

/* What draws have changed in the picture since it was last taken over: pixels from its top left.
 * Valid until the next draw. */
const struct rnd_rect *rnd_view3d_dirty(const struct rnd_view3d *view, size_t *out_count);
void rnd_view3d_taken_over(struct rnd_view3d *view);

/* Makes the next draw build the whole static picture anew before it returns. */
void rnd_view3d_invalidate(struct rnd_view3d *view);

/* Structures that lie within the last picture and yet gave no fragment to it: models and cuts,
 * counted together from 0 in the order in which they were added. What stands behind something
 * opaque is hidden, not missing; what is smaller than a few pixels is not asked for. Counted with
 * each picture from a new camera, size or content. Valid until the next draw. */
const uint32_t *rnd_view3d_not_shown(const struct rnd_view3d *view, size_t *out_count);

/* A fault or restriction of the picture; RND_SAY_NOTHING = none. */
enum rnd_words rnd_view3d_warning(const struct rnd_view3d *view);

/* Whether each frame draws everything by VTK's own means. */
bool rnd_view3d_is_slow(const struct rnd_view3d *view);

/* Name of what draws in the current context, e.g. "llvmpipe (LLVM 15.0.6, 256 bits)". Never NULL.
 */
const char *rnd_view3d_renderer(void);

/* Waits until what has been asked of OpenGL is done. */
void rnd_view3d_wait(struct rnd_view3d *view);

/* Reads the last picture: RGB bytes, rows from the bottom, 3 * width * height of them.
 * NAV_ERR_ARGUMENT: nothing drawn yet. */
NAV_MUST_USE enum nav_status rnd_view3d_read(struct rnd_view3d *view, uint8_t *out_rgb);

/* OpenGL name of the framebuffer object that holds the last picture, for blitting; 0 = none.
 * Its size is that of the last draw; its rows run from the bottom. */
uint32_t rnd_view3d_framebuffer(const struct rnd_view3d *view);

#ifdef __cplusplus
}
#endif

#endif
