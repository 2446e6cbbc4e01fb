/* The surfaces of all labels of a volume in one sweep.
 *
 * Coordinates are voxels: voxel (i, j, k) has its middle at (i, j, k). A surface's points lie half
 * way between a voxel of the label and its neighbour that is not, one point for each such pair, and
 * everything outside the volume counts as not labelled: every surface is a closed manifold, also
 * at the volume's border. Labels that touch get the same points where they do.
 *
 * The sweep goes slab by slab on as many threads as are given; the result does not depend on how
 * many. Beside the surfaces it takes a few slices of memory a thread. Thread: any. */
#ifndef PREPARE_LABEL_SWEEP_H
#define PREPARE_LABEL_SWEEP_H

#include "surface.h"

enum {
    PREP_LABELS_MAX = 4096,                  /* surfaces of one sweep */
    PREP_SWEEP_POINTS_MAX = 24 * 1024 * 1024 /* of all surfaces: a label map, not noise */
};

struct prep_sweep {
    const int16_t *voxels; /* x fastest */
    int32_t size[3];
    const uint16_t *surface_of; /* 65536 entries by (uint16_t)value: 0 = none, else surface + 1 */
    size_t surface_count;
    int threads; /* 1 or more */
    void (*progress)(void *context,
                     double share); /* NULL: none; called from one thread at a time */
    void *context;
};

/* Fills out_surfaces[0 .. surface_count), empty where no voxel has the value; the caller finishes
 * each. NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY; then all are empty. */
NAV_MUST_USE enum nav_status prep_sweep_run(const struct prep_sweep *sweep,
                                            struct prep_surface *out_surfaces);

/* How many voxels each component of a surface encloses, exactly (a cavity: less than none), from a
 * surface as the sweep made it. `of_point` as of prep_surface_components; `out_voxels` holds one a
 * component. */
NAV_MUST_USE enum nav_status prep_sweep_voxels(const struct prep_surface *surface,
                                               const uint32_t *of_point, size_t components,
                                               double *out_voxels);

#endif
