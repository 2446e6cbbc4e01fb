/* STATUS: how a device or a peer is, in a code and words. Also the keep-alive of PLUS.
 *
 * Content, 30 bytes and more:
 *   offset size field
 *        0    2  code, see below
 *        2    8  subcode, signed, defined by the device
 *       10   20  error name, NUL-padded, may use all 20
 *       30    n  message, ends at the first NUL or with the content
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_STATUS_H
#define WIRE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_STATUS_SIZE_LEAST = 30, WIRE_ERROR_NAME_SIZE = 20 };

/* Codes of the protocol; others are passed on as numbers. */
enum wire_status_code {
    WIRE_STATUS_INVALID = 0,
    WIRE_STATUS_OK = 1,
    WIRE_STATUS_UNKNOWN_ERROR = 2,
    WIRE_STATUS_PANIC = 3,
    WIRE_STATUS_NOT_FOUND = 4,
    WIRE_STATUS_ACCESS_DENIED = 5,
    WIRE_STATUS_BUSY = 6,
    WIRE_STATUS_TIME_OUT = 7, /* also: connection lost */
    WIRE_STATUS_OVERFLOW = 8,
    WIRE_STATUS_CHECKSUM_ERROR = 9,
    WIRE_STATUS_CONFIG_ERROR = 10,
    WIRE_STATUS_RESOURCE_ERROR = 11,
    WIRE_STATUS_UNKNOWN_INSTRUCTION = 12,
    WIRE_STATUS_NOT_READY = 13,
    WIRE_STATUS_MANUAL_MODE = 14,
    WIRE_STATUS_DISABLED = 15,
    WIRE_STATUS_NOT_PRESENT = 16,
    WIRE_STATUS_UNKNOWN_VERSION = 17,
    WIRE_STATUS_HARDWARE_FAILURE = 18,
    WIRE_STATUS_SHUTDOWN = 19
};

struct wire_status {
    uint16_t code;
    int64_t subcode;
    char error_name[WIRE_ERROR_NAME_SIZE + 1];
    const char *message;   /* not terminated; NULL when empty */
    size_t message_size;   /* with its NUL and what follows, as received */
    size_t message_length; /* up to the first NUL */
};

/* NAV_ERR_LENGTH below 30 bytes. */
NAV_MUST_USE enum nav_status wire_check_status(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_status_decode(const uint8_t *content, size_t size,
                                                struct wire_status *out_status);

/* Writes `message_size` bytes of the message as they are; to send a text, count its NUL in.
 * An error name over 20 bytes fails the writer. */
void wire_status_encode(struct wire_writer *writer, const struct wire_status *status);

#endif
