/* What a tracker says at one instant, before it becomes messages.
 *
 * Made by a source (a recording, the simulated hand), taken by the sender. Frames: a pose with the
 * device "StylusToTracker" is T_tracker_stylus, mm. Thread: any. */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"

enum { SIM_POSES_MAX = 64 };

struct sim_pose {
    const char *device; /* transform name; owned by the source */
    const char *status; /* status word, e.g. "OK", "OUT_OF_VIEW"; NULL = none stated */
    bool valid;         /* the tracker sees the tool */
    bool has_matrix;    /* R and t_mm hold something that could be sent */
    double R[9];        /* row-major */
    double t_mm[3];
    bool has_error;  /* the tracker states how well the markers fit ... */
    double error_mm; /* ... which is sent with header version 2, for TRANSFORM */
};

struct sim_frame {
    int64_t offset_ns;      /* since the source's start; not decreasing */
    int64_t stamp_error_ns; /* by how much the tracker's clock is wrong */
    size_t pose_count;
    struct sim_pose poses[SIM_POSES_MAX];
};

/* Gives frames one after the other. NAV_END: there are no more. The frame's texts stay valid until
 * the next call. */
struct sim_source {
    enum nav_status (*next)(void *context, struct sim_frame *out_frame);
    void *context;
};

#endif
