/* What is worth finding again in a recording: changes from one scene to the next, in words.
 *
 * The verdict and its first reason, alarms, cuts, tools that are lost or come back, the
 * registration in force and its checks, the recording itself. Reads scenes and decides nothing. No
 * allocation. Thread: one at a time. */
#ifndef SRV_ENGINE_EVENTS_H
#define SRV_ENGINE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/scene.h"
#include "store_record.h"

struct srv_event_alarm {
    uint32_t code;
    int32_t subject;
    bool active;
    char text[NAV_TEXT_SIZE]; /* of the alarm: its end names what it was about */
};

/* What was said last. Zero: nothing yet. */
struct srv_engine_events {
    bool begun;
    uint32_t trust;
    uint32_t reason;
    uint32_t recording;
    uint32_t registered;
    char source[NAV_TEXT_SIZE]; /* of the registration */
    int64_t checked_ns;
    uint32_t tools[NAV_TOOLS_MAX];
    uint32_t cuts[NAV_CUTS_MAX];
    uint32_t alarm_count;
    struct srv_event_alarm alarms[NAV_ALARMS_MAX];
};

typedef void (*srv_event_fn)(void *context, enum store_event event, int64_t at_ns,
                             const char *text);

/* Calls `on_event` for everything that changed since the last scene. */
void srv_engine_events_watch(struct srv_engine_events *events, const struct nav_scene *scene,
                             srv_event_fn on_event, void *context);

#endif
