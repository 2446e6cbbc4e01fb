/* An MR that never was, of a real CT: other values, a grid of its own, and a place that is exactly
 * known. */
#ifndef SYNTHETIC_MR_H
#define SYNTHETIC_MR_H

#include "test_data.h"

#include <math.h>

#include "nav/pose.h"
#include "volume.h"

/* What the MR is to be. The zero struct: none of it. */
struct synthetic_mr {
    struct nav_pose T_mr_ct; /* where the MR's own frame sees the patient */
    int size[3];
    double spacing_mm[3];
    double tilt_deg;     /* of its grid, about x of its own frame */
    double middle_mm[3]; /* in the CT's frame: what its middle shows */
    double noise;        /* sigma, of values to about 1000 */
    bool nothing;        /* noise alone */
    bool upside_down;    /* another body: head to foot, left to right */
};

static inline int16_t hu_at(const struct cfg_volume *ct, const double p[3])
{
    const struct cfg_volume_report *r = &ct->report;
    double at[3];
    for (int k = 0; k < 3; ++k) { /* the real CT's axes are those of the patient */
        const double step = r->T_image_voxel[5 * k];
        at[k] = (p[k] - r->T_image_voxel[4 * k + 3]) / step;
        if (!(at[k] >= 0.0 && at[k] < r->size[k] - 1)) {
            return -1000;
        }
    }
    double sum = 0.0;
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1.0;
        size_t index = 0;
        size_t stride = 1;
        for (int k = 0; k < 3; ++k) {
            const size_t low = (size_t)at[k];
            const bool high = corner >> k & 1;
            weight *= high ? at[k] - (double)low : 1.0 - (at[k] - (double)low);
            index += (low + high) * stride;
            stride *= (size_t)r->size[k];
        }
        sum += weight * ct->voxels[index];
    }
    return (int16_t)lround(sum);
}

/* Fat is bright, muscle grey, cortex and air dark, marrow between: no line through HU does it. */
static inline double mr_value_of(double hu)
{
    static const double table[][2] = {{-1000, 0}, {-400, 10}, {-120, 900}, {-40, 700}, {30, 380},
                                      {80, 300},  {200, 520}, {400, 260},  {900, 40},  {3000, 0}};
    enum { ROWS = sizeof(table) / sizeof(table[0]) };
    for (size_t i = 1; i < ROWS; ++i) {
        if (hu <= table[i][0]) {
            const double part = (hu - table[i - 1][0]) / (table[i][0] - table[i - 1][0]);
            return table[i - 1][1] + fmax(part, 0.0) * (table[i][1] - table[i - 1][1]);
        }
    }
    return 0.0;
}

/* Repeatable; about normal with sigma 1. */
static inline double mr_noise(uint64_t *state)
{
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) {
        *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += (double)(*state >> 11) / 9007199254740992.0;
    }
    return sum;
}

static inline struct nav_pose pose_about(double x_deg, double y_deg, double z_deg,
                                         const double middle_mm[3], const double shift_mm[3])
{
    const double degrees[3] = {x_deg, y_deg, z_deg};
    struct nav_pose pose = nav_pose_identity();
    for (int axis = 0; axis < 3; ++axis) {
        struct nav_pose turn = nav_pose_identity();
        turn.q[axis] = sin(degrees[axis] * M_PI / 360.0);
        turn.q[3] = cos(degrees[axis] * M_PI / 360.0);
        pose = nav_pose_compose(&turn, &pose);
    }
    double moved[3];
    nav_pose_apply(&pose, middle_mm, moved);
    for (int k = 0; k < 3; ++k) {
        pose.t_mm[k] = middle_mm[k] - moved[k] + shift_mm[k];
    }
    return pose;
}

static inline struct cfg_volume *synthetic_mr_make(const struct cfg_volume *ct,
                                                   const struct synthetic_mr *mr)
{
    struct cfg_volume *made = calloc(1, sizeof(*made));
    const size_t count = (size_t)mr->size[0] * (size_t)mr->size[1] * (size_t)mr->size[2];
    const double c = cos(mr->tilt_deg * M_PI / 180.0);
    const double s = sin(mr->tilt_deg * M_PI / 180.0);
    const double R[9] = {1, 0, 0, 0, c, -s, 0, s, c};
    const struct nav_pose T_ct_mr = nav_pose_inverse(&mr->T_mr_ct);
    double middle[3];
    uint64_t random = 20;
    assert_non_null(made);
    nav_pose_apply(&mr->T_mr_ct, mr->middle_mm, middle);
    made->voxels = cfg_voxels_alloc(count);
    assert_non_null(made->voxels);
    struct cfg_volume_report *r = &made->report;
    r->layers = 1;
    r->lowest = INT16_MAX;
    r->highest = INT16_MIN;
    for (int k = 0; k < 3; ++k) {
        r->size[k] = mr->size[k];
        r->spacing_mm[k] = mr->spacing_mm[k];
        r->T_image_voxel[4 * k + 3] = middle[k];
        for (int j = 0; j < 3; ++j) {
            r->T_image_voxel[4 * k + j] = R[3 * k + j] * mr->spacing_mm[j];
            r->T_image_voxel[4 * k + 3] -=
                0.5 * (mr->size[j] - 1) * R[3 * k + j] * mr->spacing_mm[j];
        }
    }
    for (size_t i = 0; i < count; ++i) {
        const double voxel[3] = {(double)(i % (size_t)mr->size[0]),
                                 (double)(i / (size_t)mr->size[0] % (size_t)mr->size[1]),
                                 (double)(i / (size_t)mr->size[0] / (size_t)mr->size[1])};
        double p[3];
        for (int k = 0; k < 3; ++k) {
            const double *T = r->T_image_voxel + 4 * k;
            p[k] = T[0] * voxel[0] + T[1] * voxel[1] + T[2] * voxel[2] + T[3];
        }
        nav_pose_apply(&T_ct_mr, p, p);
        for (int k = 0; k < 3 && mr->upside_down; k += 2) {
            p[k] = 2.0 * mr->middle_mm[k] - p[k];
        }
        /* The coil is nearer to the back: a third brighter there. */
        const double field = 1.0 + 0.3 * sin(p[1] / 120.0);
        double value = mr->nothing ? 400.0 : field * mr_value_of(hu_at(ct, p));
        value = fmax(value + mr->noise * mr_noise(&random), 0.0);
        made->voxels[i] = (int16_t)lround(fmin(value, 32000.0));
        r->lowest = made->voxels[i] < r->lowest ? made->voxels[i] : r->lowest;
        r->highest = made->voxels[i] > r->highest ? made->voxels[i] : r->highest;
    }
    return made;
}

#endif
