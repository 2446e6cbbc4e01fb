/* How far a surface is from the voxels that it was made from.
 *
 * Measured between the surface and the boundary of the voxels (the faces between a voxel of the
 * label and one that is not), both ways: from evenly spread points of either to the nearest point
 * of the other. Each figure is the larger one of both ways. A perfectly smooth surface through
 * stepped voxels is about 0.15 voxels off on average: that is the steps, not an error.
 *
 * Frame: T_image_voxel maps voxels to LPS mm; its axes are perpendicular. Thread: any. */
#ifndef PREPARE_SURFACE_ERROR_H
#define PREPARE_SURFACE_ERROR_H

#include <stdbool.h>

#include "surface.h"

struct prep_voxel_set {
    const int16_t *voxels; /* x fastest */
    int32_t size[3];
    int16_t value;
    int32_t low[3], high[3]; /* box around all voxels of the value, both included */
    double T_image_voxel[12];
    double spacing_mm[3];
};

struct prep_surface_error {
    double mean_mm, p95_mm, max_mm;
};

/* NAV_ERR_ARGUMENT: no triangles or no voxels; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status prep_surface_error_measure(const struct prep_voxel_set *set,
                                                        const struct prep_surface *surface,
                                                        struct prep_surface_error *out_error);

/* Calls `take` with points spread evenly over the surface, one to every `area_mm2` of it; the same
 * ones every time. Stops when it returns false, and returns that. */
bool prep_surface_spread(const struct prep_surface *surface, double area_mm2,
                         bool (*take)(void *context, const double p[3]), void *context);

/* Distance of an LPS point to the nearest face of the voxels' boundary, mm; INFINITY when it is
 * more than PREP_ERROR_RINGS voxels away. */
enum { PREP_ERROR_RINGS = 12 };
double prep_voxel_set_distance(const struct prep_voxel_set *set, const double p[3]);

#endif
