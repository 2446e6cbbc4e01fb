/* `osteonav sound`: becomes the sound program, so that no sound library is in the core's process.
 * Under a supervisor it ends with the core, as a display does. */
#include <stdio.h>

#include "verbs.h"

int verb_sound(int argc, char **argv)
{
    if (!verb_end_with_supervisor()) {
        fputs("osteonav sound: the core that started it is gone\n", stderr);
        return VERB_FAILED;
    }
    return verb_exec_sibling("osteonav-sound", argc, argv);
}
