/* The poses of a session file, out and in.
 *
 * Thread: one. */
#ifndef SES_SESSION_POSES_H
#define SES_SESSION_POSES_H

#include <stdbool.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/status.h"
#include "pose_file.h"
#include "pose_log.h"

/* A piece of a session's time, half open: from <= at < to. */
struct ses_span {
    int64_t from_ns;
    int64_t to_ns;
};

#define SES_SPAN_ALL ((struct ses_span){INT64_MIN, INT64_MAX})

/* What was met beside poses. */
struct ses_session_count {
    uint64_t messages; /* in the span */
    uint64_t without;  /* messages that carry no pose */
    uint64_t refused;  /* messages whose content does not have the shape of its type */
    uint64_t damaged;  /* blocks that could not be read; what they held is missing */
};

/* Whether the file is a database of SQLite, as sessions are. */
bool ses_is_session(const char *path);

/* Appends the session's poses within `span` (of the session's clock), in order of arrival. Damaged
 * blocks are left out and counted. NAV_ERR_NOT_FOUND, NAV_ERR_UNSUPPORTED and others of
 * session_reader_open. `progress` may be NULL; it counts records. */
NAV_MUST_USE enum nav_status ses_session_read(const char *path, const struct ses_span *span,
                                              const struct ses_progress *progress,
                                              struct ses_pose_log *log,
                                              struct ses_session_count *out_count,
                                              struct cfg_error *out_error);

/* Writes a new session of these poses: one message a row, flagged as imported, arriving as the rows
 * say. `origin`: what they were made from, for people. The log must be sorted by arrival. The file
 * appears under its name when it is complete. NAV_ERR_EXISTS: there is one already;
 * NAV_ERR_NOT_FOUND: no rows; NAV_ERR_ENCODING: a name or word that a message cannot hold;
 * NAV_ERR_IO. */
NAV_MUST_USE enum nav_status ses_session_write(const char *path, const char *origin,
                                               const struct ses_pose_log *log,
                                               const struct ses_progress *progress,
                                               struct cfg_error *out_error);

/* Poses of any file: a session, or any format of pose_file.h. */
NAV_MUST_USE enum nav_status ses_poses_read(const char *path,
                                            const struct ses_read_options *options,
                                            struct ses_pose_log *log, struct cfg_error *out_error);

#endif
