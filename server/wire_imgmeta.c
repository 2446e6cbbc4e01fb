#include "wire_imgmeta.h"

enum nav_status wire_check_imgmeta(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_IMGMETA_ENTRY_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_imgmeta_at(const uint8_t *content, size_t size, size_t index,
                                struct wire_imgmeta_entry *out_entry)
{
    if (size % WIRE_IMGMETA_ENTRY_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_IMGMETA_ENTRY_SIZE) {
        return NAV_ERR_RANGE;
    }
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_IMGMETA_ENTRY_SIZE, WIRE_IMGMETA_ENTRY_SIZE);
    struct wire_imgmeta_entry *entry = out_entry;
    wire_read_field(&reader, sizeof entry->name - 1, entry->name);
    wire_read_field(&reader, sizeof entry->id - 1, entry->id);
    wire_read_field(&reader, sizeof entry->modality - 1, entry->modality);
    wire_read_field(&reader, sizeof entry->patient_name - 1, entry->patient_name);
    wire_read_field(&reader, sizeof entry->patient_id - 1, entry->patient_id);
    entry->stamp = wire_read_u64(&reader);
    wire_read_u16s(&reader, entry->size, 3);
    entry->scalar = wire_read_u8(&reader);
    entry->reserved = wire_read_u8(&reader);
    return wire_reader_end(&reader);
}

void wire_imgmeta_encode(struct wire_writer *writer, const struct wire_imgmeta_entry *entry)
{
    wire_write_field(writer, sizeof entry->name - 1, entry->name);
    wire_write_field(writer, sizeof entry->id - 1, entry->id);
    wire_write_field(writer, sizeof entry->modality - 1, entry->modality);
    wire_write_field(writer, sizeof entry->patient_name - 1, entry->patient_name);
    wire_write_field(writer, sizeof entry->patient_id - 1, entry->patient_id);
    wire_write_u64(writer, entry->stamp);
    wire_write_u16s(writer, entry->size, 3);
    wire_write_u8(writer, entry->scalar);
    wire_write_u8(writer, entry->reserved);
}
