/* A progress bar on stderr, drawn only where stderr is a terminal. Thread: any. */
#ifndef PREPARE_PROGRESS_H
#define PREPARE_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

struct progress {
    pthread_mutex_t lock;
    bool shown;
    int done, total;
    int percent_drawn;
};

void progress_init(struct progress *progress, int total);
void progress_step(struct progress *progress, const char *what);
void progress_at(struct progress *progress, double share, const char *what); /* 0..1 of all */
void progress_finish(struct progress *progress); /* clears the bar's line */

#endif
