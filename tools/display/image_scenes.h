/* Made-up scenes for pictures of the documentation and for tests of pictures: as a core in that
 * state would publish them. Thread: any. */
#ifndef IMAGE_SCENES_H
#define IMAGE_SCENES_H

#include "case.h"
#include "nav/cut_map.h"
#include "nav/scene.h"

/* The instant that every scene describes. */
extern const int64_t image_now_ns;

/* Everything in order: the first tool in the first cut, which is active. */
void image_scene(const struct cfg_case *loaded, struct nav_scene *out_scene);

/* What was cut of its first cut so far. */
void image_cut_map(const struct nav_scene *scene, struct nav_cut_map *out_map);

/* What then happens to it. */
typedef void image_arrange(struct nav_scene *scene);

image_arrange image_live;
image_arrange image_idle; /* no cut is active */
image_arrange image_simulation;
image_arrange image_replay;
image_arrange image_reference_lost;
image_arrange image_unregistered;
image_arrange image_collecting;
image_arrange image_ghost; /* a recorded tool beside the live one */
image_arrange image_tool_invalid;
image_arrange image_caution;      /* off the plane, and near a nerve */
image_arrange image_alarm;        /* nearer than a stop distance */
image_arrange image_acknowledged; /* the same, acknowledged, without sound */
image_arrange image_last_cut;     /* cuts in every state, the recording failed */

#endif
