/* Fewer triangles for the same shape: quadric edge collapse.
 *
 * Every vertex carries the sum of squared distances to the planes it stands for, weighted by area
 * (Garland and Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997). An
 * edge is collapsed only where the surface stays a closed manifold (exactly two common neighbours)
 * and no triangle turns over; open or forked places are left as they are. Edges are taken
 * in passes from a sorted list instead of a heap: one order, the same result on every run.
 * The error weighs by area, so that a thin spike would weigh little: with a reach each point also
 * carries a bound of how far the first points that it stands for are from the surface, and no
 * collapse takes that beyond the reach.
 * Thread: any. */
#ifndef PREPARE_SIMPLIFY_H
#define PREPARE_SIMPLIFY_H

#include "surface.h"

struct prep_simplify {
    size_t triangles_max; /* stop at this many; 0: no limit */
    double error_max_mm;  /* no collapse that moves the surface by more (rms); INFINITY: no limit */
    double reach_max_mm;  /* ... nor one that leaves a first point further off; 0: no limit */
};

/* Works in place. Stops at whichever limit comes first. NAV_ERR_ARGUMENT when neither is given. */
NAV_MUST_USE enum nav_status prep_surface_simplify(struct prep_surface *surface,
                                                   const struct prep_simplify *limits);

#endif
