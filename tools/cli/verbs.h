/* The verbs of `osteonav`: one file a verb, `verb_NAME.c`, which exports `verb_NAME` and has its
 * line in verb_list.h.
 *
 * A verb gets argv from its own name on and returns the exit code: 0 good, 1 failed, 2 usage.
 * `--help` prints its usage on stdout and returns 0. Errors go to stderr, as one line that says
 * what and what to do. */
#ifndef TOOLS_VERBS_H
#define TOOLS_VERBS_H

#include <stdbool.h>

enum { VERB_OK = 0, VERB_FAILED = 1, VERB_USAGE = 2 };

#define VERB(suffix, word, summary) int verb_##suffix(int argc, char **argv);
#include "verb_list.h"
#undef VERB

/* Replaces this process by the sibling program `name` (beside this executable, else in libexec or
 * PATH) with the given arguments; argv[0] is set to the program. Returns VERB_FAILED with an error
 * printed when it cannot. */
int verb_exec_sibling(const char *name, int argc, char **argv);

/* When the core's supervisor started this process, it is ended with the core from now on. False:
 * the core is already gone. */
bool verb_end_with_supervisor(void);

/* Path of the sibling program, or NULL. Caller frees. */
char *verb_sibling_path(const char *name);

#endif
