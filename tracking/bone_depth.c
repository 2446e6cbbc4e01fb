#include "bone_depth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_tree.h"

enum {
    /* Surfaces that one ray may pass; a segmented bone has fewer. */
    CROSSINGS_MAX = 32
};

/* By how much a ray is set on beyond a surface that it met. */
static const double step_mm = 1e-4;

/* What a similar question found: makes an answer sooner, never another. */
struct hints {
    size_t nearest; /* bone */
    uint32_t triangle[TRK_BONES_MAX];
};

struct trk_bone_depth {
    struct trk_bone_depth_options options;
    size_t count;
    const struct trk_mesh *bones[TRK_BONES_MAX];
    struct trk_mesh_tree *trees[TRK_BONES_MAX];
    struct hints at[TRK_EDGE_SAMPLES], ahead[TRK_EDGE_SAMPLES], behind[TRK_EDGE_SAMPLES];
};

struct trk_bone_depth_options trk_bone_depth_options_default(void)
{
    return (struct trk_bone_depth_options){.contact_mm = 0.5, .reach_mm = 150.0, .gap_mm = 0.2};
}

static void no_hints(struct hints *hints)
{
    hints->nearest = 0;
    for (int i = 0; i < TRK_BONES_MAX; ++i) {
        hints->triangle[i] = TRK_NO_TRIANGLE;
    }
}

enum nav_status trk_bone_depth_create(const struct trk_mesh *const *bones, size_t count,
                                      const struct trk_bone_depth_options *options,
                                      struct trk_bone_depth **out_bone)
{
    if (count > TRK_BONES_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!trk_mesh_is_closed(bones[i])) {
            return NAV_ERR_ARGUMENT;
        }
    }
    struct trk_bone_depth *bone = calloc(1, sizeof(*bone));
    if (bone == NULL) {
        return NAV_ERR_MEMORY;
    }
    bone->options = *options;
    for (int s = 0; s < TRK_EDGE_SAMPLES; ++s) {
        no_hints(&bone->at[s]);
        no_hints(&bone->ahead[s]);
        no_hints(&bone->behind[s]);
    }
    for (size_t i = 0; i < count; ++i) {
        const enum nav_status status = trk_mesh_tree_create(bones[i], &bone->trees[i]);
        if (status != NAV_OK) {
            trk_bone_depth_destroy(bone);
            return status;
        }
        bone->bones[i] = bones[i];
        ++bone->count;
    }
    *out_bone = bone;
    return NAV_OK;
}

void trk_bone_depth_destroy(struct trk_bone_depth *bone)
{
    if (bone == NULL) {
        return;
    }
    for (size_t i = 0; i < bone->count; ++i) {
        trk_mesh_tree_destroy(bone->trees[i]);
    }
    free(bone);
}

/* How far a point is from the bounds of a mesh, 0 in them: a lower bound of how far it is from it.
 */
static double bounds_distance(const struct trk_mesh *mesh, const double point[3])
{
    double low[3], high[3], sum = 0.0;
    trk_mesh_bounds(mesh, low, high);
    for (int i = 0; i < 3; ++i) {
        const double gap = fmax(fmax(low[i] - point[i], point[i] - high[i]), 0.0);
        sum += gap * gap;
    }
    return sqrt(sum);
}

/* The depth in the bone `index` when its surface is no further than `within_mm`, else -INFINITY. */
static double depth_in(const struct trk_bone_depth *bone, size_t index, const double point_mm[3],
                       double within_mm, struct hints *hints)
{
    struct trk_mesh_nearest nearest;
    if (trk_mesh_tree_point(bone->trees[index], point_mm, within_mm, &hints->triangle[index],
                            &nearest) != NAV_OK) {
        return -INFINITY;
    }
    return -nearest.signed_mm;
}

/* Of bones that overlap the first counts. A point beyond the bounds of a bone is not in it, and the
 * bone matters only if it is nearer than all before: the one that was nearest is asked first, so
 * that the others are soon out of question. In its bounds no distance rules out that it is inside.
 */
static double depth_at(const struct trk_bone_depth *bone, const double point_mm[3],
                       struct hints *hints)
{
    double depth = -INFINITY;
    double beyond[TRK_BONES_MAX];
    size_t nearest = hints->nearest;
    for (size_t i = 0; i < bone->count; ++i) {
        beyond[i] = bounds_distance(bone->bones[i], point_mm);
        if (!(beyond[i] > 0.0)) {
            depth = fmax(depth, depth_in(bone, i, point_mm, INFINITY, hints));
        }
        if (depth > 0.0) {
            return depth;
        }
    }
    for (size_t i = 0; i < bone->count; ++i) {
        const size_t index = i == 0 ? hints->nearest : (i <= hints->nearest ? i - 1 : i);
        if (beyond[index] > 0.0 && beyond[index] <= -depth) {
            const double found = depth_in(bone, index, point_mm, -depth, hints);
            if (found > depth) {
                depth = found;
                nearest = index;
            }
        }
    }
    hints->nearest = nearest;
    return depth;
}

double trk_bone_depth_at(const struct trk_bone_depth *bone, const double point_mm[3])
{
    struct hints hints;
    no_hints(&hints);
    return depth_at(bone, point_mm, &hints);
}

/* Where the ray leaves or enters bone next, beyond `from_mm` of its way. */
static bool next_surface(const struct trk_bone_depth *bone, const double origin[3],
                         const double direction[3], double from_mm, double *out_way_mm,
                         bool *out_entering)
{
    bool found = false;
    double start[3];
    for (int i = 0; i < 3; ++i) {
        start[i] = origin[i] + from_mm * direction[i];
    }
    double reach = bone->options.reach_mm - from_mm;
    for (size_t i = 0; i < bone->count && reach > 0.0; ++i) {
        struct trk_mesh_hit hit;
        if (trk_mesh_cast(bone->bones[i], start, direction, reach, &hit) == NAV_OK) {
            found = true;
            reach = hit.distance_mm;
            *out_way_mm = from_mm + hit.distance_mm;
            *out_entering = hit.entering;
        }
    }
    return found;
}

static bool is_in_bone(const struct trk_bone_depth *bone, const double origin[3],
                       const double direction[3], double way_mm, struct hints *hints)
{
    double point[3];
    for (int i = 0; i < 3; ++i) {
        point[i] = origin[i] + way_mm * direction[i];
    }
    for (size_t i = 0; i < bone->count; ++i) {
        if (!(bounds_distance(bone->bones[i], point) > 0.0) &&
            depth_in(bone, i, point, INFINITY, hints) > 0.0) {
            return true;
        }
    }
    return false;
}

/* Way along the ray to where it leaves the bone that it is in or enters next; NaN when it does not
 * within reach. Two bones may overlap or lie closely together: an exit counts only when there is no
 * bone a gap further on. */
static double way_to_exit(const struct trk_bone_depth *bone, const double origin[3],
                          const double direction[3], struct hints *hints)
{
    double way = 0.0, at = 0.0;
    for (int i = 0; i < CROSSINGS_MAX; ++i) {
        bool entering = false;
        if (!next_surface(bone, origin, direction, way, &at, &entering)) {
            return NAN;
        }
        if (!entering && !is_in_bone(bone, origin, direction, at + bone->options.gap_mm, hints) &&
            !is_in_bone(bone, origin, direction, at + step_mm, hints)) {
            return at;
        }
        way = at + step_mm;
    }
    return NAN;
}

enum nav_status trk_bone_depth_measure(struct trk_bone_depth *bone,
                                       const struct trk_blade_pose *now,
                                       struct trk_bone_depth_answer *out_answer)
{
    for (int i = 0; i < 3; ++i) {
        if (!isfinite(now->corner_mm[0][i]) || !isfinite(now->corner_mm[1][i]) ||
            !isfinite(now->axis[i])) {
            return NAV_ERR_NOT_FINITE;
        }
    }
    struct trk_bone_depth_answer answer = {
        .deepest_mm = -INFINITY, .remaining_mm = NAN, .entry_mm = NAN};
    const double back[3] = {-now->axis[0], -now->axis[1], -now->axis[2]};
    double exits[TRK_EDGE_SAMPLES];
    for (int s = 0; s < TRK_EDGE_SAMPLES; ++s) {
        const double part = (double)s / (TRK_EDGE_SAMPLES - 1);
        double point[3];
        for (int i = 0; i < 3; ++i) {
            point[i] = now->corner_mm[0][i] + part * (now->corner_mm[1][i] - now->corner_mm[0][i]);
        }
        answer.depth_mm[s] = depth_at(bone, point, &bone->at[s]);
        answer.deepest_mm = fmax(answer.deepest_mm, answer.depth_mm[s]);
        exits[s] = way_to_exit(bone, point, now->axis, &bone->ahead[s]);
        answer.remaining_mm = fmin(answer.remaining_mm, exits[s]); /* fmin passes NaN by */
        if (answer.depth_mm[s] > 0.0) {
            answer.entry_mm =
                fmax(answer.entry_mm, way_to_exit(bone, point, back, &bone->behind[s]));
        }
    }
    answer.corner_mm[0] = exits[0];
    answer.corner_mm[1] = exits[TRK_EDGE_SAMPLES - 1];
    answer.middle_mm = exits[TRK_EDGE_SAMPLES / 2];
    answer.bone_ahead = isfinite(answer.remaining_mm);
    answer.cutting = answer.deepest_mm >= bone->options.contact_mm;
    *out_answer = answer;
    return NAV_OK;
}
