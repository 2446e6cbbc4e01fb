/* Inside of the panel: what its files share. Nothing else includes it. Thread: main. */
#ifndef RND_PANEL_PARTS_H
#define RND_PANEL_PARTS_H

#include "canvas.h"
#include "layout.h"
#include "panel.h"

enum {
    COLUMNS_MAX = 8,    /* status columns on one line, counting a wide one twice */
    TOOL_CARDS_MAX = 2, /* tools with their numbers in the side panel */
    KEY_SIZE = 4096,    /* room for what one widget shows */
};

enum widget_index {
    WIDGET_VERDICT,
    WIDGET_HEARTBEAT,
    WIDGET_ALARM,
    WIDGET_STATUS,
    WIDGET_GUIDE,
    WIDGET_STRUCTURES,
    WIDGET_CUTS,
    WIDGET_BUTTONS,
    WIDGET_COLUMN,
    WIDGET_SECTION = WIDGET_COLUMN + COLUMNS_MAX,
    WIDGET_COUNT = WIDGET_SECTION + RND_SECTION_COUNT
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
    bool mirrored;
    bool touch;
    struct rnd_canvas canvas;
    struct rnd_places places;
    struct widget widgets[WIDGET_COUNT];
    /* What lies over the view is drawn as one: its parts overlap. */
    bool over_drawn;
    size_t over_key_size;
    unsigned char *over_key;
    size_t dirty_count, over_count;
    struct rnd_rect dirty[RND_PANEL_RECTS_MAX];
    struct rnd_rect over[RND_PANEL_RECTS_MAX];
};

/* True when the widget must be drawn; it then counts as drawn, and drawing is clipped to its
 * rectangle until panel_end. `key_size` is at most KEY_SIZE. */
bool panel_begin(struct rnd_panel *panel, unsigned widget, struct rnd_rect rect, const void *key,
                 size_t key_size);
void panel_end(struct rnd_panel *panel);

void panel_add_dirty(struct rnd_panel *panel, struct rnd_rect rect);

/* One measurement at these pixels, its value within `inside`. Returns what it covers. */
struct rnd_rect panel_draw_measure(const struct rnd_canvas *canvas, struct rnd_rect inside,
                                   const struct rnd_panel_measure *measure, const double at[][2]);

/* FNV-1a. */
#define PANEL_DIGEST_START UINT64_C(14695981039346656037)
uint64_t panel_digest(uint64_t digest, const void *bytes, size_t size);

/* One function a file; each draws what changed. */
void panel_update_bar(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_buttons(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_strip(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_measures(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_guide(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_lists(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_sections(struct rnd_panel *panel, const struct rnd_panel_input *input);
void panel_update_over_view(struct rnd_panel *panel, const struct rnd_panel_input *input);

#endif
