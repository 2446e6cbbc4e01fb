#include "pose_track.h"

#include <stddef.h>

static const struct rnd_track_point *point(const struct rnd_pose_track *track, uint32_t age)
{
    return &track->points[(track->next + RND_TRACK_MAX - 1 - age) % RND_TRACK_MAX];
}

static void add(struct rnd_pose_track *track, const struct rnd_track_point *what)
{
    track->points[track->next] = *what;
    track->next = (track->next + 1) % RND_TRACK_MAX;
    track->count += track->count < RND_TRACK_MAX ? 1 : 0;
}

void rnd_pose_track_note(struct rnd_pose_track *track, const struct nav_scene_tool *tool)
{
    const struct rnd_track_point *newest = track->count > 0 ? point(track, 0) : NULL;
    if (tool->has_pose == 0) {
        if (newest != NULL && newest->shown) {
            add(track, &(struct rnd_track_point){.time_ns = newest->time_ns, .shown = false});
        }
        return;
    }
    if (newest != NULL && tool->arrival_ns < newest->time_ns) {
        *track = (struct rnd_pose_track){0};
    } else if (newest != NULL && newest->shown && tool->arrival_ns == newest->time_ns) {
        return;
    }
    add(track, &(struct rnd_track_point){
                   .time_ns = tool->arrival_ns, .shown = true, .T_image_tool = tool->T_image_tool});
}

bool rnd_pose_track_at(const struct rnd_pose_track *track, int64_t time_ns, int64_t gap_ns,
                       int64_t hold_ns, struct nav_pose *out_T_image_tool)
{
    const struct rnd_track_point *later = NULL;
    for (uint32_t age = 0; age < track->count; ++age) {
        const struct rnd_track_point *here = point(track, age);
        if (!here->shown) {
            if (time_ns >= here->time_ns) {
                return false;
            }
            later = NULL; /* nothing goes on across it */
            continue;
        }
        if (here->time_ns > time_ns) {
            later = here;
            continue;
        }
        if (here->time_ns == time_ns ||
            (later == NULL && age == 0 && time_ns - here->time_ns <= hold_ns)) {
            *out_T_image_tool = here->T_image_tool;
            return true;
        }
        if (later == NULL || later->time_ns - here->time_ns > gap_ns) {
            return false;
        }
        const double share =
            (double)(time_ns - here->time_ns) / (double)(later->time_ns - here->time_ns);
        *out_T_image_tool = nav_pose_interpolate(&here->T_image_tool, &later->T_image_tool, share);
        return true;
    }
    return false;
}
