#include "text_cursor.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_SIZE = 128 }; /* no number is written with as many characters */

bool cfg_text_init(struct cfg_text_cursor *out_cursor, const uint8_t *bytes, size_t size)
{
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        return false;
    }
    *out_cursor = (struct cfg_text_cursor){
        .at = (const char *)bytes,
        .end = (const char *)bytes + size,
        .line = 1,
        .c_locale = c_locale,
    };
    return true;
}

void cfg_text_finish(struct cfg_text_cursor *cursor)
{
    freelocale(cursor->c_locale);
    cursor->c_locale = (locale_t)0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

bool cfg_text_at_end(struct cfg_text_cursor *cursor)
{
    while (cursor->at < cursor->end && is_blank(*cursor->at)) {
        cursor->line += *cursor->at == '\n';
        cursor->at++;
    }
    return cursor->at == cursor->end;
}

static size_t word_length(const struct cfg_text_cursor *cursor)
{
    const char *c = cursor->at;
    while (c < cursor->end && !is_blank(*c)) {
        ++c;
    }
    return (size_t)(c - cursor->at);
}

bool cfg_text_take_word(struct cfg_text_cursor *cursor, const char *word)
{
    if (cfg_text_at_end(cursor)) {
        return false;
    }
    const size_t length = strlen(word);
    if (word_length(cursor) != length || strncasecmp(cursor->at, word, length) != 0) {
        return false;
    }
    cursor->at += length;
    return true;
}

const char *cfg_text_take_line(struct cfg_text_cursor *cursor, size_t *out_length)
{
    const char *start = cursor->at;
    const size_t left = (size_t)(cursor->end - start);
    const char *stop = left > 0 ? memchr(start, '\n', left) : NULL;
    size_t length = stop != NULL ? (size_t)(stop - start) : left;
    cursor->at = start + length + (stop != NULL);
    cursor->line += stop != NULL;
    if (length > 0 && start[length - 1] == '\r') {
        --length;
    }
    *out_length = length;
    return start;
}

const char *cfg_text_take_any(struct cfg_text_cursor *cursor, size_t *out_length)
{
    if (cfg_text_at_end(cursor)) {
        return NULL;
    }
    const char *start = cursor->at;
    *out_length = word_length(cursor);
    cursor->at += *out_length;
    return start;
}

/* Words of a number that the C library would read but that are no finite decimal. */
static bool is_not_finite_word(const char *word, size_t length)
{
    const size_t sign = length > 0 && (word[0] == '-' || word[0] == '+');
    const char *rest = word + sign;
    const size_t left = length - sign;
    return left >= 3 && (strncasecmp(rest, "nan", 3) == 0 || strncasecmp(rest, "inf", 3) == 0 ||
                         (left >= 4 && strncasecmp(rest, "1.#", 3) == 0));
}

/* Copies the next word: what looks at it then sees no more of the text, however long that is.
 * False: too long to be a number. */
static bool copy_word(const struct cfg_text_cursor *cursor, size_t length,
                      char out_word[NUMBER_SIZE])
{
    if (length >= NUMBER_SIZE) {
        return false;
    }
    memcpy(out_word, cursor->at, length);
    out_word[length] = '\0';
    return true;
}

/* The next word, if it can be a decimal number, and its length. */
static enum nav_status next_number(struct cfg_text_cursor *cursor, size_t *out_length,
                                   char out_word[NUMBER_SIZE])
{
    if (cfg_text_at_end(cursor)) {
        return NAV_END;
    }
    const size_t length = word_length(cursor);
    if (!copy_word(cursor, length, out_word)) {
        return NAV_ERR_SYNTAX;
    }
    if (is_not_finite_word(out_word, length)) {
        cursor->at += length;
        return NAV_ERR_NOT_FINITE;
    }
    if (strspn(out_word, "0123456789+-.eE") < length) {
        return NAV_ERR_SYNTAX;
    }
    *out_length = length;
    return NAV_OK;
}

/* Float and double are each rounded once, from the text. */
enum nav_status cfg_text_take_float(struct cfg_text_cursor *cursor, float *out_value)
{
    size_t length = 0;
    char word[NUMBER_SIZE];
    const enum nav_status status = next_number(cursor, &length, word);
    if (status != NAV_OK) {
        return status;
    }
    char *stop = NULL;
    const float value = strtof_l(word, &stop, cursor->c_locale);
    if (stop != word + length) {
        return NAV_ERR_SYNTAX;
    }
    cursor->at += length;
    if (!isfinite(value)) {
        return NAV_ERR_NOT_FINITE;
    }
    *out_value = value;
    return NAV_OK;
}

enum nav_status cfg_text_take_double(struct cfg_text_cursor *cursor, double *out_value)
{
    size_t length = 0;
    char word[NUMBER_SIZE];
    const enum nav_status status = next_number(cursor, &length, word);
    if (status != NAV_OK) {
        return status;
    }
    char *stop = NULL;
    const double value = strtod_l(word, &stop, cursor->c_locale);
    if (stop != word + length) {
        return NAV_ERR_SYNTAX;
    }
    cursor->at += length;
    if (!isfinite(value)) {
        return NAV_ERR_NOT_FINITE;
    }
    *out_value = value;
    return NAV_OK;
}

enum nav_status cfg_text_take_integer(struct cfg_text_cursor *cursor, int64_t *out_value)
{
    if (cfg_text_at_end(cursor)) {
        return NAV_END;
    }
    const size_t length = word_length(cursor);
    char word[NUMBER_SIZE];
    if (!copy_word(cursor, length, word) || strspn(word, "0123456789+-") < length) {
        return NAV_ERR_SYNTAX;
    }
    errno = 0;
    char *stop = NULL;
    const long long value = strtoll(word, &stop, 10);
    if (stop != word + length) {
        return NAV_ERR_SYNTAX;
    }
    if (errno == ERANGE) {
        return NAV_ERR_RANGE;
    }
    cursor->at += length;
    *out_value = value;
    return NAV_OK;
}
