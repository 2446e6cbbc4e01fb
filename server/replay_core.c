#include "replay_core.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "command_link.h"
#include "event_log.h"
#include "hold_up.h"
#include "listener.h"
#include "nav/cut_map.h"
#include "nav/log.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "session.h"

#define LOG_MODULE "replay"
#define PROGRESS_NS (NAV_NS_PER_S / 10)
#define MAPS_NS (NAV_NS_PER_S / 10)

enum {
    SIGNALS = 2,
    TURN_MS = 5,       /* between two looks at the clock */
    HURRY_SCENES = 500 /* in one turn, when it goes as fast as it can */
};

struct core {
    const struct srv_replay_core_config *config;
    uv_loop_t loop;
    uv_timer_t turn;
    uv_check_t after_poll;
    uv_idle_t hurry; /* keeps the loop from waiting while it plays as fast as it goes */
    uv_signal_t signals[SIGNALS];
    struct nav_clock clock;
    struct srv_event_log log;
    struct nav_scene_writer *writer;
    struct srv_command_link *commands;
    struct srv_supervisor *supervisor;
    struct nav_cut_map_writer *maps;
    struct nav_cut_map map;
    uint32_t map_revisions[NAV_CUTS_MAX]; /* of what viewers have */
    int64_t maps_ns;
    struct nav_scene scene;
    int64_t published_ns;
    int64_t progress_ns;
    bool stopping;

    /* who is served */
    struct srv_engine *sink;
    struct srv_listener *listener;
    struct srv_session_host host;
    struct srv_service service;
    struct srv_hold_up hold_up;
    struct srv_session **sessions;
    uint32_t session_count;
    uint32_t last_peer_id;
};

static void stop(struct core *core);

static int64_t now(const struct core *core)
{
    return nav_clock_now_ns(&core->clock);
}

/* ---- playing ---- */

/* What was cut by the instant that is shown; going back in time takes it away again. */
static void publish_maps(struct core *core, int64_t now_ns)
{
    const struct trk_guide *guide = srv_replay_guide(core->config->show->replay);
    if (guide == NULL || now_ns - core->maps_ns < MAPS_NS) {
        return;
    }
    core->maps_ns = now_ns;
    for (uint32_t cut = 0; cut < core->scene.cut_count; ++cut) {
        const uint32_t revision = core->scene.cuts[cut].map_revision;
        if (revision != core->map_revisions[cut]) {
            trk_cut_record_map(trk_guide_record(guide, cut), &core->map);
            core->map.cut = cut;
            core->map.case_id = core->scene.case_id;
            (void)!nav_cut_map_writer_publish(core->maps, &core->map); /* its sizes were checked */
            core->map_revisions[cut] = revision;
        }
    }
}

static void publish(struct core *core, int64_t now_ns)
{
    srv_show_scene(core->config->show, now_ns, &core->scene);
    (void)nav_scene_writer_publish(core->writer, &core->scene);
    publish_maps(core, now_ns);
    srv_publisher_collect(&core->service.publisher, &core->scene);
    core->published_ns = now_ns;
}

static void play(struct core *core)
{
    struct srv_show *show = core->config->show;
    const int64_t now_ns = now(core);
    bool changed;
    if (!show->paused && show->speed <= 0) {
        (void)srv_show_hurry(show, HURRY_SCENES);
        changed = true;
    } else {
        changed = srv_show_turn(show, now_ns);
    }
    if (changed || now_ns - core->published_ns >= core->config->tick_ns) {
        publish(core, now_ns);
    }
    if (core->config->on_progress != NULL && now_ns - core->progress_ns >= PROGRESS_NS) {
        core->progress_ns = now_ns;
        core->config->on_progress(core->config->context);
    }
    if (show->ended && !core->config->stay) {
        stop(core);
    }
}

static void on_turn(uv_timer_t *timer)
{
    play(timer->data);
}

static void on_hurry(uv_idle_t *idle)
{
    const struct core *core = idle->data;
    if (!core->config->show->paused && core->config->show->speed <= 0) {
        play(idle->data);
    }
}

static void on_after_poll(uv_check_t *check)
{
    struct core *core = check->data;
    const int64_t now_ns = now(core);
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_resume(core->sessions[i]);
        srv_session_flush(core->sessions[i], now_ns);
        srv_session_check(core->sessions[i], now_ns);
    }
    srv_publisher_end_batch(&core->service.publisher);
    srv_hold_up_looked(&core->hold_up, now_ns);
    srv_command_link_check(core->commands, now_ns);
    /* Without this the loop would wait for the timer while it should hurry. */
    const struct srv_show *show = core->config->show;
    if (!core->stopping && !show->paused && show->speed <= 0) {
        (void)uv_idle_start(&core->hurry, on_hurry);
    } else {
        (void)uv_idle_stop(&core->hurry);
    }
}

static size_t on_command(void *context, const char *line, size_t length, char *out_answer)
{
    struct core *core = context;
    const int64_t now_ns = now(core);
    const size_t answered = srv_show_command(core->config->show, line, length, now_ns, out_answer);
    publish(core, now_ns);
    return answered;
}

/* ---- peers ---- */

static size_t on_peer_command(void *context, const char *line, size_t length, char *out_answer)
{
    (void)context;
    (void)line;
    (void)length;
    return srv_command_refuse("this is a replay", out_answer);
}

static void on_poses(void *context)
{
    (void)context; /* what peers send changes nothing that is shown */
}

static void on_session_closed(void *context, struct srv_session *session)
{
    struct core *core = context;
    srv_engine_peer_closed(core->sink, srv_session_ingest(session), now(core), "");
    for (uint32_t i = 0; i < core->session_count; ++i) {
        if (core->sessions[i] == session) {
            core->sessions[i] = core->sessions[--core->session_count];
            return;
        }
    }
}

static void on_connection(void *context, int fd, const struct sockaddr_storage *address)
{
    struct core *core = context;
    const struct srv_session_role role = {.publish = true};
    struct srv_session *session = NULL;
    if (core->session_count == core->config->peers.connections_max) {
        (void)close(fd);
        return;
    }
    if (srv_session_open(&core->host, fd, address, ++core->last_peer_id, &role, &session) ==
        NAV_OK) {
        core->sessions[core->session_count++] = session;
    }
}

/* ---- life ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static void stop(struct core *core)
{
    if (core->stopping) {
        return;
    }
    core->stopping = true;
    srv_command_link_destroy(core->commands);
    srv_listener_destroy(core->listener);
    for (uint32_t i = 0; i < core->session_count; ++i) {
        srv_session_close(core->sessions[i], "the replay ends");
    }
    if (core->supervisor != NULL) {
        srv_supervisor_stop(core->supervisor);
    }
    uv_close((uv_handle_t *)&core->turn, NULL);
    uv_close((uv_handle_t *)&core->hurry, NULL);
    uv_close((uv_handle_t *)&core->after_poll, NULL);
    for (int i = 0; i < SIGNALS; ++i) {
        uv_close((uv_handle_t *)&core->signals[i], NULL);
    }
}

static enum nav_status fail(struct srv_replay_core_error *out_error, enum nav_status status,
                            const char *what, const char *why)
{
    (void)snprintf(out_error->text, sizeof(out_error->text), "%s: %s", what, why);
    return status;
}

static enum nav_status start_listening(struct core *core, struct srv_replay_core_error *out_error)
{
    struct srv_engine_config quiet = core->config->engine;
    struct srv_engine_error engine_error;
    quiet.on_ingest = NULL;
    quiet.on_touch = NULL;
    quiet.on_record = NULL;
    enum nav_status status = srv_engine_create(&quiet, &core->sink, &engine_error);
    if (status != NAV_OK) {
        return fail(out_error, status, "cannot serve subscribers", engine_error.text);
    }
    core->host = (struct srv_session_host){.loop = &core->loop,
                                           .clock = core->clock,
                                           .limits = core->config->peers,
                                           .engine = core->sink,
                                           .log = &core->log,
                                           .read_buffer = malloc(SRV_READ_BUFFER_SIZE),
                                           .hold_up = &core->hold_up,
                                           .service = &core->service,
                                           .on_poses = on_poses,
                                           .on_closed = on_session_closed,
                                           .context = core};
    core->sessions = calloc(core->config->peers.connections_max, sizeof(struct srv_session *));
    if (core->host.read_buffer == NULL || core->sessions == NULL) {
        return fail(out_error, NAV_ERR_MEMORY, "cannot serve subscribers",
                    nav_status_text(NAV_ERR_MEMORY));
    }
    const struct srv_listener_config config = {.loop = &core->loop,
                                               .clock = core->clock,
                                               .log = &core->log,
                                               .address = "127.0.0.1",
                                               .port = core->config->port,
                                               .pause_ns = core->config->peers.accept_pause_ns,
                                               .on_connection = on_connection,
                                               .context = core};
    char why[128];
    status = srv_listener_create(&config, &core->listener, why, sizeof(why));
    return status == NAV_OK ? NAV_OK : fail(out_error, status, "cannot publish on that port", why);
}

static enum nav_status start(struct core *core, struct srv_replay_core_error *out_error)
{
    const struct srv_replay_core_config *config = core->config;
    char why[256];
    core->service.answer = malloc(SRV_ANSWER_MAX);
    if (core->service.answer == NULL) {
        return fail(out_error, NAV_ERR_MEMORY, "cannot replay", nav_status_text(NAV_ERR_MEMORY));
    }
    enum nav_status status = nav_scene_writer_create(config->instance, &core->writer);
    if (status != NAV_OK) {
        return fail(out_error, status, config->instance,
                    status == NAV_ERR_BUSY
                        ? "this instance is running; choose another name with --instance"
                        : nav_status_text(status));
    }
    status = nav_cut_map_writer_create(config->instance, &core->maps);
    if (status != NAV_OK) {
        return fail(out_error, status, "cannot show what was cut", nav_status_text(status));
    }
    srv_show_scene(config->show, now(core), &core->scene);
    srv_publisher_init(&core->service.publisher, &core->scene);
    const struct srv_command_link_config link = {.loop = &core->loop,
                                                 .clock = core->clock,
                                                 .log = &core->log,
                                                 .instance = config->instance,
                                                 .answer = on_command,
                                                 .context = core};
    status = srv_command_link_create(&link, &core->commands, why, sizeof(why));
    if (status != NAV_OK) {
        return fail(out_error, status, "cannot take commands", why);
    }
    status = srv_supervisor_create(&core->loop, config->programs, config->program_count,
                                   config->restart_ns, &core->supervisor);
    if (status != NAV_OK) {
        return fail(out_error, status, "cannot start displays", nav_status_text(status));
    }
    return config->publish ? start_listening(core, out_error) : NAV_OK;
}

static void start_handles(struct core *core)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT};
    (void)uv_timer_init(&core->loop, &core->turn);
    (void)uv_idle_init(&core->loop, &core->hurry);
    (void)uv_check_init(&core->loop, &core->after_poll);
    core->turn.data = core;
    core->hurry.data = core;
    core->after_poll.data = core;
    for (int i = 0; i < SIGNALS; ++i) {
        (void)uv_signal_init(&core->loop, &core->signals[i]);
        core->signals[i].data = core;
        (void)uv_signal_start(&core->signals[i], on_signal, numbers[i]);
    }
}

static void play_all(struct core *core)
{
    if (core->config->on_ready != NULL) {
        core->config->on_ready(core->config->context, core->listener != NULL
                                                          ? srv_listener_address(core->listener)
                                                          : NULL);
    }
    srv_supervisor_start(core->supervisor);
    core->config->show->anchor_now_ns = now(core); /* what came before took its time */
    (void)uv_check_start(&core->after_poll, on_after_poll);
    (void)uv_timer_start(&core->turn, on_turn, 0, TURN_MS);
    (void)uv_run(&core->loop, UV_RUN_DEFAULT);
}

enum nav_status srv_replay_core_run(const struct srv_replay_core_config *config,
                                    struct srv_replay_core_error *out_error)
{
    struct core *core = calloc(1, sizeof(*core));
    if (core == NULL || uv_loop_init(&core->loop) != 0) {
        free(core);
        return fail(out_error, NAV_ERR_MEMORY, "cannot replay", nav_status_text(NAV_ERR_MEMORY));
    }
    (void)signal(SIGPIPE, SIG_IGN);
    core->config = config;
    core->clock = nav_clock_monotonic();
    core->service.scene = &core->scene;
    core->service.documents = config->documents;
    core->service.document_count = config->document_count;
    core->service.stall_ns = config->stall_ns;
    core->service.execute = on_peer_command;
    srv_hold_up_init(&core->hold_up, NAV_NS_PER_S, now(core));
    start_handles(core);
    const enum nav_status status = start(core, out_error);
    if (status == NAV_OK) {
        play_all(core);
    }
    stop(core);
    (void)uv_run(&core->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&core->loop);
    srv_supervisor_destroy(core->supervisor);
    nav_cut_map_writer_destroy(core->maps);
    nav_scene_writer_destroy(core->writer);
    srv_engine_destroy(core->sink);
    free(core->host.read_buffer);
    free(core->service.answer);
    free(core->sessions);
    free(core);
    return status;
}
