/* Words with a rim, drawn once and kept: what stands over sections is laid over each new picture,
 * and a rim costs more than the section under it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "canvas.h"

enum { KEPT = 48 };

/* What is drawn depends on these alone. */
struct key {
    char words[RND_WORDS_SIZE];
    double size;
    struct rnd_colour colour;
    double part_x, part_y; /* of a pixel */
    enum rnd_align align;
};

struct halo {
    struct key key;
    cairo_surface_t *picture; /* NULL: free */
    struct rnd_rect cover;    /* from the whole pixel of its place */
    uint64_t used;
};

struct rnd_halos {
    uint64_t uses;
    struct halo kept[KEPT];
};

struct rnd_halos *rnd_halos_create(void)
{
    return calloc(1, sizeof(struct rnd_halos));
}

void rnd_halos_destroy(struct rnd_halos *halos)
{
    if (halos == NULL) {
        return;
    }
    for (size_t i = 0; i < KEPT; ++i) {
        if (halos->kept[i].picture != NULL) {
            cairo_surface_destroy(halos->kept[i].picture);
        }
    }
    free(halos);
}

static void draw_words(cairo_t *cr, PangoLayout *text, double x, double y, double rim,
                       struct rnd_colour colour)
{
    cairo_move_to(cr, x, y);
    pango_cairo_layout_path(cr, text);
    cairo_set_line_width(cr, 2.0 * rim);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_source_rgba(cr, 0.0, 0.0, 0.0, 0.85);
    cairo_stroke_preserve(cr);
    cairo_set_source_rgba(cr, colour.r, colour.g, colour.b, 1.0);
    cairo_fill(cr);
}

/* Draws the key's words into a picture of their own. */
static void make(const struct rnd_canvas *canvas, const struct key *key, struct halo *halo)
{
    int width = 0;
    int height = 0;
    rnd_measure(canvas, key->words, key->size, true, 0.0, &width, &height);
    const double rim = 0.10 * key->size * canvas->unit;
    const int margin = (int)ceil(rim) + 1;
    const double left = key->align == RND_ALIGN_LEFT ? key->part_x : key->part_x - width / 2.0;
    const double top = key->part_y - height / 2.0;
    halo->key = *key;
    halo->cover = (struct rnd_rect){(int)floor(left) - margin, (int)floor(top) - margin,
                                    width + 2 * margin, height + 2 * margin};
    halo->picture = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, halo->cover.w, halo->cover.h);
    cairo_t *cr = cairo_create(halo->picture);
    draw_words(cr, canvas->text, left - halo->cover.x, top - halo->cover.y, rim, key->colour);
    cairo_destroy(cr);
}

static struct halo *find(const struct rnd_canvas *canvas, const struct key *key)
{
    struct rnd_halos *halos = canvas->halos;
    struct halo *oldest = &halos->kept[0];
    for (size_t i = 0; i < KEPT; ++i) {
        struct halo *halo = &halos->kept[i];
        if (halo->picture != NULL && memcmp(&halo->key, key, sizeof(*key)) == 0) {
            halo->used = ++halos->uses;
            return halo;
        }
        oldest = halo->used < oldest->used ? halo : oldest;
    }
    if (oldest->picture != NULL) {
        cairo_surface_destroy(oldest->picture);
    }
    make(canvas, key, oldest);
    oldest->used = ++halos->uses;
    return oldest;
}

static struct rnd_rect write_haloed(const struct rnd_canvas *canvas, const char *words,
                                    enum rnd_align align, double x, double y, double size,
                                    struct rnd_colour colour)
{
    struct key key;
    memset(&key, 0, sizeof(key)); /* compared as bytes */
    rnd_text_append(key.words, sizeof(key.words), words);
    key.size = size;
    key.colour = colour;
    key.part_x = x - floor(x);
    key.part_y = y - floor(y);
    key.align = align;
    const struct halo *halo = find(canvas, &key);
    const struct rnd_rect cover = {(int)floor(x) + halo->cover.x, (int)floor(y) + halo->cover.y,
                                   halo->cover.w, halo->cover.h};
    cairo_set_source_surface(canvas->cr, halo->picture, cover.x, cover.y);
    cairo_paint(canvas->cr);
    return cover;
}

struct rnd_rect rnd_write_haloed(const struct rnd_canvas *canvas, const char *words, double x,
                                 double y, double size, struct rnd_colour colour)
{
    return write_haloed(canvas, words, RND_ALIGN_CENTRE, x, y, size, colour);
}

struct rnd_rect rnd_write_haloed_from(const struct rnd_canvas *canvas, const char *words,
                                      double left, double y, double size, struct rnd_colour colour)
{
    return write_haloed(canvas, words, RND_ALIGN_LEFT, left, y, size, colour);
}
