#include "outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32, MORTON_BITS = 10 };

struct block {
    float middle[3], half[3];
};

struct rnd_outline {
    size_t triangle_count, block_count;
    float *corners; /* 9 a triangle: next to each other when they are looked at */
    struct block *blocks;
};

struct keyed {
    uint32_t key;
    uint32_t triangle;
};

static uint32_t spread(uint32_t value)
{
    uint32_t spread = 0;
    for (int bit = 0; bit < MORTON_BITS; ++bit) {
        spread |= (value >> bit & 1U) << (3 * bit);
    }
    return spread;
}

static int by_key(const void *a, const void *b)
{
    const struct keyed *first = a;
    const struct keyed *second = b;
    return first->key != second->key
               ? (first->key < second->key ? -1 : 1)
               : (first->triangle > second->triangle) - (first->triangle < second->triangle);
}

static void make_keys(const struct rnd_mesh *mesh, struct keyed *keys)
{
    struct rnd_bounds bounds = rnd_bounds_empty();
    rnd_bounds_add_mesh(&bounds, mesh);
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        uint32_t key = 0;
        for (int k = 0; k < 3; ++k) {
            double middle = 0.0;
            for (int corner = 0; corner < 3; ++corner) {
                const uint32_t vertex = mesh->triangles[3 * i + (size_t)corner];
                middle += (double)mesh->positions[3 * (size_t)vertex + (size_t)k] / 3.0;
            }
            const double side = bounds.max_mm[k] - bounds.min_mm[k];
            const double part = side > 0.0 ? (middle - bounds.min_mm[k]) / side : 0.0;
            const double steps = (1 << MORTON_BITS) - 1;
            key |= spread((uint32_t)fmin(fmax(part * steps, 0.0), steps)) << k;
        }
        keys[i] = (struct keyed){.key = key, .triangle = (uint32_t)i};
    }
    qsort(keys, mesh->triangle_count, sizeof(*keys), by_key);
}

static void make_block(const float *corners, size_t count, struct block *block)
{
    for (int k = 0; k < 3; ++k) {
        float low = corners[k];
        float high = corners[k];
        for (size_t i = 1; i < 3 * count; ++i) {
            low = fminf(low, corners[3 * i + (size_t)k]);
            high = fmaxf(high, corners[3 * i + (size_t)k]);
        }
        block->middle[k] = 0.5F * (low + high);
        block->half[k] = 0.5F * (high - low);
    }
}

enum nav_status rnd_outline_create(const struct rnd_mesh *mesh, struct rnd_outline **out_outline)
{
    for (size_t i = 0; i < 3 * mesh->triangle_count; ++i) {
        if (mesh->triangles[i] >= mesh->vertex_count) {
            return NAV_ERR_ARGUMENT;
        }
    }
    const size_t count = mesh->triangle_count;
    struct rnd_outline *outline = calloc(1, sizeof(*outline));
    struct keyed *keys = malloc((count + 1) * sizeof(*keys));
    if (outline != NULL) {
        outline->triangle_count = count;
        outline->block_count = (count + BLOCK - 1) / BLOCK;
        outline->corners = malloc((9 * count + 1) * sizeof(*outline->corners));
        outline->blocks = malloc((outline->block_count + 1) * sizeof(*outline->blocks));
    }
    if (outline == NULL || keys == NULL || outline->corners == NULL || outline->blocks == NULL) {
        free(keys);
        rnd_outline_destroy(outline);
        return NAV_ERR_MEMORY;
    }
    make_keys(mesh, keys);
    for (size_t i = 0; i < count; ++i) {
        for (size_t corner = 0; corner < 3; ++corner) {
            const size_t vertex = mesh->triangles[3 * (size_t)keys[i].triangle + corner];
            memcpy(outline->corners + 9 * i + 3 * corner, mesh->positions + 3 * vertex,
                   3 * sizeof(float));
        }
    }
    free(keys);
    for (size_t i = 0; i < outline->block_count; ++i) {
        const size_t first = i * BLOCK;
        const size_t in_block = count - first < BLOCK ? count - first : (size_t)BLOCK;
        make_block(outline->corners + 9 * first, in_block, &outline->blocks[i]);
    }
    *out_outline = outline;
    return NAV_OK;
}

void rnd_outline_destroy(struct rnd_outline *outline)
{
    if (outline == NULL) {
        return;
    }
    free(outline->corners);
    free(outline->blocks);
    free(outline);
}

static void cut_triangle(const float *corners, const float normal[3], float offset,
                         rnd_outline_fn line, void *context)
{
    float above[3];
    unsigned sides = 0;
    for (unsigned i = 0; i < 3; ++i) {
        const float *p = corners + 3 * (size_t)i;
        above[i] = normal[0] * p[0] + normal[1] * p[1] + normal[2] * p[2] - offset;
        sides |= (above[i] >= 0.0F ? 1U : 0U) << i;
    }
    if (sides == 0 || sides == 7) {
        return;
    }
    float ends[2][3];
    int found = 0;
    for (unsigned i = 0; i < 3 && found < 2; ++i) {
        const unsigned next = (i + 1) % 3;
        if ((sides >> i & 1U) == (sides >> next & 1U)) {
            continue;
        }
        const float part = above[i] / (above[i] - above[next]);
        for (int k = 0; k < 3; ++k) {
            const float from = corners[3 * i + (unsigned)k];
            ends[found][k] = from + part * (corners[3 * next + (unsigned)k] - from);
        }
        ++found;
    }
    line(context, ends[0], ends[1]);
}

void rnd_outline_cut(const struct rnd_outline *outline, const double normal[3], double offset,
                     rnd_outline_fn line, void *context)
{
    const float n[3] = {(float)normal[0], (float)normal[1], (float)normal[2]};
    const float at = (float)offset;
    for (size_t i = 0; i < outline->block_count; ++i) {
        const struct block *block = &outline->blocks[i];
        const float *m = block->middle;
        const float *h = block->half;
        const float away = fabsf(n[0] * m[0] + n[1] * m[1] + n[2] * m[2] - at);
        /* A hair more, for what rounding does between here and the triangle. */
        if (away > fabsf(n[0]) * h[0] + fabsf(n[1]) * h[1] + fabsf(n[2]) * h[2] + 1e-3F) {
            continue;
        }
        const size_t first = i * BLOCK;
        const size_t end =
            first + BLOCK < outline->triangle_count ? first + BLOCK : outline->triangle_count;
        for (size_t k = first; k < end; ++k) {
            cut_triangle(outline->corners + 9 * k, n, at, line, context);
        }
    }
}
