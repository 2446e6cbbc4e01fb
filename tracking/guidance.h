/* A blade against a planned cut: offsets, angles, depth, and where it would go.
 *
 * The cut's frame: normal n, u along the entry edge, v = n x u the cutting direction, origin p in
 * the middle of the entry edge. Offsets are along n; the planned plane is the face of the bone that
 * stays with the tumour. A blade that takes away `kerf` lies beside that face: its offset is that
 * of its face on the margin side s (+1, -1; 0: of its middle plane),
 *
 *     offset(x) = (x - p) . n + s kerf / 2 |f . n|        x on the edge, f normal of the face
 *     pitch = asin(axis . n)    roll = asin(edge . n)     edge turned towards +u
 *     depth = max over both corners c of (c - p) . v      along = (middle - p) . u
 *     predicted = offset at the corner + axis . n (depth_planned - depth_c) / (axis . v)
 *
 * A corner that is as deep as planned is predicted to stay where it is; a blade that does not go
 * into depth (axis . v below TRK_GUIDANCE_INTO_MIN) is predicted nowhere. A drill has no edge: both
 * corners are its tip, its roll is not known, and the side of the ball of radius kerf / 2 whose
 * front is the tip counts: kerf / 2 (s - axis . n) from it; it is also held against the line
 * through p along v. Worked examples: docs/guidance.md.
 *
 * Frames: image space, mm. Pure, libc only. Thread: any. */
#ifndef TRK_GUIDANCE_H
#define TRK_GUIDANCE_H

#include <stdbool.h>

#include "blade_distance.h"
#include "cut_record.h"
#include "nav/scene.h"

/* Cosine of the steepest angle between blade and cutting direction that still goes into depth:
 * 75 deg. */
#define TRK_GUIDANCE_INTO_MIN 0.2588190451025207

struct trk_guidance {
    double offset_mm;           /* at the middle of the edge */
    double corner_offset_mm[2]; /* at its ends towards -u and +u */
    double pitch_deg;
    double roll_deg; /* NaN for a drill */
    double depth_mm;
    double along_mm;
    double predicted_mm[2]; /* NaN: does not go into depth */
    double line_mm;         /* NaN for a blade */
    double line_deg;
};

/* `has_edge` false: a drill or burr. The plan's normal and u are unit and perpendicular. */
struct trk_guidance trk_guidance_of(const struct trk_cut_plan *plan,
                                    const struct trk_blade_pose *blade, bool has_edge);

/* How far the blade is from the plan, for a suggestion: the distance of the middle of the edge from
 * the planned rectangle, and the larger of pitch and roll. False, with nothing told: the blade does
 * not point into depth. */
bool trk_guidance_fit(const struct trk_cut_plan *plan, const struct trk_blade_pose *blade,
                      bool has_edge, double *out_mm, double *out_deg);

/* ---- limits with hysteresis ---- */

/* A number whose `caution` and `stop` are below it (distances) or above it (errors, depth). Reached
 * at once, left only beyond the limit by more than `hysteresis`. A limit that is not finite does
 * not exist; neither of them: NAV_LIMIT_NONE, and so for a value that is NaN. */
struct trk_limit {
    double caution, stop, hysteresis;
};

/* Nearer than (below) a limit is bad; exactly at it is not. */
enum nav_limit_state trk_limit_below(const struct trk_limit *limit, enum nav_limit_state before,
                                     double value);

/* Above a limit is bad; exactly at it is not. */
enum nav_limit_state trk_limit_above(const struct trk_limit *limit, enum nav_limit_state before,
                                     double value);

/* The same of two poses in a row, `earlier` and `value`: reached when both say so, and left when
 * both do. What a single noisy pose says changes nothing. */
enum nav_limit_state trk_limit_above_twice(const struct trk_limit *limit,
                                           enum nav_limit_state before, double earlier,
                                           double value);

#endif
