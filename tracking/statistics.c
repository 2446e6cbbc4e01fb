#include "statistics.h"

#include <math.h>
#include <stdbool.h>

#include "linalg.h"

enum { TERMS_MAX = 10000, HALVINGS = 200 };

static const double term_tolerance = 1e-16;
static const double tiny = 1e-300;

/* lgamma without the global sign that it writes. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* Lower regularised gamma by its series; good for x < a + 1. */
static double gamma_series(double a, double x)
{
    double term = 1.0 / a;
    double sum = term;
    for (int n = 1; n < TERMS_MAX && term > sum * term_tolerance; ++n) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * exp(a * log(x) - x - log_gamma(a));
}

/* Upper regularised gamma by its continued fraction (modified Lentz); good for x >= a + 1. */
static double gamma_fraction(double a, double x)
{
    double b = x + 1.0 - a;
    double c = 1.0 / tiny;
    double d = 1.0 / b;
    double h = d;
    for (int n = 1; n < TERMS_MAX; ++n) {
        const double numerator = -n * (n - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = b + numerator / c;
        c = fabs(c) < tiny ? tiny : c;
        const double step = d * c;
        h *= step;
        if (fabs(step - 1.0) < term_tolerance * 10.0) {
            break;
        }
    }
    return h * exp(a * log(x) - x - log_gamma(a));
}

static bool chi2_domain(double x, double dof)
{
    return isfinite(dof) && dof > 0.0 && !isnan(x);
}

double trk_chi2_below(double x, double dof)
{
    if (!chi2_domain(x, dof)) {
        return (double)NAN;
    }
    if (x <= 0.0) {
        return 0.0;
    }
    const double a = 0.5 * dof;
    return 0.5 * x < a + 1.0 ? gamma_series(a, 0.5 * x) : 1.0 - gamma_fraction(a, 0.5 * x);
}

double trk_chi2_above(double x, double dof)
{
    if (!chi2_domain(x, dof)) {
        return (double)NAN;
    }
    if (x <= 0.0) {
        return 1.0;
    }
    const double a = 0.5 * dof;
    return 0.5 * x < a + 1.0 ? 1.0 - gamma_series(a, 0.5 * x) : gamma_fraction(a, 0.5 * x);
}

double trk_chi2_quantile(double p, double dof)
{
    if (!(p > 0.0 && p < 1.0) || !chi2_domain(0.0, dof)) {
        return (double)NAN;
    }
    double low = 0.0;
    double high = dof + 1.0;
    while (trk_chi2_above(high, dof) > 1.0 - p) {
        high *= 2.0;
    }
    for (int i = 0; i < HALVINGS && high - low > 1e-14 * high; ++i) {
        const double middle = 0.5 * (low + high);
        if (trk_chi2_above(middle, dof) > 1.0 - p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < TERMS_MAX; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
        double step = 1.0;
        for (int half = 0; half < 2; ++half) {
            const double numerator = half == 0 ? even : odd;
            d = 1.0 + numerator * d;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = 1.0 + numerator / c;
            c = fabs(c) < tiny ? tiny : c;
            step = d * c;
            h *= step;
        }
        if (fabs(step - 1.0) < term_tolerance * 10.0) {
            break;
        }
    }
    return h;
}

/* Regularised incomplete beta function I_x(a, b). */
static double beta_below(double a, double b, double x)
{
    if (x <= 0.0 || x >= 1.0) {
        return x <= 0.0 ? 0.0 : 1.0;
    }
    const double front =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double trk_f_above(double x, double dof_numerator, double dof_denominator)
{
    if (!chi2_domain(x, dof_numerator) || !chi2_domain(x, dof_denominator)) {
        return (double)NAN;
    }
    if (x <= 0.0) {
        return 1.0;
    }
    return beta_below(0.5 * dof_denominator, 0.5 * dof_numerator,
                      dof_denominator / (dof_denominator + dof_numerator * x));
}

double trk_norm_quantile(const double covariance[9], double p)
{
    /* traces of the powers are the sums of the powers of the eigenvalues */
    double square[9];
    double cube[9];
    trk_multiply3(covariance, covariance, square);
    trk_multiply3(square, covariance, cube);
    const double c1 = covariance[0] + covariance[4] + covariance[8];
    const double c2 = square[0] + square[4] + square[8];
    const double c3 = cube[0] + cube[4] + cube[8];
    if (!(c3 > 0.0)) {
        return c1 == 0.0 ? 0.0 : (double)NAN;
    }
    const double dof = c2 * c2 * c2 / (c3 * c3);
    const double scale = c3 / c2;
    const double square_quantile = scale * (trk_chi2_quantile(p, dof) - dof) + c1;
    return sqrt(fmax(square_quantile, 0.0));
}
