#include "wire_qtdata.h"

#include "wire_text.h"

enum nav_status wire_check_qtdata(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_QTDATA_TOOL_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

size_t wire_qtdata_count(size_t size)
{
    return size / WIRE_QTDATA_TOOL_SIZE;
}

enum nav_status wire_qtdata_tool_at(const uint8_t *content, size_t size, size_t index,
                                    struct wire_qtdata_tool *out_tool)
{
    if (size % WIRE_QTDATA_TOOL_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= wire_qtdata_count(size)) {
        return NAV_ERR_RANGE;
    }
    const uint8_t *entry = content + index * WIRE_QTDATA_TOOL_SIZE;
    if (entry[0] == '\0' || !wire_text_take_name(entry, out_tool->name, &out_tool->name_length)) {
        return NAV_ERR_ENCODING;
    }
    struct wire_reader reader =
        wire_reader_of(entry + WIRE_TOOL_NAME_SIZE, WIRE_QTDATA_TOOL_SIZE - WIRE_TOOL_NAME_SIZE);
    out_tool->instrument = wire_read_u8(&reader);
    out_tool->reserved = wire_read_u8(&reader);
    wire_read_f32s(&reader, out_tool->t_mm, 3);
    wire_read_f32s(&reader, out_tool->q, 4);
    return wire_reader_end(&reader);
}

void wire_qtdata_tool_encode(struct wire_writer *writer, const struct wire_qtdata_tool *tool)
{
    wire_write_field(writer, WIRE_TOOL_NAME_SIZE, tool->name);
    wire_write_u8(writer, tool->instrument);
    wire_write_u8(writer, tool->reserved);
    wire_write_f32s(writer, tool->t_mm, 3);
    wire_write_f32s(writer, tool->q, 4);
}
