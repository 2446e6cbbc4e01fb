/* VTK's own sections of a volume as others make them, behind C. No exception leaves it.
 * Thread: one. */
#ifndef RESLICE_VTK_H
#define RESLICE_VTK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct reslice_vtk;

/* Borrows the voxels. Sections are `width` x `height` pixels, `pixel_mm` apart. NULL when it
 * cannot. */
struct reslice_vtk *reslice_vtk_create(const int16_t *voxels, const int size[3],
                                       const double spacing_mm[3], const double origin_mm[3],
                                       int width, int height, double pixel_mm, double level,
                                       double window);
void reslice_vtk_destroy(struct reslice_vtk *reslice); /* NULL is legal */

/* vtkImageReslice, linear, then window and level to 8 bits. Right and down are unit; the picture
 * belongs to the object until its next call. NULL when it cannot. */
const uint8_t *reslice_vtk_draw(struct reslice_vtk *reslice, const double first_pixel_mm[3],
                                const double right[3], const double down[3]);

#ifdef __cplusplus
}
#endif

#endif
