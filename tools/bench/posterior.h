/* The back of the demo patient's sacrum as a place to try surface registration: the whole bone as a
 * mesh, points touched on what a stylus reaches from behind, starts that are off by a known amount,
 * and a target deep in the bone at which errors are measured. Everything follows from the seed.
 *
 * Image space: LPS mm. Thread: one at a time. */
#ifndef BENCH_POSTERIOR_H
#define BENCH_POSTERIOR_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh_query.h"
#include "nav/pose.h"
#include "surface.h"
#include "surface_registration.h"

enum { POSTERIOR_POINTS = 120 };

/* What is touched. */
enum posterior_region {
    POSTERIOR_FACE = 0, /* all that faces backwards */
    POSTERIOR_PATCH     /* of it, 30 x 30 mm in the middle */
};

struct posterior {
    struct prep_surface surface;
    struct trk_mesh *mesh;
    double *areas; /* cumulated, of the triangles that face backwards */
    double target_mm[3];
    double middle_mm[3]; /* of what faces backwards */
};

/* One trial: points in the reference frame, and a start. */
struct posterior_trial {
    double points[3 * POSTERIOR_POINTS];
    struct nav_pose T_reference_image;
    struct nav_pose start; /* T_image_reference, off by the angle and length asked for */
};

/* `grid_mm` of the sampled sacrum. False: out of memory. posterior_finish in any case. */
bool posterior_make(double grid_mm, struct posterior *out_posterior);
void posterior_finish(struct posterior *posterior);

/* New points, each off by `noise_mm` rms, and a new start. */
void posterior_begin(const struct posterior *posterior, enum posterior_region region,
                     double noise_mm, double start_rad, double start_mm, uint64_t *random,
                     struct posterior_trial *out_trial);

/* How far `T_image_reference` puts the target from where it is. */
double posterior_error(const struct posterior *posterior, const struct posterior_trial *trial,
                       const struct nav_pose *T_image_reference);

#endif
