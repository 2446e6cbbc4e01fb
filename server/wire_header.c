#include "wire_header.h"

#include "wire_cursor.h"

void wire_header_decode(const uint8_t bytes[WIRE_HEADER_SIZE], struct wire_header *out_header)
{
    struct wire_reader reader = wire_reader_of(bytes, WIRE_HEADER_SIZE);
    out_header->version = wire_read_u16(&reader);
    wire_read_field(&reader, WIRE_TYPE_SIZE, out_header->type);
    wire_read_field(&reader, WIRE_DEVICE_SIZE, out_header->device);
    out_header->stamp = wire_read_u64(&reader);
    out_header->body_size = wire_read_u64(&reader);
    out_header->crc = wire_read_u64(&reader);
}

enum nav_status wire_header_encode(const struct wire_header *header,
                                   uint8_t out_bytes[WIRE_HEADER_SIZE])
{
    if (strnlen(header->type, sizeof header->type) > WIRE_TYPE_SIZE ||
        strnlen(header->device, sizeof header->device) > WIRE_DEVICE_SIZE) {
        return NAV_ERR_ARGUMENT;
    }
    struct wire_writer writer = wire_writer_of(out_bytes, WIRE_HEADER_SIZE);
    wire_write_u16(&writer, header->version);
    wire_write_field(&writer, WIRE_TYPE_SIZE, header->type);
    wire_write_field(&writer, WIRE_DEVICE_SIZE, header->device);
    wire_write_u64(&writer, header->stamp);
    wire_write_u64(&writer, header->body_size);
    wire_write_u64(&writer, header->crc);
    return wire_writer_end(&writer);
}

bool wire_header_type_is_legal(const uint8_t field[WIRE_TYPE_SIZE])
{
    size_t length = 0;
    while (length < WIRE_TYPE_SIZE && field[length] > 0x20 && field[length] < 0x7f) {
        length++;
    }
    for (size_t i = length; i < WIRE_TYPE_SIZE; i++) {
        if (field[i] != 0) {
            return false;
        }
    }
    return length != 0;
}
