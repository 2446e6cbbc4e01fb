/* Measurements: lines with their values over view and sections, and their list. */
#include <math.h>
#include <string.h>

#include "panel_parts.h"

enum { MARGIN = 28, HEAD = 44, LINE = 62, RING = 10 };

/* All lines and rings of the path twice: a dark rim, then white. */
static void stroke(const struct rnd_canvas *canvas, size_t count, const double at[][2], double near)
{
    cairo_new_path(canvas->cr);
    for (size_t i = 0; i + 1 < count; ++i) {
        const double dx = at[i + 1][0] - at[i][0];
        const double dy = at[i + 1][1] - at[i][1];
        const double length = hypot(dx, dy);
        if (length > 2.0 * near) { /* from ring to ring: the points themselves stay free */
            cairo_move_to(canvas->cr, at[i][0] + near * dx / length, at[i][1] + near * dy / length);
            cairo_line_to(canvas->cr, at[i + 1][0] - near * dx / length,
                          at[i + 1][1] - near * dy / length);
        }
    }
    for (size_t i = 0; i < count; ++i) {
        cairo_new_sub_path(canvas->cr);
        cairo_arc(canvas->cr, at[i][0], at[i][1], near, 0.0, 2.0 * M_PI);
    }
    rnd_ink(canvas, rnd_gap, 0.85);
    cairo_set_line_width(canvas->cr, rnd_px(canvas, 10));
    cairo_stroke_preserve(canvas->cr);
    rnd_ink(canvas, rnd_pairs[RND_PAIR_TEXT].text, 1.0);
    cairo_set_line_width(canvas->cr, fmax(rnd_px(canvas, 4), 1.0));
    cairo_stroke(canvas->cr);
}

/* Beside the middle of a distance, beyond the corner of an angle; within `inside`. */
static struct rnd_rect draw_value(const struct rnd_canvas *canvas, struct rnd_rect inside,
                                  size_t count, const double at[][2], const char *value)
{
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_TEXT];
    const int w = rnd_width_of(canvas, value, RND_TYPE_BODY, true) + rnd_px(canvas, 28);
    const int h = rnd_px(canvas, 46);
    double x = at[1][0];
    double y = at[1][1] + 0.9 * h;
    if (count == 2) {
        const double dx = at[1][0] - at[0][0];
        const double dy = at[1][1] - at[0][1];
        const double length = fmax(hypot(dx, dy), 1.0);
        const double side = dx >= 0.0 ? 1.0 : -1.0; /* below a level line, right of a steep one */
        x = 0.5 * (at[0][0] + at[1][0]) - side * dy / length * (0.5 * w + rnd_px(canvas, 14));
        y = 0.5 * (at[0][1] + at[1][1]) + side * dx / length * (0.5 * h + rnd_px(canvas, 14));
    }
    struct rnd_rect plate = {(int)(x - 0.5 * w), (int)(y - 0.5 * h), w, h};
    const int right = inside.x + inside.w - w;
    const int bottom = inside.y + inside.h - h;
    plate.x = plate.x > right ? right : plate.x;
    plate.y = plate.y > bottom ? bottom : plate.y;
    plate.x = plate.x < inside.x ? inside.x : plate.x;
    plate.y = plate.y < inside.y ? inside.y : plate.y;
    rnd_rounded(canvas, plate, rnd_px(canvas, 10));
    rnd_ink(canvas, colours->ground, 0.92);
    cairo_fill(canvas->cr);
    rnd_write(canvas, value, plate.x + 0.5 * w, plate.y + 0.5 * h, RND_ALIGN_CENTRE, 0.0,
              RND_TYPE_BODY, true, colours->text);
    return plate;
}

struct rnd_rect panel_draw_measure(const struct rnd_canvas *canvas, struct rnd_rect inside,
                                   const struct rnd_panel_measure *measure, const double at[][2])
{
    const size_t count = measure->points.count;
    const double near = rnd_px(canvas, RING);
    struct rnd_rect covered = {(int)at[0][0], (int)at[0][1], 1, 1};
    stroke(canvas, count, at, near);
    for (size_t i = 0; i < count; ++i) {
        const int reach = (int)(2.0 * near) + 2;
        const struct rnd_rect ring = {(int)at[i][0] - reach, (int)at[i][1] - reach, 2 * reach,
                                      2 * reach};
        covered = rnd_rect_around(covered, ring);
    }
    if (measure->whole) {
        covered = rnd_rect_around(covered, draw_value(canvas, inside, count, at, measure->value));
    }
    return covered;
}

/* ---- the card ------------------------------------------------------------------------------- */

struct measures_key {
    enum rnd_language language;
    size_t measuring, count;
    bool whole[RND_MEASURES_MAX];
    char values[RND_MEASURES_MAX][RND_NUMBER_SIZE + 8];
};

static void draw_card(const struct rnd_canvas *canvas, struct rnd_rect rect,
                      const struct measures_key *key)
{
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    rnd_card(canvas, rect);
    rnd_write(canvas, rnd_say(key->language, RND_SAY_MEASUREMENTS), left,
              rect.y + rnd_px(canvas, HEAD), RND_ALIGN_LEFT, right - left, RND_TYPE_BODY, true,
              rnd_pairs[RND_PAIR_TEXT].text);
    double y = rect.y + rnd_px(canvas, HEAD + LINE);
    for (size_t i = 0; i < key->count; ++i, y += rnd_px(canvas, LINE)) {
        char number[4] = {(char)('1' + i), '\0'};
        rnd_write(canvas, number, left, y, RND_ALIGN_LEFT, 0.0, RND_TYPE_BODY, false, quiet);
        rnd_write(canvas, key->whole[i] ? key->values[i] : "...", right, y, RND_ALIGN_RIGHT, 0.0,
                  RND_TYPE_NUMBER + 4, true, rnd_pairs[RND_PAIR_TEXT].text);
    }
    const enum rnd_words hint = key->measuring == 2   ? RND_SAY_MEASURE_DISTANCE
                                : key->measuring == 3 ? RND_SAY_MEASURE_ANGLE
                                                      : RND_SAY_MEASURE_OFF;
    rnd_write(canvas, rnd_say(key->language, hint), left, rect.y + rect.h - rnd_px(canvas, 40),
              RND_ALIGN_LEFT, right - left, RND_TYPE_SMALL, key->measuring > 0,
              key->measuring > 0 ? rnd_pairs[RND_PAIR_CUT].text : quiet);
}

void panel_update_measures(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    struct measures_key key;
    memset(&key, 0, sizeof(key));
    key.language = input->overlay->cues.language;
    key.measuring = input->measuring;
    key.count = input->measure_count;
    for (size_t i = 0; i < key.count; ++i) {
        key.whole[i] = input->measures[i].whole;
        memcpy(key.values[i], input->measures[i].value, sizeof(key.values[i]));
    }
    if (panel_begin(panel, WIDGET_GUIDE, panel->places.guide, &key, sizeof(key))) {
        draw_card(&panel->canvas, panel->places.guide, &key);
        panel_end(panel);
    }
}
