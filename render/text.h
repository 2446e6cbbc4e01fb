/* Numbers and times as text for the screen.
 *
 * A number on the screen is cut from: no locale, ASCII minus, a fixed width so that no digit can
 * drop out unseen, and dashes for everything that is not a number or does not fit its field.
 * Thread: any. */
#ifndef RND_TEXT_H
#define RND_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { RND_NUMBER_SIZE = 16, RND_AGE_SIZE = 16 };

/* `value` rounded half away from zero to `decimals` (0 to 3) places, right-aligned in `width`
 * characters (at most RND_NUMBER_SIZE - 1), e.g. "  -12.3". Not finite, or too wide: dashes in the
 * same places, e.g. "   --.-". A rounded zero has no sign. */
void rnd_text_number(double value, unsigned width, unsigned decimals,
                     char out_text[RND_NUMBER_SIZE]);

/* An age, rounded up: "20 ms" in steps of 10 ms below 1 s, then "1.3 s" up to "99.9 s", then
 * "> 99 s". Negative: "-- ms". */
void rnd_text_age(int64_t age_ns, char out_text[RND_AGE_SIZE]);

/* Appends `more` as far as it fits whole UTF-8 characters; always terminated. */
void rnd_text_append(char *text, size_t size, const char *more);

#endif
