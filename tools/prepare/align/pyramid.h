/* A scan at several resolutions, its values limited to what tells tissues apart.
 * Thread: one at a time. */
#ifndef ALIGN_PYRAMID_H
#define ALIGN_PYRAMID_H

#include "align.h"

enum { ALIGN_LEVELS = 3 }; /* coarse to fine */

/* Values 0 to 1: HU from -400 to 800; else from the lowest to the 99.5th percentile. */
struct align_image {
    float *values; /* the first axis varies fastest */
    int size[3];
    double T_image_voxel[12];
};

struct align_pyramid {
    struct align_image levels[ALIGN_LEVELS];
    float body; /* values above are patient, not air */
};

/* Averages blocks of voxels to about 8, 4 and 2 mm. NAV_ERR_RANGE: less than four blocks along an
 * axis of the coarsest level that can be had; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status align_pyramid_create(const struct prep_align_scan *scan,
                                                  struct align_pyramid *out_pyramid);
void align_pyramid_finish(struct align_pyramid *pyramid);

/* Place of the middle of a voxel. */
void align_place(const struct align_image *image, const double voxel[3], double out_mm[3]);

/* Voxel coordinates of a place: solves the image's matrix. */
struct align_inverse {
    double R[9], origin_mm[3];
};
struct align_inverse align_inverse_of(const struct align_image *image);
void align_voxel(const struct align_inverse *inverse, const double p_mm[3], double out_voxel[3]);

/* Between the middles of voxels; false outside of them. */
bool align_value(const struct align_image *image, const double voxel[3], float *out_value);

#endif
