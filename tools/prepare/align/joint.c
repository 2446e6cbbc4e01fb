#include "joint.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 32 };

/* -0.5 to 0.5. Points in step with the voxels would make every whole voxel of movement a maximum
 * (Pluim et al., Comput. Vis. Image Underst. 77, 2000). */
static double aside(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL; /* Knuth's MMIX */
    return (double)(*state >> 11) / 9007199254740992.0 - 0.5;
}

enum nav_status align_points_create(const struct align_image *image, size_t wanted, float body_min,
                                    struct align_points *out_points)
{
    const size_t row = (size_t)image->size[0];
    const size_t sheet = row * (size_t)image->size[1];
    const size_t count = sheet * (size_t)image->size[2];
    size_t good = 0;
    for (size_t i = 0; i < count; ++i) {
        good += body_min <= 0.0F || image->values[i] > body_min;
    }
    struct align_points points = {.count = 0};
    points.p_mm = malloc((wanted + 1) * sizeof(*points.p_mm));
    points.values = malloc((wanted + 1) * sizeof(*points.values));
    if (points.p_mm == NULL || points.values == NULL) {
        align_points_finish(&points);
        return NAV_ERR_MEMORY;
    }
    /* Every good/wanted-th of them, by a step that is no divisor of the rows. */
    const double step = good > wanted ? (double)good / (double)wanted : 1.0;
    double next = 0.0;
    size_t seen = 0;
    uint64_t random = 1;
    for (size_t i = 0; i < count && points.count < wanted; ++i) {
        if (body_min > 0.0F && !(image->values[i] > body_min)) {
            continue;
        }
        if ((double)seen++ < next) {
            continue;
        }
        next += step;
        double voxel[3] = {(double)(i % row), (double)(i % sheet / row), (double)(i / sheet)};
        for (int k = 0; k < 3; ++k) {
            voxel[k] = fmin(fmax(voxel[k] + aside(&random), 0.0), image->size[k] - 1);
        }
        align_place(image, voxel, points.p_mm[points.count]);
        (void)align_value(image, voxel, &points.values[points.count++]); /* it is within */
    }
    *out_points = points;
    return NAV_OK;
}

void align_points_finish(struct align_points *points)
{
    free(points->p_mm);
    free(points->values);
    *points = (struct align_points){.count = 0};
}

static size_t cell_of(float value)
{
    const float at = value * CELLS;
    return at <= 0.0F ? 0 : at >= CELLS - 1 ? CELLS - 1 : (size_t)at;
}

static double information_of(double joint[CELLS][CELLS], double total)
{
    double a[CELLS] = {0.0};
    double b[CELLS] = {0.0};
    for (size_t i = 0; i < CELLS; ++i) {
        for (size_t k = 0; k < CELLS; ++k) {
            a[i] += joint[i][k];
            b[k] += joint[i][k];
        }
    }
    double sum = 0.0;
    double used_a = 0.0;
    double used_b = 0.0;
    for (size_t i = 0; i < CELLS; ++i) {
        used_a += a[i] > 0.0;
        used_b += b[i] > 0.0;
        for (size_t k = 0; k < CELLS; ++k) {
            if (joint[i][k] > 0.0) {
                sum += joint[i][k] / total * log(joint[i][k] * total / (a[i] * b[k]));
            }
        }
    }
    return fmax(sum - (used_a - 1.0) * (used_b - 1.0) / (2.0 * total), 0.0);
}

struct align_joint align_joint_of(const struct align_points *points,
                                  const struct align_image *other,
                                  const struct nav_pose *T_other_reference)
{
    const struct align_inverse inverse = align_inverse_of(other);
    double joint[CELLS][CELLS];
    double total = 0.0;
    memset(joint, 0, sizeof(joint));
    for (size_t i = 0; i < points->count; ++i) {
        double p[3];
        double voxel[3];
        float value;
        nav_pose_apply(T_other_reference, points->p_mm[i], p);
        align_voxel(&inverse, p, voxel);
        if (align_value(other, voxel, &value)) {
            joint[cell_of(points->values[i])][cell_of(value)] += 1.0;
            total += 1.0;
        }
    }
    struct align_joint result = {.information = 0.0};
    if (total > 0.0) {
        result.information = information_of(joint, total);
        result.within = total / (double)points->count;
    }
    return result;
}
