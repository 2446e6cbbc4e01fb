#include "session_scratch.h"

#include <stdio.h>
#include <unistd.h>

enum nav_status ses_scratch_name(const char *path, char out_scratch[SESSION_PATH_SIZE],
                                 struct cfg_error *out_error)
{
    if (access(path, F_OK) == 0) {
        return cfg_error_set(out_error, NAV_ERR_EXISTS, "%s: is there already; name a new file",
                             path);
    }
    if (snprintf(out_scratch, SESSION_PATH_SIZE, "%s.part", path) >= SESSION_PATH_SIZE) {
        return cfg_error_set(out_error, NAV_ERR_RANGE, "%s: the path is too long", path);
    }
    ses_scratch_remove(out_scratch);
    return NAV_OK;
}

void ses_scratch_remove(const char *scratch)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        char path[SESSION_PATH_SIZE + 16];
        (void)snprintf(path, sizeof(path), "%s%s", scratch, ends[i]);
        (void)unlink(path);
    }
}

enum nav_status ses_scratch_keep(const char *scratch, const char *path, struct cfg_error *out_error)
{
    if (rename(scratch, path) == 0) {
        return NAV_OK;
    }
    (void)cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be written: %m", path);
    ses_scratch_remove(scratch);
    return NAV_ERR_IO;
}
