#include "prepare_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limits_table.h"
#include "verbs.h"

enum { LINE_MAX_BYTES = 64 << 20, PATH_BYTES = 4096 };

static const json_int_t made_max = (json_int_t)2 << 30;

struct child {
    pid_t pid;
    FILE *in;  /* to it */
    FILE *out; /* from it */
    char reading[PATH_BYTES];
    bool ended;
};

static enum nav_status start(struct child *child, struct cfg_error *error)
{
    char *program = verb_sibling_path("osteonav-prepare");
    if (program == NULL) {
        return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                             "cannot find the program osteonav-prepare beside osteonav; build it "
                             "or install it");
    }
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    enum nav_status status = NAV_OK;
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        status = NAV_ERR_IO;
    }
    char word[] = "import";
    char *const arguments[] = {program, word, NULL};
    /* A fresh locale and no loader's variables: what decides is in the request. */
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    bool made = false;
    if (status == NAV_OK) {
        made = posix_spawn_file_actions_init(&actions) == 0;
        if (!made || posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO) != 0 ||
            posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO) != 0 ||
            posix_spawn(&child->pid, program, &actions, NULL, arguments, environment) != 0) {
            status = NAV_ERR_IO;
        }
    }
    if (made) {
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    free(program);
    if (to[0] >= 0) {
        (void)close(to[0]);
    }
    if (from[1] >= 0) {
        (void)close(from[1]);
    }
    if (status == NAV_OK) {
        child->in = fdopen(to[1], "w");
        child->out = fdopen(from[0], "r");
    }
    if (status != NAV_OK || child->in == NULL || child->out == NULL) {
        return cfg_error_set(error, NAV_ERR_IO, "cannot start osteonav-prepare: %s",
                             strerror(errno));
    }
    return NAV_OK;
}

/* The bytes behind an event, malloc'ed. */
static enum nav_status take_bytes(struct child *child, json_int_t size, uint8_t **out_bytes,
                                  struct cfg_error *error)
{
    if (size < 0 || size > made_max) {
        return cfg_error_set(error, NAV_ERR_RANGE, "osteonav-prepare announces %lld bytes",
                             (long long)size);
    }
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "no memory for %lld bytes", (long long)size);
    }
    if (fread(bytes, 1, (size_t)size, child->out) != (size_t)size) {
        free(bytes);
        return NAV_END; /* it ended before its word: told from how it ended */
    }
    bytes[size] = 0;
    *out_bytes = bytes;
    return NAV_OK;
}

static enum nav_status take_event(struct child *child, const json_t *event,
                                  prepare_event_fn handler, void *context, struct cfg_error *error)
{
    const char *word = json_string_value(json_object_get(event, "event"));
    if (word == NULL) {
        return cfg_error_set(error, NAV_ERR_SYNTAX, "osteonav-prepare said what is no event");
    }
    if (strcmp(word, "reading") == 0) {
        const char *file = json_string_value(json_object_get(event, "file"));
        (void)snprintf(child->reading, sizeof(child->reading), "%s", file != NULL ? file : "");
        return NAV_OK;
    }
    if (strcmp(word, "end") == 0) {
        child->ended = true;
        return NAV_OK;
    }
    uint8_t *bytes = NULL;
    const json_int_t size = json_integer_value(json_object_get(event, "bytes"));
    enum nav_status status =
        strcmp(word, "made") == 0 ? take_bytes(child, size, &bytes, error) : NAV_OK;
    if (status == NAV_OK) {
        status = handler(context, event, bytes, bytes != NULL ? (size_t)size : 0);
    }
    free(bytes);
    return status;
}

static enum nav_status listen_to(struct child *child, prepare_event_fn handler, void *context,
                                 struct cfg_error *error)
{
    char *line = NULL;
    size_t capacity = 0;
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && !child->ended) {
        const ssize_t length = getline(&line, &capacity, child->out);
        if (length < 0 || length > LINE_MAX_BYTES) {
            break;
        }
        json_error_t problem;
        json_t *event = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, &problem);
        if (event == NULL) {
            break; /* cut in the middle of a line */
        }
        status = take_event(child, event, handler, context, error);
        json_decref(event);
    }
    free(line);
    return status == NAV_END ? NAV_OK : status;
}

/* Why it ended without its word. */
static enum nav_status explain(const struct child *child, const char *path, int ended,
                               struct cfg_error *error)
{
    const char *file = child->reading[0] != '\0' ? child->reading : path;
    if (WIFSIGNALED(ended)) {
        const int number = WTERMSIG(ended);
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "%s: its reader was ended by %s (%s); the file is damaged or hostile, "
                             "nothing of it was taken",
                             file, strsignal(number),
                             number == SIGXCPU || number == SIGKILL ? "it took too long or too much"
                                                                    : "a crash");
    }
    return cfg_error_set(error, NAV_ERR_REFUSED,
                         "%s: its reader ended with code %d and gave no result; see the lines "
                         "above",
                         file, WIFEXITED(ended) ? WEXITSTATUS(ended) : -1);
}

enum nav_status prepare_child_run(json_t *request, prepare_event_fn handler, void *context,
                                  struct cfg_error *error)
{
    struct child child = {.pid = -1};
    const struct cfg_limits limits = cfg_limits_default();
    (void)json_object_set_new(request, "memory_mb",
                              json_integer((json_int_t)limits.import_memory_mb));
    (void)json_object_set_new(request, "cpu_s", json_integer((json_int_t)limits.import_cpu_s));
    char path[PATH_BYTES];
    const char *asked = json_string_value(json_object_get(request, "path"));
    (void)snprintf(path, sizeof(path), "%s", asked != NULL ? asked : "");
    enum nav_status status = start(&child, error);
    if (status == NAV_OK) {
        /* A child that is gone already is told from how it ended. */
        (void)signal(SIGPIPE, SIG_IGN);
        (void)json_dumpf(request, child.in, JSON_COMPACT);
        (void)fclose(child.in);
        child.in = NULL;
        status = listen_to(&child, handler, context, error);
    }
    json_decref(request);
    if (child.in != NULL) {
        (void)fclose(child.in);
    }
    if (child.out != NULL) {
        (void)fclose(child.out);
    }
    int ended = 0;
    if (child.pid > 0) {
        if (status != NAV_OK) {
            (void)kill(child.pid, SIGKILL);
        }
        while (waitpid(child.pid, &ended, 0) < 0 && errno == EINTR) {
        }
        if (status == NAV_OK && !child.ended) {
            status = explain(&child, path, ended, error);
        }
    }
    return status;
}
