/* Folders that results go to. Thread: any. */
#ifndef CFG_FOLDER_H
#define CFG_FOLDER_H

#include "cfg_error.h"
#include "nav/status.h"

/* Makes the folder and those it lies in, as far as they are missing. NAV_ERR_IO: it cannot be made,
 * or is no folder; `out_error` names it. */
NAV_MUST_USE enum nav_status cfg_folder_make(const char *path, struct cfg_error *out_error);

#endif
