/* COMMAND and its answer RTS_COMMAND: a text, mostly XML, with a number and a name.
 *
 * Content, 138 + n bytes, the same for both:
 *   offset size field
 *        0    4  command id, chosen by the asker, repeated in the answer
 *        4  128  name, NUL-padded, may use all 128; in an answer the error, if any
 *      132    2  encoding of the text, as in STRING
 *      134    4  length of the text in bytes
 *      138    n  text, no terminator
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_COMMAND_H
#define WIRE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_COMMAND_NAME_SIZE = 128 };

struct wire_command {
    uint32_t id;
    char name[WIRE_COMMAND_NAME_SIZE + 1];
    uint16_t encoding; /* enum wire_encoding and others */
    uint32_t length;
    const char *text; /* not terminated; NULL when empty */
};

/* NAV_ERR_LENGTH unless exactly as long as the length field says. */
NAV_MUST_USE enum nav_status wire_check_command(const uint8_t *content, size_t size);

/* Same errors as the check. Name and text are not judged. */
NAV_MUST_USE enum nav_status wire_command_decode(const uint8_t *content, size_t size,
                                                 struct wire_command *out_command);

/* A name over 128 bytes fails the writer. */
void wire_command_encode(struct wire_writer *writer, const struct wire_command *command);

#endif
