#include "cut_plane.h"

#include <math.h>

/* Places that stand still this exactly are no noise but a calculation. */
static const double variance_min_mm2 = 1e-12;

void trk_plane_add(struct trk_plane_sums *sums, double u, double v, double d)
{
    sums->count += 1.0;
    sums->u += u;
    sums->v += v;
    sums->d += d;
    sums->uu += u * u;
    sums->uv += u * v;
    sums->vv += v * v;
    sums->ud += u * d;
    sums->vd += v * d;
    sums->dd += d * d;
}

void trk_face_add(struct trk_face_sums *sums, double slope_u, double slope_v)
{
    const double slopes[2] = {slope_u, slope_v};
    sums->count += 1.0;
    for (int i = 0; i < 2; ++i) {
        sums->slope[i] += slopes[i];
        sums->square[i] += slopes[i] * slopes[i];
    }
}

/* A symmetric matrix and a right side, both about the middle of the points. */
struct normal_equations {
    double uu, uv, vv;
    double ud, vd;
    double dd;
};

static struct normal_equations about_middle(const struct trk_plane_sums *sums)
{
    const double n = sums->count;
    return (struct normal_equations){.uu = fmax(sums->uu - sums->u * sums->u / n, 0.0),
                                     .uv = sums->uv - sums->u * sums->v / n,
                                     .vv = fmax(sums->vv - sums->v * sums->v / n, 0.0),
                                     .ud = sums->ud - sums->u * sums->d / n,
                                     .vd = sums->vd - sums->v * sums->d / n,
                                     .dd = fmax(sums->dd - sums->d * sums->d / n, 0.0)};
}

static void solve(const struct normal_equations *equations, double ridge, double out_slope[2])
{
    const double uu = equations->uu + ridge, vv = equations->vv + ridge;
    const double determinant = uu * vv - equations->uv * equations->uv;
    out_slope[0] = out_slope[1] = 0.0;
    if (determinant > 0.0) {
        out_slope[0] = (vv * equations->ud - equations->uv * equations->vd) / determinant;
        out_slope[1] = (uu * equations->vd - equations->uv * equations->ud) / determinant;
    }
}

/* In a direction in which the points are all at one place the slope is 0. */
static void fit_slopes(const struct normal_equations *equations, double out_slope[2])
{
    solve(equations, 1e-12 * (equations->uu + equations->vv), out_slope);
}

/* Variance of the places about the plane through them; INFINITY: too few to say. Twice what is
 * left: a sweep's place is the mean of two poses, which it shares with its neighbours. */
static double variance_about_plane(const struct normal_equations *equations, double count)
{
    double s[2];
    if (count < 4.0) {
        return INFINITY;
    }
    fit_slopes(equations, s);
    const double left = equations->dd - 2.0 * (s[0] * equations->ud + s[1] * equations->vd) +
                        s[0] * s[0] * equations->uu + 2.0 * s[0] * s[1] * equations->uv +
                        s[1] * s[1] * equations->vv;
    return fmax(2.0 * left / (count - 3.0), variance_min_mm2);
}

/* What the places say of the slopes, and what the faces do, each by what it is worth. */
static void join(const struct trk_plane_sums *sweeps, const struct trk_face_sums *faces,
                 double face_rad, double slope[2])
{
    const struct normal_equations places = about_middle(sweeps);
    const double variance = variance_about_plane(&places, sweeps->count);
    const double scale = isfinite(variance) ? 1.0 / variance : 0.0;
    double face[2], weight[2];
    for (int i = 0; i < 2; ++i) {
        face[i] = faces->slope[i] / faces->count;
        const double scatter = fmax(faces->square[i] / faces->count - face[i] * face[i], 0.0);
        weight[i] = 1.0 / (face_rad * face_rad + scatter / faces->count);
    }
    const struct normal_equations joined = {
        .uu = places.uu * scale + weight[0],
        .uv = places.uv * scale,
        .vv = places.vv * scale + weight[1],
        .ud = scale * (places.uu * slope[0] + places.uv * slope[1]) + weight[0] * face[0],
        .vd = scale * (places.uv * slope[0] + places.vv * slope[1]) + weight[1] * face[1]};
    solve(&joined, 0.0, slope);
}

bool trk_cut_plane_fit(const struct trk_plane_sums *surface, const struct trk_plane_sums *sweeps,
                       const struct trk_face_sums *faces, double face_rad, double out_plane[3])
{
    if (!(surface->count > 0.0)) {
        return false;
    }
    const struct normal_equations equations = about_middle(surface);
    double slope[2];
    fit_slopes(&equations, slope);
    if (sweeps->count > 0.0 && faces->count > 0.0 && face_rad > 0.0) {
        join(sweeps, faces, face_rad, slope);
    }
    out_plane[0] = (surface->d - slope[0] * surface->u - slope[1] * surface->v) / surface->count;
    out_plane[1] = slope[0];
    out_plane[2] = slope[1];
    return true;
}
