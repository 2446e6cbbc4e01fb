#include "wire_stream.h"

#include "wire_text.h"

enum nav_status wire_check_empty(const uint8_t *content, size_t size)
{
    (void)content;
    return size == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_check_stream_start(const uint8_t *content, size_t size)
{
    struct wire_stream_start start;
    return wire_stream_start_decode(content, size, &start);
}

enum nav_status wire_stream_start_decode(const uint8_t *content, size_t size,
                                         struct wire_stream_start *out_start)
{
    if (size != WIRE_STREAM_START_SIZE) {
        return NAV_ERR_LENGTH;
    }
    struct wire_stream_start start = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    start.resolution_ms = wire_read_u32(&reader);
    const size_t length =
        wire_read_field(&reader, WIRE_COORDINATE_NAME_SIZE, start.coordinate_name);
    if (!wire_text_is_printable(start.coordinate_name, length)) {
        return NAV_ERR_ENCODING;
    }
    *out_start = start;
    return wire_reader_end(&reader);
}

void wire_stream_start_encode(struct wire_writer *writer, const struct wire_stream_start *start)
{
    wire_write_u32(writer, start->resolution_ms);
    wire_write_field(writer, WIRE_COORDINATE_NAME_SIZE, start->coordinate_name);
}

enum nav_status wire_check_resolution(const uint8_t *content, size_t size)
{
    (void)content;
    return size == 0 || size == sizeof(uint64_t) ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_check_stream_status(const uint8_t *content, size_t size)
{
    (void)content;
    return size == WIRE_STREAM_STATUS_SIZE ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_stream_status_decode(const uint8_t *content, size_t size, uint8_t *out_status)
{
    if (size != WIRE_STREAM_STATUS_SIZE) {
        return NAV_ERR_LENGTH;
    }
    *out_status = content[0];
    return NAV_OK;
}

void wire_stream_status_encode(struct wire_writer *writer, uint8_t status)
{
    wire_write_u8(writer, status);
}
