/* Status codes of every fallible function.
 *
 * One enum from one list, so that a code, its text and its name can never drift apart.
 * 0 is success, positive values are successful but special outcomes, negative values are
 * errors. A module returns a status; only a rim (a program's main, the loop, a verb) logs it.
 * Thread: any. */
#ifndef NAV_STATUS_H
#define NAV_STATUS_H

#define NAV_STATUS_LIST(X)                                                                         \
    X(NAV_OK, 0, "ok")                                                                             \
    X(NAV_AGAIN, 1, "nothing yet, call again")                                                     \
    X(NAV_END, 2, "no more data")                                                                  \
    X(NAV_ERR_ARGUMENT, -1, "argument out of contract")                                            \
    X(NAV_ERR_MEMORY, -2, "out of memory")                                                         \
    X(NAV_ERR_FULL, -3, "capacity reached")                                                        \
    X(NAV_ERR_NOT_FOUND, -4, "not found")                                                          \
    X(NAV_ERR_EXISTS, -5, "already exists")                                                        \
    X(NAV_ERR_IO, -6, "input/output error")                                                        \
    X(NAV_ERR_SYNTAX, -7, "malformed text")                                                        \
    X(NAV_ERR_RANGE, -8, "value out of range")                                                     \
    X(NAV_ERR_VERSION, -9, "unsupported version")                                                  \
    X(NAV_ERR_LENGTH, -10, "length does not match the content")                                    \
    X(NAV_ERR_TOO_LARGE, -11, "larger than the configured limit")                                  \
    X(NAV_ERR_CHECKSUM, -12, "checksum mismatch")                                                  \
    X(NAV_ERR_ENCODING, -13, "text is not in the expected encoding")                               \
    X(NAV_ERR_NOT_FINITE, -14, "not a finite number")                                              \
    X(NAV_ERR_NOT_RIGID, -15, "matrix is not a rigid transform")                                   \
    X(NAV_ERR_REFUSED, -16, "refused by a safety rule")                                            \
    X(NAV_ERR_STALE, -17, "too old to be used")                                                    \
    X(NAV_ERR_BUSY, -18, "in use by another process")                                              \
    X(NAV_ERR_CONDITION, -19, "badly conditioned: the data do not determine the answer")           \
    X(NAV_ERR_UNSUPPORTED, -20, "not supported")

enum nav_status {
#define NAV_STATUS_ENUM(name, value, text) name = (value),
    NAV_STATUS_LIST(NAV_STATUS_ENUM)
#undef NAV_STATUS_ENUM
};

/* Marks a function whose result must be looked at. */
#define NAV_MUST_USE __attribute__((warn_unused_result))

/* Short English text of a status; "unknown status" for a value outside the list. Never NULL. */
const char *nav_status_text(enum nav_status status);

/* The enumerator's name, e.g. "NAV_ERR_IO"; "?" for a value outside the list. Never NULL. */
const char *nav_status_name(enum nav_status status);

#endif
