#include "pelvis.h"

#include <math.h>
#include <stdlib.h>

/* A closed surface over (u, v) in [0, 1]^2, v going round. */
struct surface {
    double centre[3];
    double radius[3];
    double bumps; /* share of the radius */
    double to[3]; /* with tube: from centre to here, bent */
    double bend_mm;
    bool tube;
    double share; /* of all triangles */
    struct rnd_material material;
};

#define OPAQUE(r, g, b)                                                                            \
    {                                                                                              \
        .colour = {r, g, b}, .opacity = 1.0F, .specular = 0.2F                                     \
    }
#define TRANSLUCENT(r, g, b)                                                                       \
    {                                                                                              \
        .colour = {r, g, b}, .opacity = 0.45F, .rim = 0.3F, .specular = 0.3F                       \
    }

static const struct surface pelvis[] = {
    {.centre = {0, 20, 0},
     .radius = {48, 22, 58},
     .bumps = 0.12,
     .share = 0.30,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {92, 0, 10},
     .radius = {40, 34, 76},
     .bumps = 0.15,
     .share = 0.21,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {-92, 0, 10},
     .radius = {40, 34, 76},
     .bumps = 0.15,
     .share = 0.21,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {-20, 52, -12},
     .radius = {22, 18, 20},
     .bumps = 0.10,
     .share = 0.07,
     .material = TRANSLUCENT(0.25F, 0.69F, 0.29F)},
    {.centre = {0, 58, 70},
     .to = {0, 58, -30},
     .radius = {9},
     .bend_mm = 12,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.25F, 0.50F, 0.82F)},
    {.centre = {6, 58, 30},
     .to = {60, 60, -40},
     .radius = {3.5},
     .bend_mm = 14,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {-6, 58, 30},
     .to = {-60, 60, -40},
     .radius = {3.5},
     .bend_mm = 14,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {6, 58, 12},
     .to = {54, 60, -56},
     .radius = {3.2},
     .bend_mm = 12,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {-6, 58, 12},
     .to = {-54, 60, -56},
     .radius = {3.2},
     .bend_mm = 12,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {30, 66, 75},
     .to = {70, 66, -20},
     .radius = {7},
     .bend_mm = 18,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.78F, 0.20F, 0.18F)},
    {.centre = {-30, 66, 75},
     .to = {-70, 66, -20},
     .radius = {7},
     .bend_mm = 18,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.44F, 0.55F, 0.66F)},
};
_Static_assert(sizeof(pelvis) / sizeof(pelvis[0]) == PELVIS_SURFACES, "one for each");

static void surface_at(const struct surface *surface, double u, double v, double out[3])
{
    const double phi = 2.0 * M_PI * v;
    if (surface->tube) {
        /* Closed at its ends by a radius that goes to zero. */
        const double radius = surface->radius[0] * sqrt(fmin(1.0, 40.0 * u * (1.0 - u)));
        for (int axis = 0; axis < 3; ++axis) {
            out[axis] = surface->centre[axis] + u * (surface->to[axis] - surface->centre[axis]);
        }
        out[1] -= surface->bend_mm * sin(M_PI * u);
        out[0] += radius * cos(phi);
        out[1] += radius * sin(phi);
        return;
    }
    const double theta = M_PI * u;
    const double unit[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)};
    const double bump =
        1.0 + surface->bumps * sin(5.0 * unit[0] + 1.0) * sin(6.0 * unit[1]) * cos(7.0 * unit[2]);
    for (int axis = 0; axis < 3; ++axis) {
        out[axis] = surface->centre[axis] + surface->radius[axis] * bump * unit[axis];
    }
}

bool pelvis_make(size_t which, size_t triangles, struct pelvis_part *out)
{
    const struct surface *surface = &pelvis[which];
    const double wanted = surface->share * (double)triangles;
    const size_t rings = (size_t)fmax(8.0, sqrt(wanted / 2.0));
    const size_t sides = (size_t)fmax(8.0, wanted / (2.0 * (double)rings));
    const size_t vertices = (rings + 1) * sides;
    float *positions = malloc(vertices * 3 * sizeof(*positions));
    uint32_t *corners = malloc(rings * sides * 6 * sizeof(*corners));
    if (positions == NULL || corners == NULL) {
        free(positions);
        free(corners);
        return false;
    }
    size_t next = 0;
    for (size_t ring = 0; ring <= rings; ++ring) {
        for (size_t side = 0; side < sides; ++side) {
            double point[3];
            surface_at(surface, (double)ring / (double)rings, (double)side / (double)sides, point);
            for (int axis = 0; axis < 3; ++axis) {
                positions[next++] = (float)point[axis];
            }
        }
    }
    next = 0;
    for (size_t ring = 0; ring < rings; ++ring) {
        for (size_t side = 0; side < sides; ++side) {
            const uint32_t a = (uint32_t)(ring * sides + side);
            const uint32_t b = (uint32_t)(ring * sides + (side + 1) % sides);
            const uint32_t below = (uint32_t)sides;
            const uint32_t quad[6] = {a, a + below, b, b, a + below, b + below};
            /* A tube runs the other way round. */
            for (size_t i = 0; i < 6; ++i) {
                const size_t flipped = i % 3 == 0 ? i : i % 3 == 1 ? i + 1 : i - 1;
                corners[next + i] = quad[surface->tube ? flipped : i];
            }
            next += 6;
        }
    }
    *out = (struct pelvis_part){.mesh = {vertices, rings * sides * 2, positions, NULL, corners},
                                .material = surface->material,
                                .positions = positions,
                                .corners = corners};
    return true;
}

void pelvis_finish(struct pelvis_part *part)
{
    free(part->positions);
    free(part->corners);
    *part = (struct pelvis_part){0};
}
