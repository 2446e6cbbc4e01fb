/* The bar of buttons: large enough for a finger in a glove. */
#include <string.h>

#include "buttons.h"
#include "panel_parts.h"

struct buttons_key {
    enum rnd_language language;
    bool on[RND_BUTTON_COUNT];
};

static void draw_button(const struct rnd_canvas *canvas, struct rnd_rect rect, const char *words,
                        bool on)
{
    static const struct rnd_colour face = RND_RGB(0x22303f);
    const struct rnd_pair_colours *lit = &rnd_pairs[RND_PAIR_CUT];
    rnd_rounded(canvas, rnd_rect_inset(rect, rnd_px(canvas, 5)), rnd_px(canvas, 12));
    rnd_ink(canvas, on ? lit->text : face, 1.0);
    cairo_fill(canvas->cr);
    rnd_write(canvas, words, rect.x + rect.w / 2.0, rect.y + rect.h / 2.0, RND_ALIGN_CENTRE,
              rect.w - rnd_px(canvas, 12), RND_TYPE_SMALL, true,
              on ? lit->ground : rnd_pairs[RND_PAIR_TEXT].text);
}

void panel_update_buttons(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect bar = panel->places.buttons;
    struct buttons_key key;
    memset(&key, 0, sizeof(key));
    key.language = input->overlay->cues.language;
    for (size_t i = 0; i < RND_BUTTON_COUNT; ++i) {
        key.on[i] = (rnd_buttons[i].act == NAV_ACT_MOVE && input->moves) ||
                    (rnd_buttons[i].act == NAV_ACT_MEASURE && input->measuring > 0) ||
                    (rnd_buttons[i].act == NAV_ACT_KEYHOLE && input->keyhole) ||
                    (rnd_buttons[i].act == NAV_ACT_HELP && input->help);
    }
    if (panel_begin(panel, WIDGET_BUTTONS, bar, &key, sizeof(key))) {
        rnd_fill(&panel->canvas, bar, rnd_gap, 1.0);
        for (size_t i = 0; i < RND_BUTTON_COUNT; ++i) {
            draw_button(&panel->canvas, rnd_button_rect(bar, i),
                        rnd_say(key.language, rnd_buttons[i].words), key.on[i]);
        }
        panel_end(panel);
    }
}
