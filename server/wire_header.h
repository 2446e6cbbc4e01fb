/* The 58-byte header and the 12-byte extended header as values. Layout: wire_message.h.
 *
 * Extended header of version 2, at the front of the body:
 *   offset size field
 *        0    2  size of the extended header, >= 12; what is more than 12 is skipped
 *        2    2  size of the metadata header (0 = no metadata, else 2 + 8 * count)
 *        4    4  size of the metadata (keys and values)
 *        8    4  message id
 * Pure. Thread: any. */
#ifndef WIRE_HEADER_H
#define WIRE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_message.h"

enum { WIRE_VERSION_PLAIN = 1, WIRE_VERSION_EXTENDED = 2 };

struct wire_header {
    uint16_t version;
    char type[WIRE_TYPE_SIZE + 1];
    char device[WIRE_DEVICE_SIZE + 1];
    uint64_t stamp; /* 32.32, see wire_time.h */
    uint64_t body_size;
    uint64_t crc;
};

/* Reads the fields as they stand; judges nothing. */
void wire_header_decode(const uint8_t bytes[WIRE_HEADER_SIZE], struct wire_header *out_header);

/* NAV_ERR_ARGUMENT when type or device do not fit their fields; never cuts a name. */
NAV_MUST_USE enum nav_status wire_header_encode(const struct wire_header *header,
                                                uint8_t out_bytes[WIRE_HEADER_SIZE]);

/* True for a type field as it must be: 1 to 12 printable ASCII characters other than space, padded
 * with NUL to its end. Anything else means that this is not the start of a message. */
bool wire_header_type_is_legal(const uint8_t field[WIRE_TYPE_SIZE]);

#endif
