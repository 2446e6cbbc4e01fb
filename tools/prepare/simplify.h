/* Fewer triangles for the same shape: quadric edge collapse.
 *
 * Every vertex carries the sum of squared distances to the planes it stands for, weighted by area
 * (Garland and Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997). An
 * edge is collapsed only where the surface stays a closed manifold (exactly two common neighbours)
 * and no triangle turns over; open or forked places are left as they are. Edges are taken
 * in passes from a sorted list instead of a heap: one order, the same result on every run.
 * Thread: any. */
#ifndef PREPARE_SIMPLIFY_H
#define PREPARE_SIMPLIFY_H

#include "surface.h"

struct prep_simplify {
    size_t triangles_max; /* stop at this many; 0: no limit */
    double error_max_mm;  /* no collapse that moves the surface by more (rms); INFINITY: no limit */
};

/* Works in place. Stops at whichever limit comes first. NAV_ERR_ARGUMENT when neither is given. */
NAV_MUST_USE enum nav_status prep_surface_simplify(struct prep_surface *surface,
                                                   const struct prep_simplify *limits);

#endif
