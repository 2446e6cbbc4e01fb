/* The strip at the bottom: a column for each of tracker, reference, registration, tools, display.
 */
#include <stdio.h>
#include <string.h>

#include "panel_parts.h"

struct column_key {
    struct rnd_overlay_entry entry;
    bool last;
};

static void draw_column(const struct rnd_canvas *canvas, struct rnd_rect rect,
                        const struct column_key *key)
{
    const struct rnd_pair_colours *quiet = &rnd_pairs[RND_PAIR_QUIET];
    const struct rnd_pair_colours *colours = rnd_level_colours(key->entry.level);
    rnd_fill(canvas, rect, quiet->ground, 1.0);
    const double left = rect.x + rnd_px(canvas, 16);
    const double right = rect.x + rect.w - rnd_px(canvas, 10);
    const double top = rect.y + rect.h * 0.29;
    const double bottom = rect.y + rect.h * 0.69;
    const double room = right - left;
    const double gap = rnd_px(canvas, 8);
    const double remark = rnd_width_of(canvas, key->entry.age, RND_TYPE_SMALL, false);
    rnd_write(canvas, key->entry.age, right, top, RND_ALIGN_RIGHT, room, RND_TYPE_SMALL, false,
              quiet->text);
    rnd_write(canvas, key->entry.label, left, top, RND_ALIGN_LEFT,
              room - remark - (remark > 0 ? gap : 0.0), RND_TYPE_SMALL, false, quiet->text);
    const double radius = rnd_px(canvas, 11);
    rnd_icon(canvas, key->entry.level, left + radius, bottom, radius, colours->text);
    rnd_write_fitting(canvas, key->entry.value, left + 2.0 * radius + gap, bottom, RND_ALIGN_LEFT,
                      room - 2.0 * radius - gap, RND_TYPE_BODY, true, colours->text);
    if (!key->last) {
        rnd_ink(canvas, quiet->text, 0.22);
        cairo_rectangle(canvas->cr, rect.x + rect.w - 1, rect.y + rect.h * 0.18, 1, rect.h * 0.64);
        cairo_fill(canvas->cr);
    }
}

/* How many of the entries have a place, and the columns that these take. */
static uint32_t shown_entries(const struct rnd_overlay *overlay, uint32_t *out_columns)
{
    uint32_t columns = 0;
    uint32_t count = 0;
    while (count < overlay->entry_count) {
        const uint32_t needed = overlay->entries[count].wide ? 2 : 1;
        if (columns + needed > COLUMNS_MAX) {
            break;
        }
        columns += needed;
        ++count;
    }
    *out_columns = columns;
    return count;
}

/* The last column stands for all that have no room: how many, and the worst state. */
static void sum_up(const struct rnd_overlay *overlay, uint32_t from, struct column_key *key)
{
    const enum rnd_language language = overlay->cues.language;
    (void)snprintf(key->entry.label, sizeof(key->entry.label), "+ %u %s",
                   (unsigned)(overlay->entry_count - from), rnd_say(language, RND_SAY_MORE));
    for (uint32_t k = from; k < overlay->entry_count; ++k) {
        if (overlay->entries[k].level > key->entry.level) {
            key->entry.level = overlay->entries[k].level;
        }
    }
    (void)snprintf(
        key->entry.value, sizeof(key->entry.value), "%s",
        rnd_say(language, key->entry.level >= RND_LEVEL_CAUTION ? RND_SAY_CHECK : RND_SAY_OK));
    key->entry.age[0] = '\0';
}

void panel_update_strip(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_overlay *overlay = input->overlay;
    const struct rnd_rect strip = panel->places.strip;
    uint32_t columns = 0;
    const uint32_t count = shown_entries(overlay, &columns);
    uint32_t column = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const struct rnd_overlay_entry *entry = &overlay->entries[i];
        struct column_key key;
        memset(&key, 0, sizeof(key));
        key.last = i + 1 == count;
        key.entry.level = entry->level;
        rnd_text_append(key.entry.label, sizeof(key.entry.label), entry->label);
        rnd_text_append(key.entry.value, sizeof(key.entry.value), entry->value);
        rnd_text_append(key.entry.age, sizeof(key.entry.age), entry->age);
        if (key.last && overlay->entry_count > count) {
            memset(key.entry.label, 0, sizeof(key.entry.label));
            memset(key.entry.value, 0, sizeof(key.entry.value));
            memset(key.entry.age, 0, sizeof(key.entry.age));
            sum_up(overlay, i, &key);
        }
        const uint32_t next = column + (entry->wide ? 2 : 1);
        const int x0 = (int)((int64_t)strip.w * column / columns);
        const int x1 = (int)((int64_t)strip.w * next / columns);
        column = next;
        const struct rnd_rect rect = {strip.x + x0, strip.y, x1 - x0, strip.h};
        if (panel_begin(panel, WIDGET_COLUMN + i, rect, &key, sizeof(key))) {
            draw_column(&panel->canvas, rect, &key);
            panel_end(panel);
        }
    }
}
