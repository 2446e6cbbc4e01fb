/* Programs that are installed beside this one. */
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "supervisor.h"
#include "verbs.h"

char *verb_sibling_path(const char *name)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length <= 0) {
        return NULL;
    }
    self[length] = '\0';
    const char *folder = dirname(self);
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path == NULL) {
        return NULL;
    }
    (void)snprintf(path, size, "%s/%s", folder, name);
    if (access(path, X_OK) != 0) {
        free(path);
        return NULL;
    }
    return path;
}

int verb_exec_sibling(const char *name, int argc, char **argv)
{
    char *path = verb_sibling_path(name);
    char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
    if (path == NULL || arguments == NULL) {
        fprintf(stderr,
                "osteonav: cannot find the program %s beside osteonav; build it or install it\n",
                name);
        free(path);
        free(arguments);
        return VERB_FAILED;
    }
    memcpy(arguments, argv, (size_t)argc * sizeof(*arguments));
    arguments[0] = path;
    execv(path, arguments);
    perror(path);
    free(path);
    free(arguments);
    return VERB_FAILED;
}

bool verb_end_with_supervisor(void)
{
    const char *parent = getenv(SRV_SUPERVISOR_PARENT_VARIABLE);
    if (parent == NULL) {
        return true;
    }
    /* The question comes after the request, so that a death in between is seen by one of them. */
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && strtol(parent, NULL, 10) == (long)getppid();
}
