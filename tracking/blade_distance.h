/* How far a blade is from every named structure, and what lies ahead of it.
 *
 * The blade is what can hurt: the area that its cutting edge has swept between the last pose and
 * this one, and the flat body behind the edge. A drill or burr has an edge without length. The area
 * swept is the two triangles over the four corner positions; the ruled surface that the edge really
 * passes leaves them by at most a quarter of the difference of the corners' ways, `twist_mm`, which
 * is given with the answer. Against those triangles and those of the mesh the distance is exact.
 *
 * Signed distance of a blade from a closed mesh: outside, the distance; as soon as any point of the
 * blade is in the structure, minus the depth of the deepest one, known to `depth_error_mm`. An open
 * mesh has no inside; its distance is never negative.
 *
 * Answers do not depend on what was asked before: what is remembered only makes the next answer
 * faster. A structure further than `reach_mm` is told to be so and has no numbers; while what it
 * was last and the way since leave it out of reach it is not even looked at.
 *
 * Frames: image space, mm. Allocates only in create. Thread: one at a time. */
#ifndef TRK_BLADE_DISTANCE_H
#define TRK_BLADE_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh_query.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/status.h"

/* A tool's cutting part, in the tool's frame, as the case states it. */
struct trk_blade_shape {
    double tip_mm[3];       /* middle of the cutting edge */
    double axis[3];         /* unit, the direction of cutting */
    double up[3];           /* unit, normal of the flat face; any perpendicular for a drill */
    double width_mm;        /* of the edge, along axis x up; 0 for a drill */
    double length_mm;       /* of the body behind the edge */
    double edge_radius_mm;  /* the edge is taken this thick: a burr's ball, 0 for a blade */
    double shaft_radius_mm; /* half the body's thickness or diameter; its front is rounded and
                               ends at the edge */
};

/* The same at one instant, in image space. */
struct trk_blade_pose {
    double corner_mm[2][3]; /* ends of the edge: against and along `edge` */
    double edge[3];         /* unit, axis x up */
    double axis[3];
    double up[3];
    double length_mm, edge_radius_mm, shaft_radius_mm;
};

struct trk_blade_pose trk_blade_pose_at(const struct trk_blade_shape *shape,
                                        const struct nav_pose *T_image_tool);

struct trk_blade_distance_options {
    double reach_mm;       /* structures further away have no numbers; INFINITY: all have */
    double ahead_mm;       /* how far along the axis the edge is cast */
    double depth_error_mm; /* wanted of the depth of a blade inside; a limited number of questions
                              may leave more, see error_mm */
};

/* 100 mm, 100 mm, 0.5 mm */
struct trk_blade_distance_options trk_blade_distance_options_default(void);

struct trk_structure_distance {
    bool in_reach;  /* the numbers below are there */
    bool is_signed; /* closed mesh */
    bool on_shaft;  /* the body behind the edge is nearer than the edge's sweep */
    double distance_mm;
    double error_mm;        /* distance_mm is right to this: 0 outside, else of the depth */
    double twist_mm;        /* the ruled surface is no nearer than distance_mm - twist_mm */
    double structure_mm[3]; /* the nearest points; inside, the deepest point of the blade ... */
    double blade_mm[3];     /* ... and the surface's point nearest to it */
    bool ahead;             /* the edge meets it within ahead_mm if it goes on along its axis */
    double ahead_mm;        /* the way until then; NaN without */
    double ahead_point_mm[3];
};

struct trk_blade_distance;

/* Borrows the meshes. NAV_ERR_ARGUMENT: none, or more than NAV_STRUCTURES_MAX; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status
trk_blade_distance_create(const struct trk_mesh *const *meshes, size_t count,
                          const struct trk_blade_distance_options *options,
                          struct trk_blade_distance **out_distance);
void trk_blade_distance_destroy(struct trk_blade_distance *distance); /* NULL is legal */

/* Measures `count` structures in the order of create. `before` is the pose of the last question, or
 * NULL: the edge has swept nothing (first pose, return after a loss, another tool).
 * NAV_ERR_NOT_FINITE: a pose is not, the answers are untouched. */
NAV_MUST_USE enum nav_status
trk_blade_distance_measure(struct trk_blade_distance *distance, const struct trk_blade_pose *before,
                           const struct trk_blade_pose *now,
                           struct trk_structure_distance *out_distances);

/* Drops what is remembered: answers stay the same, the next one takes longer. */
void trk_blade_distance_forget(struct trk_blade_distance *distance);

#endif
