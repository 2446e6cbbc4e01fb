/* How far off the overlay is where it matters, from markers that lie elsewhere in the picture.
 *
 * Markers near the middle of the picture hardly move when the focal length or the distance is wrong
 * by a percent, while what is drawn towards the edge moves by many pixels. So the markers' errors
 * are taken as a small shift, turn and growth of the picture (a similarity, least squares), and
 * that is followed to the places of the plan. In rays times the focal length, so that the lens's
 * distortion plays no part. Camera's frame, mm. Pure. Thread: any. */
#ifndef RND_AR_REACH_H
#define RND_AR_REACH_H

#include <stdbool.h>
#include <stddef.h>

#include "lens.h"

/* Corners of markers: where the model of the camera has them, and where the picture shows them. */
struct rnd_ar_corner {
    double point_mm[3];
    double px[2];
};

/* The largest error at the targets that lie in the picture, px and mm at their depth. False, and 0:
 * fewer than 4 corners, no target in the picture, or a corner that the camera could not see. */
bool rnd_ar_reach(const struct rnd_lens *lens, const struct rnd_ar_corner *corners, size_t count,
                  const double (*targets_mm)[3], size_t target_count, double *out_px,
                  double *out_mm);

#endif
