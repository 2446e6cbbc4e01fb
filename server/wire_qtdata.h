/* QTDATA: the poses of several tools as positions and quaternions.
 *
 * Content: any number (also 0) of entries of 50 bytes.
 *   offset size field
 *        0   20  tool name, NUL-padded, may use all 20
 *       20    1  kind of instrument, as in TDATA
 *       21    1  reserved
 *       22   12  position x y z, float32, mm
 *       34   16  quaternion x y z w, float32
 * The values are those of the wire: not judged here.
 * Pure. Thread: any. */
#ifndef WIRE_QTDATA_H
#define WIRE_QTDATA_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_tdata.h"

enum { WIRE_QTDATA_TOOL_SIZE = 50 };

struct wire_qtdata_tool {
    char name[WIRE_TOOL_NAME_SIZE + 1];
    uint8_t name_length;
    uint8_t instrument;
    uint8_t reserved;
    float t_mm[3];
    float q[4]; /* x y z w */
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_qtdata(const uint8_t *content, size_t size);

/* Number of entries of a checked content. */
size_t wire_qtdata_count(size_t size);

/* As wire_tdata_tool_at. */
NAV_MUST_USE enum nav_status wire_qtdata_tool_at(const uint8_t *content, size_t size, size_t index,
                                                 struct wire_qtdata_tool *out_tool);

/* Appends one entry. A name over 20 bytes fails the writer. */
void wire_qtdata_tool_encode(struct wire_writer *writer, const struct wire_qtdata_tool *tool);

#endif
