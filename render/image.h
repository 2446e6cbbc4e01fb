/* Pictures in files. Thread: any. */
#ifndef RND_IMAGE_H
#define RND_IMAGE_H

#include <stdint.h>

#include "nav/status.h"

/* Writes RGB bytes (top row first, 3 * width * height) as a PNG: a whole file or none.
 * NAV_ERR_ARGUMENT, NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_image_write_png(const char *path, const uint8_t *rgb, int width_px,
                                                 int height_px);

#endif
