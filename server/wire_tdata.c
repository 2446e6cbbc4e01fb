#include "wire_tdata.h"

#include "wire_text.h"

enum { AT_INSTRUMENT = 20, AT_RESERVED = 21 };

enum nav_status wire_check_tdata(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_TDATA_TOOL_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_tdata_tool_at(const uint8_t *content, size_t size, size_t index,
                                   struct wire_tdata_tool *out_tool)
{
    const size_t count = wire_tdata_count(size);
    if (count * WIRE_TDATA_TOOL_SIZE != size) {
        return NAV_ERR_LENGTH;
    }
    if (index >= count) {
        return NAV_ERR_RANGE;
    }
    const uint8_t *entry = wire_tdata_entry(content, index);
    if (entry[0] == '\0' || !wire_text_take_name(entry, out_tool->name, &out_tool->name_length)) {
        return NAV_ERR_ENCODING;
    }
    out_tool->instrument = entry[AT_INSTRUMENT];
    out_tool->reserved = entry[AT_RESERVED];
    return wire_transform_decode(entry + WIRE_TDATA_AT_POSE, WIRE_TRANSFORM_SIZE, &out_tool->pose);
}

void wire_tdata_tool_encode(struct wire_writer *writer, const struct wire_tdata_tool *tool)
{
    wire_write_field(writer, WIRE_TOOL_NAME_SIZE, tool->name);
    wire_write_u8(writer, tool->instrument);
    wire_write_u8(writer, tool->reserved);
    wire_transform_encode(writer, &tool->pose);
}
