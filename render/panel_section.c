/* Sections with their words; around each the state of the whole, so that none looks better than
 * the view. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "panel_parts.h"

struct section_key {
    uint32_t revision;
    enum rnd_language language;
    bool review;
    enum rnd_pair pair;
    enum nav_trust trust;
    enum nav_mode mode;
    bool drawable;
    uint64_t measures; /* digest */
};

/* A measurement is of the section in whose plane its points lie. */
static bool place_measure(const struct rnd_section *section, struct rnd_rect rect,
                          const struct rnd_panel_measure *measure, double at[][2])
{
    static const double near_mm = 1.0;
    for (size_t i = 0; i < measure->points.count; ++i) {
        if (fabs(rnd_section_place(section, measure->points.points_mm[i], at[i])) > near_mm) {
            return false;
        }
        at[i][0] += rect.x + 0.5;
        at[i][1] += rect.y + 0.5;
    }
    return true;
}

static void draw_section_measures(const struct rnd_canvas *canvas, struct rnd_rect rect,
                                  const struct rnd_section *section,
                                  const struct rnd_panel_input *input)
{
    for (size_t i = 0; i < input->measure_count && section->placed; ++i) {
        double at[NAV_MEASURE_POINTS_MAX][2];
        if (place_measure(section, rect, &input->measures[i], at)) {
            (void)panel_draw_measure(canvas, rect, &input->measures[i], at);
        }
    }
}

static void draw_section_frame(const struct rnd_canvas *canvas, struct rnd_rect rect,
                               const struct section_key *key)
{
    const int thick = rnd_at_least_1(rnd_px(canvas, 5));
    int edge = 0;
    for (int ring = 0; ring < 2; ++ring) {
        const bool mode = ring == 0;
        if (mode ? key->mode == NAV_MODE_LIVE : key->trust == NAV_TRUST_OK) {
            continue;
        }
        const struct rnd_colour colour =
            mode ? rnd_pairs[RND_PAIR_MODE].ground : rnd_pairs[key->pair].ground;
        const struct rnd_rect r = rnd_rect_inset(rect, edge);
        rnd_fill(canvas, (struct rnd_rect){r.x, r.y, r.w, thick}, colour, 1.0);
        rnd_fill(canvas, (struct rnd_rect){r.x, r.y + r.h - thick, r.w, thick}, colour, 1.0);
        rnd_fill(canvas, (struct rnd_rect){r.x, r.y, thick, r.h}, colour, 1.0);
        rnd_fill(canvas, (struct rnd_rect){r.x + r.w - thick, r.y, thick, r.h}, colour, 1.0);
        edge += thick;
    }
}

static void draw_section_letters(const struct rnd_canvas *canvas, struct rnd_rect rect,
                                 const struct rnd_letters *letters)
{
    const double margin = rnd_px(canvas, 30);
    const double cx = rect.x + rect.w / 2.0;
    const double cy = rect.y + rect.h / 2.0;
    const double at[RND_EDGE_COUNT][2] = {
        [RND_EDGE_LEFT] = {rect.x + margin, cy},
        [RND_EDGE_RIGHT] = {rect.x + rect.w - margin, cy},
        [RND_EDGE_TOP] = {cx, rect.y + margin},
        [RND_EDGE_BOTTOM] = {cx, rect.y + rect.h - margin},
    };
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        (void)rnd_write_haloed(canvas, letters->edge[edge], at[edge][0], at[edge][1], 32,
                               rnd_pairs[RND_PAIR_TEXT].text);
    }
}

static void draw_section_labels(const struct rnd_canvas *canvas, struct rnd_rect rect,
                                const struct rnd_section *section)
{
    for (size_t i = 0; i < section->label_count; ++i) {
        const struct rnd_section_label *label = &section->labels[i];
        rnd_cut_disc(canvas, label->number, rect.x + label->x, rect.y + label->y,
                     rnd_px(canvas, 16), section->live ? 1.0 : 0.6);
    }
}

/* The words stand where the tip's mark would be. */
static void draw_not_live(const struct rnd_canvas *canvas, struct rnd_rect rect, const char *words)
{
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_CAUTION];
    int width = 0;
    int height = 0;
    rnd_measure(canvas, words, RND_TYPE_BODY, true, 0.0, &width, &height);
    const int icon = rnd_px(canvas, 16);
    const int w = width + 3 * icon + rnd_px(canvas, 40);
    const int h = rnd_px(canvas, 54);
    const struct rnd_rect plate = {rect.x + (rect.w - w) / 2, rect.y + (rect.h - h) / 2, w, h};
    rnd_rounded(canvas, plate, rnd_px(canvas, 12));
    rnd_ink(canvas, colours->ground, 0.92);
    cairo_fill(canvas->cr);
    const double middle = plate.y + plate.h / 2.0;
    rnd_icon(canvas, RND_LEVEL_CAUTION, plate.x + rnd_px(canvas, 20) + icon, middle, icon,
             colours->text);
    rnd_write(canvas, words, plate.x + rnd_px(canvas, 20) + 3.0 * icon, middle, RND_ALIGN_LEFT, 0.0,
              RND_TYPE_BODY, true, colours->text);
}

static void draw_section_pixels(const struct rnd_canvas *canvas, struct rnd_rect rect,
                                const struct rnd_section *section)
{
    const int stride = cairo_image_surface_get_stride(canvas->surface);
    uint8_t *to = cairo_image_surface_get_data(canvas->surface);
    const struct rnd_rect all = {0, 0, canvas->width_px, canvas->height_px};
    const struct rnd_rect seen =
        rnd_rect_both((struct rnd_rect){rect.x, rect.y, section->width, section->height}, all);
    cairo_surface_flush(canvas->surface);
    for (int row = 0; row < seen.h; ++row) {
        const uint32_t *from = section->pixels +
                               (size_t)(seen.y - rect.y + row) * (size_t)section->width +
                               (size_t)(seen.x - rect.x);
        memcpy(to + (size_t)(seen.y + row) * (size_t)stride + (size_t)seen.x * 4, from,
               (size_t)seen.w * 4);
    }
    cairo_surface_mark_dirty_rectangle(canvas->surface, seen.x, seen.y, seen.w, seen.h);
}

/* Words in a corner of the picture. */
static void write_corner(const struct rnd_canvas *canvas, struct rnd_rect rect, const char *words,
                         bool top)
{
    (void)rnd_write_haloed_from(canvas, words, rect.x + rnd_px(canvas, 18),
                                top ? rect.y + rnd_px(canvas, 28)
                                    : rect.y + rect.h - rnd_px(canvas, 28),
                                RND_TYPE_SMALL, rnd_pairs[RND_PAIR_QUIET].text);
}

/* Which scans are seen, below the title; and that only an eye vouches for where one lies. */
static void write_fusion(const struct rnd_canvas *canvas, struct rnd_rect rect,
                         enum rnd_language language, const struct rnd_section *section)
{
    static const enum rnd_words words[RND_FUSION_COUNT] = {
        [RND_FUSION_FIRST] = RND_SAY_NOTHING,
        [RND_FUSION_BLEND] = RND_SAY_FUSION_BLEND,
        [RND_FUSION_SQUARES] = RND_SAY_FUSION_SQUARES,
        [RND_FUSION_SECOND] = RND_SAY_FUSION_SECOND,
    };
    if (section->fusion == RND_FUSION_FIRST) {
        return;
    }
    const int line = rnd_px(canvas, 32);
    const struct rnd_rect second = {rect.x, rect.y + line, rect.w, rect.h};
    const struct rnd_rect third = {rect.x, rect.y + 2 * line, rect.w, rect.h};
    write_corner(canvas, second, rnd_say(language, words[section->fusion]), true);
    if (section->unjudged) {
        const char *warning = rnd_say(language, RND_SAY_FUSION_UNJUDGED);
        const int width = rnd_width_of(canvas, warning, RND_TYPE_SMALL, true);
        (void)rnd_write_haloed(canvas, warning, third.x + rnd_px(canvas, 18) + width / 2.0,
                               third.y + rnd_px(canvas, 28), RND_TYPE_SMALL,
                               rnd_pairs[RND_PAIR_CAUTION].text);
    }
}

static void draw_section(const struct rnd_canvas *canvas, struct rnd_rect rect,
                         const struct section_key *key, const struct rnd_section *section)
{
    rnd_fill(canvas, rect, rnd_gap, 1.0);
    if (!key->drawable) {
        return;
    }
    draw_section_pixels(canvas, rect, section);
    draw_section_labels(canvas, rect, section);
    draw_section_letters(canvas, rect, &section->letters);
    char title[NAV_TEXT_SIZE];
    (void)snprintf(title, sizeof(title), "%s%s", rnd_say(key->language, section->title),
                   section->title_number);
    write_corner(canvas, rect, title, true);
    write_fusion(canvas, rect, key->language, section);
    const char *below = section->live   ? section->tool
                        : section->scan ? ""
                                        : rnd_say(key->language, RND_SAY_NO_SCAN);
    if (below[0] != '\0' && rect.h > rnd_px(canvas, 160)) {
        write_corner(canvas, rect, below, false);
    }
    if (!section->live && !key->review) {
        draw_not_live(canvas, rect, rnd_say(key->language, RND_SAY_SECTION_NOT_LIVE));
    }
    const int thin = rnd_at_least_1(rnd_px(canvas, 2));
    rnd_ink(canvas, rnd_gap, 1.0);
    cairo_rectangle(canvas->cr, rect.x, rect.y, rect.w, thin);
    cairo_rectangle(canvas->cr, rect.x, rect.y, thin, rect.h);
    cairo_rectangle(canvas->cr, rect.x + rect.w - thin, rect.y, thin, rect.h);
    cairo_fill(canvas->cr);
    draw_section_frame(canvas, rect, key);
}

void panel_update_sections(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    for (unsigned kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        const struct rnd_rect rect = panel->places.sections[kind];
        const struct rnd_section *section =
            input->sections != NULL ? rnd_sections_get(input->sections, (enum rnd_section_kind)kind)
                                    : NULL;
        struct section_key key;
        memset(&key, 0, sizeof(key));
        key.drawable = section != NULL && section->pixels != NULL;
        key.revision = section != NULL ? section->revision : 0;
        for (size_t i = 0; i < input->measure_count; ++i) {
            key.measures = panel_digest(key.measures, &input->measures[i].points,
                                        sizeof(input->measures[i].points));
        }
        key.trust = input->overlay->trust;
        key.pair = rnd_bar_pair(input->overlay);
        key.mode = input->overlay->mode;
        key.review = input->overlay->review;
        key.language = input->overlay->cues.language;
        if (panel_begin(panel, WIDGET_SECTION + kind, rect, &key, sizeof(key))) {
            draw_section(&panel->canvas, rect, &key, section);
            if (key.drawable) {
                draw_section_measures(&panel->canvas, rect, section, input);
            }
            panel_end(panel);
        }
    }
}
