#include "wire_string.h"

enum nav_status wire_check_string(const uint8_t *content, size_t size)
{
    struct wire_string string;
    return wire_string_decode(content, size, &string);
}

enum nav_status wire_string_decode(const uint8_t *content, size_t size,
                                   struct wire_string *out_string)
{
    struct wire_string string = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    string.encoding = wire_read_u16(&reader);
    string.length = wire_read_u16(&reader);
    if (string.length != 0) {
        string.text = (const char *)wire_read_view(&reader, string.length);
    }
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_string = string;
    }
    return status;
}

void wire_string_encode(struct wire_writer *writer, const struct wire_string *string)
{
    wire_write_u16(writer, string->encoding);
    wire_write_u16(writer, string->length);
    wire_write_bytes(writer, string->text, string->length);
}
