#include "buttons.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

const struct rnd_button rnd_buttons[RND_BUTTON_COUNT] = {
    {NAV_ACT_NEXT_LAYOUT, RND_SAY_BUTTON_LAYOUT, 1},
    {NAV_ACT_NEXT_VIEW, RND_SAY_BUTTON_VIEW, 1},
    {NAV_ACT_NEXT_CUT, RND_SAY_BUTTON_CUT, 1},
    {NAV_ACT_ZOOM_OUT, RND_SAY_BUTTON_ZOOM_OUT, 1},
    {NAV_ACT_ZOOM_IN, RND_SAY_BUTTON_ZOOM_IN, 1},
    {NAV_ACT_MOVE, RND_SAY_BUTTON_MOVE, 1},
    {NAV_ACT_MEASURE, RND_SAY_BUTTON_MEASURE, 1},
    {NAV_ACT_KEYHOLE, RND_SAY_BUTTON_KEYHOLE, 1},
    {NAV_ACT_UNDO, RND_SAY_BUTTON_UNDO, 1},
    {NAV_ACT_RESET, RND_SAY_BUTTON_RESET, 1},
    {NAV_ACT_SCREENSHOT, RND_SAY_BUTTON_PICTURE, 1},
    {NAV_ACT_HELP, RND_SAY_BUTTON_HELP, 1},
    {NAV_ACT_ACKNOWLEDGE, RND_SAY_BUTTON_ACKNOWLEDGE, 2},
};

struct rnd_rect rnd_button_rect(struct rnd_rect bar, size_t button)
{
    int before = 0;
    int all = 0;
    for (size_t i = 0; i < RND_BUTTON_COUNT; ++i) {
        before += i < button ? rnd_buttons[i].width : 0;
        all += rnd_buttons[i].width;
    }
    const int x0 = bar.w * before / all;
    const int x1 = bar.w * (before + rnd_buttons[button].width) / all;
    return (struct rnd_rect){bar.x + x0, bar.y, x1 - x0, bar.h};
}

enum nav_act rnd_button_at(struct rnd_rect bar, double x, double y)
{
    for (size_t i = 0; i < RND_BUTTON_COUNT; ++i) {
        const struct rnd_rect rect = rnd_button_rect(bar, i);
        if (x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h) {
            return rnd_buttons[i].act;
        }
    }
    return NAV_ACT_NONE;
}

/* What is printed on the key: a translated word, or its own name in capitals. */
static void name_key(enum nav_key key, enum rnd_language language, char out[16])
{
    static const enum rnd_words words[NAV_KEY_COUNT] = {
        [NAV_KEY_SPACE] = RND_SAY_KEY_SPACE,     [NAV_KEY_ENTER] = RND_SAY_KEY_ENTER,
        [NAV_KEY_TAB] = RND_SAY_KEY_TAB,         [NAV_KEY_BACKSPACE] = RND_SAY_KEY_BACKSPACE,
        [NAV_KEY_INSERT] = RND_SAY_KEY_INSERT,   [NAV_KEY_DELETE] = RND_SAY_KEY_DELETE,
        [NAV_KEY_HOME] = RND_SAY_KEY_HOME,       [NAV_KEY_END] = RND_SAY_KEY_END,
        [NAV_KEY_PAGE_UP] = RND_SAY_KEY_PAGE_UP, [NAV_KEY_PAGE_DOWN] = RND_SAY_KEY_PAGE_DOWN,
        [NAV_KEY_LEFT] = RND_SAY_KEY_LEFT,       [NAV_KEY_RIGHT] = RND_SAY_KEY_RIGHT,
        [NAV_KEY_UP] = RND_SAY_KEY_UP,           [NAV_KEY_DOWN] = RND_SAY_KEY_DOWN,
        [NAV_KEY_MINUS] = RND_SAY_KEY_MINUS,     [NAV_KEY_PLUS] = RND_SAY_KEY_PLUS,
        [NAV_KEY_COMMA] = RND_SAY_KEY_COMMA,     [NAV_KEY_PERIOD] = RND_SAY_KEY_PERIOD,
        [NAV_KEY_SLASH] = RND_SAY_KEY_SLASH,
    };
    out[0] = '\0';
    if (words[key] != RND_SAY_NOTHING) {
        rnd_text_append(out, 16, rnd_say(language, words[key]));
        return;
    }
    rnd_text_append(out, 16, nav_key_name(key));
    for (char *c = out; *c != '\0'; ++c) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c == '-' ? ' ' : *c;
    }
}

void rnd_keys_of(const struct nav_key_map *keys, enum rnd_language language, enum nav_act act,
                 unsigned most, char *text, size_t size)
{
    unsigned count = 0;
    for (int own = 1; own >= 0; --own) {
        for (unsigned key = 0; key < NAV_KEY_COUNT; ++key) {
            char name[16];
            if (keys->act[key] != act || keys->own[key] != (own != 0) || count == most) {
                continue;
            }
            name_key((enum nav_key)key, language, name);
            rnd_text_append(text, size, text[0] != '\0' ? ", " : "");
            rnd_text_append(text, size, name);
            ++count;
        }
    }
}
