/* IMAGE: a 2D or 3D image or a box of one.
 *
 * Content, 72 bytes and the pixels:
 *   offset size field
 *        0    2  version of this layout, 1 (2 is read alike)
 *        2    1  components of a pixel, 1 to 255, interleaved
 *        3    1  scalar type, see below
 *        4    1  byte order of the pixels: 1 big, 2 little
 *        5    1  coordinates: 1 RAS, 2 LPS
 *        6    6  size of the whole image i j k, uint16
 *       12   48  12 float32: steps along i, j and k in mm, then the centre of the image in mm
 *       60    6  first pixel of the box i j k, uint16
 *       66    6  size of the box i j k, uint16
 *       72    n  pixels of the box: sizes * components * bytes of the scalar
 * The position is that of the image's centre, not of its first pixel.
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_IMAGE_H
#define WIRE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_scalar.h"

enum { WIRE_IMAGE_HEADER_SIZE = 72 };

enum wire_endian { WIRE_ENDIAN_BIG = 1, WIRE_ENDIAN_LITTLE = 2 };
enum wire_coordinates { WIRE_COORDINATES_RAS = 1, WIRE_COORDINATES_LPS = 2 };

struct wire_image {
    uint16_t version;
    uint8_t components;
    uint8_t scalar;      /* enum wire_scalar, real numbers and integers */
    uint8_t endian;      /* enum wire_endian */
    uint8_t coordinates; /* enum wire_coordinates */
    uint16_t size[3];
    float matrix[12]; /* in the order of the wire */
    uint16_t box_first[3];
    uint16_t box_size[3];
    const uint8_t *pixels;
    size_t pixels_size;
};

/* NAV_ERR_VERSION for another layout; NAV_ERR_RANGE for a code outside its list, no components, an
 * empty size or a box outside the image; NAV_ERR_LENGTH unless the pixels are exactly those of the
 * box. */
NAV_MUST_USE enum nav_status wire_check_image(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_image_decode(const uint8_t *content, size_t size,
                                               struct wire_image *out_image);

void wire_image_encode(struct wire_writer *writer, const struct wire_image *image);

#endif
