/* OpenCV's own answers, for tests. Anything that it throws ends the test program. */
#ifndef CAMERA_ORACLE_H
#define CAMERA_ORACLE_H

#include <stddef.h>

#include "board.h"
#include "lens.h"

#ifdef __cplusplus
extern "C" {
#endif

/* cv::projectPoints of a point in the camera's frame. */
void oracle_project(const struct rnd_lens *lens, const double point_mm[3], double out_px[2]);

/* A board as the camera would see it, with T_camera_board by rows (3 x 4), drawn at `factor` times
 * the lens's resolution, distorted by the lens, and noise of `noise` grey levels (rms) on it.
 * Grey bytes, width * height of the lens, to be freed. */
unsigned char *oracle_photograph(const struct rnd_lens *lens, const struct cam_board *board,
                                 const double T_camera_board[12], double noise, unsigned seed);

/* An image file as grey bytes, to be freed; NULL when it cannot be read. */
unsigned char *oracle_read_image(const char *path, int *out_width_px, int *out_height_px);

/* Grey bytes into an image file. */
void oracle_write_image(const char *path, int width_px, int height_px, const unsigned char *grey);

#ifdef __cplusplus
}
#endif

#endif
