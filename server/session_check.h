/* Whether a session file is whole, and making one whole again.
 *
 * Checking takes every block apart and compares everything that is said twice: what a block says of
 * itself with its row, one block's end with the next one's begin, the tables with what the records
 * give. Repairing saves every block whose checksum is right, also where the database around it is
 * damaged (session_salvage.h), into a new file; the old one stays as it was, under another name.
 * No I/O but to the files. Thread: any; one at a time for a file. */
#ifndef SESSION_CHECK_H
#define SESSION_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "session_store.h"

enum { SESSION_FINDINGS_MAX = 32, SESSION_FINDING_SIZE = 200 };

struct session_check {
    bool clean;  /* nothing was found */
    bool live;   /* it is being recorded: what is not committed yet is no finding */
    bool opened; /* the database could be opened */
    struct session_extent extent;
    uint64_t damaged; /* blocks that cannot be used */
    uint64_t missing; /* places where blocks are missing */
    uint64_t gaps;    /* places where the recorder lost something, and said so */
    uint64_t lost;
    size_t finding_count; /* may exceed the maximum: the rest is only counted */
    char findings[SESSION_FINDINGS_MAX][SESSION_FINDING_SIZE];
};

/* How far it is, 0 to `total`. */
typedef void (*session_progress_fn)(void *context, size_t done, size_t total);

/* NAV_OK also for a damaged one: the findings say so. NAV_ERR_NOT_FOUND; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status session_check_file(const char *path, session_progress_fn on_progress,
                                                void *context, struct session_check *out_check,
                                                struct session_error *out_error);

struct session_repair {
    bool changed;       /* there was something to do */
    uint64_t recovered; /* records that were only in the memory of a killed core */
    uint64_t blocks;    /* saved */
    uint64_t records;
    uint64_t messages;
    uint64_t holes;               /* places where something is missing now: each has a gap record */
    char kept[SESSION_PATH_SIZE]; /* the damaged file's new name; empty: it was not replaced */
};

/* NAV_ERR_BUSY: it is being recorded; NAV_ERR_NOT_FOUND: no such file, or nothing in it can be
 * saved; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status session_repair_file(const char *path, session_progress_fn on_progress,
                                                 void *context, struct session_repair *out_repair,
                                                 struct session_error *out_error);

#endif
