/* Where the edge of a blade is in the bone, and how much bone is left ahead of it.
 *
 * Bones are closed meshes; where several overlap, a point is in the bone when it is in one of them,
 * and a ray leaves the bone where it leaves all of them. The edge is asked at TRK_EDGE_SAMPLES
 * points from corner to corner: rays from all of them, the corners' own among them, tell the way to
 * the far cortex, and the shortest counts.
 *
 * Frames: image space, mm. Allocates only in create. Thread: one at a time. */
#ifndef TRK_BONE_DEPTH_H
#define TRK_BONE_DEPTH_H

#include <stdbool.h>
#include <stddef.h>

#include "blade_distance.h"
#include "mesh_query.h"
#include "nav/status.h"

enum { TRK_EDGE_SAMPLES = 17, TRK_BONES_MAX = 16 };

struct trk_bone_depth_options {
    double contact_mm; /* an edge point this deep below the surface is cutting */
    double reach_mm;   /* rays end here */
    double gap_mm;     /* bone again within this of an exit counts as going on: a far cortex is
                          where there is no bone for longer */
};

/* 0.5 mm, 150 mm, 0.2 mm */
struct trk_bone_depth_options trk_bone_depth_options_default(void);

struct trk_bone_depth_answer {
    double depth_mm[TRK_EDGE_SAMPLES]; /* of each point below the nearest surface; negative outside,
                                          then no larger than the distance to the bone */
    double deepest_mm;                 /* largest of them */
    bool cutting;                      /* deepest_mm >= contact_mm */
    bool bone_ahead;                   /* some point is in the bone or has it ahead within reach */
    double remaining_mm;               /* shortest way from the edge along the axis to the far
                                          cortex: where a ray that starts in the bone, or else
                                          enters it, leaves it; NaN without bone ahead */
    double corner_mm[2], middle_mm;    /* the same of the corners' and the middle's own rays */
    double entry_mm;                   /* longest way back along the axis from an edge point in the
                                          bone to where it went in; NaN outside */
};

struct trk_bone_depth;

/* Borrows the meshes. NAV_ERR_ARGUMENT: more than TRK_BONES_MAX, or an open mesh: without an inside
 * there is no depth. None at all is legal: nothing is ever cut. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_bone_depth_create(const struct trk_mesh *const *bones,
                                                   size_t count,
                                                   const struct trk_bone_depth_options *options,
                                                   struct trk_bone_depth **out_bone);
void trk_bone_depth_destroy(struct trk_bone_depth *bone); /* NULL is legal */

/* NAV_ERR_NOT_FINITE: the answer is untouched. */
NAV_MUST_USE enum nav_status trk_bone_depth_measure(struct trk_bone_depth *bone,
                                                    const struct trk_blade_pose *now,
                                                    struct trk_bone_depth_answer *out_answer);

/* Depth of a point below the nearest bone surface, negative outside; -INFINITY without bones. */
double trk_bone_depth_at(const struct trk_bone_depth *bone, const double point_mm[3]);

#endif
