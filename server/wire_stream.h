/* The requests and answers that go with a data type: GET_, STT_, STP_ and RTS_.
 *
 * GET_TYPE and STP_TYPE have no content.
 * STT_TDATA and STT_QTDATA, 36 bytes, ask for a stream:
 *   offset size field
 *        0    4  resolution: least time between two messages, ms; 0 = as fast as the data come
 *        4   32  name of the coordinate system, NUL-padded, may use all 32; may be empty
 * RTS_TYPE, 1 byte, answers STT_ and STP_: 0 = success, anything else = failure. It is sent to
 * nobody who has not asked: some clients crash on it.
 * STT_POLYDATA has no content, or 8 bytes: least time between two messages.
 * Pure. Thread: any. */
#ifndef WIRE_STREAM_H
#define WIRE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_STREAM_START_SIZE = 36, WIRE_STREAM_STATUS_SIZE = 1, WIRE_COORDINATE_NAME_SIZE = 32 };

struct wire_stream_start {
    uint32_t resolution_ms;
    char coordinate_name[WIRE_COORDINATE_NAME_SIZE + 1];
};

/* NAV_ERR_LENGTH unless there is no content. */
NAV_MUST_USE enum nav_status wire_check_empty(const uint8_t *content, size_t size);

/* NAV_ERR_LENGTH unless exactly 36 bytes; NAV_ERR_ENCODING when the coordinate name is not text. */
NAV_MUST_USE enum nav_status wire_check_stream_start(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_stream_start_decode(const uint8_t *content, size_t size,
                                                      struct wire_stream_start *out_start);

/* A coordinate name over 32 bytes fails the writer. */
void wire_stream_start_encode(struct wire_writer *writer, const struct wire_stream_start *start);

/* NAV_ERR_LENGTH unless there is no content or exactly 8 bytes. */
NAV_MUST_USE enum nav_status wire_check_resolution(const uint8_t *content, size_t size);

/* NAV_ERR_LENGTH unless exactly 1 byte. */
NAV_MUST_USE enum nav_status wire_check_stream_status(const uint8_t *content, size_t size);

/* `out_status` is 0 for success. Same errors as the check. */
NAV_MUST_USE enum nav_status wire_stream_status_decode(const uint8_t *content, size_t size,
                                                       uint8_t *out_status);

void wire_stream_status_encode(struct wire_writer *writer, uint8_t status);

#endif
