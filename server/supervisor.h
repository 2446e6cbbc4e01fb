/* Keeps programs running: starts them, starts a dead one again, ends them with the core.
 *
 * Made for the displays: their death is an event in the log and nothing else to the core. A
 * program that ends, however it ends (a window closed by mistake too), is started again after the
 * restart time; one that keeps ending within SRV_SUPERVISOR_SHORT_LIFE_NS waits twice as long each
 * time, but never longer than SRV_SUPERVISOR_WAIT_MAX_NS. The supervised program must end when its
 * parent does: it finds the core's process id in the environment variable
 * SRV_SUPERVISOR_PARENT_VARIABLE (see tools/cli/verb_display.c). Thread: loop. */
#ifndef SRV_SUPERVISOR_H
#define SRV_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "nav/limits.h"
#include "nav/status.h"

#define SRV_SUPERVISOR_PARENT_VARIABLE "OSTEONAV_PARENT"
#define SRV_SUPERVISOR_SHORT_LIFE_NS INT64_C(5000000000)
#define SRV_SUPERVISOR_WAIT_MAX_NS INT64_C(2500000000)

enum { SRV_PROGRAMS_MAX = 8, SRV_PROGRAM_ARGUMENTS_MAX = 24 };

struct srv_program {
    char name[NAV_NAME_SIZE];    /* for the log */
    char display[NAV_NAME_SIZE]; /* of the display that it is; empty: it is none */
    const char *arguments[SRV_PROGRAM_ARGUMENTS_MAX]; /* [0] is the path; NULL-terminated; not
                                                          owned, must outlive the supervisor */
};

struct srv_supervisor;

/* Starts nothing yet. NAV_ERR_ARGUMENT: too many programs; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_supervisor_create(uv_loop_t *loop,
                                                   const struct srv_program *programs, size_t count,
                                                   int64_t restart_ns,
                                                   struct srv_supervisor **out_supervisor);

/* `on_display` is told of a display that has ended, and when it was started again. Not while
 * stopping. */
void srv_supervisor_watch(struct srv_supervisor *supervisor,
                          void (*on_display)(void *context, const char *display, bool runs),
                          void *context);

/* Starts all programs; one that cannot be started is treated as one that died at once. */
void srv_supervisor_start(struct srv_supervisor *supervisor);

/* Ends all programs (SIGTERM, then SIGKILL after a second) and starts none again; its handles
 * close by themselves, so that the loop can end. */
void srv_supervisor_stop(struct srv_supervisor *supervisor);

/* After the loop has ended. NULL is legal. */
void srv_supervisor_destroy(struct srv_supervisor *supervisor);

/* Starts beyond the first of each program, for tests and counters. */
uint64_t srv_supervisor_restarts(const struct srv_supervisor *supervisor);

#endif
