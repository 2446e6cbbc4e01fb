/* Three-vectors for the display's geometry. All pure. */
#ifndef RND_VECTOR_H
#define RND_VECTOR_H

#include <math.h>
#include <stdbool.h>

static inline double rnd_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void rnd_sub(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] - b[i];
    }
}

/* `out` is neither `a` nor `b`. */
static inline void rnd_cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static inline double rnd_length(const double v[3])
{
    return sqrt(rnd_dot(v, v));
}

/* False, and `v` untouched, where it has no direction. */
static inline bool rnd_normalize(double v[3])
{
    const double length = rnd_length(v);
    if (!(length > 1e-12) || !isfinite(length)) {
        return false;
    }
    for (int i = 0; i < 3; ++i) {
        v[i] /= length;
    }
    return true;
}

#endif
