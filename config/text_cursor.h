/* Walks through a text of numbers and words, line by line counted, never past its end.
 *
 * The text is followed by a NUL that is not part of it. Words are separated by blanks and line
 * ends (LF, CR LF). Thread: any, one at a time. */
#ifndef CFG_TEXT_CURSOR_H
#define CFG_TEXT_CURSOR_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"

struct cfg_text_cursor {
    const char *at, *end;
    uint32_t line; /* from 1 */
    locale_t c_locale;
};

/* False: out of memory, nothing to finish. */
NAV_MUST_USE bool cfg_text_init(struct cfg_text_cursor *out_cursor, const uint8_t *bytes,
                                size_t size);
void cfg_text_finish(struct cfg_text_cursor *cursor);

/* Skips blanks; whether nothing else is left. */
bool cfg_text_at_end(struct cfg_text_cursor *cursor);

/* Takes `word` when it is the next word, in any letter case; else takes nothing but blanks. */
bool cfg_text_take_word(struct cfg_text_cursor *cursor, const char *word);

/* The rest of the current line without its line end; the cursor goes to the next line. */
const char *cfg_text_take_line(struct cfg_text_cursor *cursor, size_t *out_length);

/* The next word, not NUL-terminated; NULL at the end. */
const char *cfg_text_take_any(struct cfg_text_cursor *cursor, size_t *out_length);

/* Decimal numbers. NAV_END: nothing left; NAV_ERR_SYNTAX: not a number; NAV_ERR_RANGE: an integer
 * that does not fit; these take nothing. NAV_ERR_NOT_FINITE: nan, inf or too large, which is taken
 * so that a caller who does not need the number may go on. */
NAV_MUST_USE enum nav_status cfg_text_take_float(struct cfg_text_cursor *cursor, float *out_value);
NAV_MUST_USE enum nav_status cfg_text_take_double(struct cfg_text_cursor *cursor,
                                                  double *out_value);
NAV_MUST_USE enum nav_status cfg_text_take_integer(struct cfg_text_cursor *cursor,
                                                   int64_t *out_value);

#endif
