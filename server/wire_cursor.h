/* Bounded big-endian reader and writer: the only way bytes of a peer are read or written.
 *
 * Both fail sticky: an access outside the bounds moves nothing, reads as zero, writes nothing and
 * marks the cursor failed; so a decoder reads straight down like the message's layout and asks once
 * at its end. Two types and not one, so that received bytes stay const.
 * Plain values, no allocation. Thread: any. */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nav/status.h"

/* Sizes of peers are added and multiplied in 64 bits, checked: false when the result wraps. */
static inline bool wire_add_u64(uint64_t a, uint64_t b, uint64_t *out_sum)
{
    return !__builtin_add_overflow(a, b, out_sum);
}

static inline bool wire_multiply_u64(uint64_t a, uint64_t b, uint64_t *out_product)
{
    return !__builtin_mul_overflow(a, b, out_product);
}

/* Loads and stores at fixed places whose bounds the caller has checked. */
static inline uint16_t wire_load_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return be16toh(value);
}

static inline uint32_t wire_load_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

static inline uint64_t wire_load_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return be64toh(value);
}

static inline float wire_load_f32(const uint8_t *bytes)
{
    const uint32_t bits = wire_load_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double wire_load_f64(const uint8_t *bytes)
{
    const uint64_t bits = wire_load_u64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void wire_store_u16(uint8_t *bytes, uint16_t value)
{
    value = htobe16(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void wire_store_u32(uint8_t *bytes, uint32_t value)
{
    value = htobe32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void wire_store_u64(uint8_t *bytes, uint64_t value)
{
    value = htobe64(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void wire_store_f32(uint8_t *bytes, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    wire_store_u32(bytes, bits);
}

static inline void wire_store_f64(uint8_t *bytes, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    wire_store_u64(bytes, bits);
}

struct wire_reader {
    const uint8_t *at;
    size_t left;
    bool failed;
};

/* `bytes` may be NULL when `size` is 0. */
static inline struct wire_reader wire_reader_of(const uint8_t *bytes, size_t size)
{
    return (struct wire_reader){.at = bytes, .left = size, .failed = false};
}

/* View of the next `size` bytes, or NULL when fewer are left. */
static inline const uint8_t *wire_read_view(struct wire_reader *reader, uint64_t size)
{
    if (reader->failed || size > reader->left) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *view = reader->at;
    if (size != 0) {
        reader->at += size;
        reader->left -= (size_t)size;
    }
    return view;
}

static inline uint8_t wire_read_u8(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 1);
    return view != NULL ? view[0] : 0;
}

static inline uint16_t wire_read_u16(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 2);
    return view != NULL ? wire_load_u16(view) : 0;
}

static inline uint32_t wire_read_u32(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 4);
    return view != NULL ? wire_load_u32(view) : 0;
}

static inline uint64_t wire_read_u64(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 8);
    return view != NULL ? wire_load_u64(view) : 0;
}

static inline float wire_read_f32(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 4);
    return view != NULL ? wire_load_f32(view) : 0.0F;
}

static inline double wire_read_f64(struct wire_reader *reader)
{
    const uint8_t *view = wire_read_view(reader, 8);
    return view != NULL ? wire_load_f64(view) : 0.0;
}

static inline void wire_read_f32s(struct wire_reader *reader, float *out_values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out_values[i] = wire_read_f32(reader);
    }
}

static inline void wire_read_u8s(struct wire_reader *reader, uint8_t *out_values, size_t count)
{
    const uint8_t *view = wire_read_view(reader, count);
    for (size_t i = 0; i < count; i++) {
        out_values[i] = view != NULL ? view[i] : 0;
    }
}

static inline void wire_read_u16s(struct wire_reader *reader, uint16_t *out_values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out_values[i] = wire_read_u16(reader);
    }
}

/* Copies a fixed text field of `size` bytes into `out_text` (`size` + 1 bytes, always terminated)
 * and returns its length: up to the first NUL, or all of the field: the last byte needs no NUL.
 * What stands behind the NUL is ignored. */
size_t wire_read_field(struct wire_reader *reader, size_t size, char *out_text);

/* NAV_OK when everything was read and nothing is left, else NAV_ERR_LENGTH. */
NAV_MUST_USE static inline enum nav_status wire_reader_end(const struct wire_reader *reader)
{
    return !reader->failed && reader->left == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

struct wire_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t size; /* written so far */
    bool failed;
};

static inline struct wire_writer wire_writer_of(uint8_t *bytes, size_t capacity)
{
    return (struct wire_writer){.bytes = bytes, .capacity = capacity, .size = 0, .failed = false};
}

/* Room for the next `size` bytes, counted as written, or NULL when they do not fit. */
static inline uint8_t *wire_write_room(struct wire_writer *writer, uint64_t size)
{
    if (writer->failed || size > writer->capacity - writer->size) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *room = writer->bytes + writer->size;
    writer->size += (size_t)size;
    return room;
}

static inline void wire_write_u8(struct wire_writer *writer, uint8_t value)
{
    uint8_t *room = wire_write_room(writer, 1);
    if (room != NULL) {
        room[0] = value;
    }
}

static inline void wire_write_u16(struct wire_writer *writer, uint16_t value)
{
    uint8_t *room = wire_write_room(writer, 2);
    if (room != NULL) {
        wire_store_u16(room, value);
    }
}

static inline void wire_write_u32(struct wire_writer *writer, uint32_t value)
{
    uint8_t *room = wire_write_room(writer, 4);
    if (room != NULL) {
        wire_store_u32(room, value);
    }
}

static inline void wire_write_u64(struct wire_writer *writer, uint64_t value)
{
    uint8_t *room = wire_write_room(writer, 8);
    if (room != NULL) {
        wire_store_u64(room, value);
    }
}

static inline void wire_write_f32(struct wire_writer *writer, float value)
{
    uint8_t *room = wire_write_room(writer, 4);
    if (room != NULL) {
        wire_store_f32(room, value);
    }
}

static inline void wire_write_f64(struct wire_writer *writer, double value)
{
    uint8_t *room = wire_write_room(writer, 8);
    if (room != NULL) {
        wire_store_f64(room, value);
    }
}

static inline void wire_write_f32s(struct wire_writer *writer, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wire_write_f32(writer, values[i]);
    }
}

static inline void wire_write_u16s(struct wire_writer *writer, const uint16_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wire_write_u16(writer, values[i]);
    }
}

/* `bytes` may be NULL when `size` is 0. */
static inline void wire_write_bytes(struct wire_writer *writer, const void *bytes, size_t size)
{
    uint8_t *room = wire_write_room(writer, size);
    if (room != NULL && size != 0) {
        memcpy(room, bytes, size);
    }
}

/* Writes a text into a fixed field of `size` bytes, padded with NUL; a text of exactly `size` bytes
 * has no NUL. A longer text fails the writer: names are never cut silently. */
void wire_write_field(struct wire_writer *writer, size_t size, const char *text);

/* NAV_OK when everything fitted, else NAV_ERR_FULL. */
NAV_MUST_USE static inline enum nav_status wire_writer_end(const struct wire_writer *writer)
{
    return writer->failed ? NAV_ERR_FULL : NAV_OK;
}

#endif
