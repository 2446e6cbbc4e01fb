#include "number_print.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits of numbers of everyday size, exactly.
 *
 * A double is m * 2^e with m < 2^53. For 1e-4 <= |x| < 1e15 and the power of ten that leaves 17
 * digits before the point, V = 2 m 10^k and s = 1 - e are integers with V < 2^121, s <= 67 and
 * x 10^k = V / 2^s: nothing is rounded in 128 bits. Any number within half a unit of the last place
 * of m, which is 10^k in V's units, reads back as x (Steele and White 1990). Neither end of that
 * stretch has fewer than 18 digits here, and powers of two, below which it is half as long, are
 * exact in 15: so neither matters. */

__extension__ typedef unsigned __int128 wide;

enum { DIGITS = 17, EXPONENT_LEAST = -4, EXPONENT_MOST = 14 };

static const uint64_t hidden_bit = UINT64_C(1) << 52;

/* |x| between the powers of ten. */
struct scaled {
    uint64_t m;
    wide value, half; /* V, 10^k */
    int shift;        /* s */
    int exponent;     /* of the first digit */
    uint64_t whole;   /* V / 2^s: 17 digits */
};

/* A decimal number d.ddd * 10^exponent. */
struct decimal {
    uint64_t digits;
    int count, exponent;
};

static const uint64_t tens[20] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

static wide power_of_ten(int exponent)
{
    return exponent < 20 ? (wide)tens[exponent] : (wide)tens[19] * tens[exponent - 19];
}

static bool scale(double value, struct scaled *out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    const int binary = (int)(bits >> 52 & 0x7ff) - 1023;
    if (binary < -14 || binary > 49) { /* 2^-14 = 6e-5, 2^50 = 1.1e15; zero and infinities too */
        return false;
    }
    out->m = (bits & (hidden_bit - 1)) | hidden_bit;
    out->shift = 53 - binary;
    /* floor(log10) to one: 1233 / 4096 is log10 2 */
    out->exponent = (binary * 1233 >> 12) + 1;
    for (;; --out->exponent) {
        out->half = power_of_ten(DIGITS - 1 - out->exponent);
        out->value = 2 * (wide)out->m * out->half;
        out->whole = (uint64_t)(out->value >> out->shift);
        if (out->whole >= tens[DIGITS - 1]) {
            break;
        }
    }
    return out->exponent >= EXPONENT_LEAST && out->exponent <= EXPONENT_MOST;
}

/* Rounds to `count` digits, halves to even; whether that reads back as the number. */
static bool round_to(const struct scaled *scaled, int count, struct decimal *out)
{
    const uint64_t unit = tens[DIGITS - count];
    uint64_t digits = scaled->whole / unit;
    const wide down = scaled->value - ((wide)(digits * unit) << scaled->shift);
    const wide step = (wide)unit << scaled->shift;
    const bool up = 2 * down > step || (2 * down == step && (digits & 1) != 0);
    const wide away = up ? step - down : down;
    digits += up ? 1 : 0;
    const bool carried = digits == tens[count];
    *out = (struct decimal){.digits = carried ? digits / 10 : digits,
                            .count = count,
                            .exponent = scaled->exponent + (carried ? 1 : 0)};
    return away < scaled->half;
}

static size_t lay_out(const struct decimal *decimal, bool negative, char *out_text)
{
    char digits[DIGITS + 1];
    uint64_t rest = decimal->digits;
    for (int i = decimal->count; i-- > 0; rest /= 10) {
        digits[i] = (char)('0' + rest % 10);
    }
    char *at = out_text;
    if (negative) {
        *at++ = '-';
    }
    int next = 0;
    if (decimal->exponent < 0) {
        *at++ = '0';
    }
    for (int place = decimal->exponent; place >= 0; --place) {
        *at++ = next < decimal->count ? digits[next++] : '0';
    }
    if (next < decimal->count) {
        *at++ = '.';
        for (int place = -1; place > decimal->exponent; --place) {
            *at++ = '0';
        }
        memcpy(at, digits + next, (size_t)(decimal->count - next));
        at += decimal->count - next;
    }
    *at = '\0';
    return (size_t)(at - out_text);
}

size_t srv_number_print(double value, char out_text[SRV_NUMBER_SIZE])
{
    struct scaled scaled;
    if (!scale(value, &scaled)) {
        return srv_number_print_ref(value, out_text);
    }
    struct decimal decimal;
    int precision = 15;
    while (!round_to(&scaled, precision, &decimal) && precision < DIGITS) {
        ++precision;
    }
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        --decimal.count;
    }
    /* what %g would write with an exponent */
    if (decimal.exponent >= (decimal.count <= 6 ? 6 : precision)) {
        return srv_number_print_ref(value, out_text);
    }
    return lay_out(&decimal, value < 0.0, out_text);
}

size_t srv_number_print_ref(double value, char out_text[SRV_NUMBER_SIZE])
{
    int length = 0;
    for (int digits = 6; digits <= DIGITS; digits += digits == 6 ? 9 : 1) {
        length = snprintf(out_text, SRV_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(out_text, NULL) == value) {
            break;
        }
    }
    return (size_t)length;
}
