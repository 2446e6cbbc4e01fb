/* Ink on the flat parts of the screen: rectangles, words and icons, with Cairo and Pango.
 *
 * Sizes of type are in theme units (theme.h); everything else is in pixels from the top left.
 * Thread: main. */
#ifndef RND_CANVAS_H
#define RND_CANVAS_H

#include <pango/pangocairo.h>
#include <stdbool.h>

#include "nav/scene.h"
#include "nav/status.h"
#include "overlay.h"
#include "rect.h"
#include "theme.h"

/* Words with a rim as they were drawn before; halo.c. Destroying NULL is legal. */
struct rnd_halos;
struct rnd_halos *rnd_halos_create(void); /* NULL: no memory */
void rnd_halos_destroy(struct rnd_halos *halos);

struct rnd_canvas {
    cairo_surface_t *surface; /* ARGB32, premultiplied; NULL: has no size yet */
    cairo_t *cr;
    PangoLayout *text;
    int width_px, height_px;
    double unit; /* pixels of one theme unit */
    struct rnd_halos *halos;
};

enum rnd_align { RND_ALIGN_LEFT, RND_ALIGN_CENTRE, RND_ALIGN_RIGHT };

/* Gives it a size; what was drawn is gone. NAV_ERR_MEMORY: it keeps its former one. */
NAV_MUST_USE enum nav_status rnd_canvas_resize(struct rnd_canvas *canvas, int width_px,
                                               int height_px);
void rnd_canvas_release(struct rnd_canvas *canvas);

/* Theme units as whole pixels. */
int rnd_px(const struct rnd_canvas *canvas, double units);
int rnd_at_least_1(int value);

void rnd_ink(const struct rnd_canvas *canvas, struct rnd_colour colour, double alpha);
void rnd_fill(const struct rnd_canvas *canvas, struct rnd_rect rect, struct rnd_colour colour,
              double alpha);
void rnd_clear(const struct rnd_canvas *canvas, struct rnd_rect rect);

/* Adds a rectangle with round corners to the path. */
void rnd_rounded(const struct rnd_canvas *canvas, struct rnd_rect rect, double radius);

/* A ground with a rounded card on it. */
void rnd_card(const struct rnd_canvas *canvas, struct rnd_rect rect);

/* Lays a line of text out. Cut with an ellipsis beyond `max_width_px`; 0 = no limit. */
void rnd_measure(const struct rnd_canvas *canvas, const char *words, double size, bool bold,
                 double max_width_px, int *out_width, int *out_height);
int rnd_width_of(const struct rnd_canvas *canvas, const char *words, double size, bool bold);

/* Draws one line, vertically centred on `middle_y`, cut as above. */
void rnd_write(const struct rnd_canvas *canvas, const char *words, double x, double middle_y,
               enum rnd_align align, double max_width_px, double size, bool bold,
               struct rnd_colour colour);

/* The same in smaller type where it would not fit, down to RND_TYPE_SMALL; then cut. */
void rnd_write_fitting(const struct rnd_canvas *canvas, const char *words, double x,
                       double middle_y, enum rnd_align align, double max_width_px, double size,
                       bool bold, struct rnd_colour colour);

/* Text over a picture, centred on a point: a dark rim keeps it legible on any anatomy. Returns what
 * it covers. */
struct rnd_rect rnd_write_haloed(const struct rnd_canvas *canvas, const char *words, double x,
                                 double y, double size, struct rnd_colour colour);

/* The same, beginning at `left`. */
struct rnd_rect rnd_write_haloed_from(const struct rnd_canvas *canvas, const char *words,
                                      double left, double y, double size, struct rnd_colour colour);

/* The level's icon: the shape says what the colour says. */
void rnd_icon(const struct rnd_canvas *canvas, enum rnd_level level, double x, double y,
              double radius, struct rnd_colour colour);

/* The number of a cut in its disc. */
void rnd_cut_disc(const struct rnd_canvas *canvas, unsigned number, double x, double y,
                  double radius, double alpha);

const struct rnd_pair_colours *rnd_level_colours(enum rnd_level level);
/* Colours and shape of the verdict. What is not a live operation never has those of one. */
enum rnd_pair rnd_bar_pair(const struct rnd_overlay *overlay);
enum rnd_level rnd_bar_level(const struct rnd_overlay *overlay);

#endif
