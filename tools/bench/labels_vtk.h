/* The surface of one label as programs around VTK make it, behind C. No exception leaves it.
 * Thread: one. */
#ifndef LABELS_VTK_H
#define LABELS_VTK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "surface.h"

/* vtkDiscreteFlyingEdges3D, vtkWindowedSincPolyDataFilter (normalised coordinates) and
 * vtkDecimatePro (feature angle 60, topology kept, error 1). The first two have the values of 3D
 * Slicer's conversion to a closed surface with its own smoothing factor, 0.5: 40 iterations, pass
 * band 0.01. When Slicer decimates, it does so first: fewer points to smooth, but the steps are
 * decimated too. The last one smooths less, to stay nearer to the voxels: 20 iterations, 0.1. */
enum labels_vtk_way {
    LABELS_VTK_SMOOTH_FIRST,
    LABELS_VTK_DECIMATE_FIRST,
    LABELS_VTK_GENTLE,
    LABELS_VTK_WAYS
};

struct labels_vtk;

/* Borrows the voxels. NULL when it cannot. */
struct labels_vtk *labels_vtk_create(const int16_t *voxels, const int32_t size[3]);
void labels_vtk_destroy(struct labels_vtk *labels); /* NULL is legal */

/* Makes the surface of one value inside `low .. high` (its box, which others would have to look
 * for) with `reduction` (0..1) of its triangles away. It stays in the object. */
bool labels_vtk_run(struct labels_vtk *labels, int16_t value, const int32_t low[3],
                    const int32_t high[3], double reduction, enum labels_vtk_way way);

/* Copies what labels_vtk_run made, oriented outward, through T (3x4, row-major); the caller
 * finishes it. */
bool labels_vtk_copy(const struct labels_vtk *labels, const double T[12],
                     struct prep_surface *out_surface);

/* What VTK spreads its filters over ("Sequential", "STDThread", "TBB"), and how many threads. */
const char *labels_vtk_backend(int *out_threads);

#ifdef __cplusplus
}
#endif

#endif
