#include "film_image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire_image.h"

static enum nav_status refuse(enum nav_status status, char why[128], const char *text)
{
    (void)snprintf(why, 128, "%s", text);
    return status;
}

static enum nav_status judge(const struct wire_image *image, char why[128])
{
    if (image->scalar != WIRE_SCALAR_UINT8 || (image->components != 1 && image->components != 3)) {
        (void)snprintf(why, 128,
                       "scalar type %d with %d components; unsigned bytes (3) with 1 or 3 "
                       "components are taken",
                       image->scalar, image->components);
        return NAV_ERR_UNSUPPORTED;
    }
    if (image->size[2] != 1) {
        return refuse(NAV_ERR_UNSUPPORTED, why, "a volume, not a picture");
    }
    for (int i = 0; i < 3; ++i) {
        if (image->box_first[i] != 0 || image->box_size[i] != image->size[i]) {
            return refuse(NAV_ERR_UNSUPPORTED, why, "a part of a picture; whole ones are taken");
        }
    }
    for (int i = 0; i < 12; ++i) {
        if (!isfinite(image->matrix[i])) {
            return refuse(NAV_ERR_RANGE, why, "its matrix is not finite");
        }
    }
    return NAV_OK;
}

enum nav_status film_image_take(const uint8_t *content, size_t size, struct film_head *out_head,
                                struct film_buffer *buffer, char why[128])
{
    struct wire_image image;
    enum nav_status status = wire_image_decode(content, size, &image);
    if (status != NAV_OK) {
        return refuse(status, why, "its fields contradict its size");
    }
    status = judge(&image, why);
    if (status != NAV_OK) {
        return status;
    }
    struct film_head head = *out_head;
    head.width_px = image.size[0];
    head.height_px = image.size[1];
    head.channels = image.components;
    if (!film_head_is_good(&head) || image.pixels_size != film_size(&head)) {
        return refuse(NAV_ERR_RANGE, why, "larger than any camera's picture");
    }
    status = film_buffer_reserve(buffer, film_size(&head));
    if (status != NAV_OK) {
        return refuse(status, why, "out of memory");
    }
    if (head.channels == 1) {
        memcpy(buffer->bytes, image.pixels, image.pixels_size);
    } else {
        for (size_t i = 0; i < image.pixels_size; i += 3) {
            buffer->bytes[i] = image.pixels[i + 2];
            buffer->bytes[i + 1] = image.pixels[i + 1];
            buffer->bytes[i + 2] = image.pixels[i];
        }
    }
    *out_head = head;
    return NAV_OK;
}

size_t film_image_size(const struct film_head *head)
{
    return WIRE_IMAGE_HEADER_SIZE + film_size(head);
}

void film_image_encode(struct wire_writer *writer, const struct film_head *head,
                       const uint8_t *pixels)
{
    const struct wire_image image = {
        .version = 1,
        .components = (uint8_t)head->channels,
        .scalar = WIRE_SCALAR_UINT8,
        .endian = WIRE_ENDIAN_LITTLE,
        .coordinates = WIRE_COORDINATES_LPS,
        .size = {(uint16_t)head->width_px, (uint16_t)head->height_px, 1},
        .matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0},
        .box_size = {(uint16_t)head->width_px, (uint16_t)head->height_px, 1},
        .pixels = pixels,
        .pixels_size = film_size(head)};
    wire_image_encode(writer, &image);
}
