#include "canvas.h"

#include <math.h>
#include <stdio.h>

int rnd_px(const struct rnd_canvas *canvas, double units)
{
    return (int)lround(units * canvas->unit);
}

void rnd_ink(const struct rnd_canvas *canvas, struct rnd_colour colour, double alpha)
{
    cairo_set_source_rgba(canvas->cr, colour.r, colour.g, colour.b, alpha);
}

void rnd_fill(const struct rnd_canvas *canvas, struct rnd_rect rect, struct rnd_colour colour,
              double alpha)
{
    rnd_ink(canvas, colour, alpha);
    cairo_rectangle(canvas->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_fill(canvas->cr);
}

void rnd_clear(const struct rnd_canvas *canvas, struct rnd_rect rect)
{
    cairo_save(canvas->cr);
    cairo_set_operator(canvas->cr, CAIRO_OPERATOR_CLEAR);
    cairo_rectangle(canvas->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_fill(canvas->cr);
    cairo_restore(canvas->cr);
}

void rnd_rounded(const struct rnd_canvas *canvas, struct rnd_rect rect, double radius)
{
    cairo_t *cr = canvas->cr;
    const double x0 = rect.x;
    const double y0 = rect.y;
    const double x1 = rect.x + rect.w;
    const double y1 = rect.y + rect.h;
    cairo_new_sub_path(cr);
    cairo_arc(cr, x1 - radius, y0 + radius, radius, -M_PI_2, 0.0);
    cairo_arc(cr, x1 - radius, y1 - radius, radius, 0.0, M_PI_2);
    cairo_arc(cr, x0 + radius, y1 - radius, radius, M_PI_2, M_PI);
    cairo_arc(cr, x0 + radius, y0 + radius, radius, M_PI, 1.5 * M_PI);
    cairo_close_path(cr);
}

/* Lays a line of text out; the caller draws it. Size in theme units. */
void rnd_measure(const struct rnd_canvas *canvas, const char *words, double size, bool bold,
                 double max_width_px, int *out_width, int *out_height)
{
    PangoFontDescription *font = pango_font_description_from_string(RND_FONT);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_MEDIUM);
    pango_font_description_set_absolute_size(font, fmax(size * canvas->unit, 1.0) * PANGO_SCALE);
    pango_layout_set_font_description(canvas->text, font);
    pango_font_description_free(font);
    pango_layout_set_text(canvas->text, words, -1);
    pango_layout_set_width(canvas->text,
                           max_width_px > 0.0 ? (int)(max_width_px * PANGO_SCALE) : -1);
    pango_layout_get_pixel_size(canvas->text, out_width, out_height);
}

/* Draws one line, vertically centred on `middle_y`. Cut with an ellipsis beyond `max_width_px`. */
void rnd_write(const struct rnd_canvas *canvas, const char *words, double x, double middle_y,
               enum rnd_align align, double max_width_px, double size, bool bold,
               struct rnd_colour colour)
{
    if (words[0] == '\0') {
        return;
    }
    int width = 0;
    int height = 0;
    rnd_measure(canvas, words, size, bold, max_width_px, &width, &height);
    const double left = align == RND_ALIGN_LEFT    ? x
                        : align == RND_ALIGN_RIGHT ? x - width
                                                   : x - width / 2.0;
    cairo_move_to(canvas->cr, left, middle_y - height / 2.0);
    rnd_ink(canvas, colour, 1.0);
    pango_cairo_show_layout(canvas->cr, canvas->text);
}

/* ---- icons: the shape says what the colour says --------------------------------------------- */

static void polygon(const struct rnd_canvas *canvas, double x, double y, double radius,
                    unsigned sides, double turn)
{
    for (unsigned i = 0; i < sides; ++i) {
        const double angle = turn + 2.0 * M_PI * i / sides;
        cairo_line_to(canvas->cr, x + radius * cos(angle), y + radius * sin(angle));
    }
    cairo_close_path(canvas->cr);
}

void rnd_icon(const struct rnd_canvas *canvas, enum rnd_level level, double x, double y,
              double radius, struct rnd_colour colour)
{
    cairo_t *cr = canvas->cr;
    rnd_ink(canvas, colour, 1.0);
    cairo_set_line_width(cr, radius * 0.20);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cr);
    switch (level) {
    case RND_LEVEL_OK:
        cairo_arc(cr, x, y, radius, 0.0, 2.0 * M_PI);
        cairo_stroke(cr);
        cairo_move_to(cr, x - 0.42 * radius, y + 0.02 * radius);
        cairo_line_to(cr, x - 0.10 * radius, y + 0.36 * radius);
        cairo_line_to(cr, x + 0.46 * radius, y - 0.36 * radius);
        cairo_stroke(cr);
        break;
    case RND_LEVEL_CAUTION:
        polygon(canvas, x, y + 0.18 * radius, 1.12 * radius, 3, -M_PI_2);
        cairo_stroke(cr);
        cairo_move_to(cr, x, y - 0.30 * radius);
        cairo_line_to(cr, x, y + 0.18 * radius);
        cairo_stroke(cr);
        cairo_arc(cr, x, y + 0.48 * radius, 0.12 * radius, 0.0, 2.0 * M_PI);
        cairo_fill(cr);
        break;
    case RND_LEVEL_ALARM:
        polygon(canvas, x, y, radius, 8, M_PI / 8.0);
        cairo_stroke(cr);
        cairo_move_to(cr, x - 0.38 * radius, y - 0.38 * radius);
        cairo_line_to(cr, x + 0.38 * radius, y + 0.38 * radius);
        cairo_move_to(cr, x + 0.38 * radius, y - 0.38 * radius);
        cairo_line_to(cr, x - 0.38 * radius, y + 0.38 * radius);
        cairo_stroke(cr);
        break;
    default:
        cairo_arc(cr, x, y, 0.30 * radius, 0.0, 2.0 * M_PI);
        cairo_fill(cr);
        break;
    }
}

const struct rnd_pair_colours *rnd_level_colours(enum rnd_level level)
{
    switch (level) {
    case RND_LEVEL_OK:
        return &rnd_pairs[RND_PAIR_OK];
    case RND_LEVEL_CAUTION:
        return &rnd_pairs[RND_PAIR_CAUTION];
    case RND_LEVEL_ALARM:
        return &rnd_pairs[RND_PAIR_ALARM];
    default:
        return &rnd_pairs[RND_PAIR_TEXT];
    }
}

enum rnd_pair rnd_bar_pair(const struct rnd_overlay *overlay)
{
    if (overlay->review) {
        return RND_PAIR_BAR_REVIEW;
    }
    if (overlay->trust == NAV_TRUST_OK) {
        return overlay->mode == NAV_MODE_LIVE ? RND_PAIR_BAR_OK : RND_PAIR_MODE;
    }
    return overlay->trust == NAV_TRUST_CAUTION ? RND_PAIR_BAR_CAUTION : RND_PAIR_BAR_WITHHELD;
}

enum rnd_level rnd_bar_level(const struct rnd_overlay *overlay)
{
    static const enum rnd_level levels[RND_PAIR_COUNT] = {
        [RND_PAIR_BAR_OK] = RND_LEVEL_OK,
        [RND_PAIR_BAR_CAUTION] = RND_LEVEL_CAUTION,
        [RND_PAIR_BAR_WITHHELD] = RND_LEVEL_ALARM,
    };
    return levels[rnd_bar_pair(overlay)];
}

int rnd_at_least_1(int value)
{
    return value > 1 ? value : 1;
}

void rnd_card(const struct rnd_canvas *canvas, struct rnd_rect rect)
{
    rnd_fill(canvas, rect, rnd_gap, 1.0);
    rnd_rounded(canvas, rnd_rect_inset(rect, rnd_px(canvas, 6)), rnd_px(canvas, 14));
    rnd_ink(canvas, rnd_pairs[RND_PAIR_TEXT].ground, 1.0);
    cairo_fill(canvas->cr);
}

int rnd_width_of(const struct rnd_canvas *canvas, const char *words, double size, bool bold)
{
    int width = 0;
    int height = 0;
    rnd_measure(canvas, words, size, bold, 0.0, &width, &height);
    return width;
}

void rnd_write_fitting(const struct rnd_canvas *canvas, const char *words, double x,
                       double middle_y, enum rnd_align align, double max_width_px, double size,
                       bool bold, struct rnd_colour colour)
{
    double fitting = size;
    const int width = rnd_width_of(canvas, words, size, bold);
    if (width > max_width_px && width > 0) {
        fitting = fmax(floor(size * max_width_px / width), fmin(size, RND_TYPE_SMALL));
    }
    rnd_write(canvas, words, x, middle_y, align, max_width_px, fitting, bold, colour);
}

void rnd_cut_disc(const struct rnd_canvas *canvas, unsigned number, double x, double y,
                  double radius, double alpha)
{
    const struct rnd_pair_colours *cut = &rnd_pairs[RND_PAIR_CUT];
    char text[12];
    (void)snprintf(text, sizeof(text), "%u", number);
    cairo_new_path(canvas->cr);
    cairo_arc(canvas->cr, x, y, radius, 0.0, 2.0 * M_PI);
    rnd_ink(canvas, cut->text, alpha);
    cairo_fill(canvas->cr);
    rnd_write(canvas, text, x, y, RND_ALIGN_CENTRE, 0.0, 1.42 * radius / canvas->unit, true,
              cut->ground);
}

enum nav_status rnd_canvas_resize(struct rnd_canvas *canvas, int width_px, int height_px)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width_px, height_px);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        return NAV_ERR_MEMORY;
    }
    struct rnd_halos *halos = rnd_halos_create();
    if (halos == NULL) {
        cairo_surface_destroy(surface);
        return NAV_ERR_MEMORY;
    }
    rnd_canvas_release(canvas);
    canvas->halos = halos;
    canvas->surface = surface;
    canvas->cr = cairo_create(surface);
    canvas->text = pango_cairo_create_layout(canvas->cr);
    pango_layout_set_single_paragraph_mode(canvas->text, TRUE);
    pango_layout_set_ellipsize(canvas->text, PANGO_ELLIPSIZE_END);
    /* Digits of one width: a number must not wander while it changes. */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(canvas->text, attributes);
    pango_attr_list_unref(attributes);
    canvas->width_px = width_px;
    canvas->height_px = height_px;
    canvas->unit = fmin(width_px / 1920.0, height_px / 1080.0);
    return NAV_OK;
}

void rnd_canvas_release(struct rnd_canvas *canvas)
{
    rnd_halos_destroy(canvas->halos);
    canvas->halos = NULL;
    if (canvas->text != NULL) {
        g_object_unref(canvas->text);
        canvas->text = NULL;
    }
    if (canvas->cr != NULL) {
        cairo_destroy(canvas->cr);
        canvas->cr = NULL;
    }
    if (canvas->surface != NULL) {
        cairo_surface_destroy(canvas->surface);
        canvas->surface = NULL;
    }
}
