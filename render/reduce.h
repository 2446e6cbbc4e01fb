/* Fewer triangles for a picture in motion.
 *
 * Vertices that lie in one cell of a grid and look the same way become one, at their mean (vertex
 * clustering after Rossignac and Borrel, "Multi-resolution 3D approximations for rendering complex
 * scenes", 1993). Because both sides of a thin wall look different ways they stay apart, so that
 * a wall or a nerve thinner than a cell keeps its two sides. Linear in the size of the mesh.
 * Thread: any. */
#ifndef RND_REDUCE_H
#define RND_REDUCE_H

#include "surface.h"

/* Puts the reduced mesh into `out`, which is empty. Where cells of `cell_mm` would take away too
 * much of the surface, smaller ones are taken; the area that is left is at least
 * `rnd_reduce_area_kept` of the mesh's, or else the mesh is copied as it is. `mesh` has normals.
 * NAV_ERR_ARGUMENT: no normals, no vertices, a cell that is not positive and finite, or a mesh of
 * 2^17 cells or more along an axis, or not finite; NAV_ERR_MEMORY. `out` is empty after a failure.
 */
NAV_MUST_USE enum nav_status rnd_mesh_reduce(const struct rnd_mesh *mesh, double cell_mm,
                                             struct rnd_mesh_buffer *out);

extern const double rnd_reduce_area_kept;

/* Area of all triangles, mm2. */
double rnd_mesh_area(const struct rnd_mesh *mesh);

#endif
