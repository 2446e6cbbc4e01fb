#include "options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int options_next(const char *verb, int argc, char **argv, const struct option *longs)
{
    opterr = 0;
    const int option = getopt_long(argc, argv, ":h", longs, NULL);
    if (option != '?' && option != ':') {
        return option;
    }
    const char *word = argv[optind - 1];
    const bool has_value = strncmp(word, "--", 2) == 0 && strchr(word, '=') != NULL;
    const bool surplus = option == '?' && optopt != 0 && has_value;
    /* A letter in a bundle: the word is not done with yet, and not the one before optind. */
    const char letter[] = {'-', (char)optopt, '\0'};
    const bool is_letter = option == '?' && optopt != 0 && !surplus;
    const char *wrong = surplus ? "no value belongs to" : "no such option";
    fprintf(stderr, "osteonav %s: %s %s; see `osteonav %s --help`\n", verb,
            option == ':' ? "a value must follow" : wrong, is_letter ? letter : word, verb);
    return OPTIONS_WRONG;
}
