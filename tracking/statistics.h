/* The two distributions that acceptance limits come from.
 *
 * Regularised incomplete gamma and beta functions by series and continued fraction (Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 6.5.29, 6.5.31, 26.5.8), quantiles by bisection:
 * 1e-10 relative, which is far more than a limit needs. Arguments outside the domain give NaN.
 * Pure. Thread: any. */
#ifndef TRK_STATISTICS_H
#define TRK_STATISTICS_H

/* P(X <= x) and P(X > x) of the chi-square distribution; dof > 0 need not be whole. */
double trk_chi2_below(double x, double dof);
double trk_chi2_above(double x, double dof);

/* x with P(X <= x) = p, 0 < p < 1. */
double trk_chi2_quantile(double p, double dof);

/* P(X > x) of the F distribution. */
double trk_f_above(double x, double dof_numerator, double dof_denominator);

/* Quantile of |e| where e is normal with the given covariance (row-major, symmetric): by matching
 * the first three moments of |e|^2 with a shifted chi-square (J.-T. Zhang, JASA 100, 2005). */
double trk_norm_quantile(const double covariance[9], double p);

#endif
