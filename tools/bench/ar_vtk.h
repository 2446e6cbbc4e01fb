/* The plain way of VTK: the whole scene over the picture as the renderer's background texture, with
 * depth peeling, in one window. Needs an OpenGL context current. No exception leaves. Thread: one.
 */
#ifndef AR_VTK_H
#define AR_VTK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "lens.h"
#include "nav/pose.h"
#include "view3d.h"

struct ar_vtk;

/* NULL when it cannot. `lens`: without distortion. */
struct ar_vtk *ar_vtk_create(const struct rnd_lens *lens, int peels);
void ar_vtk_destroy(struct ar_vtk *ar); /* NULL is legal */

bool ar_vtk_add_model(struct ar_vtk *ar, const struct rnd_mesh *mesh,
                      const struct rnd_material *material);
bool ar_vtk_add_tool(struct ar_vtk *ar, const struct rnd_mesh *mesh);

/* Draws and reads back: red green blue bytes, bottom row first. `bgra`: top row first. */
bool ar_vtk_draw(struct ar_vtk *ar, const uint8_t *bgra, const struct nav_pose *T_image_camera,
                 const struct nav_pose *T_image_tool, uint8_t *out_rgb);

#ifdef __cplusplus
}
#endif

#endif
