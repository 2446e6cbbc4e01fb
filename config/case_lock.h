/* The lock of a case: which bytes were checked, by whom and when.
 *
 * A JSON file beside the case file (case.yaml -> case.lock) with the SHA-256 of the case file and
 * of every file that it names. A case with a lock loads only while every byte is as it was; one
 * without a lock loads and is reported as not locked. The lock finds changed and exchanged files;
 * who may write the folder can lock again, so it is no signature. Thread: any. */
#ifndef CFG_CASE_LOCK_H
#define CFG_CASE_LOCK_H

#include "case.h"

enum { CFG_LOCK_TIME_SIZE = 32 };

struct cfg_lock {
    bool present;
    char path[CFG_PATH_SIZE];
    char by[NAV_TEXT_SIZE];
    char utc[CFG_LOCK_TIME_SIZE]; /* ISO 8601, e.g. 2026-01-31T12:00:00Z */
    char software[NAV_TEXT_SIZE]; /* the program that locked it, with its version */
    size_t warning_count;         /* that the check reported when it was locked */
};

/* Compares a loaded case with its lock. NAV_OK: as locked, or `out_lock->present` false.
 * NAV_ERR_CHECKSUM: a file's bytes differ, or the case names other files; NAV_ERR_SYNTAX,
 * NAV_ERR_VERSION, NAV_ERR_IO, NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY: the lock cannot be read, which
 * refuses the case too. `out_error` names the file and what to do. */
NAV_MUST_USE enum nav_status cfg_lock_check(const struct cfg_case *loaded,
                                            struct cfg_lock *out_lock, struct cfg_error *out_error);

/* Writes the lock of a loaded case, whole or not at all, readable by everyone and writable by
 * nobody. `by`: who answers for it; `utc_ns`: now. NAV_ERR_EXISTS: there is one and `replace` is
 * false; NAV_ERR_REFUSED: the frame of a model is assumed; NAV_ERR_IO, NAV_ERR_MEMORY,
 * NAV_ERR_ARGUMENT (`by` empty, too long or not UTF-8). */
NAV_MUST_USE enum nav_status cfg_lock_write(const struct cfg_case *loaded, const char *by,
                                            int64_t utc_ns, bool replace,
                                            struct cfg_error *out_error);

#endif
