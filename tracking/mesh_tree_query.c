#include <math.h>
#include <string.h>

#include "mesh_point.h"
#include "mesh_tree.h"
#include "mesh_tree_nodes.h"
#include "quad_distance.h"

enum {
    /* Depth of the tree times the seven children that wait at each level: 8^10 leaves and more. */
    STACK_SIZE = 96
};

typedef float lanes __attribute__((vector_size(TREE_WIDTH * sizeof(float)), aligned(4), may_alias));
typedef int32_t lane_bits __attribute__((vector_size(TREE_WIDTH * sizeof(int32_t)), aligned(4)));

typedef uint64_t lane_pairs __attribute__((vector_size(TREE_WIDTH * sizeof(float)), aligned(4)));

/* Bounds above the limit cannot matter any more; the least of what was left out for it, by place.
 */
struct limits {
    float limit;
    float refused[TREE_WIDTH];
};

/* The oriented box of what is asked for, relative to the tree's centre. */
struct box {
    float origin[3];
    float axis[3][3];  /* rows: the box's own axes */
    float steep[3][3]; /* their absolute values */
    float half[3];
    float corner[4][3]; /* of what is in it, from its origin */
    float margin;       /* what single precision may be wrong by, mm */
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool is_finite(const double *values, int count)
{
    for (int i = 0; i < count; ++i) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

/* ---- bounds, eight at a time ------------------------------------------------------------------
 */

/* Straight-line code on vectors of eight; written once and compiled twice, for AVX2 and for what
 * every processor has. Results only order and exclude, with the margin: both give the same answer.
 */
/* Every call is inlined, so that how a vector would be passed does not matter; clang warns anyway.
 */
#pragma GCC diagnostic ignored "-Wpsabi"
#define LANES static inline __attribute__((always_inline))

LANES void load(lanes *to, const float *from)
{
    *to = *(const lanes *)from;
}

LANES void fill(lanes *to, float value)
{
    for (int i = 0; i < TREE_WIDTH; ++i) {
        (*to)[i] = value;
    }
}

/* `yes` where the condition's bits are set, `no` elsewhere. */
LANES void choose(lane_bits condition, const lanes *yes, const lanes *no, lanes *out)
{
    const lane_bits chosen = ((lane_bits)*yes & condition) | ((lane_bits)*no & ~condition);
    *out = (lanes)chosen;
}

/* Larger and smaller of two, lane by lane; written so that a compiler sees its own instruction. */
LANES void raise_to(lanes *value, const lanes *least)
{
    for (int i = 0; i < TREE_WIDTH; ++i) {
        (*value)[i] = (*value)[i] > (*least)[i] ? (*value)[i] : (*least)[i];
    }
}

LANES void lower_to(lanes *value, const lanes *most)
{
    for (int i = 0; i < TREE_WIDTH; ++i) {
        (*value)[i] = (*value)[i] < (*most)[i] ? (*value)[i] : (*most)[i];
    }
}

LANES void absolute(lanes *value)
{
    const lane_bits magnitude = (lane_bits)*value & INT32_MAX;
    *value = (lanes)magnitude;
}

LANES void dot_with(const lanes a[3], const float b[3], lanes *out)
{
    *out = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The shortest way from the box to each of eight places (relative to its origin), along the box's
 * axes and in the tree's. */
LANES void way_to(const lanes from[3], const struct box *box, lanes way[3], lanes out_direction[3])
{
    for (int k = 0; k < 3; ++k) {
        lanes inside, most, least;
        dot_with(from, box->axis[k], &way[k]);
        fill(&most, box->half[k]);
        fill(&least, -box->half[k]);
        inside = way[k];
        lower_to(&inside, &most);
        raise_to(&inside, &least);
        way[k] -= inside;
    }
    for (int j = 0; j < 3; ++j) {
        out_direction[j] =
            way[0] * box->axis[0][j] + way[1] * box->axis[1][j] + way[2] * box->axis[2][j];
    }
}

/* How far along a direction the area reaches that is asked for: as far as one of its corners. */
LANES void reach_along(const lanes direction[3], const struct box *box, lanes *out)
{
    dot_with(direction, box->corner[0], out);
    for (int c = 1; c < 4; ++c) {
        lanes other;
        dot_with(direction, box->corner[c], &other);
        raise_to(out, &other);
    }
}

/* Raises squared bounds to the square of `gap` / sqrt(`length2`), where the gap is one and the
 * direction is long enough for its square to be right. */
LANES void raise_to_gap(lanes *bound2, const lanes *gap, const lanes *length2)
{
    lanes zero, squared;
    fill(&zero, 0.0f);
    squared = *gap * *gap / *length2;
    choose((*gap > 0.0f) & (*length2 > 1e-30f), &squared, &zero, &squared);
    raise_to(bound2, &squared);
}

/* Hands out eight bounds, tells which are within the limit (bit i: the one of place i), and keeps
 * the least of the others. */
LANES uint32_t accept(const lanes *bound, struct limits *limits, float *out)
{
    static const lane_bits places = {1, 2, 4, 8, 16, 32, 64, 128};
    const lane_bits within = *bound <= limits->limit;
    lanes refused, least;
    load(&least, limits->refused);
    choose(within, &least, bound, &refused);
    lower_to(&least, &refused);
    *(lanes *)limits->refused = least;
    *(lanes *)out = *bound;
    const lane_pairs set = (lane_pairs)(within & places);
    const uint64_t both = set[0] | set[1] | set[2] | set[3];
    return (uint32_t)(both | both >> 32);
}

/* Two convex sets are no nearer than they are apart along any direction n: the least n.x of the one
 * less the largest n.y of the other, over |n|. The area that is asked for is the hull of its four
 * corners. Any direction gives a bound; the one of the nearest points gives the distance itself,
 * and the shortest way from the area's box to the middle of what is asked about is close to it. */

/* Squared distances of the children's boxes from the area, from below: as far as they are apart
 * along that way, and from the area's box along its own axes. */
LANES uint32_t node_bounds(const struct tree_node *node, const struct box *box,
                           struct limits *limits, float *out)
{
    lanes from[3], extent[3], way[3], direction[3], bound2, gap, reach, zero;
    fill(&zero, 0.0f);
    bound2 = zero;
    for (int j = 0; j < 3; ++j) {
        load(&from[j], node->middle[j]);
        load(&extent[j], node->extent[j]);
        from[j] -= box->origin[j];
    }
    way_to(from, box, way, direction);
    const lanes length2 = way[0] * way[0] + way[1] * way[1] + way[2] * way[2];
    reach_along(direction, box, &reach);
    gap = -reach;
    for (int j = 0; j < 3; ++j) {
        gap += from[j] * direction[j];
        absolute(&direction[j]);
        gap -= extent[j] * direction[j];
    }
    for (int k = 0; k < 3; ++k) {
        lanes size;
        dot_with(extent, box->steep[k], &size);
        absolute(&way[k]);
        /* an unused place has a size far below zero: it is apart without being outside */
        way[k] -= size;
        raise_to(&way[k], &zero);
        bound2 += way[k] * way[k];
    }
    raise_to_gap(&bound2, &gap, &length2);
    return accept(&bound2, limits, out);
}

/* Places of the triangles' corners of a leaf along one of the box's axes. */
LANES void leaf_places(const struct tree_leaf *leaf, const struct box *box, int k, lanes out[3])
{
    const float *axis = box->axis[k];
    for (int c = 0; c < 3; ++c) {
        lanes x, y, z;
        load(&x, leaf->corner[c][0]);
        load(&y, leaf->corner[c][1]);
        load(&z, leaf->corner[c][2]);
        out[c] = (x - box->origin[0]) * axis[0] + (y - box->origin[1]) * axis[1] +
                 (z - box->origin[2]) * axis[2];
    }
}

/* The same for triangles, along that way alone: one begins with its nearest corner. */
LANES uint32_t leaf_bounds(const struct tree_leaf *leaf, const struct box *box,
                           struct limits *limits, float *out)
{
    lanes corner[3][3], middle[3], way[3], direction[3], bound2, gap, reach;
    for (int j = 0; j < 3; ++j) {
        for (int c = 0; c < 3; ++c) {
            load(&corner[c][j], leaf->corner[c][j]);
            corner[c][j] -= box->origin[j];
        }
        middle[j] = (corner[0][j] + corner[1][j] + corner[2][j]) * (1.0f / 3.0f);
    }
    way_to(middle, box, way, direction);
    const lanes length2 = way[0] * way[0] + way[1] * way[1] + way[2] * way[2];
    for (int c = 0; c < 3; ++c) {
        lanes along =
            corner[c][0] * direction[0] + corner[c][1] * direction[1] + corner[c][2] * direction[2];
        if (c == 0) {
            gap = along;
        } else {
            lower_to(&gap, &along);
        }
    }
    reach_along(direction, box, &reach);
    gap -= reach;
    fill(&bound2, 0.0f);
    raise_to_gap(&bound2, &gap, &length2);
    return accept(&bound2, limits, out);
}

/* The same from a point, the box's origin: of a child's box the distance itself. */
LANES uint32_t node_aways(const struct tree_node *node, const struct box *box,
                          struct limits *limits, float *out)
{
    lanes bound2, zero;
    fill(&zero, 0.0f);
    bound2 = zero;
    for (int j = 0; j < 3; ++j) {
        lanes apart, extent;
        load(&apart, node->middle[j]);
        load(&extent, node->extent[j]);
        apart -= box->origin[j];
        absolute(&apart);
        apart -= extent;
        raise_to(&apart, &zero);
        bound2 += apart * apart;
    }
    return accept(&bound2, limits, out);
}

LANES uint32_t leaf_aways(const struct tree_leaf *leaf, const struct box *box,
                          struct limits *limits, float *out)
{
    lanes corner[3][3], direction[3], bound2, gap, length2;
    fill(&bound2, 0.0f);
    length2 = bound2;
    for (int j = 0; j < 3; ++j) {
        for (int c = 0; c < 3; ++c) {
            load(&corner[c][j], leaf->corner[c][j]);
            corner[c][j] -= box->origin[j];
        }
        direction[j] = (corner[0][j] + corner[1][j] + corner[2][j]) * (1.0f / 3.0f);
        length2 += direction[j] * direction[j];
    }
    for (int c = 0; c < 3; ++c) {
        lanes along =
            corner[c][0] * direction[0] + corner[c][1] * direction[1] + corner[c][2] * direction[2];
        if (c == 0) {
            gap = along;
        } else {
            lower_to(&gap, &along);
        }
    }
    raise_to_gap(&bound2, &gap, &length2);
    return accept(&bound2, limits, out);
}

/* Where along the box's second axis each child begins, counted from the box's lower end; INFINITY
 * where it misses the box. */
LANES uint32_t node_starts(const struct tree_node *node, const struct box *box,
                           struct limits *limits, float *out)
{
    lanes from[3], extent[3], start;
    for (int k = 0; k < 3; ++k) {
        load(&from[k], node->middle[k]);
        load(&extent[k], node->extent[k]);
        from[k] -= box->origin[k];
    }
    lanes misses;
    fill(&misses, 0.0f);
    fill(&start, 0.0f);
    for (int k = 0; k < 3; ++k) {
        const float *axis = box->axis[k];
        const lanes along = from[0] * axis[0] + from[1] * axis[1] + from[2] * axis[2];
        const lanes size = extent[0] * fabsf(axis[0]) + extent[1] * fabsf(axis[1]) +
                           extent[2] * fabsf(axis[2]) + box->margin;
        lanes gap = along;
        absolute(&gap);
        gap -= size + box->half[k];
        raise_to(&misses, &gap);
        if (k == 1) {
            start = along - size + box->half[1];
        }
    }
    lanes never;
    fill(&never, INFINITY);
    choose(misses > 0.0f, &never, &start, &start);
    return accept(&start, limits, out);
}

LANES uint32_t leaf_starts(const struct tree_leaf *leaf, const struct box *box,
                           struct limits *limits, float *out)
{
    lanes start, misses, never;
    fill(&misses, 0.0f);
    fill(&start, 0.0f);
    for (int k = 0; k < 3; ++k) {
        lanes place[3], low, high;
        leaf_places(leaf, box, k, place);
        low = place[0];
        high = place[0];
        for (int c = 1; c < 3; ++c) {
            lower_to(&low, &place[c]);
            raise_to(&high, &place[c]);
        }
        lanes gap = low - (box->half[k] + box->margin);
        const lanes other = -high - (box->half[k] + box->margin);
        raise_to(&gap, &other);
        raise_to(&misses, &gap);
        if (k == 1) {
            start = low - box->margin + box->half[1];
        }
    }
    fill(&never, INFINITY);
    choose(misses > 0.0f, &never, &start, &start);
    return accept(&start, limits, out);
}

/* What one kind of question asks of nodes and leaves: eight numbers, the smaller the sooner. */
struct kernels {
    uint32_t (*node)(const struct tree_node *node, const struct box *box, struct limits *limits,
                     float *out);
    uint32_t (*leaf)(const struct tree_leaf *leaf, const struct box *box, struct limits *limits,
                     float *out);
};

#define KERNEL(attribute, suffix, name, part, type)                                                \
    attribute static uint32_t name##suffix(const struct type *part, const struct box *box,         \
                                           struct limits *limits, float *out)                      \
    {                                                                                              \
        return name(part, box, limits, out);                                                       \
    }
#define KERNELS(attribute, suffix)                                                                 \
    KERNEL(attribute, suffix, node_bounds, node, tree_node)                                        \
    KERNEL(attribute, suffix, leaf_bounds, leaf, tree_leaf)                                        \
    KERNEL(attribute, suffix, node_aways, node, tree_node)                                         \
    KERNEL(attribute, suffix, leaf_aways, leaf, tree_leaf)                                         \
    KERNEL(attribute, suffix, node_starts, node, tree_node)                                        \
    KERNEL(attribute, suffix, leaf_starts, leaf, tree_leaf)                                        \
    static const struct kernels bounds##suffix = {node_bounds##suffix, leaf_bounds##suffix};       \
    static const struct kernels aways##suffix = {node_aways##suffix, leaf_aways##suffix};          \
    static const struct kernels starts##suffix = {node_starts##suffix, leaf_starts##suffix};

KERNELS(, _plain)
#if defined(__x86_64__)
KERNELS(__attribute__((target("avx2"))), _avx2)
#endif

static const struct kernels *bounds_kernels(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return &bounds_avx2;
    }
#endif
    return &bounds_plain;
}

static const struct kernels *aways_kernels(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return &aways_avx2;
    }
#endif
    return &aways_plain;
}

static const struct kernels *starts_kernels(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return &starts_avx2;
    }
#endif
    return &starts_plain;
}

/* ---- the walk through the tree ----------------------------------------------------------------
 */

struct search {
    const struct trk_mesh_tree *tree;
    const struct kernels *kernels;
    struct box box;
    struct limits limits; /* the visitor lowers the limit */
    bool over;            /* nothing can be better; the visitor says so */
    /* Compares one triangle in double precision and lowers the limit when it is better. */
    void (*visit)(struct search *search, uint32_t triangle);
};

struct waiting {
    float bound;
    uint32_t child;
};

static void refuse_nothing(struct limits *limits)
{
    for (int i = 0; i < TREE_WIDTH; ++i) {
        limits->refused[i] = INFINITY;
    }
}

static void refuse(struct limits *limits, float bound)
{
    limits->refused[0] = fminf(limits->refused[0], bound);
}

static float least_refused(const struct limits *limits)
{
    float least = INFINITY;
    for (int i = 0; i < TREE_WIDTH; ++i) {
        least = fminf(least, limits->refused[i]);
    }
    return least;
}

/* The most promising triangle first; the others are held against what it has changed. */
static void visit_leaf(struct search *search, const struct tree_leaf *leaf)
{
    float bounds[TREE_WIDTH];
    uint32_t left = search->kernels->leaf(leaf, &search->box, &search->limits, bounds);
    left &= (1u << leaf->count) - 1u;
    while (left != 0 && !search->over) {
        uint32_t best = (uint32_t)__builtin_ctz(left);
        for (uint32_t others = left & (left - 1); others != 0; others &= others - 1) {
            const uint32_t i = (uint32_t)__builtin_ctz(others);
            best = bounds[i] < bounds[best] ? i : best;
        }
        if (bounds[best] > search->limits.limit) {
            refuse(&search->limits, bounds[best]);
            return;
        }
        left &= ~(1u << best);
        search->visit(search, leaf->triangle[best]);
    }
}

/* Nearest first, so that the limit falls early. */
static void walk(struct search *search)
{
    struct waiting stack[STACK_SIZE];
    size_t count = 0;
    stack[count++] = (struct waiting){.bound = -INFINITY, .child = 0};
    while (count > 0 && !search->over) {
        const struct waiting next = stack[--count];
        if (next.bound > search->limits.limit) {
            refuse(&search->limits, next.bound);
            continue;
        }
        if ((next.child & TREE_LEAF) != 0) {
            visit_leaf(search, &search->tree->leaves[next.child & ~TREE_LEAF]);
            continue;
        }
        const struct tree_node *node = &search->tree->nodes[next.child];
        float bounds[TREE_WIDTH];
        uint32_t within = search->kernels->node(node, &search->box, &search->limits, bounds);
        const size_t base = count;
        for (; within != 0; within &= within - 1) {
            const uint32_t i = (uint32_t)__builtin_ctz(within);
            size_t place = count++;
            while (place > base && stack[place - 1].bound < bounds[i]) {
                stack[place] = stack[place - 1];
                --place;
            }
            stack[place] = (struct waiting){.bound = bounds[i], .child = node->child[i]};
        }
    }
}

/* Some twenty roundings of numbers no larger than the furthest place of the tree and of what is
 * asked for. */
static float margin_of(const struct trk_mesh_tree *tree, double largest_mm)
{
    return (float)(4e-6 * (largest_mm + tree->radius_mm));
}

/* Axes of the box in double; origin and halves follow from what it must hold. */
static void set_box(struct search *search, const double axes[3][3], const double (*points)[3],
                    int count)
{
    const struct trk_mesh_tree *tree = search->tree;
    struct box *box = &search->box;
    double low[3], high[3], largest = 0.0;
    for (int k = 0; k < 3; ++k) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
        for (int i = 0; i < count; ++i) {
            double from[3];
            for (int j = 0; j < 3; ++j) {
                from[j] = points[i][j] - tree->centre_mm[j];
                largest = fmax(largest, fabs(from[j]));
            }
            const double along = dot(from, axes[k]);
            low[k] = fmin(low[k], along);
            high[k] = fmax(high[k], along);
        }
        box->half[k] = (float)(0.5 * (high[k] - low[k]));
        for (int j = 0; j < 3; ++j) {
            box->axis[k][j] = (float)axes[k][j];
            box->steep[k][j] = fabsf(box->axis[k][j]);
        }
    }
    for (int j = 0; j < 3; ++j) {
        double origin = 0.0;
        for (int k = 0; k < 3; ++k) {
            origin += 0.5 * (low[k] + high[k]) * axes[k][j];
        }
        box->origin[j] = (float)origin;
        for (int i = 0; i < count; ++i) {
            box->corner[i][j] = (float)(points[i][j] - tree->centre_mm[j] - (double)box->origin[j]);
        }
    }
    box->margin = margin_of(tree, largest);
}

/* An orthonormal frame whose first axis is along `along` as far as that has a direction, and whose
 * second is as near to `second` as it may be. */
static void frame_of(const double along[3], const double second[3], double axes[3][3])
{
    const double *wish[2] = {along, second};
    int count = 0;
    for (int i = 0; i < 5 && count < 2; ++i) {
        double v[3] = {i == 2, i == 3, i == 4};
        if (i < 2) {
            memcpy(v, wish[i], sizeof(v));
        }
        const double before = sqrt(dot(v, v));
        for (int k = 0; k < count; ++k) {
            const double s = dot(v, axes[k]);
            for (int j = 0; j < 3; ++j) {
                v[j] -= s * axes[k][j];
            }
        }
        const double length = sqrt(dot(v, v));
        if (length > 1e-3 * before && length > 1e-9) {
            for (int j = 0; j < 3; ++j) {
                axes[count][j] = v[j] / length;
            }
            ++count;
        }
    }
    for (int j = 0; j < 3; ++j) {
        const int k = (j + 1) % 3, l = (j + 2) % 3;
        axes[2][j] = axes[0][k] * axes[1][l] - axes[0][l] * axes[1][k];
    }
}

/* ---- nearest ----------------------------------------------------------------------------------
 */

struct nearest_search {
    struct search search; /* first: the walk hands it back */
    struct trk_quad_parts quad;
    double best2;
    bool found;
    struct trk_quad_nearest nearest;
};

/* What a squared bound may be at most and still be as near as `distance2`. */
static float limit_of(const struct box *box, double distance2)
{
    const double distance = sqrt(distance2) + (double)box->margin;
    return (float)(distance * distance * (1.0 + 1e-6));
}

static void visit_nearest(struct search *search, uint32_t triangle)
{
    struct nearest_search *own = (struct nearest_search *)search;
    double corner[3][3];
    trk_mesh_corners(search->tree->mesh, triangle, corner);
    double on_quad[3], on_mesh[3];
    const double distance2 =
        trk_quad_distance2(&own->quad, (const double(*)[3])corner, own->best2, on_quad, on_mesh);
    if (!(distance2 <= own->best2)) {
        refuse(&search->limits, search->limits.limit); /* no more is known */
        return;
    }
    if (own->found && distance2 == own->best2 && triangle >= own->nearest.triangle) {
        return;
    }
    own->found = true;
    own->best2 = distance2;
    own->nearest.triangle = triangle;
    memcpy(own->nearest.quad_mm, on_quad, sizeof(on_quad));
    memcpy(own->nearest.mesh_mm, on_mesh, sizeof(on_mesh));
    search->limits.limit = limit_of(&search->box, distance2);
    search->over = !(distance2 > 0.0);
}

static void begin_nearest(struct nearest_search *own, const struct trk_mesh_tree *tree,
                          const struct trk_quad *quad, double radius_mm)
{
    *own = (struct nearest_search){
        .search = {.tree = tree, .kernels = bounds_kernels(), .visit = visit_nearest},
        .best2 = radius_mm * radius_mm,
    };
    refuse_nothing(&own->search.limits);
    trk_quad_prepare(quad, &own->quad);
    double along[3], second[3], axes[3][3];
    for (int j = 0; j < 3; ++j) {
        along[j] =
            quad->corner[1][j] - quad->corner[0][j] + quad->corner[3][j] - quad->corner[2][j];
        second[j] =
            quad->corner[2][j] - quad->corner[0][j] + quad->corner[3][j] - quad->corner[1][j];
    }
    frame_of(along, second, axes);
    set_box(&own->search, axes, quad->corner, 4);
    own->search.limits.limit = limit_of(&own->search.box, own->best2);
}

static enum nav_status end_nearest(struct nearest_search *own, double radius_mm,
                                   struct trk_quad_nearest *out_nearest)
{
    if (!own->found) {
        /* What was left out is no nearer than the least of its bounds. */
        const double least = sqrt((double)least_refused(&own->search.limits)) * (1.0 - 1e-6);
        out_nearest->distance_mm = fmax(radius_mm, least - (double)own->search.box.margin);
        return NAV_ERR_NOT_FOUND;
    }
    own->nearest.distance_mm = sqrt(own->best2);
    *out_nearest = own->nearest;
    return NAV_OK;
}

enum nav_status trk_mesh_tree_nearest(const struct trk_mesh_tree *tree, const struct trk_quad *quad,
                                      double radius_mm, uint32_t hint,
                                      struct trk_quad_nearest *out_nearest)
{
    if (!is_finite(&quad->corner[0][0], 12) || !(radius_mm >= 0.0)) {
        return NAV_ERR_NOT_FINITE;
    }
    struct nearest_search own;
    begin_nearest(&own, tree, quad, radius_mm);
    if (hint < trk_mesh_triangle_count(tree->mesh)) {
        visit_nearest(&own.search, hint);
        if (own.search.over) {
            /* It is touched, but not only there perhaps: what is found must not depend on the hint.
             * The walk meets what is touched in an order that no limit changes. */
            own.found = own.search.over = false;
        }
        refuse_nothing(&own.search.limits); /* the walk meets it again */
    }
    walk(&own.search);
    return end_nearest(&own, radius_mm, out_nearest);
}

enum nav_status trk_mesh_tree_nearest_ref(const struct trk_mesh_tree *tree,
                                          const struct trk_quad *quad,
                                          struct trk_quad_nearest *out_nearest)
{
    if (!is_finite(&quad->corner[0][0], 12)) {
        return NAV_ERR_NOT_FINITE;
    }
    struct nearest_search own;
    begin_nearest(&own, tree, quad, INFINITY);
    for (uint32_t t = 0; t < trk_mesh_triangle_count(tree->mesh) && !own.search.over; ++t) {
        visit_nearest(&own.search, t);
    }
    return end_nearest(&own, INFINITY, out_nearest);
}

/* ---- nearest to a point -----------------------------------------------------------------------
 */

struct point_search {
    struct search search; /* first */
    struct mesh_point point;
};

static void visit_point(struct search *search, uint32_t triangle)
{
    struct point_search *own = (struct point_search *)search;
    if (mesh_point_consider(&own->point, triangle)) {
        search->limits.limit = limit_of(&search->box, own->point.best2);
    }
}

enum nav_status trk_mesh_tree_point(const struct trk_mesh_tree *tree, const double point_mm[3],
                                    double radius_mm, uint32_t *hint,
                                    struct trk_mesh_nearest *out_nearest)
{
    if (!is_finite(point_mm, 3) || !(radius_mm >= 0.0)) {
        return NAV_ERR_NOT_FINITE;
    }
    struct point_search own = {
        .search = {.tree = tree, .kernels = aways_kernels(), .visit = visit_point},
        .point = mesh_point_begin(tree->mesh, point_mm, radius_mm),
    };
    double largest = 0.0;
    for (int j = 0; j < 3; ++j) {
        const double from = point_mm[j] - tree->centre_mm[j];
        own.search.box.origin[j] = (float)from;
        largest = fmax(largest, fabs(from));
    }
    own.search.box.margin = margin_of(tree, largest);
    own.search.limits.limit = limit_of(&own.search.box, own.point.best2);
    if (*hint < trk_mesh_triangle_count(tree->mesh)) {
        visit_point(&own.search, *hint);
    }
    walk(&own.search);
    if (!own.point.found) {
        return NAV_ERR_NOT_FOUND;
    }
    *hint = own.point.triangle;
    mesh_point_finish(&own.point, out_nearest);
    return NAV_OK;
}

/* ---- cast -------------------------------------------------------------------------------------
 */

struct cast_search {
    struct search search; /* first */
    const struct trk_edge_cast *cast;
    double normal[3];
    bool found;
    struct trk_edge_hit hit; /* distance_mm: the reach until something is found */
    double across_mm;        /* of the point met, along the edge */
};

static void take_hit(struct cast_search *own, uint32_t triangle, double across, double way)
{
    const bool better = own->found ? way < own->hit.distance_mm || (way == own->hit.distance_mm &&
                                                                    triangle < own->hit.triangle)
                                   : way <= own->hit.distance_mm;
    if (better) {
        own->found = true;
        own->hit.distance_mm = way;
        own->hit.triangle = triangle;
        own->across_mm = across;
        own->search.limits.limit = (float)way + own->search.box.margin;
    }
}

/* The nearest point of the stretch from a to b (across, way) that is on the strip. */
static void cast_stretch(struct cast_search *own, uint32_t triangle, const double a[2],
                         const double b[2])
{
    const double half = own->cast->half_mm;
    double begin = 0.0, end = 1.0; /* the part within the strip's width and ahead */
    const double bound[3][2] = {
        /* value at a, at b; must be >= 0 */
        {half + a[0], half + b[0]},
        {half - a[0], half - b[0]},
        {a[1], b[1]},
    };
    for (int i = 0; i < 3; ++i) {
        const double at_a = bound[i][0], at_b = bound[i][1];
        if (at_a < 0.0 && at_b < 0.0) {
            return;
        }
        if (at_a < 0.0) {
            begin = fmax(begin, at_a / (at_a - at_b));
        } else if (at_b < 0.0) {
            end = fmin(end, at_a / (at_a - at_b));
        }
    }
    if (begin > end) {
        return;
    }
    const double s = a[1] <= b[1] ? begin : end;
    const double way = a[1] + s * (b[1] - a[1]);
    take_hit(own, triangle, a[0] + s * (b[0] - a[0]), fmax(way, 0.0));
}

static void visit_cast(struct search *search, uint32_t triangle)
{
    struct cast_search *own = (struct cast_search *)search;
    double corner[3][3], flat[3][2], height[3];
    trk_mesh_corners(search->tree->mesh, triangle, corner);
    for (int c = 0; c < 3; ++c) {
        double from[3];
        for (int j = 0; j < 3; ++j) {
            from[j] = corner[c][j] - own->cast->middle_mm[j];
        }
        flat[c][0] = dot(from, own->cast->edge);
        flat[c][1] = dot(from, own->cast->direction);
        height[c] = dot(from, own->normal);
    }
    /* Where the edges cross the strip's plane; a triangle in the plane is met at its edges. */
    double crossing[6][2];
    int count = 0;
    for (int c = 0; c < 3; ++c) {
        const int next = (c + 1) % 3;
        if (height[c] == 0.0) {
            memcpy(crossing[count++], flat[c], sizeof(flat[c]));
        }
        if ((height[c] < 0.0 && height[next] > 0.0) || (height[c] > 0.0 && height[next] < 0.0)) {
            const double s = height[c] / (height[c] - height[next]);
            for (int k = 0; k < 2; ++k) {
                crossing[count][k] = flat[c][k] + s * (flat[next][k] - flat[c][k]);
            }
            ++count;
        }
    }
    for (int i = 0; i < count; ++i) {
        cast_stretch(own, triangle, crossing[i], crossing[(i + 1) % count]);
    }
}

static enum nav_status begin_cast(struct cast_search *own, const struct trk_mesh_tree *tree,
                                  const struct trk_edge_cast *cast)
{
    if (!is_finite(cast->middle_mm, 3) || !is_finite(cast->edge, 3) ||
        !is_finite(cast->direction, 3) || !(cast->half_mm >= 0.0) || !isfinite(cast->half_mm) ||
        !(cast->reach_mm >= 0.0) || !isfinite(cast->reach_mm)) {
        return NAV_ERR_NOT_FINITE;
    }
    *own = (struct cast_search){
        .search = {.tree = tree, .kernels = starts_kernels(), .visit = visit_cast},
        .cast = cast,
        .hit = {.distance_mm = cast->reach_mm},
    };
    double axes[3][3], ends[4][3];
    memcpy(axes[0], cast->edge, sizeof(axes[0]));
    memcpy(axes[1], cast->direction, sizeof(axes[1]));
    for (int j = 0; j < 3; ++j) {
        const int k = (j + 1) % 3, l = (j + 2) % 3;
        axes[2][j] = axes[0][k] * axes[1][l] - axes[0][l] * axes[1][k];
        for (int i = 0; i < 4; ++i) {
            ends[i][j] = cast->middle_mm[j] +
                         ((i & 1) != 0 ? cast->half_mm : -cast->half_mm) * cast->edge[j] +
                         ((i & 2) != 0 ? cast->reach_mm : 0.0) * cast->direction[j];
        }
    }
    memcpy(own->normal, axes[2], sizeof(own->normal));
    set_box(&own->search, axes, (const double(*)[3])ends, 4);
    own->search.limits.limit = (float)cast->reach_mm + own->search.box.margin;
    return NAV_OK;
}

static enum nav_status end_cast(struct cast_search *own, struct trk_edge_hit *out_hit)
{
    if (!own->found) {
        return NAV_ERR_NOT_FOUND;
    }
    for (int j = 0; j < 3; ++j) {
        own->hit.point_mm[j] = own->cast->middle_mm[j] + own->across_mm * own->cast->edge[j] +
                               own->hit.distance_mm * own->cast->direction[j];
    }
    *out_hit = own->hit;
    return NAV_OK;
}

enum nav_status trk_mesh_tree_cast(const struct trk_mesh_tree *tree,
                                   const struct trk_edge_cast *cast, uint32_t hint,
                                   struct trk_edge_hit *out_hit)
{
    struct cast_search own;
    const enum nav_status status = begin_cast(&own, tree, cast);
    if (status != NAV_OK) {
        return status;
    }
    if (hint < trk_mesh_triangle_count(tree->mesh)) {
        visit_cast(&own.search, hint);
    }
    walk(&own.search);
    return end_cast(&own, out_hit);
}

enum nav_status trk_mesh_tree_cast_ref(const struct trk_mesh_tree *tree,
                                       const struct trk_edge_cast *cast,
                                       struct trk_edge_hit *out_hit)
{
    struct cast_search own;
    const enum nav_status status = begin_cast(&own, tree, cast);
    if (status != NAV_OK) {
        return status;
    }
    for (uint32_t t = 0; t < trk_mesh_triangle_count(tree->mesh); ++t) {
        visit_cast(&own.search, t);
    }
    return end_cast(&own, out_hit);
}
