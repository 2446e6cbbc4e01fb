/* Columns of tables for people: `%-*s` counts bytes, a name has characters. Thread: any. */
#ifndef CLI_COLUMN_H
#define CLI_COLUMN_H

#include <string.h>

/* The field width that makes `text`, UTF-8, stand in a column of `width` characters. */
static inline int column_width(const char *text, int width)
{
    for (const char *c = text; *c != '\0'; ++c) {
        width += ((unsigned char)*c & 0xc0) == 0x80;
    }
    return width;
}

#endif
