#include "handeye.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"

#define DEGREES (3.14159265358979323846 / 180.0)

enum {
    POSES_MAX = 1000,
    PAIRS_MAX = 20000, /* more add nothing; they are thinned evenly */
    DUAL = 8
};

/* One motion, of the marker (A) and of the camera (B), with A X = X B. */
struct pair {
    struct nav_pose A;
    struct nav_pose B;
};

struct trk_handeye_limits trk_handeye_limits_default(void)
{
    return (struct trk_handeye_limits){
        .pairs_min = 15,
        .turn_min_rad = 10.0 * DEGREES,
        .turn_max_rad = 150.0 * DEGREES,
        .axes_min = 0.3,
        .agree_max_rad = 0.5 * DEGREES,
        .agree_max_mm = 2.0,
        .residual_max_rad = 1.0 * DEGREES,
        .residual_max_mm = 3.0,
    };
}

static double turn_of(const struct nav_pose *pose)
{
    const double v[3] = {pose->q[0], pose->q[1], pose->q[2]};
    return 2.0 * atan2(trk_norm(v), fabs(pose->q[3]));
}

/* Rotation vector: axis times angle in [0, pi]. */
static void rotation_vector(const struct nav_pose *pose, double out[3])
{
    const double sign = pose->q[3] < 0.0 ? -1.0 : 1.0;
    const double v[3] = {sign * pose->q[0], sign * pose->q[1], sign * pose->q[2]};
    const double sine = trk_norm(v);
    const double factor = sine > 0.0 ? turn_of(pose) / sine : 2.0;
    for (int k = 0; k < 3; ++k) {
        out[k] = factor * v[k];
    }
}

/* Collects the pairs (i, j), i < j, of poses with index = `first` modulo `step`. */
static size_t collect_pairs(const struct nav_pose *markers, const struct nav_pose *targets,
                            size_t count, size_t first, size_t step,
                            const struct trk_handeye_limits *limits, struct pair *out_pairs)
{
    const size_t poses = (count - first + step - 1) / step;
    const size_t possible = poses * (poses - 1) / 2;
    const size_t every = possible / PAIRS_MAX + 1;
    size_t seen = 0;
    size_t pairs = 0;
    for (size_t i = first; i < count; i += step) {
        for (size_t j = i + step; j < count; j += step) {
            if (seen++ % every != 0) {
                continue;
            }
            const struct nav_pose back = nav_pose_inverse(&markers[j]);
            const struct nav_pose A = nav_pose_compose(&back, &markers[i]);
            const struct nav_pose target_back = nav_pose_inverse(&targets[i]);
            const struct nav_pose B = nav_pose_compose(&targets[j], &target_back);
            const double turn = turn_of(&A);
            if (turn >= limits->turn_min_rad && turn <= limits->turn_max_rad) {
                out_pairs[pairs++] = (struct pair){.A = A, .B = B};
            }
        }
    }
    return pairs;
}

/* Least squares translation for a given rotation: (R_A - I) t = R_X t_B - t_A. */
static enum nav_status solve_translation(const struct pair *pairs, size_t count, struct nav_pose *X)
{
    double *A = calloc(9 * count, sizeof(double));
    double *b = calloc(3 * count, sizeof(double));
    enum nav_status status = A != NULL && b != NULL ? NAV_OK : NAV_ERR_MEMORY;
    for (size_t n = 0; status == NAV_OK && n < count; ++n) {
        double R[9];
        double turned[3];
        nav_pose_rotation(&pairs[n].A, R);
        nav_pose_rotate(X, pairs[n].B.t_mm, turned);
        for (size_t i = 0; i < 3; ++i) {
            for (size_t j = 0; j < 3; ++j) {
                A[9 * n + 3 * i + j] = R[3 * i + j] - (i == j ? 1.0 : 0.0);
            }
            b[3 * n + i] = turned[i] - pairs[n].A.t_mm[i];
        }
    }
    double singular[3];
    if (status == NAV_OK) {
        status = trk_least_squares(3 * count, 3, A, b, X->t_mm, singular);
    }
    free(A);
    free(b);
    return status;
}

/* Rotation that takes the axes of B to those of A: alpha = R_X beta. */
static enum nav_status solve_park(const struct pair *pairs, size_t count, struct nav_pose *out_X)
{
    double H[9] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        double alpha[3];
        double beta[3];
        rotation_vector(&pairs[n].A, alpha);
        rotation_vector(&pairs[n].B, beta);
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                H[3 * i + j] += alpha[i] * beta[j];
            }
        }
    }
    double U[9];
    double s[3];
    double V[9];
    enum nav_status status = trk_svd3(H, U, s, V);
    if (status != NAV_OK) {
        return status;
    }
    const double last = trk_determinant3(U) * trk_determinant3(V) < 0.0 ? -1.0 : 1.0;
    double R[9];
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            R[3 * i + j] = U[3 * i] * V[3 * j] + U[3 * i + 1] * V[3 * j + 1] +
                           last * U[3 * i + 2] * V[3 * j + 2];
        }
    }
    static const double origin[3] = {0.0, 0.0, 0.0};
    static const double rounding = 1e-9;
    status = nav_pose_from_matrix(R, origin, rounding, out_X);
    return status == NAV_OK ? solve_translation(pairs, count, out_X) : status;
}

/* The dual quaternion of a pose: real part q (x y z w), dual part t q / 2, with w >= 0 in the real
 * part, so that the scalar parts of A and B are equal and not opposite. */
static void dual_of(const struct nav_pose *pose, double real[4], double dual[4])
{
    const double sign = pose->q[3] < 0.0 ? -1.0 : 1.0;
    for (int k = 0; k < 4; ++k) {
        real[k] = sign * pose->q[k];
    }
    const double *t = pose->t_mm;
    double cross[3];
    trk_cross(t, real, cross);
    for (int k = 0; k < 3; ++k) {
        dual[k] = 0.5 * (real[3] * t[k] + cross[k]);
    }
    dual[3] = -0.5 * trk_dot(t, real);
}

/* Adds the six rows of one motion: real and dual vector parts of a q = q b. */
static void put_dual_rows(const struct pair *pair, double *rows)
{
    double a[4], a_dual[4], b[4], b_dual[4];
    dual_of(&pair->A, a, a_dual);
    dual_of(&pair->B, b, b_dual);
    memset(rows, 0, (size_t)6 * DUAL * sizeof(double));
    for (int i = 0; i < 3; ++i) {
        /* unknown: (w, x, y, z) of the real part, then of the dual part */
        rows[DUAL * i] = a[i] - b[i];
        rows[DUAL * (3 + i)] = a_dual[i] - b_dual[i];
        rows[DUAL * (3 + i) + 4] = a[i] - b[i];
    }
    const double sum[3] = {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
    const double dual_sum[3] = {a_dual[0] + b_dual[0], a_dual[1] + b_dual[1],
                                a_dual[2] + b_dual[2]};
    const double skew[9] = {0, -sum[2], sum[1], sum[2], 0, -sum[0], -sum[1], sum[0], 0};
    const double dual_skew[9] = {
        0, -dual_sum[2], dual_sum[1], dual_sum[2], 0, -dual_sum[0], -dual_sum[1], dual_sum[0], 0};
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            rows[DUAL * i + 1 + j] = skew[3 * i + j];
            rows[DUAL * (3 + i) + 1 + j] = dual_skew[3 * i + j];
            rows[DUAL * (3 + i) + 5 + j] = skew[3 * i + j];
        }
    }
}

static double dot4(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

/* Of the two null vectors u and v, each (real, dual), the combination s u + v whose real and dual
 * parts are perpendicular, scaled to a unit real part. */
static enum nav_status combine_null_vectors(const double u[DUAL], const double v[DUAL],
                                            double out[DUAL])
{
    const double a = dot4(u, u + 4);
    const double b = dot4(u, v + 4) + dot4(u + 4, v);
    const double c = dot4(v, v + 4);
    const double root = sqrt(fmax(b * b - 4.0 * a * c, 0.0));
    const double stable = -0.5 * (b < 0.0 ? b - root : b + root); /* no cancellation */
    double best = 0.0;
    /* a s^2 + b s + c = 0 as ratios (s : 1); of its roots the one with the larger real part */
    const double candidates[2][2] = {{stable, a}, {c, stable}};
    for (int i = 0; i < 2; ++i) {
        double combined[DUAL];
        const double size = hypot(candidates[i][0], candidates[i][1]);
        if (!(size > 0.0)) {
            continue;
        }
        for (int k = 0; k < DUAL; ++k) {
            combined[k] = (candidates[i][0] * u[k] + candidates[i][1] * v[k]) / size;
        }
        const double real = sqrt(dot4(combined, combined));
        if (real > best) {
            best = real;
            for (int k = 0; k < DUAL; ++k) {
                out[k] = combined[k] / real;
            }
        }
    }
    return best > 0.0 ? NAV_OK : NAV_ERR_CONDITION;
}

static enum nav_status solve_dual(const struct pair *pairs, size_t count, double length_mm,
                                  struct nav_pose *out_X)
{
    /* lengths are scaled so that turns and shifts weigh alike */
    double normal_matrix[DUAL * DUAL] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        struct pair scaled = pairs[n];
        double rows[6 * DUAL];
        for (int k = 0; k < 3; ++k) {
            scaled.A.t_mm[k] /= length_mm;
            scaled.B.t_mm[k] /= length_mm;
        }
        put_dual_rows(&scaled, rows);
        for (int row = 0; row < 6; ++row) {
            for (int i = 0; i < DUAL; ++i) {
                for (int j = 0; j < DUAL; ++j) {
                    normal_matrix[DUAL * i + j] += rows[DUAL * row + i] * rows[DUAL * row + j];
                }
            }
        }
    }
    double values[DUAL];
    double vectors[DUAL * DUAL];
    enum nav_status status = trk_eigen_symmetric(DUAL, normal_matrix, values, vectors);
    if (status != NAV_OK) {
        return status;
    }
    double u[DUAL];
    double v[DUAL];
    double x[DUAL] = {0.0};
    for (int i = 0; i < DUAL; ++i) {
        u[i] = vectors[DUAL * i];
        v[i] = vectors[DUAL * i + 1];
    }
    status = combine_null_vectors(u, v, x);
    if (status != NAV_OK) {
        return status;
    }
    /* real (w, x, y, z), dual (w, x, y, z): t = 2 dual real* */
    const double q[4] = {x[1], x[2], x[3], x[0]};
    const double d[4] = {x[5], x[6], x[7], x[4]};
    double cross[3];
    trk_cross(q, d, cross);
    memcpy(out_X->q, q, sizeof(q));
    for (int k = 0; k < 3; ++k) {
        out_X->t_mm[k] = 2.0 * length_mm * (q[3] * d[k] - d[3] * q[k] + cross[k]);
    }
    return nav_pose_is_valid(out_X) ? NAV_OK : NAV_ERR_CONDITION;
}

/* rms of A X against X B. */
static void residuals_of(const struct pair *pairs, size_t count, const struct nav_pose *X,
                         double *out_rad, double *out_mm)
{
    double rad = 0.0;
    double mm = 0.0;
    for (size_t n = 0; n < count; ++n) {
        const struct nav_pose AX = nav_pose_compose(&pairs[n].A, X);
        const struct nav_pose XB = nav_pose_compose(X, &pairs[n].B);
        const double angle = nav_pose_angle_rad(&AX, &XB);
        const double distance = nav_pose_distance_mm(&AX, &XB);
        rad += angle * angle / (double)count;
        mm += distance * distance / (double)count;
    }
    *out_rad = sqrt(rad);
    *out_mm = sqrt(mm);
}

/* How well the axes of motion spread: the second singular value of the stacked unit axes, by
 * sqrt(count): 0 for one axis, 1/sqrt(3) for all directions alike. */
static enum nav_status axes_of(const struct pair *pairs, size_t count, double *out_axes)
{
    double scatter[9] = {0.0};
    for (size_t n = 0; n < count; ++n) {
        double axis[3];
        rotation_vector(&pairs[n].A, axis);
        const enum nav_status status = trk_normalise(axis);
        if (status != NAV_OK) {
            return status;
        }
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                scatter[3 * i + j] += axis[i] * axis[j] / (double)count;
            }
        }
    }
    double values[3];
    double vectors[9];
    const enum nav_status status = trk_eigen_symmetric(3, scatter, values, vectors);
    if (status == NAV_OK) {
        *out_axes = sqrt(fmax(values[1], 0.0));
    }
    return status;
}

static double typical_length(const struct pair *pairs, size_t count)
{
    double squares = 0.0;
    for (size_t n = 0; n < count; ++n) {
        squares +=
            trk_dot(pairs[n].A.t_mm, pairs[n].A.t_mm) + trk_dot(pairs[n].B.t_mm, pairs[n].B.t_mm);
    }
    return fmax(sqrt(squares / (2.0 * (double)count)), 1.0);
}

static void judge(struct trk_handeye *handeye, const struct trk_handeye_limits *limits)
{
    struct trk_refusals *refusals = &handeye->refusals;
    if (handeye->pairs < limits->pairs_min) {
        trk_refuse(refusals, "too-few", "add poses with other directions of view",
                   "%u pairs of poses turn by %.0f to %.0f deg, %u are needed", handeye->pairs,
                   limits->turn_min_rad / DEGREES, limits->turn_max_rad / DEGREES,
                   limits->pairs_min);
    }
    if (!(handeye->axes >= limits->axes_min)) {
        trk_refuse(refusals, "one-axis", "turn the camera about other axes as well",
                   "the turns share an axis: spread %.2f, %.2f is needed", handeye->axes,
                   limits->axes_min);
    } else if (!(handeye->agree_rad <= limits->agree_max_rad &&
                 handeye->agree_mm <= limits->agree_max_mm)) { /* about one axis neither is known */
        trk_refuse(refusals, "disagree", "add poses, larger turns and all axes",
                   "two methods differ by %.2f deg and %.1f mm", handeye->agree_rad / DEGREES,
                   handeye->agree_mm);
    }
    if (!(handeye->residual_rad <= limits->residual_max_rad &&
          handeye->residual_mm <= limits->residual_max_mm)) {
        trk_refuse(refusals, "residual", "check that the target and the marker did not move",
                   "poses held out are %.2f deg and %.1f mm off", handeye->residual_rad / DEGREES,
                   handeye->residual_mm);
    }
}

/* Fits every other pose and looks at the rest. */
static enum nav_status hold_out(const struct nav_pose *markers, const struct nav_pose *targets,
                                size_t count, const struct trk_handeye_limits *limits,
                                struct pair *pairs, struct trk_handeye *handeye)
{
    struct nav_pose X;
    size_t fitted = collect_pairs(markers, targets, count, 0, 2, limits, pairs);
    handeye->residual_rad = handeye->residual_mm = (double)INFINITY;
    if (fitted == 0) {
        return NAV_OK;
    }
    enum nav_status status = solve_park(pairs, fitted, &X);
    if (status != NAV_OK) {
        return status == NAV_ERR_CONDITION ? NAV_OK : status;
    }
    const size_t others = collect_pairs(markers, targets, count, 1, 2, limits, pairs);
    if (others > 0) {
        residuals_of(pairs, others, &X, &handeye->residual_rad, &handeye->residual_mm);
    }
    return NAV_OK;
}

enum nav_status trk_handeye_calibrate(const struct nav_pose *T_tracker_marker,
                                      const struct nav_pose *T_camera_target, size_t count,
                                      const struct trk_handeye_limits *limits,
                                      struct trk_handeye *out_handeye)
{
    if (count < 3 || count > POSES_MAX || !(limits->turn_min_rad > 0.0) ||
        !(limits->turn_max_rad > limits->turn_min_rad)) {
        return NAV_ERR_ARGUMENT;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!nav_pose_is_valid(&T_tracker_marker[i]) || !nav_pose_is_valid(&T_camera_target[i])) {
            return NAV_ERR_NOT_FINITE;
        }
    }
    const size_t possible = count * (count - 1) / 2;
    struct pair *pairs = calloc(possible < PAIRS_MAX ? possible : PAIRS_MAX, sizeof(*pairs));
    if (pairs == NULL) {
        return NAV_ERR_MEMORY;
    }
    struct trk_handeye handeye = {.pairs = 0};
    const size_t used =
        collect_pairs(T_tracker_marker, T_camera_target, count, 0, 1, limits, pairs);
    handeye.pairs = (uint32_t)used;
    enum nav_status status = used > 0 ? NAV_OK : NAV_ERR_CONDITION;
    if (status == NAV_OK) {
        status = axes_of(pairs, used, &handeye.axes);
    }
    if (status == NAV_OK) {
        status = solve_park(pairs, used, &handeye.T_marker_camera);
    }
    if (status == NAV_OK) {
        status =
            solve_dual(pairs, used, typical_length(pairs, used), &handeye.T_marker_camera_dual);
    }
    if (status == NAV_OK) {
        handeye.agree_rad =
            nav_pose_angle_rad(&handeye.T_marker_camera, &handeye.T_marker_camera_dual);
        handeye.agree_mm =
            nav_pose_distance_mm(&handeye.T_marker_camera, &handeye.T_marker_camera_dual);
        status = hold_out(T_tracker_marker, T_camera_target, count, limits, pairs, &handeye);
    }
    free(pairs);
    if (status != NAV_OK) {
        return status;
    }
    judge(&handeye, limits);
    *out_handeye = handeye;
    return NAV_OK;
}
