/* A session opened for replay together with its case: what `osteonav replay` and the tables of
 * `osteonav session sql` begin with. Thread: main. */
#ifndef TOOLS_CASE_REPLAY_H
#define TOOLS_CASE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "case.h"
#include "case_guide.h"
#include "replay.h"

struct case_replay {
    struct cfg_case *loaded; /* with its meshes */
    struct case_guide *guide;
    struct srv_replay_config config;
    struct srv_replay *replay;
    int64_t opening_ns; /* what running through the session took */
};

struct case_replay_request {
    const char *verb; /* as whom to say what is wrong */
    const char *session;
    const char *case_path; /* NULL: the case that the session names */
    /* as in srv_replay_config; NULL is legal */
    bool once;
    bool (*on_scene)(void *context, const struct srv_replay *replay);
    void (*on_progress)(void *context, double share);
    void *context;
};

/* Says on stderr what is wrong; warns when the case is not the recorded one. False: nothing is
 * open. */
bool case_replay_open(const struct case_replay_request *request, struct case_replay *out_replay);
void case_replay_close(struct case_replay *replay);

#endif
