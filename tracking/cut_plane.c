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

/* Sum of the squares that slopes leave. */
static double left_by(const struct normal_equations *equations, const double s[2])
{
    const double left = equations->dd - 2.0 * (s[0] * equations->ud + s[1] * equations->vd) +
                        s[0] * s[0] * equations->uu + 2.0 * s[0] * s[1] * equations->uv +
                        s[1] * s[1] * equations->vv;
    return fmax(left, 0.0);
}

/* Variance of the poses about the plane through the places; INFINITY: too few to say. Twice what is
 * left: a sweep's place is the mean of two poses, which it shares with its neighbours. */
static double variance_about_plane(const struct normal_equations *places, double count)
{
    double s[2];
    if (count < 4.0) {
        return INFINITY;
    }
    fit_slopes(places, s);
    return fmax(2.0 * left_by(places, s) / (count - 3.0), variance_min_mm2);
}

/* What the places say of the slopes, and what the faces do, each by what it is worth. */
static void join(const struct normal_equations *places, double variance,
                 const struct trk_face_sums *faces, double face_rad, struct trk_plane_fit *fit)
{
    const double scale = isfinite(variance) ? 1.0 / variance : 0.0;
    double face[2], weight[2];
    for (int i = 0; i < 2; ++i) {
        face[i] = faces->slope[i] / faces->count;
        const double scatter = fmax(faces->square[i] / faces->count - face[i] * face[i], 0.0);
        weight[i] = 1.0 / (face_rad * face_rad + scatter / faces->count);
    }
    const struct normal_equations joined = {.uu = places->uu * scale + weight[0],
                                            .uv = places->uv * scale,
                                            .vv = places->vv * scale + weight[1],
                                            .ud = places->ud * scale + weight[0] * face[0],
                                            .vd = places->vd * scale + weight[1] * face[1]};
    const double determinant = joined.uu * joined.vv - joined.uv * joined.uv;
    solve(&joined, 0.0, &fit->plane[1]);
    fit->slope_var[0] = joined.vv / determinant;
    fit->slope_var[1] = -joined.uv / determinant;
    fit->slope_var[2] = joined.uu / determinant;
}

/* Of what the places leave, how much is from step to step, and how much is more than that. A step
 * spans three poses, the one between taken off: half of one's variance. */
static void part_noise(const struct trk_plane_evidence *evidence,
                       const struct normal_equations *places, struct trk_plane_fit *fit)
{
    const double count = evidence->sweeps.count, steps = evidence->steps.count;
    const struct normal_equations moves = {.uu = evidence->steps.uu,
                                           .uv = evidence->steps.uv,
                                           .vv = evidence->steps.vv,
                                           .ud = evidence->steps.ud,
                                           .vd = evidence->steps.vd,
                                           .dd = evidence->steps.dd};
    if (steps > 0.0) {
        fit->noise_var = 2.0 * left_by(&moves, &fit->plane[1]) / steps;
        fit->bend_var = fmax(left_by(places, &fit->plane[1]) / count - 0.5 * fit->noise_var, 0.0);
    }
}

/* Through the middle of the points. */
static void place(const struct trk_plane_sums *points, struct trk_plane_fit *fit)
{
    fit->middle[0] = points->u / points->count;
    fit->middle[1] = points->v / points->count;
    fit->plane[0] =
        points->d / points->count - fit->plane[1] * fit->middle[0] - fit->plane[2] * fit->middle[1];
}

bool trk_cut_plane_fit(const struct trk_plane_sums *surface,
                       const struct trk_plane_evidence *evidence, double face_rad,
                       struct trk_plane_fit *out_fit)
{
    const struct trk_plane_sums *sweeps = &evidence->sweeps;
    if (!(surface->count > 0.0)) {
        return false;
    }
    *out_fit =
        (struct trk_plane_fit){.slope_var = {INFINITY, 0.0, INFINITY}, .middle_var = INFINITY};
    if (sweeps->count > 0.0 && evidence->faces.count > 0.0 && face_rad > 0.0) {
        const struct normal_equations places = about_middle(sweeps);
        const double variance = variance_about_plane(&places, sweeps->count);
        join(&places, variance, &evidence->faces, face_rad, out_fit);
        out_fit->middle_var = variance / sweeps->count;
        place(sweeps, out_fit);
        part_noise(evidence, &places, out_fit);
    } else {
        const struct normal_equations equations = about_middle(surface);
        fit_slopes(&equations, &out_fit->plane[1]);
        place(surface, out_fit);
    }
    return true;
}

double trk_plane_fit_var(const struct trk_plane_fit *fit, double u, double v)
{
    const double *var = fit->slope_var;
    const double du = u - fit->middle[0], dv = v - fit->middle[1];
    if (!isfinite(fit->middle_var)) {
        return INFINITY;
    }
    return fit->middle_var + du * du * var[0] + 2.0 * du * dv * var[1] + dv * dv * var[2];
}

double trk_plane_fit_angle_sd_rad(const struct trk_plane_fit *fit)
{
    const double *var = fit->slope_var;
    if (!isfinite(var[0])) {
        return INFINITY;
    }
    return sqrt(0.5 * (var[0] + var[2]) + hypot(0.5 * (var[0] - var[2]), var[1]));
}
