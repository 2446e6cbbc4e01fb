/* The plane that a flat blade has cut: from where it was and from how it was held, and how well
 * that is known.
 *
 * Least squares through the places alone tells little of a small surface: a tracker's noise of
 * 0.3 mm over a rim of bone 7 mm deep is some degrees a pose. A flat blade says more: its face lies
 * in the surface that it leaves. Of that direction a tracker's noise averages out, the error of the
 * blade's calibration (`face_rad`, one standard deviation) does not. Both are joined, each by what
 * it is worth:
 *
 *     s = C (P s_places + s_faces / f^2)                     slopes of deviation along u and v
 *     C = (P + I / f^2)^-1                                   their covariance
 *     P = S / 2 r^2    S: scatter of the places of the sweeps, r^2: their variance about a plane;
 *                      each shares its two poses with its neighbours, hence 2
 *     f^2 = face_rad^2 + variance of the mean slope of the faces
 *
 * so that on a large surface the places decide, whatever the calibration (inverse-variance
 * weighting of two independent estimates). The places are those of the sweeps, not of the cells
 * that they have cut: a cell at the rim that noise has passed once would weigh as much as one
 * passed twenty times, and where it tells most. The plane goes through their middle.
 *
 * Frame: the cut's, u, v, deviation, mm. Pure, libc only. Thread: any. */
#ifndef TRK_CUT_PLANE_H
#define TRK_CUT_PLANE_H

#include <stdbool.h>

/* Sums over points. Zeroed: none. */
struct trk_plane_sums {
    double count;
    double u, v, d;
    double uu, uv, vv, ud, vd, dd;
};

void trk_plane_add(struct trk_plane_sums *sums, double u, double v, double d);

/* Slopes of a blade's faces. Zeroed: none. */
struct trk_face_sums {
    double count;
    double slope[2], square[2]; /* along u and v; sums, and of their squares */
};

void trk_face_add(struct trk_face_sums *sums, double slope_u, double slope_v);

/* What a cut has told of its plane. Zeroed: nothing. */
struct trk_plane_evidence {
    struct trk_plane_sums sweeps; /* the middles of what each pose has cut, ... */
    struct trk_plane_sums
        steps; /* ... from one of them to the next: what a tracker's noise is, ... */
    struct trk_face_sums faces; /* ... and how the blade was held then */
};

struct trk_plane_fit {
    double plane[3];     /* deviation = plane[0] + plane[1] u + plane[2] v */
    double middle[2];    /* of the places, u and v */
    double slope_var[3]; /* of plane[1], of both, of plane[2]; INFINITY (both: 0): not known */
    double middle_var;   /* of the deviation at the middle, mm2; INFINITY: not known */
    double noise_var;    /* of one pose, across the plane, from step to step, mm2; 0: not known */
    double bend_var;     /* of the sweeps about the plane beyond that: what is not flat, mm2 */
};

/* `surface`: points that the plane is of; without evidence the plane is theirs alone. False: no
 * points. */
bool trk_cut_plane_fit(const struct trk_plane_sums *surface,
                       const struct trk_plane_evidence *evidence, double face_rad,
                       struct trk_plane_fit *out_fit);

/* Variance of the plane's deviation at a place, mm2. */
double trk_plane_fit_var(const struct trk_plane_fit *fit, double u, double v);

/* Standard deviation of the plane's direction, the way in which it is known worst. */
double trk_plane_fit_angle_sd_rad(const struct trk_plane_fit *fit);

#endif
