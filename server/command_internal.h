/* Between the parser of commands and what carries them out. Thread: loop. */
#ifndef SRV_COMMAND_INTERNAL_H
#define SRV_COMMAND_INTERNAL_H

#include <jansson.h>

#include "command.h"

/* A request that was understood. */
struct call {
    const struct srv_command_host *host;
    struct trk_registrar *registrar;
    int64_t now_ns;
    const char *arguments[SRV_COMMAND_KEYS_MAX]; /* in the order of the word's keys; or NULL */
    struct trk_reply *reply;
    json_t *result; /* or NULL */
};

void srv_command_cut_activate(struct call *call);
void srv_command_cut_pause(struct call *call);
void srv_command_cut_done(struct call *call);
void srv_command_cut_skip(struct call *call);
void srv_command_cut_accept(struct call *call);
void srv_command_alarm_acknowledge(struct call *call);
void srv_command_alarm_mute(struct call *call);
void srv_command_fragment_rigid(struct call *call);
void srv_command_fragment_loose(struct call *call);
void srv_command_guide_tool(struct call *call);
void srv_command_guide_parallel_start(struct call *call);
void srv_command_guide_parallel_cancel(struct call *call);
void srv_command_view(struct call *call);
void srv_command_display_gone(struct call *call);
void srv_command_display_back(struct call *call);

#endif
