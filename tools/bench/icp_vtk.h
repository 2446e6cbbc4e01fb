/* VTK's iterative closest point as others use it, behind C. No exception leaves it. Thread: one. */
#ifndef ICP_VTK_H
#define ICP_VTK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct icp_vtk;

/* Copies the mesh and builds its cell locator once. NULL when it cannot. */
struct icp_vtk *icp_vtk_create(const float *vertices_mm, uint32_t vertex_count,
                               const uint32_t *triangles, uint32_t triangle_count);
void icp_vtk_destroy(struct icp_vtk *icp); /* NULL is legal */

/* Rigid registration of `count` points (x y z, already near the surface) until the mean distance
 * changes by less than 1e-4 mm or 200 iterations; out_matrix is row-major 4x4. */
bool icp_vtk_register(struct icp_vtk *icp, const double *points_mm, uint32_t count,
                      double out_matrix[16]);

#ifdef __cplusplus
}
#endif

#endif
