#include "wire_image.h"

#include <stdbool.h>

enum { VERSION_MAX = 2 };

static bool is_in_range(const struct wire_image *image)
{
    if (image->components == 0 || wire_scalar_size(image->scalar) == 0 ||
        image->scalar == WIRE_SCALAR_COMPLEX) {
        return false;
    }
    if (image->endian != WIRE_ENDIAN_BIG && image->endian != WIRE_ENDIAN_LITTLE) {
        return false;
    }
    if (image->coordinates != WIRE_COORDINATES_RAS && image->coordinates != WIRE_COORDINATES_LPS) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (image->box_size[i] == 0 ||
            (uint32_t)image->box_first[i] + image->box_size[i] > image->size[i]) {
            return false;
        }
    }
    return true;
}

enum nav_status wire_image_decode(const uint8_t *content, size_t size, struct wire_image *out_image)
{
    struct wire_image image = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    image.version = wire_read_u16(&reader);
    image.components = wire_read_u8(&reader);
    image.scalar = wire_read_u8(&reader);
    image.endian = wire_read_u8(&reader);
    image.coordinates = wire_read_u8(&reader);
    wire_read_u16s(&reader, image.size, 3);
    wire_read_f32s(&reader, image.matrix, 12);
    wire_read_u16s(&reader, image.box_first, 3);
    wire_read_u16s(&reader, image.box_size, 3);
    if (reader.failed) {
        return NAV_ERR_LENGTH;
    }
    if (image.version == 0 || image.version > VERSION_MAX) {
        return NAV_ERR_VERSION;
    }
    if (!is_in_range(&image)) {
        return NAV_ERR_RANGE;
    }
    uint64_t bytes = (uint64_t)image.components * wire_scalar_size(image.scalar);
    for (size_t i = 0; i < 3; i++) {
        if (!wire_multiply_u64(bytes, image.box_size[i], &bytes)) {
            return NAV_ERR_LENGTH;
        }
    }
    image.pixels = wire_read_view(&reader, bytes);
    image.pixels_size = (size_t)bytes;
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_image = image;
    }
    return status;
}

enum nav_status wire_check_image(const uint8_t *content, size_t size)
{
    struct wire_image image;
    return wire_image_decode(content, size, &image);
}

void wire_image_encode(struct wire_writer *writer, const struct wire_image *image)
{
    wire_write_u16(writer, image->version);
    wire_write_u8(writer, image->components);
    wire_write_u8(writer, image->scalar);
    wire_write_u8(writer, image->endian);
    wire_write_u8(writer, image->coordinates);
    wire_write_u16s(writer, image->size, 3);
    wire_write_f32s(writer, image->matrix, 12);
    wire_write_u16s(writer, image->box_first, 3);
    wire_write_u16s(writer, image->box_size, 3);
    wire_write_bytes(writer, image->pixels, image->pixels_size);
}
