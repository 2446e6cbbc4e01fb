#include "wire_trajectory.h"

enum nav_status wire_check_trajectory(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_TRAJECTORY_ENTRY_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_trajectory_at(const uint8_t *content, size_t size, size_t index,
                                   struct wire_trajectory_entry *out_entry)
{
    if (size % WIRE_TRAJECTORY_ENTRY_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_TRAJECTORY_ENTRY_SIZE) {
        return NAV_ERR_RANGE;
    }
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_TRAJECTORY_ENTRY_SIZE, WIRE_TRAJECTORY_ENTRY_SIZE);
    struct wire_trajectory_entry *entry = out_entry;
    wire_read_field(&reader, sizeof entry->name - 1, entry->name);
    wire_read_field(&reader, sizeof entry->group - 1, entry->group);
    entry->points = wire_read_u8(&reader);
    entry->reserved = wire_read_u8(&reader);
    wire_read_u8s(&reader, entry->rgba, 4);
    wire_read_f32s(&reader, entry->entry_mm, 3);
    wire_read_f32s(&reader, entry->target_mm, 3);
    entry->diameter_mm = wire_read_f32(&reader);
    wire_read_field(&reader, sizeof entry->owner - 1, entry->owner);
    return wire_reader_end(&reader);
}

void wire_trajectory_encode(struct wire_writer *writer, const struct wire_trajectory_entry *entry)
{
    wire_write_field(writer, sizeof entry->name - 1, entry->name);
    wire_write_field(writer, sizeof entry->group - 1, entry->group);
    wire_write_u8(writer, entry->points);
    wire_write_u8(writer, entry->reserved);
    wire_write_bytes(writer, entry->rgba, sizeof entry->rgba);
    wire_write_f32s(writer, entry->entry_mm, 3);
    wire_write_f32s(writer, entry->target_mm, 3);
    wire_write_f32(writer, entry->diameter_mm);
    wire_write_field(writer, sizeof entry->owner - 1, entry->owner);
}
