#include "folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_MODE = 0777 };

enum nav_status cfg_folder_make(const char *path, struct cfg_error *out_error)
{
    char part[PATH_MAX];
    struct stat info;
    if (strlen(path) >= sizeof(part)) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%.200s...: the path is too long", path);
    }
    (void)snprintf(part, sizeof(part), "%s", path);
    for (char *c = part + 1; part[0] != '\0' && *c != '\0'; ++c) {
        if (*c == '/') {
            *c = '\0';
            (void)mkdir(part, FOLDER_MODE); /* what is missing is told by the last one */
            *c = '/';
        }
    }
    if (mkdir(path, FOLDER_MODE) == 0) {
        return NAV_OK;
    }
    const int problem = errno;
    if (stat(path, &info) == 0) {
        return S_ISDIR(info.st_mode) ? NAV_OK
                                     : cfg_error_set(out_error, NAV_ERR_IO,
                                                     "%s: is no folder; choose another name", path);
    }
    return cfg_error_set(out_error, NAV_ERR_IO, "%s: the folder cannot be made: %s", path,
                         strerror(problem));
}
