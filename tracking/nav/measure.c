#include "measure.h"

#include <math.h>
#include <string.h>

static const double farthest_mm = 10000.0;
enum { DIGITS_MAX = 12 }; /* of one number: no more are told apart */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "-12.5": digits on both sides of a point, or no point. Moves on behind it. */
static bool read_number(const char **at, double *out_value)
{
    const char *c = *at;
    const bool negative = *c == '-';
    c += negative;
    double value = 0.0;
    double scale = 1.0;
    int digits = 0;
    bool fraction = false;
    if (!is_digit(*c)) {
        return false;
    }
    for (; is_digit(*c) || (*c == '.' && !fraction); ++c) {
        if (*c == '.') {
            fraction = true;
            continue;
        }
        if (++digits > DIGITS_MAX) {
            return false;
        }
        value = 10.0 * value + (*c - '0');
        scale *= fraction ? 10.0 : 1.0;
    }
    if (c[-1] == '.') {
        return false;
    }
    value /= scale;
    if (value > farthest_mm) {
        return false;
    }
    *out_value = negative ? -value : value;
    *at = c;
    return true;
}

static bool read_point(const char **at, double out_mm[3])
{
    for (int axis = 0; axis < 3; ++axis) {
        if (axis > 0 && *(*at)++ != ',') {
            return false;
        }
        if (!read_number(at, &out_mm[axis])) {
            return false;
        }
    }
    return true;
}

bool nav_measure_read(const char *text, struct nav_measure *out_measure)
{
    struct nav_measure read = {0};
    const char *at = text;
    for (;;) {
        at += strspn(at, " ");
        if (*at == '\0') {
            break;
        }
        if (read.count == NAV_MEASURE_POINTS_MAX || !read_point(&at, read.points_mm[read.count]) ||
            (*at != ' ' && *at != '\0')) {
            return false;
        }
        ++read.count;
    }
    if (read.count < 2) {
        return false;
    }
    *out_measure = read;
    return true;
}

double nav_measure_value(const struct nav_measure *measure)
{
    static const double nearest_mm = 1e-6;
    double arms[2][3];
    double dot = 0.0;
    double square[2] = {0.0, 0.0};
    if (measure->count < 2 || measure->count > NAV_MEASURE_POINTS_MAX) {
        return (double)NAN;
    }
    const double(*points)[3] = measure->points_mm;
    for (int axis = 0; axis < 3; ++axis) {
        arms[0][axis] = points[0][axis] - points[1][axis];
        arms[1][axis] = measure->count > 2 ? points[2][axis] - points[1][axis] : 0.0;
        square[0] += arms[0][axis] * arms[0][axis];
        square[1] += arms[1][axis] * arms[1][axis];
        dot += arms[0][axis] * arms[1][axis];
    }
    if (measure->count == 2) {
        return sqrt(square[0]);
    }
    if (square[0] < nearest_mm * nearest_mm || square[1] < nearest_mm * nearest_mm) {
        return (double)NAN;
    }
    /* By the arctangent of cross and dot product: exact near 0 and 180 degrees, too. */
    double cross = 0.0;
    for (int axis = 0; axis < 3; ++axis) {
        const int j = (axis + 1) % 3;
        const int k = (axis + 2) % 3;
        const double part = arms[0][j] * arms[1][k] - arms[0][k] * arms[1][j];
        cross += part * part;
    }
    return atan2(sqrt(cross), dot) * 180.0 / M_PI;
}
