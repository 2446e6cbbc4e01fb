#include "wire_point.h"

enum nav_status wire_check_point(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_POINT_ENTRY_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_point_at(const uint8_t *content, size_t size, size_t index,
                              struct wire_point_entry *out_entry)
{
    if (size % WIRE_POINT_ENTRY_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_POINT_ENTRY_SIZE) {
        return NAV_ERR_RANGE;
    }
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_POINT_ENTRY_SIZE, WIRE_POINT_ENTRY_SIZE);
    struct wire_point_entry *entry = out_entry;
    wire_read_field(&reader, sizeof entry->name - 1, entry->name);
    wire_read_field(&reader, sizeof entry->group - 1, entry->group);
    wire_read_u8s(&reader, entry->rgba, 4);
    wire_read_f32s(&reader, entry->position_mm, 3);
    entry->diameter_mm = wire_read_f32(&reader);
    wire_read_field(&reader, sizeof entry->owner - 1, entry->owner);
    return wire_reader_end(&reader);
}

void wire_point_encode(struct wire_writer *writer, const struct wire_point_entry *entry)
{
    wire_write_field(writer, sizeof entry->name - 1, entry->name);
    wire_write_field(writer, sizeof entry->group - 1, entry->group);
    wire_write_bytes(writer, entry->rgba, sizeof entry->rgba);
    wire_write_f32s(writer, entry->position_mm, 3);
    wire_write_f32(writer, entry->diameter_mm);
    wire_write_field(writer, sizeof entry->owner - 1, entry->owner);
}
