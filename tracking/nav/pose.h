/* Rigid transforms between frames.
 *
 * `T_a_b` maps the coordinates of a point given in frame b to frame a: p_a = T_a_b p_b.
 * Compose by adjacency: T_a_c = T_a_b T_b_c. On the wire and in files the same transform is
 * called "BToA" (`StylusToTracker` is T_tracker_stylus). docs/frames.md has a worked number.
 *
 * Units: millimetres. Quaternions are unit, stored x y z w, and rotate actively:
 * p_a = R(q) p_b + t. Matrices are row-major. All functions are pure. Thread: any. */
#ifndef NAV_POSE_H
#define NAV_POSE_H

#include <stdbool.h>

#include "nav/status.h"

struct nav_pose {
    double q[4];    /* unit quaternion x y z w */
    double t_mm[3]; /* translation, mm */
};

/* How far a 3x3 matrix is from a rotation. */
struct nav_rigidity {
    double orthogonality; /* max |R'R - I|, dimensionless */
    double determinant;   /* det R; -1 is a mirror */
};

struct nav_pose nav_pose_identity(void);

/* Product T_a_c = T_a_b T_b_c; the quaternion is renormalised. */
struct nav_pose nav_pose_compose(const struct nav_pose *T_a_b, const struct nav_pose *T_b_c);

/* Inverse: T_b_a from T_a_b. */
struct nav_pose nav_pose_inverse(const struct nav_pose *T_a_b);

/* Maps a point (mm): out_a = T_a_b point_b. `out_a` may be `point_b`. */
void nav_pose_apply(const struct nav_pose *T_a_b, const double point_b[3], double out_a[3]);

/* Rotates a direction, no translation. `out_a` may be `direction_b`. */
void nav_pose_rotate(const struct nav_pose *T_a_b, const double direction_b[3], double out_a[3]);

/* Rotation matrix, row-major. */
void nav_pose_rotation(const struct nav_pose *pose, double out_R[9]);

/* Measures a row-major 3x3 matrix. Non-finite input gives non-finite output. */
struct nav_rigidity nav_rigidity_of(const double R[9]);

/* Pose from a row-major rotation matrix that is rigid to `tolerance`
 * (max |R'R - I| <= tolerance and |det R - 1| <= tolerance, equality accepted) and a translation.
 * The rotation is replaced by the nearest one in the Frobenius norm (polar decomposition).
 * NAV_ERR_NOT_FINITE, NAV_ERR_NOT_RIGID (scale, shear, mirror, zero). */
NAV_MUST_USE enum nav_status nav_pose_from_matrix(const double R[9], const double t_mm[3],
                                                  double tolerance, struct nav_pose *out_pose);

/* Between `from` (s = 0) and `to` (s = 1): translation linear, rotation by slerp along the
 * short arc. s outside [0, 1] is clamped: never extrapolates. */
struct nav_pose nav_pose_interpolate(const struct nav_pose *from, const struct nav_pose *to,
                                     double s);

/* Angle of the rotation between two poses, rad, in [0, pi]. */
double nav_pose_angle_rad(const struct nav_pose *a, const struct nav_pose *b);

/* Distance of the origins, mm. */
double nav_pose_distance_mm(const struct nav_pose *a, const struct nav_pose *b);

/* Every component finite and the quaternion's norm within 1e-6 of 1. */
bool nav_pose_is_valid(const struct nav_pose *pose);

#endif
