/* Surfaces of all structures of a segmentation, with what is to be said of their accuracy.
 *
 * The walk of one structure: points half way between its voxels and their neighbours (label_sweep,
 * all structures of a layer at once) -> smoothed without loss of volume (smooth) -> LPS mm -> fewer
 * triangles within an error (simplify) -> volume put right to that of the voxels -> inspected and
 * measured against the voxels. Every surface is closed and oriented outward, or the call fails.
 * The result does not depend on the number of threads. Thread: any; starts threads of its own.
 *
 * Memory, besides the volume: about 0.7 kB for each point of the structures in work at once (one a
 * thread), 40 bytes for each of the others. */
#ifndef PREPARE_SEGMENT_H
#define PREPARE_SEGMENT_H

#include "segmentation.h"
#include "surface.h"
#include "surface_error.h"

struct prep_segment_options {
    int threads;   /* 0: as many as processors */
    int smoothing; /* rounds; 0: none. Default 10 */
    double
        error_max_mm; /* of the decimation; 0: none. Negative (default): a twentieth of a voxel */
    bool measure;     /* the surface error too */
    /* NULL: no word. `share` of all the work, 0..1; one call at a time, from any thread. */
    void (*progress)(void *context, double share, const char *what);
    void *context;
};

struct prep_segment_options prep_segment_options_default(void);

struct prep_segment_surface {
    const struct prep_segment *segment; /* of the segmentation: it must live as long */
    struct prep_surface surface;        /* LPS mm; empty when the segment has no voxels */
    size_t triangles_before;            /* before decimation */
    struct prep_surface_report report;
    double voxel_ml, mesh_ml;
    double difference_percent; /* of mesh to voxels */
    bool closed;               /* every edge has two triangles, and the normals point outwards */
    struct prep_surface_error error; /* zero where it was not asked for */
};

struct prep_segment_surfaces {
    struct prep_segment_surface *items; /* in the order of `segments` */
    size_t count;
};

/* Makes the surfaces of `segments` (pointers into the segmentation; NULL: of all). On failure
 * `out_surfaces` is untouched and `out_error` says which structure. NAV_ERR_TOO_LARGE: more points
 * than a label map has; NAV_ERR_REFUSED: a surface that is not closed; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status prep_segment_run(const struct prep_segmentation *segmentation,
                                              const struct prep_segment *const *segments,
                                              size_t count,
                                              const struct prep_segment_options *options,
                                              struct prep_segment_surfaces *out_surfaces,
                                              struct cfg_error *out_error);
/* The voxels of one segment, to measure another surface against them; borrows the volume. */
struct prep_voxel_set prep_segment_voxels(const struct prep_segmentation *segmentation,
                                          const struct prep_segment *segment);

void prep_segment_surfaces_finish(struct prep_segment_surfaces *surfaces);

#endif
