#include "event_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "nav/time.h"

enum { EVENT_TEXT_SIZE = 400 };

void srv_event_log_write(struct srv_event_log *log, int64_t now_ns, enum nav_log_level level,
                         const char *module, const char *format, ...)
{
    if (now_ns - log->window_start_ns >= NAV_NS_PER_S) {
        if (log->left_out > 0) {
            nav_log_warning("core", "%llu further events were not logged",
                            (unsigned long long)log->left_out);
        }
        *log = (struct srv_event_log){.window_start_ns = now_ns};
    }
    uint32_t *written = &log->written[level <= NAV_LOG_WARNING ? 1 : 0];
    if (*written >= SRV_EVENT_LOG_PER_SECOND) {
        ++log->left_out;
        return;
    }
    ++*written;

    char text[EVENT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    nav_log(level, module, "%s", text);
}
