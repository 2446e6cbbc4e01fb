/* Stands between a tracker and a core, and lets a script's faults happen to what passes
 * (sim_relay.h). What the core says goes back to the tracker as it is. For training with one's own
 * tracker: the core knows nothing of it, and what it records is what it got.
 *
 * Blocks until the end of either side, or until it is stopped. Thread: any, one. */
#ifndef TOOLS_POSE_RELAY_H
#define TOOLS_POSE_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "case.h"
#include "nav/status.h"
#include "sim_script.h"

struct pose_relay_config {
    const char *from; /* HOST:PORT of a tracker's server, or listen:HOST:PORT for one that comes */
    const char *to;   /* HOST:PORT of the core */
    bool retry;       /* again and again, at first and whenever a side is gone */
    const struct sim_script *script;
    const struct cfg_case *planned;
    bool (*is_stopped)(void *context); /* asked about every 100 ms */
    /* A line for people: connections, faults as they begin and end. NULL: nobody reads. */
    void (*on_event)(void *context, const char *text);
    void *context;
};

struct pose_relay_count {
    uint64_t messages;
    uint64_t changed;
    uint64_t connections;
    int64_t elapsed_ns;
};

/* NAV_OK: stopped, or the tracker closed between two messages. NAV_ERR_NOT_FOUND: no such tool;
 * NAV_ERR_IO, and the framer's errors, with a line in `why`. */
NAV_MUST_USE enum nav_status pose_relay_run(const struct pose_relay_config *config,
                                            struct pose_relay_count *out_count, char *why,
                                            size_t why_size);

#endif
