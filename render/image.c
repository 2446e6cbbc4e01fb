#include "image.h"

#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum nav_status rnd_image_write_png(const char *path, const uint8_t *rgb, int width_px,
                                    int height_px)
{
    if (width_px < 1 || height_px < 1) {
        return NAV_ERR_ARGUMENT;
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_px, height_px);
    const size_t path_size = strlen(path) + sizeof(".part");
    char *part = malloc(path_size);
    enum nav_status status = NAV_OK;
    if (part == NULL || cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        status = NAV_ERR_MEMORY;
        goto done;
    }
    (void)snprintf(part, path_size, "%s.part", path);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height_px; ++y) {
        const uint8_t *from = rgb + (size_t)y * (size_t)width_px * 3;
        for (int x = 0; x < width_px; ++x) {
            const uint32_t pixel = (uint32_t)from[3 * x] << 16 | (uint32_t)from[3 * x + 1] << 8 |
                                   (uint32_t)from[3 * x + 2];
            memcpy(pixels + (size_t)y * (size_t)stride + (size_t)x * 4, &pixel, sizeof(pixel));
        }
    }
    cairo_surface_mark_dirty(surface);
    if (cairo_surface_write_to_png(surface, part) != CAIRO_STATUS_SUCCESS ||
        rename(part, path) != 0) {
        (void)unlink(part);
        status = NAV_ERR_IO;
    }
done:
    free(part);
    cairo_surface_destroy(surface);
    return status;
}
