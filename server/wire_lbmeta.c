#include "wire_lbmeta.h"

enum nav_status wire_check_lbmeta(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_LBMETA_ENTRY_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_lbmeta_at(const uint8_t *content, size_t size, size_t index,
                               struct wire_lbmeta_entry *out_entry)
{
    if (size % WIRE_LBMETA_ENTRY_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_LBMETA_ENTRY_SIZE) {
        return NAV_ERR_RANGE;
    }
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_LBMETA_ENTRY_SIZE, WIRE_LBMETA_ENTRY_SIZE);
    struct wire_lbmeta_entry *entry = out_entry;
    wire_read_field(&reader, sizeof entry->name - 1, entry->name);
    wire_read_field(&reader, sizeof entry->id - 1, entry->id);
    entry->label = wire_read_u8(&reader);
    entry->reserved = wire_read_u8(&reader);
    wire_read_u8s(&reader, entry->rgba, 4);
    wire_read_u16s(&reader, entry->size, 3);
    wire_read_field(&reader, sizeof entry->owner - 1, entry->owner);
    return wire_reader_end(&reader);
}

void wire_lbmeta_encode(struct wire_writer *writer, const struct wire_lbmeta_entry *entry)
{
    wire_write_field(writer, sizeof entry->name - 1, entry->name);
    wire_write_field(writer, sizeof entry->id - 1, entry->id);
    wire_write_u8(writer, entry->label);
    wire_write_u8(writer, entry->reserved);
    wire_write_bytes(writer, entry->rgba, sizeof entry->rgba);
    wire_write_u16s(writer, entry->size, 3);
    wire_write_field(writer, sizeof entry->owner - 1, entry->owner);
}
