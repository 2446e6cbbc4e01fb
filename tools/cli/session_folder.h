/* Where sessions are recorded unless somebody says otherwise. Thread: any. */
#ifndef TOOLS_SESSION_FOLDER_H
#define TOOLS_SESSION_FOLDER_H

#include "case.h"
#include "session_store.h"

/* The folder that the case names, else $XDG_STATE_HOME/osteonav/sessions, else
 * ~/.local/state/osteonav/sessions. `loaded` NULL: no case is asked. */
void session_folder_usual(const struct cfg_case *loaded, char out_folder[SESSION_PATH_SIZE]);

#endif
