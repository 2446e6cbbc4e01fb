/* Sessions made of sessions: a piece of one, several in one.
 *
 * Every record goes over as it is, but for the scenes: a scene is the answer to everything that
 * came before it, and what came before is no longer all there. The new file says what it was made
 * of and never replaces an old one. Thread: one. */
#ifndef SES_SESSION_EDIT_H
#define SES_SESSION_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/status.h"
#include "session_poses.h"

enum { SES_MERGE_MAX = 16 /* sessions in one */ };

struct ses_edit_count {
    uint64_t records;     /* copied */
    uint64_t messages;    /* of these */
    uint64_t scenes;      /* left out */
    uint64_t annotations; /* copied */
    uint64_t damaged;     /* blocks that could not be read */
};

/* The records within `span` (of the session's clock, half open), the peers that are connected at
 * its beginning, and the annotations within it. NAV_ERR_EXISTS, NAV_ERR_NOT_FOUND: nothing lies in
 * the span; NAV_ERR_IO and others of session_reader_open. */
NAV_MUST_USE enum nav_status ses_session_cut(const char *from, const char *to,
                                             const struct ses_span *span,
                                             const struct ses_progress *progress,
                                             struct ses_edit_count *out_count,
                                             struct cfg_error *out_error);

enum ses_alignment {
    SES_ALIGN_CLOCK = 0, /* the sessions' clocks are one and the same */
    SES_ALIGN_UTC,       /* by the wall clock at their beginnings */
    SES_ALIGN_START      /* all begin together */
};

/* Every record of `count` sessions in order of time; peers get new numbers. NAV_ERR_REFUSED: two of
 * them are of different cases, or SES_ALIGN_UTC and one does not know the wall clock;
 * NAV_ERR_ARGUMENT: fewer than two or more than SES_MERGE_MAX. */
NAV_MUST_USE enum nav_status ses_session_merge(const char *const *from, size_t count,
                                               const char *to, enum ses_alignment alignment,
                                               const struct ses_progress *progress,
                                               struct ses_edit_count *out_count,
                                               struct cfg_error *out_error);

#endif
