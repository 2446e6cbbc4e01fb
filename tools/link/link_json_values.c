#include "link_json_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link_json.h"
#include "wire_text.h"

enum { ESCAPE_SIZE = 4 }; /* \xHH */

json_t *link_json_number(double value)
{
    if (isnan(value)) {
        return json_string("nan");
    }
    if (isinf(value)) {
        return json_string(value > 0 ? "inf" : "-inf");
    }
    return json_real(value);
}

json_t *link_json_floats(const float *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, link_json_number((double)values[i]));
    }
    return array;
}

json_t *link_json_text(const char *text, size_t length)
{
    if (length == 0) {
        return json_string("");
    }
    if (wire_text_is_printable(text, length)) {
        return json_stringn(text, length);
    }
    const size_t size = length * ESCAPE_SIZE + 1;
    char *escaped = malloc(size);
    if (escaped == NULL) {
        return NULL;
    }
    (void)wire_text_escape(text, length, escaped, size);
    json_t *value = json_string(escaped);
    free(escaped);
    return value;
}

bool link_json_take_number(const json_t *value, double *out_number)
{
    if (json_is_number(value)) {
        *out_number = json_number_value(value);
        return true;
    }
    static const struct {
        const char *word;
        double number;
    } words[] = {{"nan", (double)NAN}, {"inf", (double)INFINITY}, {"-inf", -(double)INFINITY}};
    const char *text = json_string_value(value);
    for (size_t i = 0; text != NULL && i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcmp(text, words[i].word) == 0) {
            *out_number = words[i].number;
            return true;
        }
    }
    return false;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *found = lower != '\0' ? strchr(digits, lower) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

uint8_t *link_json_take_hex(const json_t *value, size_t *out_size)
{
    const char *text = json_string_value(value);
    const size_t length = text != NULL ? strlen(text) : 0;
    if (text == NULL || length % 2 != 0) {
        return NULL;
    }
    uint8_t *bytes = malloc(length / 2 + 1);
    for (size_t i = 0; bytes != NULL && i < length / 2; ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return NULL;
        }
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    *out_size = length / 2;
    return bytes;
}

char *link_hex(const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * size + 1);
    if (text == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < size; ++i) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}
