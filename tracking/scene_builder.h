/* From what is known to what is shown: fills the scene and gives the verdict.
 *
 * Reads everything, changes nothing; the same inputs give the same bytes. Pure. Thread: loop. */
#ifndef TRK_SCENE_BUILDER_H
#define TRK_SCENE_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "clock_map.h"
#include "device.h"
#include "drift.h"
#include "frame_graph.h"
#include "nav/scene.h"
#include "navigator.h"
#include "reference_watch.h"

/* Of the registration in force, beside what the config has. */
struct trk_registration_view {
    bool accepted;
    bool overridden;
    bool refused; /* the newest attempt */
    double tre_mm;
    int64_t at_ns;
};

/* Views into the navigator. */
struct trk_scene_inputs {
    const struct trk_config *config;
    const struct trk_device *devices; /* the tools in the config's order, then the reference */
    const struct trk_clock_map *clocks;
    const struct trk_frame_graph *graph;
    const struct trk_path *tool_paths; /* image <- tool */
    const struct trk_path *tip_paths;  /* image <- tip */
    const struct trk_registration_view *registration;
    const struct trk_reference_watch *watch;
    const struct trk_drift *drift;
    const struct nav_scene_collection *collection;
    const struct nav_scene_peer *peers;
    uint32_t peer_count;
    uint32_t peers_total;
    bool peers_known;
    uint64_t pose_count;
    int64_t pose_arrival_ns;
};

void trk_scene_build(const struct trk_scene_inputs *inputs, int64_t now_ns, int64_t utc_ns,
                     struct nav_scene *out_scene);

#endif
