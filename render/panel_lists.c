/* The cards under the guidance: structures by urgency, or their colours alone; and the cuts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "panel_parts.h"

enum { MARGIN = 28, ROW = 66, LINE = 36 };

static struct rnd_colour colour_of(const struct rnd_panel_input *input, const char *name)
{
    for (size_t i = 0; i < input->model_count; ++i) {
        if (strcmp(input->models[i].name, name) == 0) {
            return input->models[i].colour;
        }
    }
    return rnd_pairs[RND_PAIR_QUIET].text;
}

static void draw_swatch(const struct rnd_canvas *canvas, double x, double y,
                        struct rnd_colour colour)
{
    const int side = rnd_px(canvas, 26);
    rnd_rounded(canvas, (struct rnd_rect){(int)x, (int)y - side / 2, side, side},
                rnd_px(canvas, 6));
    rnd_ink(canvas, colour, 1.0);
    cairo_fill(canvas->cr);
}

/* ---- distances ------------------------------------------------------------------------------ */

static const char *number_of(const char *text)
{
    return text + strspn(text, " ");
}

/* "stop 2.0  caution 5.0", or after the word of the limit that it is beyond "2.0 / 5.0". */
static void write_limits(const struct rnd_cue_structure *structure, enum rnd_language language,
                         char *out, size_t size)
{
    out[0] = '\0';
    if (structure->limited && structure->state != RND_SAY_NOTHING) {
        (void)snprintf(out, size, "%s / %s", number_of(structure->stop),
                       number_of(structure->caution));
    } else if (structure->limited) {
        (void)snprintf(out, size, "%s %s  %s %s", rnd_say(language, RND_SAY_STOP_AT),
                       number_of(structure->stop), rnd_say(language, RND_SAY_CAUTION_AT),
                       number_of(structure->caution));
    } else {
        rnd_text_append(out, size, rnd_say(language, RND_SAY_NO_LIMIT));
    }
}

static void draw_distance(const struct rnd_canvas *canvas, struct rnd_rect row,
                          const struct rnd_cue_structure *structure, enum rnd_language language,
                          struct rnd_colour swatch)
{
    const struct rnd_colour text = rnd_pairs[RND_PAIR_TEXT].text;
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    const bool urgent = structure->level >= RND_LEVEL_CAUTION;
    const struct rnd_colour colour = urgent ? rnd_level_colours(structure->level)->text : text;
    const double left = row.x + rnd_px(canvas, MARGIN);
    const double right = row.x + row.w - rnd_px(canvas, MARGIN);
    const double upper = row.y + rnd_px(canvas, 18);
    const double lower = row.y + rnd_px(canvas, 48);
    const double words = left + rnd_px(canvas, 42);
    draw_swatch(canvas, left, upper, swatch);
    if (urgent) {
        rnd_icon(canvas, structure->level, left + rnd_px(canvas, 13), lower, rnd_px(canvas, 13),
                 colour);
    }
    /* The number stands beside both lines: the name above, its limits below. */
    char distance[RND_NUMBER_SIZE + 8];
    (void)snprintf(distance, sizeof(distance), "%s", number_of(structure->distance));
    rnd_write(canvas, distance, right - rnd_px(canvas, 62), row.y + rnd_px(canvas, 32),
              RND_ALIGN_RIGHT, 0.0, RND_TYPE_NUMBER + 4, true, colour);
    char error[RND_NUMBER_SIZE + 8];
    (void)snprintf(error, sizeof(error), "±%s", number_of(structure->uncertainty));
    rnd_write(canvas, error, right, upper, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, false, quiet);
    rnd_write(canvas, "mm", right, lower, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, false, quiet);
    const double room = right - rnd_px(canvas, 78) -
                        rnd_width_of(canvas, distance, RND_TYPE_NUMBER + 4, true) - words;
    rnd_write_fitting(canvas, structure->name, words, upper, RND_ALIGN_LEFT, room,
                      RND_TYPE_BODY - 2, true, text);
    char limits[NAV_TEXT_SIZE];
    write_limits(structure, language, limits, sizeof(limits));
    const char *said =
        structure->inside ? rnd_say(language, RND_SAY_INSIDE) : rnd_say(language, structure->state);
    double limits_x = words;
    if (said[0] != '\0') {
        rnd_write(canvas, said, words, lower, RND_ALIGN_LEFT, room, RND_TYPE_SMALL, true, colour);
        limits_x += rnd_width_of(canvas, said, RND_TYPE_SMALL, true) + rnd_px(canvas, 12);
    }
    rnd_write(canvas, limits, limits_x, lower, RND_ALIGN_LEFT, words + room - limits_x,
              RND_TYPE_SMALL, false, quiet);
}

struct distances_key {
    struct rnd_cue_structures structures;
    enum rnd_language language;
};
_Static_assert(sizeof(struct distances_key) <= KEY_SIZE, "a key fits its widget");

static void draw_distances(const struct rnd_canvas *canvas, struct rnd_rect rect,
                           const struct distances_key *key, const struct rnd_panel_input *input)
{
    const struct rnd_cue_structures *structures = &key->structures;
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    rnd_card(canvas, rect);
    const int row = rnd_px(canvas, ROW);
    const int top = rnd_px(canvas, 14);
    const int room = row > 0 ? (rect.h - top - rnd_px(canvas, 12)) / row : 0;
    uint32_t shown = structures->listed < (uint32_t)room ? structures->listed : (uint32_t)room;
    const bool all = shown == structures->total;
    if (!all && (int)shown == room && shown > 0 &&
        rect.h - top - (int)shown * row < rnd_px(canvas, LINE)) {
        --shown;
    }
    for (uint32_t i = 0; i < shown; ++i) {
        const struct rnd_rect place = {rect.x, rect.y + top + (int)i * row, rect.w, row};
        draw_distance(canvas, place, &structures->list[i], key->language,
                      colour_of(input, structures->list[i].name));
    }
    if (shown == structures->total) {
        return;
    }
    uint32_t urgent = structures->unlisted_urgent;
    for (uint32_t i = shown; i < structures->listed; ++i) {
        urgent += structures->list[i].level >= RND_LEVEL_CAUTION;
    }
    char more[64];
    (void)snprintf(more, sizeof(more), "+ %u %s", (unsigned)(structures->total - shown),
                   rnd_say(key->language, RND_SAY_MORE));
    if (urgent > 0) {
        (void)snprintf(more + strlen(more), sizeof(more) - strlen(more), ", %u %s",
                       (unsigned)urgent, rnd_say(key->language, RND_SAY_NEAR));
    }
    rnd_write(canvas, more, rect.x + rect.w - rnd_px(canvas, MARGIN),
              rect.y + rect.h - rnd_px(canvas, 26), RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, true,
              urgent > 0 ? rnd_pairs[RND_PAIR_ALARM].text : quiet);
}

/* ---- the structures' colours, where there are no distances ---------------------------------- */

struct legend_key {
    enum rnd_language language;
    uint32_t count;
    uint64_t digest;
};

static void draw_legend(const struct rnd_canvas *canvas, struct rnd_rect rect,
                        const struct rnd_panel_input *input)
{
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    rnd_card(canvas, rect);
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    const double limit = rect.y + rect.h - rnd_px(canvas, 24);
    const double step = rnd_px(canvas, LINE);
    double y = rect.y + rnd_px(canvas, 36);
    rnd_write(canvas, rnd_say(input->overlay->cues.language, RND_SAY_STRUCTURES), left, y,
              RND_ALIGN_LEFT, 0.0, RND_TYPE_SMALL, false, quiet);
    size_t hidden = 0;
    for (size_t i = 0; i < input->structure_count; ++i) {
        y += step;
        if (y > limit) {
            ++hidden;
            continue;
        }
        draw_swatch(canvas, left + rnd_px(canvas, 4), y, input->structures[i].colour);
        rnd_write(canvas, input->structures[i].name, left + rnd_px(canvas, 50), y, RND_ALIGN_LEFT,
                  right - left - rnd_px(canvas, 110), RND_TYPE_SMALL + 2, false,
                  rnd_pairs[RND_PAIR_TEXT].text);
    }
    if (hidden > 0) {
        char more[32];
        (void)snprintf(more, sizeof(more), "+ %u", (unsigned)hidden);
        rnd_write(canvas, more, right, limit, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL, true, quiet);
    }
}

static void update_structures(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_cues *cues = &input->overlay->cues;
    const struct rnd_rect rect = panel->places.structures;
    if (cues->structures.total > 0) {
        struct distances_key key;
        memset(&key, 0, sizeof(key));
        key.structures = cues->structures;
        key.language = cues->language;
        if (panel_begin(panel, WIDGET_STRUCTURES, rect, &key, sizeof(key))) {
            draw_distances(&panel->canvas, rect, &key, input);
            panel_end(panel);
        }
        return;
    }
    struct legend_key key;
    memset(&key, 0, sizeof(key));
    key.language = cues->language;
    key.count = (uint32_t)input->structure_count;
    key.digest = PANEL_DIGEST_START;
    for (size_t i = 0; i < input->structure_count; ++i) {
        const struct rnd_panel_structure *structure = &input->structures[i];
        key.digest = panel_digest(key.digest, structure->name, strlen(structure->name));
        key.digest = panel_digest(key.digest, &structure->colour, sizeof(structure->colour));
    }
    if (panel_begin(panel, WIDGET_STRUCTURES, rect, &key, sizeof(key))) {
        draw_legend(&panel->canvas, rect, input);
        panel_end(panel);
    }
}

/* ---- cuts ----------------------------------------------------------------------------------- */

struct cuts_key {
    struct rnd_cue_cuts cuts;
    enum rnd_language language;
};

/* A cut's state as a shape below its number. */
static void draw_cut_state(const struct rnd_canvas *canvas, const struct rnd_cue_cut *cut, double x,
                           double y)
{
    cairo_t *cr = canvas->cr;
    const double r = rnd_px(canvas, 11);
    cairo_set_line_width(cr, rnd_px(canvas, 5));
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cr);
    switch (cut->state) {
    case NAV_CUT_ACTIVE:
        rnd_ink(canvas, rnd_pairs[RND_PAIR_TEXT].text, 1.0);
        cairo_move_to(cr, x - 1.4 * r, y);
        cairo_line_to(cr, x + 1.4 * r, y);
        cairo_stroke(cr);
        break;
    case NAV_CUT_PAUSED:
        rnd_ink(canvas, rnd_pairs[RND_PAIR_CAUTION].text, 1.0);
        cairo_move_to(cr, x - 0.5 * r, y - 0.8 * r);
        cairo_line_to(cr, x - 0.5 * r, y + 0.8 * r);
        cairo_move_to(cr, x + 0.5 * r, y - 0.8 * r);
        cairo_line_to(cr, x + 0.5 * r, y + 0.8 * r);
        cairo_stroke(cr);
        break;
    case NAV_CUT_DONE:
        rnd_ink(canvas, rnd_pairs[RND_PAIR_OK].text, 1.0);
        cairo_move_to(cr, x - r, y);
        cairo_line_to(cr, x - 0.2 * r, y + 0.8 * r);
        cairo_line_to(cr, x + r, y - 0.8 * r);
        cairo_stroke(cr);
        break;
    case NAV_CUT_SKIPPED:
        rnd_ink(canvas, rnd_pairs[RND_PAIR_QUIET].text, 1.0);
        cairo_move_to(cr, x - 0.8 * r, y - 0.8 * r);
        cairo_line_to(cr, x + 0.8 * r, y + 0.8 * r);
        cairo_move_to(cr, x + 0.8 * r, y - 0.8 * r);
        cairo_line_to(cr, x - 0.8 * r, y + 0.8 * r);
        cairo_stroke(cr);
        break;
    default:
        rnd_ink(canvas, rnd_pairs[RND_PAIR_QUIET].text, 0.8);
        cairo_arc(cr, x, y, 0.35 * r, 0.0, 2.0 * M_PI);
        cairo_fill(cr);
        break;
    }
}

static void draw_cut_ring(const struct rnd_canvas *canvas, double x, double y, double radius,
                          bool dashed)
{
    const double dashes[2] = {rnd_px(canvas, 7), rnd_px(canvas, 6)};
    cairo_new_path(canvas->cr);
    cairo_arc(canvas->cr, x, y, radius, 0.0, 2.0 * M_PI);
    rnd_ink(canvas, rnd_pairs[RND_PAIR_TEXT].text, 1.0);
    cairo_set_line_width(canvas->cr, rnd_px(canvas, 4));
    if (dashed) {
        cairo_set_dash(canvas->cr, dashes, 2, 0.0);
    }
    cairo_stroke(canvas->cr);
    cairo_set_dash(canvas->cr, NULL, 0, 0.0);
}

static void draw_cuts(const struct rnd_canvas *canvas, struct rnd_rect rect,
                      const struct cuts_key *key)
{
    const struct rnd_cue_cuts *cuts = &key->cuts;
    rnd_card(canvas, rect);
    if (cuts->count == 0) {
        return;
    }
    const double left = rect.x + rnd_px(canvas, MARGIN);
    const double right = rect.x + rect.w - rnd_px(canvas, MARGIN);
    double words_x = left;
    const bool asked = cuts->fragment == NAV_FRAGMENT_ASKED;
    if (asked || cuts->fragment == NAV_FRAGMENT_LOOSE) {
        rnd_write(canvas,
                  rnd_say(key->language, asked ? RND_SAY_FRAGMENT_ASKED : RND_SAY_FRAGMENT_LOOSE),
                  words_x, rect.y + rnd_px(canvas, 26), RND_ALIGN_LEFT, right - left,
                  RND_TYPE_SMALL, true, rnd_pairs[RND_PAIR_ALARM].text);
    }
    const double y =
        rect.y + rnd_px(canvas, asked || cuts->fragment == NAV_FRAGMENT_LOOSE ? 62 : 46);
    const double state_y = rect.y + rect.h - rnd_px(canvas, 24);
    const double step = fmin((right - left) / cuts->count, rnd_px(canvas, 110));
    const double radius = fmin(rnd_px(canvas, 19), 0.40 * step);
    for (uint32_t i = 0; i < cuts->count; ++i) {
        const struct rnd_cue_cut *cut = &cuts->list[i];
        const double x = left + (i + 0.5) * step;
        const bool over = cut->state == NAV_CUT_SKIPPED;
        rnd_cut_disc(canvas, i + 1, x, y, radius, over ? 0.5 : 1.0);
        if (cut->state == NAV_CUT_ACTIVE || cut->suggested) {
            draw_cut_ring(canvas, x, y, radius + rnd_px(canvas, 6), cut->suggested);
        }
        draw_cut_state(canvas, cut, x, state_y);
    }
    char done[16];
    (void)snprintf(done, sizeof(done), "%u/%u", (unsigned)cuts->done, (unsigned)cuts->count);
    if (left + cuts->count * step + rnd_px(canvas, 60) < right) {
        rnd_write(canvas, done, right, y, RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, true,
                  rnd_pairs[RND_PAIR_TEXT].text);
    }
}

void panel_update_lists(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    update_structures(panel, input);
    const struct rnd_rect rect = panel->places.cuts;
    struct cuts_key key;
    memset(&key, 0, sizeof(key));
    key.cuts = input->overlay->cues.cuts;
    key.language = input->overlay->cues.language;
    if (key.cuts.count == 0) {
        /* Without a core the plan's cuts are still the plan's. */
        key.cuts.count =
            (uint32_t)(input->cut_count < NAV_CUTS_MAX ? input->cut_count : NAV_CUTS_MAX);
    }
    if (panel_begin(panel, WIDGET_CUTS, rect, &key, sizeof(key))) {
        draw_cuts(&panel->canvas, rect, &key);
        panel_end(panel);
    }
}
