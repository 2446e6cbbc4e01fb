#include "core.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "address.h"
#include "command_link.h"
#include "connector.h"
#include "engine.h"
#include "event_log.h"
#include "guide_out.h"
#include "hold_up.h"
#include "listener.h"
#include "nav/log.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "session.h"

#define LOG_MODULE "core"

enum {
    CORE_SIGNALS = 3,
    REST_SHARE = 4,   /* a rest takes this part of the round before it */
    REST_TIMER_MS = 1 /* at least; poses that arrive end it in time */
};

/* A shorter round of sending is followed by no rest. */
static const int64_t long_round_ns = NAV_NS_PER_MS;

/* What a listener's callback needs to know. */
struct entrance {
    struct srv_core *core;
    bool publish;
    uint32_t commands;
};

struct srv_core {
    uv_loop_t loop;
    uv_timer_t tick;
    uv_check_t after_poll;
    uv_timer_t rest; /* ends a rest between two rounds of sending */
    uv_signal_t signals[CORE_SIGNALS];
    struct srv_core_config config;
    struct nav_clock clock;
    struct srv_event_log log;

    struct srv_engine *engine;
    struct srv_recorder *recorder; /* NULL: not wanted */
    struct srv_command_link *commands;
    bool commanded; /* since the last scene */
    struct nav_scene_writer *writer;
    struct srv_guide_out *guide_out; /* NULL: nothing is guided */
    uint64_t published_changes;      /* srv_engine_changes in the last scene */
    bool peers_changed;
    int64_t checked_ns; /* when the peers' time budgets were last looked at */

    struct srv_listener *listeners[SRV_LISTENERS_MAX];
    struct entrance entrances[SRV_LISTENERS_MAX];
    struct srv_connector *connectors[SRV_CONNECTORS_MAX];
    struct srv_supervisor *supervisor;
    struct srv_hold_up hold_up;
    struct srv_session_host host;
    struct srv_service service;
    int64_t rests_until_ns;        /* peers are sent nothing before */
    bool followed;                 /* a peer is being sent every new pose */
    struct srv_session **sessions; /* a place for each accepted connection and each connector */
    uint32_t session_count;
    uint32_t last_peer_id;
    bool stopping;
    sigset_t mask_before;   /* of the thread, before it was stopping */
    struct nav_scene scene; /* too large for the stack of a loop callback */
};

/* ---- publishing ---- */

static uint32_t list_peers(const struct srv_core *core, struct nav_scene_peer *out_peers)
{
    /* Peers that own a device first: they are the ones a verdict may be about. */
    uint32_t count = 0;
    for (int owners = 1; owners >= 0; --owners) {
        for (uint32_t i = 0; i < core->session_count && count < NAV_PEERS_MAX; ++i) {
            const struct srv_session *session = core->sessions[i];
            const bool owns = srv_engine_peer_owns(core->engine, srv_session_ingest(session));
            if (owns == (owners == 1) && !srv_session_is_closing(session)) {
                srv_session_describe(session, &out_peers[count++]);
            }
        }
    }
    return count;
}

static uint32_t count_open(const struct srv_core *core)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        open += srv_session_is_closing(core->sessions[i]) ? 0 : 1;
    }
    return open;
}

/* How a touch ended belongs in the log. */
static void on_touch(void *context, int64_t now_ns, bool good, const char *outcome)
{
    struct srv_core *core = context;
    srv_event_log_write(&core->log, now_ns, good ? NAV_LOG_INFO : NAV_LOG_WARNING, "command", "%s",
                        outcome);
}

static void on_record(void *context, const struct store_record *record)
{
    struct srv_core *core = context;
    srv_recorder_put(core->recorder, record);
}

static void build_scene(struct srv_core *core)
{
    struct nav_scene_peer peers[NAV_PEERS_MAX];
    struct nav_scene_recording recording;
    const struct srv_moment moment = {.now_ns = nav_clock_now_ns(&core->clock),
                                      .utc_ns = nav_utc_now_ns(),
                                      .peers = peers,
                                      .peer_count = list_peers(core, peers),
                                      .peers_total = count_open(core),
                                      .recording = core->recorder != NULL ? &recording : NULL};
    if (core->recorder != NULL) {
        srv_recorder_describe(core->recorder, moment.now_ns, &recording);
    }
    (void)srv_engine_scene(core->engine, &moment, &core->scene);
}

static void publish(struct srv_core *core)
{
    build_scene(core);
    (void)nav_scene_writer_publish(core->writer, &core->scene);
    if (core->guide_out != NULL) {
        srv_guide_out_tell(core->guide_out, core->scene.time_ns);
    }
    srv_publisher_collect(&core->service.publisher, &core->scene);
    core->published_changes = srv_engine_changes(core->engine);
    core->peers_changed = false;
}

/* After the poses of each message, so that peers are sent every pose of a batch and not only the
 * last. */
static void on_poses(void *context)
{
    struct srv_core *core = context;
    if (core->followed) {
        srv_engine_peek(core->engine, nav_clock_now_ns(&core->clock), nav_utc_now_ns(),
                        &core->scene);
        srv_publisher_collect(&core->service.publisher, &core->scene);
    }
}

/* The loop's next iteration sends. */
static void on_rest_over(uv_timer_t *timer)
{
    (void)timer;
}

/* Sends every peer what is due. A round over many peers takes milliseconds and the next poses wait
 * for its end anyway: a rest after it makes fewer and larger writes of them, and leaves processor
 * time to others, where a loop that always sends would be taken the processor at the worst time. */
static void flush_peers(struct srv_core *core, int64_t now_ns)
{
    if (now_ns < core->rests_until_ns) {
        if (!uv_is_active((uv_handle_t *)&core->rest)) {
            (void)uv_timer_start(&core->rest, on_rest_over, REST_TIMER_MS, 0);
        }
        return;
    }
    core->followed = false;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_flush(core->sessions[i], now_ns);
        core->followed = core->followed || srv_session_follows(core->sessions[i]);
    }
    srv_publisher_end_batch(&core->service.publisher);
    const int64_t end_ns = nav_clock_now_ns(&core->clock);
    if (end_ns - now_ns > long_round_ns) {
        core->rests_until_ns = end_ns + (end_ns - now_ns) / REST_SHARE;
    }
}

static void on_tick(uv_timer_t *timer);

/* Until a pose of this age comes to its next limit; INT64_MAX: there is no further one. */
static int64_t until_limit_ns(const struct nav_scene *scene, int64_t age_ns)
{
    if (age_ns < 0 || age_ns > scene->withhold_ns) {
        return INT64_MAX;
    }
    return age_ns <= scene->caution_ns ? scene->caution_ns - age_ns : scene->withhold_ns - age_ns;
}

/* The next scene comes after a tick, or as soon as a pose that was shown gets too old for what was
 * said of it: a silent tracker alarms at its limit and not up to a tick later. */
static void await_next_scene(struct srv_core *core)
{
    const struct nav_scene *scene = &core->scene;
    int64_t wait_ns = until_limit_ns(scene, scene->reference.age_ns);
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        const int64_t left_ns = until_limit_ns(scene, scene->tools[i].age_ns);
        wait_ns = left_ns < wait_ns ? left_ns : wait_ns;
    }
    const bool by_limit = wait_ns < core->config.tick_ns;
    wait_ns = by_limit ? wait_ns : core->config.tick_ns;
    /* behind the limit, at which a pose is still good */
    const uint64_t wait_ms = (uint64_t)(wait_ns / NAV_NS_PER_MS) + by_limit;
    (void)uv_timer_start(&core->tick, on_tick, wait_ms, 0);
}

static void on_tick(uv_timer_t *timer)
{
    struct srv_core *core = timer->data;
    publish(core);
    await_next_scene(core);
}

/* Time budgets of all peers, once a tick; the tick's timer starts anew with every scene and cannot
 * be asked. */
static void check_peers(struct srv_core *core, int64_t now_ns)
{
    if (now_ns - core->checked_ns < core->config.tick_ns) {
        return;
    }
    core->checked_ns = now_ns;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_check(core->sessions[i], now_ns);
    }
    srv_command_link_check(core->commands, now_ns);
}

static void on_after_poll(uv_check_t *check)
{
    struct srv_core *core = check->data;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_resume(core->sessions[i]);
    }
    if (srv_engine_changes(core->engine) != core->published_changes || core->peers_changed ||
        core->commanded) {
        publish(core);
        await_next_scene(core);
    }
    const int64_t now_ns = nav_clock_now_ns(&core->clock);
    srv_hold_up_looked(&core->hold_up, now_ns);
    flush_peers(core, now_ns);
    check_peers(core, now_ns);
}

/* ---- peers ---- */

static void on_session_closed(void *context, struct srv_session *session)
{
    struct srv_core *core = context;
    srv_engine_peer_closed(core->engine, srv_session_ingest(session),
                           nav_clock_now_ns(&core->clock), srv_session_close_reason(session));
    for (uint32_t i = 0; i < core->session_count; ++i) {
        if (core->sessions[i] == session) {
            core->sessions[i] = core->sessions[--core->session_count];
            break;
        }
    }
    core->peers_changed = true;
    if (!core->stopping && srv_session_origin(session) != NULL) {
        srv_connector_lost(srv_session_origin(session));
    }
}

static uint32_t count_from(const struct srv_core *core, const struct sockaddr_storage *address)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        count += srv_address_same_host(srv_session_address(core->sessions[i]), address) ? 1 : 0;
    }
    return count;
}

static void refuse(struct srv_core *core, int fd, const struct sockaddr_storage *address,
                   const char *why)
{
    char text[NAV_NAME_SIZE];
    char words[2 * NAV_NAME_SIZE];
    const int64_t now_ns = nav_clock_now_ns(&core->clock);
    srv_address_text(address, text, sizeof(text));
    (void)snprintf(words, sizeof(words), "%s refused: %s", text, why);
    srv_event_log_write(&core->log, now_ns, NAV_LOG_WARNING, LOG_MODULE, "%s", words);
    srv_engine_peer_refused(core->engine, now_ns, words);
    (void)close(fd);
}

static bool open_session(struct srv_core *core, int fd, const struct sockaddr_storage *address,
                         const struct srv_session_role *role)
{
    struct srv_session *session = NULL;
    ++core->last_peer_id; /* also of one that fails: it is closed later */
    const enum nav_status status =
        srv_session_open(&core->host, fd, address, core->last_peer_id, role, &session);
    if (status != NAV_OK) {
        srv_event_log_write(&core->log, nav_clock_now_ns(&core->clock), NAV_LOG_ERROR, LOG_MODULE,
                            "a connection could not be served: %s", nav_status_text(status));
        return false;
    }
    char text[NAV_NAME_SIZE];
    srv_address_text(address, text, sizeof(text));
    srv_engine_peer_opened(core->engine, core->last_peer_id, nav_clock_now_ns(&core->clock), text);
    core->sessions[core->session_count++] = session;
    core->peers_changed = true;
    return true;
}

static uint32_t count_accepted(const struct srv_core *core)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->session_count; ++i) {
        count += srv_session_origin(core->sessions[i]) == NULL ? 1 : 0;
    }
    return count;
}

static void on_connected(void *context, struct srv_connector *connector, int fd,
                         const struct sockaddr_storage *address)
{
    struct srv_core *core = context;
    for (size_t i = 0; i < core->config.connector_count; ++i) {
        if (core->connectors[i] == connector) {
            const struct srv_connect_address *where = &core->config.connectors[i];
            const struct srv_session_role role = {.origin = connector,
                                                  .hello = where->hello,
                                                  .stream = where->stream,
                                                  .stream_ms = where->stream_ms};
            if (!open_session(core, fd, address, &role)) {
                srv_connector_lost(connector);
            }
            return;
        }
    }
}

static void on_connection(void *context, int fd, const struct sockaddr_storage *address)
{
    const struct entrance *entrance = context;
    struct srv_core *core = entrance->core;
    if (count_accepted(core) >= core->config.peers.connections_max) {
        refuse(core, fd, address, "limit connections_max reached");
        return;
    }
    if (count_from(core, address) >= core->config.peers.connections_per_address) {
        refuse(core, fd, address, "limit connections_per_address reached");
        return;
    }
    (void)open_session(
        core, fd, address,
        &(struct srv_session_role){.publish = entrance->publish, .commands = entrance->commands});
}

static void on_ingest_event(void *context, struct srv_ingest_peer *peer,
                            enum srv_ingest_event event, const char *device)
{
    (void)context;
    srv_session_notice(srv_session_of(peer), event, device);
}

/* ---- commands ---- */

static size_t on_command(void *context, const char *line, size_t length, char *out_answer)
{
    struct srv_core *core = context;
    const int64_t now_ns = nav_clock_now_ns(&core->clock);
    struct srv_command_outcome outcome;
    const size_t answered =
        srv_engine_command(core->engine, line, length, now_ns, &outcome, out_answer);
    if (!outcome.asks) {
        srv_event_log_write(
            &core->log, now_ns, outcome.reply.done ? NAV_LOG_INFO : NAV_LOG_WARNING, "command",
            "%s: %s", outcome.word != NULL ? outcome.word : "not understood", outcome.reply.text);
        core->commanded = true;
    }
    return answered;
}

/* A command like any other, so that a replay knows it. */
static void on_display(void *context, const char *display, bool runs)
{
    struct srv_core *core = context;
    char line[SRV_REQUEST_MAX];
    const size_t length =
        srv_command_request(runs ? "display back" : "display gone", "name", display, line);
    if (length > 0 && srv_engine_guide(core->engine) != NULL) {
        struct srv_command_outcome outcome;
        (void)srv_engine_command(core->engine, line, length, nav_clock_now_ns(&core->clock),
                                 &outcome, core->service.answer);
        core->commanded = true;
    }
}

static enum nav_status start_commands(struct srv_core *core, struct srv_core_error *out_error)
{
    const struct srv_command_link_config config = {
        .loop = &core->loop,
        .clock = core->clock,
        .log = &core->log,
        .instance = core->config.instance,
        .answer = on_command,
        .context = core,
    };
    char why[256];
    const enum nav_status status =
        srv_command_link_create(&config, &core->commands, why, sizeof(why));
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "cannot take commands: %s", why);
    }
    return status;
}

/* ---- life ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct srv_core *core = handle->data;
    if (number == SIGHUP) {
        nav_log_info(LOG_MODULE, "SIGHUP ignored: a running case is never reloaded");
        return;
    }
    nav_log_info(LOG_MODULE, "%s: ending", strsignal(number));
    srv_core_stop(core);
}

static enum nav_status start_listeners(struct srv_core *core, struct srv_core_error *out_error)
{
    for (size_t i = 0; i < core->config.listener_count; ++i) {
        const struct srv_listen_address *where = &core->config.listeners[i];
        core->entrances[i] =
            (struct entrance){.core = core, .publish = where->publish, .commands = where->commands};
        const struct srv_listener_config config = {
            .loop = &core->loop,
            .clock = core->clock,
            .log = &core->log,
            .address = where->host,
            .port = where->port,
            .pause_ns = core->config.peers.accept_pause_ns,
            .on_connection = on_connection,
            .context = &core->entrances[i],
        };
        char why[128];
        const enum nav_status status =
            srv_listener_create(&config, &core->listeners[i], why, sizeof(why));
        if (status != NAV_OK) {
            (void)snprintf(out_error->text, sizeof(out_error->text),
                           "cannot listen on %s port %u: %s; choose another with --listen "
                           "HOST:PORT or in the case's listeners",
                           where->host, where->port, why);
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status start_connectors(struct srv_core *core, struct srv_core_error *out_error)
{
    for (size_t i = 0; i < core->config.connector_count; ++i) {
        const struct srv_connect_address *where = &core->config.connectors[i];
        const struct srv_connector_config config = {
            .loop = &core->loop,
            .clock = core->clock,
            .log = &core->log,
            .address = where->host,
            .port = where->port,
            .reconnect = where->reconnect,
            .timeout_ns = core->config.connect_timeout_ns,
            .wait_min_ns = core->config.reconnect_min_ns,
            .wait_max_ns = core->config.reconnect_max_ns,
            .on_connected = on_connected,
            .context = core,
        };
        const enum nav_status status = srv_connector_create(&config, &core->connectors[i]);
        if (status != NAV_OK) {
            (void)snprintf(out_error->text, sizeof(out_error->text),
                           "cannot connect to %s port %u: %s; the case's connectors need numeric "
                           "addresses",
                           where->host, where->port, nav_status_text(status));
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status start_parts(struct srv_core *core, struct srv_core_error *out_error)
{
    const struct srv_core_config *config = &core->config;
    (void)snprintf(out_error->text, sizeof(out_error->text), "%s", nav_status_text(NAV_ERR_MEMORY));
    core->service.answer = malloc(SRV_ANSWER_MAX);
    core->service.execute = on_command;
    core->service.context = core;
    core->sessions =
        calloc(config->peers.connections_max + SRV_CONNECTORS_MAX, sizeof(struct srv_session *));
    core->host.read_buffer = malloc(SRV_READ_BUFFER_SIZE);
    if (core->sessions == NULL || core->host.read_buffer == NULL || core->service.answer == NULL) {
        return NAV_ERR_MEMORY;
    }
    /* Every page is touched now, so that no peer can make the core grow by it; not with zeros,
     * which the compiler turns into an allocation of untouched pages. */
    memset(core->host.read_buffer, 0xff, SRV_READ_BUFFER_SIZE);
    if (config->recorder.folder[0] != '\0' &&
        srv_recorder_create(&config->recorder, &core->recorder) != NAV_OK) {
        return NAV_ERR_MEMORY;
    }
    const struct srv_engine_config engine = {.navigation = config->navigation,
                                             .registrar = config->registrar,
                                             .guide = config->guide,
                                             .on_ingest = on_ingest_event,
                                             .on_touch = on_touch,
                                             .on_record = core->recorder != NULL ? on_record : NULL,
                                             .context = core};
    struct srv_engine_error engine_error;
    enum nav_status status = srv_engine_create(&engine, &core->engine, &engine_error);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s", engine_error.text);
        return status;
    }
    core->host.engine = core->engine;
    build_scene(core);
    srv_publisher_init(&core->service.publisher, &core->scene);
    status = nav_scene_writer_create(config->instance, &core->writer);
    const char *instance = config->instance != NULL ? config->instance : "default";
    if (status == NAV_ERR_BUSY) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "instance '%s' is already running; end it or choose another name with "
                       "--instance",
                       instance);
        return status;
    }
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "cannot create the scene of instance '%s' in shared memory: %s%s", instance,
                       nav_status_text(status),
                       status == NAV_ERR_ARGUMENT
                           ? "; a name is 1 to 32 letters, digits, underscores or hyphens"
                           : "");
        return status;
    }
    if (srv_engine_guide(core->engine) != NULL) {
        status = srv_guide_out_create(config->instance, srv_engine_guide(core->engine), &core->log,
                                      &core->guide_out);
        if (status != NAV_OK) {
            (void)snprintf(out_error->text, sizeof(out_error->text),
                           "cannot create the maps of instance '%s' in shared memory: %s", instance,
                           nav_status_text(status));
            return status;
        }
    }
    status = srv_supervisor_create(&core->loop, config->programs, config->program_count,
                                   config->restart_ns, &core->supervisor);
    if (status != NAV_OK) {
        return status;
    }
    srv_supervisor_watch(core->supervisor, on_display, core);
    status = start_commands(core, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = start_listeners(core, out_error);
    return status == NAV_OK ? start_connectors(core, out_error) : status;
}

/* Whoever asks twice for the end must not get it before the recording has been ended: once the loop
 * listens no more, a signal would kill. */
static void hold_signals(struct srv_core *core)
{
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, &core->mask_before);
}

/* What came meanwhile asked for what has been done. */
static void release_signals(const struct srv_core *core)
{
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    const struct timespec at_once = {.tv_sec = 0};
    while (sigtimedwait(&ends, NULL, &at_once) > 0) {
    }
    (void)pthread_sigmask(SIG_SETMASK, &core->mask_before, NULL);
}

/* Everything that a half-built core may own, once its handles are closed. */
static void free_parts(struct srv_core *core)
{
    (void)uv_loop_close(&core->loop);
    srv_supervisor_destroy(core->supervisor);
    nav_scene_writer_destroy(core->writer);
    srv_recorder_destroy(core->recorder);
    release_signals(core);
    srv_guide_out_destroy(core->guide_out);
    srv_engine_destroy(core->engine);
    free(core->host.read_buffer);
    free(core->service.answer);
    free(core->sessions);
    free(core);
}

static void start_loop_handles(struct srv_core *core)
{
    static const int numbers[CORE_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    (void)uv_timer_init(&core->loop, &core->tick);
    (void)uv_check_init(&core->loop, &core->after_poll);
    (void)uv_timer_init(&core->loop, &core->rest);
    core->rest.data = core;
    core->tick.data = core;
    core->after_poll.data = core;
    for (int i = 0; i < CORE_SIGNALS; ++i) {
        (void)uv_signal_init(&core->loop, &core->signals[i]);
        core->signals[i].data = core;
        (void)uv_signal_start(&core->signals[i], on_signal, numbers[i]);
    }
    (void)uv_check_start(&core->after_poll, on_after_poll);
    await_next_scene(core);
}

/* How long the loop may look away before bytes that it then finds may be old. */
static int64_t hold_up_limit_ns(const struct srv_core_config *config)
{
    const int64_t caution_ns = config->navigation.limits.caution_age_ns;
    return caution_ns > 2 * config->tick_ns ? caution_ns : 2 * config->tick_ns;
}

enum nav_status srv_core_create(const struct srv_core_config *config, struct srv_core **out_core,
                                struct srv_core_error *out_error)
{
    if (config->listener_count > SRV_LISTENERS_MAX ||
        config->connector_count > SRV_CONNECTORS_MAX) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "more than %d listeners or %d connectors", SRV_LISTENERS_MAX,
                       SRV_CONNECTORS_MAX);
        return NAV_ERR_ARGUMENT;
    }
    if (config->document_count > SRV_DOCUMENTS_MAX) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "more than %d documents",
                       SRV_DOCUMENTS_MAX);
        return NAV_ERR_ARGUMENT;
    }
    if (config->listener_count == 0 && config->connector_count == 0) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "no pose could ever arrive: the case has neither listeners nor connectors; "
                       "add one, or use --listen HOST:PORT");
        return NAV_ERR_ARGUMENT;
    }
    struct srv_core *core = calloc(1, sizeof(*core));
    if (core == NULL || uv_loop_init(&core->loop) != 0) {
        free(core);
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s",
                       nav_status_text(NAV_ERR_MEMORY));
        return NAV_ERR_MEMORY;
    }
    core->config = *config;
    core->clock = nav_clock_monotonic();
    core->host = (struct srv_session_host){
        .loop = &core->loop,
        .clock = core->clock,
        .limits = config->peers,
        .log = &core->log,
        .hold_up = &core->hold_up,
        .service = &core->service,
        .on_poses = on_poses,
        .on_closed = on_session_closed,
        .context = core,
    };
    srv_hold_up_init(&core->hold_up, hold_up_limit_ns(config), nav_clock_now_ns(&core->clock));
    core->service.scene = &core->scene;
    core->service.documents = config->documents;
    core->service.document_count = config->document_count;
    core->service.stall_ns = config->stall_ns;
    start_loop_handles(core);
    const enum nav_status status = start_parts(core, out_error);
    if (status != NAV_OK) {
        srv_core_stop(core);
        (void)uv_run(&core->loop, UV_RUN_DEFAULT);
        free_parts(core);
        return status;
    }
    publish(core);
    *out_core = core;
    return NAV_OK;
}

void srv_core_destroy(struct srv_core *core)
{
    if (core == NULL) {
        return;
    }
    srv_core_stop(core);
    (void)uv_run(&core->loop, UV_RUN_DEFAULT);
    free_parts(core);
}

const char *srv_core_recording(const struct srv_core *core)
{
    return core->recorder != NULL ? srv_recorder_path(core->recorder) : NULL;
}

const char *srv_core_listener_address(const struct srv_core *core, size_t index)
{
    return index < core->config.listener_count ? srv_listener_address(core->listeners[index])
                                               : NULL;
}

void srv_core_run(struct srv_core *core)
{
    srv_supervisor_start(core->supervisor);
    (void)uv_run(&core->loop, UV_RUN_DEFAULT);
}

void srv_core_stop(struct srv_core *core)
{
    if (core->stopping) {
        return;
    }
    core->stopping = true;
    hold_signals(core);
    srv_command_link_destroy(core->commands);
    for (size_t i = 0; i < SRV_LISTENERS_MAX; ++i) {
        srv_listener_destroy(core->listeners[i]);
    }
    for (size_t i = 0; i < SRV_CONNECTORS_MAX; ++i) {
        srv_connector_destroy(core->connectors[i]);
    }
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_close(core->sessions[i], "the core ends");
    }
    if (core->supervisor != NULL) {
        srv_supervisor_stop(core->supervisor);
    }
    uv_close((uv_handle_t *)&core->tick, NULL);
    uv_close((uv_handle_t *)&core->rest, NULL);
    uv_close((uv_handle_t *)&core->after_poll, NULL);
    for (int i = 0; i < CORE_SIGNALS; ++i) {
        uv_close((uv_handle_t *)&core->signals[i], NULL);
    }
}
