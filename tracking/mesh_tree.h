/* Flat areas against a mesh: where they are nearest, and what an edge meets when it goes on.
 *
 * Embree answers for points and rays; a blade is neither, and asking for it point by point is
 * either slow or coarse. This is a bounding volume hierarchy of its own over the mesh's triangles:
 * nodes of eight boxes and leaves of eight triangles, held against the area's own oriented box and
 * its corners, eight at a time in single precision with a margin for its rounding. What is left is
 * compared in double precision, so the answer is that of looking at every triangle. Of equally near
 * triangles it is the one of the lowest index; of several that are touched one of them, always the
 * same.
 *
 * Frames: the mesh's, mm. Allocates only in create. Thread: any, concurrent questions are safe. */
#ifndef TRK_MESH_TREE_H
#define TRK_MESH_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh_query.h"
#include "nav/status.h"

struct trk_mesh_tree;

/* Two triangles: corners 0 1 3 and 0 3 2. Corners may coincide: a triangle, a segment, a point. */
struct trk_quad {
    double corner[4][3];
};

enum { TRK_NO_TRIANGLE = UINT32_MAX };

struct trk_quad_nearest {
    double distance_mm; /* 0: they touch */
    double quad_mm[3], mesh_mm[3];
    uint32_t triangle; /* for the next question's hint */
};

/* An edge on its way: from `middle` along `direction`, `half` to both sides along `edge`. Unit
 * vectors, perpendicular. */
struct trk_edge_cast {
    double middle_mm[3];
    double edge[3], direction[3];
    double half_mm;
    double reach_mm;
};

struct trk_edge_hit {
    double distance_mm;
    double point_mm[3];
    uint32_t triangle;
};

/* Borrows the mesh. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_mesh_tree_create(const struct trk_mesh *mesh,
                                                  struct trk_mesh_tree **out_tree);
void trk_mesh_tree_destroy(struct trk_mesh_tree *tree); /* NULL is legal */

/* Nearest points within `radius_mm` (equality is found). `hint` is the triangle of a similar
 * question or TRK_NO_TRIANGLE: it makes the answer faster, never different. NAV_ERR_NOT_FOUND: the
 * mesh is no nearer than `distance_mm`, the radius or what the search has seen beyond it; the rest
 * of the answer is untouched. NAV_ERR_NOT_FINITE. */
NAV_MUST_USE enum nav_status trk_mesh_tree_nearest(const struct trk_mesh_tree *tree,
                                                   const struct trk_quad *quad, double radius_mm,
                                                   uint32_t hint,
                                                   struct trk_quad_nearest *out_nearest);

/* The same by looking at every triangle: the oracle of the tests. */
NAV_MUST_USE enum nav_status trk_mesh_tree_nearest_ref(const struct trk_mesh_tree *tree,
                                                       const struct trk_quad *quad,
                                                       struct trk_quad_nearest *out_nearest);

/* trk_mesh_nearest by this tree: the same answer, sooner. `hint` as above; the triangle found is
 * put in its place, in this tree's counting. NAV_ERR_NOT_FOUND, NAV_ERR_NOT_FINITE. */
NAV_MUST_USE enum nav_status trk_mesh_tree_point(const struct trk_mesh_tree *tree,
                                                 const double point_mm[3], double radius_mm,
                                                 uint32_t *hint,
                                                 struct trk_mesh_nearest *out_nearest);

/* First surface that any point of the edge meets. NAV_ERR_NOT_FOUND, NAV_ERR_NOT_FINITE. */
NAV_MUST_USE enum nav_status trk_mesh_tree_cast(const struct trk_mesh_tree *tree,
                                                const struct trk_edge_cast *cast, uint32_t hint,
                                                struct trk_edge_hit *out_hit);

/* The same by looking at every triangle. */
NAV_MUST_USE enum nav_status trk_mesh_tree_cast_ref(const struct trk_mesh_tree *tree,
                                                    const struct trk_edge_cast *cast,
                                                    struct trk_edge_hit *out_hit);

#endif
