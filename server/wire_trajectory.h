/* TRAJ: planned paths with an entry and a target point.
 *
 * Content: any number (also 0) of entries of 150 bytes; texts NUL-padded, may use all their bytes.
 *   offset size field
 *        0   64  name or description
 *       64   32  group: "Trajectory", ...
 *       96    1  points given: 1 entry only, 2 target only, 3 both
 *       97    1  reserved
 *       98    4  colour R G B A
 *      102   12  entry point x y z, float32, mm
 *      114   12  target point x y z, float32, mm
 *      126    4  diameter, float32, mm; may be 0
 *      130   20  id of the image it belongs to
 * The frame of the coordinates is not in the message; numbers are not judged here.
 * Pure. Thread: any. */
#ifndef WIRE_TRAJECTORY_H
#define WIRE_TRAJECTORY_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_TRAJECTORY_ENTRY_SIZE = 150 };

enum wire_trajectory_points {
    WIRE_TRAJECTORY_ENTRY_ONLY = 1,
    WIRE_TRAJECTORY_TARGET_ONLY = 2,
    WIRE_TRAJECTORY_BOTH = 3
};

struct wire_trajectory_entry {
    char name[64 + 1];
    char group[32 + 1];
    uint8_t points; /* enum wire_trajectory_points */
    uint8_t reserved;
    uint8_t rgba[4];
    float entry_mm[3];
    float target_mm[3];
    float diameter_mm;
    char owner[20 + 1];
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_trajectory(const uint8_t *content, size_t size);

/* Entry `index`, counted from 0; NAV_ERR_RANGE behind the last one; NAV_ERR_LENGTH
 * as the check. Texts are not judged. */
NAV_MUST_USE enum nav_status wire_trajectory_at(const uint8_t *content, size_t size, size_t index,
                                                struct wire_trajectory_entry *out_entry);

void wire_trajectory_encode(struct wire_writer *writer, const struct wire_trajectory_entry *entry);

#endif
