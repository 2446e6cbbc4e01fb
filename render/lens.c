#include "lens.h"

#include <math.h>
#include <stddef.h>

/* Newton's steps for the inverse of the distortion; real lenses need three to six. */
enum { UNDISTORT_STEPS = 30, RECTIFY_SAMPLES = 65 };
static const double UNDISTORT_DONE_PX = 1e-9;
static const double ASPECT_TOLERANCE = 0.01;

bool rnd_lens_is_valid(const struct rnd_lens *lens)
{
    if (lens->width_px <= 0 || lens->height_px <= 0) {
        return false;
    }
    for (int i = 0; i < RND_LENS_COEFFICIENTS; ++i) {
        if (!isfinite(lens->k[i])) {
            return false;
        }
    }
    return isfinite(lens->fx_px) && isfinite(lens->fy_px) && lens->fx_px > 0 && lens->fy_px > 0 &&
           isfinite(lens->cx_px) && isfinite(lens->cy_px) &&
           fabs(lens->cx_px - lens->width_px / 2.0) <= lens->width_px &&
           fabs(lens->cy_px - lens->height_px / 2.0) <= lens->height_px;
}

/* Where the ray (x, y) goes, and the derivatives of that. */
static void distort(const double k[RND_LENS_COEFFICIENTS], double x, double y, double out[2],
                    double jacobian[4])
{
    const double r2 = x * x + y * y;
    const double above = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]));
    const double below = 1 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]));
    const double above_slope = k[0] + r2 * (2 * k[1] + r2 * 3 * k[4]);
    const double below_slope = k[5] + r2 * (2 * k[6] + r2 * 3 * k[7]);
    const double d = above / below;
    const double slope = (above_slope * below - above * below_slope) / (below * below);
    const double p1 = k[2];
    const double p2 = k[3];
    out[0] = x * d + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
    out[1] = y * d + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
    jacobian[0] = d + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x;
    jacobian[1] = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y;
    jacobian[2] = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y;
    jacobian[3] = d + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x;
}

/* Beyond the radius where the distorted one stops growing, two rays share a pixel. */
static bool folds_back(const double jacobian[4])
{
    const double determinant = jacobian[0] * jacobian[3] - jacobian[1] * jacobian[2];
    return !(determinant > 0 && jacobian[0] > 0 && jacobian[3] > 0);
}

bool rnd_lens_project(const struct rnd_lens *lens, const double point_mm[3], double out_px[2])
{
    out_px[0] = NAN;
    out_px[1] = NAN;
    if (!(point_mm[2] > 0) || !isfinite(point_mm[0]) || !isfinite(point_mm[1])) {
        return false;
    }
    double distorted[2];
    double jacobian[4];
    distort(lens->k, point_mm[0] / point_mm[2], point_mm[1] / point_mm[2], distorted, jacobian);
    if (folds_back(jacobian)) {
        return false;
    }
    out_px[0] = lens->fx_px * distorted[0] + lens->cx_px;
    out_px[1] = lens->fy_px * distorted[1] + lens->cy_px;
    return true;
}

bool rnd_lens_undistort(const struct rnd_lens *lens, const double px[2], double out_ray[2])
{
    const double wanted[2] = {(px[0] - lens->cx_px) / lens->fx_px,
                              (px[1] - lens->cy_px) / lens->fy_px};
    double ray[2] = {wanted[0], wanted[1]};
    for (int step = 0; step < UNDISTORT_STEPS; ++step) {
        double distorted[2];
        double jacobian[4];
        distort(lens->k, ray[0], ray[1], distorted, jacobian);
        if (folds_back(jacobian)) {
            /* The start lies beyond the fold: come in towards the middle. */
            ray[0] *= 0.8;
            ray[1] *= 0.8;
            continue;
        }
        const double off[2] = {wanted[0] - distorted[0], wanted[1] - distorted[1]};
        if (fmax(fabs(off[0]) * lens->fx_px, fabs(off[1]) * lens->fy_px) < UNDISTORT_DONE_PX) {
            out_ray[0] = ray[0];
            out_ray[1] = ray[1];
            return true;
        }
        const double determinant = jacobian[0] * jacobian[3] - jacobian[1] * jacobian[2];
        ray[0] += (jacobian[3] * off[0] - jacobian[1] * off[1]) / determinant;
        ray[1] += (jacobian[0] * off[1] - jacobian[2] * off[0]) / determinant;
    }
    out_ray[0] = NAN;
    out_ray[1] = NAN;
    return false;
}

/* Narrows `io_low` or `io_high` to what the pixel's ray reaches. */
static void keep_inside(const struct rnd_lens *lens, double u, double v, int axis, bool low,
                        double *io_bound)
{
    double ray[2];
    const double px[2] = {u, v};
    if (rnd_lens_undistort(lens, px, ray)) {
        *io_bound = low ? fmax(*io_bound, ray[axis]) : fmin(*io_bound, ray[axis]);
    }
}

struct rnd_lens rnd_lens_rectified(const struct rnd_lens *lens)
{
    const double right = lens->width_px - 1.0;
    const double bottom = lens->height_px - 1.0;
    double low[2] = {-INFINITY, -INFINITY};
    double high[2] = {INFINITY, INFINITY};
    for (int i = 0; i < RECTIFY_SAMPLES; ++i) {
        const double u = right * i / (RECTIFY_SAMPLES - 1);
        const double v = bottom * i / (RECTIFY_SAMPLES - 1);
        keep_inside(lens, 0, v, 0, true, &low[0]);
        keep_inside(lens, right, v, 0, false, &high[0]);
        keep_inside(lens, u, 0, 1, true, &low[1]);
        keep_inside(lens, u, bottom, 1, false, &high[1]);
    }
    struct rnd_lens rectified = *lens;
    for (int i = 0; i < RND_LENS_COEFFICIENTS; ++i) {
        rectified.k[i] = 0;
    }
    if (!(high[0] > low[0]) || !(high[1] > low[1]) || !isfinite(high[0] - low[0]) ||
        !isfinite(high[1] - low[1])) {
        return rectified;
    }
    rectified.fx_px = right / (high[0] - low[0]);
    rectified.fy_px = bottom / (high[1] - low[1]);
    rectified.cx_px = -low[0] * rectified.fx_px;
    rectified.cy_px = -low[1] * rectified.fy_px;
    return rectified;
}

enum nav_status rnd_lens_scaled(const struct rnd_lens *lens, int width_px, int height_px,
                                struct rnd_lens *out_lens)
{
    if (width_px <= 0 || height_px <= 0 || lens->width_px <= 0 || lens->height_px <= 0) {
        return NAV_ERR_ARGUMENT;
    }
    const double sx = (double)width_px / lens->width_px;
    const double sy = (double)height_px / lens->height_px;
    if (fabs(sx / sy - 1) > ASPECT_TOLERANCE) {
        return NAV_ERR_REFUSED;
    }
    struct rnd_lens scaled = *lens;
    scaled.width_px = width_px;
    scaled.height_px = height_px;
    scaled.fx_px *= sx;
    scaled.fy_px *= sy;
    /* The picture's edge, not the middle of its first pixel, stays where it is. */
    scaled.cx_px = (lens->cx_px + 0.5) * sx - 0.5;
    scaled.cy_px = (lens->cy_px + 0.5) * sy - 0.5;
    scaled.rms_px *= sx;
    *out_lens = scaled;
    return NAV_OK;
}

void rnd_lens_projection(const struct rnd_lens *lens, double near_mm, double far_mm,
                         double out_matrix[16])
{
    for (int i = 0; i < 16; ++i) {
        out_matrix[i] = 0;
    }
    out_matrix[0] = 2 * lens->fx_px / lens->width_px;
    out_matrix[2] = 1 - 2 * (lens->cx_px + 0.5) / lens->width_px;
    out_matrix[5] = 2 * lens->fy_px / lens->height_px;
    out_matrix[6] = 2 * (lens->cy_px + 0.5) / lens->height_px - 1;
    out_matrix[10] = -(far_mm + near_mm) / (far_mm - near_mm);
    out_matrix[11] = -2 * far_mm * near_mm / (far_mm - near_mm);
    out_matrix[14] = -1;
}

double rnd_lens_mm_of_px(const struct rnd_lens *lens, double error_px, double depth_mm)
{
    return depth_mm * error_px / fmin(lens->fx_px, lens->fy_px);
}
