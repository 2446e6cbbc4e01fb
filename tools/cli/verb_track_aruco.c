/* `osteonav track-aruco`: the work is osteonav-camera's. */
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

int verb_track_aruco(int argc, char **argv)
{
    char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));
    if (arguments == NULL) {
        return VERB_FAILED;
    }
    char track[] = "track";
    arguments[0] = argv[0];
    arguments[1] = track;
    memcpy(&arguments[2], &argv[1], (size_t)(argc - 1) * sizeof(*arguments));
    const int code = verb_exec_sibling("osteonav-camera", argc + 1, arguments);
    free(arguments);
    return code;
}
