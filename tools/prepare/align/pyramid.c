#include "pyramid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_MIN = 4, VALUES = 1 << 16 };

static const double level_mm[ALIGN_LEVELS] = {8.0, 4.0, 2.0};

/* What becomes 0 and 1. */
struct range {
    float low, high;
};

static struct range range_of(const struct prep_align_scan *scan)
{
    const struct cfg_volume_report *report = &scan->volume->report;
    if (scan->hounsfield) {
        return (struct range){-400.0F, 800.0F};
    }
    static size_t counts[VALUES];
    const size_t count =
        (size_t)report->size[0] * (size_t)report->size[1] * (size_t)report->size[2];
    memset(counts, 0, sizeof(counts));
    for (size_t i = 0; i < count; ++i) {
        ++counts[scan->volume->voxels[i] - INT16_MIN];
    }
    size_t above = count / 200;
    int high = VALUES - 1;
    for (; high > 0 && counts[high] <= above; --high) {
        above -= counts[high];
    }
    const float low = (float)report->lowest;
    return (struct range){low, fmaxf((float)(high + INT16_MIN), low + 1.0F)};
}

void align_place(const struct align_image *image, const double voxel[3], double out_mm[3])
{
    for (int row = 0; row < 3; ++row) {
        const double *T = image->T_image_voxel + 4 * row;
        out_mm[row] = T[0] * voxel[0] + T[1] * voxel[1] + T[2] * voxel[2] + T[3];
    }
}

struct align_inverse align_inverse_of(const struct align_image *image)
{
    struct align_inverse inverse;
    const double *T = image->T_image_voxel;
    for (int i = 0; i < 3; ++i) {
        const int a = (i + 1) % 3;
        const int b = (i + 2) % 3;
        for (int j = 0; j < 3; ++j) {
            const int c = (j + 1) % 3;
            const int d = (j + 2) % 3;
            inverse.R[3 * j + i] = T[4 * a + c] * T[4 * b + d] - T[4 * a + d] * T[4 * b + c];
        }
        inverse.origin_mm[i] = T[4 * i + 3];
    }
    double determinant = 0.0;
    for (int j = 0; j < 3; ++j) {
        determinant += T[j] * inverse.R[3 * j];
    }
    for (int i = 0; i < 9; ++i) {
        inverse.R[i] /= determinant;
    }
    return inverse;
}

void align_voxel(const struct align_inverse *inverse, const double p_mm[3], double out_voxel[3])
{
    const double off[3] = {p_mm[0] - inverse->origin_mm[0], p_mm[1] - inverse->origin_mm[1],
                           p_mm[2] - inverse->origin_mm[2]};
    for (int row = 0; row < 3; ++row) {
        const double *R = inverse->R + 3 * row;
        out_voxel[row] = R[0] * off[0] + R[1] * off[1] + R[2] * off[2];
    }
}

bool align_value(const struct align_image *image, const double voxel[3], float *out_value)
{
    size_t at[3];
    float part[3];
    for (int k = 0; k < 3; ++k) {
        if (!(voxel[k] >= 0.0 && voxel[k] <= image->size[k] - 1)) {
            return false;
        }
        at[k] = (size_t)fmin(voxel[k], image->size[k] - 2);
        part[k] = (float)(voxel[k] - (double)at[k]);
    }
    const size_t row = (size_t)image->size[0];
    const size_t sheet = row * (size_t)image->size[1];
    const float *v = image->values + at[2] * sheet + at[1] * row + at[0];
    const float x0 = v[0] + part[0] * (v[1] - v[0]);
    const float x1 = v[row] + part[0] * (v[row + 1] - v[row]);
    const float x2 = v[sheet] + part[0] * (v[sheet + 1] - v[sheet]);
    const float x3 = v[sheet + row] + part[0] * (v[sheet + row + 1] - v[sheet + row]);
    const float y0 = x0 + part[1] * (x1 - x0);
    const float y1 = x2 + part[1] * (x3 - x2);
    *out_value = y0 + part[2] * (y1 - y0);
    return true;
}

/* Adds one row of voxels, limited, to the row of blocks that it belongs to. */
static void add_row(const int16_t *from, int blocks, int step, struct range range, float *to)
{
    const float scale = 1.0F / (range.high - range.low);
    for (int x = 0; x < blocks; ++x) {
        float sum = 0.0F;
        for (int k = 0; k < step; ++k) {
            const float value = fminf(fmaxf((float)*from++, range.low), range.high);
            sum += (value - range.low) * scale;
        }
        to[x] += sum;
    }
}

static enum nav_status make_level(const struct cfg_volume *volume, struct range range,
                                  double target_mm, struct align_image *out)
{
    const struct cfg_volume_report *report = &volume->report;
    int step[3];
    for (int k = 0; k < 3; ++k) {
        const int wanted = (int)lround(target_mm / report->spacing_mm[k]);
        step[k] = wanted > 1 ? wanted : 1;
        while (step[k] > 1 && report->size[k] / step[k] < BLOCKS_MIN) {
            --step[k];
        }
        out->size[k] = report->size[k] / step[k];
        if (out->size[k] < BLOCKS_MIN) {
            return NAV_ERR_RANGE;
        }
    }
    const size_t row = (size_t)out->size[0];
    const size_t sheet = row * (size_t)out->size[1];
    const size_t count = sheet * (size_t)out->size[2];
    out->values = calloc(count, sizeof(*out->values));
    if (out->values == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (int z = 0; z < out->size[2] * step[2]; ++z) {
        for (int y = 0; y < out->size[1] * step[1]; ++y) {
            const size_t from =
                ((size_t)z * (size_t)report->size[1] + (size_t)y) * (size_t)report->size[0];
            float *to = out->values + (size_t)(z / step[2]) * sheet + (size_t)(y / step[1]) * row;
            add_row(volume->voxels + from, out->size[0], step[0], range, to);
        }
    }
    const float share = 1.0F / (float)(step[0] * step[1] * step[2]);
    for (size_t i = 0; i < count; ++i) {
        out->values[i] *= share;
    }
    memcpy(out->T_image_voxel, report->T_image_voxel, sizeof(out->T_image_voxel));
    for (int line = 0; line < 3; ++line) {
        double *T = out->T_image_voxel + 4 * line;
        for (int k = 0; k < 3; ++k) {
            T[3] += 0.5 * (step[k] - 1) * T[k];
            T[k] *= step[k];
        }
    }
    return NAV_OK;
}

enum nav_status align_pyramid_create(const struct prep_align_scan *scan,
                                     struct align_pyramid *out_pyramid)
{
    const struct range range = range_of(scan);
    const float air_hu = -300.0F; /* of blocks that are more patient than air */
    struct align_pyramid pyramid = {.body = 0.08F};
    if (scan->hounsfield) {
        pyramid.body = (air_hu - range.low) / (range.high - range.low);
    }
    enum nav_status status = NAV_OK;
    for (int i = 0; i < ALIGN_LEVELS && status == NAV_OK; ++i) {
        status = make_level(scan->volume, range, level_mm[i], &pyramid.levels[i]);
    }
    if (status != NAV_OK) {
        align_pyramid_finish(&pyramid);
        return status;
    }
    *out_pyramid = pyramid;
    return NAV_OK;
}

void align_pyramid_finish(struct align_pyramid *pyramid)
{
    for (int i = 0; i < ALIGN_LEVELS; ++i) {
        free(pyramid->levels[i].values);
        pyramid->levels[i].values = NULL;
    }
}
