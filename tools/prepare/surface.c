#include "surface.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void prep_surface_finish(struct prep_surface *surface)
{
    free(surface->points);
    free(surface->triangles);
    memset(surface, 0, sizeof(*surface));
}

static uint32_t find_root(uint32_t *parents, uint32_t at)
{
    while (parents[at] != at) {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    return at;
}

/* Fills `parents` (one per point) so that points of one component share their root. */
static void join_components(const struct prep_surface *surface, uint32_t *parents)
{
    for (size_t i = 0; i < surface->point_count; ++i) {
        parents[i] = (uint32_t)i;
    }
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        for (int k = 1; k < 3; ++k) {
            const uint32_t a = find_root(parents, corner[0]);
            const uint32_t b = find_root(parents, corner[k]);
            if (a != b) {
                parents[a < b ? b : a] = a < b ? a : b;
            }
        }
    }
}

/* An edge at the lower of its two points. */
struct edge {
    uint32_t high;
    uint32_t forward; /* 1 when the triangle runs from low to high */
};

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    return (a->high > b->high) - (a->high < b->high);
}

/* A point has half a dozen edges, so that this is quicker than a call of qsort; where it has very
 * many, it is not. */
static void sort_edges(struct edge *edges, size_t count)
{
    enum { FEW = 24 };
    if (count > FEW) {
        qsort(edges, count, sizeof(*edges), compare_edges);
        return;
    }
    for (size_t i = 1; i < count; ++i) {
        const struct edge moved = edges[i];
        size_t at = i;
        for (; at > 0 && edges[at - 1].high > moved.high; --at) {
            edges[at] = edges[at - 1];
        }
        edges[at] = moved;
    }
}

/* Counts the edges of one point. */
static void count_edges(struct edge *edges, size_t count, struct prep_surface_report *report)
{
    sort_edges(edges, count);
    for (size_t i = 0; i < count;) {
        size_t end = i, forward = 0;
        while (end < count && edges[end].high == edges[i].high) {
            forward += edges[end].forward;
            ++end;
        }
        if (end - i == 1) {
            ++report->open_edges;
        } else if (end - i > 2 || forward != 1) {
            ++report->bad_edges;
        }
        i = end;
    }
}

/* Puts the edges to their lower points and counts them there. `ends` holds point_count + 1. */
static void inspect_edges(const struct prep_surface *surface, struct edge *edges, size_t *ends,
                          struct prep_surface_report *report)
{
    memset(ends, 0, (surface->point_count + 1) * sizeof(*ends));
    for (int fill = 0; fill < 2; ++fill) {
        for (size_t t = 0; t < surface->triangle_count; ++t) {
            const uint32_t *corner = &surface->triangles[3 * t];
            for (int k = 0; k < 3; ++k) {
                const uint32_t from = corner[k], to = corner[(k + 1) % 3];
                const uint32_t low = from < to ? from : to;
                if (fill == 0) {
                    ++ends[low + 1];
                } else { /* `ends[low]` is where its next edge goes */
                    edges[ends[low]++] = (struct edge){from < to ? to : from, from < to ? 1U : 0U};
                }
            }
        }
        for (size_t i = 0; i < surface->point_count && fill == 0; ++i) {
            ends[i + 1] += ends[i];
        }
    }
    size_t begin = 0;
    for (size_t i = 0; i < surface->point_count; ++i) {
        count_edges(edges + begin, ends[i] - begin, report);
        begin = ends[i];
    }
}

enum nav_status prep_surface_inspect(const struct prep_surface *surface,
                                     struct prep_surface_report *out_report)
{
    struct prep_surface_report report = {0};
    struct edge *edges = malloc((3 * surface->triangle_count + 1) * sizeof(*edges));
    uint32_t *parents = malloc((surface->point_count + 1) * sizeof(*parents));
    unsigned char *seen = calloc(surface->point_count + 1, sizeof(*seen));
    size_t *ends = malloc((surface->point_count + 1) * sizeof(*ends));
    if (edges == NULL || parents == NULL || seen == NULL || ends == NULL) {
        free(edges);
        free(ends);
        free(parents);
        free(seen);
        return NAV_ERR_MEMORY;
    }
    for (int a = 0; a < 3; ++a) {
        report.low[a] = INFINITY;
        report.high[a] = -INFINITY;
    }
    for (size_t i = 0; i < surface->point_count; ++i) {
        for (int a = 0; a < 3; ++a) {
            const double value = (double)surface->points[3 * i + (size_t)a];
            report.low[a] = fmin(report.low[a], value);
            report.high[a] = fmax(report.high[a], value);
        }
    }
    double volume = 0.0;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        double p[3][3];
        for (int k = 0; k < 3; ++k) {
            for (int a = 0; a < 3; ++a) {
                p[k][a] = (double)surface->points[3 * (size_t)corner[k] + (size_t)a];
            }
        }
        if (corner[0] == corner[1] || corner[1] == corner[2] || corner[2] == corner[0]) {
            ++report.degenerate;
        }
        double u[3], v[3];
        for (int a = 0; a < 3; ++a) {
            u[a] = p[1][a] - p[0][a];
            v[a] = p[2][a] - p[0][a];
        }
        const double cross[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                                 u[0] * v[1] - u[1] * v[0]};
        report.area_mm2 +=
            0.5 * sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
        volume += (p[0][0] * cross[0] + p[0][1] * cross[1] + p[0][2] * cross[2]) / 6.0;
    }
    report.volume_ml = volume / 1000.0;
    inspect_edges(surface, edges, ends, &report);
    join_components(surface, parents);
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t root = find_root(parents, surface->triangles[3 * t]);
        report.components += seen[root] == 0;
        seen[root] = 1;
    }
    free(edges);
    free(ends);
    free(parents);
    free(seen);
    *out_report = report;
    return NAV_OK;
}

enum nav_status prep_surface_components(const struct prep_surface *surface, uint32_t *out_of_point,
                                        size_t *out_count)
{
    uint32_t *parents = malloc((surface->point_count + 1) * sizeof(*parents));
    if (parents == NULL) {
        return NAV_ERR_MEMORY;
    }
    join_components(surface, parents);
    size_t count = 0;
    for (size_t i = 0; i < surface->point_count; ++i) {
        const uint32_t root = find_root(parents, (uint32_t)i); /* never above i */
        out_of_point[i] = root == i ? (uint32_t)count++ : out_of_point[root];
    }
    free(parents);
    *out_count = count;
    return NAV_OK;
}

enum nav_status prep_surface_keep_largest(struct prep_surface *surface, size_t *out_dropped)
{
    uint32_t *parents = malloc((surface->point_count + 1) * sizeof(*parents));
    uint32_t *counts = calloc(surface->point_count + 1, sizeof(*counts));
    if (parents == NULL || counts == NULL) {
        free(parents);
        free(counts);
        return NAV_ERR_MEMORY;
    }
    join_components(surface, parents);
    size_t components = 0;
    uint32_t largest = 0;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t root = find_root(parents, surface->triangles[3 * t]);
        components += counts[root]++ == 0;
        if (counts[root] > counts[largest]) {
            largest = root;
        }
    }
    for (size_t i = 0; i < surface->point_count; ++i) {
        parents[i] = find_root(parents, (uint32_t)i);
    }
    /* Point numbers after unused and foreign points have gone; `counts` is free to hold them. */
    size_t points = 0;
    uint32_t *renumbered = counts;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        for (size_t k = 0; k < 3; ++k) {
            renumbered[surface->triangles[3 * t + k]] = UINT32_MAX;
        }
    }
    for (size_t i = 0; i < surface->point_count; ++i) {
        if (renumbered[i] == UINT32_MAX && parents[i] == largest) {
            memmove(&surface->points[3 * points], &surface->points[3 * i],
                    3 * sizeof(*surface->points));
            renumbered[i] = (uint32_t)points++;
        }
    }
    size_t triangles = 0;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        if (parents[surface->triangles[3 * t]] != largest) {
            continue;
        }
        for (size_t k = 0; k < 3; ++k) {
            surface->triangles[3 * triangles + k] = renumbered[surface->triangles[3 * t + k]];
        }
        ++triangles;
    }
    surface->point_count = points;
    surface->triangle_count = triangles;
    free(parents);
    free(counts);
    *out_dropped = components > 0 ? components - 1 : 0;
    return NAV_OK;
}

enum nav_status prep_surface_write_ply(const struct prep_surface *surface, const char *name,
                                       const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return NAV_ERR_IO;
    }
    fprintf(file,
            "ply\nformat binary_little_endian 1.0\ncomment SPACE=LPS\ncomment UNIT=mm\n"
            "comment NAME=%s\nelement vertex %zu\nproperty float x\nproperty float y\n"
            "property float z\nelement face %zu\nproperty list uchar int vertex_indices\n"
            "end_header\n",
            name, surface->point_count, surface->triangle_count);
    (void)fwrite(surface->points, sizeof(*surface->points), 3 * surface->point_count, file);
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        unsigned char record[13] = {3};
        memcpy(record + 1, &surface->triangles[3 * t], 12);
        (void)fwrite(record, sizeof(record), 1, file);
    }
    const int failed = ferror(file);
    return fclose(file) != 0 || failed ? NAV_ERR_IO : NAV_OK;
}
