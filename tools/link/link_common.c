#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "link.h"
#include "nav/time.h"
#include "verbs.h"

enum { POLL_MAX_MS = 60000 };

volatile sig_atomic_t link_stop_requested;

static void on_signal(int number)
{
    (void)number;
    link_stop_requested = 1;
}

void link_catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int link_usage_error(const char *command, const char *what, const char *value)
{
    fprintf(stderr, "osteonav igtl %s: %s '%s'; `osteonav igtl %s --help` explains\n", command,
            what, value, command);
    return VERB_USAGE;
}

bool link_parse_double(const char *text, double min, double max, double *out_value)
{
    char *end = NULL;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value >= min && value <= max)) {
        return false;
    }
    *out_value = value;
    return true;
}

bool link_parse_u64(const char *text, uint64_t max, uint64_t *out_value)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max) {
        return false;
    }
    *out_value = value;
    return true;
}

int link_ms_until(int64_t time_ns)
{
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t left_ns = time_ns - nav_clock_now_ns(&clock);
    if (left_ns <= 0) {
        return 0;
    }
    const int64_t left_ms = (left_ns + NAV_NS_PER_MS - 1) / NAV_NS_PER_MS;
    return left_ms < POLL_MAX_MS ? (int)left_ms : POLL_MAX_MS;
}
