#include "wire_transform.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

/* The twelve numbers, two neighbours of a row in each half of a vector; as the bits they are, so
 * that no number is touched, be it a NaN. */
struct rows {
    words outer; /* R11 R12 | R22 R23 */
    words inner; /* R31 R32 | R13 R21 */
    words last;  /* R33   x |   y   z */
};

/* Columns to rows within registers. */
static inline struct rows load_rows(const uint8_t *content)
{
    const words a = load_words(content);                            /* R11 R21 R31 R12 */
    const words b = load_words(content + sizeof(words));            /* R22 R32 R13 R23 */
    const words c = load_words(content + 2 * sizeof(words));        /* R33   x   y   z */
    const words middle = __builtin_shufflevector(a, b, 1, 2, 5, 6); /* R21 R31 R32 R13 */
    return (struct rows){.outer = __builtin_shufflevector(a, b, 0, 3, 4, 7),
                         .inner = __builtin_shufflevector(middle, middle, 1, 2, 3, 0),
                         .last = c};
}

enum nav_status wire_transform_decode(const uint8_t *content, size_t size,
                                      struct wire_transform *out_transform)
{
    _Static_assert(sizeof(struct wire_transform) == 3 * sizeof(words), "twelve numbers in a row");
    if (size != WIRE_TRANSFORM_SIZE) {
        return NAV_ERR_LENGTH;
    }
    const struct rows rows = load_rows(content);
    const words front = __builtin_shufflevector(rows.outer, rows.inner, 0, 1, 6, 7);
    const words back = __builtin_shufflevector(rows.outer, rows.inner, 2, 3, 4, 5);
    uint8_t *out = (uint8_t *)out_transform;
    memcpy(out, &front, sizeof(words));
    memcpy(out + sizeof(words), &back, sizeof(words));
    memcpy(out + 2 * sizeof(words), &rows.last, sizeof(words));
    return NAV_OK;
}

#if defined(__SSE2__)

static inline void store_first_half(double *to, words bits)
{
    _mm_storeu_pd(to, _mm_cvtps_pd((__m128)bits));
}

static inline void store_second_half(double *to, words bits)
{
    _mm_storeu_pd(to, _mm_cvtps_pd(_mm_movehl_ps((__m128)bits, (__m128)bits)));
}

void wire_transform_widen(const uint8_t content[WIRE_TRANSFORM_SIZE], double out_R[9],
                          double out_t_mm[3])
{
    const struct rows rows = load_rows(content);
    const __m128d last = _mm_cvtps_pd((__m128)rows.last);
    store_first_half(out_R, rows.outer);
    store_second_half(out_R + 2, rows.inner);
    store_second_half(out_R + 4, rows.outer);
    store_first_half(out_R + 6, rows.inner);
    _mm_storel_pd(out_R + 8, last);
    _mm_storeh_pd(out_t_mm, last);
    store_second_half(out_t_mm + 1, rows.last);
}

#else

void wire_transform_widen(const uint8_t content[WIRE_TRANSFORM_SIZE], double out_R[9],
                          double out_t_mm[3])
{
    wire_transform_widen_ref(content, out_R, out_t_mm);
}

#endif

void wire_transform_widen_ref(const uint8_t content[WIRE_TRANSFORM_SIZE], double out_R[9],
                              double out_t_mm[3])
{
    for (size_t row = 0; row < 3; row++) {
        const uint8_t *at = content + row * ELEMENT;
        out_R[3 * row] = (double)wire_load_f32(at);
        out_R[3 * row + 1] = (double)wire_load_f32(at + COLUMN);
        out_R[3 * row + 2] = (double)wire_load_f32(at + 2 * COLUMN);
        out_t_mm[row] = (double)wire_load_f32(at + 3 * COLUMN);
    }
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
