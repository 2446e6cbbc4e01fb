/* A distance field sampled on a regular grid, only as far as its surface needs.
 *
 * Values are exact in every cell that the surface may touch; elsewhere only the sign is right
 * (magnitude `band_mm`). Grid point (i, j, k) lies at origin + step * (i, j, k), LPS mm; x fastest.
 * Thread: any; `prep_field_sample` calls `distance` from the calling thread. */
#ifndef PREPARE_FIELD_H
#define PREPARE_FIELD_H

#include "nav/status.h"

struct prep_field {
    int size[3];
    double origin[3];
    double step;
    float *values;
};

typedef double prep_distance_fn(const void *context, const double p[3]);

/* Samples `distance` over the box. `slope_max` bounds how fast the function can change per mm: the
 * test for empty blocks relies on it. NAV_ERR_TOO_LARGE above PREP_FIELD_MAX points. */
enum { PREP_FIELD_MAX = 64 * 1024 * 1024 };
NAV_MUST_USE enum nav_status prep_field_sample(prep_distance_fn *distance, const void *context,
                                               const double low[3], const double high[3],
                                               double step, double slope_max,
                                               struct prep_field *out_field);
void prep_field_finish(struct prep_field *field);

/* Volume inside, ml: every point counts by how far its cell lies inside (linear over one step). */
double prep_field_volume_ml(const struct prep_field *field);

#endif
