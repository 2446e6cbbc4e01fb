/* What the verbs of `osteonav session` share. Thread: main. */
#ifndef TOOLS_SESSION_COMMON_H
#define TOOLS_SESSION_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "session_poses.h"

enum { SESSION_RENAMES_MAX = 64 };

/* One line about what was typed wrong. Returns VERB_USAGE. */
int session_wrong(const char *verb, const char *text);

/* Seconds, or minutes:seconds, as "12.5" or "1:05". False: neither, or out of range. */
bool session_read_seconds(const char *text, int64_t *out_ns);

/* A positive number. */
bool session_read_positive(const char *text, double *out_value);

/* A piece of a session as a person gives it: since its beginning. Zeroed: all of it. */
struct session_piece {
    bool has_from, has_to;
    int64_t from_ns, to_ns;
};

/* The piece on the session's own clock. VERB_OK, or VERB_FAILED or VERB_USAGE with the reason said.
 */
int session_span(const char *verb, const char *path, const struct session_piece *piece,
                 struct ses_span *out_span);

/* The same for poses that have been read: rows outside are removed. */
void session_cut_log(const struct session_piece *piece, struct ses_pose_log *log);

/* Gives devices new names, "OLD=NEW" each. False with the reason said. */
bool session_rename(const char *verb, const char *const *renames, size_t count,
                    struct ses_pose_log *log);

/* Keeps only the devices of a comma separated list (NULL = all), and with `valid_only` only valid
 * poses. False, with the reason said: a name that no row has. */
bool session_filter(const char *verb, const char *devices, bool valid_only,
                    struct ses_pose_log *log);

#endif
