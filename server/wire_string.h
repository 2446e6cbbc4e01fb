/* STRING: a text with its encoding.
 *
 * Content, 4 + length bytes:
 *   offset size field
 *        0    2  encoding, number of the IANA character sets registry (MIBenum)
 *        2    2  length of the text in bytes
 *        4    n  text, no terminator
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_STRING_H
#define WIRE_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

/* The two encodings that we read as text; others are handed on as bytes. */
enum wire_encoding { WIRE_ENCODING_ASCII = 3, WIRE_ENCODING_UTF8 = 106 };

struct wire_string {
    uint16_t encoding;
    uint16_t length;
    const char *text; /* not terminated; NULL when empty */
};

/* NAV_ERR_LENGTH unless the content is exactly as long as its length field says. */
NAV_MUST_USE enum nav_status wire_check_string(const uint8_t *content, size_t size);

/* Same errors as the check. The text is not judged: see wire_text.h. */
NAV_MUST_USE enum nav_status wire_string_decode(const uint8_t *content, size_t size,
                                                struct wire_string *out_string);

void wire_string_encode(struct wire_writer *writer, const struct wire_string *string);

#endif
