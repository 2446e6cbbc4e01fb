/* The card for what the hands do now: a landmark being touched; else the active cut against the
 * blade; else the tools with their tips. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "panel_parts.h"

/* The card's grid, in theme units from its top left. */
enum {
    MARGIN = 24,
    HEAD_Y = 46,
    BOX_TOP = 84,
    BOX_HEIGHT = 196,
    BOX_WIDTH = 196,
    NUMBERS_X = 240,
    NUMBER_RIGHT = 430, /* where the numbers end and their units begin */
    OFFSET_Y = 102,
    PITCH_Y = 222,
    ROLL_Y = 270,
    DEPTH_Y = 324,
    BAR_Y = 356,
    FOOT_Y = 390
};

static const struct rnd_colour box_ground = RND_RGB(0x080c11);

struct guide_key {
    struct rnd_cue_guide guide;
    enum rnd_language language;
};

static struct rnd_colour number_colour(const struct rnd_cue_number *number, bool live)
{
    return !live                                ? rnd_pairs[RND_PAIR_QUIET].text
           : number->level >= RND_LEVEL_CAUTION ? rnd_level_colours(number->level)->text
                                                : rnd_pairs[RND_PAIR_TEXT].text;
}

/* An arrow along x, its point at (x, y). */
static void draw_arrow(const struct rnd_canvas *canvas, double x, double y, int direction,
                       double length, struct rnd_colour colour)
{
    cairo_t *cr = canvas->cr;
    const double head = 0.46 * length;
    rnd_ink(canvas, colour, 1.0);
    cairo_new_path(cr);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x - direction * head, y - head * 0.8);
    cairo_line_to(cr, x - direction * head, y + head * 0.8);
    cairo_close_path(cr);
    cairo_fill(cr);
    cairo_set_line_width(cr, 0.22 * length);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_move_to(cr, x - direction * head, y);
    cairo_line_to(cr, x - direction * length, y);
    cairo_stroke(cr);
}

/* Which way to turn, as seen in the drawing: clockwise for +1. */
static void draw_turn(const struct rnd_canvas *canvas, double x, double y, int direction,
                      double radius, struct rnd_colour colour)
{
    cairo_t *cr = canvas->cr;
    rnd_ink(canvas, colour, 1.0);
    cairo_set_line_width(cr, 0.24 * radius);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_new_path(cr);
    cairo_arc(cr, x, y, radius, M_PI * 1.15, M_PI * 1.85);
    cairo_stroke(cr);
    const double end = direction > 0 ? M_PI * 1.85 : M_PI * 1.15;
    const double ex = x + radius * cos(end);
    const double ey = y + radius * sin(end);
    const double head = 0.62 * radius;
    const double tx = -direction * sin(end); /* along the way */
    const double ty = direction * cos(end);
    cairo_move_to(cr, ex + tx * head, ey + ty * head);
    cairo_line_to(cr, ex + cos(end) * head * 0.6, ey + sin(end) * head * 0.6);
    cairo_line_to(cr, ex - cos(end) * head * 0.6, ey - sin(end) * head * 0.6);
    cairo_close_path(cr);
    cairo_fill(cr);
}

/* ---- the drawing: the plane edge on, and the blade against it ------------------------------- */

static void dashed_line(const struct rnd_canvas *canvas, double x0, double y0, double x1, double y1)
{
    const double dashes[2] = {rnd_px(canvas, 9), rnd_px(canvas, 7)};
    cairo_set_dash(canvas->cr, dashes, 2, 0.0);
    cairo_set_line_width(canvas->cr, fmax(rnd_px(canvas, 3), 1.0));
    cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_BUTT);
    cairo_move_to(canvas->cr, x0, y0);
    cairo_line_to(canvas->cr, x1, y1);
    cairo_stroke(canvas->cr);
    cairo_set_dash(canvas->cr, NULL, 0, 0.0);
}

static void draw_blade(const struct rnd_canvas *canvas, double x, double y, double angle,
                       double length, double width, struct rnd_colour colour)
{
    cairo_t *cr = canvas->cr;
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, angle);
    rnd_ink(canvas, colour, 1.0);
    cairo_rectangle(cr, -width / 2.0, -length, width, length);
    cairo_fill(cr);
    cairo_restore(cr);
}

/* Left: along the entry edge, cutting downwards; right: from the handle, along the cutting
 * direction, u downwards. In both the plane's normal points to the right. */
static void draw_box(const struct rnd_canvas *canvas, struct rnd_rect box,
                     const struct rnd_cue_guide *guide)
{
    const struct rnd_colour plane = rnd_pairs[RND_PAIR_CUT].text;
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const struct rnd_colour tumour = rnd_pairs[RND_PAIR_OK].text;
    rnd_rounded(canvas, box, rnd_px(canvas, 10));
    rnd_ink(canvas, box_ground, 1.0);
    cairo_fill(canvas->cr);
    cairo_save(canvas->cr);
    rnd_rounded(canvas, box, rnd_px(canvas, 10));
    cairo_clip(canvas->cr);
    const bool has_top = guide->guide != NAV_GUIDE_AXIS;
    const double split = has_top ? box.x + box.w * 0.62 : box.x + box.w;
    const double side_x = (box.x + split) / 2.0;
    const double top_x = (split + box.x + box.w) / 2.0;
    const double entry_y = box.y + box.h * 0.30;
    const double end_y = box.y + box.h * 0.84;
    if (guide->tumour_side != 0) {
        rnd_ink(canvas, tumour, 0.22);
        const double width = split - side_x;
        cairo_rectangle(canvas->cr, guide->tumour_side > 0 ? side_x : side_x - width, entry_y,
                        width, box.y + box.h - entry_y);
        cairo_fill(canvas->cr);
    }
    rnd_ink(canvas, quiet, 0.8);
    cairo_set_line_width(canvas->cr, fmax(rnd_px(canvas, 2), 1.0));
    cairo_move_to(canvas->cr, box.x, entry_y);
    cairo_line_to(canvas->cr, split, entry_y);
    cairo_stroke(canvas->cr);
    rnd_ink(canvas, plane, 1.0);
    dashed_line(canvas, side_x, box.y, side_x, end_y);
    cairo_move_to(canvas->cr, side_x - rnd_px(canvas, 22), end_y);
    cairo_line_to(canvas->cr, side_x + rnd_px(canvas, 22), end_y);
    cairo_set_line_width(canvas->cr, fmax(rnd_px(canvas, 4), 1.0));
    cairo_stroke(canvas->cr);
    if (has_top) {
        rnd_ink(canvas, plane, 1.0);
        dashed_line(canvas, top_x, box.y + box.h * 0.12, top_x, box.y + box.h * 0.84);
        rnd_ink(canvas, quiet, 0.35);
        cairo_rectangle(canvas->cr, split, box.y, fmax(rnd_px(canvas, 2), 1.0), box.h);
        cairo_fill(canvas->cr);
    }
    if (guide->guided) {
        static const double px_per_mm = 9.0; /* theme units: small offsets must be seen */
        const double reach = (split - box.x) * 0.44;
        const double off =
            fmin(fmax(guide->offset_um50 * 0.05 * px_per_mm * canvas->unit, -reach), reach);
        const double deep = fmin(fmax(guide->depth_permille / 1000.0, -0.4), 1.25);
        const double pitch = guide->pitch_deg10 * M_PI / 1800.0;
        draw_blade(canvas, side_x + off, entry_y + deep * (end_y - entry_y), -pitch, box.h * 1.5,
                   rnd_px(canvas, 9), number_colour(&guide->offset, true));
        if (has_top) {
            const double length = box.h * 0.56;
            const double roll = guide->roll_deg10 * M_PI / 1800.0;
            cairo_save(canvas->cr);
            cairo_translate(canvas->cr, top_x, box.y + box.h * 0.48);
            cairo_rotate(canvas->cr, -roll);
            rnd_ink(canvas, number_colour(&guide->roll, true), 1.0);
            cairo_rectangle(canvas->cr, -rnd_px(canvas, 9) / 2.0, -length / 2.0, rnd_px(canvas, 9),
                            length);
            cairo_fill(canvas->cr);
            cairo_restore(canvas->cr);
        }
    }
    const double letters_y = box.y + box.h - rnd_px(canvas, 18);
    rnd_write(canvas, guide->letters[0], box.x + rnd_px(canvas, 10), letters_y, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_SMALL, true, rnd_pairs[RND_PAIR_TEXT].text);
    rnd_write(canvas, guide->letters[1], split - rnd_px(canvas, 8), letters_y, RND_ALIGN_RIGHT, 0.0,
              RND_TYPE_SMALL, true, rnd_pairs[RND_PAIR_TEXT].text);
    cairo_restore(canvas->cr);
}

/* ---- the numbers ---------------------------------------------------------------------------- */

static void draw_guide_head(const struct rnd_canvas *canvas, struct rnd_rect rect,
                            const struct guide_key *key)
{
    const struct rnd_cue_guide *guide = &key->guide;
    const double y = rect.y + rnd_px(canvas, HEAD_Y);
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    const bool reserved = guide->guide == NAV_GUIDE_PARALLEL;
    const enum rnd_level level = !guide->guided || reserved ? RND_LEVEL_CAUTION : RND_LEVEL_OK;
    const char *state = rnd_say(key->language, !guide->guided   ? RND_SAY_NOT_LIVE
                                               : guide->cutting ? RND_SAY_CUTTING
                                                                : RND_SAY_ACTIVE);
    const double radius = rnd_px(canvas, 20);
    rnd_cut_disc(canvas, guide->number, left + radius, y, radius, 1.0);
    const struct rnd_colour colour = rnd_level_colours(level)->text;
    double end = right - rnd_width_of(canvas, state, RND_TYPE_SMALL, true);
    rnd_write(canvas, state, right, y, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, true, colour);
    if (level != RND_LEVEL_OK) {
        rnd_icon(canvas, level, end - rnd_px(canvas, 20), y, rnd_px(canvas, 12), colour);
        end -= rnd_px(canvas, 36);
    }
    const double name_x = left + 2.0 * radius + rnd_px(canvas, 12);
    rnd_write_fitting(canvas, guide->name, name_x, y, RND_ALIGN_LEFT,
                      end - rnd_px(canvas, 12) - name_x, RND_TYPE_BODY, true,
                      rnd_pairs[RND_PAIR_TEXT].text);
}

/* Label, number and unit on one line of the right column. */
static void draw_row(const struct rnd_canvas *canvas, struct rnd_rect rect, double y,
                     const char *label, const struct rnd_cue_number *number, bool live, double type,
                     const char *unit)
{
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const double right = rect.x + rnd_px(canvas, NUMBER_RIGHT);
    rnd_write(canvas, label, rect.x + rnd_px(canvas, NUMBERS_X), rect.y + y, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_SMALL, false, quiet);
    rnd_write(canvas, number->text, right, rect.y + y, RND_ALIGN_RIGHT, 0.0, type, true,
              number_colour(number, live));
    rnd_write(canvas, unit, right + rnd_px(canvas, 4), rect.y + y, RND_ALIGN_LEFT, 0.0, type, false,
              quiet);
}

static void draw_offset(const struct rnd_canvas *canvas, struct rnd_rect rect,
                        const struct guide_key *key)
{
    const struct rnd_cue_guide *guide = &key->guide;
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const struct rnd_colour colour = number_colour(&guide->offset, guide->guided);
    const double x = rect.x + rnd_px(canvas, NUMBERS_X);
    const double y = rect.y + rnd_px(canvas, OFFSET_Y);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    rnd_write(canvas, rnd_say(key->language, guide->on_line ? RND_SAY_OFF_LINE : RND_SAY_OFFSET), x,
              y, RND_ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false, quiet);
    if (guide->offset.correct != 0) {
        /* Which way the blade has to go, by the drawing's and by the patient's directions. */
        const bool to_right = guide->offset.correct > 0;
        const char *letters = guide->letters[to_right];
        const double length = rnd_px(canvas, 44);
        const int width = rnd_width_of(canvas, letters, RND_TYPE_BODY, true);
        const double arrow = right - (to_right ? width + rnd_px(canvas, 10) : 0.0);
        draw_arrow(canvas, to_right ? arrow : right - length, y, guide->offset.correct, length,
                   colour);
        rnd_write(canvas, letters, to_right ? right : right - length - rnd_px(canvas, 10), y,
                  RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, true, colour);
    }
    const double number_y = rect.y + rnd_px(canvas, OFFSET_Y + 56);
    const double number_right = rect.x + rnd_px(canvas, NUMBER_RIGHT - 8);
    rnd_write(canvas, guide->offset.text, number_right, number_y, RND_ALIGN_RIGHT, 0.0,
              RND_TYPE_GUIDE, true, colour);
    char error[RND_NUMBER_SIZE + 8];
    (void)snprintf(error, sizeof(error), "±%s",
                   guide->uncertainty + strspn(guide->uncertainty, " "));
    rnd_write(canvas, error, number_right + rnd_px(canvas, 8), number_y - rnd_px(canvas, 13),
              RND_ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false, quiet);
    rnd_write(canvas, "mm", number_right + rnd_px(canvas, 8), number_y + rnd_px(canvas, 17),
              RND_ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false, quiet);
}

static void draw_depth(const struct rnd_canvas *canvas, struct rnd_rect rect,
                       const struct guide_key *key)
{
    const struct rnd_cue_guide *guide = &key->guide;
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const struct rnd_colour colour = number_colour(&guide->depth, guide->guided);
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    const double y = rect.y + rnd_px(canvas, DEPTH_Y);
    rnd_write(canvas, rnd_say(key->language, RND_SAY_DEPTH), left, y, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_SMALL, false, quiet);
    char of[RND_NUMBER_SIZE + 8];
    (void)snprintf(of, sizeof(of), "/ %s mm",
                   guide->planned_depth + strspn(guide->planned_depth, " "));
    rnd_write(canvas, of, right, y, RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, false, quiet);
    const int of_width = rnd_width_of(canvas, of, RND_TYPE_BODY, false);
    rnd_write(canvas, guide->depth.text, right - of_width - rnd_px(canvas, 12), y, RND_ALIGN_RIGHT,
              0.0, RND_TYPE_NUMBER + 8, true, colour);

    const struct rnd_rect bar = {(int)left, rect.y + rnd_px(canvas, BAR_Y), (int)(right - left),
                                 rnd_at_least_1(rnd_px(canvas, 12))};
    rnd_fill(canvas, bar, box_ground, 1.0);
    if (guide->guided && guide->depth_permille > 0) {
        struct rnd_rect done = bar;
        done.w = bar.w * (guide->depth_permille < 1000 ? guide->depth_permille : 1000) / 1000;
        rnd_fill(canvas, done, colour, 1.0);
    }
    const double foot = rect.y + rnd_px(canvas, FOOT_Y);
    if (guide->guide == NAV_GUIDE_PARALLEL || guide->guide == NAV_GUIDE_AXIS) {
        const bool parallel = guide->guide == NAV_GUIDE_PARALLEL;
        rnd_write(canvas,
                  rnd_say(key->language, parallel ? RND_SAY_PARALLEL_TOOL : RND_SAY_AXIS_TOOL),
                  left, foot, RND_ALIGN_LEFT, right - left, RND_TYPE_SMALL, parallel,
                  rnd_pairs[parallel ? RND_PAIR_CAUTION : RND_PAIR_QUIET].text);
        return;
    }
    rnd_write(canvas, rnd_say(key->language, RND_SAY_TO_CORTEX), left, foot, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_SMALL, false, quiet);
    char cortex[RND_NUMBER_SIZE + 8];
    (void)snprintf(cortex, sizeof(cortex), "%s mm", guide->cortex.text);
    rnd_write(canvas, cortex, right, foot, RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, true,
              number_colour(&guide->cortex, guide->guided));
}

static void draw_guide(const struct rnd_canvas *canvas, struct rnd_rect rect,
                       const struct guide_key *key)
{
    const struct rnd_cue_guide *guide = &key->guide;
    rnd_card(canvas, rect);
    draw_guide_head(canvas, rect, key);
    draw_box(canvas,
             (struct rnd_rect){rect.x + rnd_px(canvas, MARGIN), rect.y + rnd_px(canvas, BOX_TOP),
                               rnd_px(canvas, BOX_WIDTH), rnd_px(canvas, BOX_HEIGHT)},
             guide);
    draw_offset(canvas, rect, key);
    draw_row(canvas, rect, rnd_px(canvas, PITCH_Y),
             rnd_say(key->language, guide->on_line ? RND_SAY_ANGLE : RND_SAY_PITCH), &guide->pitch,
             guide->guided, RND_TYPE_NUMBER, "°");
    draw_row(canvas, rect, rnd_px(canvas, ROLL_Y), rnd_say(key->language, RND_SAY_ROLL),
             &guide->roll, guide->guided, RND_TYPE_NUMBER, "°");
    const double turn_x = rect.x + rect.w - rnd_px(canvas, MARGIN + 17);
    const double radius = rnd_px(canvas, 17);
    if (guide->pitch.correct != 0) {
        draw_turn(canvas, turn_x, rect.y + rnd_px(canvas, PITCH_Y + 7), -guide->pitch.correct,
                  radius, number_colour(&guide->pitch, guide->guided));
    }
    if (guide->roll.correct != 0) {
        draw_turn(canvas, turn_x, rect.y + rnd_px(canvas, ROLL_Y + 7), -guide->roll.correct, radius,
                  number_colour(&guide->roll, guide->guided));
    }
    draw_depth(canvas, rect, key);
}

/* ---- touching a landmark -------------------------------------------------------------------- */

struct collection_key {
    struct rnd_cue_collection collection;
    enum rnd_language language;
};

static void draw_collection(const struct rnd_canvas *canvas, struct rnd_rect rect,
                            const struct collection_key *key)
{
    const struct rnd_cue_collection *touch = &key->collection;
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    rnd_card(canvas, rect);
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    const double head = rect.y + rnd_px(canvas, HEAD_Y);
    rnd_write(canvas, rnd_say(key->language, touch->what), left, head, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_BODY, true, rnd_pairs[RND_PAIR_CUT].text);
    char count[48];
    (void)snprintf(count, sizeof(count), "%u / %u %s", (unsigned)touch->collected,
                   (unsigned)touch->wanted, rnd_say(key->language, RND_SAY_LANDMARKS));
    rnd_write(canvas, count, right, head, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, false, quiet);
    rnd_write_fitting(canvas, touch->landmark, left, rect.y + rnd_px(canvas, 130), RND_ALIGN_LEFT,
                      right - left, RND_TYPE_HEADLINE, true, text->text);
    const struct rnd_rect bar = {(int)left, rect.y + rnd_px(canvas, 196), (int)(right - left),
                                 rnd_at_least_1(rnd_px(canvas, 40))};
    rnd_fill(canvas, bar, box_ground, 1.0);
    struct rnd_rect done = bar;
    done.w = (int)((int64_t)bar.w * touch->permille / 1000);
    rnd_fill(canvas, done, rnd_pairs[RND_PAIR_CUT].text, 1.0);
    if (touch->outcome[0] != '\0') {
        const struct rnd_colour colour = rnd_level_colours(touch->level)->text;
        rnd_icon(canvas, touch->level, left + rnd_px(canvas, 14), rect.y + rnd_px(canvas, 290),
                 rnd_px(canvas, 14), colour);
        rnd_write_fitting(canvas, touch->outcome, left + rnd_px(canvas, 44),
                          rect.y + rnd_px(canvas, 290), RND_ALIGN_LEFT,
                          right - left - rnd_px(canvas, 44), RND_TYPE_BODY, true, colour);
    }
}

/* ---- the tools ------------------------------------------------------------------------------ */

struct tool_key {
    enum rnd_level level;
    enum rnd_look look;
    char name[NAV_NAME_SIZE];
    char state[RND_WORDS_SIZE];
    char tip[3][RND_NUMBER_SIZE];
};

struct tools_key {
    enum rnd_language language;
    uint32_t count;
    struct tool_key tools[TOOL_CARDS_MAX];
};

static void draw_tool(const struct rnd_canvas *canvas, struct rnd_rect rect,
                      const struct tool_key *key)
{
    rnd_card(canvas, rect);
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_pair_colours *colours = rnd_level_colours(key->level);
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    const double head = rect.y + rnd_px(canvas, 44);
    const int state_width = rnd_width_of(canvas, key->state, RND_TYPE_BODY - 2, true);
    rnd_write(canvas, key->state, right, head, RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY - 2, true,
              colours->text);
    const double radius = rnd_px(canvas, 13);
    rnd_icon(canvas, key->level, right - state_width - rnd_px(canvas, 26), head, radius,
             colours->text);
    rnd_write(canvas, key->name, left, head, RND_ALIGN_LEFT,
              right - left - state_width - rnd_px(canvas, 60), RND_TYPE_BODY, true, text->text);
    static const char *const axes[3] = {"L mm", "P mm", "H mm"};
    const bool live = key->look == RND_LOOK_LIVE;
    const double step = (right - left) / 3.0;
    for (int axis = 0; axis < 3; ++axis) {
        const double x = left + (axis + 1) * step - rnd_px(canvas, 6);
        rnd_write(canvas, axes[axis], x, rect.y + rnd_px(canvas, 96), RND_ALIGN_RIGHT, 0.0,
                  RND_TYPE_SMALL, false, quiet->text);
        rnd_write(canvas, key->tip[axis], x, rect.y + rnd_px(canvas, 138), RND_ALIGN_RIGHT, 0.0,
                  RND_TYPE_NUMBER, true, live ? text->text : quiet->text);
    }
}

/* The tools whose numbers are shown: those in use first, then in the case's order. */
static uint32_t choose_tools(const struct rnd_overlay *overlay, uint32_t chosen[TOOL_CARDS_MAX])
{
    uint32_t count = 0;
    for (int look = RND_LOOK_LIVE; look >= RND_LOOK_HIDDEN; --look) {
        for (uint32_t i = 0; i < overlay->tool_count && count < TOOL_CARDS_MAX; ++i) {
            if ((int)overlay->tools[i].look == look) {
                chosen[count++] = i;
            }
        }
    }
    /* In the case's order among the chosen, so that cards do not swap while states change. */
    if (count == 2 && chosen[0] > chosen[1]) {
        const uint32_t swapped = chosen[0];
        chosen[0] = chosen[1];
        chosen[1] = swapped;
    }
    return count;
}

static void draw_tools(const struct rnd_canvas *canvas, struct rnd_rect rect,
                       const struct tools_key *key)
{
    rnd_fill(canvas, rect, rnd_gap, 1.0);
    const int height = rnd_px(canvas, 180);
    for (uint32_t i = 0; i < key->count; ++i) {
        draw_tool(canvas, (struct rnd_rect){rect.x, rect.y + (int)i * height, rect.w, height},
                  &key->tools[i]);
    }
    rnd_write(canvas, rnd_say(key->language, RND_SAY_NO_ACTIVE_CUT),
              rect.x + rnd_px(canvas, MARGIN), rect.y + rect.h - rnd_px(canvas, 24), RND_ALIGN_LEFT,
              0.0, RND_TYPE_SMALL, false, rnd_pairs[RND_PAIR_QUIET].text);
}

static void update_tools(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    uint32_t chosen[TOOL_CARDS_MAX];
    struct tools_key key;
    memset(&key, 0, sizeof(key));
    key.language = overlay->cues.language;
    key.count = choose_tools(overlay, chosen);
    for (uint32_t i = 0; i < key.count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[chosen[i]];
        struct tool_key *to = &key.tools[i];
        to->level = tool->level;
        to->look = tool->look;
        rnd_text_append(to->name, sizeof(to->name), tool->name);
        rnd_text_append(to->state, sizeof(to->state), tool->state);
        for (int axis = 0; axis < 3; ++axis) {
            rnd_text_append(to->tip[axis], sizeof(to->tip[axis]), tool->tip[axis]);
        }
    }
    if (panel_begin(panel, WIDGET_GUIDE, panel->places.guide, &key, sizeof(key))) {
        draw_tools(&panel->canvas, panel->places.guide, &key);
        panel_end(panel);
    }
}

void panel_update_guide(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_cues *cues = &input->overlay->cues;
    const struct rnd_rect rect = panel->places.guide;
    if (cues->collection.present) {
        struct collection_key key;
        memset(&key, 0, sizeof(key));
        key.collection = cues->collection;
        key.language = cues->language;
        if (panel_begin(panel, WIDGET_GUIDE, rect, &key, sizeof(key))) {
            draw_collection(&panel->canvas, rect, &key);
            panel_end(panel);
        }
    } else if (cues->guide.number > 0) {
        struct guide_key key;
        memset(&key, 0, sizeof(key));
        key.guide = cues->guide;
        key.language = cues->language;
        if (panel_begin(panel, WIDGET_GUIDE, rect, &key, sizeof(key))) {
            draw_guide(&panel->canvas, rect, &key);
            panel_end(panel);
        }
    } else if (input->overlay->review) {
        panel_update_measures(panel, input);
    } else {
        update_tools(panel, input->overlay);
    }
}
