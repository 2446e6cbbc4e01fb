#include "wire_sensor.h"

enum { HEADER_SIZE = 10, VALUE_SIZE = 8 };

enum nav_status wire_check_sensor(const uint8_t *content, size_t size)
{
    return size >= HEADER_SIZE && size == HEADER_SIZE + (size_t)content[0] * VALUE_SIZE
               ? NAV_OK
               : NAV_ERR_LENGTH;
}

enum nav_status wire_sensor_decode(const uint8_t *content, size_t size,
                                   struct wire_sensor *out_sensor)
{
    const enum nav_status status = wire_check_sensor(content, size);
    if (status != NAV_OK) {
        return status;
    }
    *out_sensor = (struct wire_sensor){0};
    struct wire_reader reader = wire_reader_of(content, size);
    out_sensor->count = wire_read_u8(&reader);
    out_sensor->status = wire_read_u8(&reader);
    out_sensor->unit = wire_read_u64(&reader);
    for (size_t i = 0; i < out_sensor->count; i++) {
        out_sensor->values[i] = wire_read_f64(&reader);
    }
    return wire_reader_end(&reader);
}

void wire_sensor_encode(struct wire_writer *writer, const struct wire_sensor *sensor)
{
    wire_write_u8(writer, sensor->count);
    wire_write_u8(writer, sensor->status);
    wire_write_u64(writer, sensor->unit);
    for (size_t i = 0; i < sensor->count; i++) {
        wire_write_f64(writer, sensor->values[i]);
    }
}
