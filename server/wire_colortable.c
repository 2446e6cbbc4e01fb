#include "wire_colortable.h"

static size_t row_count(uint8_t index_type)
{
    switch (index_type) {
    case WIRE_COLORTABLE_UINT8:
        return 256;
    case WIRE_COLORTABLE_UINT16:
        return 65536;
    default:
        return 0;
    }
}

static size_t row_size(uint8_t row_type)
{
    switch (row_type) {
    case WIRE_COLORTABLE_UINT8:
        return 1;
    case WIRE_COLORTABLE_UINT16:
        return 2;
    case WIRE_COLORTABLE_RGB:
        return 3;
    default:
        return 0;
    }
}

enum nav_status wire_colortable_decode(const uint8_t *content, size_t size,
                                       struct wire_colortable *out_table)
{
    struct wire_colortable table = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    table.index_type = wire_read_u8(&reader);
    table.row_type = wire_read_u8(&reader);
    if (reader.failed) {
        return NAV_ERR_LENGTH;
    }
    table.rows_size = row_count(table.index_type) * row_size(table.row_type);
    if (table.rows_size == 0) {
        return NAV_ERR_RANGE;
    }
    table.rows = wire_read_view(&reader, table.rows_size);
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_table = table;
    }
    return status;
}

enum nav_status wire_check_colortable(const uint8_t *content, size_t size)
{
    struct wire_colortable table;
    return wire_colortable_decode(content, size, &table);
}

void wire_colortable_encode(struct wire_writer *writer, const struct wire_colortable *table)
{
    wire_write_u8(writer, table->index_type);
    wire_write_u8(writer, table->row_type);
    wire_write_bytes(writer, table->rows, table->rows_size);
}
