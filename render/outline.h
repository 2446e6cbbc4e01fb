/* Where a plane cuts a mesh: line by line, without looking at most of its triangles.
 *
 * Triangles are kept in the order of a curve through space, in blocks with a box around each; a
 * plane looks into the blocks that it crosses. Positions in mm, one frame. Thread: any for
 * rnd_outline_cut of a made one. */
#ifndef RND_OUTLINE_H
#define RND_OUTLINE_H

#include "nav/status.h"
#include "surface.h"

struct rnd_outline;

/* Copies the mesh. NAV_ERR_MEMORY; NAV_ERR_ARGUMENT: an index out of range. */
NAV_MUST_USE enum nav_status rnd_outline_create(const struct rnd_mesh *mesh,
                                                struct rnd_outline **out_outline);
void rnd_outline_destroy(struct rnd_outline *outline); /* NULL is legal */

/* Called for the line in which the plane cuts a triangle. */
typedef void (*rnd_outline_fn)(void *context, const float a_mm[3], const float b_mm[3]);

/* The plane of the points p with normal . p = offset; a corner on the plane counts as above it, so
 * that a line between two triangles is not lost. */
void rnd_outline_cut(const struct rnd_outline *outline, const double normal[3], double offset,
                     rnd_outline_fn line, void *context);

#endif
