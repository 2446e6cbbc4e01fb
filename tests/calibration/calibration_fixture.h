/* Random numbers and rigid motions that are the same on every machine, for the tests of this
 * folder. */
#ifndef CALIBRATION_FIXTURE_H
#define CALIBRATION_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nav/pose.h"

#define PI 3.14159265358979323846

#define assert_near(a, b, tolerance)                                                               \
    do {                                                                                           \
        const double near_a = (a), near_b = (b);                                                   \
        if (!(fabs(near_a - near_b) <= (tolerance))) {                                             \
            fail_msg("%.12g is not within %g of %.12g", near_a, (double)(tolerance), near_b);      \
        }                                                                                          \
    } while (0)

/* xorshift64* */
struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *dice)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * UINT64_C(0x2545F4914F6CDD1D);
}

static inline double uniform(struct dice *dice, double low, double high)
{
    return low + (high - low) * ((double)(roll(dice) >> 11) * 0x1.0p-53);
}

static inline double normal(struct dice *dice)
{
    const double radius = sqrt(-2.0 * log(1.0 - uniform(dice, 0.0, 1.0)));
    return radius * cos(uniform(dice, 0.0, 2.0 * PI));
}

static inline void direction(struct dice *dice, double out[3])
{
    double norm = 0.0;
    while (norm < 1e-3) {
        for (int i = 0; i < 3; ++i) {
            out[i] = normal(dice);
        }
        norm = sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2]);
    }
    for (int i = 0; i < 3; ++i) {
        out[i] /= norm;
    }
}

static inline struct nav_pose turn(const double axis[3], double angle_rad)
{
    const double s = sin(0.5 * angle_rad);
    return (struct nav_pose){.q = {axis[0] * s, axis[1] * s, axis[2] * s, cos(0.5 * angle_rad)}};
}

static inline struct nav_pose any_pose(struct dice *dice, double size_mm)
{
    double axis[3];
    direction(dice, axis);
    struct nav_pose pose = turn(axis, uniform(dice, 0.0, PI));
    for (int i = 0; i < 3; ++i) {
        pose.t_mm[i] = uniform(dice, -size_mm, size_mm);
    }
    return pose;
}

/* The pose as a tracker would measure it: sd_mm on each axis, sd_rad about a random axis. */
static inline struct nav_pose noisy(struct dice *dice, const struct nav_pose *pose, double sd_mm,
                                    double sd_rad)
{
    const double about[3] = {sd_rad * normal(dice), sd_rad * normal(dice), sd_rad * normal(dice)};
    const double angle = sqrt(about[0] * about[0] + about[1] * about[1] + about[2] * about[2]);
    const double axis[3] = {about[0] / angle, about[1] / angle, about[2] / angle};
    struct nav_pose moved = *pose;
    if (angle > 0.0) {
        const struct nav_pose wobble = turn(axis, angle);
        const struct nav_pose unmoved = {.q = {pose->q[0], pose->q[1], pose->q[2], pose->q[3]}};
        moved = nav_pose_compose(&unmoved, &wobble);
    }
    for (int i = 0; i < 3; ++i) {
        moved.t_mm[i] = pose->t_mm[i] + sd_mm * normal(dice);
    }
    return moved;
}

#endif
