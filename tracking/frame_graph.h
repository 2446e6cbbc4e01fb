/* The frames of a case and the way from one to another.
 *
 * A tree with one root: every frame but the root has one edge, to its parent, which is either
 * static (registration, tip) or live (the history of a device). There is no second way between two
 * frames, hence no contradiction. Frames are named when the case is loaded and are numbers after
 * that; the way between two frames is prepared once (trk_path). Every question names an instant.
 *
 * Along a path: poses compose, VALID and VERIFIED are combined by AND, LATE by OR, the oldest
 * arrival wins, the worst answer wins, and errors add as independent ones (root of the sum of
 * squares); an unknown error (NaN) makes the sum unknown. Pure, no allocation. Thread: loop. */
#ifndef TRK_FRAME_GRAPH_H
#define TRK_FRAME_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/status.h"
#include "trk_limits.h"

enum {
    TRK_FRAMES_MAX = 3 + 2 * NAV_TOOLS_MAX, /* image, reference, tracker; tool and tip of each */
    TRK_PATH_MAX = TRK_FRAMES_MAX - 1,
    TRK_FRAME_ROOT = 0
};

struct trk_frame {
    char name[NAV_NAME_SIZE];
    uint32_t parent;
    uint32_t depth;
    const struct trk_history *live; /* NULL: static */
    bool inverse;                   /* the history holds T_this_parent */
    bool valid;                     /* static only */
    struct nav_pose T_parent_this;  /* static only */
    double error_mm;                /* static only; NaN = unknown */
};

struct trk_frame_graph {
    uint32_t count;
    struct trk_frame frames[TRK_FRAMES_MAX];
};

/* The way from a target frame to a base frame: up to their common ancestor, then down. */
struct trk_path {
    uint32_t up_count, down_count;
    uint8_t up[TRK_PATH_MAX];   /* frames whose edge is walked to the parent, target first */
    uint8_t down[TRK_PATH_MAX]; /* frames whose edge is walked from the parent, base last */
};

struct trk_located {
    enum trk_answer answer; /* NONE: no pose */
    struct nav_pose T_base_target;
    uint32_t flags;
    int64_t arrival_ns; /* of the oldest pose used; INT64_MAX where every edge is static */
    double error_mm;
};

/* Starts a graph that consists of its root. */
void trk_frame_graph_init(struct trk_frame_graph *graph, const char *root_name);

/* Adds a frame. NAV_ERR_EXISTS: the name is taken; NAV_ERR_ARGUMENT: no such parent, empty or too
 * long a name; NAV_ERR_FULL. The history must outlive the graph. */
NAV_MUST_USE enum nav_status trk_frame_graph_add_static(struct trk_frame_graph *graph,
                                                        const char *name, uint32_t parent,
                                                        const struct nav_pose *T_parent_this,
                                                        double error_mm, bool valid,
                                                        uint32_t *out_frame);
NAV_MUST_USE enum nav_status trk_frame_graph_add_live(struct trk_frame_graph *graph,
                                                      const char *name, uint32_t parent,
                                                      const struct trk_history *history,
                                                      bool inverse, uint32_t *out_frame);

/* Changes a static edge (a new registration). Paths stay as they are. */
void trk_frame_graph_set_static(struct trk_frame_graph *graph, uint32_t frame,
                                const struct nav_pose *T_parent_this, double error_mm, bool valid);

/* Id of a frame by its name. NAV_ERR_NOT_FOUND. */
NAV_MUST_USE enum nav_status trk_frame_graph_find(const struct trk_frame_graph *graph,
                                                  const char *name, uint32_t *out_frame);

/* Prepares the way from `target` to `base`; both must exist. */
struct trk_path trk_frame_graph_path(const struct trk_frame_graph *graph, uint32_t base,
                                     uint32_t target);

/* T_base_target at the instant of `at`, an entry of `of` (that edge is answered by the entry
 * itself); the other live edges are joined to it by trk_history_at. */
struct trk_located trk_frame_graph_locate(const struct trk_frame_graph *graph,
                                          const struct trk_path *path, const struct trk_history *of,
                                          const struct trk_entry *at,
                                          const struct trk_limits *limits);

#endif
