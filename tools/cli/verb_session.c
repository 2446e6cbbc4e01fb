/* `osteonav session VERB [ARGS]`: recorded sessions. Finds the verb and runs it. */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "session_verbs.h"

static const struct {
    const char *word;
    const char *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define SESSION_VERB(suffix, word, summary) {word, summary, session_verb_##suffix},
#include "session_verb_list.h"
#undef SESSION_VERB
};

enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

static void print_usage(FILE *out)
{
    fputs("usage: osteonav session VERB [ARGUMENTS]\n\n"
          "Recorded sessions: looked into, taken in and out of other programs' formats.\n\n"
          "verbs:\n",
          out);
    for (size_t i = 0; i < VERB_COUNT; ++i) {
        fprintf(out, "  %-10s %s\n", verbs[i].word, verbs[i].summary);
    }
    fputs("\n`osteonav session VERB --help` explains a verb. "
          "Exit codes: 0 good, 1 failed, 2 usage.\n",
          out);
}

int verb_session(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return VERB_OK;
    }
    for (size_t i = 0; i < VERB_COUNT; ++i) {
        if (strcmp(argv[1], verbs[i].word) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "osteonav session: no verb '%s'; `osteonav session --help` lists them\n",
            argv[1]);
    return VERB_USAGE;
}
