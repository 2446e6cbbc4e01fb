/* Orders to a display: what `osteonav command view` may say, and what hands may do by key.
 *
 *   action    argument                what it does
 *   layout    one of layout.h         arranges the screen so
 *   view      one of camera.h, cut    looks from there; cut: at the face of the active or first cut
 *   cut       a number from 1         looks at that cut's face
 *   opacity   NAME=PERCENT            how strongly a structure is drawn, 0 to 100; 0 hides it
 *   hide      NAME                    as opacity NAME=0
 *   show      NAME, or none           as the case has it; none: all structures
 *   scan      ct, mr, blend, squares  which scan the sections show, or both
 *   reset     -                       layout, view and structures as at the start
 *   undo      -                       as before the last change
 *   keyhole   on, off, 5 to 60        fades bone around the live tip, as far as so many mm
 *   measure   distance, angle         what the next clicks measure: two points, three points
 *   measure   off, clear              clicks measure no more; all measurements are taken away
 *   measure   points of nav/measure.h shows the measurement between them
 *   overlay   0 to 100                how strongly the model is drawn on a live picture, percent
 *   overlay   outlines, filled        only its outlines there; all of it
 *   overlay   landmarks, bare         crosses on the landmarks there; none
 *   help      -                       shows the help, or takes it away
 *
 * An order decides nothing medical: what is hidden is named on the screen. Pure. Thread: any. */
#ifndef RND_VIEW_ORDER_H
#define RND_VIEW_ORDER_H

#include <stdbool.h>

#include "camera.h"
#include "fusion.h"
#include "layout.h"
#include "nav/measure.h"
#include "nav/scene.h"

enum rnd_order_kind {
    RND_ORDER_LAYOUT = 0,
    RND_ORDER_VIEW,
    RND_ORDER_CUT,
    RND_ORDER_OPACITY,
    RND_ORDER_SHOW_ALL,
    RND_ORDER_FUSION,
    RND_ORDER_RESET,
    RND_ORDER_UNDO,
    RND_ORDER_KEYHOLE,
    RND_ORDER_MEASURE,
    RND_ORDER_MEASURE_CLEAR,
    RND_ORDER_MEASURE_POINTS,
    RND_ORDER_OVERLAY,
    RND_ORDER_OVERLAY_OUTLINES,
    RND_ORDER_OVERLAY_LANDMARKS,
    RND_ORDER_HELP
};

struct rnd_view_order {
    enum rnd_order_kind kind;
    enum rnd_layout layout;
    enum rnd_preset view;
    enum rnd_fusion fusion;
    unsigned cut;             /* from 1; 0: the active one, or the first */
    char name[NAV_NAME_SIZE]; /* of a structure */
    double opacity;           /* 0 to 1, of what the case has */
    bool on;                  /* outlines, landmarks */
    double keyhole_mm;        /* 0: off; below: on, as wide as it is by itself */
    size_t measure_points;    /* that make one measurement; 0: clicks do not measure */
    struct nav_measure measure;
};

/* False where action and argument are not of the table above; `out` is then untouched. */
bool rnd_view_order_read(const char *action, const char *argument,
                         struct rnd_view_order *out_order);

/* Whether an order is for the display of this name: to all, or to it. */
bool rnd_view_order_is_for(const struct nav_scene_view_order *order, const char *display);

/* The table above as lines of help. Never NULL. */
const char *rnd_view_order_help(void);

#endif
