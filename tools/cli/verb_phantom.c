/* `osteonav phantom`: the synthetic demo patient, built by osteonav-prepare. */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int verb_phantom(int argc, char **argv)
{
    char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));
    if (arguments == NULL) {
        fputs("osteonav phantom: out of memory\n", stderr);
        return VERB_FAILED;
    }
    /* argv[0] is replaced by the program's path. */
    memcpy(arguments + 1, argv, (size_t)argc * sizeof(*arguments));
    const int result = verb_exec_sibling("osteonav-prepare", argc + 1, arguments);
    free(arguments);
    return result;
}
