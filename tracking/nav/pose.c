#include "nav/pose.h"

#include <math.h>
#include <string.h>

/* A polar iteration converges quadratically; from 1e-2 off a rotation four steps reach rounding. */
enum { POLAR_STEPS = 6 };

static const double slerp_linear_cos = 1.0 - 1e-12; /* below ~1.4e-6 rad slerp divides by ~0 */
static const double unit_tolerance = 1e-6;

static void quat_normalise(double q[4])
{
    const double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    for (int i = 0; i < 4; ++i) {
        q[i] /= norm;
    }
}

static void quat_multiply(const double a[4], const double b[4], double out[4])
{
    const double r[4] = {
        a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
        a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
        a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
        a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
    };
    memcpy(out, r, sizeof(r));
}

static double determinant(const double m[9])
{
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/* Inverse transpose of a matrix that is known to be close to a rotation. */
static void inverse_transpose(const double m[9], double out[9])
{
    const double det = determinant(m);
    const double cofactor[9] = {
        m[4] * m[8] - m[5] * m[7], m[5] * m[6] - m[3] * m[8], m[3] * m[7] - m[4] * m[6],
        m[2] * m[7] - m[1] * m[8], m[0] * m[8] - m[2] * m[6], m[1] * m[6] - m[0] * m[7],
        m[1] * m[5] - m[2] * m[4], m[2] * m[3] - m[0] * m[5], m[0] * m[4] - m[1] * m[3],
    };
    for (int i = 0; i < 9; ++i) {
        out[i] = cofactor[i] / det;
    }
}

/* Nearest rotation in the Frobenius norm: R <- (R + R^-T) / 2 (Higham 1986). */
static void nearest_rotation(const double m[9], double out[9])
{
    memcpy(out, m, 9 * sizeof(double));
    for (int step = 0; step < POLAR_STEPS; ++step) {
        double inverse[9];
        inverse_transpose(out, inverse);
        for (int i = 0; i < 9; ++i) {
            out[i] = 0.5 * (out[i] + inverse[i]);
        }
    }
}

/* Quaternion of a rotation matrix, by the largest of the four components (Shepperd 1978). */
static void quat_from_rotation(const double m[9], double q[4])
{
    const double trace = m[0] + m[4] + m[8];
    if (trace >= m[0] && trace >= m[4] && trace >= m[8]) {
        q[3] = 1.0 + trace;
        q[0] = m[7] - m[5];
        q[1] = m[2] - m[6];
        q[2] = m[3] - m[1];
    } else if (m[0] >= m[4] && m[0] >= m[8]) {
        q[0] = 1.0 + m[0] - m[4] - m[8];
        q[1] = m[1] + m[3];
        q[2] = m[2] + m[6];
        q[3] = m[7] - m[5];
    } else if (m[4] >= m[8]) {
        q[1] = 1.0 - m[0] + m[4] - m[8];
        q[0] = m[1] + m[3];
        q[2] = m[5] + m[7];
        q[3] = m[2] - m[6];
    } else {
        q[2] = 1.0 - m[0] - m[4] + m[8];
        q[0] = m[2] + m[6];
        q[1] = m[5] + m[7];
        q[3] = m[3] - m[1];
    }
    quat_normalise(q);
}

struct nav_pose nav_pose_identity(void)
{
    return (struct nav_pose){.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {0.0, 0.0, 0.0}};
}

void nav_pose_rotate(const struct nav_pose *T_a_b, const double direction_b[3], double out_a[3])
{
    /* p' = p + 2w(v x p) + 2 v x (v x p) with v the vector part */
    const double *q = T_a_b->q;
    const double p[3] = {direction_b[0], direction_b[1], direction_b[2]};
    const double c[3] = {
        2.0 * (q[1] * p[2] - q[2] * p[1]),
        2.0 * (q[2] * p[0] - q[0] * p[2]),
        2.0 * (q[0] * p[1] - q[1] * p[0]),
    };
    out_a[0] = p[0] + q[3] * c[0] + (q[1] * c[2] - q[2] * c[1]);
    out_a[1] = p[1] + q[3] * c[1] + (q[2] * c[0] - q[0] * c[2]);
    out_a[2] = p[2] + q[3] * c[2] + (q[0] * c[1] - q[1] * c[0]);
}

void nav_pose_apply(const struct nav_pose *T_a_b, const double point_b[3], double out_a[3])
{
    nav_pose_rotate(T_a_b, point_b, out_a);
    for (int i = 0; i < 3; ++i) {
        out_a[i] += T_a_b->t_mm[i];
    }
}

struct nav_pose nav_pose_compose(const struct nav_pose *T_a_b, const struct nav_pose *T_b_c)
{
    struct nav_pose T_a_c;
    quat_multiply(T_a_b->q, T_b_c->q, T_a_c.q);
    quat_normalise(T_a_c.q);
    nav_pose_apply(T_a_b, T_b_c->t_mm, T_a_c.t_mm);
    return T_a_c;
}

struct nav_pose nav_pose_inverse(const struct nav_pose *T_a_b)
{
    struct nav_pose T_b_a = {
        .q = {-T_a_b->q[0], -T_a_b->q[1], -T_a_b->q[2], T_a_b->q[3]},
        .t_mm = {0.0, 0.0, 0.0},
    };
    nav_pose_rotate(&T_b_a, T_a_b->t_mm, T_b_a.t_mm);
    for (int i = 0; i < 3; ++i) {
        T_b_a.t_mm[i] = -T_b_a.t_mm[i];
    }
    return T_b_a;
}

void nav_pose_rotation(const struct nav_pose *pose, double out_R[9])
{
    const double x = pose->q[0], y = pose->q[1], z = pose->q[2], w = pose->q[3];
    out_R[0] = 1.0 - 2.0 * (y * y + z * z);
    out_R[1] = 2.0 * (x * y - z * w);
    out_R[2] = 2.0 * (x * z + y * w);
    out_R[3] = 2.0 * (x * y + z * w);
    out_R[4] = 1.0 - 2.0 * (x * x + z * z);
    out_R[5] = 2.0 * (y * z - x * w);
    out_R[6] = 2.0 * (x * z - y * w);
    out_R[7] = 2.0 * (y * z + x * w);
    out_R[8] = 1.0 - 2.0 * (x * x + y * y);
}

struct nav_rigidity nav_rigidity_of(const double R[9])
{
    struct nav_rigidity rigidity = {.orthogonality = 0.0, .determinant = determinant(R)};
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            const double dot = R[i] * R[j] + R[3 + i] * R[3 + j] + R[6 + i] * R[6 + j];
            const double off = fabs(dot - (i == j ? 1.0 : 0.0));
            if (isnan(off) || off > rigidity.orthogonality) { /* a NaN, once there, stays */
                rigidity.orthogonality = off;
            }
        }
    }
    return rigidity;
}

enum nav_status nav_pose_from_matrix(const double R[9], const double t_mm[3], double tolerance,
                                     struct nav_pose *out_pose)
{
    for (int i = 0; i < 9; ++i) {
        if (!isfinite(R[i])) {
            return NAV_ERR_NOT_FINITE;
        }
    }
    for (int i = 0; i < 3; ++i) {
        if (!isfinite(t_mm[i])) {
            return NAV_ERR_NOT_FINITE;
        }
    }
    const struct nav_rigidity rigidity = nav_rigidity_of(R);
    if (!(rigidity.orthogonality <= tolerance) ||
        !(fabs(rigidity.determinant - 1.0) <= tolerance)) {
        return NAV_ERR_NOT_RIGID;
    }
    double rotation[9];
    nearest_rotation(R, rotation);
    quat_from_rotation(rotation, out_pose->q);
    memcpy(out_pose->t_mm, t_mm, sizeof(out_pose->t_mm));
    return NAV_OK;
}

struct nav_pose nav_pose_interpolate(const struct nav_pose *from, const struct nav_pose *to,
                                     double s)
{
    if (!(s > 0.0)) {
        return *from;
    }
    if (s >= 1.0) {
        return *to;
    }
    double cosine = 0.0;
    for (int i = 0; i < 4; ++i) {
        cosine += from->q[i] * to->q[i];
    }
    const double sign = cosine < 0.0 ? -1.0 : 1.0; /* q and -q are the same rotation: short arc */
    cosine *= sign;

    double from_weight = 1.0 - s;
    double to_weight = s;
    if (cosine < slerp_linear_cos) {
        const double angle = acos(cosine);
        from_weight = sin((1.0 - s) * angle) / sin(angle);
        to_weight = sin(s * angle) / sin(angle);
    }
    struct nav_pose between;
    for (int i = 0; i < 4; ++i) {
        between.q[i] = from_weight * from->q[i] + sign * to_weight * to->q[i];
    }
    quat_normalise(between.q);
    for (int i = 0; i < 3; ++i) {
        between.t_mm[i] = (1.0 - s) * from->t_mm[i] + s * to->t_mm[i];
    }
    return between;
}

double nav_pose_angle_rad(const struct nav_pose *a, const struct nav_pose *b)
{
    /* 2 atan2(|v|, |w|) of the relative rotation keeps its precision at small angles. */
    const double inverse[4] = {-a->q[0], -a->q[1], -a->q[2], a->q[3]};
    double relative[4];
    quat_multiply(inverse, b->q, relative);
    const double vector =
        sqrt(relative[0] * relative[0] + relative[1] * relative[1] + relative[2] * relative[2]);
    return 2.0 * atan2(vector, fabs(relative[3]));
}

double nav_pose_distance_mm(const struct nav_pose *a, const struct nav_pose *b)
{
    const double d[3] = {a->t_mm[0] - b->t_mm[0], a->t_mm[1] - b->t_mm[1], a->t_mm[2] - b->t_mm[2]};
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

bool nav_pose_is_valid(const struct nav_pose *pose)
{
    double norm2 = 0.0;
    for (int i = 0; i < 4; ++i) {
        norm2 += pose->q[i] * pose->q[i];
    }
    return isfinite(pose->t_mm[0]) && isfinite(pose->t_mm[1]) && isfinite(pose->t_mm[2]) &&
           fabs(sqrt(norm2) - 1.0) <= unit_tolerance;
}
