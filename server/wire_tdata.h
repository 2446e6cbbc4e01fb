/* TDATA: the poses of several tools, streamed after STT_TDATA.
 *
 * Content: any number (also 0) of entries of 70 bytes. A tool that is not seen is left out.
 *   offset size field
 *        0   20  tool name, NUL-padded, may use all 20
 *       20    1  kind of instrument: 1 tracker, 2 6D instrument, 3 3D instrument, 4 5D instrument
 *       21    1  reserved
 *       22   48  transform, as in TRANSFORM (wire_transform.h)
 * The values are those of the wire: not judged here.
 * Pure. Thread: any. */
#ifndef WIRE_TDATA_H
#define WIRE_TDATA_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_transform.h"

enum { WIRE_TDATA_TOOL_SIZE = 70, WIRE_TDATA_AT_POSE = 22, WIRE_TOOL_NAME_SIZE = 20 };

struct wire_tdata_tool {
    char name[WIRE_TOOL_NAME_SIZE + 1];
    uint8_t name_length;
    uint8_t instrument;
    uint8_t reserved;
    struct wire_transform pose;
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_tdata(const uint8_t *content, size_t size);

/* Number of entries of a checked content. */
static inline size_t wire_tdata_count(size_t size)
{
    return size / WIRE_TDATA_TOOL_SIZE;
}

/* Where entry `index` < count of a checked content lies, for who knows the name already: it begins
 * with the name's field (wire_text_retake_name); the pose (wire_transform_widen) is at
 * WIRE_TDATA_AT_POSE. */
static inline const uint8_t *wire_tdata_entry(const uint8_t *content, size_t index)
{
    return content + index * WIRE_TDATA_TOOL_SIZE;
}

/* Entry `index` < count. NAV_ERR_LENGTH as the check; NAV_ERR_RANGE for an index outside;
 * NAV_ERR_ENCODING for a name that is empty or not text (wire_text.h): such an entry is dropped,
 * its neighbours stay good. */
NAV_MUST_USE enum nav_status wire_tdata_tool_at(const uint8_t *content, size_t size, size_t index,
                                                struct wire_tdata_tool *out_tool);

/* Appends one entry. A name over 20 bytes fails the writer. */
void wire_tdata_tool_encode(struct wire_writer *writer, const struct wire_tdata_tool *tool);

#endif
