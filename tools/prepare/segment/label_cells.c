#include "label_cells.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

const uint8_t prep_cell_edges[PREP_CELL_EDGES] = {0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3};

enum { FACES = 6, NONE = 255 };

/* Corners of each face, counter-clockwise seen from outside the cell. */
static const uint8_t face_corners[FACES][4] = {
    {0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6},
};

static struct prep_cell_case table[PREP_CELL_CASES];

static uint8_t edge_between(uint8_t a, uint8_t b)
{
    const uint8_t low = a < b ? a : b;
    const uint8_t axis = (a ^ b) == 1 ? 0 : (a ^ b) == 2 ? 1 : 2;
    for (uint8_t e = 0; e < 4; ++e) {
        if (prep_cell_edges[4 * axis + e] == low) {
            return (uint8_t)(4 * axis + e);
        }
    }
    return NONE;
}

static bool on_face(uint8_t edge, int face)
{
    const uint8_t from = prep_cell_edges[edge], to = (uint8_t)(from + (1 << edge / 4));
    bool has_from = false, has_to = false;
    for (int i = 0; i < 4; ++i) {
        has_from = has_from || face_corners[face][i] == from;
        has_to = has_to || face_corners[face][i] == to;
    }
    return has_from && has_to;
}

static bool share_face(uint8_t a, uint8_t b)
{
    for (int face = 0; face < FACES; ++face) {
        if (on_face(a, face) && on_face(b, face)) {
            return true;
        }
    }
    return false;
}

/* For each edge that the surface crosses, the edge to which its border runs next. Walking round a
 * face with the cell's inside behind it, the border goes from every edge that leaves the inside
 * back to the one that entered it: so outside corners are cut off one by one, inside ones joined.
 */
static void find_borders(int bits, uint8_t next[PREP_CELL_EDGES])
{
    memset(next, NONE, PREP_CELL_EDGES);
    for (int face = 0; face < FACES; ++face) {
        for (int i = 0; i < 4; ++i) {
            const uint8_t *corners = face_corners[face];
            const int here = bits >> corners[i] & 1, there = bits >> corners[(i + 1) % 4] & 1;
            if (here == 0 || there != 0) {
                continue;
            }
            /* Leaves the inside here; where is it entered again? */
            int k = i + 1;
            while ((bits >> corners[(k + 1) % 4] & 1) == 0) {
                ++k;
            }
            next[edge_between(corners[k % 4], corners[(k + 1) % 4])] =
                edge_between(corners[i], corners[(i + 1) % 4]);
        }
    }
}

/* Cuts loop[first .. last], whose ends are joined, into triangles. False: not without a cut in a
 * face. */
static bool cut_loop(const uint8_t *loop, int first, int last, struct prep_cell_case *out)
{
    if (last - first < 2) {
        return true;
    }
    for (int middle = first + 1; middle < last; ++middle) {
        if ((middle - first > 1 && share_face(loop[first], loop[middle])) ||
            (last - middle > 1 && share_face(loop[middle], loop[last]))) {
            continue;
        }
        const uint8_t count = out->count;
        uint8_t *triangle = &out->edges[3 * out->count++];
        triangle[0] = loop[first];
        triangle[1] = loop[middle];
        triangle[2] = loop[last];
        if (cut_loop(loop, first, middle, out) && cut_loop(loop, middle, last, out)) {
            return true;
        }
        out->count = count;
    }
    return false;
}

static void make_case(int bits, struct prep_cell_case *out)
{
    uint8_t next[PREP_CELL_EDGES];
    find_borders(bits, next);
    for (int e = 0; e < PREP_CELL_EDGES; ++e) {
        uint8_t loop[PREP_CELL_EDGES];
        int length = 0;
        for (uint8_t at = (uint8_t)e; next[at] != NONE;) {
            loop[length++] = at;
            const uint8_t to = next[at];
            next[at] = NONE;
            at = to;
        }
        (void)cut_loop(loop, 0, length - 1, out);
    }
}

static void make_table(void)
{
    for (int bits = 0; bits < PREP_CELL_CASES; ++bits) {
        make_case(bits, &table[bits]);
    }
}

const struct prep_cell_case *prep_cell_cases(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_table);
    return table;
}
