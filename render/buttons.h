/* The bar of buttons for hands in gloves: what each does and says. Pure. Thread: any. */
#ifndef RND_BUTTONS_H
#define RND_BUTTONS_H

#include <stddef.h>

#include "nav/hands.h"
#include "rect.h"
#include "words.h"

struct rnd_button {
    enum nav_act act;
    enum rnd_words words;
    int width; /* in widths of a usual one */
};

enum { RND_BUTTON_COUNT = 13 };

extern const struct rnd_button rnd_buttons[RND_BUTTON_COUNT];

/* A button's place in the bar, from left to right without gaps. */
struct rnd_rect rnd_button_rect(struct rnd_rect bar, size_t button);

/* What the button at that place does; NAV_ACT_NONE: there is none. */
enum nav_act rnd_button_at(struct rnd_rect bar, double x, double y);

/* The names of the keys that do this, "F13, Space", the case's own first, `most` at most; in a
 * field of RND_FIELD_KEY. Appends. */
void rnd_keys_of(const struct nav_key_map *keys, enum rnd_language language, enum nav_act act,
                 unsigned most, char *text, size_t size);

#endif
