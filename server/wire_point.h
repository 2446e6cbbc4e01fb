/* POINT: landmarks and fiducials.
 *
 * Content: any number (also 0) of entries of 136 bytes; texts NUL-padded, may use all their bytes.
 *   offset size field
 *        0   64  name or description
 *       64   32  group: "Landmark", "Fiducial", ...
 *       96    4  colour R G B A
 *      100   12  position x y z, float32, mm
 *      112    4  diameter, float32, mm; may be 0
 *      116   20  id of the image it belongs to
 * The frame of the coordinates is not in the message; numbers are not judged here.
 * Pure. Thread: any. */
#ifndef WIRE_POINT_H
#define WIRE_POINT_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_POINT_ENTRY_SIZE = 136 };

struct wire_point_entry {
    char name[64 + 1];
    char group[32 + 1];
    uint8_t rgba[4];
    float position_mm[3];
    float diameter_mm;
    char owner[20 + 1];
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_point(const uint8_t *content, size_t size);

/* Entry `index`, counted from 0; NAV_ERR_RANGE behind the last one; NAV_ERR_LENGTH
 * as the check. Texts are not judged. */
NAV_MUST_USE enum nav_status wire_point_at(const uint8_t *content, size_t size, size_t index,
                                           struct wire_point_entry *out_entry);

void wire_point_encode(struct wire_writer *writer, const struct wire_point_entry *entry);

#endif
