#include "wire_text.h"

#include <endian.h>
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

/* Every byte of the word is NUL or printable ASCII. */
static inline bool word_is_plain(uint64_t word)
{
    const uint64_t every = UINT64_C(0x0101010101010101);
    const uint64_t high_bits = every * 0x80;
    const uint64_t nonzero = word + every * 0x7f;
    const uint64_t from_space = word + every * 0x60;
    const uint64_t delete = word + every * 0x01;
    return ((word | (nonzero & ~from_space) | delete) & high_bits) == 0;
}

/* Keeps the bytes before the first NUL and returns their number, 8 when there is no NUL. */
static inline unsigned cut_at_nul(uint64_t *word)
{
    const uint64_t every = UINT64_C(0x0101010101010101);
    const uint64_t nul = (*word - every) & ~*word & every * 0x80;
    if (nul == 0) {
        return 8;
    }
    const unsigned bits = (unsigned)__builtin_ctzll(nul) & ~7U;
    *word &= (UINT64_C(1) << bits) - 1;
    return bits / 8;
}

bool wire_text_take_name(const uint8_t field[WIRE_NAME_FIELD_SIZE],
                         char out_name[WIRE_NAME_FIELD_SIZE + 1], uint8_t *out_length)
{
    uint64_t front;
    uint64_t middle;
    uint32_t rest;
    memcpy(&front, field, sizeof front);
    memcpy(&middle, field + 8, sizeof middle);
    memcpy(&rest, field + 16, sizeof rest);
    front = le64toh(front);
    middle = le64toh(middle);
    uint64_t back = le32toh(rest); /* its upper half is NUL, which ends the name after 20 bytes */
    unsigned length = cut_at_nul(&front);
    if (length == 8) {
        length += cut_at_nul(&middle);
        if (length == 16) {
            length += cut_at_nul(&back);
        } else {
            back = 0;
        }
    } else {
        middle = 0;
        back = 0;
    }
    const bool plain = word_is_plain(front) && word_is_plain(middle) && word_is_plain(back);
    front = htole64(front);
    middle = htole64(middle);
    rest = htole32((uint32_t)back);
    memcpy(out_name, &front, sizeof front);
    memcpy(out_name + 8, &middle, sizeof middle);
    memcpy(out_name + 16, &rest, sizeof rest);
    out_name[WIRE_NAME_FIELD_SIZE] = '\0';
    *out_length = (uint8_t)length;
    return plain || wire_text_is_printable(out_name, length);
}
