#include "wire_text.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

#if defined(__SSE2__)

/* Bit i: byte i is printable ASCII, 0x20 to 0x7e. */
static inline unsigned plain_bytes(__m128i bytes)
{
    const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i within = _mm_min_epu8(above, _mm_set1_epi8(0x7e - 0x20));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(above, within));
}

/* What is not all ASCII, kept out of the usual way, which then needs no stack. */
__attribute__((noinline, cold)) static bool take_other_name(const uint8_t *field, char *out_name,
                                                            uint8_t *out_length)
{
    return wire_text_take_name_ref(field, out_name, out_length);
}

/* For every tool and new device: 20 bytes in two overlapping loads. The first byte that is not
 * printable ASCII ends the name, if it is a NUL. */
bool wire_text_take_name(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                         char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length)
{
    enum { BACK_AT = WIRE_NAME_FIELD_SIZE - 16 };
    const __m128i front = _mm_loadu_si128((const __m128i *)field);
    const __m128i back = _mm_loadu_si128((const __m128i *)(field + BACK_AT));
    const unsigned plain = plain_bytes(front) | plain_bytes(back) << BACK_AT;
    const unsigned length = (unsigned)__builtin_ctz(~plain);
    if (length < WIRE_NAME_FIELD_SIZE && field[length] != '\0') {
        return take_other_name(field, out_name, out_length);
    }
    _mm_storeu_si128((__m128i *)out_name, front);
    _mm_storeu_si128((__m128i *)(out_name + BACK_AT), back);
    out_name[WIRE_NAME_FIELD_SIZE] = '\0';
    *out_length = (uint8_t)length;
    return true;
}

#else

bool wire_text_take_name(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                         char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length)
{
    return wire_text_take_name_ref(field, out_name, out_length);
}

#endif

bool wire_text_take_name_ref(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                             char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length)
{
    const size_t length = strnlen((const char *)field, WIRE_NAME_FIELD_SIZE);
    if (!wire_text_is_printable((const char *)field, length)) {
        return false;
    }
    memcpy(out_name, field, WIRE_NAME_FIELD_SIZE);
    out_name[WIRE_NAME_FIELD_SIZE] = '\0';
    *out_length = (uint8_t)length;
    return true;
}
