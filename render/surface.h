/* Triangle meshes as the views take them, and the small shapes that the display makes itself.
 *
 * Positions in millimetres, in the frame that the user states. Normals are unit, outward, one a
 * vertex. Thread: any. */
#ifndef RND_SURFACE_H
#define RND_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"

/* A mesh that somebody else owns. `normals` may be NULL: the view then computes smooth ones. */
struct rnd_mesh {
    size_t vertex_count;
    size_t triangle_count;
    const float *positions;    /* 3 a vertex */
    const float *normals;      /* 3 a vertex, or NULL */
    const uint32_t *triangles; /* 3 a triangle, counter-clockwise seen from outside */
};

/* A mesh that grows. The zero struct is empty. */
struct rnd_mesh_buffer {
    size_t vertex_count, vertex_capacity;
    size_t triangle_count, triangle_capacity;
    float *positions;
    float *normals;
    uint32_t *triangles;
};

void rnd_mesh_buffer_finish(struct rnd_mesh_buffer *buffer);

/* View of a buffer; valid until the buffer changes. */
struct rnd_mesh rnd_mesh_of(const struct rnd_mesh_buffer *buffer);

/* Area-weighted vertex normals into `out_normals` (3 * vertex_count). A vertex without a triangle
 * of positive area gets (0, 0, 1). */
void rnd_mesh_normals(const struct rnd_mesh *mesh, float *out_normals);

/* Axis-aligned box of points, mm. Empty while min > max. */
struct rnd_bounds {
    double min_mm[3];
    double max_mm[3];
};

struct rnd_bounds rnd_bounds_empty(void);
bool rnd_bounds_is_empty(const struct rnd_bounds *bounds);
void rnd_bounds_add_point(struct rnd_bounds *bounds, const double point_mm[3]);
void rnd_bounds_add_mesh(struct rnd_bounds *bounds, const struct rnd_mesh *mesh);

/* The eight corners; returns their number, 0 for an empty box. */
size_t rnd_bounds_corners(const struct rnd_bounds *bounds, double out_corners_mm[8][3]);

/* What a tool looks like, in the tool's own frame. The tip is the origin of the distances. */
enum rnd_shape { RND_SHAPE_POINTER = 0, RND_SHAPE_BLADE, RND_SHAPE_DRILL };

struct rnd_tool_shape {
    enum rnd_shape shape;
    double tip_mm[3];
    double axis[3];      /* unit: where the tool points; the body lies on the other side */
    double up[3];        /* unit, perpendicular to axis: the blade's face normal */
    double length_mm;    /* pointer shaft, blade or drill bit; the grip is drawn behind it */
    double width_mm;     /* blade: its cutting edge */
    double thickness_mm; /* blade */
    double diameter_mm;  /* pointer, drill */
};

/* Appends the tool to two buffers (which may be one): `body` gets the shank, `accent` what the eye
 * has to find, the cutting end and the grip.
 * `dashed`: only stretches of both along the axis, for a tool that must not look live.
 * NAV_ERR_ARGUMENT: a size that is not positive and finite; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_tool_mesh(const struct rnd_tool_shape *shape, bool dashed,
                                           struct rnd_mesh_buffer *body,
                                           struct rnd_mesh_buffer *accent);

/* A planned cut: a rectangle from its entry edge down (image space). */
struct rnd_cut_shape {
    double point_mm[3]; /* middle of the entry edge */
    double normal[3];   /* unit */
    double u[3];        /* unit, along the entry edge, perpendicular to normal */
    double size_mm[2];  /* along u, along v = normal x u, the cutting direction */
};

/* Corners in order: entry edge -u, entry edge +u, far +u, far -u. */
void rnd_cut_corners(const struct rnd_cut_shape *cut, double out_corners_mm[4][3]);

/* Appends the cut's rim as a bar of the given thickness, and its face as two triangles a side. */
NAV_MUST_USE enum nav_status rnd_cut_mesh(const struct rnd_cut_shape *cut, double bar_mm,
                                          struct rnd_mesh_buffer *rim,
                                          struct rnd_mesh_buffer *face);

#endif
