#include "reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double rnd_reduce_area_kept = 0.75;

enum { AXIS_BITS = 20, OCTANT_BITS = 3, HALVINGS_MAX = 3 };

/* A cell of the grid and a direction, and the vertex of the reduced mesh that stands for it. */
struct cluster {
    uint64_t key; /* 0: free */
    uint32_t vertex;
};

struct grid {
    struct cluster *clusters; /* open addressing */
    size_t mask;
    float origin[3];
    float per_mm;
};

static void free_grid(struct grid *grid)
{
    free(grid->clusters);
    *grid = (struct grid){0};
}

static bool make_grid(const struct rnd_mesh *mesh, double cell_mm, struct grid *grid)
{
    size_t size = 64;
    while (size < 2 * mesh->vertex_count) {
        size *= 2;
    }
    grid->clusters = calloc(size, sizeof(*grid->clusters));
    grid->mask = size - 1;
    grid->per_mm = (float)(1.0 / cell_mm);
    return grid->clusters != NULL;
}

/* Never 0. */
static uint64_t key_of(const struct grid *grid, const float *position, const float *normal)
{
    uint64_t key = 1;
    for (int k = 0; k < 3; ++k) {
        const uint64_t cell = (uint64_t)((position[k] - grid->origin[k]) * grid->per_mm);
        key = (key << AXIS_BITS) | cell;
    }
    return (key << OCTANT_BITS) |
           (uint64_t)((normal[0] < 0.0F) | (normal[1] < 0.0F) << 1 | (normal[2] < 0.0F) << 2);
}

static struct cluster *find(const struct grid *grid, uint64_t key)
{
    size_t slot = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 24) & grid->mask;
    while (grid->clusters[slot].key != 0 && grid->clusters[slot].key != key) {
        slot = (slot + 1) & grid->mask;
    }
    return &grid->clusters[slot];
}

/* Sums up positions and normals of each cluster; `count` and `stands_for` are as long as the mesh
 * has vertices. */
static void gather(const struct rnd_mesh *mesh, const struct grid *grid, uint32_t *stands_for,
                   uint32_t *count, struct rnd_mesh_buffer *out)
{
    for (size_t i = 0; i < mesh->vertex_count; ++i) {
        const float *position = &mesh->positions[3 * i];
        const float *normal = &mesh->normals[3 * i];
        const uint64_t key = key_of(grid, position, normal);
        struct cluster *cluster = find(grid, key);
        if (cluster->key == 0) {
            *cluster = (struct cluster){key, (uint32_t)out->vertex_count++};
            memset(&out->positions[3 * (size_t)cluster->vertex], 0, 3 * sizeof(float));
            memset(&out->normals[3 * (size_t)cluster->vertex], 0, 3 * sizeof(float));
            count[cluster->vertex] = 0;
        }
        for (size_t k = 0; k < 3; ++k) {
            /* From the grid's origin: sums of small numbers keep their digits. */
            out->positions[3 * (size_t)cluster->vertex + k] += position[k] - grid->origin[k];
            out->normals[3 * (size_t)cluster->vertex + k] += normal[k];
        }
        ++count[cluster->vertex];
        stands_for[i] = cluster->vertex;
    }
}

static void average(const struct grid *grid, const uint32_t *count, struct rnd_mesh_buffer *out)
{
    for (size_t i = 0; i < out->vertex_count; ++i) {
        float *normal = &out->normals[3 * i];
        const float length =
            sqrtf(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
        for (size_t k = 0; k < 3; ++k) {
            out->positions[3 * i + k] =
                grid->origin[k] + out->positions[3 * i + k] / (float)count[i];
            normal[k] = length > 0.0F ? normal[k] / length : k == 2 ? 1.0F : 0.0F;
        }
    }
}

/* Whether a triangle faces the way its corners do. Where clusters of different directions meet,
 * slivers fold back over their neighbours: a translucent shell would show them as dark ticks. */
static bool faces_outwards(const struct rnd_mesh_buffer *mesh, const uint32_t corners[3])
{
    const float *p = &mesh->positions[3 * (size_t)corners[0]];
    const float *q = &mesh->positions[3 * (size_t)corners[1]];
    const float *r = &mesh->positions[3 * (size_t)corners[2]];
    const float a[3] = {q[0] - p[0], q[1] - p[1], q[2] - p[2]};
    const float b[3] = {r[0] - p[0], r[1] - p[1], r[2] - p[2]};
    const float across[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                             a[0] * b[1] - a[1] * b[0]};
    float along = 0.0F;
    for (size_t corner = 0; corner < 3; ++corner) {
        for (size_t k = 0; k < 3; ++k) {
            along += across[k] * mesh->normals[3 * (size_t)corners[corner] + k];
        }
    }
    return along >= 0.0F;
}

static void keep_triangles(const struct rnd_mesh *mesh, const uint32_t *stands_for,
                           struct rnd_mesh_buffer *out)
{
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        const uint32_t a = stands_for[mesh->triangles[3 * i]];
        const uint32_t b = stands_for[mesh->triangles[3 * i + 1]];
        const uint32_t c = stands_for[mesh->triangles[3 * i + 2]];
        const uint32_t corners[3] = {a, b, c};
        if (a != b && b != c && c != a && faces_outwards(out, corners)) {
            memcpy(&out->triangles[3 * out->triangle_count++], corners, sizeof(corners));
        }
    }
}

double rnd_mesh_area(const struct rnd_mesh *mesh)
{
    double twice = 0.0;
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        const float *p = &mesh->positions[3 * (size_t)mesh->triangles[3 * i]];
        const float *q = &mesh->positions[3 * (size_t)mesh->triangles[3 * i + 1]];
        const float *r = &mesh->positions[3 * (size_t)mesh->triangles[3 * i + 2]];
        const double a[3] = {(double)(q[0] - p[0]), (double)(q[1] - p[1]), (double)(q[2] - p[2])};
        const double b[3] = {(double)(r[0] - p[0]), (double)(r[1] - p[1]), (double)(r[2] - p[2])};
        const double x = a[1] * b[2] - a[2] * b[1];
        const double y = a[2] * b[0] - a[0] * b[2];
        const double z = a[0] * b[1] - a[1] * b[0];
        twice += sqrt(x * x + y * y + z * z);
    }
    return 0.5 * twice;
}

static bool all_finite(const float *values, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; ++i) {
        finite = finite && isfinite(values[i]);
    }
    return finite;
}

/* Room for the whole mesh, so that nothing grows on the way. */
static bool make_room(const struct rnd_mesh *mesh, struct rnd_mesh_buffer *out)
{
    out->positions = malloc(3 * mesh->vertex_count * sizeof(*out->positions));
    out->normals = malloc(3 * mesh->vertex_count * sizeof(*out->normals));
    out->triangles = malloc((3 * mesh->triangle_count + 1) * sizeof(*out->triangles));
    out->vertex_capacity = mesh->vertex_count;
    out->triangle_capacity = mesh->triangle_count;
    return out->positions != NULL && out->normals != NULL && out->triangles != NULL;
}

static void copy(const struct rnd_mesh *mesh, struct rnd_mesh_buffer *out)
{
    memcpy(out->positions, mesh->positions, 3 * mesh->vertex_count * sizeof(*out->positions));
    memcpy(out->normals, mesh->normals, 3 * mesh->vertex_count * sizeof(*out->normals));
    memcpy(out->triangles, mesh->triangles, 3 * mesh->triangle_count * sizeof(*out->triangles));
    out->vertex_count = mesh->vertex_count;
    out->triangle_count = mesh->triangle_count;
}

static bool reduce_with(const struct rnd_mesh *mesh, double cell_mm, const float origin[3],
                        uint32_t *stands_for, uint32_t *count, struct rnd_mesh_buffer *out)
{
    struct grid grid = {.origin = {origin[0], origin[1], origin[2]}};
    out->vertex_count = 0;
    out->triangle_count = 0;
    const bool good = make_grid(mesh, cell_mm, &grid);
    if (good) {
        gather(mesh, &grid, stands_for, count, out);
        average(&grid, count, out);
        keep_triangles(mesh, stands_for, out);
    }
    free_grid(&grid);
    return good;
}

enum nav_status rnd_mesh_reduce(const struct rnd_mesh *mesh, double cell_mm,
                                struct rnd_mesh_buffer *out)
{
    if (mesh->normals == NULL || mesh->vertex_count == 0 || !isfinite(cell_mm) || cell_mm <= 0.0 ||
        !all_finite(mesh->positions, 3 * mesh->vertex_count)) {
        return NAV_ERR_ARGUMENT;
    }
    struct rnd_bounds bounds = rnd_bounds_empty();
    rnd_bounds_add_mesh(&bounds, mesh);
    float origin[3];
    double longest_mm = 0.0;
    for (int k = 0; k < 3; ++k) {
        origin[k] = (float)bounds.min_mm[k];
        longest_mm = fmax(longest_mm, bounds.max_mm[k] - bounds.min_mm[k]);
    }
    /* Also when every halving is needed, and with a cell to spare for rounding. */
    const double cells_max = (double)(1 << (AXIS_BITS - HALVINGS_MAX)) - 1.0;
    if (!(longest_mm < cells_max * cell_mm)) {
        return NAV_ERR_ARGUMENT;
    }
    uint32_t *stands_for = malloc(mesh->vertex_count * sizeof(*stands_for));
    uint32_t *count = malloc(mesh->vertex_count * sizeof(*count));
    bool good = stands_for != NULL && count != NULL && make_room(mesh, out);
    const double enough = rnd_reduce_area_kept * rnd_mesh_area(mesh);
    bool kept = false;
    for (int halving = 0; good && !kept && halving <= HALVINGS_MAX; ++halving) {
        good = reduce_with(mesh, ldexp(cell_mm, -halving), origin, stands_for, count, out);
        const struct rnd_mesh reduced = rnd_mesh_of(out);
        kept = good && rnd_mesh_area(&reduced) >= enough;
    }
    if (good && !kept) {
        copy(mesh, out);
    }
    free(stands_for);
    free(count);
    if (!good) {
        rnd_mesh_buffer_finish(out);
    }
    return good ? NAV_OK : NAV_ERR_MEMORY;
}
