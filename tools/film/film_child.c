#include "film_child.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nav/log.h"
#include "nav/time.h"

extern char **environ;

enum { END_S = 3 };

/* ---- the process ---------------------------------------------------------------------------- */

struct child {
    char program[PATH_MAX];
    char *arguments[FILM_ARGUMENTS_MAX + 2];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop; /* under the lock, as what follows */
    pid_t pid; /* 0: none runs */
};

static enum nav_status child_init(struct child *child, const char *program,
                                  const char *const *arguments)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length <= 0) {
        return NAV_ERR_NOT_FOUND;
    }
    self[length] = '\0';
    const bool is_path = strchr(program, '/') != NULL;
    const int written = snprintf(child->program, sizeof(child->program), "%.3000s%s%.1000s",
                                 is_path ? "" : dirname(self), is_path ? "" : "/", program);
    if (written <= 0 || access(child->program, X_OK) != 0) {
        return NAV_ERR_NOT_FOUND;
    }
    child->arguments[0] = child->program;
    for (int i = 0; i < FILM_ARGUMENTS_MAX && arguments[i] != NULL; ++i) {
        child->arguments[i + 1] = (char *)(uintptr_t)arguments[i];
    }
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&child->lock, NULL);
    (void)pthread_cond_init(&child->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return NAV_OK;
}

static void child_finish(struct child *child)
{
    (void)pthread_mutex_destroy(&child->lock);
    (void)pthread_cond_destroy(&child->changed);
}

static bool child_stops(struct child *child)
{
    (void)pthread_mutex_lock(&child->lock);
    const bool stop = child->stop;
    (void)pthread_mutex_unlock(&child->lock);
    return stop;
}

/* Starts it with one of its standard descriptors at a pipe; this end of the pipe, or -1. */
static int child_start(struct child *child, int its_end)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    const int ours = its_end == STDIN_FILENO ? ends[1] : ends[0];
    const int theirs = its_end == STDIN_FILENO ? ends[0] : ends[1];
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, theirs, its_end);
    (void)pthread_mutex_lock(&child->lock);
    const int failed = child->stop || posix_spawn(&child->pid, child->program, &actions, NULL,
                                                  child->arguments, environ) != 0;
    if (failed) {
        child->pid = 0;
    }
    (void)pthread_mutex_unlock(&child->lock);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(theirs);
    if (failed) {
        (void)close(ours);
        return -1;
    }
    return ours;
}

/* Takes its end and waits a little before the next one, unless it is over. */
static void child_ended(struct child *child, int fd, int signal_number)
{
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)pthread_mutex_lock(&child->lock);
    const pid_t pid = child->pid;
    (void)pthread_mutex_unlock(&child->lock);
    if (pid > 0) {
        if (signal_number != 0) {
            (void)kill(pid, signal_number);
        }
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    (void)pthread_mutex_lock(&child->lock);
    child->pid = 0;
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FILM_AGAIN_MS * (long)NAV_NS_PER_MS;
    until.tv_sec += until.tv_nsec / (long)NAV_NS_PER_S;
    until.tv_nsec %= (long)NAV_NS_PER_S;
    while (!child->stop &&
           pthread_cond_timedwait(&child->changed, &child->lock, &until) != ETIMEDOUT) {
    }
    (void)pthread_mutex_unlock(&child->lock);
}

/* No further child; the one that runs is asked to end. */
static void child_stop(struct child *child, int signal_number)
{
    (void)pthread_mutex_lock(&child->lock);
    child->stop = true;
    if (child->pid > 0 && signal_number != 0) {
        (void)kill(child->pid, signal_number);
    }
    (void)pthread_cond_broadcast(&child->changed);
    (void)pthread_mutex_unlock(&child->lock);
}

/* ---- pictures from a child ------------------------------------------------------------------ */

struct film_intake {
    struct child child;
    film_picture_fn on_picture;
    void *context;
    pthread_t thread;
};

static void *take_in(void *context)
{
    struct film_intake *intake = context;
    struct film_buffer buffer = {0};
    while (!child_stops(&intake->child)) {
        const int fd = child_start(&intake->child, STDOUT_FILENO);
        struct film_head head;
        enum nav_status status = NAV_OK;
        while (fd >= 0 && (status = film_read(fd, &head, &buffer)) == NAV_OK) {
            intake->on_picture(intake->context, &head, buffer.bytes);
        }
        if (fd >= 0 && status != NAV_END && !child_stops(&intake->child)) {
            nav_log_error("camera", "pictures broke off: %s", nav_status_text(status));
        }
        child_ended(&intake->child, fd, SIGTERM);
    }
    film_buffer_finish(&buffer);
    return NULL;
}

enum nav_status film_intake_start(const char *program, const char *const *arguments,
                                  film_picture_fn on_picture, void *context,
                                  struct film_intake **out_intake)
{
    struct film_intake *intake = calloc(1, sizeof(*intake));
    if (intake == NULL) {
        return NAV_ERR_MEMORY;
    }
    intake->on_picture = on_picture;
    intake->context = context;
    enum nav_status status = child_init(&intake->child, program, arguments);
    if (status == NAV_OK && pthread_create(&intake->thread, NULL, take_in, intake) != 0) {
        child_finish(&intake->child);
        status = NAV_ERR_MEMORY;
    }
    if (status != NAV_OK) {
        free(intake);
        return status;
    }
    *out_intake = intake;
    return NAV_OK;
}

void film_intake_stop(struct film_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    child_stop(&intake->child, SIGTERM);
    (void)pthread_join(intake->thread, NULL);
    child_finish(&intake->child);
    free(intake);
}

/* ---- pictures to a child -------------------------------------------------------------------- */

struct picture {
    struct film_head head;
    struct film_buffer buffer;
};

struct film_outlet {
    struct child child;
    pthread_t thread;
    struct picture filled;  /* the owner's */
    struct picture newest;  /* under the lock */
    struct picture written; /* the thread's */
    bool is_new;            /* under the lock */
    uint64_t left_out;
};

/* The newest picture; false: it is over. */
static bool await(struct film_outlet *outlet)
{
    struct child *child = &outlet->child;
    (void)pthread_mutex_lock(&child->lock);
    while (!outlet->is_new && !child->stop) {
        (void)pthread_cond_wait(&child->changed, &child->lock);
    }
    const bool is_new = outlet->is_new;
    if (is_new) {
        const struct picture taken = outlet->newest;
        outlet->newest = outlet->written;
        outlet->written = taken;
        outlet->is_new = false;
    }
    (void)pthread_mutex_unlock(&child->lock);
    return is_new;
}

static void *give_out(void *context)
{
    struct film_outlet *outlet = context;
    while (!child_stops(&outlet->child)) {
        const int fd = child_start(&outlet->child, STDIN_FILENO);
        while (fd >= 0 && await(outlet) &&
               film_write(fd, &outlet->written.head, outlet->written.buffer.bytes) == NAV_OK) {
        }
        if (!child_stops(&outlet->child)) {
            nav_log_error("display", "%s has ended; it is started again",
                          outlet->child.arguments[1]);
        }
        child_ended(&outlet->child, fd, 0); /* it ends when its pictures do */
    }
    return NULL;
}

enum nav_status film_outlet_start(const char *program, const char *const *arguments,
                                  struct film_outlet **out_outlet)
{
    struct film_outlet *outlet = calloc(1, sizeof(*outlet));
    if (outlet == NULL) {
        return NAV_ERR_MEMORY;
    }
    enum nav_status status = child_init(&outlet->child, program, arguments);
    if (status == NAV_OK && pthread_create(&outlet->thread, NULL, give_out, outlet) != 0) {
        child_finish(&outlet->child);
        status = NAV_ERR_MEMORY;
    }
    if (status != NAV_OK) {
        free(outlet);
        return status;
    }
    *out_outlet = outlet;
    return NAV_OK;
}

void film_outlet_stop(struct film_outlet *outlet)
{
    if (outlet == NULL) {
        return;
    }
    child_stop(&outlet->child, 0); /* it ends by itself when its pictures do */
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += END_S;
    if (pthread_timedjoin_np(outlet->thread, NULL, &until) != 0) {
        child_stop(&outlet->child, SIGKILL);
        (void)pthread_join(outlet->thread, NULL);
    }
    child_finish(&outlet->child);
    film_buffer_finish(&outlet->filled.buffer);
    film_buffer_finish(&outlet->newest.buffer);
    film_buffer_finish(&outlet->written.buffer);
    free(outlet);
}

uint8_t *film_outlet_room(struct film_outlet *outlet, const struct film_head *head)
{
    if (!film_head_is_good(head) ||
        film_buffer_reserve(&outlet->filled.buffer, film_size(head)) != NAV_OK) {
        return NULL;
    }
    outlet->filled.head = *head;
    return outlet->filled.buffer.bytes;
}

void film_outlet_give(struct film_outlet *outlet)
{
    struct child *child = &outlet->child;
    (void)pthread_mutex_lock(&child->lock);
    outlet->left_out += outlet->is_new ? 1 : 0;
    const struct picture taken = outlet->newest;
    outlet->newest = outlet->filled;
    outlet->filled = taken;
    outlet->is_new = true;
    (void)pthread_cond_signal(&child->changed);
    (void)pthread_mutex_unlock(&child->lock);
}

uint64_t film_outlet_left_out(struct film_outlet *outlet)
{
    (void)pthread_mutex_lock(&outlet->child.lock);
    const uint64_t left_out = outlet->left_out;
    (void)pthread_mutex_unlock(&outlet->child.lock);
    return left_out;
}
