/* `osteonav case show` and the sheet of `case check`: drawn by the programs that have graphics. */
#include <stdint.h>
#include <stdio.h>

#include "case_import.h"
#include "verbs.h"

enum { ARGUMENTS_MAX = 12 };

int case_show_action(const char *path, const struct case_order *order)
{
    char *arguments[ARGUMENTS_MAX] = {NULL};
    int count = 0;
    const struct {
        const char *option, *file;
    } files[] = {{"--contact-sheet", order->contact_sheet},
                 {"--turntable", order->turntable},
                 {"--sheet", order->sheet}};
    arguments[count++] = (char *)(uintptr_t) ""; /* the program's path is put here */
    arguments[count++] = (char *)(uintptr_t)path;
    const char *program = "osteonav-display";
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        if (files[i].file != NULL) {
            program = "osteonav-review";
            arguments[count++] = (char *)(uintptr_t)files[i].option;
            arguments[count++] = (char *)(uintptr_t)files[i].file;
        }
    }
    if (order->sheet == NULL && order->contact_sheet == NULL && order->turntable == NULL) {
        arguments[count++] = (char *)(uintptr_t) "--layout";
        arguments[count++] = (char *)(uintptr_t) "review";
    }
    (void)fflush(stdout);
    return verb_exec_sibling(program, count, arguments);
}
