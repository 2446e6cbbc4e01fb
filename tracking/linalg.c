#include "linalg.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <lapacke.h>

enum { SMALL_MAX = 8 };

static const double rank_tolerance = 1e-12;

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static enum nav_status status_of(lapack_int info)
{
    if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR) {
        return NAV_ERR_MEMORY;
    }
    return info == 0 ? NAV_OK : (info < 0 ? NAV_ERR_ARGUMENT : NAV_ERR_CONDITION);
}

enum nav_status trk_svd3(const double A[9], double out_U[9], double out_s[3], double out_V[9])
{
    if (!all_finite(A, 9)) {
        return NAV_ERR_NOT_FINITE;
    }
    double work[9];
    double U[9];
    double s[3];
    double Vt[9];
    double superdiagonal[2];
    memcpy(work, A, sizeof(work));
    const enum nav_status status = status_of(
        LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'A', 'A', 3, 3, work, 3, s, U, 3, Vt, 3, superdiagonal));
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_U, U, sizeof(U));
    memcpy(out_s, s, sizeof(s));
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            out_V[3 * i + j] = Vt[3 * j + i];
        }
    }
    return NAV_OK;
}

enum nav_status trk_eigen_symmetric(size_t n, const double *A, double *out_values,
                                    double *out_vectors)
{
    if (n == 0 || n > SMALL_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    if (!all_finite(A, n * n)) {
        return NAV_ERR_NOT_FINITE;
    }
    double vectors[SMALL_MAX * SMALL_MAX];
    double values[SMALL_MAX];
    memcpy(vectors, A, n * n * sizeof(double));
    const lapack_int order = (lapack_int)n;
    const enum nav_status status =
        status_of(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', order, vectors, order, values));
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_values, values, n * sizeof(double));
    memcpy(out_vectors, vectors, n * n * sizeof(double));
    return NAV_OK;
}

enum nav_status trk_least_squares(size_t rows, size_t columns, double *A, double *b, double *out_x,
                                  double *out_s)
{
    if (columns == 0 || rows < columns) {
        return NAV_ERR_ARGUMENT;
    }
    if (!all_finite(A, rows * columns) || !all_finite(b, rows)) {
        return NAV_ERR_NOT_FINITE;
    }
    lapack_int rank;
    const enum nav_status status =
        status_of(LAPACKE_dgelss(LAPACK_ROW_MAJOR, (lapack_int)rows, (lapack_int)columns, 1, A,
                                 (lapack_int)columns, b, 1, out_s, rank_tolerance, &rank));
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_x, b, columns * sizeof(double));
    return NAV_OK;
}

enum nav_status trk_solve_definite(size_t n, const double *A, const double *b, double *out_x,
                                   double *out_inverse)
{
    if (n == 0 || n > SMALL_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    if (!all_finite(A, n * n) || !all_finite(b, n)) {
        return NAV_ERR_NOT_FINITE;
    }
    double factor[SMALL_MAX * SMALL_MAX];
    double x[SMALL_MAX];
    memcpy(factor, A, n * n * sizeof(double));
    memcpy(x, b, n * sizeof(double));
    const lapack_int order = (lapack_int)n;
    enum nav_status status =
        status_of(LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', order, 1, factor, order, x, 1));
    if (status == NAV_OK && out_inverse != NULL) {
        status = status_of(LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', order, factor, order));
    }
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_x, x, n * sizeof(double));
    for (size_t i = 0; out_inverse != NULL && i < n; ++i) {
        for (size_t j = 0; j < n; ++j) {
            out_inverse[n * i + j] = i <= j ? factor[n * i + j] : factor[n * j + i];
        }
    }
    return NAV_OK;
}

double trk_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double trk_norm(const double a[3])
{
    return sqrt(trk_dot(a, a));
}

double trk_distance(const double a[3], const double b[3])
{
    double d[3];
    trk_subtract(a, b, d);
    return trk_norm(d);
}

void trk_cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

void trk_subtract(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] - b[i];
    }
}

enum nav_status trk_normalise(double a[3])
{
    const double norm = trk_norm(a);
    if (!isfinite(norm) || norm == 0.0) {
        return NAV_ERR_CONDITION;
    }
    for (int i = 0; i < 3; ++i) {
        a[i] /= norm;
    }
    return NAV_OK;
}

void trk_multiply3(const double A[9], const double B[9], double out[9])
{
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            out[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
        }
    }
}

double trk_determinant3(const double A[9])
{
    return A[0] * (A[4] * A[8] - A[5] * A[7]) - A[1] * (A[3] * A[8] - A[5] * A[6]) +
           A[2] * (A[3] * A[7] - A[4] * A[6]);
}
