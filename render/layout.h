/* Where everything is on the screen, for each layout: pure.
 *
 * In every layout the verdict is on top, under it the highest alarm, at the bottom the strip of
 * states, and at one side the cards with the numbers: what is looked for is always in its place.
 * Only what lies between them differs. Rectangles are in pixels from the top left; they neither
 * overlap nor leave a gap. Thread: any. */
#ifndef RND_LAYOUT_H
#define RND_LAYOUT_H

#include <stdbool.h>

#include "rect.h"
#include "sections.h"

/* X(id, name) */
#define RND_LAYOUT_LIST(X)                                                                         \
    X(RND_LAYOUT_BEDSIDE, "bedside")     /* view, sections, numbers from left to right */          \
    X(RND_LAYOUT_ASSISTANT, "assistant") /* the other way round */                                 \
    X(RND_LAYOUT_SLICES, "slices")       /* five large sections and a small view */                \
    X(RND_LAYOUT_CUT, "cut")             /* the plane of the active cut, large */                  \
    X(RND_LAYOUT_TOOL_EYE, "tool-eye")   /* the view from the tip along the shaft */               \
    X(RND_LAYOUT_REVIEW, "review")       /* the plan alone: no tool is shown */                    \
    X(RND_LAYOUT_AR, "ar")               /* the camera's live picture, sections beside it */

enum rnd_layout {
#define RND_LAYOUT_ENUM(id, name) id,
    RND_LAYOUT_LIST(RND_LAYOUT_ENUM)
#undef RND_LAYOUT_ENUM
        RND_LAYOUT_COUNT
};

const char *rnd_layout_name(enum rnd_layout layout);

/* False where no layout has this name. */
bool rnd_layout_find(const char *name, enum rnd_layout *out_layout);

struct rnd_places {
    struct rnd_rect bar;                         /* verdict and heartbeat */
    struct rnd_rect verdict;                     /* of the bar */
    struct rnd_rect heartbeat;                   /* of the bar */
    struct rnd_rect alarm;                       /* line under the bar, with `status` */
    struct rnd_rect status;                      /* recording, sound */
    struct rnd_rect guide, structures, cuts;     /* cards at the side */
    struct rnd_rect view;                        /* at least 1 x 1 */
    struct rnd_rect sections[RND_SECTION_COUNT]; /* empty: not in this layout */
    struct rnd_rect buttons;                     /* empty: there are none */
    struct rnd_rect strip;
};

/* `mirrored`: the cards are on the left. `touch`: there is a bar of buttons. */
struct rnd_places rnd_layout_places(enum rnd_layout layout, bool mirrored, bool touch, int width_px,
                                    int height_px);

#endif
