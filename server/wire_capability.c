#include "wire_capability.h"

#include "wire_text.h"

enum nav_status wire_check_capability(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_TYPE_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_capability_at(const uint8_t *content, size_t size, size_t index,
                                   char out_type[WIRE_TYPE_SIZE + 1])
{
    if (size % WIRE_TYPE_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_TYPE_SIZE) {
        return NAV_ERR_RANGE;
    }
    const char *field = (const char *)content + index * WIRE_TYPE_SIZE;
    const size_t length = strnlen(field, WIRE_TYPE_SIZE);
    if (length == 0 || !wire_text_is_printable(field, length)) {
        return NAV_ERR_ENCODING;
    }
    memcpy(out_type, field, length);
    out_type[length] = '\0';
    return NAV_OK;
}

void wire_capability_encode(struct wire_writer *writer, const char *type)
{
    wire_write_field(writer, WIRE_TYPE_SIZE, type);
}
