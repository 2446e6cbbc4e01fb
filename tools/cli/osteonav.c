/* `osteonav VERB [ARGS]`: finds the verb and runs it. */
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct verb {
    const char *word;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct verb verbs[] = {
#define VERB(suffix, word, summary) {word, summary, verb_##suffix},
#include "verb_list.h"
#undef VERB
    {NULL, NULL, NULL},
};

static void print_usage(FILE *out)
{
    fputs("usage: osteonav VERB [ARGUMENTS]\n\n"
          "Intraoperative navigation: tracked poses in, an honest picture out.\n\nverbs:\n",
          out);
    for (const struct verb *verb = verbs; verb->word != NULL; ++verb) {
        fprintf(out, "  %-10s %s\n", verb->word, verb->summary);
    }
    fputs("\n`osteonav VERB --help` explains a verb. Exit codes: 0 good, 1 failed, 2 usage.\n",
          out);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_usage(stderr);
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return VERB_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("osteonav " OSTEONAV_VERSION);
        return VERB_OK;
    }
    for (const struct verb *verb = verbs; verb->word != NULL; ++verb) {
        if (strcmp(argv[1], verb->word) == 0) {
            return verb->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "osteonav: no verb '%s'; `osteonav --help` lists them\n", argv[1]);
    return VERB_USAGE;
}
