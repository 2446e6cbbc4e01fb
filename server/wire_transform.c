#include "wire_transform.h"

#include <string.h>

enum { ELEMENT = 4, COLUMN = 3 * ELEMENT };

enum nav_status wire_check_transform(const uint8_t *content, size_t size)
{
    (void)content;
    return size == WIRE_TRANSFORM_SIZE ? NAV_OK : NAV_ERR_LENGTH;
}

/* Four numbers at a time: the compiler's own vectors, which exist on every processor. */
typedef uint16_t halves __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));

static inline words load_words(const uint8_t *at)
{
    halves value;
    memcpy(&value, at, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = value << 8 | value >> 8;
    value = __builtin_shufflevector(value, value, 1, 0, 3, 2, 5, 4, 7, 6);
#endif
    return (words)value;
}

/* For every message and tool: columns to rows within registers, as the bits they are, so that no
 * number is touched, be it a NaN. */
enum nav_status wire_transform_decode(const uint8_t *content, size_t size,
                                      struct wire_transform *out_transform)
{
    _Static_assert(sizeof(struct wire_transform) == 3 * sizeof(words), "twelve numbers in a row");
    if (size != WIRE_TRANSFORM_SIZE) {
        return NAV_ERR_LENGTH;
    }
    const words a = load_words(content);                           /* R11 R21 R31 R12 */
    const words b = load_words(content + sizeof(words));           /* R22 R32 R13 R23 */
    const words c = load_words(content + 2 * sizeof(words));       /* R33   x   y   z */
    const words front = __builtin_shufflevector(a, b, 0, 3, 6, 1); /* R11 R12 R13 R21 */
    const words back = __builtin_shufflevector(b, a, 0, 3, 6, 1);  /* R22 R23 R31 R32 */
    uint8_t *out = (uint8_t *)out_transform;
    memcpy(out, &front, sizeof(front));
    memcpy(out + sizeof(front), &back, sizeof(back));
    memcpy(out + sizeof(front) + sizeof(back), &c, sizeof(c));
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
