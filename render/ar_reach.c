#include "ar_reach.h"

#include <math.h>

enum { CORNERS_MIN = 4 };

/* d = shift + growth * (p - middle) + turn * (p - middle turned by 90 degrees). */
struct drift {
    double middle[2], shift[2];
    double growth, turn;
};

/* A ray as pixels from the lens's axis: distances in it are those of the picture's middle. */
static void flat_px(const struct rnd_lens *lens, const double ray[2], double out[2])
{
    out[0] = ray[0] * lens->fx_px;
    out[1] = ray[1] * lens->fy_px;
}

static bool ahead_px(const struct rnd_lens *lens, const double point_mm[3], double out[2])
{
    if (!(point_mm[2] > 0)) {
        return false;
    }
    const double ray[2] = {point_mm[0] / point_mm[2], point_mm[1] / point_mm[2]};
    flat_px(lens, ray, out);
    return true;
}

/* Where a corner should be and how far the picture shows it from there. */
static bool error_of(const struct rnd_lens *lens, const struct rnd_ar_corner *corner, double at[2],
                     double off[2])
{
    double ray[2];
    double seen[2];
    if (!ahead_px(lens, corner->point_mm, at) || !rnd_lens_undistort(lens, corner->px, ray)) {
        return false;
    }
    flat_px(lens, ray, seen);
    off[0] = seen[0] - at[0];
    off[1] = seen[1] - at[1];
    return true;
}

static bool fit(const struct rnd_lens *lens, const struct rnd_ar_corner *corners, size_t count,
                struct drift *out)
{
    struct drift drift = {.growth = 0};
    for (size_t i = 0; i < count; ++i) {
        double at[2];
        double off[2];
        if (!error_of(lens, &corners[i], at, off)) {
            return false;
        }
        for (int k = 0; k < 2; ++k) {
            drift.middle[k] += at[k] / (double)count;
            drift.shift[k] += off[k] / (double)count;
        }
    }
    double spread = 0;
    for (size_t i = 0; i < count; ++i) {
        double at[2];
        double off[2];
        if (!error_of(lens, &corners[i], at, off)) {
            return false;
        }
        const double x = at[0] - drift.middle[0];
        const double y = at[1] - drift.middle[1];
        drift.growth += x * off[0] + y * off[1];
        drift.turn += x * off[1] - y * off[0];
        spread += x * x + y * y;
    }
    if (!(spread > 1)) {
        return false;
    }
    drift.growth /= spread;
    drift.turn /= spread;
    *out = drift;
    return true;
}

static bool in_picture(const struct rnd_lens *lens, const double point_mm[3])
{
    double px[2];
    return rnd_lens_project(lens, point_mm, px) && px[0] >= 0 && px[1] >= 0 &&
           px[0] <= lens->width_px - 1 && px[1] <= lens->height_px - 1;
}

bool rnd_ar_reach(const struct rnd_lens *lens, const struct rnd_ar_corner *corners, size_t count,
                  const double (*targets_mm)[3], size_t target_count, double *out_px,
                  double *out_mm)
{
    struct drift drift;
    *out_px = 0;
    *out_mm = 0;
    if (count < CORNERS_MIN || !fit(lens, corners, count, &drift)) {
        return false;
    }
    bool any = false;
    for (size_t i = 0; i < target_count; ++i) {
        double at[2];
        if (!in_picture(lens, targets_mm[i]) || !ahead_px(lens, targets_mm[i], at)) {
            continue;
        }
        const double x = at[0] - drift.middle[0];
        const double y = at[1] - drift.middle[1];
        const double off_px = hypot(drift.shift[0] + drift.growth * x - drift.turn * y,
                                    drift.shift[1] + drift.growth * y + drift.turn * x);
        *out_px = fmax(*out_px, off_px);
        *out_mm = fmax(*out_mm, rnd_lens_mm_of_px(lens, off_px, targets_mm[i][2]));
        any = true;
    }
    return any;
}
