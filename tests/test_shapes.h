/* Meshes with normals for tests: closed, facing outwards, as fine as asked for. */
#ifndef TEST_SHAPES_H
#define TEST_SHAPES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "surface.h"

struct test_shape {
    struct rnd_mesh mesh;
    float *positions, *normals;
    uint32_t *triangles;
};

static inline void test_shape_finish(const struct test_shape *shape)
{
    free(shape->positions);
    free(shape->normals);
    free(shape->triangles);
}

static inline struct test_shape test_ellipsoid(uint32_t rings, uint32_t sides,
                                               const double centre_mm[3], const double radius_mm[3])
{
    const size_t vertices = (size_t)(rings + 1) * sides;
    const size_t triangles = (size_t)2 * rings * sides;
    struct test_shape shape = {
        .positions = malloc(3 * vertices * sizeof(float)),
        .normals = malloc(3 * vertices * sizeof(float)),
        .triangles = malloc(3 * triangles * sizeof(uint32_t)),
    };
    assert_true(shape.positions != NULL && shape.normals != NULL && shape.triangles != NULL);
    size_t next = 0;
    for (uint32_t ring = 0; ring <= rings; ++ring) {
        const double theta = M_PI * ring / rings;
        for (uint32_t side = 0; side < sides; ++side) {
            const double phi = 2.0 * M_PI * side / sides;
            const double unit[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)};
            for (int axis = 0; axis < 3; ++axis) {
                shape.positions[next++] = (float)(centre_mm[axis] + radius_mm[axis] * unit[axis]);
            }
        }
    }
    next = 0;
    for (uint32_t ring = 0; ring < rings; ++ring) {
        for (uint32_t side = 0; side < sides; ++side) {
            const uint32_t a = ring * sides + side;
            const uint32_t b = ring * sides + (side + 1) % sides;
            const uint32_t quad[6] = {a, a + sides, b, b, a + sides, b + sides};
            memcpy(&shape.triangles[next], quad, sizeof(quad));
            next += 6;
        }
    }
    shape.mesh =
        (struct rnd_mesh){vertices, triangles, shape.positions, shape.normals, shape.triangles};
    rnd_mesh_normals(&shape.mesh, shape.normals);
    return shape;
}

#endif
