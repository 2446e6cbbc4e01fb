#include "guidance.h"

#include <math.h>

#define DEG_A_RAD (180.0 / 3.14159265358979323846)

/* A planned cut with its third direction. */
struct frame {
    const struct trk_cut_plan *plan;
    double v[3];
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static struct frame frame_of(const struct trk_cut_plan *plan)
{
    const double *n = plan->normal;
    const double *u = plan->u;
    return (struct frame){
        .plan = plan,
        .v = {n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]}};
}

/* Of a unit vector against a unit normal; rounding may leave the cosine a little above 1. */
static double angle_out_of_plane_deg(const double direction[3], const double normal[3])
{
    return asin(fmax(-1.0, fmin(1.0, dot(direction, normal)))) * DEG_A_RAD;
}

static double along(const struct frame *frame, const double point_mm[3], const double direction[3])
{
    const double *p = frame->plan->point_mm;
    const double from[3] = {point_mm[0] - p[0], point_mm[1] - p[1], point_mm[2] - p[2]};
    return dot(from, direction);
}

static void middle_of(const struct trk_blade_pose *blade, double out_mm[3])
{
    for (int i = 0; i < 3; ++i) {
        out_mm[i] = 0.5 * (blade->corner_mm[0][i] + blade->corner_mm[1][i]);
    }
}

/* Of what is left on the margin side, at a point of the edge: the blade's face, or the side of the
 * ball whose front is the drill's tip. */
static double offset_mm(const struct frame *frame, const double point_mm[3],
                        const struct trk_blade_pose *blade, bool has_edge)
{
    const struct trk_cut_plan *plan = frame->plan;
    const double half = 0.5 * plan->kerf_mm;
    const double middle_mm = along(frame, point_mm, plan->normal);
    if (has_edge) {
        return middle_mm + plan->margin_side * half * fabs(dot(blade->up, plan->normal));
    }
    return middle_mm + half * (plan->margin_side - dot(blade->axis, plan->normal));
}

/* The offset of a corner once it is as deep as planned. */
static double predicted_mm(const struct frame *frame, const struct trk_blade_pose *blade,
                           double here_mm, double depth_mm)
{
    const double into = dot(blade->axis, frame->v);
    if (!(into >= TRK_GUIDANCE_INTO_MIN)) {
        return NAN;
    }
    const double left_mm = fmax(frame->plan->depth_mm - depth_mm, 0.0);
    return here_mm + dot(blade->axis, frame->plan->normal) * left_mm / into;
}

struct trk_guidance trk_guidance_of(const struct trk_cut_plan *plan,
                                    const struct trk_blade_pose *blade, bool has_edge)
{
    const struct frame frame = frame_of(plan);
    const bool turned = dot(blade->edge, plan->u) < 0.0; /* its second corner is towards -u */
    double middle_mm[3];
    middle_of(blade, middle_mm);
    struct trk_guidance guidance = {
        .offset_mm = offset_mm(&frame, middle_mm, blade, has_edge),
        .pitch_deg = angle_out_of_plane_deg(blade->axis, plan->normal),
        .roll_deg = NAN,
        .depth_mm = -INFINITY,
        .along_mm = along(&frame, middle_mm, plan->u),
        .line_mm = NAN,
        .line_deg = NAN,
    };
    for (int side = 0; side < 2; ++side) {
        const double *corner_mm = blade->corner_mm[turned ? 1 - side : side];
        const double depth_mm = along(&frame, corner_mm, frame.v);
        guidance.corner_offset_mm[side] = offset_mm(&frame, corner_mm, blade, has_edge);
        guidance.depth_mm = fmax(guidance.depth_mm, depth_mm);
        guidance.predicted_mm[side] =
            predicted_mm(&frame, blade, guidance.corner_offset_mm[side], depth_mm);
    }
    if (has_edge) {
        const double roll_deg = angle_out_of_plane_deg(blade->edge, plan->normal);
        guidance.roll_deg = turned ? -roll_deg : roll_deg;
    } else {
        guidance.line_mm = hypot(along(&frame, middle_mm, plan->normal), guidance.along_mm);
        guidance.line_deg = acos(fmax(-1.0, fmin(1.0, dot(blade->axis, frame.v)))) * DEG_A_RAD;
    }
    return guidance;
}

/* How far a coordinate is outside of an interval. */
static double outside_mm(double value, double low, double high)
{
    return fmax(fmax(low - value, value - high), 0.0);
}

bool trk_guidance_fit(const struct trk_cut_plan *plan, const struct trk_blade_pose *blade,
                      bool has_edge, double *out_mm, double *out_deg)
{
    const struct frame frame = frame_of(plan);
    if (!(dot(blade->axis, frame.v) >= TRK_GUIDANCE_INTO_MIN)) {
        return false;
    }
    double middle_mm[3];
    middle_of(blade, middle_mm);
    const double half_mm = 0.5 * plan->size_mm[0];
    const double off[3] = {
        along(&frame, middle_mm, plan->normal),
        outside_mm(along(&frame, middle_mm, plan->u), -half_mm, half_mm),
        outside_mm(along(&frame, middle_mm, frame.v), 0.0, plan->size_mm[1]),
    };
    *out_mm = sqrt(dot(off, off));
    *out_deg = fabs(angle_out_of_plane_deg(blade->axis, plan->normal));
    if (has_edge) {
        *out_deg = fmax(*out_deg, fabs(angle_out_of_plane_deg(blade->edge, plan->normal)));
    }
    return true;
}

/* ---- limits ---- */

/* `sign` 1: bad above, -1: bad below. */
static bool is_past(double value, double limit, double hysteresis, bool was_past, double sign)
{
    return isfinite(limit) && sign * (value - limit) > (was_past ? -hysteresis : 0.0);
}

static enum nav_limit_state state_of(const struct trk_limit *limit, enum nav_limit_state before,
                                     double value, double sign)
{
    if (isnan(value) || (!isfinite(limit->caution) && !isfinite(limit->stop))) {
        return NAV_LIMIT_NONE;
    }
    if (is_past(value, limit->stop, limit->hysteresis, before == NAV_LIMIT_STOP, sign)) {
        return NAV_LIMIT_STOP;
    }
    return is_past(value, limit->caution, limit->hysteresis, before >= NAV_LIMIT_CAUTION, sign)
               ? NAV_LIMIT_CAUTION
               : NAV_LIMIT_CLEAR;
}

enum nav_limit_state trk_limit_below(const struct trk_limit *limit, enum nav_limit_state before,
                                     double value)
{
    return state_of(limit, before, value, -1.0);
}

enum nav_limit_state trk_limit_above(const struct trk_limit *limit, enum nav_limit_state before,
                                     double value)
{
    return state_of(limit, before, value, 1.0);
}

enum nav_limit_state trk_limit_above_twice(const struct trk_limit *limit,
                                           enum nav_limit_state before, double earlier,
                                           double value)
{
    if (isnan(earlier) || isnan(value)) {
        return NAV_LIMIT_NONE;
    }
    const enum nav_limit_state least = trk_limit_above(limit, before, fmin(earlier, value));
    const enum nav_limit_state most = trk_limit_above(limit, before, fmax(earlier, value));
    return least > before ? least : most < before ? most : before;
}
