#include "panel.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_MAX = 8,    /* status columns on one line */
    TOOL_CARDS_MAX = 2, /* tools with their numbers in the side panel */
    KEY_SIZE = 1024,    /* room for what one widget shows */
    WIDGETS_MAX = 4 + COLUMNS_MAX + TOOL_CARDS_MAX + RND_SECTION_COUNT,
    SIDE_MAX_PX = 16384
};

/* A part of the screen beside the view, drawn again when its key changes. */
struct widget {
    struct rnd_rect rect;
    bool drawn;
    size_t key_size;
    unsigned char key[KEY_SIZE];
};

struct rnd_panel {
    enum rnd_layout layout;
    int width_px, height_px;
    double unit; /* pixels of one theme unit */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *text;
    struct widget widgets[WIDGETS_MAX];
    /* What lies over the view is drawn as one: its parts overlap. */
    bool over_drawn;
    size_t over_key_size;
    unsigned char *over_key;
    size_t dirty_count, over_count;
    struct rnd_rect dirty[RND_PANEL_RECTS_MAX];
    struct rnd_rect over[RND_PANEL_RECTS_MAX];
};

/* ---- drawing helpers ------------------------------------------------------------------------ */

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

static int px(const struct rnd_panel *panel, double units)
{
    return (int)lround(units * panel->unit);
}

static void set_colour(const struct rnd_panel *panel, struct rnd_colour colour, double alpha)
{
    cairo_set_source_rgba(panel->cr, colour.r, colour.g, colour.b, alpha);
}

static void fill_rect(const struct rnd_panel *panel, struct rnd_rect rect, struct rnd_colour colour,
                      double alpha)
{
    set_colour(panel, colour, alpha);
    cairo_rectangle(panel->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_fill(panel->cr);
}

static void clear_rect(const struct rnd_panel *panel, struct rnd_rect rect)
{
    cairo_save(panel->cr);
    cairo_set_operator(panel->cr, CAIRO_OPERATOR_CLEAR);
    cairo_rectangle(panel->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_fill(panel->cr);
    cairo_restore(panel->cr);
}

static void rounded(const struct rnd_panel *panel, struct rnd_rect rect, double radius)
{
    cairo_t *cr = panel->cr;
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
static void lay_out(const struct rnd_panel *panel, const char *words, double size, bool bold,
                    double max_width_px, int *out_width, int *out_height)
{
    PangoFontDescription *font = pango_font_description_from_string(RND_FONT);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_MEDIUM);
    pango_font_description_set_absolute_size(font, fmax(size * panel->unit, 1.0) * PANGO_SCALE);
    pango_layout_set_font_description(panel->text, font);
    pango_font_description_free(font);
    pango_layout_set_text(panel->text, words, -1);
    pango_layout_set_width(panel->text,
                           max_width_px > 0.0 ? (int)(max_width_px * PANGO_SCALE) : -1);
    pango_layout_get_pixel_size(panel->text, out_width, out_height);
}

/* Draws one line, vertically centred on `middle_y`. Cut with an ellipsis beyond `max_width_px`. */
static void draw_text(const struct rnd_panel *panel, const char *words, double x, double middle_y,
                      enum align align, double max_width_px, double size, bool bold,
                      struct rnd_colour colour)
{
    if (words[0] == '\0') {
        return;
    }
    int width = 0;
    int height = 0;
    lay_out(panel, words, size, bold, max_width_px, &width, &height);
    const double left = align == ALIGN_LEFT    ? x
                        : align == ALIGN_RIGHT ? x - width
                                               : x - width / 2.0;
    cairo_move_to(panel->cr, left, middle_y - height / 2.0);
    set_colour(panel, colour, 1.0);
    pango_cairo_show_layout(panel->cr, panel->text);
}

/* Text over the picture: a dark rim keeps it legible on any anatomy. */
static struct rnd_rect draw_haloed(const struct rnd_panel *panel, const char *words, double x,
                                   double y, double size, struct rnd_colour colour)
{
    int width = 0;
    int height = 0;
    lay_out(panel, words, size, true, 0.0, &width, &height);
    const double rim = 0.10 * size * panel->unit;
    cairo_move_to(panel->cr, x - width / 2.0, y - height / 2.0);
    pango_cairo_layout_path(panel->cr, panel->text);
    cairo_set_line_width(panel->cr, 2.0 * rim);
    cairo_set_line_join(panel->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_source_rgba(panel->cr, 0.0, 0.0, 0.0, 0.85);
    cairo_stroke_preserve(panel->cr);
    set_colour(panel, colour, 1.0);
    cairo_fill(panel->cr);
    const int margin = (int)ceil(rim) + 1;
    return (struct rnd_rect){(int)floor(x - width / 2.0) - margin,
                             (int)floor(y - height / 2.0) - margin, width + 2 * margin,
                             height + 2 * margin};
}

static struct rnd_rect inset(struct rnd_rect rect, int by)
{
    return (struct rnd_rect){rect.x + by, rect.y + by, rect.w - 2 * by, rect.h - 2 * by};
}

/* ---- icons: the shape says what the colour says --------------------------------------------- */

static void polygon(const struct rnd_panel *panel, double x, double y, double radius,
                    unsigned sides, double turn)
{
    for (unsigned i = 0; i < sides; ++i) {
        const double angle = turn + 2.0 * M_PI * i / sides;
        cairo_line_to(panel->cr, x + radius * cos(angle), y + radius * sin(angle));
    }
    cairo_close_path(panel->cr);
}

static void draw_icon(const struct rnd_panel *panel, enum rnd_level level, double x, double y,
                      double radius, struct rnd_colour colour)
{
    cairo_t *cr = panel->cr;
    set_colour(panel, colour, 1.0);
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
        polygon(panel, x, y + 0.18 * radius, 1.12 * radius, 3, -M_PI_2);
        cairo_stroke(cr);
        cairo_move_to(cr, x, y - 0.30 * radius);
        cairo_line_to(cr, x, y + 0.18 * radius);
        cairo_stroke(cr);
        cairo_arc(cr, x, y + 0.48 * radius, 0.12 * radius, 0.0, 2.0 * M_PI);
        cairo_fill(cr);
        break;
    case RND_LEVEL_ALARM:
        polygon(panel, x, y, radius, 8, M_PI / 8.0);
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

static const struct rnd_pair_colours *level_colours(enum rnd_level level)
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

static const struct rnd_pair_colours *bar_colours(enum nav_trust trust)
{
    return &rnd_pairs[trust == NAV_TRUST_OK        ? RND_PAIR_BAR_OK
                      : trust == NAV_TRUST_CAUTION ? RND_PAIR_BAR_CAUTION
                                                   : RND_PAIR_BAR_WITHHELD];
}

static enum rnd_level trust_level(enum nav_trust trust)
{
    return trust == NAV_TRUST_OK        ? RND_LEVEL_OK
           : trust == NAV_TRUST_CAUTION ? RND_LEVEL_CAUTION
                                        : RND_LEVEL_ALARM;
}

/* ---- layout --------------------------------------------------------------------------------- */

static int at_least_1(int value)
{
    return value > 1 ? value : 1;
}

static struct rnd_rect bar_rect(const struct rnd_panel *panel)
{
    return (struct rnd_rect){0, 0, panel->width_px, px(panel, RND_BAR_HEIGHT)};
}

static struct rnd_rect strip_rect(const struct rnd_panel *panel)
{
    const int height = px(panel, RND_STRIP_HEIGHT);
    return (struct rnd_rect){0, panel->height_px - height, panel->width_px, height};
}

static struct rnd_rect side_rect(const struct rnd_panel *panel)
{
    const struct rnd_rect bar = bar_rect(panel);
    const struct rnd_rect strip = strip_rect(panel);
    const int width = px(panel, RND_SIDE_WIDTH);
    const int x = panel->layout == RND_LAYOUT_ASSISTANT ? 0 : panel->width_px - width;
    return (struct rnd_rect){x, bar.h, width, strip.y - bar.h};
}

/* What is left for view and sections. */
static struct rnd_rect middle_rect(const struct rnd_panel *panel)
{
    const struct rnd_rect side = side_rect(panel);
    const int x = panel->layout == RND_LAYOUT_ASSISTANT ? side.w : 0;
    return (struct rnd_rect){x, side.y, at_least_1(panel->width_px - side.w), at_least_1(side.h)};
}

/* Cell of a grid over a rectangle, without gaps or overlaps. */
static struct rnd_rect cell_of(struct rnd_rect rect, int columns, int rows, int column, int row)
{
    const int x0 = rect.w * column / columns;
    const int x1 = rect.w * (column + 1) / columns;
    const int y0 = rect.h * row / rows;
    const int y1 = rect.h * (row + 1) / rows;
    return (struct rnd_rect){rect.x + x0, rect.y + y0, x1 - x0, y1 - y0};
}

enum { GRID_COLUMNS = 3, GRID_ROWS = 2, GRID_VIEW = 5 }; /* the view is in the last cell */

/* The column of sections lies between the view and the numbers. */
static struct rnd_rect sections_rect(const struct rnd_panel *panel)
{
    struct rnd_rect rect = middle_rect(panel);
    const int width = px(panel, RND_SECTIONS_WIDTH);
    if (panel->layout != RND_LAYOUT_ASSISTANT) {
        rect.x += rect.w - width;
    }
    rect.w = width;
    return rect;
}

struct rnd_rect rnd_panel_view_rect(const struct rnd_panel *panel)
{
    struct rnd_rect rect = middle_rect(panel);
    if (panel->layout == RND_LAYOUT_SLICES) {
        rect = cell_of(rect, GRID_COLUMNS, GRID_ROWS, GRID_VIEW % GRID_COLUMNS,
                       GRID_VIEW / GRID_COLUMNS);
    } else {
        const int width = px(panel, RND_SECTIONS_WIDTH);
        rect.x += panel->layout == RND_LAYOUT_ASSISTANT ? width : 0;
        rect.w -= width;
    }
    rect.w = at_least_1(rect.w);
    rect.h = at_least_1(rect.h);
    return rect;
}

struct rnd_rect rnd_panel_section_rect(const struct rnd_panel *panel, enum rnd_section_kind kind)
{
    if (panel->layout == RND_LAYOUT_SLICES) {
        return cell_of(middle_rect(panel), GRID_COLUMNS, GRID_ROWS, (int)kind % GRID_COLUMNS,
                       (int)kind / GRID_COLUMNS);
    }
    return kind <= RND_SECTION_CORONAL ? cell_of(sections_rect(panel), 1, 3, 0, (int)kind)
                                       : (struct rnd_rect){0, 0, 0, 0};
}

/* The part of the bar that changes with every pose. */
static struct rnd_rect heartbeat_rect(const struct rnd_panel *panel)
{
    const struct rnd_rect bar = bar_rect(panel);
    return (struct rnd_rect){bar.w - bar.h, 0, bar.h, bar.h};
}

static struct rnd_rect verdict_rect(const struct rnd_panel *panel)
{
    const struct rnd_rect bar = bar_rect(panel);
    return (struct rnd_rect){0, 0, bar.w - bar.h, bar.h};
}

/* ---- widgets: what each shows (its key), and how -------------------------------------------- */

struct verdict_key {
    enum nav_trust trust;
    uint32_t more;
    char headline[NAV_NAME_SIZE];
    char reason[RND_WORDS_SIZE];
    char case_name[NAV_NAME_SIZE];
    char pseudonym[NAV_NAME_SIZE];
    char clock[RND_NUMBER_SIZE];
};

static void draw_verdict(const struct rnd_panel *panel, struct rnd_rect rect, const void *what)
{
    const struct verdict_key *key = what;
    const struct rnd_pair_colours *colours = bar_colours(key->trust);
    fill_rect(panel, rect, colours->ground, 1.0);
    const double middle = rect.y + rect.h / 2.0;
    const double left = rect.x + px(panel, 36);
    draw_icon(panel, trust_level(key->trust), left + px(panel, 34), middle, px(panel, 36),
              colours->text);

    const double words_x = left + px(panel, 92);
    const double right = rect.x + rect.w - px(panel, 8);
    draw_text(panel, key->clock, right, middle, ALIGN_RIGHT, 0.0, RND_TYPE_NUMBER + 4, false,
              colours->text);
    const double patient_right = right - px(panel, 208);
    const double patient_most = px(panel, 420);
    int widths[2] = {0, 0};
    int height = 0;
    lay_out(panel, key->pseudonym, RND_TYPE_BODY, true, 0.0, &widths[0], &height);
    lay_out(panel, key->case_name, RND_TYPE_SMALL, false, 0.0, &widths[1], &height);
    const double patient_width = fmin(widths[0] > widths[1] ? widths[0] : widths[1], patient_most);
    draw_text(panel, key->pseudonym, patient_right, middle - px(panel, 20), ALIGN_RIGHT,
              patient_most, RND_TYPE_BODY, true, colours->text);
    draw_text(panel, key->case_name, patient_right, middle + px(panel, 20), ALIGN_RIGHT,
              patient_most, RND_TYPE_SMALL, false, colours->text);

    int headline_width = 0;
    lay_out(panel, key->headline, RND_TYPE_HEADLINE, true, 0.0, &headline_width, &height);
    draw_text(panel, key->headline, words_x, middle, ALIGN_LEFT, 0.0, RND_TYPE_HEADLINE, true,
              colours->text);
    char reason[RND_WORDS_SIZE + 32];
    (void)snprintf(reason, sizeof(reason), "%s", key->reason);
    if (key->more > 0) {
        (void)snprintf(reason + strlen(reason), sizeof(reason) - strlen(reason), "  (+%u)",
                       (unsigned)key->more);
    }
    const double reason_x = words_x + headline_width + px(panel, 32);
    draw_text(panel, reason, reason_x, middle + px(panel, 4), ALIGN_LEFT,
              patient_right - patient_width - px(panel, 32) - reason_x, RND_TYPE_BODY + 2, false,
              colours->text);
}

struct heartbeat_key {
    enum nav_trust trust;
    uint32_t step;
    bool alive;
};

/* A hand that turns with the poses' own clock: what stands still is not live. */
static void draw_heartbeat(const struct rnd_panel *panel, struct rnd_rect rect, const void *what)
{
    const struct heartbeat_key *key = what;
    const struct rnd_pair_colours *colours = bar_colours(key->trust);
    fill_rect(panel, rect, colours->ground, 1.0);
    const double x = rect.x + rect.w / 2.0 - px(panel, 6);
    const double y = rect.y + rect.h / 2.0;
    const double radius = px(panel, 32);
    cairo_set_line_width(panel->cr, radius * 0.18);
    set_colour(panel, colours->text, 0.35);
    cairo_new_path(panel->cr);
    cairo_arc(panel->cr, x, y, radius, 0.0, 2.0 * M_PI);
    cairo_stroke(panel->cr);
    const double angle = 2.0 * M_PI * key->step / RND_HEARTBEAT_STEPS - M_PI_2;
    set_colour(panel, colours->text, key->alive ? 1.0 : 0.35);
    cairo_set_line_cap(panel->cr, CAIRO_LINE_CAP_ROUND);
    cairo_arc(panel->cr, x, y, radius, angle - 0.9, angle);
    cairo_stroke(panel->cr);
    cairo_arc(panel->cr, x + radius * cos(angle), y + radius * sin(angle), radius * 0.24, 0.0,
              2.0 * M_PI);
    cairo_fill(panel->cr);
    if (!key->alive) {
        cairo_move_to(panel->cr, x - radius * 0.4, y - radius * 0.4);
        cairo_line_to(panel->cr, x + radius * 0.4, y + radius * 0.4);
        cairo_move_to(panel->cr, x + radius * 0.4, y - radius * 0.4);
        cairo_line_to(panel->cr, x - radius * 0.4, y + radius * 0.4);
        set_colour(panel, colours->text, 1.0);
        cairo_stroke(panel->cr);
    }
}

struct column_key {
    struct rnd_overlay_entry entry;
    bool last;
};

static void draw_column(const struct rnd_panel *panel, struct rnd_rect rect, const void *what)
{
    const struct column_key *key = what;
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_pair_colours *colours = level_colours(key->entry.level);
    fill_rect(panel, rect, quiet->ground, 1.0);
    const double left = rect.x + px(panel, 24);
    const double right = rect.x + rect.w - px(panel, 20);
    const double top = rect.y + rect.h * 0.29;
    const double bottom = rect.y + rect.h * 0.69;
    draw_text(panel, key->entry.age, right, top, ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, false,
              quiet->text);
    draw_text(panel, key->entry.label, left, top, ALIGN_LEFT, right - left - px(panel, 100),
              RND_TYPE_SMALL, false, quiet->text);
    const double radius = px(panel, 13);
    draw_icon(panel, key->entry.level, left + radius, bottom, radius, colours->text);
    draw_text(panel, key->entry.value, left + 2.0 * radius + px(panel, 14), bottom, ALIGN_LEFT,
              right - left - 2.0 * radius - px(panel, 14), RND_TYPE_BODY, true, colours->text);
    if (!key->last) {
        set_colour(panel, quiet->text, 0.22);
        cairo_rectangle(panel->cr, rect.x + rect.w - 1, rect.y + rect.h * 0.18, 1, rect.h * 0.64);
        cairo_fill(panel->cr);
    }
}

struct tool_key {
    bool shown;
    enum rnd_level level;
    enum rnd_look look;
    char name[NAV_NAME_SIZE];
    char state[RND_WORDS_SIZE];
    char tip[3][RND_NUMBER_SIZE];
};

static void card(const struct rnd_panel *panel, struct rnd_rect rect)
{
    const struct rnd_colour ground = RND_RGB(0x080c11);
    fill_rect(panel, rect, ground, 1.0);
    rounded(panel, inset(rect, px(panel, 8)), px(panel, 14));
    set_colour(panel, rnd_pairs[RND_PAIR_TEXT].ground, 1.0);
    cairo_fill(panel->cr);
}

static void draw_tool(const struct rnd_panel *panel, struct rnd_rect rect, const void *what)
{
    const struct tool_key *key = what;
    if (!key->shown) {
        const struct rnd_colour ground = RND_RGB(0x080c11);
        fill_rect(panel, rect, ground, 1.0);
        return;
    }
    card(panel, rect);
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_pair_colours *colours = level_colours(key->level);
    const double left = rect.x + px(panel, 32);
    const double right = rect.x + rect.w - px(panel, 32);
    const double head = rect.y + px(panel, 44);
    int state_width = 0;
    int height = 0;
    lay_out(panel, key->state, RND_TYPE_BODY - 2, true, 0.0, &state_width, &height);
    draw_text(panel, key->state, right, head, ALIGN_RIGHT, 0.0, RND_TYPE_BODY - 2, true,
              colours->text);
    const double radius = px(panel, 13);
    draw_icon(panel, key->level, right - state_width - px(panel, 26), head, radius, colours->text);
    draw_text(panel, key->name, left, head, ALIGN_LEFT, right - left - state_width - px(panel, 60),
              RND_TYPE_BODY, true, text->text);
    static const char *const axes[3] = {"L mm", "P mm", "H mm"};
    const bool live = key->look == RND_LOOK_LIVE;
    const double step = (right - left) / 3.0;
    for (int axis = 0; axis < 3; ++axis) {
        const double x = left + (axis + 1) * step - px(panel, 6);
        draw_text(panel, axes[axis], x, rect.y + px(panel, 92), ALIGN_RIGHT, 0.0, RND_TYPE_SMALL,
                  false, quiet->text);
        draw_text(panel, key->tip[axis], x, rect.y + px(panel, 132), ALIGN_RIGHT, 0.0,
                  RND_TYPE_NUMBER, true, live ? text->text : quiet->text);
    }
}

/* The plan: cuts and structures. Changes only with the case. */
struct plan_key {
    uint32_t cut_count;
    uint32_t structure_count;
    uint64_t digest;
};

static uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; ++i) {
        digest = (digest ^ byte[i]) * UINT64_C(1099511628211); /* FNV-1a */
    }
    return digest;
}

static void draw_plan(const struct rnd_panel *panel, struct rnd_rect rect,
                      const struct rnd_panel_input *input)
{
    card(panel, rect);
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_pair_colours *cut = &rnd_pairs[RND_PAIR_CUT];
    const double left = rect.x + px(panel, 32);
    const double right = rect.x + rect.w - px(panel, 32);
    const double limit = rect.y + rect.h - px(panel, 24);
    const double step = px(panel, 38);
    double y = rect.y + px(panel, 40);
    if (input->cut_count > 0) {
        draw_text(panel, "PLANNED CUTS", left, y, ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false,
                  quiet->text);
        y += step;
    }
    size_t hidden = 0;
    for (size_t i = 0; i < input->cut_count; ++i) {
        if (y > limit) {
            ++hidden;
            continue;
        }
        char number[12];
        (void)snprintf(number, sizeof(number), "%u", (unsigned)(i + 1));
        const double radius = px(panel, 17);
        cairo_new_path(panel->cr);
        cairo_arc(panel->cr, left + radius, y, radius, 0.0, 2.0 * M_PI);
        set_colour(panel, cut->text, 1.0);
        cairo_fill(panel->cr);
        draw_text(panel, number, left + radius, y, ALIGN_CENTRE, 0.0, RND_TYPE_SMALL, true,
                  cut->ground);
        draw_text(panel, input->cuts[i].name, left + 2.0 * radius + px(panel, 16), y, ALIGN_LEFT,
                  right - left - 2.0 * radius - px(panel, 16), RND_TYPE_SMALL + 2, false,
                  text->text);
        y += step;
    }
    if (input->cut_count > 0 && input->structure_count > 0) {
        y += px(panel, 10);
    }
    if (input->structure_count > 0 && y <= limit) {
        draw_text(panel, "STRUCTURES", left, y, ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false,
                  quiet->text);
        y += step;
    }
    for (size_t i = 0; i < input->structure_count; ++i) {
        if (y > limit) {
            ++hidden;
            continue;
        }
        const int side = px(panel, 26);
        rounded(panel, (struct rnd_rect){(int)left + px(panel, 4), (int)y - side / 2, side, side},
                px(panel, 6));
        set_colour(panel, input->structures[i].colour, 1.0);
        cairo_fill(panel->cr);
        draw_text(panel, input->structures[i].name, left + px(panel, 50), y, ALIGN_LEFT,
                  right - left - px(panel, 50), RND_TYPE_SMALL + 2, false, text->text);
        y += step;
    }
    if (hidden > 0) {
        char more[32];
        (void)snprintf(more, sizeof(more), "+ %u", (unsigned)hidden);
        draw_text(panel, more, right, limit, ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, true, quiet->text);
    }
}

/* A section's picture with its words; and the state of the whole around it, so that it cannot look
 * better than the view. */
struct section_key {
    uint32_t revision;
    enum nav_trust trust;
    enum nav_mode mode;
    bool drawable;
};

static void draw_section_frame(const struct rnd_panel *panel, struct rnd_rect rect,
                               const struct section_key *key)
{
    const int thick = at_least_1(px(panel, 5));
    int edge = 0;
    for (int ring = 0; ring < 2; ++ring) {
        const bool mode = ring == 0;
        if (mode ? key->mode == NAV_MODE_LIVE : key->trust == NAV_TRUST_OK) {
            continue;
        }
        const struct rnd_colour colour =
            mode ? rnd_pairs[RND_PAIR_MODE].ground : bar_colours(key->trust)->ground;
        const struct rnd_rect r = inset(rect, edge);
        fill_rect(panel, (struct rnd_rect){r.x, r.y, r.w, thick}, colour, 1.0);
        fill_rect(panel, (struct rnd_rect){r.x, r.y + r.h - thick, r.w, thick}, colour, 1.0);
        fill_rect(panel, (struct rnd_rect){r.x, r.y, thick, r.h}, colour, 1.0);
        fill_rect(panel, (struct rnd_rect){r.x + r.w - thick, r.y, thick, r.h}, colour, 1.0);
        edge += thick;
    }
}

static void draw_section_letters(const struct rnd_panel *panel, struct rnd_rect rect,
                                 const struct rnd_letters *letters)
{
    const double margin = px(panel, 30);
    const double cx = rect.x + rect.w / 2.0;
    const double cy = rect.y + rect.h / 2.0;
    const double at[RND_EDGE_COUNT][2] = {
        [RND_EDGE_LEFT] = {rect.x + margin, cy},
        [RND_EDGE_RIGHT] = {rect.x + rect.w - margin, cy},
        [RND_EDGE_TOP] = {cx, rect.y + margin},
        [RND_EDGE_BOTTOM] = {cx, rect.y + rect.h - margin},
    };
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        (void)draw_haloed(panel, letters->edge[edge], at[edge][0], at[edge][1], 32,
                          rnd_pairs[RND_PAIR_TEXT].text);
    }
}

static void draw_section_labels(const struct rnd_panel *panel, struct rnd_rect rect,
                                const struct rnd_section *section)
{
    const struct rnd_pair_colours *cut = &rnd_pairs[RND_PAIR_CUT];
    for (size_t i = 0; i < section->label_count; ++i) {
        const struct rnd_section_label *label = &section->labels[i];
        const double x = rect.x + label->x;
        const double y = rect.y + label->y;
        char number[12];
        (void)snprintf(number, sizeof(number), "%u", label->number);
        cairo_new_path(panel->cr);
        cairo_arc(panel->cr, x, y, px(panel, 15), 0.0, 2.0 * M_PI);
        set_colour(panel, cut->text, section->live ? 1.0 : 0.6);
        cairo_fill(panel->cr);
        draw_text(panel, number, x, y, ALIGN_CENTRE, 0.0, RND_TYPE_SMALL, true, cut->ground);
    }
}

/* The words stand where the tip's mark would be. */
static void draw_not_live(const struct rnd_panel *panel, struct rnd_rect rect, const char *words)
{
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_CAUTION];
    int width = 0;
    int height = 0;
    lay_out(panel, words, RND_TYPE_BODY, true, 0.0, &width, &height);
    const int icon = px(panel, 16);
    const int w = width + 3 * icon + px(panel, 40);
    const int h = px(panel, 54);
    const struct rnd_rect plate = {rect.x + (rect.w - w) / 2, rect.y + (rect.h - h) / 2, w, h};
    rounded(panel, plate, px(panel, 12));
    set_colour(panel, colours->ground, 0.92);
    cairo_fill(panel->cr);
    const double middle = plate.y + plate.h / 2.0;
    draw_icon(panel, RND_LEVEL_CAUTION, plate.x + px(panel, 20) + icon, middle, icon,
              colours->text);
    draw_text(panel, words, plate.x + px(panel, 20) + 3.0 * icon, middle, ALIGN_LEFT, 0.0,
              RND_TYPE_BODY, true, colours->text);
}

static void draw_section_pixels(const struct rnd_panel *panel, struct rnd_rect rect,
                                const struct rnd_section *section)
{
    const int stride = cairo_image_surface_get_stride(panel->surface);
    uint8_t *to = cairo_image_surface_get_data(panel->surface);
    const struct rnd_rect all = {0, 0, panel->width_px, panel->height_px};
    const struct rnd_rect seen =
        rnd_rect_both((struct rnd_rect){rect.x, rect.y, section->width, section->height}, all);
    cairo_surface_flush(panel->surface);
    for (int row = 0; row < seen.h; ++row) {
        const uint32_t *from = section->pixels +
                               (size_t)(seen.y - rect.y + row) * (size_t)section->width +
                               (size_t)(seen.x - rect.x);
        memcpy(to + (size_t)(seen.y + row) * (size_t)stride + (size_t)seen.x * 4, from,
               (size_t)seen.w * 4);
    }
    cairo_surface_mark_dirty_rectangle(panel->surface, seen.x, seen.y, seen.w, seen.h);
}

static void draw_section(const struct rnd_panel *panel, struct rnd_rect rect,
                         const struct section_key *key, const struct rnd_section *section)
{
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_colour gap = RND_RGB(0x080c11);
    fill_rect(panel, rect, gap, 1.0);
    if (!key->drawable) {
        return;
    }
    draw_section_pixels(panel, rect, section);
    draw_section_labels(panel, rect, section);
    draw_section_letters(panel, rect, &section->letters);
    int width = 0;
    int height = 0;
    const double top = rect.y + px(panel, 28);
    const double left = rect.x + px(panel, 18);
    lay_out(panel, section->title, RND_TYPE_SMALL, true, 0.0, &width, &height);
    (void)draw_haloed(panel, section->title, left + width / 2.0, top, RND_TYPE_SMALL, quiet->text);
    const char *ground = section->live ? section->tool : section->scan ? "" : "no scan";
    if (ground[0] != '\0' && rect.h > px(panel, 160)) {
        lay_out(panel, ground, RND_TYPE_SMALL, true, 0.0, &width, &height);
        (void)draw_haloed(panel, ground, left + width / 2.0, rect.y + rect.h - px(panel, 28),
                          RND_TYPE_SMALL, quiet->text);
    }
    if (!section->live) {
        draw_not_live(panel, rect, "NOT LIVE");
    }
    set_colour(panel, gap, 1.0);
    cairo_rectangle(panel->cr, rect.x, rect.y, rect.w, at_least_1(px(panel, 2)));
    cairo_rectangle(panel->cr, rect.x, rect.y, at_least_1(px(panel, 2)), rect.h);
    cairo_rectangle(panel->cr, rect.x + rect.w - at_least_1(px(panel, 2)), rect.y,
                    at_least_1(px(panel, 2)), rect.h);
    cairo_fill(panel->cr);
    draw_section_frame(panel, rect, key);
}

/* ---- over the view -------------------------------------------------------------------------- */

static void add_over(struct rnd_panel *panel, struct rnd_rect rect)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const int x0 = rect.x > view.x ? rect.x : view.x;
    const int y0 = rect.y > view.y ? rect.y : view.y;
    const int x1 = rect.x + rect.w < view.x + view.w ? rect.x + rect.w : view.x + view.w;
    const int y1 = rect.y + rect.h < view.y + view.h ? rect.y + rect.h : view.y + view.h;
    if (x1 > x0 && y1 > y0 && panel->over_count < RND_PANEL_RECTS_MAX) {
        panel->over[panel->over_count++] = (struct rnd_rect){x0, y0, x1 - x0, y1 - y0};
    }
}

static void draw_frame(struct rnd_panel *panel, int from_edge, int thickness,
                       struct rnd_colour colour)
{
    const struct rnd_rect view = inset(rnd_panel_view_rect(panel), from_edge);
    const struct rnd_rect sides[4] = {
        {view.x, view.y, view.w, thickness},
        {view.x, view.y + view.h - thickness, view.w, thickness},
        {view.x, view.y + thickness, thickness, view.h - 2 * thickness},
        {view.x + view.w - thickness, view.y + thickness, thickness, view.h - 2 * thickness},
    };
    for (size_t i = 0; i < 4; ++i) {
        fill_rect(panel, sides[i], colour, 1.0);
        add_over(panel, sides[i]);
    }
}

static void draw_letters(struct rnd_panel *panel, const struct rnd_letters *letters)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const double margin = px(panel, 58);
    const double cx = view.x + view.w / 2.0;
    const double cy = view.y + view.h / 2.0;
    const double at[RND_EDGE_COUNT][2] = {
        [RND_EDGE_LEFT] = {view.x + margin, cy},
        [RND_EDGE_RIGHT] = {view.x + view.w - margin, cy},
        [RND_EDGE_TOP] = {cx, view.y + margin},
        [RND_EDGE_BOTTOM] = {cx, view.y + view.h - margin},
    };
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        add_over(panel, draw_haloed(panel, letters->edge[edge], at[edge][0], at[edge][1], 54,
                                    rnd_pairs[RND_PAIR_TEXT].text));
    }
}

static void draw_cut_numbers(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const struct rnd_pair_colours *cut = &rnd_pairs[RND_PAIR_CUT];
    for (size_t i = 0; i < input->cut_count; ++i) {
        const struct rnd_panel_cut *shown = &input->cuts[i];
        if (!shown->placed) {
            continue;
        }
        const double x = view.x + shown->at[0] * view.w;
        const double y = view.y + shown->at[1] * view.h;
        const double radius = px(panel, 19);
        cairo_new_path(panel->cr);
        cairo_arc(panel->cr, x, y, radius, 0.0, 2.0 * M_PI);
        set_colour(panel, cut->text, 1.0);
        cairo_fill_preserve(panel->cr);
        cairo_set_line_width(panel->cr, px(panel, 4));
        set_colour(panel, cut->ground, 1.0);
        cairo_stroke(panel->cr);
        char number[12];
        (void)snprintf(number, sizeof(number), "%u", (unsigned)(i + 1));
        draw_text(panel, number, x, y, ALIGN_CENTRE, 0.0, RND_TYPE_SMALL + 2, true, cut->ground);
        const int reach = (int)ceil(radius) + px(panel, 4);
        add_over(panel,
                 (struct rnd_rect){(int)x - reach, (int)y - reach, 2 * reach + 2, 2 * reach + 2});
    }
}

/* A message in the picture itself: a withheld picture must not be taken for a quiet one. */
static void draw_withheld_plate(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const struct rnd_pair_colours *colours = bar_colours(NAV_TRUST_WITHHELD);
    int headline_width = 0;
    int reason_width = 0;
    int height = 0;
    lay_out(panel, overlay->headline, RND_TYPE_PLATE, true, 0.0, &headline_width, &height);
    lay_out(panel, overlay->reason, RND_TYPE_BODY + 2, false, 0.0, &reason_width, &height);
    int width = (headline_width > reason_width ? headline_width : reason_width) + px(panel, 120);
    width = width < view.w - px(panel, 80) ? width : view.w - px(panel, 80);
    const int tall = px(panel, 128);
    const struct rnd_rect plate = {view.x + (view.w - width) / 2,
                                   view.y + view.h - tall - px(panel, 104), width, tall};
    rounded(panel, plate, px(panel, 16));
    set_colour(panel, colours->ground, 0.94);
    cairo_fill(panel->cr);
    const double cx = plate.x + plate.w / 2.0;
    draw_text(panel, overlay->headline, cx, plate.y + px(panel, 44), ALIGN_CENTRE, 0.0,
              RND_TYPE_PLATE, true, colours->text);
    draw_text(panel, overlay->reason, cx, plate.y + px(panel, 94), ALIGN_CENTRE,
              plate.w - px(panel, 40), RND_TYPE_BODY + 2, false, colours->text);
    add_over(panel, plate);
}

static const char *mode_words(enum nav_mode mode)
{
    return mode == NAV_MODE_SIMULATION ? "SIMULATION" : "REPLAY";
}

static void draw_mode_tag(struct rnd_panel *panel, enum nav_mode mode)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_MODE];
    int width = 0;
    int height = 0;
    lay_out(panel, mode_words(mode), RND_TYPE_BODY + 4, true, 0.0, &width, &height);
    const struct rnd_rect tag = {view.x + view.w - width - px(panel, 56), view.y,
                                 width + px(panel, 56), px(panel, 58)};
    fill_rect(panel, tag, colours->ground, 1.0);
    draw_text(panel, mode_words(mode), tag.x + tag.w / 2.0, tag.y + tag.h / 2.0, ALIGN_CENTRE, 0.0,
              RND_TYPE_BODY + 4, true, colours->text);
    add_over(panel, tag);
}

static void draw_help(struct rnd_panel *panel)
{
    static const char *const lines[][2] = {
        {"R", "back to the default view"},
        {"Space", "next view"},
        {"C", "next cut, looking at its face"},
        {"S", "large sections, and back"},
        {"Left drag", "turn"},
        {"Middle or right drag", "move"},
        {"Wheel, + -", "zoom"},
        {"P", "save a screenshot"},
        {"F", "full screen"},
        {"H or ?", "this help"},
    };
    enum { LINES = sizeof(lines) / sizeof(lines[0]) };
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const int width = px(panel, 860);
    const int tall = px(panel, 70 + 56 * LINES);
    const struct rnd_rect plate = {view.x + (view.w - width) / 2, view.y + (view.h - tall) / 2,
                                   width, tall};
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    rounded(panel, plate, px(panel, 16));
    set_colour(panel, text->ground, 0.96);
    cairo_fill(panel->cr);
    for (size_t i = 0; i < LINES; ++i) {
        const double y = plate.y + px(panel, 64 + 56.0 * (double)i);
        draw_text(panel, lines[i][0], plate.x + px(panel, 380), y, ALIGN_RIGHT, 0.0, RND_TYPE_BODY,
                  true, rnd_pairs[RND_PAIR_CUT].text);
        draw_text(panel, lines[i][1], plate.x + px(panel, 420), y, ALIGN_LEFT, 0.0, RND_TYPE_BODY,
                  false, text->text);
    }
    add_over(panel, plate);
}

/* In place of the 3D view: that there is none, and every tool with its numbers. */
static void draw_plain_page(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    static const char *const axes[] = {"L mm", "P mm", "H mm"};
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    fill_rect(panel, view, text->ground, 1.0);
    const double cx = view.x + view.w / 2.0;
    const double most = view.w - px(panel, 80);
    draw_text(panel, "3D NOT AVAILABLE", cx, view.y + px(panel, 90), ALIGN_CENTRE, most,
              RND_TYPE_HEADLINE, true, rnd_pairs[RND_PAIR_CAUTION].text);
    draw_text(panel, "No anatomy is drawn here. Verdict and numbers are those of the core.", cx,
              view.y + px(panel, 152), ALIGN_CENTRE, most, RND_TYPE_BODY, false, text->text);
    const double left = view.x + px(panel, 60);
    const double right = view.x + view.w - px(panel, 60);
    for (int axis = 0; axis < 3; ++axis) {
        draw_text(panel, axes[axis], right - px(panel, 230.0 * (2 - axis)), view.y + px(panel, 230),
                  ALIGN_RIGHT, 0.0, RND_TYPE_BODY, false, quiet);
    }
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[i];
        const struct rnd_colour colour = level_colours(tool->level)->text;
        const double y = view.y + px(panel, 310 + 120.0 * i);
        draw_icon(panel, tool->level, left + px(panel, 24), y, px(panel, 24), colour);
        draw_text(panel, tool->name, left + px(panel, 72), y - px(panel, 22), ALIGN_LEFT,
                  px(panel, 420), RND_TYPE_NUMBER, true, text->text);
        draw_text(panel, tool->state, left + px(panel, 72), y + px(panel, 26), ALIGN_LEFT,
                  px(panel, 420), RND_TYPE_BODY, true, colour);
        for (int axis = 0; axis < 3; ++axis) {
            draw_text(panel, tool->tip[axis], right - px(panel, 230.0 * (2 - axis)), y, ALIGN_RIGHT,
                      0.0, RND_TYPE_HEADLINE, true, text->text);
        }
    }
    add_over(panel, view);
}

/* What lies over the anatomy and belongs to it. */
static void draw_marks(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    draw_cut_numbers(panel, input);
    draw_letters(panel, &input->letters);
    int width = 0;
    int height = 0;
    lay_out(panel, input->view_name, RND_TYPE_BODY, true, 0.0, &width, &height);
    add_over(panel,
             draw_haloed(panel, input->view_name, view.x + width / 2.0 + px(panel, 34),
                         view.y + px(panel, 46), RND_TYPE_BODY, rnd_pairs[RND_PAIR_QUIET].text));
}

static void draw_over_view(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_overlay *overlay = input->overlay;
    if (input->no_3d) {
        draw_plain_page(panel, overlay);
    } else {
        draw_marks(panel, input);
    }
    int edge = 0;
    if (overlay->mode != NAV_MODE_LIVE) {
        edge = at_least_1(px(panel, 10));
        draw_frame(panel, 0, edge, rnd_pairs[RND_PAIR_MODE].ground);
    }
    if (overlay->trust != NAV_TRUST_OK) {
        draw_frame(panel, edge, at_least_1(px(panel, 8)), bar_colours(overlay->trust)->ground);
    }
    if (overlay->mode != NAV_MODE_LIVE) {
        draw_mode_tag(panel, overlay->mode);
    }
    if (overlay->trust == NAV_TRUST_WITHHELD) {
        draw_withheld_plate(panel, overlay);
    }
    if (input->help) {
        draw_help(panel);
    }
}

static uint64_t digest_tools(const struct rnd_overlay *overlay)
{
    uint64_t digest = UINT64_C(14695981039346656037);
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[i];
        digest = digest_bytes(digest, &tool->level, sizeof(tool->level));
        digest = digest_bytes(digest, tool->state, strlen(tool->state));
        for (int axis = 0; axis < 3; ++axis) {
            digest = digest_bytes(digest, tool->tip[axis], strlen(tool->tip[axis]));
        }
    }
    return digest;
}

/* Everything that decides what lies over the view, as bytes. Caller frees. */
static unsigned char *over_view_key(const struct rnd_panel_input *input, size_t *out_size)
{
    const struct rnd_overlay *overlay = input->overlay;
    struct fixed {
        enum nav_trust trust;
        enum nav_mode mode;
        bool help;
        bool no_3d;
        uint64_t numbers; /* digest of the plain page's */
        struct rnd_letters letters;
        char view_name[NAV_NAME_SIZE];
        char headline[NAV_NAME_SIZE];
        char reason[RND_WORDS_SIZE];
    } fixed;
    memset(&fixed, 0, sizeof(fixed));
    fixed.trust = overlay->trust;
    fixed.mode = overlay->mode;
    fixed.help = input->help;
    fixed.no_3d = input->no_3d;
    if (input->no_3d) {
        fixed.numbers = digest_tools(overlay);
    }
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        rnd_text_append(fixed.letters.edge[edge], sizeof(fixed.letters.edge[edge]),
                        input->letters.edge[edge]);
    }
    rnd_text_append(fixed.view_name, sizeof(fixed.view_name), input->view_name);
    rnd_text_append(fixed.headline, sizeof(fixed.headline), overlay->headline);
    rnd_text_append(fixed.reason, sizeof(fixed.reason), overlay->reason);
    const size_t size = sizeof(fixed) + input->cut_count * sizeof(*input->cuts);
    unsigned char *key = malloc(size);
    if (key != NULL) {
        memcpy(key, &fixed, sizeof(fixed));
        if (input->cut_count > 0) {
            memcpy(key + sizeof(fixed), input->cuts, input->cut_count * sizeof(*input->cuts));
        }
        *out_size = size;
    }
    return key;
}

/* ---- update --------------------------------------------------------------------------------- */

static void add_dirty(struct rnd_panel *panel, struct rnd_rect rect)
{
    if (rect.w <= 0 || rect.h <= 0) {
        return;
    }
    if (panel->dirty_count == RND_PANEL_RECTS_MAX) {
        panel->dirty[0] = (struct rnd_rect){0, 0, panel->width_px, panel->height_px};
        panel->dirty_count = 1;
        return;
    }
    panel->dirty[panel->dirty_count++] = rect;
}

/* True when the widget must be drawn; it then counts as drawn, clipped to its rectangle until
 * end_widget. */
static bool begin_widget(struct rnd_panel *panel, unsigned index, struct rnd_rect rect,
                         const void *key, size_t key_size)
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
    add_dirty(panel, rect);
    cairo_save(panel->cr);
    cairo_rectangle(panel->cr, rect.x, rect.y, rect.w, rect.h);
    cairo_clip(panel->cr);
    return true;
}

static void end_widget(struct rnd_panel *panel)
{
    cairo_restore(panel->cr);
}

enum {
    WIDGET_VERDICT,
    WIDGET_HEARTBEAT,
    WIDGET_PLAN,
    WIDGET_TOOL,
    WIDGET_COLUMN = 5,
    WIDGET_SECTION = WIDGET_COLUMN + COLUMNS_MAX
};
_Static_assert(WIDGET_TOOL + TOOL_CARDS_MAX == WIDGET_COLUMN, "one slot a tool card");
_Static_assert(sizeof(struct column_key) <= KEY_SIZE && sizeof(struct verdict_key) <= KEY_SIZE &&
                   sizeof(struct tool_key) <= KEY_SIZE,
               "a key fits its widget");

static void update_bar(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    struct verdict_key verdict;
    memset(&verdict, 0, sizeof(verdict));
    verdict.trust = overlay->trust;
    verdict.more = overlay->more_reasons;
    rnd_text_append(verdict.headline, sizeof(verdict.headline), overlay->headline);
    rnd_text_append(verdict.reason, sizeof(verdict.reason), overlay->reason);
    rnd_text_append(verdict.case_name, sizeof(verdict.case_name), overlay->case_name);
    rnd_text_append(verdict.pseudonym, sizeof(verdict.pseudonym), overlay->pseudonym);
    rnd_text_append(verdict.clock, sizeof(verdict.clock), overlay->clock);
    if (begin_widget(panel, WIDGET_VERDICT, verdict_rect(panel), &verdict, sizeof(verdict))) {
        draw_verdict(panel, verdict_rect(panel), &verdict);
        end_widget(panel);
    }
    struct heartbeat_key heartbeat;
    memset(&heartbeat, 0, sizeof(heartbeat));
    heartbeat.trust = overlay->trust;
    heartbeat.step = overlay->heartbeat_step;
    heartbeat.alive = overlay->heartbeat_alive;
    if (begin_widget(panel, WIDGET_HEARTBEAT, heartbeat_rect(panel), &heartbeat,
                     sizeof(heartbeat))) {
        draw_heartbeat(panel, heartbeat_rect(panel), &heartbeat);
        end_widget(panel);
    }
}

static void update_strip(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    const struct rnd_rect strip = strip_rect(panel);
    const uint32_t count =
        overlay->entry_count < COLUMNS_MAX ? overlay->entry_count : (uint32_t)COLUMNS_MAX;
    for (uint32_t i = 0; i < count; ++i) {
        struct column_key key;
        memset(&key, 0, sizeof(key));
        const struct rnd_overlay_entry *entry = &overlay->entries[i];
        key.last = i + 1 == count;
        key.entry.level = entry->level;
        rnd_text_append(key.entry.label, sizeof(key.entry.label), entry->label);
        rnd_text_append(key.entry.value, sizeof(key.entry.value), entry->value);
        rnd_text_append(key.entry.age, sizeof(key.entry.age), entry->age);
        if (key.last && overlay->entry_count > count) {
            /* The last column stands for all that have no room: how many, and the worst state. */
            (void)snprintf(key.entry.label, sizeof(key.entry.label), "+ %u MORE",
                           (unsigned)(overlay->entry_count - count + 1));
            for (uint32_t k = i; k < overlay->entry_count; ++k) {
                if (overlay->entries[k].level > key.entry.level) {
                    key.entry.level = overlay->entries[k].level;
                }
            }
            (void)snprintf(key.entry.value, sizeof(key.entry.value), "%s",
                           key.entry.level >= RND_LEVEL_CAUTION ? "CHECK" : "OK");
            key.entry.age[0] = '\0';
        }
        const int x0 = (int)((int64_t)strip.w * i / count);
        const int x1 = (int)((int64_t)strip.w * (i + 1) / count);
        const struct rnd_rect rect = {strip.x + x0, strip.y, x1 - x0, strip.h};
        if (begin_widget(panel, WIDGET_COLUMN + i, rect, &key, sizeof(key))) {
            draw_column(panel, rect, &key);
            end_widget(panel);
        }
    }
}

/* The tools whose numbers are shown: those in use first, then in the case's order. */
static void choose_tools(const struct rnd_overlay *overlay, uint32_t chosen[TOOL_CARDS_MAX],
                         uint32_t *out_count)
{
    *out_count = 0;
    for (int look = RND_LOOK_LIVE; look >= RND_LOOK_HIDDEN; --look) {
        for (uint32_t i = 0; i < overlay->tool_count && *out_count < TOOL_CARDS_MAX; ++i) {
            if ((int)overlay->tools[i].look == look) {
                chosen[(*out_count)++] = i;
            }
        }
    }
    /* In the case's order among the chosen, so that cards do not swap while states change. */
    if (*out_count == 2 && chosen[0] > chosen[1]) {
        const uint32_t swapped = chosen[0];
        chosen[0] = chosen[1];
        chosen[1] = swapped;
    }
}

static void update_side(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_overlay *overlay = input->overlay;
    const struct rnd_rect side = side_rect(panel);
    const int card_height = px(panel, 174);
    uint32_t chosen[TOOL_CARDS_MAX];
    uint32_t count = 0;
    choose_tools(overlay, chosen, &count);
    for (uint32_t i = 0; i < count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[chosen[i]];
        struct tool_key key;
        memset(&key, 0, sizeof(key));
        key.shown = true;
        key.level = tool->level;
        key.look = tool->look;
        rnd_text_append(key.name, sizeof(key.name), tool->name);
        rnd_text_append(key.state, sizeof(key.state), tool->state);
        for (int axis = 0; axis < 3; ++axis) {
            rnd_text_append(key.tip[axis], sizeof(key.tip[axis]), tool->tip[axis]);
        }
        const struct rnd_rect rect = {side.x, side.y + (int)i * card_height, side.w, card_height};
        if (begin_widget(panel, WIDGET_TOOL + i, rect, &key, sizeof(key))) {
            draw_tool(panel, rect, &key);
            end_widget(panel);
        }
    }
    struct plan_key key;
    memset(&key, 0, sizeof(key));
    key.cut_count = (uint32_t)input->cut_count;
    key.structure_count = (uint32_t)input->structure_count;
    key.digest = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < input->cut_count; ++i) {
        key.digest = digest_bytes(key.digest, input->cuts[i].name, strlen(input->cuts[i].name));
    }
    for (size_t i = 0; i < input->structure_count; ++i) {
        const struct rnd_panel_structure *structure = &input->structures[i];
        key.digest = digest_bytes(key.digest, structure->name, strlen(structure->name));
        key.digest = digest_bytes(key.digest, &structure->colour, sizeof(structure->colour));
    }
    const int used = (int)count * card_height;
    const struct rnd_rect rect = {side.x, side.y + used, side.w, side.h - used};
    if (begin_widget(panel, WIDGET_PLAN, rect, &key, sizeof(key))) {
        draw_plan(panel, rect, input);
        end_widget(panel);
    }
}

static void update_sections(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    for (unsigned kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        const struct rnd_rect rect = rnd_panel_section_rect(panel, (enum rnd_section_kind)kind);
        const struct rnd_section *section =
            input->sections != NULL ? rnd_sections_get(input->sections, (enum rnd_section_kind)kind)
                                    : NULL;
        struct section_key key;
        memset(&key, 0, sizeof(key));
        key.drawable = section != NULL && section->pixels != NULL;
        key.revision = section != NULL ? section->revision : 0;
        key.trust = input->overlay->trust;
        key.mode = input->overlay->mode;
        if (begin_widget(panel, WIDGET_SECTION + kind, rect, &key, sizeof(key))) {
            draw_section(panel, rect, &key, section);
            end_widget(panel);
        }
    }
}

static void update_over_view(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    size_t size = 0;
    unsigned char *key = over_view_key(input, &size);
    if (key != NULL && panel->over_drawn && panel->over_key_size == size &&
        memcmp(panel->over_key, key, size) == 0) {
        free(key);
        return;
    }
    free(panel->over_key);
    panel->over_key = key;
    panel->over_key_size = size;
    panel->over_drawn = key != NULL;
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    clear_rect(panel, view);
    for (size_t i = 0; i < panel->over_count; ++i) {
        add_dirty(panel, panel->over[i]);
    }
    panel->over_count = 0;
    cairo_save(panel->cr);
    cairo_rectangle(panel->cr, view.x, view.y, view.w, view.h);
    cairo_clip(panel->cr);
    draw_over_view(panel, input);
    cairo_restore(panel->cr);
    for (size_t i = 0; i < panel->over_count; ++i) {
        add_dirty(panel, panel->over[i]);
    }
}

void rnd_panel_update(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    panel->dirty_count = 0;
    if (panel->surface == NULL) {
        return;
    }
    update_bar(panel, input->overlay);
    update_side(panel, input);
    update_strip(panel, input->overlay);
    update_sections(panel, input);
    update_over_view(panel, input);
    cairo_surface_flush(panel->surface);
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
    *out_stride = cairo_image_surface_get_stride(panel->surface);
    return cairo_image_surface_get_data(panel->surface);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void forget_drawn(struct rnd_panel *panel)
{
    for (size_t i = 0; i < WIDGETS_MAX; ++i) {
        panel->widgets[i].drawn = false;
    }
    panel->over_drawn = false;
    panel->over_count = 0;
}

void rnd_panel_set_layout(struct rnd_panel *panel, enum rnd_layout layout)
{
    panel->layout = layout;
    forget_drawn(panel);
    if (panel->surface != NULL) {
        clear_rect(panel, (struct rnd_rect){0, 0, panel->width_px, panel->height_px});
    }
}

enum nav_status rnd_panel_create(enum rnd_layout layout, struct rnd_panel **out_panel)
{
    struct rnd_panel *panel = calloc(1, sizeof(*panel));
    if (panel == NULL) {
        return NAV_ERR_MEMORY;
    }
    panel->layout = layout;
    *out_panel = panel;
    return NAV_OK;
}

static void release_surface(struct rnd_panel *panel)
{
    if (panel->text != NULL) {
        g_object_unref(panel->text);
        panel->text = NULL;
    }
    if (panel->cr != NULL) {
        cairo_destroy(panel->cr);
        panel->cr = NULL;
    }
    if (panel->surface != NULL) {
        cairo_surface_destroy(panel->surface);
        panel->surface = NULL;
    }
}

void rnd_panel_destroy(struct rnd_panel *panel)
{
    if (panel == NULL) {
        return;
    }
    release_surface(panel);
    free(panel->over_key);
    free(panel);
}

enum nav_status rnd_panel_resize(struct rnd_panel *panel, int width_px, int height_px)
{
    if (width_px < 1 || height_px < 1 || width_px > SIDE_MAX_PX || height_px > SIDE_MAX_PX) {
        return NAV_ERR_ARGUMENT;
    }
    if (panel->surface != NULL && width_px == panel->width_px && height_px == panel->height_px) {
        return NAV_OK;
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width_px, height_px);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        return NAV_ERR_MEMORY;
    }
    release_surface(panel);
    panel->surface = surface;
    panel->cr = cairo_create(surface);
    panel->text = pango_cairo_create_layout(panel->cr);
    pango_layout_set_single_paragraph_mode(panel->text, TRUE);
    pango_layout_set_ellipsize(panel->text, PANGO_ELLIPSIZE_END);
    /* Digits of one width: a number must not wander while it changes. */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(panel->text, attributes);
    pango_attr_list_unref(attributes);

    panel->width_px = width_px;
    panel->height_px = height_px;
    panel->unit = fmin(width_px / 1920.0, height_px / 1080.0);
    forget_drawn(panel);
    return NAV_OK;
}
