/* Where a tool was at an instant between the scenes that a viewer has taken.
 *
 * For pictures that were taken a moment ago: the model is drawn on them where things were then, not
 * where they are now. Poses are remembered by the arrival of what they are made of; between two the
 * answer is interpolated, across a longer gap or beyond the newest there is none. What a scene
 * withheld ends the track: nothing is interpolated across it. Image space, mm, monotonic ns.
 * Pure, fixed memory: the oldest makes room. Thread: one at a time. */
#ifndef RND_POSE_TRACK_H
#define RND_POSE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/scene.h"

enum { RND_TRACK_MAX = 64 }; /* one second at 60 Hz */

struct rnd_track_point {
    int64_t time_ns;
    bool shown; /* false: withheld from here on; there is no pose */
    struct nav_pose T_image_tool;
};

/* The zero struct is empty. */
struct rnd_pose_track {
    uint32_t count, next; /* of a ring */
    struct rnd_track_point points[RND_TRACK_MAX];
};

/* Takes what a scene says of a tool: once for each new arrival. Time that goes back begins anew. */
void rnd_pose_track_note(struct rnd_pose_track *track, const struct nav_scene_tool *tool);

/* The pose at `time_ns`. False: before the oldest, beyond the newest by more than `hold_ns`, within
 * a gap longer than `gap_ns`, or withheld. */
bool rnd_pose_track_at(const struct rnd_pose_track *track, int64_t time_ns, int64_t gap_ns,
                       int64_t hold_ns, struct nav_pose *out_T_image_tool);

#endif
