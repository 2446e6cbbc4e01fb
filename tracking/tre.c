#include "tre.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "rigid_fit.h"
#include "statistics.h"

enum { SIX = 6 };

/* How a small turn and shift about the centre move a point: [-[d]x | I], 3x6. */
static void motion_of(const double point[3], const double centre[3], double out_J[18])
{
    double d[3];
    trk_subtract(point, centre, d);
    const double J[18] = {
        0.0,   d[2],  -d[1], 1.0, 0.0, 0.0, /* */
        -d[2], 0.0,   d[0],  0.0, 1.0, 0.0, /* */
        d[1],  -d[0], 0.0,   0.0, 0.0, 1.0,
    };
    memcpy(out_J, J, sizeof(J));
}

/* sum += J' A J with A 3x3. */
static void add_projected(const double J[18], const double A[9], double sum[36])
{
    double AJ[18];
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < SIX; ++j) {
            AJ[SIX * i + j] =
                A[3 * i] * J[j] + A[3 * i + 1] * J[SIX + j] + A[3 * i + 2] * J[2 * SIX + j];
        }
    }
    for (int i = 0; i < SIX; ++i) {
        for (int j = 0; j < SIX; ++j) {
            sum[SIX * i + j] +=
                J[i] * AJ[j] + J[SIX + i] * AJ[SIX + j] + J[2 * SIX + i] * AJ[2 * SIX + j];
        }
    }
}

static void multiply6(const double A[36], const double B[36], double out[36])
{
    for (int i = 0; i < SIX; ++i) {
        for (int j = 0; j < SIX; ++j) {
            double sum = 0.0;
            for (int k = 0; k < SIX; ++k) {
                sum += A[SIX * i + k] * B[SIX * k + j];
            }
            out[SIX * i + j] = sum;
        }
    }
}

enum nav_status trk_tre_model_init(size_t count, const double (*points)[3],
                                   const double (*covariances)[9], const double (*weights)[9],
                                   struct trk_tre_model *out_model)
{
    if (count < 3) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_tre_model model;
    double spread[3];
    enum nav_status status = trk_spread(count, points, NULL, model.centre_mm, spread, NULL);
    if (status != NAV_OK) {
        return status;
    }
    static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double information[36] = {0.0};
    double doubt[36] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        const double *W = weights != NULL ? weights[n] : identity;
        double Wt[9];
        double WtW[9];
        double half[9];
        double WCW[9];
        double J[18];
        for (int i = 0; i < 9; ++i) {
            Wt[i] = W[3 * (i % 3) + i / 3];
        }
        trk_multiply3(Wt, W, WtW);
        trk_multiply3(WtW, covariances[n], half);
        trk_multiply3(half, WtW, WCW);
        motion_of(points[n], model.centre_mm, J);
        add_projected(J, WtW, information);
        add_projected(J, WCW, doubt);
    }
    const double zero[SIX] = {0.0};
    double unused[SIX];
    double inverse[36];
    double half[36];
    status = trk_solve_definite(SIX, information, zero, unused, inverse);
    if (status != NAV_OK) {
        return status;
    }
    multiply6(inverse, doubt, half);
    multiply6(half, inverse, model.covariance);
    *out_model = model;
    return NAV_OK;
}

enum nav_status trk_tre_model_isotropic(size_t count, const double (*points)[3],
                                        const double *fle_mm, struct trk_tre_model *out_model)
{
    if (count < 3) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_tre_model model;
    double spread[3];
    enum nav_status status = trk_spread(count, points, NULL, model.centre_mm, spread, NULL);
    if (status != NAV_OK) {
        return status;
    }
    /* with the weights 1 / fle the doubt is a third of the information */
    double information[36] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        if (!(fle_mm[n] > 0.0)) {
            return NAV_ERR_ARGUMENT;
        }
        const double weight = 1.0 / (fle_mm[n] * fle_mm[n]);
        const double W[9] = {weight, 0, 0, 0, weight, 0, 0, 0, weight};
        double J[18];
        motion_of(points[n], model.centre_mm, J);
        add_projected(J, W, information);
    }
    const double zero[SIX] = {0.0};
    double unused[SIX];
    status = trk_solve_definite(SIX, information, zero, unused, model.covariance);
    if (status != NAV_OK) {
        return status;
    }
    for (int i = 0; i < SIX * SIX; ++i) {
        model.covariance[i] /= 3.0;
    }
    *out_model = model;
    return NAV_OK;
}

void trk_tre_covariance(const struct trk_tre_model *model, const double target_mm[3],
                        double out_covariance[9])
{
    double J[18];
    motion_of(target_mm, model->centre_mm, J);
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            double sum = 0.0;
            for (int k = 0; k < SIX; ++k) {
                for (int l = 0; l < SIX; ++l) {
                    sum += J[SIX * i + k] * model->covariance[SIX * k + l] * J[SIX * j + l];
                }
            }
            out_covariance[3 * i + j] = sum;
        }
    }
}

double trk_tre_rms(const struct trk_tre_model *model, const double target_mm[3])
{
    double covariance[9];
    trk_tre_covariance(model, target_mm, covariance);
    return sqrt(covariance[0] + covariance[4] + covariance[8]);
}

double trk_tre_95(const struct trk_tre_model *model, const double target_mm[3])
{
    double covariance[9];
    trk_tre_covariance(model, target_mm, covariance);
    return trk_norm_quantile(covariance, 0.95);
}

enum nav_status trk_tre_rms_ref(size_t count, const double (*points)[3], double fle_mm,
                                const double target_mm[3], double *out_rms_mm)
{
    double centre[3];
    double spread[3];
    double axes[9];
    const enum nav_status status = trk_spread(count, points, NULL, centre, spread, axes);
    if (status != NAV_OK) {
        return status;
    }
    double r[3];
    trk_subtract(target_mm, centre, r);
    double sum = 0.0;
    for (int k = 0; k < 3; ++k) {
        const double along = trk_dot(&axes[3 * k], r);
        const double d2 = trk_dot(r, r) - along * along;
        const double f2 = spread[0] * spread[0] + spread[1] * spread[1] + spread[2] * spread[2] -
                          spread[k] * spread[k];
        if (!(f2 > 0.0)) {
            return NAV_ERR_CONDITION;
        }
        sum += d2 / f2;
    }
    *out_rms_mm = fle_mm * sqrt((1.0 + sum / 3.0) / (double)count);
    return NAV_OK;
}
