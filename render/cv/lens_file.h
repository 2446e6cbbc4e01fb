/* Lenses in OpenCV's YAML files, as its own calibration programs, 3D Slicer's and PLUS's helpers
 * and IGSTK write them.
 *
 * Read: camera_matrix or Camera_Matrix, cameraMatrix, K, M1; distortion_coefficients or
 * Distortion_Coefficients, distCoeffs, D1; image_width and image_height or image_Width,
 * image_Height, image_size; avg_reprojection_error or Avg_Reprojection_Error, rms; calibration_time
 * or date; camera or camera_name. A file without its resolution is refused unless the caller says
 * it: the same numbers mean something else on a picture of another size. Written: the first of
 * each, and the same numbers are read again. Thread: any. */
#ifndef CAM_LENS_FILE_H
#define CAM_LENS_FILE_H

#include "cv_error.h"
#include "lens.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `size_px` (width, height) holds where the file states none; {0, 0}: not known. NAV_ERR_NOT_FOUND,
 * NAV_ERR_IO; NAV_ERR_SYNTAX: no such file format; NAV_ERR_RANGE: numbers that are no lens, more
 * coefficients than the model has; NAV_ERR_REFUSED: no resolution, or another than said. */
NAV_MUST_USE enum nav_status cam_lens_read(const char *path, const int size_px[2],
                                           struct rnd_lens *out_lens, struct cam_error *out_error);

/* NAV_ERR_IO; NAV_ERR_ARGUMENT: not a lens. Replaces a file only when all is written. */
NAV_MUST_USE enum nav_status cam_lens_write(const char *path, const struct rnd_lens *lens,
                                            struct cam_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
