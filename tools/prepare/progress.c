#include "progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *progress, int total)
{
    (void)pthread_mutex_init(&progress->lock, NULL);
    progress->shown = isatty(STDERR_FILENO) != 0;
    progress->done = 0;
    progress->total = total > 0 ? total : 1;
    progress->percent_drawn = -1;
}

/* Under the lock. */
static void draw(struct progress *progress, int percent, const char *what)
{
    enum { WIDTH = 30 };
    if (!progress->shown || percent == progress->percent_drawn) {
        return;
    }
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; ++i) {
        bar[i] = i * 100 < percent * WIDTH ? '#' : '.';
    }
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3d %% %-24.24s", bar, percent, what);
    progress->percent_drawn = percent;
}

void progress_step(struct progress *progress, const char *what)
{
    (void)pthread_mutex_lock(&progress->lock);
    ++progress->done;
    draw(progress, 100 * progress->done / progress->total, what);
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_at(struct progress *progress, double share, const char *what)
{
    (void)pthread_mutex_lock(&progress->lock);
    draw(progress, (int)(100.0 * share), what);
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_finish(struct progress *progress)
{
    if (progress->shown) {
        fprintf(stderr, "\r%*s\r", 70, "");
    }
    (void)pthread_mutex_destroy(&progress->lock);
}
