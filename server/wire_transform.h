/* TRANSFORM: one rigid transform.
 *
 * Content, 48 bytes: 12 float32, column by column of the upper 3x4 of the matrix.
 *   offset size field
 *        0   12  first column  R11 R21 R31
 *       12   12  second column R12 R22 R32
 *       24   12  third column  R13 R23 R33
 *       36   12  translation   x y z, mm
 * The device name says what is mapped to what: "StylusToTracker" is T_tracker_stylus.
 * The values are those of the wire: not judged here (NaN, zero and mirrored matrices pass).
 * Pure. Thread: any. */
#ifndef WIRE_TRANSFORM_H
#define WIRE_TRANSFORM_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_TRANSFORM_SIZE = 48 };

struct wire_transform {
    float R[9]; /* row-major */
    float t_mm[3];
};

/* NAV_ERR_LENGTH unless exactly 48 bytes. */
NAV_MUST_USE enum nav_status wire_check_transform(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_transform_decode(const uint8_t *content, size_t size,
                                                   struct wire_transform *out_transform);

/* The same numbers of a checked content as doubles, without a stop in between: for every pose that
 * is navigated by. */
void wire_transform_widen(const uint8_t content[WIRE_TRANSFORM_SIZE], double out_R[9],
                          double out_t_mm[3]);

/* The same, number by number. For tests. */
void wire_transform_widen_ref(const uint8_t content[WIRE_TRANSFORM_SIZE], double out_R[9],
                              double out_t_mm[3]);

void wire_transform_encode(struct wire_writer *writer, const struct wire_transform *transform);

#endif
