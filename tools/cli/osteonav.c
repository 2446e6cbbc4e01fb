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

static const struct verb *find_verb(const char *word)
{
    const struct verb *verb = verbs;
    while (verb->word != NULL && strcmp(word, verb->word) != 0) {
        ++verb;
    }
    return verb->word != NULL ? verb : NULL;
}

static int no_such_verb(const char *word)
{
    fprintf(stderr, "osteonav: no verb '%s'; `osteonav --help` lists them\n", word);
    return VERB_USAGE;
}

/* `osteonav help`, `osteonav help VERB`. */
static int help(int argc, char **argv)
{
    static char option[] = "--help";
    if (argc < 2) {
        print_usage(stdout);
        return VERB_OK;
    }
    const struct verb *verb = find_verb(argv[1]);
    char *arguments[] = {argv[1], option, NULL};
    return verb != NULL ? verb->run(2, arguments) : no_such_verb(argv[1]);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_usage(stderr);
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "help") == 0) {
        return help(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return VERB_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("osteonav " OSTEONAV_VERSION);
        return VERB_OK;
    }
    const struct verb *verb = find_verb(argv[1]);
    return verb != NULL ? verb->run(argc - 1, argv + 1) : no_such_verb(argv[1]);
}
