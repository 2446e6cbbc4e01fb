/* COLORT (also sent as COLORTABLE): a table from pixel values to values or colours.
 *
 * Content, 2 + n bytes:
 *   offset size field
 *        0    1  type of the index: 3 uint8 (256 rows), 5 uint16 (65536 rows)
 *        1    1  type of a row: 3 uint8, 5 uint16, 19 R G B
 *        2    n  rows: 256 or 65536 times 1, 2 or 3 bytes; uint16 big-endian
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_COLORTABLE_H
#define WIRE_COLORTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum wire_colortable_code {
    WIRE_COLORTABLE_UINT8 = 3,
    WIRE_COLORTABLE_UINT16 = 5,
    WIRE_COLORTABLE_RGB = 19
};

struct wire_colortable {
    uint8_t index_type;
    uint8_t row_type;
    const uint8_t *rows;
    size_t rows_size;
};

/* NAV_ERR_RANGE for a code outside its list; NAV_ERR_LENGTH unless exactly as long as the codes
 * say. */
NAV_MUST_USE enum nav_status wire_check_colortable(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_colortable_decode(const uint8_t *content, size_t size,
                                                    struct wire_colortable *out_table);

void wire_colortable_encode(struct wire_writer *writer, const struct wire_colortable *table);

#endif
