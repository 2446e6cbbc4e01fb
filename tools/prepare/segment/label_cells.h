/* Marching cubes' cases: which triangles separate the inside corners of a cell from the
 * outside ones.
 *
 * The table is computed, not copied: on every face of the cell the surface's border runs from where
 * it leaves the inside to where it enters it again; the pieces form loops, and each loop is cut
 * into triangles. Where two inside corners of a face are opposite each other they are joined, so
 * that a thin structure that runs diagonally stays in one piece. No cut joins two points of one
 * face: that keeps the surface of any label a closed manifold (each edge in exactly two triangles).
 * Method: Lorensen and Cline, "Marching cubes", SIGGRAPH 1987. Thread: any after the first use. */
#ifndef PREPARE_LABEL_CELLS_H
#define PREPARE_LABEL_CELLS_H

#include <stdint.h>

/* Corner c of a cell is at (c & 1, c >> 1 & 1, c >> 2 & 1). Edge e runs along axis e / 4 from the
 * corner `prep_cell_edges[e]` to the corner one further along that axis. */
enum { PREP_CELL_EDGES = 12, PREP_CELL_CASES = 256, PREP_CELL_TRIANGLES_MAX = 5 };

extern const uint8_t prep_cell_edges[PREP_CELL_EDGES];

struct prep_cell_case {
    uint8_t count;                              /* of triangles */
    uint8_t edges[3 * PREP_CELL_TRIANGLES_MAX]; /* counter-clockwise seen from outside */
};

/* The case whose bit c is set where corner c is inside. */
const struct prep_cell_case *prep_cell_cases(void);

#endif
