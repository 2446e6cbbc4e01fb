/* The attempts of all trainees: one small SQLite file, mode 0600. Thread: one at a time. */
#ifndef TRAIN_LIBRARY_H
#define TRAIN_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/limits.h"
#include "nav/status.h"

struct train_library;

enum { TRAIN_HASH_SIZE = 65 /* a SHA-256 in hexadecimal, with its NUL */ };

struct train_attempt {
    int64_t id; /* given by the library */
    int64_t made_utc_ns;
    char trainee[NAV_NAME_SIZE];
    char exercise[NAV_NAME_SIZE];
    char case_name[NAV_NAME_SIZE];
    char case_hash[TRAIN_HASH_SIZE]; /* of the lock; empty = not locked */
    char source[NAV_TEXT_SIZE];      /* "simulated, seed 3", or the session's file */
    double points;
    bool passed;
    double seconds;
};

/* Opens or makes the file. NAV_ERR_UNSUPPORTED: another database; NAV_ERR_VERSION: of a newer
 * program; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status train_library_open(const char *path,
                                                struct train_library **out_library,
                                                struct cfg_error *out_error);
void train_library_close(struct train_library *library); /* NULL is legal */

/* `details` is the attempt as JSON. Sets `attempt->id`. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status train_library_add(struct train_library *library,
                                               struct train_attempt *attempt, const char *details,
                                               struct cfg_error *out_error);

/* Attempts of a trainee at an exercise, oldest first; NULL = of all. The caller frees the list.
 * NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status train_library_list(struct train_library *library, const char *trainee,
                                                const char *exercise,
                                                struct train_attempt **out_attempts,
                                                size_t *out_count, struct cfg_error *out_error);

#endif
