#include "ar_ink.h"

#include <math.h>
#include <stdlib.h>

#include "canvas.h"

static const double MARGIN = 18;
static const double DISC_RADIUS = 18;
static const double CROSS_ARM = 15;
static const double CROSS_GAP = 5; /* open, so that the place itself is seen */
static const double BESIDE = 46;   /* of a distance, from the place that it is about */

struct rnd_ar_ink {
    struct rnd_canvas canvas; /* its own surface is never drawn on: the picture takes its place */
};

enum nav_status rnd_ar_ink_create(struct rnd_ar_ink **out_ink)
{
    struct rnd_ar_ink *ink = calloc(1, sizeof(*ink));
    if (ink == NULL || rnd_canvas_resize(&ink->canvas, 1, 1) != NAV_OK) {
        free(ink);
        return NAV_ERR_MEMORY;
    }
    *out_ink = ink;
    return NAV_OK;
}

void rnd_ar_ink_destroy(struct rnd_ar_ink *ink)
{
    if (ink != NULL) {
        rnd_canvas_release(&ink->canvas);
        free(ink);
    }
}

static enum rnd_pair pair_of(enum rnd_level level)
{
    switch (level) {
    case RND_LEVEL_OK:
        return RND_PAIR_OK;
    case RND_LEVEL_CAUTION:
        return RND_PAIR_CAUTION;
    default:
        return RND_PAIR_ALARM;
    }
}

/* An icon and up to two lines on a dark plate; `x`, `y`: its top left corner, moved into the
 * picture. */
static void draw_plate(const struct rnd_canvas *canvas, double x, double y, enum rnd_level level,
                       const char *head, const char *detail)
{
    const struct rnd_pair_colours *pair = &rnd_pairs[pair_of(level)];
    const double line = rnd_px(canvas, RND_TYPE_BODY * 1.35);
    const double pad = rnd_px(canvas, 12);
    const double icon = 0.42 * line;
    const int most = canvas->width_px - (int)(4 * pad + 2 * icon);
    const int lines = detail[0] != '\0' ? 2 : 1;
    const int text_w = (int)fmax(rnd_width_of(canvas, head, RND_TYPE_BODY, true),
                                 rnd_width_of(canvas, detail, RND_TYPE_BODY, false));
    const double w = fmin(text_w, most) + 3 * pad + 2 * icon;
    const double h = lines * line + pad;
    x = fmax(pad, fmin(x, canvas->width_px - w - pad));
    y = fmax(pad, fmin(y, canvas->height_px - h - pad));
    cairo_new_path(canvas->cr);
    rnd_rounded(canvas, (struct rnd_rect){(int)x, (int)y, (int)w, (int)h}, pad);
    rnd_ink(canvas, pair->ground, 0.88);
    cairo_fill(canvas->cr);
    rnd_icon(canvas, level, x + pad + icon, y + 0.5 * (line + pad), 0.8 * icon, pair->text);
    const double left = x + 2 * pad + 2 * icon;
    rnd_write(canvas, head, left, y + 0.5 * (line + pad), RND_ALIGN_LEFT, most, RND_TYPE_BODY, true,
              pair->text);
    if (lines == 2) {
        rnd_write(canvas, detail, left, y + 1.5 * line + 0.5 * pad, RND_ALIGN_LEFT, most,
                  RND_TYPE_BODY, false, rnd_pairs[RND_PAIR_TEXT].text);
    }
}

static void stroke_cross(const struct rnd_canvas *canvas, const double at[2], double width,
                         struct rnd_colour colour)
{
    const double arm = CROSS_ARM * canvas->unit;
    const double gap = CROSS_GAP * canvas->unit;
    static const double ways[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    cairo_new_path(canvas->cr);
    for (int i = 0; i < 4; ++i) {
        cairo_move_to(canvas->cr, at[0] + gap * ways[i][0], at[1] + gap * ways[i][1]);
        cairo_line_to(canvas->cr, at[0] + arm * ways[i][0], at[1] + arm * ways[i][1]);
    }
    cairo_set_line_width(canvas->cr, width * canvas->unit);
    cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_ROUND);
    rnd_ink(canvas, colour, 1.0);
    cairo_stroke(canvas->cr);
}

static void draw_landmark(const struct rnd_canvas *canvas, const struct rnd_ar_mark *mark)
{
    stroke_cross(canvas, mark->at_px, 7, rnd_pairs[RND_PAIR_TEXT].ground);
    stroke_cross(canvas, mark->at_px, 3, rnd_pairs[RND_PAIR_TEXT].text);
    if (mark->text[0] != '\0') {
        (void)rnd_write_haloed_from(canvas, mark->text,
                                    mark->at_px[0] + (CROSS_ARM + 6) * canvas->unit, mark->at_px[1],
                                    RND_TYPE_SMALL, rnd_pairs[RND_PAIR_TEXT].text);
    }
}

static void draw_mark(const struct rnd_canvas *canvas, const struct rnd_ar_mark *mark)
{
    const double *at = mark->at_px;
    if (!(at[0] >= 0 && at[1] >= 0 && at[0] < canvas->width_px && at[1] < canvas->height_px)) {
        return;
    }
    switch (mark->kind) {
    case RND_AR_MARK_CUT: {
        const double radius = DISC_RADIUS * canvas->unit;
        cairo_new_path(canvas->cr);
        cairo_arc(canvas->cr, at[0], at[1], radius + 3 * canvas->unit, 0, 2 * M_PI);
        rnd_ink(canvas, rnd_pairs[RND_PAIR_CUT].ground, 1.0);
        cairo_fill(canvas->cr);
        rnd_cut_disc(canvas, mark->number, at[0], at[1], radius, 1.0);
        break;
    }
    case RND_AR_MARK_LANDMARK:
        draw_landmark(canvas, mark);
        break;
    default:
        draw_plate(canvas, at[0] + BESIDE * canvas->unit, at[1] - 2 * BESIDE * canvas->unit,
                   mark->level, mark->text, "");
        break;
    }
}

void rnd_ar_ink_draw(struct rnd_ar_ink *ink, const struct rnd_ar_state *state,
                     const struct rnd_ar_mark *marks, size_t count, double unit, uint8_t *io_bgra,
                     int width_px, int height_px, size_t stride)
{
    struct rnd_canvas over = ink->canvas;
    over.surface = cairo_image_surface_create_for_data(io_bgra, CAIRO_FORMAT_RGB24, width_px,
                                                       height_px, (int)stride);
    if (cairo_surface_status(over.surface) == CAIRO_STATUS_SUCCESS) {
        over.cr = cairo_create(over.surface);
        over.width_px = width_px;
        over.height_px = height_px;
        over.unit = unit;
        pango_cairo_update_layout(over.cr, over.text);
        for (size_t i = 0; i < count; ++i) {
            draw_mark(&over, &marks[i]);
        }
        draw_plate(&over, MARGIN * unit, height_px, state->level, state->head, state->detail);
        cairo_destroy(over.cr);
        cairo_surface_flush(over.surface);
    }
    cairo_surface_destroy(over.surface);
}
