#include "decimal.h"

#include <stdio.h>

static bool append(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, digit, value);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool srv_decimal_parse(const char *text, size_t size, int places, int64_t *out_value)
{
    const char *const end = text + size;
    const bool negative = size > 0 && *text == '-';
    text += size > 0 && (*text == '-' || *text == '+') ? 1 : 0;
    int64_t value = 0;
    bool any = false;
    for (; text < end && is_digit(*text); ++text, any = true) {
        if (!append(&value, *text - '0')) {
            return false;
        }
    }
    int taken = 0;
    bool rounds_up = false;
    if (text < end && *text == '.') {
        for (++text; text < end && is_digit(*text); ++text, any = true) {
            if (taken < places) {
                if (!append(&value, *text - '0')) {
                    return false;
                }
                ++taken;
            } else if (taken++ == places) {
                rounds_up = *text >= '5';
            }
        }
    }
    for (; taken < places; ++taken) {
        if (!append(&value, 0)) {
            return false;
        }
    }
    if (!any || text != end || (rounds_up && __builtin_add_overflow(value, 1, &value))) {
        return false;
    }
    *out_value = negative ? -value : value;
    return true;
}

void srv_decimal_print(int64_t value, int places, char out_text[SRV_DECIMAL_SIZE])
{
    uint64_t scale = 1;
    for (int i = 0; i < places; ++i) {
        scale *= 10;
    }
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t fraction = size % scale;
    while (places > 0 && fraction % 10 == 0) {
        fraction /= 10;
        --places;
    }
    const char *const sign = value < 0 ? "-" : "";
    const unsigned long long whole = size / scale;
    if (places == 0) {
        (void)snprintf(out_text, SRV_DECIMAL_SIZE, "%s%llu", sign, whole);
    } else {
        (void)snprintf(out_text, SRV_DECIMAL_SIZE, "%s%llu.%0*llu", sign, whole, places,
                       (unsigned long long)fraction);
    }
}
