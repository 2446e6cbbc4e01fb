#include "wire_text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the printable character at `text`, 0 when there is none. Table 3-7 of the Unicode
 * standard: the second byte's range depends on the first. */
static size_t character_size(const uint8_t *text, size_t length)
{
    if (length == 0) {
        return 0;
    }
    const uint8_t first = text[0];
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    }
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t size = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        size = 2;
        low = first == 0xc2 ? 0xa0 : low; /* U+0080-009F are control characters */
    } else if (first >= 0xe0 && first <= 0xef) {
        size = 3;
        low = first == 0xe0 ? 0xa0 : low;
        high = first == 0xed ? 0x9f : high;
    } else if (first >= 0xf0 && first <= 0xf4) {
        size = 4;
        low = first == 0xf0 ? 0x90 : low;
        high = first == 0xf4 ? 0x8f : high;
    }
    if (size == 0 || size > length || text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if (text[i] < 0x80 || text[i] > 0xbf) {
            return 0;
        }
    }
    return size;
}

bool wire_text_is_printable(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        const size_t size = character_size((const uint8_t *)text + at, length - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

size_t wire_text_escape(const char *text, size_t length, char *out_text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    enum { ESCAPE = 4 };
    size_t written = 0;
    for (size_t at = 0; at < length;) {
        const uint8_t byte = (uint8_t)text[at];
        const size_t bytes = character_size((const uint8_t *)text + at, length - at);
        const size_t room = bytes != 0 ? bytes : ESCAPE;
        if (written + room + 1 > size) {
            break;
        }
        if (bytes != 0) {
            memcpy(out_text + written, text + at, bytes);
            at += bytes;
        } else {
            out_text[written] = '\\';
            out_text[written + 1] = 'x';
            out_text[written + 2] = digits[byte >> 4];
            out_text[written + 3] = digits[byte & 15];
            at++;
        }
        written += room;
    }
    out_text[written] = '\0';
    return written;
}
