/* The plane that a flat blade has cut: from where it was and from how it was held.
 *
 * Least squares through the places alone tells little of a small surface: a tracker's noise of
 * 0.3 mm over a rim of bone 7 mm deep is some degrees a pose. A flat blade says more: its face lies
 * in the surface that it leaves. Of that direction a tracker's noise averages out, the error of the
 * blade's calibration (`face_rad`, one standard deviation) does not. Both are joined, each by what
 * it is worth:
 *
 *     s = (P + I / f^2)^-1 (P s_places + s_faces / f^2)      slopes of deviation along u and v
 *     P = S / 2 r^2    S: scatter of the places of the sweeps, r^2: their variance about a plane;
 *                      each shares its two poses with its neighbours, hence 2
 *     f^2 = face_rad^2 + variance of the mean slope of the faces
 *
 * so that on a large surface the places decide, whatever the calibration (inverse-variance
 * weighting of two independent estimates). The plane goes through the middle of the surface.
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

/* deviation = plane[0] + plane[1] u + plane[2] v. `surface`: points that the plane is of; `sweeps`:
 * the middle of what each pose has cut; `faces`: how the blade was held then. False: no points. */
bool trk_cut_plane_fit(const struct trk_plane_sums *surface, const struct trk_plane_sums *sweeps,
                       const struct trk_face_sums *faces, double face_rad, double out_plane[3]);

#endif
