/* One line of a table as cells: separated by a sign, with quotes as in RFC 4180 (no line ends
 * inside quotes). Thread: any. */
#ifndef SES_CSV_LINE_H
#define SES_CSV_LINE_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SES_CSV_CELLS_MAX = 640, SES_CSV_CELL_SIZE = 128 };

struct ses_csv_cell {
    char text[SES_CSV_CELL_SIZE]; /* without quotes and surrounding blanks, NUL-terminated */
};

/* Splits `line`. False: more cells than `capacity`, a cell too long, a control character, or a
 * quote that does not end. */
bool ses_csv_split(const char *line, size_t length, char separator, struct ses_csv_cell *out_cells,
                   size_t capacity, size_t *out_count);

/* A finite number that fills the cell, in `c_locale`. */
bool ses_csv_number(const struct ses_csv_cell *cell, locale_t c_locale, double *out_value);

/* Writes a cell, in quotes where it needs them. */
void ses_csv_put(FILE *file, const char *text, char separator);

#endif
