#include "pose_mean.h"

#include <math.h>

#include "linalg.h"

enum nav_status trk_pose_mean(const struct nav_pose *poses, const double *weights, size_t count,
                              struct trk_pose_mean *out_mean)
{
    if (count == 0) {
        return NAV_ERR_ARGUMENT;
    }
    double sum[16] = {0.0};
    double total = 0.0;
    struct trk_pose_mean mean = {.rms_mm = 0.0};
    for (size_t n = 0; n < count; ++n) {
        const double weight = weights != NULL ? weights[n] : 1.0;
        if (!nav_pose_is_valid(&poses[n]) || !isfinite(weight)) {
            return NAV_ERR_NOT_FINITE;
        }
        if (weight <= 0.0) {
            return NAV_ERR_ARGUMENT;
        }
        total += weight;
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 4; ++j) {
                sum[4 * i + j] += weight * poses[n].q[i] * poses[n].q[j];
            }
        }
        for (int k = 0; k < 3; ++k) {
            mean.pose.t_mm[k] += weight * poses[n].t_mm[k];
        }
    }
    double values[4];
    double vectors[16];
    const enum nav_status status = trk_eigen_symmetric(4, sum, values, vectors);
    if (status != NAV_OK) {
        return status;
    }
    for (int i = 0; i < 4; ++i) {
        mean.pose.q[i] = vectors[4 * i + 3];
    }
    for (int k = 0; k < 3; ++k) {
        mean.pose.t_mm[k] /= total;
    }
    for (size_t n = 0; n < count; ++n) {
        const double mm = nav_pose_distance_mm(&mean.pose, &poses[n]);
        const double rad = nav_pose_angle_rad(&mean.pose, &poses[n]);
        mean.rms_mm += mm * mm / (double)count;
        mean.rms_rad += rad * rad / (double)count;
        mean.max_mm = fmax(mean.max_mm, mm);
        mean.max_rad = fmax(mean.max_rad, rad);
    }
    mean.rms_mm = sqrt(mean.rms_mm);
    mean.rms_rad = sqrt(mean.rms_rad);
    *out_mean = mean;
    return NAV_OK;
}
