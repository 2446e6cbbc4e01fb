/* What a killed recorder left behind: its ring's records are appended to its session file, which is
 * then ended. Thread: any; one at a time for a session. */
#ifndef SESSION_RECOVER_H
#define SESSION_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "session_store.h"

enum { SESSION_RINGS_KEPT = 4 };

struct session_recovered {
    char path[SESSION_PATH_SIZE];
    uint64_t records; /* that were only in memory */
    bool let_go;      /* they could not be written anywhere, and newer ones need the room */
};

/* Of one session. NAV_ERR_NOT_FOUND: nothing was left; NAV_ERR_BUSY: it is being recorded
 * (record_ring_is_live), or another program that recovers it has not ended within 10 s; else as
 * session_writer_open and session_writer_append; then the ring stays for another attempt. */
NAV_MUST_USE enum nav_status session_recover(uint64_t session,
                                             struct session_recovered *out_recovered,
                                             struct session_error *out_error);

/* Of the session whose file this is to be, also when the file is not whole yet. */
NAV_MUST_USE enum nav_status session_recover_path(const char *path,
                                                  struct session_recovered *out_recovered,
                                                  struct session_error *out_error);

/* Of every session of this user whose process is gone. Returns how many; what cannot be recovered,
 * because its folder is gone, is left for `session repair`, the newest SESSION_RINGS_KEPT of it:
 * each holds memory. `on_done` may be NULL. */
size_t session_recover_all(void (*on_done)(void *context,
                                           const struct session_recovered *recovered),
                           void *context);

#endif
