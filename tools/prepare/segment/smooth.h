/* Takes the steps out of a surface made from voxels, without taking away what it encloses.
 *
 * Smoothing: pairs of steps towards and away from the mean of each point's neighbours (Taubin, "A
 * signal processing approach to fair surface design", SIGGRAPH 1995), which leaves large shapes as
 * they are; and no point leaves the cube of half a voxel around its first place, so that nothing
 * thinner than that rounds away (Gibson, "Constrained elastic surface nets", MICCAI 1998). What is
 * left of a difference in volume is put back, component by component, by an even shift along the
 * normals.
 * Closed surfaces only. Deterministic. Thread: any. */
#ifndef PREPARE_SMOOTH_H
#define PREPARE_SMOOTH_H

#include "surface.h"

/* `surface` in voxel coordinates; `reach` in voxels. NAV_ERR_MEMORY leaves it as it was. */
NAV_MUST_USE enum nav_status prep_surface_smooth(struct prep_surface *surface, int rounds,
                                                 double reach);

/* Shifts the points of each component along their normals so that its volume becomes that of
 * `volumes_mm3` (less than nothing for a cavity), none by more than `reach_mm` in all. `of_point`
 * and `components` as of prep_surface_components. */
NAV_MUST_USE enum nav_status prep_surface_set_volumes(struct prep_surface *surface,
                                                      const uint32_t *of_point, size_t components,
                                                      const double *volumes_mm3, double reach_mm);

#endif
