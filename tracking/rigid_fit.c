#include "rigid_fit.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

static const double line_ratio = 1e-3;

/* A fitted rotation differs from one by rounding only. */
static const double fit_tolerance = 1e-9;

static double weight_of(const double *weights, size_t index)
{
    return weights != NULL ? weights[index] : 1.0;
}

static enum nav_status check_inputs(size_t count, const double (*points)[3], const double *weights)
{
    for (size_t i = 0; i < count; ++i) {
        const double weight = weight_of(weights, i);
        if (!isfinite(points[i][0]) || !isfinite(points[i][1]) || !isfinite(points[i][2]) ||
            !isfinite(weight)) {
            return NAV_ERR_NOT_FINITE;
        }
        if (weight <= 0.0) {
            return NAV_ERR_ARGUMENT;
        }
    }
    return NAV_OK;
}

static double centre_of(size_t count, const double (*points)[3], const double *weights,
                        double out_centre[3])
{
    double total = 0.0;
    double sum[3] = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < count; ++i) {
        const double weight = weight_of(weights, i);
        total += weight;
        for (int k = 0; k < 3; ++k) {
            sum[k] += weight * points[i][k];
        }
    }
    for (int k = 0; k < 3; ++k) {
        out_centre[k] = sum[k] / total;
    }
    return total;
}

enum nav_status trk_spread(size_t count, const double (*points)[3], const double *weights,
                           double out_centre[3], double out_spread_mm[3], double out_axes[9])
{
    if (count == 0) {
        return NAV_ERR_ARGUMENT;
    }
    enum nav_status status = check_inputs(count, points, weights);
    if (status != NAV_OK) {
        return status;
    }
    double centre[3];
    const double total = centre_of(count, points, weights, centre);
    double scatter[9] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        double d[3];
        trk_subtract(points[n], centre, d);
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                scatter[3 * i + j] += weight_of(weights, n) * d[i] * d[j] / total;
            }
        }
    }
    double values[3];
    double vectors[9];
    status = trk_eigen_symmetric(3, scatter, values, vectors);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_centre, centre, sizeof(centre));
    for (int k = 0; k < 3; ++k) { /* smallest first becomes largest first */
        out_spread_mm[k] = sqrt(fmax(values[2 - k], 0.0));
        for (int i = 0; out_axes != NULL && i < 3; ++i) {
            out_axes[3 * k + i] = vectors[3 * i + 2 - k];
        }
    }
    return NAV_OK;
}

/* The rotation (or reflection) of the fit, from the cross covariance H = sum w (p - pm)(q - qm)'.
 */
static enum nav_status turn_of(const double H[9], bool mirror, double out_R[9], double *out_trace)
{
    double U[9];
    double s[3];
    double V[9];
    const enum nav_status status = trk_svd3(H, U, s, V);
    if (status != NAV_OK) {
        return status;
    }
    const double handed = trk_determinant3(U) * trk_determinant3(V) * (mirror ? -1.0 : 1.0);
    const double last = handed < 0.0 ? -1.0 : 1.0;
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            out_R[3 * i + j] = V[3 * i] * U[3 * j] + V[3 * i + 1] * U[3 * j + 1] +
                               last * V[3 * i + 2] * U[3 * j + 2];
        }
    }
    *out_trace = s[0] + s[1] + last * s[2];
    return NAV_OK;
}

void trk_rigid_fit_residual(const struct trk_rigid_fit *fit, const double from[3],
                            const double to[3], double out_residual[3])
{
    for (int i = 0; i < 3; ++i) {
        out_residual[i] = trk_dot(&fit->R[3 * i], from) + fit->t_mm[i] - to[i];
    }
}

enum nav_status trk_rigid_fit(size_t count, const double (*from)[3], const double (*to)[3],
                              const double *weights, bool mirror, struct trk_rigid_fit *out_fit)
{
    if (count < 3) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_rigid_fit fit = {.scale = 0.0};
    double from_centre[3];
    double to_centre[3];
    enum nav_status status =
        trk_spread(count, from, weights, from_centre, fit.from_spread_mm, NULL);
    if (status == NAV_OK) {
        status = trk_spread(count, to, weights, to_centre, fit.to_spread_mm, NULL);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (!(fit.from_spread_mm[1] > line_ratio * fit.from_spread_mm[0]) ||
        !(fit.to_spread_mm[1] > line_ratio * fit.to_spread_mm[0])) {
        return NAV_ERR_CONDITION;
    }

    double H[9] = {0.0};
    double size = 0.0;
    for (size_t n = 0; n < count; ++n) {
        double p[3];
        double q[3];
        trk_subtract(from[n], from_centre, p);
        trk_subtract(to[n], to_centre, q);
        const double weight = weight_of(weights, n);
        size += weight * trk_dot(p, p);
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                H[3 * i + j] += weight * p[i] * q[j];
            }
        }
    }
    double trace;
    status = turn_of(H, mirror, fit.R, &trace);
    if (status != NAV_OK) {
        return status;
    }
    fit.scale = trace / size;
    for (int i = 0; i < 3; ++i) {
        fit.t_mm[i] = to_centre[i] - trk_dot(&fit.R[3 * i], from_centre);
    }
    double sum = 0.0;
    for (size_t n = 0; n < count; ++n) {
        double residual[3];
        trk_rigid_fit_residual(&fit, from[n], to[n], residual);
        sum += trk_dot(residual, residual);
    }
    fit.rms_mm = sqrt(sum / (double)count);
    *out_fit = fit;
    return NAV_OK;
}

enum nav_status trk_rigid_fit_pose(const struct trk_rigid_fit *fit, struct nav_pose *out_pose)
{
    return nav_pose_from_matrix(fit->R, fit->t_mm, fit_tolerance, out_pose);
}
