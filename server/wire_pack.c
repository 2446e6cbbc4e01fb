#include "wire_pack.h"

#include "wire_crc64.h"
#include "wire_header.h"
#include "wire_table.h"
#include "wire_time.h"

enum { AT_BODY_SIZE = 42, AT_CRC = 50, AT_METADATA_HEADER_SIZE = 2, AT_METADATA_SIZE = 4 };

struct wire_pack wire_pack_begin(struct wire_writer *writer, const struct wire_pack_head *head)
{
    struct wire_pack pack = {.writer = writer, .start = writer->size, .version = head->version};
    if (head->version != WIRE_VERSION_PLAIN && head->version != WIRE_VERSION_EXTENDED) {
        writer->failed = true;
    }
    wire_write_u16(writer, head->version);
    wire_write_field(writer, WIRE_TYPE_SIZE, wire_kind_type(head->kind));
    wire_write_field(writer, WIRE_DEVICE_SIZE, head->device != NULL ? head->device : "");
    wire_write_u64(writer, head->stamp != 0 ? head->stamp : wire_time_from_ns(head->utc_ns));
    wire_write_u64(writer, 0);
    wire_write_u64(writer, 0);
    pack.body = writer->size;
    if (head->version == WIRE_VERSION_EXTENDED) {
        wire_write_u16(writer, WIRE_EXTENDED_HEADER_SIZE);
        wire_write_u16(writer, 0);
        wire_write_u32(writer, 0);
        wire_write_u32(writer, head->message_id);
    }
    return pack;
}

static enum nav_status end(const struct wire_pack *pack, const struct wire_metadata_entry *metadata,
                           size_t metadata_count)
{
    struct wire_writer *writer = pack->writer;
    if (pack->version == WIRE_VERSION_EXTENDED) {
        uint16_t header_size = 0;
        uint32_t data_size = 0;
        const enum nav_status status =
            wire_metadata_sizes(metadata, metadata_count, &header_size, &data_size);
        if (status != NAV_OK) {
            return status;
        }
        wire_metadata_encode(writer, metadata, metadata_count);
        if (!writer->failed) {
            wire_store_u16(writer->bytes + pack->body + AT_METADATA_HEADER_SIZE, header_size);
            wire_store_u32(writer->bytes + pack->body + AT_METADATA_SIZE, data_size);
        }
    } else if (metadata_count != 0) {
        return NAV_ERR_ARGUMENT;
    }
    if (writer->failed) {
        return NAV_ERR_FULL;
    }
    const uint8_t *body = writer->bytes + pack->body;
    const size_t body_size = writer->size - pack->body;
    wire_store_u64(writer->bytes + pack->start + AT_BODY_SIZE, body_size);
    wire_store_u64(writer->bytes + pack->start + AT_CRC, wire_crc64(0, body, body_size));
    return NAV_OK;
}

enum nav_status wire_pack_end(const struct wire_pack *pack,
                              const struct wire_metadata_entry *metadata, size_t metadata_count)
{
    const enum nav_status status = end(pack, metadata, metadata_count);
    if (status != NAV_OK) {
        pack->writer->size = pack->start;
        pack->writer->failed = false;
    }
    return status;
}
