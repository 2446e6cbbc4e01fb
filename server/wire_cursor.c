#include "wire_cursor.h"

size_t wire_read_field(struct wire_reader *reader, size_t size, char *out_text)
{
    const uint8_t *view = wire_read_view(reader, size);
    if (view == NULL) {
        out_text[0] = '\0';
        return 0;
    }
    const size_t length = strnlen((const char *)view, size);
    memcpy(out_text, view, length);
    out_text[length] = '\0';
    return length;
}

void wire_write_field(struct wire_writer *writer, size_t size, const char *text)
{
    const size_t length = strnlen(text, size + 1);
    if (length > size) {
        writer->failed = true;
        return;
    }
    uint8_t *room = wire_write_room(writer, size);
    if (room == NULL) {
        return;
    }
    memcpy(room, text, length);
    memset(room + length, 0, size - length);
}
