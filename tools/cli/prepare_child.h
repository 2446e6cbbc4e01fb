/* Runs `osteonav-prepare import` as a limited child and hands on what it tells.
 *
 * The child may die of any file; this process does not. Nothing it said counts until it has said
 * that it is done. Thread: main. */
#ifndef TOOLS_PREPARE_CHILD_H
#define TOOLS_PREPARE_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cfg_error.h"

/* One event; `bytes` follow an event "made", else NULL. A status other than NAV_OK ends the run and
 * is its result; the handler tells why in the error it was given. */
typedef enum nav_status (*prepare_event_fn)(void *context, const json_t *event,
                                            const uint8_t *bytes, size_t size);

/* Sends `request`, which is released, and calls `handler` for every event but reading and end.
 * NAV_ERR_REFUSED: the child was killed or crashed, which names the file it was reading;
 * NAV_ERR_NOT_FOUND: there is no osteonav-prepare; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status prepare_child_run(json_t *request, prepare_event_fn handler,
                                               void *context, struct cfg_error *error);

#endif
