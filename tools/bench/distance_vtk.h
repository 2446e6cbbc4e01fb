/* The same questions to VTK, behind C: distances from points by vtkImplicitPolyDataDistance, rays
 * by vtkStaticCellLocator. No exception leaves it. Thread: one. */
#ifndef DISTANCE_VTK_H
#define DISTANCE_VTK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct distance_vtk;

/* NULL when it cannot. */
struct distance_vtk *distance_vtk_create(const float *vertices_mm, uint32_t vertex_count,
                                         const uint32_t *triangles, uint32_t triangle_count);
void distance_vtk_destroy(struct distance_vtk *distance); /* NULL is legal */

/* Signed distance of a point, negative inside. */
double distance_vtk_at(struct distance_vtk *distance, const double point_mm[3]);

/* Way from `from` to the first surface before `to`; NaN without one. */
double distance_vtk_ray(struct distance_vtk *distance, const double from_mm[3],
                        const double to_mm[3]);

#ifdef __cplusplus
}
#endif

#endif
