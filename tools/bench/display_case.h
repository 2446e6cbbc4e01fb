/* A case for measuring a display: the pelvis of pelvis.h, a scan, three tools. Thread: any. */
#ifndef BENCH_DISPLAY_CASE_H
#define BENCH_DISPLAY_CASE_H

#include <stdbool.h>
#include <stddef.h>

enum { DISPLAY_CASE_PATH = 512, DISPLAY_CASE_TOOLS = 3 };

struct display_case {
    char folder[DISPLAY_CASE_PATH / 2];
    char path[DISPLAY_CASE_PATH]; /* of case.yaml */
    size_t triangles;
};

/* Names of the devices whose poses move its tools. */
extern const char *const display_case_devices[DISPLAY_CASE_TOOLS];

/* In a folder of its own. False with a line on stderr; what was made is removed. */
bool display_case_make(struct display_case *made, size_t triangles);
void display_case_remove(const struct display_case *made);

#endif
