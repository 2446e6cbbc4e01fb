/* `osteonav igtl`: what engineers reach for when nothing arrives. */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "link.h"

static const struct {
    const char *word;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"listen", "print what a peer sends, message by message", link_listen},
    {"send", "send any message, from JSON", link_send},
    {"dump", "print the messages in a file", link_dump},
    {"probe", "ask a server what it is and what it sends", link_probe},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
    fputs("usage: osteonav igtl COMMAND [ARGUMENTS]\n\n"
          "Looks at OpenIGTLink connections. Needs no case and no core.\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        fprintf(out, "  %-8s %s\n", commands[i].word, commands[i].summary);
    }
    fputs("\n`osteonav igtl COMMAND --help` explains a command; docs/igtl.md has examples.\n", out);
}

int verb_igtl(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return VERB_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        if (strcmp(argv[1], commands[i].word) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "osteonav igtl: no command '%s'; `osteonav igtl --help` lists them\n", argv[1]);
    return VERB_USAGE;
}
