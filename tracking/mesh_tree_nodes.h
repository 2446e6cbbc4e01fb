/* The hierarchy behind mesh_tree.h, shared by what builds it and what asks it. */
#ifndef TRK_MESH_TREE_NODES_H
#define TRK_MESH_TREE_NODES_H

#include <stdint.h>

#include "mesh_query.h"

enum { TREE_WIDTH = 8 };

#define TREE_LEAF UINT32_C(0x80000000) /* set in a child that is a leaf's index */

/* Boxes of up to eight children, relative to the tree's centre, rounded outwards. An unused place
 * has a box so far below zero in extent that nothing ever reaches it. */
struct tree_node {
    float middle[3][TREE_WIDTH];
    float extent[3][TREE_WIDTH];
    uint32_t child[TREE_WIDTH];
};

/* Corners of up to eight triangles, [corner][axis][triangle]; unused places repeat the last. */
struct tree_leaf {
    float corner[3][3][TREE_WIDTH];
    uint32_t triangle[TREE_WIDTH];
    uint32_t count;
};

struct trk_mesh_tree {
    const struct trk_mesh *mesh;
    double centre_mm[3];
    double radius_mm;        /* of everything, about the centre */
    struct tree_node *nodes; /* the root first */
    struct tree_leaf *leaves;
    uint32_t node_count, leaf_count;
};

#endif
