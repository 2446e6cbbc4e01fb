/* What reads foreign files may do: read files, compute, write to what is already open.
 *
 * Bounded memory and processor time; no socket, no other program, no file opened for writing, no
 * new process. A file that breaks a reader breaks one process that has nothing. Thread: main,
 * before any other is started. */
#ifndef IMPORT_SANDBOX_H
#define IMPORT_SANDBOX_H

#include <stddef.h>

#include "nav/status.h"

/* Enters it for good. Where the sanitizers are built in, which need more than it allows, it does
 * nothing. NAV_ERR_UNSUPPORTED when the kernel refuses. */
NAV_MUST_USE enum nav_status imp_sandbox_enter(size_t memory_bytes, unsigned cpu_seconds);

#endif
