#include "acknowledge.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nav/log.h"

extern char **environ;

/* The program beside this one. */
static int find_osteonav(char *out_path, size_t size)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length <= 0) {
        return -1;
    }
    self[length] = '\0';
    const int written = snprintf(out_path, size, "%s/osteonav", dirname(self));
    return written > 0 && (size_t)written < size ? 0 : -1;
}

void acknowledge_alarms(void *instance)
{
    static pid_t asking; /* the last one, until it has ended */
    char path[PATH_MAX];
    char *const arguments[] = {(char *)"osteonav",
                               (char *)"command",
                               (char *)"--instance",
                               instance != NULL ? (char *)instance : (char *)"default",
                               (char *)"alarm",
                               (char *)"acknowledge",
                               NULL};
    if (asking > 0 && waitpid(asking, NULL, WNOHANG) == 0) {
        return; /* is being asked already */
    }
    asking = 0;
    posix_spawn_file_actions_t files;
    if (find_osteonav(path, sizeof(path)) != 0 || posix_spawn_file_actions_init(&files) != 0) {
        nav_log_error("display", "cannot ask the core to acknowledge: no program osteonav");
        return;
    }
    (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    const int failed = posix_spawn(&asking, path, &files, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        asking = 0;
        nav_log_error("display", "cannot ask the core to acknowledge: %s", strerror(failed));
        return;
    }
    nav_log_info("display", "asked the core to acknowledge the alarms");
}
