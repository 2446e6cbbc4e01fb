/* The core's stand-in for a replay: one loop that plays a film and publishes its scenes.
 *
 * Publishes into a scene channel of its own instance, at least every tick, so that displays and
 * `osteonav scene` show it as they show a running core, marked REPLAY; takes commands
 * (server/show.h); keeps displays running; and, only when asked to, serves subscribers on a port of
 * its own, where every message says that it is a replay. What peers send there goes nowhere.
 * Nothing of it can reach a running case: other instance, other port.
 *
 * SIGTERM and SIGINT end it cleanly. Thread: the one that calls it. */
#ifndef SRV_REPLAY_CORE_H
#define SRV_REPLAY_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"
#include "peer_limits.h"
#include "show.h"
#include "subscriber.h"
#include "supervisor.h"

struct srv_replay_core_config {
    const char *instance;
    struct srv_show *show;           /* not owned */
    struct srv_engine_config engine; /* of the case: for what peers send */
    struct srv_peer_limits peers;
    int64_t tick_ns;
    int64_t restart_ns;
    int64_t stall_ns;
    bool stay;     /* at the end too; else the end ends it */
    bool publish;  /* on 127.0.0.1, at ... */
    uint16_t port; /* 0 = any free one */
    size_t document_count;
    const struct srv_document *documents;
    size_t program_count;
    struct srv_program programs[SRV_PROGRAMS_MAX];
    /* The real address; once, before playing. NULL is legal. */
    void (*on_ready)(void *context, const char *address);
    /* About ten times a second. NULL is legal. */
    void (*on_progress)(void *context);
    void *context;
};

struct srv_replay_core_error {
    char text[512];
};

/* Plays until the end, a signal, or for ever with `stay`. NAV_ERR_BUSY: the instance or the port is
 * in use; NAV_ERR_ARGUMENT, NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_replay_core_run(const struct srv_replay_core_config *config,
                                                 struct srv_replay_core_error *out_error);

#endif
