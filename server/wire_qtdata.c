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
    struct wire_qtdata_tool tool = {0};
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_QTDATA_TOOL_SIZE, WIRE_QTDATA_TOOL_SIZE);
    tool.name_length = (uint8_t)wire_read_field(&reader, WIRE_TOOL_NAME_SIZE, tool.name);
    tool.instrument = wire_read_u8(&reader);
    tool.reserved = wire_read_u8(&reader);
    for (size_t i = 0; i < 3; i++) {
        tool.t_mm[i] = wire_read_f32(&reader);
    }
    for (size_t i = 0; i < 4; i++) {
        tool.q[i] = wire_read_f32(&reader);
    }
    if (tool.name_length == 0 || !wire_text_is_printable(tool.name, tool.name_length)) {
        return NAV_ERR_ENCODING;
    }
    *out_tool = tool;
    return wire_reader_end(&reader);
}

void wire_qtdata_tool_encode(struct wire_writer *writer, const struct wire_qtdata_tool *tool)
{
    wire_write_field(writer, WIRE_TOOL_NAME_SIZE, tool->name);
    wire_write_u8(writer, tool->instrument);
    wire_write_u8(writer, tool->reserved);
    for (size_t i = 0; i < 3; i++) {
        wire_write_f32(writer, tool->t_mm[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        wire_write_f32(writer, tool->q[i]);
    }
}
