/* The verbs of `osteonav session`: `osteonav session VERB [ARGS]`, one file a verb,
 * `session_NAME.c`, which exports `session_verb_NAME` and has its line in session_verb_list.h.
 * argv begins with the verb's own word; exit codes and `--help` as in verbs.h. Thread: main. */
#ifndef TOOLS_SESSION_VERBS_H
#define TOOLS_SESSION_VERBS_H

#define SESSION_VERB(suffix, word, summary) int session_verb_##suffix(int argc, char **argv);
#include "session_verb_list.h"
#undef SESSION_VERB

#endif
