#include "surface_registration.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DOF = 6 };

/* A step that moves no point by more than this share of the points' size has converged. */
static const double converged_share = 1e-12;
/* Tukey's biweight keeps 95 % efficiency for normal noise when it ends at 4.685 standard
 * deviations; 1.4826 medians of the distances estimate one. */
static const double tukey_scale = 4.685 * 1.4826;
/* A point further than four standard deviations does not belong to the surface. */
static const double outlier_scale = 4.0 * 1.4826;
static const double gradient_min_share = 1e-9;
static const double cut_min_share = 1e-9; /* keeps the weights defined when all distances are 0 */
/* A start that ends elsewhere is evidence of ambiguity when it fits about as well. */
static const double as_good_factor = 1.25;
static const double residual_noise_factor = 3.0;
static const double spread_share_of_exposed = 0.6;
/* 97.5 % quantile of the normal distribution: 95 % of errors along a line are within so many rms.
 */
static const double normal_95 = 1.959963984540054;
/* Below this share of the largest eigenvalue a direction is not determined at all. */
static const double singular_share = 1e-12;

struct work {
    const struct trk_mesh *mesh;
    const double *points;
    uint32_t count;
    uint32_t keep;
    double centroid[3]; /* of the points, reference frame */
    double scale_mm;    /* mean distance from it */
    double *distances;  /* of each point */
    double *sorted;
    struct trk_mesh_nearest *nearest;
    bool searched;  /* `nearest` holds points of the surface */
    bool polishing; /* the points that count are settled, all alike */
    bool *counts;   /* then: whether a point does */
};

/* The normal equations at one place. */
struct equations {
    double JtJ[DOF * DOF]; /* rotation about the moved centroid in units of 1/scale, translation */
    double Jtr[DOF];
    double sigma_mm;   /* weighted: the noise, as far as the weights tell */
    double rms_mm;     /* of the nearest points: comparable between starts, whatever the weights */
    double rms_all_mm; /* of all points */
    uint32_t kept;
};

struct trk_surface_options trk_surface_options_default(void)
{
    return (struct trk_surface_options){
        .trim = 0.1,
        .iterations_max = 60,
        .starts = 24,
        .start_angle_rad = 0.17453292519943295,
        .start_mm = 5.0,
        .agree_mm = 1.0,
        .condition_min = 0.01,
        .spread_min_mm = 50.0,
        .exposed_mm = 0.0,
        .noise_mm = 0.5,
        .tre95_max_mm = 2.0,
        .seed = 1,
    };
}

/* SplitMix64: small, and the same everywhere. */
static double uniform(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1.0p-53;
}

/* A direction, uniform on the sphere. */
static void random_direction(uint64_t *state, double out[3])
{
    const double z = 2.0 * uniform(state) - 1.0;
    const double angle = 2.0 * M_PI * uniform(state);
    const double radius = sqrt(1.0 - z * z);
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
    out[2] = z;
}

static struct nav_pose rotation_about(const double centre[3], const double rotation[3],
                                      const double translation[3])
{
    const double angle =
        sqrt(rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2]);
    struct nav_pose pose = nav_pose_identity();
    if (angle > 0.0) {
        const double s = sin(0.5 * angle) / angle;
        for (int i = 0; i < 3; ++i) {
            pose.q[i] = s * rotation[i];
        }
        pose.q[3] = cos(0.5 * angle);
    }
    double turned[3];
    nav_pose_rotate(&pose, centre, turned);
    for (int i = 0; i < 3; ++i) {
        pose.t_mm[i] = centre[i] - turned[i] + translation[i];
    }
    return pose;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A little more than the distance between two points, so that rounding excludes neither. */
static double reach(const double a[3], const double b[3])
{
    double square = 0.0;
    for (int k = 0; k < 3; ++k) {
        square += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return sqrt(square) * (1.0 + 1e-9) + 1e-9;
}

static enum nav_status build_equations(struct work *work, const struct nav_pose *T_image_reference,
                                       struct equations *out)
{
    double centre[3];
    nav_pose_apply(T_image_reference, work->centroid, centre);
    for (uint32_t i = 0; i < work->count; ++i) {
        double moved[3];
        nav_pose_apply(T_image_reference, work->points + 3 * (size_t)i, moved);
        /* the point found last is on the surface: nothing further away can be nearest */
        const double radius = work->searched ? reach(moved, work->nearest[i].point_mm) : INFINITY;
        const enum nav_status status =
            trk_mesh_nearest(work->mesh, moved, radius, &work->nearest[i]);
        if (status != NAV_OK) {
            return status;
        }
        work->distances[i] = work->nearest[i].distance_mm;
    }
    work->searched = true;
    memcpy(work->sorted, work->distances, work->count * sizeof(double));
    qsort(work->sorted, work->count, sizeof(double), compare_doubles);
    const double cut = fmax(tukey_scale * work->sorted[work->count / 2],
                            fmax(work->sorted[work->keep - 1], cut_min_share * work->scale_mm));

    struct equations equations = {.kept = 0};
    double sum = 0.0, sum_all = 0.0, sum_nearest = 0.0, weights = 0.0;
    for (uint32_t i = 0; i < work->keep; ++i) {
        sum_nearest += work->sorted[i] * work->sorted[i];
    }
    for (uint32_t i = 0; i < work->count; ++i) {
        sum_all += work->distances[i] * work->distances[i];
        if (work->polishing ? !work->counts[i] : work->distances[i] >= cut) {
            continue;
        }
        const double share = work->distances[i] / cut;
        const double weight = work->polishing ? 1.0 : (1.0 - share * share) * (1.0 - share * share);
        sum += weight * work->distances[i] * work->distances[i];
        weights += weight;
        ++equations.kept;
        double moved[3];
        nav_pose_apply(T_image_reference, work->points + 3 * (size_t)i, moved);
        /* the gradient of the distance: across edges and corners too it points at the nearest
         * point, where a face's normal would not */
        const double distance = work->distances[i];
        double n[3], arm[3];
        for (int k = 0; k < 3; ++k) {
            n[k] = distance > gradient_min_share * work->scale_mm
                       ? (moved[k] - work->nearest[i].point_mm[k]) / distance
                       : work->nearest[i].face_normal[k];
            arm[k] = (moved[k] - centre[k]) / work->scale_mm;
        }
        const double row[DOF] = {
            arm[1] * n[2] - arm[2] * n[1],
            arm[2] * n[0] - arm[0] * n[2],
            arm[0] * n[1] - arm[1] * n[0],
            n[0],
            n[1],
            n[2],
        };
        for (int a = 0; a < DOF; ++a) {
            for (int b = 0; b < DOF; ++b) {
                equations.JtJ[a * DOF + b] += weight * row[a] * row[b];
            }
            equations.Jtr[a] += weight * row[a] * distance;
        }
    }
    if (!(weights > 0.0)) {
        return NAV_ERR_CONDITION;
    }
    equations.sigma_mm = sqrt(sum / weights);
    equations.rms_mm = sqrt(sum_nearest / work->keep);
    equations.rms_all_mm = sqrt(sum_all / work->count);
    *out = equations;
    return NAV_OK;
}

static enum nav_status eigen(const struct equations *equations, double out_values[DOF],
                             double out_vectors[DOF * DOF])
{
    memcpy(out_vectors, equations->JtJ, sizeof(equations->JtJ));
    return LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', DOF, out_vectors, DOF, out_values) == 0
               ? NAV_OK
               : NAV_ERR_CONDITION;
}

/* (J'J)^-1 from its eigenvectors (columns). Directions that are not determined get no step, and
 * an infinite variance where `for_variance`. */
static void inverse_from_eigen(const double values[DOF], const double vectors[DOF * DOF],
                               bool for_variance, double out[DOF * DOF])
{
    memset(out, 0, DOF * DOF * sizeof(double));
    for (int e = 0; e < DOF; ++e) {
        const bool determined = values[e] > singular_share * values[DOF - 1];
        if (!determined && !for_variance) {
            continue;
        }
        const double weight = 1.0 / (determined ? values[e] : singular_share * values[DOF - 1]);
        for (int a = 0; a < DOF; ++a) {
            for (int b = 0; b < DOF; ++b) {
                out[a * DOF + b] += weight * vectors[a * DOF + e] * vectors[b * DOF + e];
            }
        }
    }
}

/* Gauss-Newton steps from T until they no longer move anything. */
static enum nav_status iterate(struct work *work, struct nav_pose *T, uint32_t iterations_max)
{
    for (uint32_t iteration = 0; iteration < iterations_max; ++iteration) {
        struct equations equations;
        enum nav_status status = build_equations(work, T, &equations);
        if (status != NAV_OK) {
            return status;
        }
        double values[DOF], vectors[DOF * DOF], inverse[DOF * DOF];
        status = eigen(&equations, values, vectors);
        if (status != NAV_OK || !(values[DOF - 1] > 0.0)) {
            return NAV_ERR_CONDITION;
        }
        inverse_from_eigen(values, vectors, false, inverse);
        double step[DOF] = {0.0};
        double size = 0.0;
        for (int a = 0; a < DOF; ++a) {
            for (int b = 0; b < DOF; ++b) {
                step[a] -= inverse[a * DOF + b] * equations.Jtr[b];
            }
            size += step[a] * step[a];
        }
        double centre[3];
        nav_pose_apply(T, work->centroid, centre);
        const double rotation[3] = {step[0] / work->scale_mm, step[1] / work->scale_mm,
                                    step[2] / work->scale_mm};
        const struct nav_pose move = rotation_about(centre, rotation, step + 3);
        *T = nav_pose_compose(&move, T);
        if (sqrt(size) <= converged_share * work->scale_mm) {
            break;
        }
    }
    return NAV_OK;
}

/* One run from one start: robust steps first; then plain least squares over the points that belong
 * to the surface, which wastes nothing of their information. `out_T` is written on NAV_OK only. */
static enum nav_status descend(struct work *work, const struct nav_pose *start,
                               uint32_t iterations_max, struct nav_pose *out_T,
                               struct equations *out_equations)
{
    struct nav_pose T = *start;
    struct equations equations;
    work->polishing = false;
    enum nav_status status = iterate(work, &T, iterations_max);
    if (status == NAV_OK) {
        status = build_equations(work, &T, &equations);
    }
    if (status != NAV_OK) {
        return status;
    }
    const double belongs =
        fmax(outlier_scale * work->sorted[work->count / 2], work->sorted[work->keep - 1]);
    for (uint32_t i = 0; i < work->count; ++i) {
        work->counts[i] = work->distances[i] <= belongs;
    }
    work->polishing = true;
    status = iterate(work, &T, iterations_max);
    if (status == NAV_OK) {
        status = build_equations(work, &T, &equations);
    }
    if (status != NAV_OK) {
        return status;
    }
    *out_T = T;
    *out_equations = equations;
    return NAV_OK;
}

/* Variance (trace of the covariance) at a target, per unit variance of one point. */
static double variance_at(const struct work *work, const struct nav_pose *T,
                          const double covariance[DOF * DOF], const double target[3])
{
    double centre[3];
    nav_pose_apply(T, work->centroid, centre);
    double d[3];
    for (int i = 0; i < 3; ++i) {
        d[i] = (target[i] - centre[i]) / work->scale_mm;
    }
    /* motion of the target = rotation x d + translation */
    const double D[3][DOF] = {
        {0.0, d[2], -d[1], 1.0, 0.0, 0.0},
        {-d[2], 0.0, d[0], 0.0, 1.0, 0.0},
        {d[1], -d[0], 0.0, 0.0, 0.0, 1.0},
    };
    double trace = 0.0;
    for (int row = 0; row < 3; ++row) {
        for (int a = 0; a < DOF; ++a) {
            for (int b = 0; b < DOF; ++b) {
                trace += D[row][a] * covariance[a * DOF + b] * D[row][b];
            }
        }
    }
    return trace;
}

static double distance_at(const struct nav_pose *a, const struct nav_pose *b,
                          const double target_image[3])
{
    /* The same physical point, carried from a's image to the body and into b's image. */
    const struct nav_pose inverse = nav_pose_inverse(a);
    double body[3], other[3];
    nav_pose_apply(&inverse, target_image, body);
    nav_pose_apply(b, body, other);
    double sum = 0.0;
    for (int i = 0; i < 3; ++i) {
        sum += (other[i] - target_image[i]) * (other[i] - target_image[i]);
    }
    return sqrt(sum);
}

/* Longest extent of the points along their principal axis. */
static enum nav_status longest_extent(const struct work *work, double *out_mm)
{
    double spread[9] = {0.0}, values[3];
    for (uint32_t i = 0; i < work->count; ++i) {
        for (int a = 0; a < 3; ++a) {
            for (int b = 0; b < 3; ++b) {
                spread[a * 3 + b] += (work->points[3 * (size_t)i + (size_t)a] - work->centroid[a]) *
                                     (work->points[3 * (size_t)i + (size_t)b] - work->centroid[b]);
            }
        }
    }
    if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', 3, spread, 3, values) != 0) {
        return NAV_ERR_CONDITION;
    }
    double low = INFINITY, high = -INFINITY;
    for (uint32_t i = 0; i < work->count; ++i) {
        double along = 0.0;
        for (int a = 0; a < 3; ++a) {
            along += work->points[3 * (size_t)i + (size_t)a] * spread[a * 3 + 2];
        }
        low = fmin(low, along);
        high = fmax(high, along);
    }
    *out_mm = high - low;
    return NAV_OK;
}

static enum nav_status prepare(struct work *work, const struct trk_surface_options *options)
{
    for (size_t i = 0; i < 3 * (size_t)work->count; ++i) {
        if (!isfinite(work->points[i])) {
            return NAV_ERR_ARGUMENT;
        }
        work->centroid[i % 3] += work->points[i] / work->count;
    }
    for (uint32_t i = 0; i < work->count; ++i) {
        double square = 0.0;
        for (int k = 0; k < 3; ++k) {
            const double d = work->points[3 * (size_t)i + (size_t)k] - work->centroid[k];
            square += d * d;
        }
        work->scale_mm += sqrt(square) / work->count;
    }
    if (!(work->scale_mm > 0.0)) {
        return NAV_ERR_CONDITION;
    }
    work->keep = (uint32_t)ceil((1.0 - options->trim) * work->count);
    work->distances = malloc(work->count * sizeof(double));
    work->sorted = malloc(work->count * sizeof(double));
    work->nearest = malloc(work->count * sizeof(*work->nearest));
    work->counts = calloc(work->count, sizeof(*work->counts));
    return work->distances != NULL && work->sorted != NULL && work->nearest != NULL &&
                   work->counts != NULL
               ? NAV_OK
               : NAV_ERR_MEMORY;
}

/* What every start ended with. */
struct outcome {
    struct nav_pose T;
    double rms_mm;
    bool ok;
};

static struct nav_pose perturbed(const struct work *work, const struct nav_pose *start,
                                 const struct trk_surface_options *options, uint64_t *random)
{
    double axis[3], shift[3], centre[3];
    random_direction(random, axis);
    random_direction(random, shift);
    const double angle = options->start_angle_rad * uniform(random);
    const double length = options->start_mm * uniform(random);
    for (int i = 0; i < 3; ++i) {
        axis[i] *= angle;
        shift[i] *= length;
    }
    nav_pose_apply(start, work->centroid, centre);
    const struct nav_pose move = rotation_about(centre, axis, shift);
    return nav_pose_compose(&move, start);
}

static uint32_t judge(const struct trk_surface_result *result,
                      const struct trk_surface_options *options)
{
    uint32_t refusals = 0;
    if (!(result->condition >= options->condition_min)) {
        refusals |= TRK_SURFACE_SLIDING;
    }
    if (result->ambiguous > 0) {
        refusals |= TRK_SURFACE_AMBIGUOUS;
    }
    if (2 * result->agreeing < result->starts) {
        refusals |= TRK_SURFACE_UNSTABLE;
    }
    if (!(result->spread_mm >= options->spread_min_mm) ||
        !(result->spread_mm >= spread_share_of_exposed * options->exposed_mm)) {
        refusals |= TRK_SURFACE_SPREAD;
    }
    for (uint32_t i = 0; i < result->target_count; ++i) {
        if (!(result->tre95_mm[i] <= options->tre95_max_mm)) {
            refusals |= TRK_SURFACE_TRE;
        }
    }
    if (!(result->rms_mm <= residual_noise_factor * options->noise_mm)) {
        refusals |= TRK_SURFACE_RESIDUAL;
    }
    return refusals;
}

static enum nav_status register_all_starts(struct work *work, const struct nav_pose *start,
                                           const double *targets, uint32_t target_count,
                                           const struct trk_surface_options *options,
                                           struct outcome *outcomes,
                                           struct trk_surface_result *out_result)
{
    struct trk_surface_result result = {.starts = options->starts + 1};
    uint64_t random = options->seed;
    struct equations best_equations = {.rms_mm = INFINITY};
    struct nav_pose best = *start;
    for (uint32_t s = 0; s < result.starts; ++s) {
        const struct nav_pose from = s == 0 ? *start : perturbed(work, start, options, &random);
        struct equations equations;
        const enum nav_status status =
            descend(work, &from, options->iterations_max, &outcomes[s].T, &equations);
        outcomes[s].ok = status == NAV_OK;
        if (!outcomes[s].ok) {
            continue;
        }
        outcomes[s].rms_mm = equations.rms_mm;
        if (equations.rms_mm < best_equations.rms_mm) {
            best_equations = equations;
            best = outcomes[s].T;
        }
    }
    double values[DOF], vectors[DOF * DOF], covariance[DOF * DOF];
    if (!isfinite(best_equations.rms_mm) || eigen(&best_equations, values, vectors) != NAV_OK ||
        !(values[DOF - 1] > 0.0)) {
        return NAV_ERR_CONDITION;
    }
    inverse_from_eigen(values, vectors, true, covariance);

    double centre[3];
    nav_pose_apply(&best, work->centroid, centre);
    if (target_count == 0) {
        targets = centre;
        target_count = 1;
    }
    /* Starts that fit as well as the noise allows to tell are candidates for another truth. */
    const double as_good = fmax(as_good_factor * best_equations.rms_mm, 0.25 * options->noise_mm);
    for (uint32_t s = 0; s < result.starts; ++s) {
        if (!outcomes[s].ok) {
            continue;
        }
        double apart = 0.0;
        for (uint32_t t = 0; t < target_count; ++t) {
            apart = fmax(apart, distance_at(&best, &outcomes[s].T, targets + 3 * (size_t)t));
        }
        if (apart <= options->agree_mm) {
            ++result.agreeing;
            result.scatter_mm = fmax(result.scatter_mm, apart);
        } else if (outcomes[s].rms_mm <= as_good) {
            ++result.ambiguous;
        }
    }
    const double sigma = fmax(best_equations.sigma_mm, options->noise_mm);
    result.target_count = target_count;
    for (uint32_t t = 0; t < target_count; ++t) {
        const double variance = variance_at(work, &best, covariance, targets + 3 * (size_t)t);
        result.tre_mm[t] = sqrt(sigma * sigma * variance + result.scatter_mm * result.scatter_mm);
        result.tre95_mm[t] = normal_95 * result.tre_mm[t];
    }
    result.T_image_reference = best;
    result.rms_mm = best_equations.rms_mm;
    result.rms_all_mm = best_equations.rms_all_mm;
    result.kept = best_equations.kept;
    result.condition = fmax(values[0], 0.0) / values[DOF - 1];
    const enum nav_status status = longest_extent(work, &result.spread_mm);
    if (status != NAV_OK) {
        return status;
    }
    result.refusals = judge(&result, options);
    *out_result = result;
    return NAV_OK;
}

static bool options_are_sane(const struct trk_surface_options *o)
{
    return o->trim >= 0.0 && o->trim <= 0.5 && o->iterations_max > 0 && o->agree_mm > 0.0 &&
           o->noise_mm > 0.0 && o->start_angle_rad >= 0.0 && o->start_mm >= 0.0 &&
           o->exposed_mm >= 0.0;
}

enum nav_status trk_surface_register(const struct trk_mesh *mesh, const double *points_mm,
                                     uint32_t count, const struct nav_pose *T_image_reference_start,
                                     const double *targets_mm, uint32_t target_count,
                                     const struct trk_surface_options *options,
                                     struct trk_surface_result *out_result)
{
    if (count < TRK_SURFACE_POINTS_MIN || target_count > TRK_SURFACE_TARGETS_MAX ||
        !options_are_sane(options) || !nav_pose_is_valid(T_image_reference_start)) {
        return NAV_ERR_ARGUMENT;
    }
    struct work work = {.mesh = mesh, .points = points_mm, .count = count};
    struct outcome *outcomes = calloc((size_t)options->starts + 1, sizeof(*outcomes));
    enum nav_status status = outcomes == NULL ? NAV_ERR_MEMORY : prepare(&work, options);
    if (status == NAV_OK) {
        status = register_all_starts(&work, T_image_reference_start, targets_mm, target_count,
                                     options, outcomes, out_result);
    }
    free(outcomes);
    free(work.distances);
    free(work.sorted);
    free(work.nearest);
    free(work.counts);
    return status;
}

const char *trk_surface_refusal_name(enum trk_surface_refusal refusal)
{
    switch (refusal) {
    case TRK_SURFACE_SLIDING:
        return "surface-sliding";
    case TRK_SURFACE_AMBIGUOUS:
        return "surface-ambiguous";
    case TRK_SURFACE_UNSTABLE:
        return "surface-unstable";
    case TRK_SURFACE_SPREAD:
        return "surface-spread";
    case TRK_SURFACE_TRE:
        return "surface-tre";
    case TRK_SURFACE_RESIDUAL:
        return "surface-residual";
    }
    return "?";
}

const char *trk_surface_refusal_text(enum trk_surface_refusal refusal)
{
    switch (refusal) {
    case TRK_SURFACE_SLIDING:
        return "the touched surface can slide on itself; touch areas that face other ways";
    case TRK_SURFACE_AMBIGUOUS:
        return "another position fits as well; touch more of the bone's features";
    case TRK_SURFACE_UNSTABLE:
        return "the result depends on the start; repeat the landmarks or touch more points";
    case TRK_SURFACE_SPREAD:
        return "the touched points are too close together; spread them over the exposed bone";
    case TRK_SURFACE_TRE:
        return "the expected error at a target is above its limit; add points near the target";
    case TRK_SURFACE_RESIDUAL:
        return "the points do not lie on this surface; check model, patient and pointer";
    }
    return "unknown refusal";
}
