#include "wire_transform.h"

enum nav_status wire_check_transform(const uint8_t *content, size_t size)
{
    (void)content;
    return size == WIRE_TRANSFORM_SIZE ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_transform_decode(const uint8_t *content, size_t size,
                                      struct wire_transform *out_transform)
{
    if (size != WIRE_TRANSFORM_SIZE) {
        return NAV_ERR_LENGTH;
    }
    for (size_t row = 0; row < 3; row++) {
        for (size_t column = 0; column < 3; column++) {
            out_transform->R[3 * row + column] = wire_load_f32(content + 4 * (3 * column + row));
        }
        out_transform->t_mm[row] = wire_load_f32(content + 4 * (9 + row));
    }
    return NAV_OK;
}

void wire_transform_encode(struct wire_writer *writer, const struct wire_transform *transform)
{
    uint8_t *room = wire_write_room(writer, WIRE_TRANSFORM_SIZE);
    if (room == NULL) {
        return;
    }
    for (size_t row = 0; row < 3; row++) {
        for (size_t column = 0; column < 3; column++) {
            wire_store_f32(room + 4 * (3 * column + row), transform->R[3 * row + column]);
        }
        wire_store_f32(room + 4 * (9 + row), transform->t_mm[row]);
    }
}
