/* One whole OpenIGTLink message, as the framer hands it on: framing and CRC are already checked.
 *
 * Header, 58 bytes, big-endian:
 *   offset size field
 *        0    2  version   1 = protocol 1 and 2, 2 = protocol 3 (extended header, metadata)
 *        2   12  type      ASCII, NUL-padded, may use all 12
 *       14   20  device    name, NUL-padded, may use all 20
 *       34    8  timestamp UTC seconds and fraction, 32.32 fixed point, 0 = none
 *       42    8  body size bytes that follow the header
 *       50    8  CRC-64    ECMA-182 of the body
 * Body of version 2: extended header {u16 size >= 12, u16 metadata header size, u32 metadata size,
 * u32 message id}, content, metadata header, metadata. Of version 1: content only.
 *
 * All pointers are views into the framer's buffer, valid only during the callback. Thread: loop. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "wire_kind.h"

enum {
    WIRE_HEADER_SIZE = 58,
    WIRE_EXTENDED_HEADER_SIZE = 12,
    WIRE_TYPE_SIZE = 12,
    WIRE_DEVICE_SIZE = 20
};

struct wire_message {
    uint16_t version;              /* 1 or 2 */
    char type[WIRE_TYPE_SIZE + 1]; /* NUL-terminated copy */
    enum wire_kind kind;           /* the type as a number; WIRE_KIND_UNKNOWN = not in our list */
    char device[WIRE_DEVICE_SIZE + 1]; /* printable ASCII or UTF-8, see wire_text.h; may be empty */
    uint8_t device_length;
    int64_t device_ns;      /* time stamp, ns since 1970 UTC; 0 = none */
    uint64_t stamp;         /* the same as received, 32.32 fixed point */
    uint32_t message_id;    /* 0 in version 1 */
    const uint8_t *content; /* between extended header and metadata */
    size_t content_size;
    const uint8_t *metadata_header; /* count and entries, checked: 2 + 8 * count bytes; or NULL */
    const uint8_t *metadata;        /* keys and values, checked: the entries' sizes add up */
    size_t metadata_size;
    uint16_t metadata_count;
    const uint8_t *raw; /* header and body as received, for recorders */
    size_t raw_size;
};

#endif
