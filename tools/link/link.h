/* The commands of `osteonav igtl`, each with its own options and --help. Arguments begin with the
 * command's name; results are exit codes of a verb. Thread: main. */
#ifndef LINK_H
#define LINK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

int link_listen(int argc, char **argv);
int link_send(int argc, char **argv);
int link_dump(int argc, char **argv);
int link_probe(int argc, char **argv);

/* Set by SIGINT and SIGTERM once link_catch_signals has been called; they end waiting. */
extern volatile sig_atomic_t link_stop_requested;
void link_catch_signals(void);

/* "osteonav igtl COMMAND: WHAT 'VALUE'; ..." on stderr; returns the usage exit code. */
int link_usage_error(const char *command, const char *what, const char *value);

/* Numbers of the command line; false when they are none or outside [min, max]. */
bool link_parse_double(const char *text, double min, double max, double *out_value);
bool link_parse_u64(const char *text, uint64_t max, uint64_t *out_value);

/* Milliseconds until the monotonic time, for poll(2): 0 when it has passed, at most a minute. */
int link_ms_until(int64_t time_ns);

#endif
