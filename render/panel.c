#include "panel.h"

#include <stdlib.h>
#include <string.h>

#include "panel_parts.h"

enum { SIDE_MAX_PX = 16384 };

struct rnd_rect rnd_panel_view_rect(const struct rnd_panel *panel)
{
    return panel->places.view;
}

struct rnd_rect rnd_panel_section_rect(const struct rnd_panel *panel, enum rnd_section_kind kind)
{
    return panel->places.sections[kind];
}

struct rnd_rect rnd_panel_buttons_rect(const struct rnd_panel *panel)
{
    return panel->places.buttons;
}

uint64_t panel_digest(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; ++i) {
        digest = (digest ^ byte[i]) * UINT64_C(1099511628211);
    }
    return digest;
}

void panel_add_dirty(struct rnd_panel *panel, struct rnd_rect rect)
{
    if (rect.w <= 0 || rect.h <= 0) {
        return;
    }
    if (panel->dirty_count == RND_PANEL_RECTS_MAX) {
        panel->dirty[0] = (struct rnd_rect){0, 0, panel->canvas.width_px, panel->canvas.height_px};
        panel->dirty_count = 1;
        return;
    }
    panel->dirty[panel->dirty_count++] = rect;
}

bool panel_begin(struct rnd_panel *panel, unsigned index, struct rnd_rect rect, const void *key,
                 size_t key_size)
{
    struct widget *widget = &panel->widgets[index];
    const bool same = widget->drawn && widget->key_size == key_size &&
                      memcmp(&widget->rect, &rect, sizeof(rect)) == 0 &&
                      memcmp(widget->key, key, key_size) == 0;
    if (same || rect.w <= 0 || rect.h <= 0) {
        return false;
    }
    widget->rect = rect;
    widget->drawn = true;
    widget->key_size = key_size;
    memcpy(widget->key, key, key_size);
    panel_add_dirty(panel, rect);
    cairo_save(panel->canvas.cr);
    cairo_rectangle(panel->canvas.cr, rect.x, rect.y, rect.w, rect.h);
    cairo_clip(panel->canvas.cr);
    return true;
}

void panel_end(struct rnd_panel *panel)
{
    cairo_restore(panel->canvas.cr);
}

void rnd_panel_update(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    panel->dirty_count = 0;
    if (panel->canvas.surface == NULL) {
        return;
    }
    panel_update_bar(panel, input);
    panel_update_guide(panel, input);
    panel_update_lists(panel, input);
    panel_update_strip(panel, input);
    panel_update_buttons(panel, input);
    panel_update_sections(panel, input);
    panel_update_over_view(panel, input);
    cairo_surface_flush(panel->canvas.surface);
}

const struct rnd_rect *rnd_panel_dirty(const struct rnd_panel *panel, size_t *out_count)
{
    *out_count = panel->dirty_count;
    return panel->dirty;
}

const struct rnd_rect *rnd_panel_over_view(const struct rnd_panel *panel, size_t *out_count)
{
    *out_count = panel->over_count;
    return panel->over;
}

const uint8_t *rnd_panel_pixels(const struct rnd_panel *panel, int *out_stride)
{
    *out_stride = cairo_image_surface_get_stride(panel->canvas.surface);
    return cairo_image_surface_get_data(panel->canvas.surface);
}

/* Everything is drawn anew, in its place. */
static void place_all(struct rnd_panel *panel)
{
    const struct rnd_canvas *canvas = &panel->canvas;
    for (size_t i = 0; i < WIDGET_COUNT; ++i) {
        panel->widgets[i].drawn = false;
    }
    panel->over_drawn = false;
    panel->over_count = 0;
    if (canvas->surface != NULL) {
        panel->places = rnd_layout_places(panel->layout, panel->mirrored, panel->touch,
                                          canvas->width_px, canvas->height_px);
        rnd_clear(canvas, (struct rnd_rect){0, 0, canvas->width_px, canvas->height_px});
    }
}

void rnd_panel_set_layout(struct rnd_panel *panel, enum rnd_layout layout)
{
    panel->layout = layout;
    place_all(panel);
}

enum nav_status rnd_panel_create(enum rnd_layout layout, bool mirrored, bool touch,
                                 struct rnd_panel **out_panel)
{
    struct rnd_panel *panel = calloc(1, sizeof(*panel));
    if (panel == NULL) {
        return NAV_ERR_MEMORY;
    }
    panel->layout = layout;
    panel->mirrored = mirrored;
    panel->touch = touch;
    *out_panel = panel;
    return NAV_OK;
}

void rnd_panel_destroy(struct rnd_panel *panel)
{
    if (panel == NULL) {
        return;
    }
    rnd_canvas_release(&panel->canvas);
    free(panel->over_key);
    free(panel);
}

enum nav_status rnd_panel_resize(struct rnd_panel *panel, int width_px, int height_px)
{
    const struct rnd_canvas *canvas = &panel->canvas;
    if (width_px < 1 || height_px < 1 || width_px > SIDE_MAX_PX || height_px > SIDE_MAX_PX) {
        return NAV_ERR_ARGUMENT;
    }
    if (canvas->surface != NULL && width_px == canvas->width_px && height_px == canvas->height_px) {
        return NAV_OK;
    }
    const enum nav_status status = rnd_canvas_resize(&panel->canvas, width_px, height_px);
    if (status == NAV_OK) {
        place_all(panel);
    }
    return status;
}
