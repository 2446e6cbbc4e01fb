/* The core's log with a bound: what strangers on the network can cause must not fill the disk.
 *
 * At most SRV_EVENT_LOG_PER_SECOND lines a second are written of what is information, and as many
 * of warnings and errors, so that the one cannot hide the other; what is left out is counted and
 * said in one line when the second is over. Thread: loop. */
#ifndef SRV_EVENT_LOG_H
#define SRV_EVENT_LOG_H

#include <stdint.h>

#include "nav/log.h"

enum { SRV_EVENT_LOG_PER_SECOND = 20 };

/* The zero struct is ready to use. */
struct srv_event_log {
    int64_t window_start_ns;
    uint32_t written[2]; /* information, warnings */
    uint64_t left_out;
};

void srv_event_log_write(struct srv_event_log *log, int64_t now_ns, enum nav_log_level level,
                         const char *module, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
