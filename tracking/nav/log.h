/* Logging for the rims: programs, the loop, verbs. Modules return statuses and do not log.
 *
 * One line an event on stderr: UTC time, level, module, text. No patient data, no poses.
 * Nothing logs per message or per frame. Thread: any (one write(2) a line). */
#ifndef NAV_LOG_H
#define NAV_LOG_H

enum nav_log_level {
    NAV_LOG_ERROR = 0, /* the operator must act */
    NAV_LOG_WARNING,   /* something was refused, dropped or degraded */
    NAV_LOG_INFO,      /* life cycle: started, connected, stopped */
    NAV_LOG_DEBUG      /* for engineers; off by default */
};

/* Lines above `level` are dropped; the default is INFO, or OSTEONAV_LOG=error|warning|info|debug.
 */
void nav_log_set_level(enum nav_log_level level);

void nav_log(enum nav_log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define nav_log_error(module, ...) nav_log(NAV_LOG_ERROR, module, __VA_ARGS__)
#define nav_log_warning(module, ...) nav_log(NAV_LOG_WARNING, module, __VA_ARGS__)
#define nav_log_info(module, ...) nav_log(NAV_LOG_INFO, module, __VA_ARGS__)
#define nav_log_debug(module, ...) nav_log(NAV_LOG_DEBUG, module, __VA_ARGS__)

#endif
