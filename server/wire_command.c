#include "wire_command.h"

enum nav_status wire_command_decode(const uint8_t *content, size_t size,
                                    struct wire_command *out_command)
{
    struct wire_command command = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    command.id = wire_read_u32(&reader);
    wire_read_field(&reader, WIRE_COMMAND_NAME_SIZE, command.name);
    command.encoding = wire_read_u16(&reader);
    command.length = wire_read_u32(&reader);
    if (command.length != 0) {
        command.text = (const char *)wire_read_view(&reader, command.length);
    }
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_command = command;
    }
    return status;
}

enum nav_status wire_check_command(const uint8_t *content, size_t size)
{
    struct wire_command command;
    return wire_command_decode(content, size, &command);
}

void wire_command_encode(struct wire_writer *writer, const struct wire_command *command)
{
    wire_write_u32(writer, command->id);
    wire_write_field(writer, WIRE_COMMAND_NAME_SIZE, command->name);
    wire_write_u16(writer, command->encoding);
    wire_write_u32(writer, command->length);
    wire_write_bytes(writer, command->text, command->length);
}
