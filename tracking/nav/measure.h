/* A measurement between points of the image: two give a distance, three the angle at the second.
 *
 * Image space, LPS mm. As text, in orders and answers: points apart by blanks, each three decimals
 * apart by commas, "10.5,-20,30 12,-18.25,30". Pure. Thread: any. */
#ifndef NAV_MEASURE_H
#define NAV_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

enum { NAV_MEASURE_POINTS_MAX = 3 };

struct nav_measure {
    size_t count;
    double points_mm[NAV_MEASURE_POINTS_MAX][3];
};

/* False where the text is not two or three such points, or a number is beyond +-10000 mm; `out` is
 * then untouched. No locale, no exponents, no NaN. */
bool nav_measure_read(const char *text, struct nav_measure *out_measure);

/* mm of two points; degrees of three, 0 to 180. NaN: another count, or an angle at a point that is
 * one of the others. */
double nav_measure_value(const struct nav_measure *measure);

#endif
