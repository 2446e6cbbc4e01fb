#include "blade.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "pose_mean.h"
#include "rigid_fit.h"

#define DEGREES (3.14159265358979323846 / 180.0)

static const double line_ratio = 1e-3;

/* The edge may stand at most this steep on the face before it is no edge of it. */
static const double edge_in_plane_min = 0.5;

struct plane {
    double point[3];
    double normal[3]; /* unit */
    double rms_mm;
    double tilt_rad; /* expected error of the normal */
};

struct trk_blade_limits trk_blade_limits_default(void)
{
    return (struct trk_blade_limits){
        .face_points_min = 6,
        .flatness_max_mm = 0.4,
        .tilt_max_rad = 1.0 * DEGREES,
        .parallel_max_rad = 2.0 * DEGREES,
        .corner_max_mm = 1.0,
        .width_min_mm = 3.0,
        .thickness_max_mm = 10.0,
        .block_spread_max_mm = 0.5,
        .block_spread_max_rad = 0.5 * DEGREES,
        .block_poses_min = 50,
    };
}

static bool is_finite3(const double a[3])
{
    return isfinite(a[0]) && isfinite(a[1]) && isfinite(a[2]);
}

/* Least squares plane; the normal points to the side of `outward`. */
static enum nav_status fit_plane(const double (*points)[3], size_t count, const double outward[3],
                                 struct plane *out)
{
    double spread[3];
    double axes[9];
    const enum nav_status status = trk_spread(count, points, NULL, out->point, spread, axes);
    if (status != NAV_OK) {
        return status;
    }
    if (!(spread[1] > line_ratio * spread[0])) {
        return NAV_ERR_CONDITION;
    }
    const double sense = trk_dot(&axes[6], outward) < 0.0 ? -1.0 : 1.0;
    for (int k = 0; k < 3; ++k) {
        out->normal[k] = sense * axes[6 + k];
    }
    out->rms_mm = spread[2];
    /* the residuals have count - 3 degrees of freedom; the shorter side of the touched area counts
     */
    const double sigma =
        count > 3 ? spread[2] * sqrt((double)count / (double)(count - 3)) : spread[2];
    out->tilt_rad = atan(sigma / (sqrt((double)count) * spread[1]));
    return NAV_OK;
}

static enum nav_status check_touches(const struct trk_blade_touches *touches)
{
    if (touches->edge_count < 2 || touches->face_count < 3 ||
        (touches->back_count > 0 && touches->back_count < 3) || touches->thickness_mm < 0.0 ||
        touches->ball_mm < 0.0 || trk_norm(touches->outward) == 0.0) {
        return NAV_ERR_ARGUMENT;
    }
    if (!is_finite3(touches->outward) || !isfinite(touches->thickness_mm) ||
        !isfinite(touches->ball_mm)) {
        return NAV_ERR_NOT_FINITE;
    }
    const double(*const sets[])[3] = {touches->edge_mm, touches->face_mm, touches->back_mm};
    const size_t counts[] = {touches->edge_count, touches->face_count, touches->back_count};
    for (int set = 0; set < 3; ++set) {
        for (size_t i = 0; i < counts[set]; ++i) {
            if (!is_finite3(sets[set][i])) {
                return NAV_ERR_NOT_FINITE;
            }
        }
    }
    return NAV_OK;
}

/* Turns the planes of the touched faces into the middle plane. */
static enum nav_status find_planes(const struct trk_blade_touches *touches,
                                   struct plane *out_middle, struct trk_blade *blade)
{
    struct plane face;
    struct plane back;
    enum nav_status status =
        fit_plane(touches->face_mm, touches->face_count, touches->outward, &face);
    if (status != NAV_OK) {
        return status;
    }
    *out_middle = face;
    blade->flatness_mm = face.rms_mm;
    blade->tilt_rad = face.tilt_rad;
    blade->thickness_mm = touches->thickness_mm;
    double inward_mm = touches->ball_mm + 0.5 * touches->thickness_mm;
    if (touches->back_count > 0) {
        status = fit_plane(touches->back_mm, touches->back_count, face.normal, &back);
        if (status != NAV_OK) {
            return status;
        }
        /* both planes share one normal: the mean of the two, each by how well it is known */
        const double face_weight = 1.0 / fmax(face.tilt_rad * face.tilt_rad, 1e-18);
        const double back_weight = 1.0 / fmax(back.tilt_rad * back.tilt_rad, 1e-18);
        double cross[3];
        trk_cross(face.normal, back.normal, cross);
        blade->parallel_rad = atan2(trk_norm(cross), trk_dot(face.normal, back.normal));
        for (int k = 0; k < 3; ++k) {
            out_middle->normal[k] = face_weight * face.normal[k] + back_weight * back.normal[k];
        }
        status = trk_normalise(out_middle->normal);
        if (status != NAV_OK) {
            return status;
        }
        blade->flatness_mm = fmax(face.rms_mm, back.rms_mm);
        blade->tilt_rad = 1.0 / sqrt(face_weight + back_weight);
        double between[3];
        trk_subtract(face.point, back.point, between);
        blade->thickness_mm = trk_dot(between, out_middle->normal) - 2.0 * touches->ball_mm;
        inward_mm = 0.5 * blade->thickness_mm + touches->ball_mm;
    }
    for (int k = 0; k < 3; ++k) {
        out_middle->point[k] = face.point[k] - inward_mm * out_middle->normal[k];
    }
    return NAV_OK;
}

static double height_above(const struct plane *plane, const double point[3])
{
    double d[3];
    trk_subtract(point, plane->point, d);
    return trk_dot(d, plane->normal);
}

/* The edge: through the projections of its points onto the middle plane; its ends give the width.
 */
static enum nav_status find_edge(const struct trk_blade_touches *touches,
                                 const struct plane *middle, struct trk_blade *blade)
{
    double(*flat)[3] = calloc(touches->edge_count, sizeof(*flat));
    if (flat == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (size_t i = 0; i < touches->edge_count; ++i) {
        const double height = height_above(middle, touches->edge_mm[i]);
        for (int k = 0; k < 3; ++k) {
            flat[i][k] = touches->edge_mm[i][k] - height * middle->normal[k];
        }
    }
    double centre[3];
    double spread[3];
    double axes[9];
    enum nav_status status = trk_spread(touches->edge_count, flat, NULL, centre, spread, axes);
    if (status == NAV_OK) {
        double ends[3];
        double flat_ends[3];
        trk_subtract(touches->edge_mm[1], touches->edge_mm[0], ends);
        trk_subtract(flat[1], flat[0], flat_ends);
        double towards_edge[3];
        trk_subtract(centre, middle->point, towards_edge);
        trk_cross(axes, middle->normal, blade->axis);
        const double steep = trk_norm(flat_ends);
        if (!(steep > edge_in_plane_min * trk_norm(ends)) || trk_normalise(blade->axis) != NAV_OK) {
            status = NAV_ERR_CONDITION;
        } else {
            const double sense = trk_dot(blade->axis, towards_edge) < 0.0 ? -1.0 : 1.0;
            for (int k = 0; k < 3; ++k) {
                blade->axis[k] *= sense;
                blade->up[k] = middle->normal[k];
                blade->tip_mm[k] = 0.5 * (flat[0][k] + flat[1][k]);
            }
            /* a ball held against an edge from outside stands beyond it */
            for (int k = 0; k < 3; ++k) {
                blade->tip_mm[k] -= touches->ball_mm * blade->axis[k];
            }
            blade->width_mm = fabs(trk_dot(flat_ends, axes));
            blade->corner_mm = fmax(fabs(height_above(middle, touches->edge_mm[0])),
                                    fabs(height_above(middle, touches->edge_mm[1])));
        }
    }
    free(flat);
    return status;
}

static void judge(const struct trk_blade_touches *touches, const struct trk_blade_limits *limits,
                  struct trk_blade *blade)
{
    struct trk_refusals *refusals = &blade->refusals;
    const size_t fewest = touches->back_count > 0 && touches->back_count < touches->face_count
                              ? touches->back_count
                              : touches->face_count;
    if (fewest < limits->face_points_min) {
        trk_refuse(refusals, "too-few", "touch more points, all over the face",
                   "%zu points on a face, %u are needed", fewest, limits->face_points_min);
    }
    if (!(blade->flatness_mm <= limits->flatness_max_mm)) {
        trk_refuse(refusals, "flatness", "check the stylus and that no touch slipped, and repeat",
                   "the face points lie %.2f mm off a plane, at most %.2f mm", blade->flatness_mm,
                   limits->flatness_max_mm);
    }
    if (!(blade->tilt_rad <= limits->tilt_max_rad)) {
        trk_refuse(refusals, "tilt", "touch points further apart, across the blade as well",
                   "the plane is known to %.1f deg, %.1f deg are allowed",
                   blade->tilt_rad / DEGREES, limits->tilt_max_rad / DEGREES);
    }
    if (!(blade->parallel_rad <= limits->parallel_max_rad)) {
        trk_refuse(refusals, "parallel", "repeat the touches of both faces",
                   "the faces are %.1f deg apart, at most %.1f deg", blade->parallel_rad / DEGREES,
                   limits->parallel_max_rad / DEGREES);
    }
    const double corner_limit_mm =
        limits->corner_max_mm + 0.5 * fmax(blade->thickness_mm, 0.0) + touches->ball_mm;
    if (!(blade->corner_mm <= corner_limit_mm)) {
        trk_refuse(refusals, "edge", "touch the ends of the cutting edge again",
                   "an end of the edge is %.1f mm off the blade's plane", blade->corner_mm);
    }
    if (!(blade->width_mm >= limits->width_min_mm)) {
        trk_refuse(refusals, "width", "touch the two ends of the edge first",
                   "the edge is %.1f mm long, at least %.1f mm are expected", blade->width_mm,
                   limits->width_min_mm);
    }
    if (!(blade->thickness_mm >= 0.0 && blade->thickness_mm <= limits->thickness_max_mm)) {
        trk_refuse(refusals, "thickness", "check which face was touched from which side",
                   "the faces are %.1f mm apart, at most %.1f mm", blade->thickness_mm,
                   limits->thickness_max_mm);
    }
}

enum nav_status trk_blade_calibrate(const struct trk_blade_touches *touches,
                                    const struct trk_blade_limits *limits,
                                    struct trk_blade *out_blade)
{
    struct trk_blade blade = {.width_mm = 0.0};
    struct plane middle;
    enum nav_status status = check_touches(touches);
    if (status == NAV_OK) {
        status = find_planes(touches, &middle, &blade);
    }
    if (status == NAV_OK) {
        status = find_edge(touches, &middle, &blade);
    }
    if (status != NAV_OK) {
        return status;
    }
    judge(touches, limits, &blade);
    *out_blade = blade;
    return NAV_OK;
}

enum nav_status trk_blade_from_block(const struct nav_pose *T_tracker_marker,
                                     const struct nav_pose *T_tracker_block, size_t count,
                                     const struct nav_pose *T_block_blade,
                                     const struct trk_blade_limits *limits,
                                     struct trk_blade_in_block *out_blade)
{
    if (count == 0) {
        return NAV_ERR_ARGUMENT;
    }
    if (!nav_pose_is_valid(T_block_blade)) {
        return NAV_ERR_NOT_FINITE;
    }
    struct nav_pose *blades = calloc(count, sizeof(*blades));
    if (blades == NULL) {
        return NAV_ERR_MEMORY;
    }
    enum nav_status status = NAV_OK;
    for (size_t i = 0; i < count; ++i) {
        if (!nav_pose_is_valid(&T_tracker_marker[i]) || !nav_pose_is_valid(&T_tracker_block[i])) {
            status = NAV_ERR_NOT_FINITE;
            break;
        }
        const struct nav_pose T_marker_tracker = nav_pose_inverse(&T_tracker_marker[i]);
        const struct nav_pose T_marker_block =
            nav_pose_compose(&T_marker_tracker, &T_tracker_block[i]);
        blades[i] = nav_pose_compose(&T_marker_block, T_block_blade);
    }
    struct trk_pose_mean mean;
    if (status == NAV_OK) {
        status = trk_pose_mean(blades, NULL, count, &mean);
    }
    free(blades);
    if (status != NAV_OK) {
        return status;
    }
    struct trk_blade_in_block blade = {
        .T_marker_blade = mean.pose,
        .rms_mm = mean.rms_mm,
        .rms_rad = mean.rms_rad,
    };
    if (count < limits->block_poses_min) {
        trk_refuse(&blade.refusals, "too-few", "hold the blade in the block for longer",
                   "%zu poses, %u are needed", count, limits->block_poses_min);
    }
    if (!(blade.rms_mm <= limits->block_spread_max_mm &&
          blade.rms_rad <= limits->block_spread_max_rad)) {
        trk_refuse(&blade.refusals, "moved", "press the blade into the slot and hold still",
                   "the blade moved in the block: %.2f mm, %.2f deg", blade.rms_mm,
                   blade.rms_rad / DEGREES);
    }
    *out_blade = blade;
    return NAV_OK;
}
