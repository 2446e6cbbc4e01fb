#include "smooth.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Factors of the two steps: what is wider than about ten voxels stays, steps of voxels go. Chosen
 * by the error against the synthetic patient's true surfaces (docs/prepare.md). */
static const float towards = 0.63F;
static const float away = -0.67F;
static const double volume_tolerance = 1e-4; /* of the volume wanted */

/* Neighbours of point i: around[first[i] .. first[i + 1]). In a closed surface each neighbour of a
 * point follows it in exactly one triangle. */
struct neighbours {
    uint32_t *first, *around;
};

static void finish_neighbours(struct neighbours *neighbours)
{
    free(neighbours->first);
    free(neighbours->around);
}

static bool find_neighbours(const struct prep_surface *surface, struct neighbours *out)
{
    const size_t corners = 3 * surface->triangle_count;
    *out = (struct neighbours){
        .first = calloc(surface->point_count + 2, sizeof(uint32_t)),
        .around = malloc((corners + 1) * sizeof(uint32_t)),
    };
    if (out->first == NULL || out->around == NULL) {
        finish_neighbours(out);
        return false;
    }
    /* Counted two places on, so that after filling each entry is where its list begins. */
    uint32_t *first = out->first;
    for (size_t i = 0; i < corners; ++i) {
        ++first[surface->triangles[i] + 2];
    }
    for (size_t i = 2; i < surface->point_count + 2; ++i) {
        first[i] += first[i - 1];
    }
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        for (int k = 0; k < 3; ++k) {
            out->around[first[corner[k] + 1]++] = corner[(k + 1) % 3];
        }
    }
    return true;
}

static void step(const struct neighbours *neighbours, const float *origin, float factor,
                 float reach, size_t count, const float *from, float *to)
{
    for (size_t i = 0; i < count; ++i) {
        const uint32_t begin = neighbours->first[i], end = neighbours->first[i + 1];
        float sum[3] = {0.0F, 0.0F, 0.0F};
        for (uint32_t n = begin; n < end; ++n) {
            const float *p = from + 3 * (size_t)neighbours->around[n];
            sum[0] += p[0];
            sum[1] += p[1];
            sum[2] += p[2];
        }
        const float share = factor / (float)(end - begin);
        for (size_t a = 0; a < 3; ++a) {
            const size_t at = 3 * i + a;
            const float place = (1.0F - factor) * from[at] + share * sum[a];
            const float low = origin[at] - reach, high = origin[at] + reach;
            to[at] = place < low ? low : place > high ? high : place;
        }
    }
}

enum nav_status prep_surface_smooth(struct prep_surface *surface, int rounds, double reach)
{
    const size_t count = surface->point_count;
    struct neighbours neighbours;
    if (!find_neighbours(surface, &neighbours)) {
        return NAV_ERR_MEMORY;
    }
    float *origin = malloc((3 * count + 1) * sizeof(*origin));
    float *between = malloc((3 * count + 1) * sizeof(*between));
    const enum nav_status status = origin != NULL && between != NULL ? NAV_OK : NAV_ERR_MEMORY;
    if (status == NAV_OK && count > 0) {
        memcpy(origin, surface->points, 3 * count * sizeof(*origin));
        for (int round = 0; round < rounds; ++round) {
            step(&neighbours, origin, towards, (float)reach, count, surface->points, between);
            step(&neighbours, origin, away, (float)reach, count, between, surface->points);
        }
    }
    free(origin);
    free(between);
    finish_neighbours(&neighbours);
    return status;
}

/* What a component has and what it is shifted by. */
struct part {
    double volume, area;
    double shift;   /* of this round */
    double left_mm; /* that it may still be shifted by */
};

/* Volumes and areas of the parts, and the area-weighted normals of the points (3 doubles each). */
static void weigh(const struct prep_surface *surface, const uint32_t *of_point, double *normals,
                  struct part *parts)
{
    memset(normals, 0, 3 * surface->point_count * sizeof(*normals));
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        double p[3][3];
        for (size_t k = 0; k < 3; ++k) {
            for (size_t a = 0; a < 3; ++a) {
                p[k][a] = (double)surface->points[3 * (size_t)corner[k] + a];
            }
        }
        const double u[3] = {p[1][0] - p[0][0], p[1][1] - p[0][1], p[1][2] - p[0][2]};
        const double v[3] = {p[2][0] - p[0][0], p[2][1] - p[0][1], p[2][2] - p[0][2]};
        const double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                             u[0] * v[1] - u[1] * v[0]};
        struct part *part = &parts[of_point[corner[0]]];
        part->volume += (p[0][0] * n[0] + p[0][1] * n[1] + p[0][2] * n[2]) / 6.0;
        part->area += 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        for (size_t k = 0; k < 3; ++k) {
            for (size_t a = 0; a < 3; ++a) {
                normals[3 * (size_t)corner[k] + a] += n[a];
            }
        }
    }
}

/* By how much each part is to be shifted. False: none is. */
static bool choose_shifts(struct part *parts, size_t count, const double *volumes)
{
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
        struct part *part = &parts[i];
        const double missing = volumes[i] - part->volume;
        part->shift = 0.0;
        if (part->area > 0.0 && fabs(missing) > volume_tolerance * fabs(volumes[i])) {
            part->shift = fmax(-part->left_mm, fmin(part->left_mm, missing / part->area));
            part->left_mm -= fabs(part->shift);
            any = true;
        }
        part->volume = part->area = 0.0; /* for the next round */
    }
    return any;
}

enum nav_status prep_surface_set_volumes(struct prep_surface *surface, const uint32_t *of_point,
                                         size_t components, const double *volumes_mm3,
                                         double reach_mm)
{
    enum { ROUNDS = 6 }; /* Newton's steps: two for what is large, more for single voxels */
    double *normals = malloc((3 * surface->point_count + 1) * sizeof(*normals));
    struct part *parts = calloc(components + 1, sizeof(*parts));
    if (normals == NULL || parts == NULL) {
        free(normals);
        free(parts);
        return NAV_ERR_MEMORY;
    }
    for (size_t i = 0; i < components; ++i) {
        parts[i].left_mm = reach_mm;
    }
    for (int round = 0; round < ROUNDS; ++round) {
        weigh(surface, of_point, normals, parts);
        if (!choose_shifts(parts, components, volumes_mm3)) {
            break;
        }
        for (size_t i = 0; i < surface->point_count; ++i) {
            const double *n = normals + 3 * i;
            const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
            const double shift = parts[of_point[i]].shift;
            for (size_t a = 0; a < 3 && length > 0.0; ++a) {
                surface->points[3 * i + a] += (float)(shift * n[a] / length);
            }
        }
    }
    free(normals);
    free(parts);
    return NAV_OK;
}
