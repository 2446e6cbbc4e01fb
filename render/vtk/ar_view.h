/* The model as a camera sees it, to be put into that camera's picture.
 *
 * VTK draws with the camera's own projection (off its axis where the lens is) into pictures of the
 * camera's resolution: the bone's depth alone, then what lies in it, the planned cuts and the
 * tools. Needs OpenGL 3.2 current on the calling thread; nothing of it is kept changed for others.
 * Image space, LPS mm. Meshes are copied. No exception leaves. Thread: main (the context's). */
#ifndef RND_AR_VIEW_H
#define RND_AR_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" { /* the headers below are plain C without a guard of their own */
#endif

#include "ar_blend.h"
#include "lens.h"
#include "nav/pose.h"
#include "nav/status.h"
#include "surface.h"

struct rnd_ar_view;

/* `lens`: without distortion. NAV_ERR_UNSUPPORTED: no usable context; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_ar_view_create(const struct rnd_lens *lens,
                                                struct rnd_ar_view **out_view);
void rnd_ar_view_destroy(struct rnd_ar_view *view); /* NULL is legal */

/* `bone`: drawn into the depth only, the picture itself shows it. */
NAV_MUST_USE enum nav_status rnd_ar_view_add_model(struct rnd_ar_view *view,
                                                   const struct rnd_mesh *mesh,
                                                   const float colour[3], bool bone);
/* Its number counts from 0; hidden until its first set. */
NAV_MUST_USE enum nav_status rnd_ar_view_add_tool(struct rnd_ar_view *view,
                                                  const struct rnd_mesh *mesh);
/* `T_image_tool` NULL: hidden. */
void rnd_ar_view_set_tool(struct rnd_ar_view *view, uint32_t tool,
                          const struct nav_pose *T_image_tool);

/* Draws what the camera at `T_image_camera` sees. The layers stay valid until the next draw. */
NAV_MUST_USE enum nav_status rnd_ar_view_draw(struct rnd_ar_view *view,
                                              const struct nav_pose *T_image_camera,
                                              struct rnd_ar_layers *out_layers);

/* What the last draw took. */
struct rnd_ar_times {
    int64_t model_ns, tools_ns, read_ns; /* drawing both; layers back from the graphics */
};
void rnd_ar_view_times(const struct rnd_ar_view *view, struct rnd_ar_times *out_times);

/* A picture (4 bytes a pixel, blue green red, top row first, of the lens's size) scaled into a
 * framebuffer of width x height, centred on black; its OpenGL name, 0 = failed. Valid until the
 * next call. */
uint32_t rnd_ar_view_show(struct rnd_ar_view *view, const uint8_t *picture, int width_px,
                          int height_px);

/* What was shown last, as blue green red bytes with a fourth, bottom row first. False: nothing. */
bool rnd_ar_view_read(struct rnd_ar_view *view, uint8_t *out_bgra);

#ifdef __cplusplus
}
#endif

#endif
