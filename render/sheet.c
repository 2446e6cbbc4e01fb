#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include "image.h"

enum { PATH_SIZE = 4096 };

static const double points_per_px = 72.0 / 150.0;

struct rnd_sheet {
    cairo_surface_t *surface; /* a recording: what is written plays it back */
    cairo_t *cr;
    int width_px, height_px;
};

static void ink(const struct rnd_sheet *sheet, struct rnd_colour colour)
{
    cairo_set_source_rgb(sheet->cr, colour.r, colour.g, colour.b);
}

enum nav_status rnd_sheet_create(int width_px, int height_px, struct rnd_sheet **out_sheet)
{
    struct rnd_sheet *sheet = calloc(1, sizeof(*sheet));
    if (sheet == NULL) {
        return NAV_ERR_MEMORY;
    }
    const cairo_rectangle_t extents = {0.0, 0.0, width_px, height_px};
    sheet->surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents);
    sheet->cr = cairo_create(sheet->surface);
    sheet->width_px = width_px;
    sheet->height_px = height_px;
    if (cairo_status(sheet->cr) != CAIRO_STATUS_SUCCESS) {
        rnd_sheet_destroy(sheet);
        return NAV_ERR_MEMORY;
    }
    rnd_sheet_fill(sheet, (struct rnd_rect){0, 0, width_px, height_px},
                   (struct rnd_colour){1.0, 1.0, 1.0});
    *out_sheet = sheet;
    return NAV_OK;
}

void rnd_sheet_destroy(struct rnd_sheet *sheet)
{
    if (sheet == NULL) {
        return;
    }
    cairo_destroy(sheet->cr);
    cairo_surface_destroy(sheet->surface);
    free(sheet);
}

void rnd_sheet_fill(struct rnd_sheet *sheet, struct rnd_rect rect, struct rnd_colour colour)
{
    ink(sheet, colour);
    cairo_rectangle(sheet->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_fill(sheet->cr);
}

enum nav_status rnd_sheet_picture(struct rnd_sheet *sheet, struct rnd_rect rect, const uint8_t *rgb,
                                  int width_px, int height_px)
{
    cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_px, height_px);
    if (cairo_surface_status(picture) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(picture);
        return NAV_ERR_MEMORY;
    }
    uint8_t *pixels = cairo_image_surface_get_data(picture);
    const size_t stride = (size_t)cairo_image_surface_get_stride(picture);
    for (size_t y = 0; y < (size_t)height_px; ++y) {
        for (size_t x = 0; x < (size_t)width_px; ++x) {
            const uint8_t *from = rgb + 3 * (y * (size_t)width_px + x);
            const uint32_t word =
                0xff000000U | (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(pixels + y * stride + 4 * x, &word, sizeof(word));
        }
    }
    cairo_surface_mark_dirty(picture);
    cairo_save(sheet->cr);
    cairo_translate(sheet->cr, rect.x, rect.y);
    cairo_scale(sheet->cr, (double)rect.w / width_px, (double)rect.h / height_px);
    cairo_set_source_surface(sheet->cr, picture, 0.0, 0.0);
    cairo_paint(sheet->cr);
    cairo_restore(sheet->cr);
    cairo_surface_destroy(picture);
    return NAV_OK;
}

void rnd_sheet_clip(struct rnd_sheet *sheet, struct rnd_rect rect)
{
    cairo_reset_clip(sheet->cr);
    if (rect.w > 0 && rect.h > 0) {
        cairo_rectangle(sheet->cr, rect.x, rect.y, rect.w, rect.h);
        cairo_clip(sheet->cr);
    }
}

void rnd_sheet_line(struct rnd_sheet *sheet, double x0, double y0, double x1, double y1,
                    double width_px, struct rnd_colour colour)
{
    ink(sheet, colour);
    cairo_set_line_width(sheet->cr, width_px);
    cairo_set_line_cap(sheet->cr, CAIRO_LINE_CAP_ROUND);
    cairo_move_to(sheet->cr, x0, y0);
    cairo_line_to(sheet->cr, x1, y1);
    cairo_stroke(sheet->cr);
}

int rnd_sheet_words(struct rnd_sheet *sheet, const char *words, double x, double y,
                    double max_width_px, double size_px, bool bold, bool several_lines,
                    struct rnd_colour colour)
{
    PangoLayout *text = pango_cairo_create_layout(sheet->cr);
    PangoFontDescription *font = pango_font_description_from_string(RND_FONT);
    pango_font_description_set_absolute_size(font, size_px * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(text, font);
    pango_layout_set_text(text, words, -1);
    pango_layout_set_width(text, (int)(max_width_px * PANGO_SCALE));
    if (!several_lines) {
        pango_layout_set_ellipsize(text, PANGO_ELLIPSIZE_END);
        pango_layout_set_single_paragraph_mode(text, TRUE);
    }
    ink(sheet, colour);
    cairo_move_to(sheet->cr, x, y);
    pango_cairo_show_layout(sheet->cr, text);
    int width, height;
    pango_layout_get_pixel_size(text, &width, &height);
    pango_font_description_free(font);
    g_object_unref(text);
    return height;
}

/* Plays the sheet onto another surface; its status afterwards. */
static bool play(const struct rnd_sheet *sheet, cairo_surface_t *surface, double scale)
{
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, sheet->surface, 0.0, 0.0);
    cairo_paint(cr);
    cairo_show_page(cr);
    const bool good = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    return good && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
}

static enum nav_status write_pdf(const struct rnd_sheet *sheet, const char *path)
{
    char part[PATH_SIZE];
    if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) {
        return NAV_ERR_ARGUMENT;
    }
    cairo_surface_t *page = cairo_pdf_surface_create(part, sheet->width_px * points_per_px,
                                                     sheet->height_px * points_per_px);
    const bool good = play(sheet, page, points_per_px);
    cairo_surface_destroy(page);
    if (!good || rename(part, path) != 0) {
        (void)unlink(part);
        return NAV_ERR_IO;
    }
    return NAV_OK;
}

static enum nav_status write_png(const struct rnd_sheet *sheet, const char *path)
{
    const size_t width = (size_t)sheet->width_px;
    const size_t height = (size_t)sheet->height_px;
    cairo_surface_t *page =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, sheet->width_px, sheet->height_px);
    uint8_t *rgb = malloc(3 * width * height);
    enum nav_status status = NAV_ERR_MEMORY;
    if (rgb != NULL && cairo_surface_status(page) == CAIRO_STATUS_SUCCESS) {
        cairo_t *cr = cairo_create(page);
        cairo_set_source_surface(cr, sheet->surface, 0.0, 0.0);
        cairo_paint(cr);
        cairo_destroy(cr);
        cairo_surface_flush(page);
        const uint8_t *pixels = cairo_image_surface_get_data(page);
        const size_t stride = (size_t)cairo_image_surface_get_stride(page);
        for (size_t i = 0; i < width * height; ++i) {
            uint32_t word;
            memcpy(&word, pixels + i / width * stride + 4 * (i % width), sizeof(word));
            rgb[3 * i] = (uint8_t)(word >> 16);
            rgb[3 * i + 1] = (uint8_t)(word >> 8);
            rgb[3 * i + 2] = (uint8_t)word;
        }
        status = rnd_image_write_png(path, rgb, sheet->width_px, sheet->height_px);
    }
    free(rgb);
    cairo_surface_destroy(page);
    return status;
}

enum nav_status rnd_sheet_write(const struct rnd_sheet *sheet, const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot != NULL && strcasecmp(dot, ".png") == 0) {
        return write_png(sheet, path);
    }
    return dot != NULL && strcasecmp(dot, ".pdf") == 0 ? write_pdf(sheet, path) : NAV_ERR_ARGUMENT;
}
