/* IMAGE as a camera's picture: what is taken, and what must not be. */
#include "film_image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test_data.h"
#include "wire_image.h"

enum { W = 6, H = 4 };

static uint8_t pixels[W * H * 3];

static struct wire_image good(uint8_t components)
{
    for (size_t i = 0; i < sizeof(pixels); ++i) {
        pixels[i] = (uint8_t)(i + 1);
    }
    return (struct wire_image){.version = 1,
                               .components = components,
                               .scalar = WIRE_SCALAR_UINT8,
                               .endian = WIRE_ENDIAN_BIG,
                               .coordinates = WIRE_COORDINATES_RAS,
                               .size = {W, H, 1},
                               .matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0},
                               .box_size = {W, H, 1},
                               .pixels = pixels,
                               .pixels_size = (size_t)W * H * components};
}

/* From a block of exactly its size. */
static enum nav_status take(const struct wire_image *image, struct film_head *head,
                            struct film_buffer *buffer, char why[128])
{
    uint8_t content[WIRE_IMAGE_HEADER_SIZE + sizeof(pixels) * 4];
    struct wire_writer writer = wire_writer_of(content, sizeof(content));
    wire_image_encode(&writer, image);
    assert_false(writer.failed);
    uint8_t *exact = malloc(writer.size);
    assert_non_null(exact);
    memcpy(exact, content, writer.size);
    const enum nav_status status = film_image_take(exact, writer.size, head, buffer, why);
    free(exact);
    return status;
}

static void pictures_are_taken(void **state)
{
    (void)state;
    char why[128] = "";
    struct film_buffer buffer = {0};
    struct film_head head = {.time_ns = 7, .utc_ns = 8};
    struct wire_image image = good(3);
    assert_int_equal(take(&image, &head, &buffer, why), NAV_OK);
    assert_int_equal(head.width_px, W);
    assert_int_equal(head.height_px, H);
    assert_int_equal(head.channels, 3);
    assert_int_equal(head.time_ns, 7);
    assert_int_equal(head.utc_ns, 8);
    assert_int_equal(buffer.bytes[0], 3); /* red green blue came, blue green red is kept */
    assert_int_equal(buffer.bytes[1], 2);
    assert_int_equal(buffer.bytes[2], 1);
    image = good(1);
    assert_int_equal(take(&image, &head, &buffer, why), NAV_OK);
    assert_int_equal(head.channels, 1);
    assert_memory_equal(buffer.bytes, pixels, (size_t)W * H);
    film_buffer_finish(&buffer);
}

static void refused(struct wire_image image, enum nav_status expected, const char *word)
{
    char why[128] = "";
    struct film_buffer buffer = {0};
    struct film_head head = {.width_px = 99};
    const enum nav_status status = take(&image, &head, &buffer, why);
    if (status != expected || strstr(why, word) == NULL) {
        fail_msg("%s: %s", nav_status_text(status), why);
    }
    assert_int_equal(head.width_px, 99);
    film_buffer_finish(&buffer);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    struct wire_image image = good(3);
    image.scalar = WIRE_SCALAR_UINT16;
    image.pixels_size = 0;
    refused(image, NAV_ERR_LENGTH, "size");
    image = good(1);
    image.scalar = WIRE_SCALAR_INT8;
    refused(image, NAV_ERR_UNSUPPORTED, "scalar");
    image = good(2);
    refused(image, NAV_ERR_UNSUPPORTED, "components");
    image = good(1);
    image.size[1] = image.box_size[1] = 2;
    image.size[2] = image.box_size[2] = 2;
    refused(image, NAV_ERR_UNSUPPORTED, "volume");
    image = good(1);
    image.size[0] = 2 * W;
    refused(image, NAV_ERR_UNSUPPORTED, "part");
    image = good(1);
    image.size[0] = W + 1;
    image.box_first[0] = 1;
    refused(image, NAV_ERR_UNSUPPORTED, "part");
    for (int i = 0; i < 12; ++i) {
        image = good(3);
        image.matrix[i] = i % 2 == 0 ? NAN : INFINITY;
        refused(image, NAV_ERR_RANGE, "matrix");
    }
    image = good(3);
    image.pixels_size -= 1;
    refused(image, NAV_ERR_LENGTH, "size");
    image = good(3);
    image.size[0] = image.box_size[0] = UINT16_MAX;
    image.size[1] = image.box_size[1] = UINT16_MAX;
    refused(image, NAV_ERR_LENGTH, "size");
    image = good(1);
    image.size[0] = image.box_size[0] = 0;
    image.pixels_size = 0;
    refused(image, NAV_ERR_RANGE, "size");
}

/* A side that no camera has, with all of its pixels. */
static void a_side_too_long_is_refused(void **state)
{
    (void)state;
    struct wire_image image = good(1);
    image.size[0] = image.box_size[0] = FILM_SIDE_MAX + 1;
    image.size[1] = image.box_size[1] = 1;
    image.pixels_size = FILM_SIDE_MAX + 1;
    const size_t size = WIRE_IMAGE_HEADER_SIZE + image.pixels_size;
    uint8_t *content = calloc(2, size);
    assert_non_null(content);
    image.pixels = content + size;
    struct wire_writer writer = wire_writer_of(content, size);
    wire_image_encode(&writer, &image);
    assert_false(writer.failed);
    char why[128] = "";
    struct film_buffer buffer = {0};
    struct film_head head = {0};
    assert_int_equal(film_image_take(content, size, &head, &buffer, why), NAV_ERR_RANGE);
    assert_null(buffer.bytes);
    free(content);
}

static void what_is_sent_is_what_is_taken(void **state)
{
    (void)state;
    const struct film_head head = {W, H, 3, 0, 0};
    (void)good(3);
    uint8_t content[WIRE_IMAGE_HEADER_SIZE + sizeof(pixels)];
    assert_int_equal(film_image_size(&head), sizeof(content));
    struct wire_writer writer = wire_writer_of(content, sizeof(content));
    film_image_encode(&writer, &head, pixels);
    assert_false(writer.failed);
    struct film_buffer buffer = {0};
    struct film_head got = {0};
    char why[128] = "";
    assert_int_equal(film_image_take(content, writer.size, &got, &buffer, why), NAV_OK);
    assert_int_equal(buffer.bytes[0], pixels[2]);
    assert_int_equal(buffer.bytes[sizeof(pixels) - 1], pixels[sizeof(pixels) - 3]);
    film_buffer_finish(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_taken),
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(a_side_too_long_is_refused),
        cmocka_unit_test(what_is_sent_is_what_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
