/* What a surface is made of: joined vertices, edges, parts, extent, volume. */
#include "mesh_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CORNERS = 3, INSERTION_SORT_MAX = 32 };

static const uint32_t none = UINT32_MAX;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static uint64_t vertex_hash(const float vertex[3])
{
    uint32_t bits[3];
    memcpy(bits, vertex, sizeof(bits));
    return mix(mix((uint64_t)bits[0] << 32 | bits[1]) ^ bits[2]);
}

/* Open-addressing table from coordinates to the joined vertex's index. */
struct join {
    uint32_t *slots;
    uint64_t mask;
    struct cfg_mesh *mesh;
};

static uint32_t joined_index(struct join *join, const float vertex[3])
{
    uint64_t slot = vertex_hash(vertex) & join->mask;
    for (; join->slots[slot] != none; slot = (slot + 1) & join->mask) {
        const float *other = join->mesh->vertices_mm + 3 * (size_t)join->slots[slot];
        if (memcmp(other, vertex, 3 * sizeof(float)) == 0) {
            return join->slots[slot];
        }
    }
    const uint32_t index = join->mesh->vertex_count++;
    memcpy(join->mesh->vertices_mm + 3 * (size_t)index, vertex, 3 * sizeof(float));
    join->slots[slot] = index;
    return index;
}

static void join_corners(struct join *join, const struct cfg_mesh_raw *raw, uint32_t *remap)
{
    const size_t corners = (size_t)raw->triangle_count * CORNERS;
    for (size_t i = 0; i < corners; ++i) {
        if (raw->triangles == NULL) {
            join->mesh->triangles[i] = joined_index(join, raw->vertices + 3 * i);
            continue;
        }
        const uint32_t vertex = raw->triangles[i];
        if (remap[vertex] == none) {
            remap[vertex] = joined_index(join, raw->vertices + 3 * (size_t)vertex);
        }
        join->mesh->triangles[i] = remap[vertex];
    }
}

enum nav_status cfg_mesh_join(const struct cfg_mesh_raw *raw, struct cfg_mesh *mesh)
{
    uint64_t slot_count = 1024;
    while (slot_count < (uint64_t)raw->vertex_count + raw->vertex_count / 2) {
        slot_count *= 2;
    }
    struct join join = {.mask = slot_count - 1, .mesh = mesh};
    uint32_t *remap = NULL;
    join.slots = malloc(slot_count * sizeof(uint32_t));
    mesh->vertices_mm = malloc((size_t)raw->vertex_count * 3 * sizeof(float));
    mesh->triangles = malloc((size_t)raw->triangle_count * CORNERS * sizeof(uint32_t));
    bool good = join.slots != NULL && mesh->vertices_mm != NULL && mesh->triangles != NULL;
    if (good && raw->triangles != NULL) {
        remap = malloc((size_t)raw->vertex_count * sizeof(uint32_t));
        good = remap != NULL;
        if (good) {
            memset(remap, 0xff, (size_t)raw->vertex_count * sizeof(uint32_t));
        }
    }
    if (good) {
        memset(join.slots, 0xff, slot_count * sizeof(uint32_t));
        mesh->triangle_count = raw->triangle_count;
        join_corners(&join, raw, remap);
        for (size_t i = 0; remap != NULL && i < raw->vertex_count; ++i) {
            mesh->report.unused_vertices += remap[i] == none;
        }
        float *smaller = realloc(mesh->vertices_mm, (size_t)mesh->vertex_count * 3 * sizeof(float));
        mesh->vertices_mm = smaller != NULL ? smaller : mesh->vertices_mm;
    }
    free(remap);
    free(join.slots);
    return good ? NAV_OK : NAV_ERR_MEMORY;
}

static bool is_degenerate(const uint32_t triangle[CORNERS])
{
    return triangle[0] == triangle[1] || triangle[1] == triangle[2] || triangle[2] == triangle[0];
}

static int compare_u32(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void sort_u32(uint32_t *values, size_t count)
{
    if (count > INSERTION_SORT_MAX) {
        qsort(values, count, sizeof(*values), compare_u32);
        return;
    }
    for (size_t i = 1; i < count; ++i) {
        const uint32_t value = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > value; --j) {
            values[j] = values[j - 1];
        }
        values[j] = value;
    }
}

/* Counts the edges from one vertex to higher ones. Each value is an edge's other end times two,
 * plus one when the triangle runs from high to low. */
static void count_edges(uint32_t *ends, size_t count, struct cfg_mesh_report *report)
{
    sort_u32(ends, count);
    for (size_t i = 0; i < count;) {
        size_t next = i + 1;
        while (next < count && ends[next] / 2 == ends[i] / 2) {
            ++next;
        }
        report->open_edges += next - i == 1;
        report->forked_edges += next - i > 2;
        report->twisted_edges += next - i == 2 && ends[i] == ends[i + 1];
        i = next;
    }
}

/* Half-edges are bucketed by their lower vertex; a bucket is as long as that vertex has edges. */
static enum nav_status examine_edges(struct cfg_mesh *mesh)
{
    const size_t vertices = mesh->vertex_count;
    uint32_t *start = calloc(vertices + 2, sizeof(uint32_t));
    uint32_t *ends = malloc((size_t)mesh->triangle_count * CORNERS * sizeof(uint32_t));
    if (start == NULL || ends == NULL) {
        free(start);
        free(ends);
        return NAV_ERR_MEMORY;
    }
    /* start[v + 2] counts, then start[v + 1] is where bucket v is being filled, then its end. */
    for (int pass = 0; pass < 2; ++pass) {
        for (size_t i = 0; i < mesh->triangle_count; ++i) {
            const uint32_t *triangle = mesh->triangles + CORNERS * i;
            if (is_degenerate(triangle)) {
                mesh->report.degenerate += pass == 0;
                continue;
            }
            for (size_t k = 0; k < CORNERS; ++k) {
                const uint32_t a = triangle[k];
                const uint32_t b = triangle[(k + 1) % CORNERS];
                const uint32_t low = a < b ? a : b;
                const uint32_t high = a < b ? b : a;
                if (pass == 0) {
                    start[low + 2]++;
                } else {
                    ends[start[low + 1]++] = 2 * high + (a > b);
                }
            }
        }
        for (size_t v = 0; pass == 0 && v < vertices; ++v) {
            start[v + 2] += start[v + 1];
        }
    }
    for (size_t v = 0; v < vertices; ++v) {
        count_edges(ends + start[v], start[v + 1] - start[v], &mesh->report);
    }
    free(start);
    free(ends);
    return NAV_OK;
}

static uint32_t root_of(uint32_t *parent, uint32_t vertex)
{
    while (parent[vertex] != vertex) {
        parent[vertex] = parent[parent[vertex]];
        vertex = parent[vertex];
    }
    return vertex;
}

static enum nav_status examine_components(struct cfg_mesh *mesh)
{
    uint32_t *parent = malloc((size_t)mesh->vertex_count * sizeof(uint32_t));
    if (parent == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (uint32_t v = 0; v < mesh->vertex_count; ++v) {
        parent[v] = v;
    }
    uint32_t components = mesh->vertex_count;
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        const uint32_t *triangle = mesh->triangles + CORNERS * i;
        for (size_t k = 1; k < CORNERS; ++k) {
            const uint32_t a = root_of(parent, triangle[0]);
            const uint32_t b = root_of(parent, triangle[k]);
            components -= a != b;
            parent[a > b ? a : b] = a < b ? a : b;
        }
    }
    free(parent);
    mesh->report.components = components;
    return NAV_OK;
}

static void examine_extent(struct cfg_mesh *mesh)
{
    struct cfg_mesh_report *report = &mesh->report;
    for (size_t k = 0; k < 3; ++k) {
        report->min_mm[k] = report->max_mm[k] = (double)mesh->vertices_mm[k];
    }
    for (size_t i = 0; i < (size_t)mesh->vertex_count * 3; ++i) {
        const double value = (double)mesh->vertices_mm[i];
        const size_t k = i % 3;
        report->min_mm[k] = value < report->min_mm[k] ? value : report->min_mm[k];
        report->max_mm[k] = value > report->max_mm[k] ? value : report->max_mm[k];
    }
    for (size_t k = 0; k < 3; ++k) {
        const double side = report->max_mm[k] - report->min_mm[k];
        report->extent_mm = side > report->extent_mm ? side : report->extent_mm;
    }
}

/* Sum of the signed tetrahedra over the triangles, from the middle of the bounding box so that
 * little is lost to cancellation. */
static void examine_volume(struct cfg_mesh *mesh)
{
    const struct cfg_mesh_report *report = &mesh->report;
    double middle[3];
    for (size_t k = 0; k < 3; ++k) {
        middle[k] = 0.5 * (report->min_mm[k] + report->max_mm[k]);
    }
    double six_volumes = 0.0;
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        double p[CORNERS][3];
        for (size_t c = 0; c < CORNERS; ++c) {
            const float *vertex = mesh->vertices_mm + 3 * (size_t)mesh->triangles[CORNERS * i + c];
            for (size_t k = 0; k < 3; ++k) {
                p[c][k] = (double)vertex[k] - middle[k];
            }
        }
        six_volumes += p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) +
                       p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
                       p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
    }
    mesh->report.volume_mm3 = six_volumes / 6.0;
}

enum nav_status cfg_mesh_examine(struct cfg_mesh *mesh)
{
    struct cfg_mesh_report *report = &mesh->report;
    report->triangles = mesh->triangle_count;
    report->vertices = mesh->vertex_count;
    enum nav_status status = examine_edges(mesh);
    if (status == NAV_OK) {
        status = examine_components(mesh);
    }
    if (status != NAV_OK) {
        return status;
    }
    examine_extent(mesh);
    examine_volume(mesh);
    report->closed =
        report->open_edges == 0 && report->forked_edges == 0 && report->twisted_edges == 0;
    report->inward = report->closed && report->volume_mm3 < 0.0;
    return NAV_OK;
}
