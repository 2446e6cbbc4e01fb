#include "camera.h"

#include <math.h>
#include <string.h>

#include "vector.h"

static const double view_angle_rad = 0.5235987755982988; /* 30 degrees: little perspective */
static const double fit_margin = 1.06;
static const double cut_margin = 1.5; /* of a cut, to see where it lies */
static const double nearest_mm = 10.0;
static const double farthest_mm = 5000.0;

static const char *const preset_names[RND_PRESET_COUNT] = {
#define PRESET_NAME(id, name) name,
    RND_PRESET_LIST(PRESET_NAME)
#undef PRESET_NAME
};

static const char *const side_names[RND_SIDE_COUNT] = {
#define SIDE_NAME(id, name) name,
    RND_SIDE_LIST(SIDE_NAME)
#undef SIDE_NAME
};

/* From the target to the eye, in LPS. */
static const double towards_eye[RND_PRESET_COUNT][3] = {
    [RND_PRESET_POSTERIOR] = {0, 1, 0}, [RND_PRESET_OBLIQUE] = {-0.55, 0.75, 0.37},
    [RND_PRESET_LEFT] = {1, 0, 0},      [RND_PRESET_RIGHT] = {-1, 0, 0},
    [RND_PRESET_HEAD] = {0, 0, 1},      [RND_PRESET_ANTERIOR] = {0, -1, 0},
};

/* Across the patient, away from who stands there, in LPS. */
static const double away_from[RND_SIDE_COUNT][3] = {
    [RND_SIDE_FOOT] = {0, 0, 1},
    [RND_SIDE_HEAD] = {0, 0, -1},
    [RND_SIDE_LEFT] = {-1, 0, 0},
    [RND_SIDE_RIGHT] = {1, 0, 0},
};

const char *rnd_preset_name(enum rnd_preset preset)
{
    return (unsigned)preset < RND_PRESET_COUNT ? preset_names[preset] : "?";
}

bool rnd_preset_find(const char *name, enum rnd_preset *out_preset)
{
    for (unsigned i = 0; i < RND_PRESET_COUNT; ++i) {
        if (strcmp(name, preset_names[i]) == 0) {
            *out_preset = (enum rnd_preset)i;
            return true;
        }
    }
    return false;
}

const char *rnd_side_name(enum rnd_side side)
{
    return (unsigned)side < RND_SIDE_COUNT ? side_names[side] : "?";
}

bool rnd_side_find(const char *name, enum rnd_side *out_side)
{
    for (unsigned i = 0; i < RND_SIDE_COUNT; ++i) {
        if (strcmp(name, side_names[i]) == 0) {
            *out_side = (enum rnd_side)i;
            return true;
        }
    }
    return false;
}

/* What is up in a view along `sight` for who stands at `side`. */
static const double *upward(enum rnd_side side, const double sight[3])
{
    static const double posterior[3] = {0, 1, 0};
    const double *away = away_from[(unsigned)side < RND_SIDE_COUNT ? side : RND_SIDE_FOOT];
    return fabs(rnd_dot(away, sight)) > 0.9 * rnd_length(sight) ? posterior : away;
}

struct rnd_axes rnd_camera_axes(const struct rnd_camera *camera)
{
    struct rnd_axes axes;
    rnd_sub(camera->target_mm, camera->eye_mm, axes.forward);
    (void)rnd_normalize(axes.forward);
    rnd_cross(axes.forward, camera->up, axes.right);
    (void)rnd_normalize(axes.right);
    rnd_cross(axes.right, axes.forward, axes.up);
    return axes;
}

/* Along one axis of the picture, a point at `across` and `deep` (behind the target's plane) shows
 * inside the half-angle `t` = tan when |across - c| <= t (d + deep) for a camera at distance d that
 * is shifted by c. Two lines bound each side; the fit is where the outermost ones meet. */
struct side_fit {
    double low, high; /* min of across + t deep, max of across - t deep */
};

static void side_add(struct side_fit *side, double across, double deep, double t)
{
    side->high = fmax(side->high, across - t * deep);
    side->low = fmin(side->low, across + t * deep);
}

/* A camera on the given line from what it looks at, with all points in its picture. */
static struct rnd_camera fit_along(const double line[3], const double up[3],
                                   const double *points_mm, size_t count, double aspect)
{
    struct rnd_bounds box = rnd_bounds_empty();
    for (size_t i = 0; i < count; ++i) {
        rnd_bounds_add_point(&box, &points_mm[3 * i]);
    }
    struct rnd_camera camera = {.view_angle_rad = view_angle_rad};
    for (int axis = 0; axis < 3; ++axis) {
        camera.target_mm[axis] = (box.min_mm[axis] + box.max_mm[axis]) / 2.0;
        camera.eye_mm[axis] = camera.target_mm[axis] + line[axis];
        camera.up[axis] = up[axis];
    }
    const struct rnd_axes axes = rnd_camera_axes(&camera);
    memcpy(camera.up, axes.up, sizeof(camera.up));

    const double tan_up = tan(camera.view_angle_rad / 2.0) / fit_margin;
    const double tan_right = tan_up * aspect;
    struct side_fit right = {INFINITY, -INFINITY};
    struct side_fit above = {INFINITY, -INFINITY};
    for (size_t i = 0; i < count; ++i) {
        double offset[3];
        rnd_sub(&points_mm[3 * i], camera.target_mm, offset);
        const double deep = rnd_dot(offset, axes.forward);
        side_add(&right, rnd_dot(offset, axes.right), deep, tan_right);
        side_add(&above, rnd_dot(offset, axes.up), deep, tan_up);
    }
    const double distance = fmax(nearest_mm, fmax((right.high - right.low) / (2.0 * tan_right),
                                                  (above.high - above.low) / (2.0 * tan_up)));
    const double shift_right = (right.high + right.low) / 2.0;
    const double shift_up = (above.high + above.low) / 2.0;
    for (int axis = 0; axis < 3; ++axis) {
        camera.target_mm[axis] += shift_right * axes.right[axis] + shift_up * axes.up[axis];
        camera.eye_mm[axis] = camera.target_mm[axis] - distance * axes.forward[axis];
    }
    return camera;
}

struct rnd_camera rnd_camera_fit(enum rnd_preset preset, enum rnd_side side,
                                 const double *points_mm, size_t count, double aspect)
{
    static const double cube_mm[8][3] = {{-50, -50, -50}, {50, -50, -50}, {-50, 50, -50},
                                         {50, 50, -50},   {-50, -50, 50}, {50, -50, 50},
                                         {-50, 50, 50},   {50, 50, 50}};
    if (count == 0) {
        points_mm = &cube_mm[0][0];
        count = 8;
    }
    const unsigned index = (unsigned)preset < RND_PRESET_COUNT ? preset : RND_PRESET_POSTERIOR;
    const double *line = towards_eye[index];
    return fit_along(line, upward(side, line), points_mm, count, aspect);
}

struct rnd_camera rnd_camera_cut(const struct rnd_cut_shape *cut, double aspect)
{
    double corners[4][3];
    double v[3];
    double middle[3];
    rnd_cut_corners(cut, corners);
    rnd_cross(cut->normal, cut->u, v);
    for (int axis = 0; axis < 3; ++axis) {
        middle[axis] = cut->point_mm[axis] + v[axis] * cut->size_mm[1] / 2.0;
    }
    for (int i = 0; i < 4; ++i) {
        for (int axis = 0; axis < 3; ++axis) {
            corners[i][axis] = middle[axis] + cut_margin * (corners[i][axis] - middle[axis]);
        }
    }
    const double up[3] = {-v[0], -v[1], -v[2]};
    return fit_along(cut->normal, up, &corners[0][0], 4, aspect);
}

/* Rodrigues: turns `v` about the unit `axis`. */
static void turn(double v[3], const double axis[3], double angle_rad)
{
    double crossed[3];
    rnd_cross(axis, v, crossed);
    const double along = rnd_dot(axis, v);
    const double c = cos(angle_rad);
    const double s = sin(angle_rad);
    for (int i = 0; i < 3; ++i) {
        v[i] = c * v[i] + s * crossed[i] + (1.0 - c) * along * axis[i];
    }
}

void rnd_camera_orbit(struct rnd_camera *camera, double yaw_rad, double pitch_rad)
{
    const struct rnd_axes axes = rnd_camera_axes(camera);
    double line[3];
    rnd_sub(camera->eye_mm, camera->target_mm, line);
    double up[3];
    memcpy(up, axes.up, sizeof(up));
    turn(line, axes.up, yaw_rad);
    double right[3];
    memcpy(right, axes.right, sizeof(right));
    turn(right, axes.up, yaw_rad);
    turn(line, right, pitch_rad);
    turn(up, right, pitch_rad);
    for (int i = 0; i < 3; ++i) {
        camera->eye_mm[i] = camera->target_mm[i] + line[i];
        camera->up[i] = up[i];
    }
    memcpy(camera->up, rnd_camera_axes(camera).up, sizeof(camera->up));
}

static double distance_mm(const struct rnd_camera *camera)
{
    double line[3];
    rnd_sub(camera->target_mm, camera->eye_mm, line);
    return rnd_length(line);
}

void rnd_camera_pan(struct rnd_camera *camera, double right_fraction, double up_fraction)
{
    const struct rnd_axes axes = rnd_camera_axes(camera);
    const double height_mm = 2.0 * distance_mm(camera) * tan(camera->view_angle_rad / 2.0);
    for (int i = 0; i < 3; ++i) {
        const double shift =
            height_mm * (right_fraction * axes.right[i] + up_fraction * axes.up[i]);
        camera->eye_mm[i] += shift;
        camera->target_mm[i] += shift;
    }
}

void rnd_camera_zoom(struct rnd_camera *camera, double factor)
{
    if (!(factor > 0.0) || !isfinite(factor)) {
        return;
    }
    const struct rnd_axes axes = rnd_camera_axes(camera);
    const double distance = fmin(fmax(distance_mm(camera) / factor, nearest_mm), farthest_mm);
    for (int i = 0; i < 3; ++i) {
        camera->eye_mm[i] = camera->target_mm[i] - distance * axes.forward[i];
    }
}

void rnd_camera_clip(const struct rnd_camera *camera, const struct rnd_bounds *bounds,
                     double *out_near_mm, double *out_far_mm)
{
    const struct rnd_axes axes = rnd_camera_axes(camera);
    double near_mm = INFINITY;
    double far_mm = -INFINITY;
    for (unsigned corner = 0; corner < 8; ++corner) {
        double offset[3];
        for (unsigned axis = 0; axis < 3; ++axis) {
            const double end = (corner >> axis) & 1U ? bounds->max_mm[axis] : bounds->min_mm[axis];
            offset[axis] = end - camera->eye_mm[axis];
        }
        const double deep = rnd_dot(offset, axes.forward);
        near_mm = fmin(near_mm, deep);
        far_mm = fmax(far_mm, deep);
    }
    if (!isfinite(near_mm) || !isfinite(far_mm)) {
        near_mm = 1.0;
        far_mm = farthest_mm;
    }
    /* The depth's resolution falls with the square of distance over near plane: the near plane
     * stays well away from the eye, but never beyond a tenth of the way to what is looked at. */
    *out_far_mm = fmax(far_mm, 2.0);
    const double nearest = fmin(*out_far_mm / 40.0, distance_mm(camera) / 10.0);
    *out_near_mm = fmin(fmax(near_mm, nearest), *out_far_mm * 0.999);
}

bool rnd_camera_project(const struct rnd_camera *camera, double aspect, const double point_mm[3],
                        double out[2])
{
    const struct rnd_axes axes = rnd_camera_axes(camera);
    double offset[3];
    rnd_sub(point_mm, camera->eye_mm, offset);
    const double deep = rnd_dot(offset, axes.forward);
    if (!(deep > 1e-6)) {
        return false;
    }
    const double half_height = deep * tan(camera->view_angle_rad / 2.0);
    out[0] = 0.5 + rnd_dot(offset, axes.right) / (2.0 * half_height * aspect);
    out[1] = 0.5 - rnd_dot(offset, axes.up) / (2.0 * half_height);
    return true;
}

void rnd_direction_letters(const double direction[3], char out[4])
{
    static const char letters[3][2] = {{'R', 'L'}, {'A', 'P'}, {'F', 'H'}};
    static const double threshold = 0.3826834323650898; /* sin 22.5 degrees */
    unsigned order[3] = {0, 1, 2};
    for (unsigned i = 1; i < 3; ++i) {
        for (unsigned j = i; j > 0 && fabs(direction[order[j]]) > fabs(direction[order[j - 1]]);
             --j) {
            const unsigned swapped = order[j];
            order[j] = order[j - 1];
            order[j - 1] = swapped;
        }
    }
    unsigned length = 0;
    for (unsigned i = 0; i < 3; ++i) {
        const double component = direction[order[i]];
        if (i == 0 || fabs(component) >= threshold) {
            out[length++] = letters[order[i]][component > 0.0];
        }
    }
    out[length] = '\0';
}

struct rnd_letters rnd_camera_letters(const struct rnd_camera *camera)
{
    const struct rnd_axes axes = rnd_camera_axes(camera);
    struct rnd_letters letters;
    double opposite[3];
    rnd_direction_letters(axes.right, letters.edge[RND_EDGE_RIGHT]);
    rnd_direction_letters(axes.up, letters.edge[RND_EDGE_TOP]);
    for (int i = 0; i < 3; ++i) {
        opposite[i] = -axes.right[i];
    }
    rnd_direction_letters(opposite, letters.edge[RND_EDGE_LEFT]);
    for (int i = 0; i < 3; ++i) {
        opposite[i] = -axes.up[i];
    }
    rnd_direction_letters(opposite, letters.edge[RND_EDGE_BOTTOM]);
    return letters;
}
