/* Hand paths of a blade over the demo patient: a simulated one that saws along every planned cut,
 * and one recorded by an optical tracker, laid onto the plan.
 *
 * Image space: LPS mm. Thread: one at a time. */
#ifndef BENCH_BLADE_PATH_H
#define BENCH_BLADE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "blade_distance.h"
#include "phantom_plan.h"

struct blade_path {
    size_t count;
    struct trk_blade_pose *poses;
};

/* The osteotome of the demo case. */
extern const struct trk_blade_shape blade_path_shape;

/* Into every cut to its depth at 3 mm/s with a sawing motion, at 60 Hz, as a tracker of 0.25 mm and
 * 0.1 deg noise sees it. False: out of memory. */
bool blade_path_simulated(const struct phantom_plan *plan, struct blade_path *out_path);

/* The motion of a probe in a person's hand from a recorded session in the folder OSTEONAV_DATA,
 * with its middle on the second cut. False: there is no such file. */
bool blade_path_recorded(const struct phantom_plan *plan, struct blade_path *out_path);

void blade_path_finish(struct blade_path *path);

#endif
