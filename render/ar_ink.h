/* What is written on the live picture itself: whether the model is on it and how well it fits,
 * numbers of the planned cuts, crosses on landmarks, the distance beside the tool.
 *
 * Drawn with Cairo into the picture's own pixels, sized so that type keeps its size on the screen.
 * Places are pixels of the picture. Thread: main. */
#ifndef RND_AR_INK_H
#define RND_AR_INK_H

#include <stddef.h>
#include <stdint.h>

#include "look.h"
#include "nav/limits.h"
#include "nav/status.h"

enum { RND_AR_TEXT_SIZE = 128 };

enum rnd_ar_mark_kind {
    RND_AR_MARK_CUT = 0,  /* its number in a disc */
    RND_AR_MARK_LANDMARK, /* a cross, open in the middle; with its text */
    RND_AR_MARK_DISTANCE  /* text on a plate beside the place, with the level's icon */
};

struct rnd_ar_mark {
    enum rnd_ar_mark_kind kind;
    double at_px[2];
    unsigned number;      /* of a cut, from 1 */
    enum rnd_level level; /* of a distance */
    char text[RND_AR_TEXT_SIZE];
};

/* At the picture's lower left: a headline, and what it means. */
struct rnd_ar_state {
    enum rnd_level level; /* OK: the model is on the picture */
    char head[RND_AR_TEXT_SIZE];
    char detail[RND_AR_TEXT_SIZE]; /* may be empty */
};

struct rnd_ar_ink;

/* NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_ar_ink_create(struct rnd_ar_ink **out_ink);
void rnd_ar_ink_destroy(struct rnd_ar_ink *ink); /* NULL is legal */

/* Into `io_bgra` (4 bytes a pixel, top row first); `unit`: pixels of the picture for one unit of
 * theme.h. Marks outside of the picture are left out. */
void rnd_ar_ink_draw(struct rnd_ar_ink *ink, const struct rnd_ar_state *state,
                     const struct rnd_ar_mark *marks, size_t count, double unit, uint8_t *io_bgra,
                     int width_px, int height_px, size_t stride);

#endif
