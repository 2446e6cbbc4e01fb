#include "cut_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vector.h"

enum { BAR_VERTICES = 8, BAR_TRIANGLES = 12 };

/* In the cut's own frame: along the entry edge, down, and off the plane. */
struct flat {
    double u_mm, v_mm, off_mm;
};

struct plane {
    const struct rnd_cut_shape *cut;
    double v[3];
};

static struct flat flat_of(const struct plane *plane, const float *position)
{
    const double at[3] = {position[0], position[1], position[2]};
    double from[3];
    rnd_sub(at, plane->cut->point_mm, from);
    return (struct flat){rnd_dot(from, plane->cut->u), rnd_dot(from, plane->v),
                         rnd_dot(from, plane->cut->normal)};
}

static void place_of(const struct plane *plane, double u_mm, double v_mm, double out[3])
{
    for (int k = 0; k < 3; ++k) {
        out[k] = plane->cut->point_mm[k] + u_mm * plane->cut->u[k] + v_mm * plane->v[k];
    }
}

/* Clips a piece to one side of the rectangle: from * x <= most. */
static bool clip(double ends[2][2], int axis, double sign, double most)
{
    const double a = sign * ends[0][axis] - most;
    const double b = sign * ends[1][axis] - most;
    if (a > 0 && b > 0) {
        return false;
    }
    if (a > 0 || b > 0) {
        const double share = a / (a - b);
        double *cut = ends[a > 0 ? 0 : 1];
        for (int k = 0; k < 2; ++k) {
            const double at = ends[0][k] + share * (ends[1][k] - ends[0][k]);
            cut[k] = at;
        }
    }
    return true;
}

/* Where the plane goes through a triangle. False: it does not, or outside of the rectangle. */
static bool piece_of(const struct plane *plane, const struct flat corners[3], double out[2][2])
{
    int found = 0;
    for (int i = 0; i < 3 && found < 2; ++i) {
        const struct flat *a = &corners[i];
        const struct flat *b = &corners[(i + 1) % 3];
        if ((a->off_mm < 0) == (b->off_mm < 0)) {
            continue;
        }
        const double share = a->off_mm / (a->off_mm - b->off_mm);
        out[found][0] = a->u_mm + share * (b->u_mm - a->u_mm);
        out[found++][1] = a->v_mm + share * (b->v_mm - a->v_mm);
    }
    const double *size_mm = plane->cut->size_mm;
    return found == 2 && clip(out, 0, 1, size_mm[0] / 2) && clip(out, 0, -1, size_mm[0] / 2) &&
           clip(out, 1, 1, size_mm[1]) && clip(out, 1, -1, 0);
}

static enum nav_status reserve(struct rnd_mesh_buffer *buffer)
{
    const size_t vertices = buffer->vertex_count + BAR_VERTICES;
    const size_t triangles = buffer->triangle_count + BAR_TRIANGLES;
    if (vertices > buffer->vertex_capacity) {
        const size_t capacity = 2 * vertices;
        float *positions = realloc(buffer->positions, 3 * capacity * sizeof(*positions));
        buffer->positions = positions != NULL ? positions : buffer->positions;
        float *normals = realloc(buffer->normals, 3 * capacity * sizeof(*normals));
        buffer->normals = normals != NULL ? normals : buffer->normals;
        if (positions == NULL || normals == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->vertex_capacity = capacity;
    }
    if (triangles > buffer->triangle_capacity) {
        const size_t capacity = 2 * triangles;
        uint32_t *corners = realloc(buffer->triangles, 3 * capacity * sizeof(*corners));
        if (corners == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->triangles = corners;
        buffer->triangle_capacity = capacity;
    }
    return NAV_OK;
}

/* A bar of square section about a piece of the line, its faces along the plane's normal. */
static enum nav_status add_bar(const struct plane *plane, const double ends[2][2], double bar_mm,
                               struct rnd_mesh_buffer *buffer)
{
    static const uint32_t faces[BAR_TRIANGLES][3] = {{0, 2, 1}, {0, 3, 2}, {4, 5, 6}, {4, 6, 7},
                                                     {0, 1, 5}, {0, 5, 4}, {1, 2, 6}, {1, 6, 5},
                                                     {2, 3, 7}, {2, 7, 6}, {3, 0, 4}, {3, 4, 7}};
    const double along[2] = {ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]};
    const double length = hypot(along[0], along[1]);
    if (!(length > 1e-6)) {
        return NAV_OK;
    }
    if (reserve(buffer) != NAV_OK) {
        return NAV_ERR_MEMORY;
    }
    const double half = bar_mm / 2;
    /* A little longer, so that pieces join at their bends. */
    const double reach[2] = {along[0] / length * half / 2, along[1] / length * half / 2};
    const double aside[2] = {-along[1] / length * half, along[0] / length * half};
    const uint32_t first = (uint32_t)buffer->vertex_count;
    for (int i = 0; i < BAR_VERTICES; ++i) {
        const int end = i / 4;
        const double side = i % 4 == 0 || i % 4 == 3 ? -1 : 1;
        const double off = i % 4 < 2 ? -half : half;
        const double *at = ends[end];
        const double way = end == 0 ? -1 : 1;
        double place[3];
        place_of(plane, at[0] + way * reach[0] + side * aside[0],
                 at[1] + way * reach[1] + side * aside[1], place);
        double normal[3];
        for (int k = 0; k < 3; ++k) {
            place[k] += off * plane->cut->normal[k];
            normal[k] = side * (aside[0] * plane->cut->u[k] + aside[1] * plane->v[k]) +
                        off * plane->cut->normal[k];
        }
        (void)rnd_normalize(normal);
        for (int k = 0; k < 3; ++k) {
            buffer->positions[3 * buffer->vertex_count + (size_t)k] = (float)place[k];
            buffer->normals[3 * buffer->vertex_count + (size_t)k] = (float)normal[k];
        }
        ++buffer->vertex_count;
    }
    for (int i = 0; i < BAR_TRIANGLES; ++i, ++buffer->triangle_count) {
        for (int k = 0; k < 3; ++k) {
            buffer->triangles[3 * buffer->triangle_count + (size_t)k] = first + faces[i][k];
        }
    }
    return NAV_OK;
}

static void note_end(const struct plane *plane, const double at[2], double *io_u_mm,
                     double io_end_mm[3])
{
    if (!(at[0] <= *io_u_mm)) {
        *io_u_mm = at[0];
        place_of(plane, at[0], at[1], io_end_mm);
    }
}

enum nav_status cut_line_add(const struct rnd_cut_shape *cut, const struct rnd_mesh *bone,
                             double bar_mm, struct rnd_mesh_buffer *io_line, double io_end_mm[3])
{
    struct plane plane = {.cut = cut};
    rnd_cross(cut->normal, cut->u, plane.v);
    double from[3];
    rnd_sub(io_end_mm, cut->point_mm, from);
    double end_u_mm = rnd_dot(from, cut->u); /* NaN: none yet */
    for (size_t i = 0; i < bone->triangle_count; ++i) {
        struct flat corners[3];
        for (int k = 0; k < 3; ++k) {
            const size_t vertex = bone->triangles[3 * i + (size_t)k];
            corners[k] = flat_of(&plane, bone->positions + 3 * vertex);
        }
        double ends[2][2];
        if (!piece_of(&plane, corners, ends)) {
            continue;
        }
        if (add_bar(&plane, ends, bar_mm, io_line) != NAV_OK) {
            return NAV_ERR_MEMORY;
        }
        note_end(&plane, ends[0], &end_u_mm, io_end_mm);
        note_end(&plane, ends[1], &end_u_mm, io_end_mm);
    }
    return NAV_OK;
}
