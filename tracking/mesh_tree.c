#include "mesh_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_tree_nodes.h"

/* A triangle on its way into the tree. */
struct item {
    float low[3], high[3];
    uint32_t triangle;
};

struct range {
    uint32_t begin, end;
};

struct builder {
    struct trk_mesh_tree *tree;
    struct item *items;
};

static float middle_of(const struct item *item, int axis)
{
    return item->low[axis] + item->high[axis]; /* twice; only compared */
}

/* Before `other` along `axis`: by its middle, then by its index, so that builds are repeatable. */
static bool is_before(const struct item *item, const struct item *other, int axis)
{
    const float a = middle_of(item, axis), b = middle_of(other, axis);
    return a < b || (a == b && item->triangle < other->triangle);
}

/* Moves the `rank` first items of the range along `axis` to its front (Hoare's selection). */
static void select_first(struct item *items, struct range range, uint32_t rank, int axis)
{
    while (range.end - range.begin > 1) {
        const struct item pivot = items[range.begin + (range.end - range.begin) / 2];
        uint32_t i = range.begin, j = range.end - 1;
        while (i <= j) {
            while (is_before(&items[i], &pivot, axis)) {
                ++i;
            }
            while (is_before(&pivot, &items[j], axis)) {
                --j;
            }
            if (i <= j) {
                const struct item moved = items[i];
                items[i] = items[j];
                items[j] = moved;
                ++i;
                if (j == 0) {
                    break;
                }
                --j;
            }
        }
        if (rank <= j) {
            range.end = j + 1;
        } else if (rank >= i) {
            range.begin = i;
        } else {
            return;
        }
    }
}

static void bounds_of(const struct item *items, struct range range, float low[3], float high[3])
{
    for (int axis = 0; axis < 3; ++axis) {
        low[axis] = INFINITY;
        high[axis] = -INFINITY;
        for (uint32_t i = range.begin; i < range.end; ++i) {
            low[axis] = fminf(low[axis], items[i].low[axis]);
            high[axis] = fmaxf(high[axis], items[i].high[axis]);
        }
    }
}

/* Two halves along the longest axis, the first a multiple of a leaf's triangles. */
static void split(struct builder *builder, struct range range, struct range out_halves[2])
{
    float low[3], high[3];
    bounds_of(builder->items, range, low, high);
    int axis = 0;
    for (int k = 1; k < 3; ++k) {
        if (high[k] - low[k] > high[axis] - low[axis]) {
            axis = k;
        }
    }
    const uint32_t leaves = (range.end - range.begin + TREE_WIDTH - 1) / TREE_WIDTH;
    const uint32_t middle = range.begin + leaves / 2 * TREE_WIDTH;
    select_first(builder->items, range, middle, axis);
    out_halves[0] = (struct range){range.begin, middle};
    out_halves[1] = (struct range){middle, range.end};
}

static uint32_t make_leaf(struct builder *builder, struct range range)
{
    struct trk_mesh_tree *tree = builder->tree;
    struct tree_leaf *leaf = &tree->leaves[tree->leaf_count];
    leaf->count = range.end - range.begin;
    for (uint32_t i = 0; i < TREE_WIDTH; ++i) {
        const uint32_t at = i < leaf->count ? range.begin + i : range.end - 1;
        leaf->triangle[i] = builder->items[at].triangle;
        double corner[3][3];
        trk_mesh_corners(tree->mesh, leaf->triangle[i], corner);
        for (int c = 0; c < 3; ++c) {
            for (int axis = 0; axis < 3; ++axis) {
                leaf->corner[c][axis][i] = (float)(corner[c][axis] - tree->centre_mm[axis]);
            }
        }
    }
    return TREE_LEAF | tree->leaf_count++;
}

static void set_child(const struct builder *builder, struct tree_node *node, uint32_t place,
                      struct range range)
{
    float low[3], high[3];
    bounds_of(builder->items, range, low, high);
    for (int axis = 0; axis < 3; ++axis) {
        node->middle[axis][place] = 0.5f * (low[axis] + high[axis]);
        /* a half of the difference, and what rounding may have taken from it */
        node->extent[axis][place] = nextafterf(0.5f * (high[axis] - low[axis]), INFINITY) +
                                    1e-6f * (fabsf(low[axis]) + fabsf(high[axis]));
    }
}

static uint32_t make_node(struct builder *builder, struct range range)
{
    struct trk_mesh_tree *tree = builder->tree;
    const uint32_t index = tree->node_count++;
    struct range parts[TREE_WIDTH] = {range};
    uint32_t count = 1;
    while (count < TREE_WIDTH) {
        uint32_t largest = 0;
        for (uint32_t i = 1; i < count; ++i) {
            if (parts[i].end - parts[i].begin > parts[largest].end - parts[largest].begin) {
                largest = i;
            }
        }
        if (parts[largest].end - parts[largest].begin <= TREE_WIDTH) {
            break;
        }
        struct range halves[2];
        split(builder, parts[largest], halves);
        parts[largest] = halves[0];
        parts[count++] = halves[1];
    }
    for (uint32_t i = 0; i < TREE_WIDTH; ++i) {
        struct tree_node *node = &tree->nodes[index];
        if (i >= count) {
            for (int axis = 0; axis < 3; ++axis) {
                node->middle[axis][i] = 0.0f;
                node->extent[axis][i] = -1e18f;
            }
            continue;
        }
        set_child(builder, node, i, parts[i]);
        node->child[i] = parts[i].end - parts[i].begin <= TREE_WIDTH ? make_leaf(builder, parts[i])
                                                                     : make_node(builder, parts[i]);
    }
    return index;
}

static void fill_items(struct trk_mesh_tree *tree, struct item *items, uint32_t count)
{
    for (uint32_t t = 0; t < count; ++t) {
        double corner[3][3];
        trk_mesh_corners(tree->mesh, t, corner);
        items[t].triangle = t;
        for (int axis = 0; axis < 3; ++axis) {
            float low = INFINITY, high = -INFINITY;
            for (int c = 0; c < 3; ++c) {
                const float x = (float)(corner[c][axis] - tree->centre_mm[axis]);
                low = fminf(low, x);
                high = fmaxf(high, x);
            }
            items[t].low[axis] = low;
            items[t].high[axis] = high;
        }
    }
}

enum nav_status trk_mesh_tree_create(const struct trk_mesh *mesh, struct trk_mesh_tree **out_tree)
{
    struct trk_mesh_tree *tree = calloc(1, sizeof(*tree));
    if (tree == NULL) {
        return NAV_ERR_MEMORY;
    }
    tree->mesh = mesh;
    double low[3], high[3], diagonal2 = 0.0;
    trk_mesh_bounds(mesh, low, high);
    for (int axis = 0; axis < 3; ++axis) {
        tree->centre_mm[axis] = 0.5 * (low[axis] + high[axis]);
        diagonal2 += (high[axis] - low[axis]) * (high[axis] - low[axis]);
    }
    tree->radius_mm = 0.5 * sqrt(diagonal2);
    const uint32_t count = trk_mesh_triangle_count(mesh);
    const uint32_t leaves = (count + TREE_WIDTH - 1) / TREE_WIDTH;
    struct item *items = calloc(count, sizeof(*items));
    tree->nodes = calloc(leaves, sizeof(*tree->nodes)); /* every node has two leaves or more */
    tree->leaves = calloc(leaves, sizeof(*tree->leaves));
    if (items == NULL || tree->nodes == NULL || tree->leaves == NULL) {
        free(items);
        trk_mesh_tree_destroy(tree);
        return NAV_ERR_MEMORY;
    }
    fill_items(tree, items, count);
    (void)make_node(&(struct builder){.tree = tree, .items = items},
                    (struct range){.begin = 0, .end = count});
    free(items);
    *out_tree = tree;
    return NAV_OK;
}

void trk_mesh_tree_destroy(struct trk_mesh_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    free(tree->nodes);
    free(tree->leaves);
    free(tree);
}
