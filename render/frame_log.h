/* Every picture that was shown, a line each, for measuring.
 *
 * The file begins with the names of its columns; times are CLOCK_MONOTONIC in ns, so that other
 * programs of the machine can compare. Thread: the drawing one. */
#ifndef RND_FRAME_LOG_H
#define RND_FRAME_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

struct rnd_frame_log;

struct rnd_frame_line {
    int64_t begun_ns;
    int64_t shown_ns;   /* the end of its swap */
    int64_t arrival_ns; /* of the newest pose in it; 0: none */
    bool whole;         /* in its whole detail */
    uint64_t scene_seq; /* of its scene; 0: none */
};

/* NAV_ERR_IO: it cannot be written; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_frame_log_create(const char *path, struct rnd_frame_log **out_log);
void rnd_frame_log_destroy(struct rnd_frame_log *log); /* NULL is legal */

/* `log` may be NULL: then nothing. */
void rnd_frame_log_add(struct rnd_frame_log *log, const struct rnd_frame_line *line);

/* Takes such a line apart; false: it is none, as the first one is. */
bool rnd_frame_log_parse(const char *text, struct rnd_frame_line *out);

#endif
