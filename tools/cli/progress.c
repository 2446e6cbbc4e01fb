#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nav/time.h"

enum { BAR = 24, TEXT_SIZE = 160, STEPS_BETWEEN_CLOCKS = 64 };

static const int64_t redraw_ns = NAV_NS_PER_S / 10;
static const int64_t patience_ns = NAV_NS_PER_S / 4; /* short work shows nothing */

static int64_t now_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

void progress_begin(struct progress *progress, const char *what, const char *unit, bool quiet)
{
    *progress = (struct progress){
        .what = what, .unit = unit, .shown = !quiet && isatty(STDERR_FILENO) == 1};
    progress->start_ns = progress->shown ? now_ns() : 0;
    progress->next_ns = progress->start_ns + patience_ns;
}

/* "1:05" */
static int duration(double seconds, char *out_text, size_t size)
{
    const long long whole = (long long)(seconds + 0.5);
    return snprintf(out_text, size, "%lld:%02lld", whole / 60, whole % 60);
}

int progress_text(const struct progress *progress, size_t done, size_t total, int64_t elapsed_ns,
                  char *out_text, size_t size)
{
    const double seconds = (double)elapsed_ns / (double)NAV_NS_PER_S;
    const double rate = seconds > 0.0 ? (double)done / seconds : 0.0;
    char spent[32];
    (void)duration(seconds, spent, sizeof(spent));
    if (total == 0 || done > total) {
        return snprintf(out_text, size, "%s: %zu %s [%s, %.0f/s]", progress->what, done,
                        progress->unit, spent, rate);
    }
    char bar[BAR + 1];
    char left[32];
    const size_t filled = (size_t)((double)done / (double)total * BAR);
    memset(bar, '-', BAR);
    memset(bar, '#', filled);
    bar[BAR] = '\0';
    (void)duration(rate > 0.0 ? (double)(total - done) / rate : 0.0, left, sizeof(left));
    return snprintf(out_text, size, "%s: %3.0f%% |%s| %zu/%zu %s [%s<%s, %.0f/s]", progress->what,
                    100.0 * (double)done / (double)total, bar, done, total, progress->unit, spent,
                    left, rate);
}

void progress_step(void *context, size_t done, size_t total)
{
    struct progress *progress = context;
    if (!progress->shown || ++progress->steps % STEPS_BETWEEN_CLOCKS != 0) {
        return;
    }
    const int64_t time_ns = now_ns();
    if (time_ns < progress->next_ns) {
        return;
    }
    char text[TEXT_SIZE];
    (void)progress_text(progress, done, total, time_ns - progress->start_ns, text, sizeof(text));
    fprintf(stderr, "\r\033[K%s", text);
    progress->next_ns = time_ns + redraw_ns;
    progress->line_is_open = true;
}

void progress_end(struct progress *progress)
{
    if (progress->line_is_open) {
        fputs("\r\033[K", stderr);
        progress->line_is_open = false;
    }
}
