#include "csv_line.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes one cell; `*at` goes to the separator behind it or to the end. */
static bool take_cell(const char **at, const char *end, char separator, struct ses_csv_cell *cell)
{
    const char *c = *at;
    size_t length = 0;
    size_t kept = 0; /* length up to the last character that is not a blank outside quotes */
    bool quoted = false;
    for (; c < end && (quoted || *c != separator); ++c) {
        if (*c == '"') {
            if (quoted && c + 1 < end && c[1] == '"') {
                ++c;
            } else {
                quoted = !quoted;
                continue;
            }
        } else if (!quoted && is_blank(*c) && length == 0) {
            continue;
        }
        const bool control = (unsigned char)*c < ' ' && *c != '\t';
        if (control || length + 1 == sizeof(cell->text)) {
            return false;
        }
        cell->text[length++] = *c;
        kept = quoted || !is_blank(*c) ? length : kept;
    }
    cell->text[kept] = '\0';
    *at = c;
    return !quoted;
}

bool ses_csv_split(const char *line, size_t length, char separator, struct ses_csv_cell *out_cells,
                   size_t capacity, size_t *out_count)
{
    const char *const end = line + length;
    for (size_t count = 0; count < capacity;) {
        if (!take_cell(&line, end, separator, &out_cells[count++])) {
            return false;
        }
        if (line == end) {
            *out_count = count;
            return true;
        }
        ++line; /* the separator */
    }
    return false;
}

bool ses_csv_number(const struct ses_csv_cell *cell, locale_t c_locale, double *out_value)
{
    const size_t length = strlen(cell->text);
    if (length == 0 || strspn(cell->text, "0123456789+-.eE") != length) {
        return false;
    }
    char *end = NULL;
    const double value = strtod_l(cell->text, &end, c_locale);
    if (*end != '\0' || !isfinite(value)) {
        return false;
    }
    *out_value = value;
    return true;
}

void ses_csv_put(FILE *file, const char *text, char separator)
{
    const size_t length = strlen(text);
    const bool quotes = strchr(text, separator) != NULL || strchr(text, '"') != NULL ||
                        (length > 0 && (is_blank(text[0]) || is_blank(text[length - 1])));
    if (!quotes) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; ++text) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}
