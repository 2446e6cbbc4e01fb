/* The sound of alarms, as numbers: which burst a scene asks for, and its samples.
 *
 * After IEC 60601-1-8: the priority is told by number and rhythm of the pulses; each pulse has a
 * fundamental and four harmonics and rises and falls softly. High: twice five pulses, again after
 * 5 s; medium: three, again after 10 s; low: one, again after 20 s. Pure. Thread: any. */
#ifndef SOUND_TONE_H
#define SOUND_TONE_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/scene.h"

/* Whether a scene asks for sound at `now_ns`, and of which priority: that of the highest alarm
 * whose cause holds and that nobody has acknowledged. A core that has been silent for longer than
 * its own withhold limit sounds medium. Muted: none. */
bool tone_wanted(const struct nav_scene *scene, int64_t now_ns,
                 enum nav_alarm_priority *out_priority);

/* -1 to 1, `at_s` after the burst has begun; repeats itself. */
double tone_sample(enum nav_alarm_priority priority, double at_s);

#endif
