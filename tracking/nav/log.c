#include "nav/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEVEL_UNSET = -1, LINE_SIZE = 512 };

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static _Atomic int current_level = LEVEL_UNSET;

static int level_from_environment(void)
{
    const char *wanted = getenv("OSTEONAV_LOG");
    for (int i = 0; wanted != NULL && i <= NAV_LOG_DEBUG; ++i) {
        if (strcmp(wanted, level_names[i]) == 0) {
            return i;
        }
    }
    return NAV_LOG_INFO;
}

void nav_log_set_level(enum nav_log_level level)
{
    atomic_store(&current_level, (int)level);
}

void nav_log(enum nav_log_level level, const char *module, const char *format, ...)
{
    int limit = atomic_load(&current_level);
    if (limit == LEVEL_UNSET) {
        limit = level_from_environment();
        atomic_store(&current_level, limit);
    }
    if ((int)level > limit) {
        return;
    }

    char line[LINE_SIZE];
    struct timespec now = {0};
    struct tm utc = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t used = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &utc);
    used +=
        (size_t)snprintf(line + used, sizeof(line) - used,
                         ".%03ldZ %-7s %s: ", now.tv_nsec / 1000000, level_names[level], module);

    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line + used, sizeof(line) - used - 1, format, arguments);
    va_end(arguments);
    if (length > 0) {
        used += (size_t)length;
    }
    if (used > sizeof(line) - 2) {
        used = sizeof(line) - 2;
    }
    line[used++] = '\n';
    const ssize_t written = write(STDERR_FILENO, line, used);
    (void)written; /* nowhere to report that the log cannot be written */
}
