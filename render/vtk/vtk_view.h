/* The 3D view: VTK behind a C interface, drawing in an OpenGL context that somebody else owns.
 *
 * Every function needs that context current on the calling thread. Positions are image space,
 * LPS mm; tool meshes are in the tool's frame. Meshes are copied. No exception leaves: what VTK
 * or the library throws becomes NAV_ERR_MEMORY or NAV_ERR_IO. Thread: main (the context's). */
#ifndef RND_VTK_VIEW_H
#define RND_VTK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" { /* the headers below are plain C without a guard of their own */
#endif

#include "camera.h"
#include "look.h"
#include "mesh.h"
#include "nav/pose.h"
#include "nav/status.h"

struct rnd_vtk_view;

struct rnd_material {
    float colour[3]; /* 0..1 sRGB */
    float opacity;   /* seen face on; 1 = opaque */
    float rim;       /* opacity added towards the silhouette, so that thin shells stay readable */
    float specular;  /* 0..1 */
};

/* NAV_ERR_UNSUPPORTED: no context current or older than OpenGL 3.2; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_vtk_view_create(struct rnd_vtk_view **out_view);
void rnd_vtk_view_destroy(struct rnd_vtk_view *view); /* NULL is legal */

/* Adds a static mesh; its number counts from 0. */
NAV_MUST_USE enum nav_status rnd_vtk_view_add_model(struct rnd_vtk_view *view,
                                                    const struct rnd_mesh *mesh,
                                                    const struct rnd_material *material);

/* Adds a tool, hidden until its first rnd_vtk_view_set_tool; its number counts from 0. */
NAV_MUST_USE enum nav_status rnd_vtk_view_add_tool(struct rnd_vtk_view *view,
                                                   const struct rnd_tool_shape *shape);

/* Adds a tool drawn from a mesh in the tool's frame. */
NAV_MUST_USE enum nav_status rnd_vtk_view_add_tool_mesh(struct rnd_vtk_view *view,
                                                        const struct rnd_mesh *mesh);

/* Adds a planned cut. */
NAV_MUST_USE enum nav_status rnd_vtk_view_add_cut(struct rnd_vtk_view *view,
                                                  const struct rnd_cut_shape *cut);

/* An unknown number is ignored. `T_image_tool` may be NULL with RND_LOOK_HIDDEN. */
void rnd_vtk_view_set_tool(struct rnd_vtk_view *view, uint32_t tool, enum rnd_look look,
                           const struct nav_pose *T_image_tool);

void rnd_vtk_view_set_camera(struct rnd_vtk_view *view, const struct rnd_camera *camera);

/* Box of the models and cuts. */
struct rnd_bounds rnd_vtk_view_bounds(const struct rnd_vtk_view *view);

/* Draws the view at this size into its own framebuffer. NAV_ERR_ARGUMENT: a side below 1 px. */
NAV_MUST_USE enum nav_status rnd_vtk_view_draw(struct rnd_vtk_view *view, int width_px,
                                               int height_px);

/* OpenGL name of the framebuffer object that holds the last picture, for blitting; 0 = none.
 * Its size is that of the last draw; its rows run from the bottom. */
uint32_t rnd_vtk_view_framebuffer(const struct rnd_vtk_view *view);

#ifdef __cplusplus
}
#endif

#endif
