/* POSITION: a position with an orientation as quaternion; shorter than TRANSFORM.
 *
 * Content, 12, 24 or 28 bytes of float32:
 *   offset size field
 *        0   12  position x y z, mm
 *       12   12  quaternion x y z             (24 and 28 bytes)
 *       24    4  quaternion w                 (28 bytes)
 * In the 24-byte form w is not sent: it is the non-negative root of 1 - x^2 - y^2 - z^2, NaN when
 * that is negative. In the 12-byte form there is no orientation.
 * The values are those of the wire: not judged here.
 * Pure. Thread: any. */
#ifndef WIRE_POSITION_H
#define WIRE_POSITION_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum wire_position_form {
    WIRE_POSITION_ONLY = 12,
    WIRE_POSITION_WITHOUT_W = 24,
    WIRE_POSITION_FULL = 28
};

struct wire_position {
    enum wire_position_form form;
    float t_mm[3];
    float q[4]; /* x y z w; zeros in the form without orientation */
};

/* NAV_ERR_LENGTH unless 12, 24 or 28 bytes. */
NAV_MUST_USE enum nav_status wire_check_position(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_position_decode(const uint8_t *content, size_t size,
                                                  struct wire_position *out_position);

/* Writes the form that the value names. */
void wire_position_encode(struct wire_writer *writer, const struct wire_position *position);

#endif
