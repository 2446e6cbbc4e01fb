/* The core: one loop that owns the engine, its recorder, listeners and connectors, the peers, the
 * supervised displays, the scene's channel and the command link.
 *
 * When a scene is published: once at the end of every loop iteration in which a sample reached the
 * navigator, a peer came or went or a command was given, and at the latest `tick_ns` after the last
 * one, so that ages and verdicts move on without any message. Several samples in one iteration
 * share one scene. The loop never blocks: publishing is wait-free, sockets are non-blocking,
 * children are watched.
 *
 * SIGTERM and SIGINT end it cleanly; SIGHUP and SIGPIPE are ignored. Thread: the one that calls
 * srv_core_run; the recorder's writer is the only other. Startup errors come as one line of text.
 */
#ifndef SRV_CORE_H
#define SRV_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guide.h"
#include "nav/limits.h"
#include "nav/status.h"
#include "navigator.h"
#include "peer_limits.h"
#include "recorder.h"
#include "registrar.h"
#include "subscriber.h"
#include "supervisor.h"

enum { SRV_LISTENERS_MAX = 8, SRV_CONNECTORS_MAX = 8 };

struct srv_listen_address {
    char host[NAV_NAME_SIZE];
    uint16_t port;     /* 0 = any free one */
    bool publish;      /* its peers may be sent the registered poses and what they ask for */
    uint32_t commands; /* its peers may order these by COMMAND: bits, in the order of
                          srv_command_words; 0 = none */
};

struct srv_connect_address {
    char host[NAV_NAME_SIZE]; /* numeric */
    uint16_t port;
    bool reconnect;
    bool hello; /* see struct srv_session_role */
    bool stream;
    uint32_t stream_ms;
};

struct srv_core_config {
    const char *instance; /* NULL = "default" */
    struct trk_config navigation;
    struct trk_registrar_config registrar; /* what may be touched by command */
    const struct trk_guide_config *guide;  /* copied, its meshes must outlive the core; NULL:
                                              nothing is guided */
    struct srv_peer_limits peers;
    struct srv_recorder_config recorder; /* folder empty: nothing is recorded */
    int64_t tick_ns;
    int64_t stall_ns;   /* a peer that takes nothing of what it is sent is closed after */
    int64_t restart_ns; /* before a dead display is started again */
    size_t listener_count;
    struct srv_listen_address listeners[SRV_LISTENERS_MAX];
    size_t connector_count;
    struct srv_connect_address connectors[SRV_CONNECTORS_MAX];
    int64_t connect_timeout_ns; /* of one attempt */
    int64_t reconnect_min_ns, reconnect_max_ns;
    size_t document_count;                /* at most SRV_DOCUMENTS_MAX */
    const struct srv_document *documents; /* must outlive the core */
    size_t program_count;
    struct srv_program programs[SRV_PROGRAMS_MAX]; /* strings must outlive the core */
};

struct srv_core_error {
    char text[512]; /* what, where, what to do */
};

struct srv_core;

/* Takes the instance, binds all listeners, publishes a first scene. Copies the config.
 * NAV_ERR_BUSY: another core has the instance, or an address is in use; NAV_ERR_ARGUMENT,
 * NAV_ERR_IO, NAV_ERR_MEMORY. On failure nothing is left behind. */
NAV_MUST_USE enum nav_status srv_core_create(const struct srv_core_config *config,
                                             struct srv_core **out_core,
                                             struct srv_core_error *out_error);
void srv_core_destroy(struct srv_core *core); /* after srv_core_run has returned; NULL is legal */

/* Real address of a listener, "127.0.0.1:18944". NULL outside 0 .. listener_count - 1. */
const char *srv_core_listener_address(const struct srv_core *core, size_t index);

/* Path of the session file that is recorded; NULL: none. */
const char *srv_core_recording(const struct srv_core *core);

/* Starts the programs and runs until a signal or srv_core_stop. */
void srv_core_run(struct srv_core *core);

/* Ends srv_core_run after everything is closed. Call it on the loop's thread. */
void srv_core_stop(struct srv_core *core);

#endif
