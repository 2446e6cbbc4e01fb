#include "blade_distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_tree.h"

enum {
    /* Questions that the depth of each area of a blade inside a structure may cost; what is still
     * open after them is told as error_mm. */
    DEPTH_QUESTIONS = 24
};

/* How far beyond the reach a structure is looked for, so that it may then be left alone for the
 * first so many millimetres of motion. */
static const double slack_mm = 20.0;

/* What is remembered of a structure; decides how long an answer takes, never what it is.
 *
 * A distance changes by no more than the way that the points have moved which it is the distance
 * of. So an area that was `beyond_mm` away is at least that less all its motion since, and one
 * that therefore cannot be nearer than the other area needs no look. */
struct structure {
    const struct trk_mesh *mesh;
    struct trk_mesh_tree *tree;
    uint32_t near[2], ahead; /* triangles, as hints: of the edge's sweep, of the body; ahead */
    uint32_t deep[2][4];     /* the same for the depth of each corner */
    int nearer;              /* the area that was */
    double beyond_mm[2];     /* no point of the area is nearer to the surface */
    double spare_mm;         /* out of reach until the blade has moved so far */
};

struct trk_blade_distance {
    struct trk_blade_distance_options options;
    size_t count;
    bool asked;
    struct trk_quad last[2]; /* of the last question: everything of the blade */
    double last_radius[2];
    struct structure structures[NAV_STRUCTURES_MAX];
};

struct trk_blade_distance_options trk_blade_distance_options_default(void)
{
    return (struct trk_blade_distance_options){
        .reach_mm = 100.0, .ahead_mm = 100.0, .depth_error_mm = 0.5};
}

struct trk_blade_pose trk_blade_pose_at(const struct trk_blade_shape *shape,
                                        const struct nav_pose *T_image_tool)
{
    struct trk_blade_pose pose = {.length_mm = shape->length_mm,
                                  .edge_radius_mm = shape->edge_radius_mm,
                                  .shaft_radius_mm = shape->shaft_radius_mm};
    double middle[3];
    nav_pose_apply(T_image_tool, shape->tip_mm, middle);
    nav_pose_rotate(T_image_tool, shape->axis, pose.axis);
    nav_pose_rotate(T_image_tool, shape->up, pose.up);
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        pose.edge[i] = pose.axis[j] * pose.up[k] - pose.axis[k] * pose.up[j];
    }
    for (int i = 0; i < 3; ++i) {
        const double half = 0.5 * shape->width_mm * pose.edge[i];
        pose.corner_mm[0][i] = middle[i] - half;
        pose.corner_mm[1][i] = middle[i] + half;
    }
    return pose;
}

enum nav_status trk_blade_distance_create(const struct trk_mesh *const *meshes, size_t count,
                                          const struct trk_blade_distance_options *options,
                                          struct trk_blade_distance **out_distance)
{
    if (count == 0 || count > NAV_STRUCTURES_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_blade_distance *distance = calloc(1, sizeof(*distance));
    if (distance == NULL) {
        return NAV_ERR_MEMORY;
    }
    distance->options = *options;
    for (size_t i = 0; i < count; ++i) {
        struct structure *structure = &distance->structures[i];
        structure->mesh = meshes[i];
        const enum nav_status status = trk_mesh_tree_create(meshes[i], &structure->tree);
        if (status != NAV_OK) {
            trk_blade_distance_destroy(distance);
            return status;
        }
        ++distance->count;
    }
    trk_blade_distance_forget(distance);
    *out_distance = distance;
    return NAV_OK;
}

void trk_blade_distance_destroy(struct trk_blade_distance *distance)
{
    if (distance == NULL) {
        return;
    }
    for (size_t i = 0; i < distance->count; ++i) {
        trk_mesh_tree_destroy(distance->structures[i].tree);
    }
    free(distance);
}

void trk_blade_distance_forget(struct trk_blade_distance *distance)
{
    distance->asked = false;
    for (size_t i = 0; i < distance->count; ++i) {
        struct structure *structure = &distance->structures[i];
        structure->near[0] = structure->near[1] = structure->ahead = TRK_NO_TRIANGLE;
        for (int c = 0; c < 4; ++c) {
            structure->deep[0][c] = structure->deep[1][c] = TRK_NO_TRIANGLE;
        }
        structure->nearer = 0;
        structure->beyond_mm[0] = structure->beyond_mm[1] = structure->spare_mm = 0.0;
    }
}

static double distance_of(const double a[3], const double b[3])
{
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/* ---- the blade ------------------------------------------------------------------------------- */

/* The blade as two areas, and what goes with them. */
struct blade {
    struct trk_quad area[2]; /* the edge's sweep, the body behind the edge now */
    double radius[2];
    double twist_mm;
    struct trk_edge_cast ahead;
};

static bool is_finite_pose(const struct trk_blade_pose *pose)
{
    for (int i = 0; i < 3; ++i) {
        if (!isfinite(pose->corner_mm[0][i]) || !isfinite(pose->corner_mm[1][i]) ||
            !isfinite(pose->axis[i]) || !isfinite(pose->edge[i])) {
            return false;
        }
    }
    return isfinite(pose->length_mm) && isfinite(pose->edge_radius_mm) &&
           isfinite(pose->shaft_radius_mm);
}

static struct blade blade_of(const struct trk_blade_pose *before, const struct trk_blade_pose *now,
                             double ahead_mm)
{
    struct blade blade = {
        .radius = {now->edge_radius_mm, now->shaft_radius_mm},
        .ahead = {.half_mm = 0.5 * distance_of(now->corner_mm[0], now->corner_mm[1]),
                  .reach_mm = ahead_mm},
    };
    const double front_mm = fmin(now->shaft_radius_mm, now->length_mm);
    double twist[3];
    for (int c = 0; c < 2; ++c) {
        for (int i = 0; i < 3; ++i) {
            const double x = now->corner_mm[c][i];
            blade.area[0].corner[c][i] = before->corner_mm[c][i];
            blade.area[0].corner[2 + c][i] = x;
            blade.area[1].corner[c][i] = x - now->length_mm * now->axis[i];
            blade.area[1].corner[2 + c][i] = x - front_mm * now->axis[i];
            const double way = x - before->corner_mm[c][i];
            twist[i] = c == 0 ? way : twist[i] - way;
        }
    }
    blade.twist_mm = 0.25 * sqrt(twist[0] * twist[0] + twist[1] * twist[1] + twist[2] * twist[2]);
    for (int i = 0; i < 3; ++i) {
        blade.ahead.middle_mm[i] = 0.5 * (now->corner_mm[0][i] + now->corner_mm[1][i]);
        blade.ahead.edge[i] = now->edge[i];
        blade.ahead.direction[i] = now->axis[i];
    }
    return blade;
}

/* How far a point of each area has moved at most since the last question: no further than its
 * furthest corner, both areas being made of points between corners. */
static void motion_of(const struct trk_blade_distance *distance, const struct blade *now,
                      double out_mm[2])
{
    for (int a = 0; a < 2; ++a) {
        out_mm[a] = distance->asked ? 0.0 : INFINITY;
        for (int c = 0; c < 4; ++c) {
            out_mm[a] =
                fmax(out_mm[a], distance_of(distance->last[a].corner[c], now->area[a].corner[c]));
        }
    }
}

/* How much nearer anything can have come: by motion and by thickness. */
static double approach_of(const struct trk_blade_distance *distance, const struct blade *now,
                          const double motion_mm[2])
{
    double most = 0.0;
    for (int a = 0; a < 2; ++a) {
        const double thicker = fmax(now->radius[a] - distance->last_radius[a], 0.0);
        most = fmax(most, motion_mm[a] + thicker);
    }
    return most;
}

/* ---- depth of a blade inside ----------------------------------------------------------------- */

/* A point of the blade that was asked about. */
struct sounding {
    double blade_mm[3];
    double structure_mm[3]; /* nearest of the surface, ... */
    uint32_t triangle;      /* ... which is there */
    double depth;           /* > 0 inside */
};

/* A triangle of the blade between three soundings: no point of it is deeper than `most`. */
struct piece {
    int corner[3];
    double most;
};

struct depth_search {
    const struct trk_mesh_tree *tree;
    double low_mm[3], high_mm[3]; /* the mesh's bounds */
    double radius;                /* of the area being searched */
    struct sounding soundings[DEPTH_QUESTIONS];
    int sounding_count, deepest;
    struct piece pieces[DEPTH_QUESTIONS];
    int piece_count;
};

/* The surface is no further than `within_mm`; `hint`: a triangle that may be the nearest. */
static int sound(struct depth_search *search, const double blade_mm[3], double within_mm,
                 uint32_t hint)
{
    const int index = search->sounding_count++;
    struct sounding *sounding = &search->soundings[index];
    memcpy(sounding->blade_mm, blade_mm, sizeof(sounding->blade_mm));
    sounding->depth = -INFINITY;
    sounding->triangle = hint;
    struct trk_mesh_nearest nearest;
    if (trk_mesh_tree_point(search->tree, blade_mm, within_mm, &sounding->triangle, &nearest) ==
        NAV_OK) {
        sounding->depth = search->radius - nearest.signed_mm;
        memcpy(sounding->structure_mm, nearest.point_mm, sizeof(nearest.point_mm));
    }
    if (index == 0 || sounding->depth > search->soundings[search->deepest].depth) {
        search->deepest = index;
    }
    return index;
}

/* What lies in the mesh lies in its bounds, and is no deeper in it than in them. */
static double most_in_bounds(const struct depth_search *search, const int corner[3])
{
    double least = INFINITY;
    for (int i = 0; i < 3; ++i) {
        double above_low = -INFINITY, below_high = -INFINITY;
        for (int c = 0; c < 3; ++c) {
            const double x = search->soundings[corner[c]].blade_mm[i];
            above_low = fmax(above_low, x - search->low_mm[i]);
            below_high = fmax(below_high, search->high_mm[i] - x);
        }
        least = fmin(least, fmin(above_low, below_high));
    }
    return least + search->radius;
}

static void add_piece(struct depth_search *search, const int corner[3], double most)
{
    most = fmin(most, most_in_bounds(search, corner));
    for (int c = 0; c < 3; ++c) {
        const struct sounding *from = &search->soundings[corner[c]];
        double own = 0.0, surface = 0.0;
        for (int k = 0; k < 3; ++k) {
            const double *other = search->soundings[corner[k]].blade_mm;
            own = fmax(own, distance_of(from->blade_mm, other));
            surface = fmax(surface, distance_of(from->structure_mm, other));
        }
        /* A depth changes no faster than the point moves; and nothing is deeper than it is far from
         * a point of the surface, from which a corner of the piece is furthest. */
        most = fmin(most, fmin(from->depth + own, surface + search->radius));
    }
    search->pieces[search->piece_count++] =
        (struct piece){.corner = {corner[0], corner[1], corner[2]}, .most = most};
}

/* Two pieces of one, divided in the middle of its longest edge. */
static void divide(struct depth_search *search, int index)
{
    const struct piece piece = search->pieces[index];
    search->pieces[index] = search->pieces[--search->piece_count];
    int longest = 0;
    double length = -1.0;
    for (int c = 0; c < 3; ++c) {
        const double edge = distance_of(search->soundings[piece.corner[c]].blade_mm,
                                        search->soundings[piece.corner[(c + 1) % 3]].blade_mm);
        if (edge > length) {
            length = edge;
            longest = c;
        }
    }
    const int next = (longest + 1) % 3;
    double middle[3];
    for (int i = 0; i < 3; ++i) {
        middle[i] = 0.5 * (search->soundings[piece.corner[longest]].blade_mm[i] +
                           search->soundings[piece.corner[next]].blade_mm[i]);
    }
    double within = INFINITY;
    for (int c = 0; c < 3; ++c) {
        const struct sounding *known = &search->soundings[piece.corner[c]];
        within = fmin(within, distance_of(known->structure_mm, middle));
    }
    const int between = sound(search, middle, within * (1.0 + 1e-9),
                              search->soundings[piece.corner[longest]].triangle);
    int first[3], second[3];
    memcpy(first, piece.corner, sizeof(first));
    memcpy(second, piece.corner, sizeof(second));
    first[next] = between;
    second[longest] = between;
    add_piece(search, first, piece.most);
    add_piece(search, second, piece.most);
}

static int most_promising(const struct depth_search *search)
{
    int best = 0;
    for (int i = 1; i < search->piece_count; ++i) {
        if (search->pieces[i].most > search->pieces[best].most) {
            best = i;
        }
    }
    return best;
}

/* The deepest point of one area of the blade in a closed mesh that it touches or is in, by branch
 * and bound. Returns what the depth may still be larger by. */
static double search_depth(struct depth_search *search, const struct trk_quad *area,
                           double radius_mm, double wanted_mm, uint32_t hints[4])
{
    static const int corners[2][3] = {{0, 1, 3}, {0, 3, 2}};
    search->radius = radius_mm;
    search->sounding_count = search->piece_count = search->deepest = 0;
    for (int c = 0; c < 4; ++c) {
        (void)sound(search, area->corner[c], INFINITY, hints[c]);
        hints[c] = search->soundings[c].triangle;
    }
    add_piece(search, corners[0], INFINITY);
    add_piece(search, corners[1], INFINITY);
    for (;;) {
        const int open = most_promising(search);
        const double missing = search->pieces[open].most - search->soundings[search->deepest].depth;
        if (missing <= wanted_mm || search->sounding_count == DEPTH_QUESTIONS) {
            return fmax(missing, 0.0);
        }
        divide(search, open);
    }
}

/* Of both areas the one that is deeper in. */
static void answer_depth(struct structure *structure, const struct blade *blade, double wanted_mm,
                         struct trk_structure_distance *answer)
{
    double deepest = 0.0, most = 0.0;
    for (int area = 0; area < 2; ++area) {
        struct depth_search search = {.tree = structure->tree};
        trk_mesh_bounds(structure->mesh, search.low_mm, search.high_mm);
        const double missing = search_depth(&search, &blade->area[area], blade->radius[area],
                                            wanted_mm, structure->deep[area]);
        const struct sounding *found = &search.soundings[search.deepest];
        most = fmax(most, found->depth + missing);
        if (found->depth > deepest) {
            deepest = found->depth;
            answer->on_shaft = area == 1;
            memcpy(answer->blade_mm, found->blade_mm, sizeof(answer->blade_mm));
            memcpy(answer->structure_mm, found->structure_mm, sizeof(answer->structure_mm));
        }
    }
    answer->distance_mm = -deepest;
    answer->error_mm = most - deepest;
}

/* ---- one structure ----------------------------------------------------------------------------
 */

static struct trk_structure_distance out_of_reach(const struct structure *structure)
{
    struct trk_structure_distance answer = {
        .is_signed = trk_mesh_is_closed(structure->mesh),
        .distance_mm = NAN,
        .error_mm = NAN,
        .twist_mm = NAN,
        .ahead_mm = NAN,
    };
    for (int i = 0; i < 3; ++i) {
        answer.structure_mm[i] = answer.blade_mm[i] = answer.ahead_point_mm[i] = NAN;
    }
    return answer;
}

/* Whether the blade is in a closed structure that it does not touch. */
static bool is_inside(const struct structure *structure, const struct trk_quad_nearest *nearest)
{
    struct trk_mesh_nearest side;
    return trk_mesh_nearest_on(structure->mesh, nearest->triangle, nearest->quad_mm, &side) ==
               NAV_OK &&
           side.signed_mm < 0.0;
}

static void answer_ahead(struct structure *structure, const struct blade *blade,
                         struct trk_structure_distance *answer)
{
    struct trk_edge_hit hit;
    if (trk_mesh_tree_cast(structure->tree, &blade->ahead, structure->ahead, &hit) == NAV_OK) {
        structure->ahead = hit.triangle;
        answer->ahead = true;
        answer->ahead_mm = hit.distance_mm;
        memcpy(answer->ahead_point_mm, hit.point_mm, sizeof(hit.point_mm));
    }
}

/* What a bound may be wrong by: each pose since it was set has rounded it by less than 1e-13 mm. */
static const double rounding_mm = 1e-6;

/* How far an area is from the structure, less its thickness; INFINITY when that is more than
 * `radius_mm`. */
static double clear_of(struct structure *structure, const struct blade *blade, int area,
                       double radius_mm, struct trk_quad_nearest *out_nearest)
{
    const double thick = blade->radius[area];
    if (structure->beyond_mm[area] - thick > radius_mm + rounding_mm) {
        return INFINITY;
    }
    const double within = radius_mm + thick + rounding_mm;
    if (trk_mesh_tree_nearest(structure->tree, &blade->area[area], within, structure->near[area],
                              out_nearest) != NAV_OK) {
        structure->beyond_mm[area] = out_nearest->distance_mm;
        return INFINITY;
    }
    structure->beyond_mm[area] = out_nearest->distance_mm;
    structure->near[area] = out_nearest->triangle;
    const double clear = fmax(out_nearest->distance_mm - thick, 0.0);
    return clear <= radius_mm ? clear : INFINITY;
}

/* The nearer of both areas, each less its own thickness; the edge's of two that are equally near.
 * False: further than `radius_mm`. First the one that was nearer, so that the other need not be
 * looked at unless it may have come nearer. */
static bool nearest_area(struct structure *structure, const struct blade *blade, double radius_mm,
                         struct trk_quad_nearest *out_nearest, int *out_area)
{
    const int first = structure->nearer, second = 1 - first;
    double clear = clear_of(structure, blade, first, radius_mm, out_nearest);
    *out_area = first;
    if (first == 1 || clear > 0.0) { /* nothing comes before an edge that touches */
        struct trk_quad_nearest other;
        const double other_clear =
            clear_of(structure, blade, second, fmin(clear, radius_mm), &other);
        const bool is_nearer = other_clear < clear || (other_clear == clear && second == 0);
        if (is_nearer && other_clear < (double)INFINITY) {
            clear = other_clear;
            *out_nearest = other;
            *out_area = second;
        }
    }
    structure->nearer = *out_area;
    return clear <= radius_mm && clear < (double)INFINITY;
}

static void measure(struct structure *structure, const struct blade *blade,
                    const struct trk_blade_distance_options *options,
                    struct trk_structure_distance *answer)
{
    *answer = out_of_reach(structure);
    struct trk_quad_nearest nearest;
    int area = 0;
    if (!nearest_area(structure, blade, options->reach_mm + slack_mm, &nearest, &area)) {
        structure->spare_mm = slack_mm;
        return;
    }
    const double clear = nearest.distance_mm - blade->radius[area];
    if (clear > options->reach_mm) {
        structure->spare_mm = clear - options->reach_mm;
        return;
    }
    structure->spare_mm = 0.0;
    answer->in_reach = true;
    answer->on_shaft = area == 1;
    answer->distance_mm = clear;
    answer->error_mm = 0.0;
    answer->twist_mm = blade->twist_mm;
    memcpy(answer->blade_mm, nearest.quad_mm, sizeof(answer->blade_mm));
    memcpy(answer->structure_mm, nearest.mesh_mm, sizeof(answer->structure_mm));
    if (!answer->is_signed) {
        answer->distance_mm = fmax(clear, 0.0);
    } else if (nearest.distance_mm <= 0.0 || is_inside(structure, &nearest)) {
        answer_depth(structure, blade, options->depth_error_mm, answer);
    }
    answer_ahead(structure, blade, answer);
}

enum nav_status trk_blade_distance_measure(struct trk_blade_distance *distance,
                                           const struct trk_blade_pose *before,
                                           const struct trk_blade_pose *now,
                                           struct trk_structure_distance *out_distances)
{
    if (before == NULL) {
        before = now;
    }
    if (!is_finite_pose(before) || !is_finite_pose(now)) {
        return NAV_ERR_NOT_FINITE;
    }
    const struct blade blade = blade_of(before, now, distance->options.ahead_mm);
    double motion[2];
    motion_of(distance, &blade, motion);
    const double approach = approach_of(distance, &blade, motion);
    memcpy(distance->last, blade.area, sizeof(distance->last));
    memcpy(distance->last_radius, blade.radius, sizeof(distance->last_radius));
    distance->asked = true;
    for (size_t i = 0; i < distance->count; ++i) {
        struct structure *structure = &distance->structures[i];
        structure->spare_mm -= approach;
        for (int a = 0; a < 2; ++a) {
            structure->beyond_mm[a] -= motion[a];
        }
        if (structure->spare_mm > 1e-6) {
            out_distances[i] = out_of_reach(structure);
        } else {
            measure(structure, &blade, &distance->options, &out_distances[i]);
        }
    }
    return NAV_OK;
}
