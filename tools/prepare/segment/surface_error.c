#include "surface_error.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_query.h"

/* A face of a voxel gets this many points along its longer sides at most. */
enum { SPREAD_MAX = 8 };

struct distances {
    float *values;
    size_t count, room;
};

static bool add_distance(struct distances *distances, double value)
{
    if (distances->count == distances->room) {
        const size_t room = distances->room == 0 ? 4096 : 2 * distances->room;
        float *grown = realloc(distances->values, room * sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        distances->values = grown;
        distances->room = room;
    }
    distances->values[distances->count++] = (float)value;
    return true;
}

static int compare_floats(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Takes the larger figures of both ways. */
static void sum_up(struct distances *distances, struct prep_surface_error *error)
{
    if (distances->count == 0) {
        return;
    }
    qsort(distances->values, distances->count, sizeof(*distances->values), compare_floats);
    double sum = 0.0;
    for (size_t i = 0; i < distances->count; ++i) {
        sum += (double)distances->values[i];
    }
    const size_t last = distances->count - 1;
    error->mean_mm = fmax(error->mean_mm, sum / (double)distances->count);
    error->p95_mm = fmax(error->p95_mm, (double)distances->values[(size_t)(0.95 * (double)last)]);
    error->max_mm = fmax(error->max_mm, (double)distances->values[last]);
}

/* --- the voxels' boundary -------------------------------------------------------------------- */

static bool is_inside(const struct prep_voxel_set *set, const int32_t v[3])
{
    for (int a = 0; a < 3; ++a) {
        if (v[a] < 0 || v[a] >= set->size[a]) {
            return false;
        }
    }
    const size_t nx = (size_t)set->size[0], ny = (size_t)set->size[1];
    return set->voxels[((size_t)v[2] * ny + (size_t)v[1]) * nx + (size_t)v[0]] == set->value;
}

/* Squared distance from u (voxel coordinates) to the nearest face of voxel v that is boundary. */
static double nearest_face(const struct prep_voxel_set *set, const double u[3], const int32_t v[3],
                           double best)
{
    double off[3], beside[3]; /* along each axis: from the middle, and beyond the voxel; mm */
    for (int a = 0; a < 3; ++a) {
        off[a] = u[a] - v[a];
        beside[a] = fmax(0.0, fabs(off[a]) - 0.5) * set->spacing_mm[a];
    }
    for (int a = 0; a < 3; ++a) {
        const int b = (a + 1) % 3, c = (a + 2) % 3;
        for (int side = -1; side <= 1; side += 2) {
            const double along = (off[a] - 0.5 * side) * set->spacing_mm[a];
            const double square = along * along + beside[b] * beside[b] + beside[c] * beside[c];
            int32_t next[3] = {v[0], v[1], v[2]};
            next[a] += side;
            if (square < best && !is_inside(set, next)) {
                best = square;
            }
        }
    }
    return best;
}

static void to_voxels(const struct prep_voxel_set *set, const double p[3], double out_u[3])
{
    const double *T = set->T_image_voxel;
    const double d[3] = {p[0] - T[3], p[1] - T[7], p[2] - T[11]};
    for (int a = 0; a < 3; ++a) {
        const double spacing = set->spacing_mm[a];
        out_u[a] = (T[a] * d[0] + T[4 + a] * d[1] + T[8 + a] * d[2]) / (spacing * spacing);
    }
}

double prep_voxel_set_distance(const struct prep_voxel_set *set, const double p[3])
{
    double u[3];
    to_voxels(set, p, u);
    int32_t middle[3];
    double smallest = INFINITY;
    for (int a = 0; a < 3; ++a) {
        if (!(u[a] > -1e6 && u[a] < 1e6)) {
            return INFINITY;
        }
        middle[a] = (int32_t)lround(u[a]);
        smallest = fmin(smallest, set->spacing_mm[a]);
    }
    double best = INFINITY;
    for (int32_t ring = 0; ring <= PREP_ERROR_RINGS; ++ring) {
        for (int32_t z = -ring; z <= ring; ++z) {
            for (int32_t y = -ring; y <= ring; ++y) {
                /* Within the ring only its two ends. */
                const bool rim = abs(z) == ring || abs(y) == ring;
                for (int32_t x = -ring; x <= ring; x += rim || ring == 0 ? 1 : 2 * ring) {
                    const int32_t v[3] = {middle[0] + x, middle[1] + y, middle[2] + z};
                    if (is_inside(set, v)) {
                        best = nearest_face(set, u, v, best);
                    }
                }
            }
        }
        /* Voxels further out are at least `ring` voxels away. */
        const double clear = ring * smallest;
        if (best <= clear * clear) {
            break;
        }
    }
    return sqrt(best);
}

/* Points on one face of a voxel, as evenly spread as on all others, to the surface. */
static bool measure_face(const struct prep_voxel_set *set, const struct trk_mesh *mesh,
                         const int32_t v[3], int axis, int side, const int spread[3],
                         struct distances *distances)
{
    const int b = (axis + 1) % 3, c = (axis + 2) % 3;
    for (int j = 0; j < spread[c]; ++j) {
        for (int i = 0; i < spread[b]; ++i) {
            double u[3], p[3];
            u[axis] = v[axis] + 0.5 * side;
            u[b] = v[b] - 0.5 + (i + 0.5) / spread[b];
            u[c] = v[c] - 0.5 + (j + 0.5) / spread[c];
            for (ptrdiff_t row = 0; row < 3; ++row) {
                const double *T = set->T_image_voxel + 4 * row;
                p[row] = T[0] * u[0] + T[1] * u[1] + T[2] * u[2] + T[3];
            }
            struct trk_mesh_nearest nearest;
            if (trk_mesh_nearest(mesh, p, INFINITY, &nearest) != NAV_OK ||
                !add_distance(distances, nearest.distance_mm)) {
                return false;
            }
        }
    }
    return true;
}

static bool measure_voxels(const struct prep_voxel_set *set, const struct trk_mesh *mesh,
                           struct distances *distances)
{
    const double smallest = fmin(set->spacing_mm[0], fmin(set->spacing_mm[1], set->spacing_mm[2]));
    int spread[3];
    for (int a = 0; a < 3; ++a) {
        const long wanted = lround(set->spacing_mm[a] / smallest);
        spread[a] = wanted > SPREAD_MAX ? SPREAD_MAX : (int)wanted;
    }
    int32_t v[3];
    for (v[2] = set->low[2]; v[2] <= set->high[2]; ++v[2]) {
        for (v[1] = set->low[1]; v[1] <= set->high[1]; ++v[1]) {
            for (v[0] = set->low[0]; v[0] <= set->high[0]; ++v[0]) {
                for (int face = 0; face < 6 && is_inside(set, v); ++face) {
                    const int axis = face / 2, side = face % 2 == 0 ? -1 : 1;
                    int32_t next[3] = {v[0], v[1], v[2]};
                    next[axis] += side;
                    if (!is_inside(set, next) &&
                        !measure_face(set, mesh, v, axis, side, spread, distances)) {
                        return false;
                    }
                }
            }
        }
    }
    return true;
}

/* --- the surface ----------------------------------------------------------------------------- */

struct triangle {
    double a[3], u[3], v[3]; /* a corner and the sides from it */
    double area;
};

static struct triangle triangle_at(const struct prep_surface *surface, size_t index)
{
    const uint32_t *corner = &surface->triangles[3 * index];
    struct triangle t;
    for (size_t i = 0; i < 3; ++i) {
        t.a[i] = (double)surface->points[3 * (size_t)corner[0] + i];
        t.u[i] = (double)surface->points[3 * (size_t)corner[1] + i] - t.a[i];
        t.v[i] = (double)surface->points[3 * (size_t)corner[2] + i] - t.a[i];
    }
    const double n[3] = {t.u[1] * t.v[2] - t.u[2] * t.v[1], t.u[2] * t.v[0] - t.u[0] * t.v[2],
                         t.u[0] * t.v[1] - t.u[1] * t.v[0]};
    t.area = 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    return t;
}

bool prep_surface_spread(const struct prep_surface *surface, double area_mm2,
                         bool (*take)(void *context, const double p[3]), void *context)
{
    /* The two-dimensional golden ratio: evenly spread in any number (Roberts, "R2 sequence"). */
    static const double golden[2] = {0.7548776662466927, 0.5698402909980532};
    double due = 0.5, r[2] = {0.5, 0.5};
    for (size_t i = 0; i < surface->triangle_count; ++i) {
        const struct triangle t = triangle_at(surface, i);
        due += t.area / area_mm2;
        for (; due >= 1.0; due -= 1.0) {
            for (int k = 0; k < 2; ++k) {
                r[k] = fmod(r[k] + golden[k], 1.0);
            }
            const bool beyond = r[0] + r[1] > 1.0; /* in the other half of the parallelogram */
            const double x = beyond ? 1.0 - r[0] : r[0], y = beyond ? 1.0 - r[1] : r[1];
            const double p[3] = {t.a[0] + x * t.u[0] + y * t.v[0], t.a[1] + x * t.u[1] + y * t.v[1],
                                 t.a[2] + x * t.u[2] + y * t.v[2]};
            if (!take(context, p)) {
                return false;
            }
        }
    }
    return true;
}

struct to_voxels {
    const struct prep_voxel_set *set;
    struct distances *distances;
};

static bool measure_point(void *context, const double p[3])
{
    const struct to_voxels *way = context;
    return add_distance(way->distances, prep_voxel_set_distance(way->set, p));
}

static bool measure_surface(const struct prep_voxel_set *set, const struct prep_surface *surface,
                            struct distances *distances)
{
    const double *s = set->spacing_mm;
    const double face = fmin(s[0] * s[1], fmin(s[1] * s[2], s[2] * s[0]));
    struct to_voxels way = {set, distances};
    return prep_surface_spread(surface, face, measure_point, &way);
}

/* Every corner counts for the maximum: it is there that a surface sticks out. */
static double furthest_corner(const struct prep_voxel_set *set, const struct prep_surface *surface)
{
    double furthest = 0.0;
    for (size_t i = 0; i < surface->point_count; ++i) {
        const float *q = surface->points + 3 * i;
        const double p[3] = {(double)q[0], (double)q[1], (double)q[2]};
        furthest = fmax(furthest, prep_voxel_set_distance(set, p));
    }
    return furthest;
}

enum nav_status prep_surface_error_measure(const struct prep_voxel_set *set,
                                           const struct prep_surface *surface,
                                           struct prep_surface_error *out_error)
{
    if (surface->triangle_count == 0 || set->low[0] > set->high[0]) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_mesh *mesh = NULL;
    enum nav_status status =
        trk_mesh_create(surface->points, (uint32_t)surface->point_count, surface->triangles,
                        (uint32_t)surface->triangle_count, &mesh);
    if (status != NAV_OK) {
        return status;
    }
    struct distances distances = {0};
    struct prep_surface_error error = {0};
    bool good = measure_voxels(set, mesh, &distances);
    trk_mesh_destroy(mesh);
    sum_up(&distances, &error);
    distances.count = 0;
    good = good && measure_surface(set, surface, &distances);
    sum_up(&distances, &error);
    free(distances.values);
    if (!good) {
        return NAV_ERR_MEMORY;
    }
    error.max_mm = fmax(error.max_mm, furthest_corner(set, surface));
    *out_error = error;
    return NAV_OK;
}
