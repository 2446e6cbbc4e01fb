/* A session file that appears under its name when it is complete: until then "<name>.part".
 * Thread: any. */
#ifndef SES_SESSION_SCRATCH_H
#define SES_SESSION_SCRATCH_H

#include "cfg_error.h"
#include "nav/status.h"
#include "session_store.h"

/* The name to write to; what an earlier attempt left there is removed. NAV_ERR_EXISTS: `path` is
 * there already; NAV_ERR_RANGE: too long. */
NAV_MUST_USE enum nav_status ses_scratch_name(const char *path, char out_scratch[SESSION_PATH_SIZE],
                                              struct cfg_error *out_error);

/* The database and what SQLite keeps beside it. */
void ses_scratch_remove(const char *scratch);

/* Gives it its name; on failure it is removed. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status ses_scratch_keep(const char *scratch, const char *path,
                                              struct cfg_error *out_error);

#endif
