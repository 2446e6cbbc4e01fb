/* A bar on stderr for long work, when stderr is a terminal: what, how much of it, how fast, how
 * long still. Silent otherwise. Thread: one. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "reading" */
    const char *unit; /* "frames" */
    bool shown;
    bool line_is_open;
    uint64_t steps;
    int64_t start_ns, next_ns;
};

/* `quiet`: never show. The texts must outlive it. */
void progress_begin(struct progress *progress, const char *what, const char *unit, bool quiet);

/* Cheap; draws at most ten times a second. `total` 0 = not known. The context is a struct progress,
 * so that it can be handed on as a callback. */
void progress_step(void *context, size_t done, size_t total);

/* Wipes the bar. */
void progress_end(struct progress *progress);

/* The bar's text, as for a terminal of 80 columns; for tests. Returns the number of characters. */
int progress_text(const struct progress *progress, size_t done, size_t total, int64_t elapsed_ns,
                  char *out_text, size_t size);

#endif
