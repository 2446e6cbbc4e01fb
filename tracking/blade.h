/* A flat blade (osteotome, chisel, saw blade) as a thing of its own: not a tip and a shaft, but a
 * plane with a cutting edge.
 *
 * The blade carries a marker. A calibrated stylus touches both ends of the cutting edge and a
 * number of points on one or both faces; every touch is given in the blade's marker frame (mm).
 * Result: the middle of the edge on the middle plane, the direction of cutting, the normal of the
 * face, width and thickness - what a case file calls tip_mm, axis, up, width_mm, thickness_mm.
 *
 * The other way is a block with a slot: the blade stands in it at a known place, and the poses of
 * block and blade tell the blade's place in its marker. Allocates. Thread: any. */
#ifndef TRK_BLADE_H
#define TRK_BLADE_H

#include <stddef.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/status.h"
#include "refusal.h"

struct trk_blade_limits {
    uint32_t face_points_min; /* on each face that is touched */
    double flatness_max_mm;   /* rms distance of the points of a face from its plane */
    double tilt_max_rad;      /* expected error of the normal, from number and spread of points */
    double parallel_max_rad;  /* between the two faces */
    double corner_max_mm;     /* of an end of the edge from the middle plane, beyond half the
                                 thickness */
    double width_min_mm;
    double thickness_max_mm;
    double block_spread_max_mm; /* rms of the poses in the block, and of their angles */
    double block_spread_max_rad;
    uint32_t block_poses_min;
};

/* 6 points, 0.4 mm, 1 deg, 2 deg, 1 mm, 3 mm, 10 mm; 0.5 mm, 0.5 deg, 50 poses. */
struct trk_blade_limits trk_blade_limits_default(void);

/* The touches, in the blade's marker frame. */
struct trk_blade_touches {
    const double (*edge_mm)[3]; /* two or more along the cutting edge; the ends come first */
    size_t edge_count;
    const double (*face_mm)[3]; /* one face */
    size_t face_count;
    const double (*back_mm)[3]; /* the other face; NULL with 0: not touched */
    size_t back_count;
    double outward[3];   /* any direction from the blade to the side of the first face: where the
                            stylus stood while touching it */
    double thickness_mm; /* as stated by the maker, used when the other face is not touched */
    double ball_mm;      /* radius of the stylus' ball tip; 0 for a point */
};

struct trk_blade {
    double tip_mm[3];    /* middle of the edge on the middle plane, in the marker */
    double axis[3];      /* unit, in the plane, perpendicular to the edge: cutting direction */
    double up[3];        /* unit, normal of the plane, to the side of the first face */
    double width_mm;     /* length of the edge */
    double thickness_mm; /* between the faces, or as stated */
    double flatness_mm;  /* rms of the face points about their planes */
    double tilt_rad;     /* expected error of the normal */
    double parallel_rad; /* angle between the faces; 0 where one was touched */
    double corner_mm;    /* largest distance of an end of the edge from the middle plane */
    struct trk_refusals refusals; /* too-few, flatness, tilt, parallel, edge, width, thickness */
};

/* NAV_OK: complete, accepted or not. NAV_ERR_ARGUMENT: fewer than 2 edge or 3 face points, no
 * outward direction, a negative thickness or ball; NAV_ERR_NOT_FINITE; NAV_ERR_CONDITION: the face
 * points lie on a line, the edge has no length or stands upright on the face; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_blade_calibrate(const struct trk_blade_touches *touches,
                                                 const struct trk_blade_limits *limits,
                                                 struct trk_blade *out_blade);

struct trk_blade_in_block {
    struct nav_pose T_marker_blade; /* blade frame: origin in the middle of the edge, x along the
                                       edge, y the normal, z against the cutting direction */
    double rms_mm;
    double rms_rad;
    struct trk_refusals refusals; /* too-few, moved */
};

/* `T_tracker_marker` and `T_tracker_block` are of the same instants; `T_block_blade` comes from the
 * block's drawing. NAV_ERR_ARGUMENT: no pose; NAV_ERR_NOT_FINITE. */
NAV_MUST_USE enum nav_status trk_blade_from_block(const struct nav_pose *T_tracker_marker,
                                                  const struct nav_pose *T_tracker_block,
                                                  size_t count,
                                                  const struct nav_pose *T_block_blade,
                                                  const struct trk_blade_limits *limits,
                                                  struct trk_blade_in_block *out_blade);

#endif
