/* Codes of scalar types, as IMAGE, NDARRAY and the metadata of images use them. Thread: any. */
#ifndef WIRE_SCALAR_H
#define WIRE_SCALAR_H

#include <stddef.h>
#include <stdint.h>

enum wire_scalar {
    WIRE_SCALAR_INT8 = 2,
    WIRE_SCALAR_UINT8 = 3,
    WIRE_SCALAR_INT16 = 4,
    WIRE_SCALAR_UINT16 = 5,
    WIRE_SCALAR_INT32 = 6,
    WIRE_SCALAR_UINT32 = 7,
    WIRE_SCALAR_FLOAT32 = 10,
    WIRE_SCALAR_FLOAT64 = 11,
    WIRE_SCALAR_COMPLEX = 13 /* two float64; NDARRAY only */
};

/* Bytes of one value; 0 for a code outside the list. */
static inline size_t wire_scalar_size(uint8_t scalar)
{
    switch (scalar) {
    case WIRE_SCALAR_INT8:
    case WIRE_SCALAR_UINT8:
        return 1;
    case WIRE_SCALAR_INT16:
    case WIRE_SCALAR_UINT16:
        return 2;
    case WIRE_SCALAR_INT32:
    case WIRE_SCALAR_UINT32:
    case WIRE_SCALAR_FLOAT32:
        return 4;
    case WIRE_SCALAR_FLOAT64:
        return 8;
    case WIRE_SCALAR_COMPLEX:
        return 16;
    default:
        return 0;
    }
}

#endif
