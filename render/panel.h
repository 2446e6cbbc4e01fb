/* The flat parts of the screen: verdict bar, highest alarm, guidance, distances, cut list, status
 * strip, and what lies over the 3D view (orientation letters, cut numbers, frames, messages).
 *
 * Drawn with Cairo and Pango into one premultiplied ARGB32 picture of the whole screen, top row
 * first; only what changed is drawn again and reported as dirty rectangles. No OpenGL.
 * Rectangles are in pixels from the top left. Thread: main. */
#ifndef RND_PANEL_H
#define RND_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camera.h"
#include "layout.h"
#include "nav/hands.h"
#include "nav/measure.h"
#include "nav/status.h"
#include "overlay.h"
#include "rect.h"
#include "sections.h"
#include "theme.h"
#include "view_state.h"

enum {
    RND_PANEL_CUTS_MAX = 16,
    RND_PANEL_STRUCTURES_MAX = 64,
    RND_PANEL_RECTS_MAX = 96 /* entries of either list of rectangles */
};

struct rnd_panel_cut {
    char name[NAV_NAME_SIZE];
    bool placed;  /* its number is in the picture */
    double at[2]; /* where, as fractions of the view from its top left */
};

struct rnd_panel_structure {
    char name[NAV_NAME_SIZE];
    struct rnd_colour colour;
};

/* A measurement, or the first points of one. */
struct rnd_panel_measure {
    struct nav_measure points;
    bool whole;
    char value[RND_NUMBER_SIZE + 8];      /* of a whole one */
    bool in_view;                         /* all its points have a place there, ... */
    double at[NAV_MEASURE_POINTS_MAX][2]; /* ... as fractions of the view from its top left */
};

struct rnd_panel_input {
    const struct rnd_overlay *overlay;
    struct rnd_letters letters;
    char view_name[NAV_NAME_SIZE];
    bool aimed; /* the view is from a tip along its shaft: its middle is marked */
    bool
        refining; /* the view is a reduced picture or the former one: the whole one is on its way */
    char faded[RND_WORDS_SIZE]; /* structures not drawn as the case has them; empty: none */
    bool help;
    bool no_3d; /* there is no 3D view: its place says so and shows the numbers, opaque */
    size_t cut_count;
    const struct rnd_panel_cut *cuts;
    size_t structure_count;
    const struct rnd_panel_structure *structures; /* lines of the list of colours */
    size_t model_count;
    const struct rnd_panel_structure *models; /* every structure's own colour, by its name */
    const struct rnd_sections *sections;      /* NULL: their places stay empty */
    bool moves;                               /* a drag moves instead of turning */
    bool keyhole;                             /* bone fades around the tip */
    const struct nav_key_map *keys;           /* for the help; NULL: the usual ones */
    size_t measuring; /* points of the measurement that clicks make; 0: none */
    size_t measure_count;
    const struct rnd_panel_measure *measures;
};

struct rnd_panel;

/* `mirrored`: the cards are on the left; `touch`: with a bar of buttons. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_panel_create(enum rnd_layout layout, bool mirrored, bool touch,
                                              struct rnd_panel **out_panel);
void rnd_panel_destroy(struct rnd_panel *panel); /* NULL is legal */

/* Sets the screen's size; the next update draws everything. NAV_ERR_ARGUMENT: a side below 1 or
 * above 16384; NAV_ERR_MEMORY: the panel then keeps its former size. */
NAV_MUST_USE enum nav_status rnd_panel_resize(struct rnd_panel *panel, int width_px, int height_px);

/* Where the 3D view goes. Its sides are at least 1 px. */
struct rnd_rect rnd_panel_view_rect(const struct rnd_panel *panel);

/* Where a section goes; empty: not in this layout. */
struct rnd_rect rnd_panel_section_rect(const struct rnd_panel *panel, enum rnd_section_kind kind);

/* Where the buttons are; empty: there are none. */
struct rnd_rect rnd_panel_buttons_rect(const struct rnd_panel *panel);

/* Changes the arrangement; the next update draws everything. */
void rnd_panel_set_layout(struct rnd_panel *panel, enum rnd_layout layout);

/* Draws what changed since the last update. */
void rnd_panel_update(struct rnd_panel *panel, const struct rnd_panel_input *input);

/* Rectangles that the last update changed, and those that lie over the view and are to be blended
 * onto it. The arrays belong to the panel until its next call. */
const struct rnd_rect *rnd_panel_dirty(const struct rnd_panel *panel, size_t *out_count);
const struct rnd_rect *rnd_panel_over_view(const struct rnd_panel *panel, size_t *out_count);

/* The picture: CAIRO_FORMAT_ARGB32 (premultiplied, native-endian words). */
const uint8_t *rnd_panel_pixels(const struct rnd_panel *panel, int *out_stride);

#endif
