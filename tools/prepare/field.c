#include "field.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum { BLOCK = 5 }; /* points an edge of a block that is skipped or filled as one */

static void point_at(const struct prep_field *field, double i, double j, double k, double out_p[3])
{
    out_p[0] = field->origin[0] + field->step * i;
    out_p[1] = field->origin[1] + field->step * j;
    out_p[2] = field->origin[2] + field->step * k;
}

static void sample_block(prep_distance_fn *distance, const void *context, double slope_max,
                         const int first[3], struct prep_field *field)
{
    int last[3];
    double middle[3], square = 0.0;
    for (int a = 0; a < 3; ++a) {
        last[a] = first[a] + BLOCK < field->size[a] ? first[a] + BLOCK : field->size[a];
        middle[a] = 0.5 * (first[a] + last[a] - 1);
        const double half = field->step * 0.5 * (last[a] - first[a] - 1);
        square += half * half;
    }
    double p[3];
    point_at(field, middle[0], middle[1], middle[2], p);
    const double at_middle = distance(context, p);
    /* Also the cells that straddle to the next block need true values: one step more. */
    const double reach = slope_max * (sqrt(square) + 1.8 * field->step);
    const int uniform = fabs(at_middle) > reach;
    for (int k = first[2]; k < last[2]; ++k) {
        for (int j = first[1]; j < last[1]; ++j) {
            float *row = field->values +
                         ((size_t)k * (size_t)field->size[1] + (size_t)j) * (size_t)field->size[0];
            for (int i = first[0]; i < last[0]; ++i) {
                if (uniform) {
                    row[i] = (float)at_middle;
                } else {
                    point_at(field, i, j, k, p);
                    row[i] = (float)distance(context, p);
                }
            }
        }
    }
}

enum nav_status prep_field_sample(prep_distance_fn *distance, const void *context,
                                  const double low[3], const double high[3], double step,
                                  double slope_max, struct prep_field *out_field)
{
    struct prep_field field = {.step = step};
    double points = 1.0;
    for (int a = 0; a < 3; ++a) {
        /* On multiples of the step, so that neighbours share their grid. */
        const double start = floor(low[a] / step);
        field.origin[a] = start * step;
        field.size[a] = (int)(ceil(high[a] / step) - start) + 1;
        points *= field.size[a];
    }
    if (!(points <= PREP_FIELD_MAX)) {
        return NAV_ERR_TOO_LARGE;
    }
    field.values = malloc((size_t)points * sizeof(*field.values));
    if (field.values == NULL) {
        return NAV_ERR_MEMORY;
    }
    int first[3];
    for (first[2] = 0; first[2] < field.size[2]; first[2] += BLOCK) {
        for (first[1] = 0; first[1] < field.size[1]; first[1] += BLOCK) {
            for (first[0] = 0; first[0] < field.size[0]; first[0] += BLOCK) {
                sample_block(distance, context, slope_max, first, &field);
            }
        }
    }
    *out_field = field;
    return NAV_OK;
}

void prep_field_finish(struct prep_field *field)
{
    free(field->values);
    field->values = NULL;
}

double prep_field_volume_ml(const struct prep_field *field)
{
    const size_t count = (size_t)field->size[0] * (size_t)field->size[1] * (size_t)field->size[2];
    double cells = 0.0;
    for (size_t i = 0; i < count; ++i) {
        const double inside = 0.5 - (double)field->values[i] / field->step;
        cells += inside < 0.0 ? 0.0 : (inside > 1.0 ? 1.0 : inside);
    }
    return cells * field->step * field->step * field->step / 1000.0;
}
