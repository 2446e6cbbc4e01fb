#include "wire_status.h"

enum nav_status wire_check_status(const uint8_t *content, size_t size)
{
    (void)content;
    return size >= WIRE_STATUS_SIZE_LEAST ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_status_decode(const uint8_t *content, size_t size,
                                   struct wire_status *out_status)
{
    if (size < WIRE_STATUS_SIZE_LEAST) {
        return NAV_ERR_LENGTH;
    }
    struct wire_status status = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    status.code = wire_read_u16(&reader);
    status.subcode = (int64_t)wire_read_u64(&reader);
    wire_read_field(&reader, WIRE_ERROR_NAME_SIZE, status.error_name);
    status.message_size = reader.left;
    if (status.message_size != 0) {
        status.message = (const char *)wire_read_view(&reader, reader.left);
        status.message_length = strnlen(status.message, status.message_size);
    }
    *out_status = status;
    return wire_reader_end(&reader);
}

void wire_status_encode(struct wire_writer *writer, const struct wire_status *status)
{
    wire_write_u16(writer, status->code);
    wire_write_u64(writer, (uint64_t)status->subcode);
    wire_write_field(writer, WIRE_ERROR_NAME_SIZE, status->error_name);
    wire_write_bytes(writer, status->message, status->message_size);
}
