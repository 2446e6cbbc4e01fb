/* Building blocks of signed distance fields: vectors, smooth set operations, primitives, noise.
 *
 * A field is negative inside, positive outside, zero on the surface; mm. Only `sdf_sphere`,
 * `sdf_capsule` and `sdf_box` are exact distances; the others have a slope near one close to the
 * surface, which is all that surface extraction, offsets of a few mm and blending need.
 * Smooth minimum and maximum: quadratic polynomial blend over a width `k`, exact where the operands
 * differ by k or more. All functions are pure. Thread: any. */
#ifndef PREPARE_SDF_H
#define PREPARE_SDF_H

#include <math.h>
#include <stdint.h>

static inline double sdf_min(double a, double b)
{
    return a < b ? a : b;
}

static inline double sdf_max(double a, double b)
{
    return a > b ? a : b;
}

static inline double sdf_clamp(double value, double low, double high)
{
    return value < low ? low : (value > high ? high : value);
}

static inline double sdf_mix(double a, double b, double t)
{
    return a + (b - a) * t;
}

static inline double sdf_smoothstep(double edge0, double edge1, double value)
{
    const double t = sdf_clamp((value - edge0) / (edge1 - edge0), 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}

/* A bell of height 1 at 0. */
static inline double sdf_bell(double offset, double sigma)
{
    const double q = offset / sigma;
    return exp(-0.5 * q * q);
}

static inline double sdf_union(double a, double b, double k)
{
    const double h = sdf_max(k - fabs(a - b), 0.0);
    return sdf_min(a, b) - h * h / (4.0 * k);
}

static inline double sdf_intersect(double a, double b, double k)
{
    const double h = sdf_max(k - fabs(a - b), 0.0);
    return sdf_max(a, b) + h * h / (4.0 * k);
}

/* a without b. */
static inline double sdf_subtract(double a, double b, double k)
{
    return sdf_intersect(a, -b, k);
}

static inline double sdf_length3(double x, double y, double z)
{
    return sqrt(x * x + y * y + z * z);
}

static inline double sdf_sphere(const double p[3], const double centre[3], double radius)
{
    return sdf_length3(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) - radius;
}

/* Ellipsoid by first-order distance: the implicit value divided by its gradient. */
static inline double sdf_ellipsoid(const double p[3], double cx, double cy, double cz, double rx,
                                   double ry, double rz)
{
    const double x = (p[0] - cx) / rx;
    const double y = (p[1] - cy) / ry;
    const double z = (p[2] - cz) / rz;
    const double level = sdf_length3(x, y, z);
    const double slope = sdf_length3(x / rx, y / ry, z / rz);
    return slope > 1e-9 ? level * (level - 1.0) / slope : -sdf_min(rx, sdf_min(ry, rz));
}

/* Capsule from a to b whose radius goes linearly from ra to rb. */
static inline double sdf_capsule(const double p[3], const double a[3], const double b[3], double ra,
                                 double rb)
{
    const double abx = b[0] - a[0], aby = b[1] - a[1], abz = b[2] - a[2];
    const double apx = p[0] - a[0], apy = p[1] - a[1], apz = p[2] - a[2];
    const double square = abx * abx + aby * aby + abz * abz;
    const double t =
        square > 0.0 ? sdf_clamp((apx * abx + apy * aby + apz * abz) / square, 0.0, 1.0) : 0.0;
    return sdf_length3(apx - t * abx, apy - t * aby, apz - t * abz) - sdf_mix(ra, rb, t);
}

/* Distance to an axis-aligned box: 0 on and inside it. */
static inline double sdf_outside_box(const double p[3], const double low[3], const double high[3])
{
    double square = 0.0;
    for (int i = 0; i < 3; ++i) {
        const double d = sdf_max(sdf_max(low[i] - p[i], p[i] - high[i]), 0.0);
        square += d * d;
    }
    return sqrt(square);
}

/* Integer hash (finaliser of a 64-bit mixer: two multiply-xorshift rounds). */
static inline uint64_t sdf_hash(uint64_t value)
{
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93ULL;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93ULL;
    value ^= value >> 32;
    return value;
}

/* Uniform in [0, 1). */
static inline double sdf_hash_unit(uint64_t value)
{
    return (double)(sdf_hash(value) >> 11) * 0x1p-53;
}

/* Smooth value noise in [-1, 1] with lattice spacing 1; second derivatives are continuous. */
double sdf_noise(uint64_t seed, double x, double y, double z);

#endif
