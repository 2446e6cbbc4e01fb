/* Self-intersections of a surface: sweep along x, then triangle against triangle.
 *
 * Two triangles cross when an edge of one passes through the inside of the other (Moeller and
 * Trumbore's ray test, edges as bounded rays). Triangles that share a vertex are not compared;
 * coplanar overlaps are not counted. */
#include <math.h>
#include <stdlib.h>

#include "import.h"

struct box {
    float low[3], high[3];
    uint32_t triangle;
};

static int by_low_x(const void *a, const void *b)
{
    const float x = ((const struct box *)a)->low[0];
    const float y = ((const struct box *)b)->low[0];
    return (x > y) - (x < y);
}

static void corner(const struct cfg_mesh *mesh, uint32_t triangle, int k, double out[3])
{
    const float *v =
        mesh->vertices_mm + 3 * (size_t)mesh->triangles[3 * (size_t)triangle + (size_t)k];
    for (int i = 0; i < 3; ++i) {
        out[i] = (double)v[i];
    }
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool edge_passes(const double p[3], const double q[3], const double t[3][3])
{
    double d[3], e1[3], e2[3], s[3], h[3], r[3];
    for (int i = 0; i < 3; ++i) {
        d[i] = q[i] - p[i];
        e1[i] = t[1][i] - t[0][i];
        e2[i] = t[2][i] - t[0][i];
        s[i] = p[i] - t[0][i];
    }
    cross(d, e2, h);
    const double det = dot(e1, h);
    const double scale = sqrt(dot(d, d) * dot(e1, e1) * dot(e2, e2));
    if (fabs(det) <= 1e-9 * scale) {
        return false;
    }
    const double u = dot(s, h) / det;
    cross(s, e1, r);
    const double v = dot(d, r) / det;
    const double along = dot(e2, r) / det;
    const double edge = 1e-6; /* touching is not crossing */
    return u > edge && v > edge && u + v < 1.0 - edge && along > edge && along < 1.0 - edge;
}

static bool triangles_cross(const struct cfg_mesh *mesh, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < 3; ++i) {
        for (size_t k = 0; k < 3; ++k) {
            if (mesh->triangles[3 * (size_t)a + i] == mesh->triangles[3 * (size_t)b + k]) {
                return false;
            }
        }
    }
    double s[3][3], t[3][3];
    for (int k = 0; k < 3; ++k) {
        corner(mesh, a, k, s[k]);
        corner(mesh, b, k, t[k]);
    }
    for (int k = 0; k < 3; ++k) {
        if (edge_passes(s[k], s[(k + 1) % 3], (const double(*)[3])t) ||
            edge_passes(t[k], t[(k + 1) % 3], (const double(*)[3])s)) {
            return true;
        }
    }
    return false;
}

static bool boxes_meet(const struct box *a, const struct box *b)
{
    return a->low[1] <= b->high[1] && b->low[1] <= a->high[1] && a->low[2] <= b->high[2] &&
           b->low[2] <= a->high[2];
}

enum nav_status imp_count_crossings(const struct cfg_mesh *mesh, uint32_t max, uint32_t *out_count)
{
    struct box *boxes = malloc(mesh->triangle_count * sizeof(*boxes));
    if (boxes == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (uint32_t t = 0; t < mesh->triangle_count; ++t) {
        boxes[t].triangle = t;
        for (int i = 0; i < 3; ++i) {
            boxes[t].low[i] = INFINITY;
            boxes[t].high[i] = -INFINITY;
        }
        for (size_t k = 0; k < 3; ++k) {
            const float *v = mesh->vertices_mm + 3 * (size_t)mesh->triangles[3 * (size_t)t + k];
            for (int i = 0; i < 3; ++i) {
                boxes[t].low[i] = fminf(boxes[t].low[i], v[i]);
                boxes[t].high[i] = fmaxf(boxes[t].high[i], v[i]);
            }
        }
    }
    qsort(boxes, mesh->triangle_count, sizeof(*boxes), by_low_x);
    uint32_t count = 0;
    for (uint32_t i = 0; i < mesh->triangle_count && count < max; ++i) {
        for (uint32_t k = i + 1; k < mesh->triangle_count && count < max; ++k) {
            if (boxes[k].low[0] > boxes[i].high[0]) {
                break;
            }
            if (boxes_meet(&boxes[i], &boxes[k]) &&
                triangles_cross(mesh, boxes[i].triangle, boxes[k].triangle)) {
                ++count;
            }
        }
    }
    free(boxes);
    *out_count = count;
    return NAV_OK;
}
