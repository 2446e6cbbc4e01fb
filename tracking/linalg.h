/* Small dense linear algebra: LAPACK under one roof, row-major, checked.
 *
 * For calibration and registration, which run before or beside navigation: LAPACK allocates. No
 * function here is on the way of a live pose. Inputs that are not finite give NAV_ERR_NOT_FINITE;
 * NAV_ERR_MEMORY, NAV_ERR_CONDITION (no convergence). Outputs are untouched on failure unless a
 * function says otherwise. Thread: any. */
#ifndef TRK_LINALG_H
#define TRK_LINALG_H

#include <stddef.h>

#include "nav/status.h"

/* Singular values of a 3x3 matrix, largest first: A = U diag(s) V'. */
NAV_MUST_USE enum nav_status trk_svd3(const double A[9], double out_U[9], double out_s[3],
                                      double out_V[9]);

/* Eigenvalues, smallest first, and unit eigenvectors (column k of `out_vectors` belongs to value k)
 * of a symmetric n x n matrix, n <= 8. */
NAV_MUST_USE enum nav_status trk_eigen_symmetric(size_t n, const double *A, double *out_values,
                                                 double *out_vectors);

/* Least squares: x (columns) minimises |A x - b|, A is rows x columns, by SVD. Uses up `A` and `b`
 * as work space, whatever the status. `out_s`: the singular values of A, largest first. A direction
 * whose singular value is below 1e-12 of the largest is not moved along. rows >= columns. */
NAV_MUST_USE enum nav_status trk_least_squares(size_t rows, size_t columns, double *A, double *b,
                                               double *out_x, double *out_s);

/* Solves the symmetric positive definite n x n system A x = b, n <= 8, and gives the inverse of A
 * where `out_inverse` is not NULL. NAV_ERR_CONDITION: not positive definite. */
NAV_MUST_USE enum nav_status trk_solve_definite(size_t n, const double *A, const double *b,
                                                double *out_x, double *out_inverse);

/* Short vectors. */
double trk_dot(const double a[3], const double b[3]);
double trk_norm(const double a[3]);
double trk_distance(const double a[3], const double b[3]);
void trk_cross(const double a[3], const double b[3], double out[3]); /* `out` is neither a nor b */
void trk_subtract(const double a[3], const double b[3], double out[3]);
/* Scales to unit length; NAV_ERR_CONDITION where the length is zero or not finite. */
NAV_MUST_USE enum nav_status trk_normalise(double a[3]);

/* C = A B of 3x3 matrices; `out` is neither. */
void trk_multiply3(const double A[9], const double B[9], double out[9]);
double trk_determinant3(const double A[9]);

#endif
