/* Meshes with known answers, for tests of surface questions. */
#ifndef TEST_SHAPES_H
#define TEST_SHAPES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    float *vertices;
    uint32_t *triangles;
    uint32_t vertex_count, triangle_count;
};

static inline void shape_free(struct shape *shape)
{
    free(shape->vertices);
    free(shape->triangles);
}

/* A closed surface from an n x m grid in (u, v), u around, v from pole to pole, with
 * position(u, v); counter-clockwise from outside when u turns right-handed about the poles' axis.
 */
static inline struct shape shape_lathe(uint32_t n, uint32_t m,
                                       void (*position)(double u, double v, double out[3]))
{
    struct shape shape = {.vertex_count = n * (m - 1) + 2, .triangle_count = 2 * n * (m - 1)};
    shape.vertices = calloc(shape.vertex_count, 3 * sizeof(float));
    shape.triangles = calloc(shape.triangle_count, 3 * sizeof(uint32_t));
    const uint32_t south = n * (m - 1), north = south + 1;
    uint32_t t = 0;
    for (uint32_t j = 0; j + 1 < m; ++j) {
        for (uint32_t i = 0; i < n; ++i) {
            double p[3];
            position((double)i / n, (double)(j + 1) / m, p);
            for (uint32_t k = 0; k < 3; ++k) {
                shape.vertices[3 * (j * n + i) + k] = (float)p[k];
            }
        }
    }
    for (uint32_t pole = 0; pole < 2; ++pole) {
        double p[3];
        position(0.0, pole, p);
        for (uint32_t k = 0; k < 3; ++k) {
            shape.vertices[3 * (south + pole) + k] = (float)p[k];
        }
    }
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t next = (i + 1) % n;
        const uint32_t bottom[3] = {south, next, i};
        const uint32_t top[3] = {north, (m - 2) * n + i, (m - 2) * n + next};
        memcpy(shape.triangles + 3 * (t++), bottom, sizeof(bottom));
        memcpy(shape.triangles + 3 * (t++), top, sizeof(top));
        for (uint32_t j = 0; j + 2 < m; ++j) {
            const uint32_t a = j * n + i, b = j * n + next, c = a + n, d = b + n;
            const uint32_t first[3] = {a, b, d}, second[3] = {a, d, c};
            memcpy(shape.triangles + 3 * (t++), first, sizeof(first));
            memcpy(shape.triangles + 3 * (t++), second, sizeof(second));
        }
    }
    return shape;
}

static inline void position_sphere_50(double u, double v, double out[3])
{
    const double theta = M_PI * v, phi = 2.0 * M_PI * u;
    out[0] = 50.0 * sin(theta) * cos(phi);
    out[1] = 50.0 * sin(theta) * sin(phi);
    out[2] = -50.0 * cos(theta);
}

/* A shape without any symmetry, about the size of a sacrum. */
static inline void position_bone(double u, double v, double out[3])
{
    const double theta = M_PI * v, phi = 2.0 * M_PI * u;
    const double bump = 1.0 + 0.10 * sin(3.0 * phi + 0.4) * sin(theta) +
                        0.12 * cos(4.0 * theta) * cos(phi) + 0.07 * sin(5.0 * theta + 2.0 * phi);
    out[0] = 48.0 * bump * sin(theta) * cos(phi) + 6.0 * v;
    out[1] = 30.0 * bump * sin(theta) * sin(phi) - 25.0 * v * v;
    out[2] = -55.0 * cos(theta) + 4.0 * sin(2.0 * phi) * sin(theta);
}

/* The axis-aligned box +-10, +-20, +-30. */
static inline struct shape shape_box(void)
{
    static const uint32_t triangles[36] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                           2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};
    struct shape shape = {.vertex_count = 8, .triangle_count = 12};
    shape.vertices = calloc(8, 3 * sizeof(float));
    shape.triangles = malloc(sizeof(triangles));
    memcpy(shape.triangles, triangles, sizeof(triangles));
    for (uint32_t i = 0; i < 8; ++i) {
        shape.vertices[3 * i] = (i & 1u) != 0 ? 10.0f : -10.0f;
        shape.vertices[3 * i + 1] = (i & 2u) != 0 ? 20.0f : -20.0f;
        shape.vertices[3 * i + 2] = (i & 4u) != 0 ? 30.0f : -30.0f;
    }
    return shape;
}

/* Repeatable noise. */
static inline double shape_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1.0p-53;
}

static inline double shape_normal(uint64_t *state)
{
    const double u = shape_random(state), v = shape_random(state);
    return sqrt(-2.0 * log(1.0 - u)) * cos(2.0 * M_PI * v);
}

#endif
