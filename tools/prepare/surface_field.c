/* The zero surface of a distance field: the sweep over what is inside, its points moved from half
 * way between two grid points to where the field passes through zero. */
#include <math.h>
#include <stdlib.h>

#include "label_sweep.h"
#include "surface.h"

/* How far a point is from the lower of its two grid points, in steps. Half, where the other one is
 * outside the field. */
static double crossing(const struct prep_field *field, const float p[3], int axis)
{
    ptrdiff_t at[3];
    for (int a = 0; a < 3; ++a) {
        at[a] = (ptrdiff_t)floorf(p[a]);
    }
    if (at[axis] < 0 || at[axis] + 1 >= field->size[axis]) {
        return 0.5;
    }
    const ptrdiff_t strides[3] = {1, field->size[0], (ptrdiff_t)field->size[0] * field->size[1]};
    const ptrdiff_t low = at[0] * strides[0] + at[1] * strides[1] + at[2] * strides[2];
    const double here = (double)field->values[low],
                 there = (double)field->values[low + strides[axis]];
    return here / (here - there); /* one is negative, the other is not */
}

static void place_points(const struct prep_field *field, struct prep_surface *surface)
{
    for (size_t i = 0; i < surface->point_count; ++i) {
        float *p = surface->points + 3 * i;
        int axis = 0;
        while (axis < 2 && p[axis] == floorf(p[axis])) {
            ++axis;
        }
        const double off = crossing(field, p, axis);
        for (int a = 0; a < 3; ++a) {
            const double place = floor((double)p[a]) + (a == axis ? off : 0.0);
            p[a] = (float)(field->origin[a] + field->step * place);
        }
    }
}

enum nav_status prep_surface_extract(const struct prep_field *field,
                                     struct prep_surface *out_surface)
{
    const size_t count = (size_t)field->size[0] * (size_t)field->size[1] * (size_t)field->size[2];
    int16_t *inside = malloc(count * sizeof(*inside));
    uint16_t *surface_of = calloc((size_t)UINT16_MAX + 1, sizeof(*surface_of));
    enum nav_status status = inside != NULL && surface_of != NULL ? NAV_OK : NAV_ERR_MEMORY;
    struct prep_surface surface = {0};
    if (status == NAV_OK) {
        for (size_t i = 0; i < count; ++i) {
            inside[i] = field->values[i] < 0.0F;
        }
        surface_of[1] = 1;
        const struct prep_sweep sweep = {
            .voxels = inside,
            .size = {field->size[0], field->size[1], field->size[2]},
            .surface_of = surface_of,
            .surface_count = 1,
            .threads = 1,
        };
        status = prep_sweep_run(&sweep, &surface);
    }
    free(inside);
    free(surface_of);
    if (status == NAV_OK) {
        place_points(field, &surface);
        *out_surface = surface;
    }
    return status;
}
