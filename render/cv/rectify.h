/* Pictures without the lens's distortion: what the overlay is drawn on.
 *
 * The picture is undistorted, not the overlay distorted: straight bone edges stay straight lines
 * for the graphics, and one remapping a picture costs less than a denser mesh. The result belongs
 * to rnd_lens_rectified of the same lens. Thread: one at a time. */
#ifndef CAM_RECTIFY_H
#define CAM_RECTIFY_H

#ifdef __cplusplus
extern "C" { /* some headers below are plain C without a guard of their own */
#endif

#include <stdint.h>

#include "board.h"
#include "cv_error.h"
#include "lens.h"
#include "nav/status.h"

struct cam_rectifier;

/* NAV_ERR_ARGUMENT: no lens; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cam_rectifier_create(const struct rnd_lens *lens,
                                                  struct cam_rectifier **out_rectifier,
                                                  struct cam_error *out_error);
void cam_rectifier_destroy(struct cam_rectifier *rectifier); /* NULL is legal */

/* The lens of what comes out. */
const struct rnd_lens *cam_rectifier_lens(const struct cam_rectifier *rectifier);

/* Writes blue, green, red, 255 of every pixel, top row first, rows of `stride` bytes.
 * NAV_ERR_RANGE: a picture of another resolution. */
NAV_MUST_USE enum nav_status cam_rectify(struct cam_rectifier *rectifier,
                                         const struct cam_picture *picture, uint8_t *out_bgra,
                                         size_t stride, struct cam_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
