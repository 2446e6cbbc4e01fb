#include "wire_transform.h"

enum { ELEMENT = 4, COLUMN = 3 * ELEMENT };

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
        const uint8_t *at = content + row * ELEMENT;
        out_transform->R[3 * row] = wire_load_f32(at);
        out_transform->R[3 * row + 1] = wire_load_f32(at + COLUMN);
        out_transform->R[3 * row + 2] = wire_load_f32(at + 2 * COLUMN);
        out_transform->t_mm[row] = wire_load_f32(at + 3 * COLUMN);
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
        uint8_t *at = room + row * ELEMENT;
        wire_store_f32(at, transform->R[3 * row]);
        wire_store_f32(at + COLUMN, transform->R[3 * row + 1]);
        wire_store_f32(at + 2 * COLUMN, transform->R[3 * row + 2]);
        wire_store_f32(at + 3 * COLUMN, transform->t_mm[row]);
    }
}
