#include "supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nav/log.h"
#include "nav/time.h"

#define LOG_MODULE "supervisor"
#define KILL_AFTER_NS NAV_NS_PER_S

extern char **environ;

struct child {
    struct srv_supervisor *supervisor;
    struct srv_program program;
    uv_process_t process;
    uv_timer_t timer; /* while it runs and we stop: the kill; while it is dead: the restart */
    bool running;
    bool started_once;
    int64_t started_ns;
    int64_t ended_ns;
    int64_t wait_ns; /* before the next start */
};

struct srv_supervisor {
    uv_loop_t *loop;
    int64_t restart_ns;
    bool stopping;
    uint64_t restarts;
    void (*on_display)(void *context, const char *display, bool runs);
    void *context;
    size_t count;
    char parent[48]; /* "OSTEONAV_PARENT=1234" */
    char **environment;
    struct nav_clock clock;
    struct child children[];
};

static void start_child(struct child *child);

static void on_restart_due(uv_timer_t *timer)
{
    start_child(timer->data);
}

static void close_timer(struct child *child)
{
    if (!uv_is_closing((uv_handle_t *)&child->timer)) {
        uv_close((uv_handle_t *)&child->timer, NULL);
    }
}

/* The next wait: the restart time after a decent life, else twice the last one. */
static int64_t next_wait_ns(const struct child *child, int64_t lived_ns)
{
    const int64_t base_ns = child->supervisor->restart_ns;
    if (lived_ns >= SRV_SUPERVISOR_SHORT_LIFE_NS || child->wait_ns == 0) {
        return base_ns < SRV_SUPERVISOR_WAIT_MAX_NS ? base_ns : SRV_SUPERVISOR_WAIT_MAX_NS;
    }
    const int64_t doubled_ns = 2 * child->wait_ns;
    return doubled_ns < SRV_SUPERVISOR_WAIT_MAX_NS ? doubled_ns : SRV_SUPERVISOR_WAIT_MAX_NS;
}

static void schedule_restart(struct child *child)
{
    struct srv_supervisor *supervisor = child->supervisor;
    if (supervisor->stopping) {
        close_timer(child);
        return;
    }
    const int64_t lived_ns = child->ended_ns - child->started_ns;
    child->wait_ns = next_wait_ns(child, lived_ns);
    const int64_t wait_ms = child->wait_ns / NAV_NS_PER_MS;
    (void)uv_timer_start(&child->timer, on_restart_due, wait_ms > 0 ? (uint64_t)wait_ms : 1, 0);
}

static void on_process_closed(uv_handle_t *handle)
{
    schedule_restart(handle->data);
}

static void tell(const struct child *child, bool runs)
{
    const struct srv_supervisor *supervisor = child->supervisor;
    if (supervisor->on_display != NULL && child->program.display[0] != '\0' &&
        !supervisor->stopping) {
        supervisor->on_display(supervisor->context, child->program.display, runs);
    }
}

static void on_program_ended(uv_process_t *process, int64_t code, int signal_number)
{
    struct child *child = process->data;
    child->running = false;
    child->ended_ns = nav_clock_now_ns(&child->supervisor->clock);
    if (child->supervisor->stopping) {
        nav_log_debug(LOG_MODULE, "%s ended", child->program.name);
    } else if (signal_number != 0) {
        nav_log_warning(LOG_MODULE, "%s died of signal %d (%s); it is started again",
                        child->program.name, signal_number, strsignal(signal_number));
    } else {
        nav_log_warning(LOG_MODULE, "%s ended with code %lld; it is started again",
                        child->program.name, (long long)code);
    }
    tell(child, false);
    uv_close((uv_handle_t *)process, on_process_closed);
}

static void start_child(struct child *child)
{
    struct srv_supervisor *supervisor = child->supervisor;
    /* Its standard output joins our error stream: ours is kept for machine-readable output. */
    uv_stdio_container_t streams[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    char *arguments[SRV_PROGRAM_ARGUMENTS_MAX];
    memcpy(arguments, child->program.arguments, sizeof(arguments));
    const uv_process_options_t options = {
        .exit_cb = on_program_ended,
        .file = arguments[0],
        .args = arguments,
        .env = supervisor->environment,
        .stdio_count = 3,
        .stdio = streams,
    };
    if (child->started_once) {
        ++supervisor->restarts;
    }
    child->started_once = true;
    child->started_ns = nav_clock_now_ns(&supervisor->clock);
    child->process.data = child;
    const int status = uv_spawn(supervisor->loop, &child->process, &options);
    if (status != 0) {
        nav_log_error(LOG_MODULE, "cannot start %s (%s): %s", child->program.name, arguments[0],
                      uv_strerror(status));
        child->ended_ns = child->started_ns;
        tell(child, false);
        uv_close((uv_handle_t *)&child->process, on_process_closed);
        return;
    }
    child->running = true;
    tell(child, true);
    nav_log_info(LOG_MODULE, "started %s, process %d", child->program.name,
                 uv_process_get_pid(&child->process));
}

enum nav_status srv_supervisor_create(uv_loop_t *loop, const struct srv_program *programs,
                                      size_t count, int64_t restart_ns,
                                      struct srv_supervisor **out_supervisor)
{
    if (count > SRV_PROGRAMS_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    size_t variables = 0;
    while (environ[variables] != NULL) {
        ++variables;
    }
    struct srv_supervisor *supervisor =
        calloc(1, sizeof(*supervisor) + count * sizeof(supervisor->children[0]));
    char **environment = calloc(variables + 2, sizeof(*environment));
    if (supervisor == NULL || environment == NULL) {
        free(supervisor);
        free(environment);
        return NAV_ERR_MEMORY;
    }
    (void)snprintf(supervisor->parent, sizeof(supervisor->parent), "%s=%d",
                   SRV_SUPERVISOR_PARENT_VARIABLE, (int)getpid());
    size_t kept = 0;
    for (size_t i = 0; i < variables; ++i) {
        if (strncmp(environ[i], SRV_SUPERVISOR_PARENT_VARIABLE "=",
                    sizeof(SRV_SUPERVISOR_PARENT_VARIABLE)) != 0) {
            environment[kept++] = environ[i];
        }
    }
    environment[kept] = supervisor->parent;
    supervisor->environment = environment;
    supervisor->loop = loop;
    supervisor->restart_ns = restart_ns;
    supervisor->count = count;
    supervisor->clock = nav_clock_monotonic();
    for (size_t i = 0; i < count; ++i) {
        struct child *child = &supervisor->children[i];
        child->supervisor = supervisor;
        child->program = programs[i];
        (void)uv_timer_init(loop, &child->timer);
        child->timer.data = child;
    }
    *out_supervisor = supervisor;
    return NAV_OK;
}

void srv_supervisor_start(struct srv_supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; ++i) {
        start_child(&supervisor->children[i]);
    }
}

static void on_kill_due(uv_timer_t *timer)
{
    struct child *child = timer->data;
    if (child->running) {
        (void)uv_process_kill(&child->process, SIGKILL);
    }
}

void srv_supervisor_stop(struct srv_supervisor *supervisor)
{
    if (supervisor->stopping) {
        return;
    }
    supervisor->stopping = true;
    for (size_t i = 0; i < supervisor->count; ++i) {
        struct child *child = &supervisor->children[i];
        if (!child->running) {
            close_timer(child);
            continue;
        }
        (void)uv_process_kill(&child->process, SIGTERM);
        (void)uv_timer_start(&child->timer, on_kill_due, (uint64_t)(KILL_AFTER_NS / NAV_NS_PER_MS),
                             0);
    }
}

void srv_supervisor_destroy(struct srv_supervisor *supervisor)
{
    if (supervisor == NULL) {
        return;
    }
    free(supervisor->environment);
    free(supervisor);
}

void srv_supervisor_watch(struct srv_supervisor *supervisor,
                          void (*on_display)(void *context, const char *display, bool runs),
                          void *context)
{
    supervisor->on_display = on_display;
    supervisor->context = context;
}

uint64_t srv_supervisor_restarts(const struct srv_supervisor *supervisor)
{
    return supervisor->restarts;
}
