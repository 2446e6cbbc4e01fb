#include "pivot.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"

enum {
    UNKNOWNS = 6,
    SAMPLE = 6, /* poses of one random sample: more than the 3 needed, against neighbours */
    SAMPLES = 200,
    REFINEMENTS = 10
};

/* An inlier is within this many times the spread that half of the poses show. */
static const double inlier_sigmas = 4.0;

/* rms / median of the distance of a normal error in three dimensions. */
static const double rms_of_median = 1.126;

static const double smallest_singular = 1e-9; /* of a matrix whose largest is around sqrt(2n) */

struct trk_pivot_limits trk_pivot_limits_default(void)
{
    return (struct trk_pivot_limits){
        .poses_min = 200,
        .inliers_min = 0.8,
        .condition_max = 12.0,
        .residual_max_mm = 0.6,
        .inlier_max_mm = 3.0,
    };
}

struct trk_spin_limits trk_spin_limits_default(void)
{
    return (struct trk_spin_limits){
        .poses_min = 50,
        .turn_min_rad = 60.0 * 3.14159265358979323846 / 180.0,
        .ratio_max = 0.01,
        .towards_tip_min = 0.2,
    };
}

/* xorshift64*: the same samples every time. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static enum nav_status check_poses(const struct nav_pose *poses, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        if (!nav_pose_is_valid(&poses[i])) {
            return NAV_ERR_NOT_FINITE;
        }
    }
    return NAV_OK;
}

/* ----------------------------------------------------------------------------------- pivoting */

struct solution {
    double tip[3];
    double pivot[3];
    double singular[UNKNOWNS];
};

/* Work space of one calibration. */
struct pivot_work {
    const struct nav_pose *poses;
    size_t count;
    double *A;         /* 3 count x 6 */
    double *b;         /* 3 count */
    double *distances; /* of every pose from the pivot, for the solution at hand */
    double *sorted;
    uint8_t *used; /* the poses that the solution is made of */
    uint8_t *best;
};

static void put_rows(struct pivot_work *work, size_t index, size_t row)
{
    double R[9];
    nav_pose_rotation(&work->poses[index], R);
    for (int i = 0; i < 3; ++i) {
        double *line = &work->A[UNKNOWNS * (3 * row + (size_t)i)];
        for (int j = 0; j < 3; ++j) {
            line[j] = R[3 * i + j];
            line[3 + j] = i == j ? -1.0 : 0.0;
        }
        work->b[3 * row + (size_t)i] = -work->poses[index].t_mm[i];
    }
}

static enum nav_status solve_rows(struct pivot_work *work, size_t rows, struct solution *out)
{
    double x[UNKNOWNS];
    const enum nav_status status =
        trk_least_squares(3 * rows, UNKNOWNS, work->A, work->b, x, out->singular);
    memcpy(out->tip, x, sizeof(out->tip));
    memcpy(out->pivot, x + 3, sizeof(out->pivot));
    return status;
}

static enum nav_status solve_used(struct pivot_work *work, struct solution *out)
{
    size_t rows = 0;
    for (size_t i = 0; i < work->count; ++i) {
        if (work->used[i]) {
            put_rows(work, i, rows++);
        }
    }
    return solve_rows(work, rows, out);
}

static void measure(struct pivot_work *work, const struct solution *solution)
{
    for (size_t i = 0; i < work->count; ++i) {
        double tip[3];
        nav_pose_apply(&work->poses[i], solution->tip, tip);
        work->distances[i] = trk_distance(tip, solution->pivot);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How far an inlier may be: by what half of the poses show, and never above the limit. */
static double inlier_limit(struct pivot_work *work, const struct trk_pivot_limits *limits)
{
    memcpy(work->sorted, work->distances, work->count * sizeof(double));
    qsort(work->sorted, work->count, sizeof(double), compare);
    const double median = work->sorted[work->count / 2];
    const double floor_mm = 1e-6; /* noiseless poses differ by rounding */
    return fmin(limits->inlier_max_mm, fmax(inlier_sigmas * rms_of_median * median, floor_mm));
}

/* Marks the inliers of the measured distances; returns their number. */
static size_t mark_inliers(struct pivot_work *work, const struct trk_pivot_limits *limits,
                           double *out_median)
{
    const double limit = inlier_limit(work, limits);
    size_t inliers = 0;
    for (size_t i = 0; i < work->count; ++i) {
        work->used[i] = work->distances[i] <= limit;
        inliers += work->used[i];
    }
    *out_median = work->sorted[work->count / 2];
    return inliers;
}

/* Looks for the poses that share a pivot: the random sample whose solution has the smallest
 * distances for half of all poses. */
static enum nav_status find_consensus(struct pivot_work *work,
                                      const struct trk_pivot_limits *limits)
{
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    double least = (double)INFINITY;
    for (int round = 0; round <= SAMPLES; ++round) {
        struct solution solution;
        memset(work->used, round == 0, work->count); /* all poses are the first guess */
        size_t rows = 0;
        while (round > 0 && rows < SAMPLE) {
            put_rows(work, (size_t)(next_random(&state) % work->count), rows++);
        }
        enum nav_status status =
            round == 0 ? solve_used(work, &solution) : solve_rows(work, rows, &solution);
        if (status != NAV_OK) {
            return status;
        }
        double median;
        measure(work, &solution);
        const size_t inliers = mark_inliers(work, limits, &median);
        if (inliers >= 3 && median < least) {
            least = median;
            memcpy(work->best, work->used, work->count);
        }
    }
    memcpy(work->used, work->best, work->count);
    return NAV_OK;
}

static enum nav_status refine(struct pivot_work *work, const struct trk_pivot_limits *limits,
                              struct solution *out_solution)
{
    for (int round = 0; round < REFINEMENTS; ++round) {
        double median;
        memcpy(work->best, work->used, work->count);
        const enum nav_status status = solve_used(work, out_solution);
        if (status != NAV_OK) {
            return status;
        }
        measure(work, out_solution);
        if (mark_inliers(work, limits, &median) < 3) {
            memcpy(work->used, work->best, work->count);
        }
        if (memcmp(work->used, work->best, work->count) == 0) {
            return NAV_OK;
        }
    }
    memcpy(work->used, work->best, work->count); /* those that the solution was made of */
    return NAV_OK;
}

static void describe(const struct pivot_work *work, const struct solution *solution,
                     struct trk_pivot *out)
{
    double squares = 0.0;
    double all_squares = 0.0;
    double mean[3] = {0.0, 0.0, 0.0};
    memcpy(out->tip_mm, solution->tip, sizeof(out->tip_mm));
    memcpy(out->pivot_mm, solution->pivot, sizeof(out->pivot_mm));
    memcpy(out->singular, solution->singular, sizeof(out->singular));
    out->poses = (uint32_t)work->count;
    for (size_t i = 0; i < work->count; ++i) {
        const double square = work->distances[i] * work->distances[i];
        all_squares += square;
        if (work->used[i]) {
            double towards[3];
            nav_pose_rotate(&work->poses[i], solution->tip, towards);
            squares += square;
            out->max_mm = fmax(out->max_mm, work->distances[i]);
            ++out->inliers;
            for (int k = 0; k < 3; ++k) {
                mean[k] += towards[k];
            }
        }
    }
    out->rms_mm = sqrt(squares / (double)out->inliers);
    out->rms_all_mm = sqrt(all_squares / (double)work->count);
    out->condition = solution->singular[5] > smallest_singular * solution->singular[0]
                         ? solution->singular[0] / solution->singular[5]
                         : (double)INFINITY;
    for (size_t i = 0; i < work->count && trk_normalise(mean) == NAV_OK; ++i) {
        double towards[3];
        nav_pose_rotate(&work->poses[i], solution->tip, towards);
        if (work->used[i] && trk_normalise(towards) == NAV_OK) {
            const double cosine = fmin(1.0, fmax(-1.0, trk_dot(towards, mean)));
            out->cone_rad = fmax(out->cone_rad, acos(cosine));
        }
    }
}

static void judge(struct trk_pivot *pivot, const struct trk_pivot_limits *limits)
{
    const double share = (double)pivot->inliers / (double)pivot->poses;
    if (pivot->inliers < limits->poses_min) {
        trk_refuse(&pivot->refusals, "too-few", "go on pivoting", "%u good poses, %u are needed",
                   pivot->inliers, limits->poses_min);
    }
    if (share < limits->inliers_min) {
        trk_refuse(&pivot->refusals, "slipped", "repeat, pressing the tip into the divot",
                   "only %.0f %% of the poses share a pivot, %.0f %% are needed: the tip slipped",
                   100.0 * share, 100.0 * limits->inliers_min);
    }
    if (!(pivot->condition <= limits->condition_max)) {
        trk_refuse(&pivot->refusals, "narrow",
                   "tilt the tool further, in all directions, and turn it about its axis",
                   "condition %.1f, at most %.1f: the motion does not determine the tip",
                   pivot->condition, limits->condition_max);
    }
    if (!(pivot->rms_mm <= limits->residual_max_mm)) {
        trk_refuse(&pivot->refusals, "residual",
                   "check that the marker is rigid and well seen, and repeat",
                   "residual %.2f mm, at most %.2f mm", pivot->rms_mm, limits->residual_max_mm);
    }
}

static bool pivot_limits_are_good(const struct trk_pivot_limits *limits)
{
    return limits->inliers_min > 0.0 && limits->inliers_min <= 1.0 &&
           limits->condition_max >= 1.0 && limits->residual_max_mm > 0.0 &&
           limits->inlier_max_mm > 0.0;
}

enum nav_status trk_pivot_calibrate(const struct nav_pose *poses, size_t count,
                                    const struct trk_pivot_limits *limits,
                                    struct trk_pivot *out_pivot, uint8_t *out_inlier)
{
    if (count < 3 || count > UINT32_MAX || !pivot_limits_are_good(limits)) {
        return NAV_ERR_ARGUMENT;
    }
    enum nav_status status = check_poses(poses, count);
    if (status != NAV_OK) {
        return status;
    }
    const size_t rows = 3 * (count > SAMPLE ? count : SAMPLE);
    struct pivot_work work = {
        .poses = poses,
        .count = count,
        .A = calloc(rows * UNKNOWNS, sizeof(double)),
        .b = calloc(rows, sizeof(double)),
        .distances = calloc(count, sizeof(double)),
        .sorted = calloc(count, sizeof(double)),
        .used = calloc(count, 1),
        .best = calloc(count, 1),
    };
    struct trk_pivot pivot = {.poses = 0};
    struct solution solution;
    status = NAV_ERR_MEMORY;
    if (work.A != NULL && work.b != NULL && work.distances != NULL && work.sorted != NULL &&
        work.used != NULL && work.best != NULL) {
        memset(work.best, 1, count);
        status = find_consensus(&work, limits);
    }
    if (status == NAV_OK) {
        status = refine(&work, limits, &solution);
    }
    if (status == NAV_OK) {
        describe(&work, &solution, &pivot);
        judge(&pivot, limits);
        *out_pivot = pivot;
        if (out_inlier != NULL) {
            memcpy(out_inlier, work.used, count);
        }
    }
    free(work.A);
    free(work.b);
    free(work.distances);
    free(work.sorted);
    free(work.used);
    free(work.best);
    return status;
}

/* ----------------------------------------------------------------------------------- spinning */

/* How far the tool was turned about `axis`: the circle less the largest gap between the angles. */
static enum nav_status turn_about(const struct nav_pose *poses, size_t count, const double axis[3],
                                  double *out_turn_rad)
{
    const double circle = 2.0 * 3.14159265358979323846;
    double *angles = calloc(count, sizeof(double));
    if (angles == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (size_t i = 0; i < count; ++i) {
        /* the twist of R_0' R_i about the axis */
        const struct nav_pose first = {
            .q = {-poses[0].q[0], -poses[0].q[1], -poses[0].q[2], poses[0].q[3]}};
        const struct nav_pose turned = {
            .q = {poses[i].q[0], poses[i].q[1], poses[i].q[2], poses[i].q[3]}};
        const struct nav_pose between = nav_pose_compose(&first, &turned);
        const double angle = 2.0 * atan2(trk_dot(between.q, axis), between.q[3]);
        angles[i] = angle < 0.0 ? angle + circle : (angle >= circle ? angle - circle : angle);
    }
    qsort(angles, count, sizeof(double), compare);
    double gap = angles[0] + circle - angles[count - 1];
    for (size_t i = 1; i < count; ++i) {
        gap = fmax(gap, angles[i] - angles[i - 1]);
    }
    *out_turn_rad = circle - gap;
    free(angles);
    return NAV_OK;
}

static void judge_spin(struct trk_spin *spin, const struct trk_spin_limits *limits,
                       const double tip_mm[3])
{
    const double degrees = 180.0 / 3.14159265358979323846;
    if (spin->poses < limits->poses_min) {
        trk_refuse(&spin->refusals, "too-few", "go on turning", "%u poses, %u are needed",
                   spin->poses, limits->poses_min);
    }
    if (!(spin->turn_rad >= limits->turn_min_rad)) {
        trk_refuse(&spin->refusals, "turn", "turn the tool further about its own axis",
                   "turned by %.0f deg, %.0f deg are needed", spin->turn_rad * degrees,
                   limits->turn_min_rad * degrees);
    }
    if (!(spin->ratio <= limits->ratio_max)) {
        trk_refuse(&spin->refusals, "wobble", "hold the tool in a guide while it is turned",
                   "the axis wobbled by %.1f deg: eigenvalue ratio %.3f, at most %.3f",
                   spin->wobble_rad * degrees, spin->ratio, limits->ratio_max);
    }
    const double length = trk_norm(tip_mm);
    if (!(fabs(trk_dot(spin->axis, tip_mm)) >= limits->towards_tip_min * length) || length == 0.0) {
        trk_refuse(&spin->refusals, "sense", "state where the tool points",
                   "the tip lies sideways of the marker: the axis has no sense");
    }
}

enum nav_status trk_spin_calibrate(const struct nav_pose *poses, size_t count,
                                   const double tip_mm[3], const struct trk_spin_limits *limits,
                                   struct trk_spin *out_spin)
{
    if (count < 3 || count > UINT32_MAX || !(limits->ratio_max > 0.0) ||
        !(limits->turn_min_rad >= 0.0)) {
        return NAV_ERR_ARGUMENT;
    }
    enum nav_status status = check_poses(poses, count);
    if (status != NAV_OK) {
        return status;
    }
    if (!isfinite(trk_norm(tip_mm))) {
        return NAV_ERR_NOT_FINITE;
    }
    /* a minimises the sum over all pairs of |R_i a - R_j a|^2: the smallest eigenvector of
     * I - M'M with M the mean of the rotations */
    double mean[9] = {0.0};
    for (size_t i = 0; i < count; ++i) {
        double R[9];
        nav_pose_rotation(&poses[i], R);
        for (int k = 0; k < 9; ++k) {
            mean[k] += R[k] / (double)count;
        }
    }
    double scatter[9];
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            scatter[3 * i + j] = (i == j ? 1.0 : 0.0) - mean[i] * mean[j] -
                                 mean[3 + i] * mean[3 + j] - mean[6 + i] * mean[6 + j];
        }
    }
    double values[3];
    double vectors[9];
    status = trk_eigen_symmetric(3, scatter, values, vectors);
    if (status != NAV_OK) {
        return status;
    }
    struct trk_spin spin = {.poses = (uint32_t)count};
    const double sense = vectors[0] * tip_mm[0] + vectors[3] * tip_mm[1] + vectors[6] * tip_mm[2];
    for (int k = 0; k < 3; ++k) {
        spin.axis[k] = sense < 0.0 ? -vectors[3 * k] : vectors[3 * k];
    }
    spin.wobble_rad = sqrt(fmax(values[0], 0.0));
    spin.ratio = values[1] > 0.0 ? fmax(values[0], 0.0) / values[1] : (double)INFINITY;
    status = turn_about(poses, count, spin.axis, &spin.turn_rad);
    if (status != NAV_OK) {
        return status;
    }
    judge_spin(&spin, limits, tip_mm);
    *out_spin = spin;
    return NAV_OK;
}

/* -------------------------------------------------------------------------------- verification */

enum nav_status trk_divot_check(const struct nav_pose *poses, size_t count, const double tip_mm[3],
                                const double *divot_mm, double caution_mm, double refuse_mm,
                                struct trk_divot *out_divot)
{
    if (count == 0 || !(caution_mm > 0.0) || !(refuse_mm >= caution_mm)) {
        return NAV_ERR_ARGUMENT;
    }
    const enum nav_status status = check_poses(poses, count);
    if (status != NAV_OK) {
        return status;
    }
    if (!isfinite(trk_norm(tip_mm)) || (divot_mm != NULL && !isfinite(trk_norm(divot_mm)))) {
        return NAV_ERR_NOT_FINITE;
    }
    struct trk_divot divot = {.deviation_mm = (double)NAN};
    for (size_t i = 0; i < count; ++i) {
        double tip[3];
        nav_pose_apply(&poses[i], tip_mm, tip);
        for (int k = 0; k < 3; ++k) {
            divot.mean_mm[k] += tip[k] / (double)count;
        }
    }
    double squares = 0.0;
    for (size_t i = 0; i < count; ++i) {
        double tip[3];
        nav_pose_apply(&poses[i], tip_mm, tip);
        const double distance = trk_distance(tip, divot.mean_mm);
        squares += distance * distance;
        divot.max_mm = fmax(divot.max_mm, distance);
    }
    divot.rms_mm = sqrt(squares / (double)count);
    double worst = divot.rms_mm;
    if (divot_mm != NULL) {
        divot.deviation_mm = trk_distance(divot.mean_mm, divot_mm);
        worst = fmax(worst, divot.deviation_mm);
    }
    divot.verdict = worst > refuse_mm    ? TRK_DIVOT_REFUSED
                    : worst > caution_mm ? TRK_DIVOT_CAUTION
                                         : TRK_DIVOT_GOOD;
    *out_divot = divot;
    return NAV_OK;
}
