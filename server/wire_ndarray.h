/* NDARRAY: an array of numbers of any dimension.
 *
 * Content:
 *   offset size field
 *        0    1  scalar type (wire_scalar.h, also complex)
 *        1    1  number of dimensions d, 1 to 255
 *        2  2*d  sizes, uint16; the last one varies fastest in the data
 *    2+2*d    n  values, big-endian: product of the sizes * bytes of the scalar
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_NDARRAY_H
#define WIRE_NDARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_scalar.h"

enum { WIRE_NDARRAY_DIMENSIONS_MAX = 255 };

struct wire_ndarray {
    uint8_t scalar; /* enum wire_scalar */
    uint8_t dimensions;
    uint16_t size[WIRE_NDARRAY_DIMENSIONS_MAX];
    const uint8_t *values; /* big-endian; NULL when empty */
    size_t values_size;
};

/* NAV_ERR_RANGE for a scalar outside the list or no dimension; NAV_ERR_LENGTH unless the values are
 * exactly as many as the sizes say (products that wrap are too long). */
NAV_MUST_USE enum nav_status wire_check_ndarray(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_ndarray_decode(const uint8_t *content, size_t size,
                                                 struct wire_ndarray *out_array);

void wire_ndarray_encode(struct wire_writer *writer, const struct wire_ndarray *array);

#endif
