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

/* `case_path` NULL: the case that the session names. Says on stderr, as VERB, what is wrong; warns
 * when the case is not the recorded one. `on_progress` may be NULL. False: nothing is open. */
bool case_replay_open(const char *verb, const char *session, const char *case_path,
                      void (*on_progress)(void *context, double share), void *context,
                      struct case_replay *out_replay);
void case_replay_close(struct case_replay *replay);

#endif
