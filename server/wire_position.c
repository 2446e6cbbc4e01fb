#include "wire_position.h"

#include <math.h>

enum nav_status wire_check_position(const uint8_t *content, size_t size)
{
    (void)content;
    return size == WIRE_POSITION_ONLY || size == WIRE_POSITION_WITHOUT_W ||
                   size == WIRE_POSITION_FULL
               ? NAV_OK
               : NAV_ERR_LENGTH;
}

enum nav_status wire_position_decode(const uint8_t *content, size_t size,
                                     struct wire_position *out_position)
{
    const enum nav_status status = wire_check_position(content, size);
    if (status != NAV_OK) {
        return status;
    }
    struct wire_position position = {.form = (enum wire_position_form)size};
    struct wire_reader reader = wire_reader_of(content, size);
    for (size_t i = 0; i < 3; i++) {
        position.t_mm[i] = wire_read_f32(&reader);
    }
    for (size_t i = 0; reader.left != 0; i++) {
        position.q[i] = wire_read_f32(&reader);
    }
    if (size == WIRE_POSITION_WITHOUT_W) {
        const double x = (double)position.q[0];
        const double y = (double)position.q[1];
        const double z = (double)position.q[2];
        position.q[3] = (float)sqrt(1.0 - x * x - y * y - z * z);
    }
    *out_position = position;
    return NAV_OK;
}

void wire_position_encode(struct wire_writer *writer, const struct wire_position *position)
{
    for (size_t i = 0; i < 3; i++) {
        wire_write_f32(writer, position->t_mm[i]);
    }
    const size_t components = ((size_t)position->form - WIRE_POSITION_ONLY) / 4;
    for (size_t i = 0; i < components; i++) {
        wire_write_f32(writer, position->q[i]);
    }
}
