/* Texts of a peer: what may be used as a name, and what may be printed.
 *
 * Names are compared byte by byte and shown to people, so they must be text: printable ASCII or
 * valid UTF-8 without control characters. Pure. Thread: any. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Well-formed UTF-8 (no overlong form, no surrogate, at most U+10FFFF), without control characters
 * (U+0000-001F, U+007F-009F). The empty text is one. */
bool wire_text_is_printable(const char *text, size_t length);

enum { WIRE_NAME_FIELD_SIZE = 20 };

/* Takes a name from a field of 20 bytes, as devices and tools have: up to the first NUL, or all of
 * it. `out_name` (21 bytes) is terminated; behind its end stands what stood in the field. False,
 * and nothing written, when the name is not printable; the empty name is. */
bool wire_text_take_name(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                         char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length);

/* The same, byte by byte. For tests. */
bool wire_text_take_name_ref(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                             char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length);

/* As wire_text_take_name into the place of a name that was taken before, or of zeroes: mostly the
 * same one comes again, which needs no second look. */
static inline bool wire_text_retake_name(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                                         char name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *length)
{
    return memcmp(field, name, WIRE_NAME_FIELD_SIZE) == 0 ||
           wire_text_take_name(field, name, length);
}

/* Copies what can be shown: other bytes become \xHH. Always terminates; cuts at a whole
 * character or escape when `size` is reached (`size` >= 1). Returns the length written. */
size_t wire_text_escape(const char *text, size_t length, char *out_text, size_t size);

#endif
