/* Questions to a surface mesh: the nearest point, on which side of the surface, what a ray meets.
 *
 * Embree's bounding volume hierarchy finds the candidate triangles in single precision; the answer
 * is computed on those triangles in double precision. The sign of a distance comes from the
 * angle-weighted pseudo-normal of the nearest feature (Baerentzen and Aanaes 2005), exact for a
 * closed mesh; an open mesh has no inside and its distances stay unsigned.
 *
 * Frames: whatever the vertices are in, usually image space, mm. Allocates only in create.
 * Thread: any, concurrent questions to one mesh are safe. */
#ifndef TRK_MESH_QUERY_H
#define TRK_MESH_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

struct trk_mesh;

struct trk_mesh_nearest {
    double point_mm[3];    /* on the surface */
    double normal[3];      /* unit, outward: pseudo-normal of the nearest feature */
    double face_normal[3]; /* unit, of the triangle itself */
    double distance_mm;    /* >= 0 */
    double signed_mm;      /* negative inside; equals distance_mm for an open mesh */
    uint32_t triangle;
};

struct trk_mesh_hit {
    double distance_mm; /* along the unit direction */
    double point_mm[3];
    double face_normal[3]; /* unit, outward */
    bool entering;         /* the ray goes from outside to inside */
    uint32_t triangle;
};

/* Copies `vertex_count` points (x y z, mm) and `triangle_count` triples of indices, counter-
 * clockwise from outside. NAV_ERR_ARGUMENT: nothing in it, an index out of range, a coordinate that
 * is not finite; NAV_ERR_MEMORY. Triangles that name a vertex twice are left out. */
NAV_MUST_USE enum nav_status trk_mesh_create(const float *vertices_mm, uint32_t vertex_count,
                                             const uint32_t *triangles, uint32_t triangle_count,
                                             struct trk_mesh **out_mesh);
void trk_mesh_destroy(struct trk_mesh *mesh); /* NULL is legal */

/* Every edge has exactly two triangles that run along it in opposite directions. */
bool trk_mesh_is_closed(const struct trk_mesh *mesh);

/* Of those in the search: `index` below counts these, without the triangles that were left out. */
uint32_t trk_mesh_triangle_count(const struct trk_mesh *mesh);

/* Corners of the triangle `index` < triangle_count. */
void trk_mesh_corners(const struct trk_mesh *mesh, uint32_t index, double out_corner_mm[3][3]);

/* Axis-aligned bounds, mm. */
void trk_mesh_bounds(const struct trk_mesh *mesh, double out_min_mm[3], double out_max_mm[3]);

/* Nearest point of the surface within `radius_mm` (INFINITY: anywhere). NAV_ERR_NOT_FOUND: nothing
 * that near (a distance of exactly the radius is found); NAV_ERR_ARGUMENT: the point is not finite.
 * A small radius, such as the last distance plus the motion since, makes the answer faster, never
 * different. */
NAV_MUST_USE enum nav_status trk_mesh_nearest(const struct trk_mesh *mesh, const double point_mm[3],
                                              double radius_mm,
                                              struct trk_mesh_nearest *out_nearest);

/* The same for the triangle `index` alone, < triangle_count. On which side of the mesh the point is
 * holds only if no other triangle is nearer. */
NAV_MUST_USE enum nav_status trk_mesh_nearest_on(const struct trk_mesh *mesh, uint32_t index,
                                                 const double point_mm[3],
                                                 struct trk_mesh_nearest *out_nearest);

/* The same by looking at every triangle: slow, the oracle of the tests and of the benchmark. */
NAV_MUST_USE enum nav_status trk_mesh_nearest_ref(const struct trk_mesh *mesh,
                                                  const double point_mm[3],
                                                  struct trk_mesh_nearest *out_nearest);

/* First surface met from `origin_mm` along the unit vector `direction`, at most `reach_mm` away.
 * NAV_ERR_NOT_FOUND: none; NAV_ERR_ARGUMENT: not finite. */
NAV_MUST_USE enum nav_status trk_mesh_cast(const struct trk_mesh *mesh, const double origin_mm[3],
                                           const double direction[3], double reach_mm,
                                           struct trk_mesh_hit *out_hit);

#endif
