/* One search for the point of a mesh nearest to a point: which triangles are looked at, and in what
 * order, is up to the one who searches; the answer is the same as soon as the nearest are among
 * them.
 *
 * Frames: the mesh's, mm. Thread: any, one search at a time. */
#ifndef TRK_MESH_POINT_H
#define TRK_MESH_POINT_H

#include "mesh_query.h"

/* The best candidate so far. */
struct mesh_point {
    const struct trk_mesh *mesh;
    double point[3];
    double best2; /* squared distance; the radius until something is found */
    double nearest[3];
    uint32_t triangle;
    int feature; /* the part of the triangle; for mesh_point_finish */
    bool found;
};

/* The point is finite, the radius >= 0. */
struct mesh_point mesh_point_begin(const struct trk_mesh *mesh, const double point_mm[3],
                                   double radius_mm);

/* Returns whether the triangle is nearer than what was known. Ties go to the lower index, so that
 * the answer does not depend on the order of the search. */
bool mesh_point_consider(struct mesh_point *search, uint32_t triangle);

/* The answer of a search that has found something. */
void mesh_point_finish(const struct mesh_point *search, struct trk_mesh_nearest *out_nearest);

#endif
