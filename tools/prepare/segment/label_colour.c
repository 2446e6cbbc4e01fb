#include "label_colour.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "text_cursor.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

bool prep_colour_from_hex(const char *text, size_t length, uint8_t out_colour[3])
{
    if (length != 7 || text[0] != '#') {
        return false;
    }
    uint8_t colour[3];
    for (int c = 0; c < 3; ++c) {
        const int high = hex_digit(text[1 + 2 * c]), low = hex_digit(text[2 + 2 * c]);
        if (high < 0 || low < 0) {
            return false;
        }
        colour[c] = (uint8_t)(16 * high + low);
    }
    memcpy(out_colour, colour, sizeof(colour));
    return true;
}

bool prep_colour_from_shares(const char *text, size_t length, uint8_t out_colour[3])
{
    char copy[96]; /* followed by a NUL, as the cursor wants it */
    if (length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    struct cfg_text_cursor cursor;
    if (!cfg_text_init(&cursor, (const uint8_t *)copy, length)) {
        return false;
    }
    double shares[3] = {0.0, 0.0, 0.0};
    bool good = true;
    for (int c = 0; c < 3 && good; ++c) {
        good = cfg_text_take_double(&cursor, &shares[c]) == NAV_OK && shares[c] >= 0.0 &&
               shares[c] <= 1.0;
    }
    good = good && cfg_text_at_end(&cursor);
    cfg_text_finish(&cursor);
    for (int c = 0; c < 3 && good; ++c) {
        out_colour[c] = (uint8_t)lround(255.0 * shares[c]);
    }
    return good;
}
