/* Exact distance between a quad, two triangles over four corners, and a triangle, and where they
 * are nearest.
 *
 * The nearest points of two triangles lie on two edges, or on a corner and a face; or an edge of
 * one passes through the other and the distance is 0 (Ericson 2005, sections 5.1.9, 5.1.10). All
 * pairs are looked at in double precision, edges four at a time; what a quad alone decides is
 * worked out once. Quad and triangle may be without area: segments or points.
 *
 * Any frame, mm. Pure. Thread: any. */
#ifndef TRK_QUAD_DISTANCE_H
#define TRK_QUAD_DISTANCE_H

#include "mesh_tree.h"

typedef double trk_four __attribute__((vector_size(4 * sizeof(double)), aligned(8)));

/* Edges of a quad side by side: its four sides, and its diagonal four times. */
struct trk_quad_edges {
    trk_four from[3], way[3];
    trk_four length2, inverse2; /* 1 / length2, 0 for an edge without length */
};

struct trk_quad_parts {
    double triangle[2][3][3];
    double side[2][3][3];   /* from corner to corner */
    double normal[2][3];    /* not normalised */
    double normal2[2];      /* 0: a sliver, its edges say all there is to say */
    double inward[2][3][3]; /* in the plane, perpendicular to the sides */
    struct trk_quad_edges rim, diagonal;
};

void trk_quad_prepare(const struct trk_quad *quad, struct trk_quad_parts *out_parts);

/* Squared distance and the nearest points when it is no more than `limit2`, INFINITY else. Of
 * equally near pairs always the same one. */
double trk_quad_distance2(const struct trk_quad_parts *quad, const double triangle[3][3],
                          double limit2, double out_on_quad[3], double out_on_triangle[3]);

#endif
