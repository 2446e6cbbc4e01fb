/* What hands and orders did to a view, and the way back. Pure.
 *
 * The state is a plain value: whoever changes it keeps the one before in the history. Full, the
 * history forgets the oldest. Thread: one at a time. */
#ifndef RND_VIEW_STATE_H
#define RND_VIEW_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "camera.h"
#include "fusion.h"
#include "layout.h"
#include "nav/limits.h"
#include "nav/measure.h"

enum { RND_VIEW_STATES_MAX = 32, RND_VIEW_STRUCTURES_MAX = 64 };

enum { RND_MEASURES_MAX = 4 };

/* A measurement that hands have begun; whole with as many points as it wants. */
struct rnd_measure {
    size_t wanted;
    bool in_plane; /* all its points were taken in sections: it is shown in those alone */
    struct nav_measure points;
};

struct rnd_view_state {
    enum rnd_layout layout;
    enum rnd_preset preset;
    enum rnd_fusion fusion;                 /* of the sections' scans */
    int at_cut;                             /* the cut that is looked at; -1: the preset's view */
    bool camera_moved;                      /* by hand: `camera` counts, and not the preset */
    struct rnd_camera camera;               /* in use */
    float opacity[RND_VIEW_STRUCTURES_MAX]; /* of each structure, in the order in which they were
                                             * added; 1 = as the case has it, 0 = hidden */
    double keyhole_mm;                      /* bone fades so far around the live tip; 0: nowhere */
    float overlay;                          /* share of the model's opacity on a live picture */
    bool overlay_outlines;                  /* only its outlines there */
    bool overlay_bare;                      /* no crosses on landmarks there */
    size_t measuring;                       /* points of the next measurement; 0: none is made */
    size_t measure_count;
    struct rnd_measure measures[RND_MEASURES_MAX]; /* the newest last; then the oldest goes */
};

/* The zero struct is empty. */
struct rnd_view_history {
    size_t count;
    struct rnd_view_state states[RND_VIEW_STATES_MAX];
};

/* Begins to measure with so many points; 0: no more. A measurement that was begun is given up. */
void rnd_view_measure(struct rnd_view_state *state, size_t points);

/* The next point of a measurement; `in_plane`: taken in a section. */
void rnd_view_add_point(struct rnd_view_state *state, const double point_mm[3], bool in_plane);

/* A whole measurement. */
void rnd_view_add_measure(struct rnd_view_state *state, const struct nav_measure *measure);

void rnd_view_history_keep(struct rnd_view_history *history, const struct rnd_view_state *state);

/* Takes the last one back; false where there is none. */
bool rnd_view_history_undo(struct rnd_view_history *history, struct rnd_view_state *out_state);

#endif
