/* Has the patient reference been moved on the bone?
 *
 * A reference that was knocked jumps against the tracker while everything else stays. Poses are
 * averaged over slices of 50 ms of their arrival; between two slices 100 ms apart the reference
 * must have moved above a limit, must have rested before, must have stayed there (so a vibration is
 * none) and must have come to rest (so a slow drift or breathing is none); and at least one tool
 * that is measured against the tracker must have stayed where it was, else the camera was moved.
 * Without such a tool in sight nothing is said: the two cannot be told apart.
 *
 * A slice without a pose says nothing, so this needs about 25 poses a second. Poses
 * T_tracker_device. Pure, no allocation. Thread: loop. */
#ifndef TRK_REFERENCE_WATCH_H
#define TRK_REFERENCE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/pose.h"
#include "trk_limits.h"

enum { TRK_SLICES = 10, TRK_WATCH_DEVICES = NAV_TOOLS_MAX + 1 };

/* Sums of the poses of one slice of time. */
struct trk_slice {
    int64_t number; /* arrival / length of a slice */
    uint32_t count; /* 0: empty */
    double t_mm[3];
    double q[4]; /* all in the hemisphere of the first */
};

struct trk_reference_watch {
    uint32_t reference; /* its place among the devices; the others are tools */
    bool moved;         /* latched until trk_reference_watch_clear */
    int64_t moved_ns;   /* arrival at which the newest jump was seen */
    struct trk_slice slices[TRK_WATCH_DEVICES][TRK_SLICES];
};

void trk_reference_watch_init(struct trk_reference_watch *watch, uint32_t reference);

/* An accepted pose of a device that is measured against the tracker. A device that is out of range
 * is ignored. */
void trk_reference_watch_push(struct trk_reference_watch *watch, uint32_t device,
                              const struct nav_pose *T_tracker_device, int64_t arrival_ns,
                              const struct trk_limits *limits);

/* A good check or a new registration: the reference is where it belongs. */
void trk_reference_watch_clear(struct trk_reference_watch *watch);

#endif
