/* Decimal numbers of a fixed number of places as integers: time stamps without rounding.
 *
 * A double holds the seconds since 1970 to a quarter of a microsecond only; "1700000000.123456789"
 * with nine places is exactly 1700000000123456789. Pure, no locale. Thread: any. */
#ifndef SRV_DECIMAL_H
#define SRV_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRV_DECIMAL_SIZE = 24, SRV_DECIMAL_PLACES_MAX = 9 };

/* Reads [sign] digits [. digits]; digits beyond `places` (at most SRV_DECIMAL_PLACES_MAX) round to
 * the nearest, halves away from zero. False, with nothing written, when the text is not of this
 * form or does not fit. */
bool srv_decimal_parse(const char *text, size_t size, int places, int64_t *out_value);

/* Writes `value` with its NUL, without needless zeros: 1500000000 with 9 places is "1.5". Reading
 * it back gives `value`. */
void srv_decimal_print(int64_t value, int places, char out_text[SRV_DECIMAL_SIZE]);

#endif
