/* osteonav-prepare: what is slow or hostile, before the case. */
#include "prepare.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"phantom", "build the synthetic demo patient", prepare_phantom},
    {"surfaces", "closed surfaces of a segmentation's structures", prepare_surfaces},
    {"import", "read foreign files in a sandbox, for `osteonav case`", prepare_import},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    fputs("usage: osteonav-prepare COMMAND [ARGUMENTS]\n\n"
          "Prepares case data ahead of an operation; usually run through `osteonav`.\n\n"
          "commands:\n",
          out);
    for (int i = 0; i < COMMANDS; ++i) {
        fprintf(out, "  %-10s %s\n", commands[i].word, commands[i].summary);
    }
    fputs("\n`osteonav-prepare COMMAND --help` explains a command. Exit codes: 0 good, 1 failed,\n"
          "2 usage.\n",
          out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return PREPARE_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return PREPARE_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("osteonav-prepare " OSTEONAV_VERSION);
        return PREPARE_OK;
    }
    for (int i = 0; i < COMMANDS; ++i) {
        if (strcmp(argv[1], commands[i].word) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "osteonav-prepare: no command '%s'; `osteonav-prepare --help` lists them\n",
            argv[1]);
    return PREPARE_USAGE;
}
