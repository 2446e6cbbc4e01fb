/* Plane fit and the zones of ISO 1101 on a cut surface given as points. */
#include <math.h>
#include <string.h>

#include "cut_record.h"

enum {
    /* The narrowest zone is carried by four points; a few more are kept while they are sought. */
    CARRIERS_MAX = 48,
    EXCHANGES_MAX = 40,
    SECTION_STEPS = 34 /* of the golden section: an interval shrinks by 1e-7 */
};

/* Solves the 3x3 normal equations by elimination with pivoting. False: points on a line. */
static bool solve(double m[3][4], double out[3])
{
    double scale = 0.0;
    for (int i = 0; i < 3; ++i) {
        scale = fmax(scale, fabs(m[i][i]));
    }
    for (int column = 0; column < 3; ++column) {
        int pivot = column;
        for (int row = column + 1; row < 3; ++row) {
            if (fabs(m[row][column]) > fabs(m[pivot][column])) {
                pivot = row;
            }
        }
        if (!(fabs(m[pivot][column]) > 1e-9 * scale)) {
            return false;
        }
        double moved[4];
        memcpy(moved, m[pivot], sizeof(moved));
        memcpy(m[pivot], m[column], sizeof(moved));
        memcpy(m[column], moved, sizeof(moved));
        for (int row = 0; row < 3; ++row) {
            if (row != column) {
                const double factor = m[row][column] / m[column][column];
                for (int k = column; k < 4; ++k) {
                    m[row][k] -= factor * m[column][k];
                }
            }
        }
    }
    for (int i = 0; i < 3; ++i) {
        out[i] = m[i][3] / m[i][i];
    }
    return true;
}

/* Least squares about the points' middle, so that the equations are well scaled. */
static bool fit_plane(const double *uvd, size_t count, double out_plane[3])
{
    double mean[3] = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < count; ++i) {
        for (int k = 0; k < 3; ++k) {
            mean[k] += uvd[3 * i + (size_t)k] / (double)count;
        }
    }
    double m[3][4] = {{(double)count}};
    for (size_t i = 0; i < count; ++i) {
        const double u = uvd[3 * i] - mean[0], v = uvd[3 * i + 1] - mean[1];
        const double d = uvd[3 * i + 2] - mean[2];
        m[1][1] += u * u;
        m[1][2] += u * v;
        m[1][3] += u * d;
        m[2][2] += v * v;
        m[2][3] += v * d;
    }
    m[2][1] = m[1][2];
    /* the constant stands apart about the middle; it must not decide what is small */
    m[0][0] = fmax(m[1][1], m[2][2]);
    double plane[3];
    if (count < 3 || !(m[0][0] > 0.0) || !solve(m, plane)) {
        return false;
    }
    out_plane[0] = mean[2] - plane[1] * mean[0] - plane[2] * mean[1];
    out_plane[1] = plane[1];
    out_plane[2] = plane[2];
    return true;
}

/* Points by which the narrowest zone is decided. */
struct carriers {
    double uvd[CARRIERS_MAX][3];
    int count;
};

static double residual(const double uvd[3], const double slope[2])
{
    return uvd[2] - slope[0] * uvd[0] - slope[1] * uvd[1];
}

/* Width of the zone of this slope, along d. */
static double width_of(const struct carriers *carriers, const double slope[2])
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < carriers->count; ++i) {
        const double r = residual(carriers->uvd[i], slope);
        low = fmin(low, r);
        high = fmax(high, r);
    }
    return high - low;
}

/* Smallest of a convex function by golden section, which needs no slopes where it has edges. */
static double best_second(const struct carriers *carriers, double first, double span,
                          double *out_second)
{
    static const double golden = 0.6180339887498949;
    double low = -span, high = span;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = width_of(carriers, (double[2]){first, a});
    double at_b = width_of(carriers, (double[2]){first, b});
    for (int i = 0; i < SECTION_STEPS; ++i) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = width_of(carriers, (double[2]){first, a});
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = width_of(carriers, (double[2]){first, b});
        }
    }
    *out_second = 0.5 * (low + high);
    return width_of(carriers, (double[2]){first, *out_second});
}

static double best_slope(const struct carriers *carriers, double span, double out_slope[2])
{
    static const double golden = 0.6180339887498949;
    double low = -span, high = span, second;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = best_second(carriers, a, span, &second);
    double at_b = best_second(carriers, b, span, &second);
    for (int i = 0; i < SECTION_STEPS; ++i) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = best_second(carriers, a, span, &second);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = best_second(carriers, b, span, &second);
        }
    }
    out_slope[0] = 0.5 * (low + high);
    return best_second(carriers, out_slope[0], span, &out_slope[1]);
}

/* The points furthest to both sides of the plane of this slope. */
static double extremes(const double *uvd, size_t count, const double slope[2], size_t *out_low,
                       size_t *out_high)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; ++i) {
        const double r = residual(uvd + 3 * i, slope);
        if (r < low) {
            low = r;
            *out_low = i;
        }
        if (r > high) {
            high = r;
            *out_high = i;
        }
    }
    return high - low;
}

static void carry(struct carriers *carriers, const double *uvd, size_t index, const double mean[3])
{
    for (int k = 0; k < 3; ++k) {
        carriers->uvd[carriers->count][k] = uvd[3 * index + (size_t)k] - mean[k];
    }
    ++carriers->count;
}

/* Width of the narrowest zone of two parallel planes. The narrowest zone of a few points is no
 * wider than that of all; points that stick out of it join them until none does. */
static double flatness(const double *uvd, size_t count, const double plane[3])
{
    double mean[3] = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < count; ++i) {
        for (int k = 0; k < 3; ++k) {
            mean[k] += uvd[3 * i + (size_t)k] / (double)count;
        }
    }
    double slope[2] = {plane[1], plane[2]};
    struct carriers carriers = {.count = 0};
    double best = INFINITY, best_lean = 1.0;
    for (int exchange = 0; exchange < EXCHANGES_MAX; ++exchange) {
        size_t low = 0, high = 0;
        const double width = extremes(uvd, count, slope, &low, &high);
        if (width < best) {
            best = width;
            best_lean = sqrt(1.0 + slope[0] * slope[0] + slope[1] * slope[1]);
        }
        if (carriers.count + 2 > CARRIERS_MAX) {
            break;
        }
        carry(&carriers, uvd, low, mean);
        carry(&carriers, uvd, high, mean);
        if (carriers.count < 4) {
            /* two points alone fit into no width at all: begin with the extremes of turned planes
             */
            static const double turn[4][2] = {{0.05, 0}, {-0.05, 0}, {0, 0.05}, {0, -0.05}};
            for (int i = 0; i < 4; ++i) {
                const double turned[2] = {plane[1] + turn[i][0], plane[2] + turn[i][1]};
                (void)extremes(uvd, count, turned, &low, &high);
                carry(&carriers, uvd, low, mean);
                carry(&carriers, uvd, high, mean);
            }
        }
        double relative[2];
        const double possible = best_slope(&carriers, 1.0, relative);
        slope[0] = relative[0];
        slope[1] = relative[1];
        if (best - possible <= 1e-6) {
            break;
        }
    }
    return best / best_lean;
}

struct trk_cut_measures trk_cut_measure_points(const double *uvd, size_t count)
{
    struct trk_cut_measures measures = {
        .points = count,
        .plane = {NAN, NAN, NAN},
        .mean_mm = NAN,
        .location_mm = NAN,
        .parallelism_mm = NAN,
        .flatness_mm = NAN,
        .angle_deg = NAN,
    };
    if (count == 0) {
        return measures;
    }
    double low = INFINITY, high = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < count; ++i) {
        const double d = uvd[3 * i + 2];
        low = fmin(low, d);
        high = fmax(high, d);
        sum += d;
    }
    measures.mean_mm = sum / (double)count;
    measures.location_mm = fmax(fabs(low), fabs(high));
    measures.parallelism_mm = high - low;
    double plane[3];
    if (fit_plane(uvd, count, plane)) {
        measures.fitted = true;
        memcpy(measures.plane, plane, sizeof(plane));
        measures.flatness_mm = flatness(uvd, count, plane);
        measures.angle_deg = atan(sqrt(plane[1] * plane[1] + plane[2] * plane[2])) * (180.0 / M_PI);
    }
    return measures;
}
