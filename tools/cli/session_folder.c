#include "session_folder.h"

#include <stdio.h>
#include <stdlib.h>

void session_folder_usual(const struct cfg_case *loaded, char out_folder[SESSION_PATH_SIZE])
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (loaded != NULL && loaded->recording.folder != NULL) {
        (void)snprintf(out_folder, SESSION_PATH_SIZE, "%s", loaded->recording.folder);
    } else if (state != NULL && state[0] == '/') {
        (void)snprintf(out_folder, SESSION_PATH_SIZE, "%s/osteonav/sessions", state);
    } else {
        (void)snprintf(out_folder, SESSION_PATH_SIZE, "%s/.local/state/osteonav/sessions",
                       home != NULL && home[0] == '/' ? home : "/var/tmp");
    }
}
