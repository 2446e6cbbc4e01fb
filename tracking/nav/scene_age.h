/* The freshness rule of every reader: a scene is judged at the instant it is looked at, not at the
 * instant it was made.
 *
 * The core publishes at least every tick, so a scene that is not followed by another one means that
 * the core hangs or is gone. A reader calls this before it shows or prints anything; it only ever
 * degrades, never improves. Pure. Thread: any. */
#ifndef NAV_SCENE_AGE_H
#define NAV_SCENE_AGE_H

#include <stdint.h>

#include "nav/scene.h"

/* Moves `scene` on to `now_ns` (monotonic; earlier than the scene changes nothing):
 *   every age grows by the scene's own age;
 *   tool older than caution_ns: tracked -> stale; older than withhold_ns: lost, numbers NaN;
 *   the reference likewise;
 *   a scene older than caution_ns: caution, core-silent; older than withhold_ns: withheld,
 *   core-silent, every tool and the reference lost;
 *   live numbers of a cut and distances of a structure go with the tool they are measured from.
 * Equality is not older. The scene's time_ns stays: it is what the numbers describe. */
void nav_scene_age_to(struct nav_scene *scene, int64_t now_ns);

#endif
