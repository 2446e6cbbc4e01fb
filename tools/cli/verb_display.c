/* `osteonav display`: becomes the display program. Keeps the part of osteonav that runs in the
 * theatre free of graphics: the display is another process.
 *
 * Under a supervisor (`osteonav run`) it first asks the kernel to be ended with the core, because
 * a picture that outlives its core has nobody to restart it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "verbs.h"

/* For tests and for trying another display: the program to run instead of osteonav-display. */
#define PROGRAM_VARIABLE "OSTEONAV_DISPLAY_PROGRAM"

int verb_display(int argc, char **argv)
{
    if (!verb_end_with_supervisor()) {
        fputs("osteonav display: the core that started it is gone\n", stderr);
        return VERB_FAILED;
    }
    const char *program = getenv(PROGRAM_VARIABLE);
    if (program != NULL && program[0] != '\0') {
        argv[0] = (char *)(uintptr_t)program;
        execv(program, argv);
        perror(program);
        return VERB_FAILED;
    }
    return verb_exec_sibling("osteonav-display", argc, argv);
}
