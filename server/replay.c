#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "keyframes.h"
#include "nav/time.h"
#include "player.h"
#include "wire_crc64.h"
#include "wire_cursor.h"

enum {
    PROGRESS_RECORDS = 4096 /* between two words about how far opening is */
};

/* Between keyframes at least. Where the guide measures, so much film takes up to 0.1 s; a keyframe
 * itself costs as much as a few scenes. */
#define KEYFRAME_NS (4 * NAV_NS_PER_S)

struct srv_replay {
    struct srv_replay_config config;
    struct session_reader *reader;
    struct srv_engine *engine;
    struct srv_player *player;
    struct nav_scene scene;
    int64_t start_ns; /* of the session's clock: 0 of the film */
    int64_t length_ns;
    bool own_scenes; /* the session says when scenes were built */
    bool begun;

    /* where it stands */
    bool has_pending;
    struct store_record pending; /* read and not used yet */
    uint64_t pending_place;
    int64_t at_ns;     /* of the newest scene, on the session's clock */
    int64_t newest_ns; /* of the newest record used */
    uint64_t number;   /* of the newest scene, from 1 */
    bool ended;
    uint64_t played; /* scenes since the last jump, and their digest */
    uint64_t digest;

    /* of the first run */
    bool indexing;
    struct srv_replay_findings findings;
    struct srv_replay_event *events;
    size_t event_count, event_capacity;
    bool no_memory;
    struct srv_keyframes *keyframes; /* NULL: it is only run through */
};

/* ---- events ---- */

static void add_event(struct srv_replay *replay, enum store_event kind, int64_t at_ns,
                      const char *text, size_t length)
{
    if (replay->event_count == replay->event_capacity) {
        const size_t capacity = replay->event_capacity == 0 ? 64 : 2 * replay->event_capacity;
        struct srv_replay_event *events =
            realloc(replay->events, capacity * sizeof(*replay->events));
        if (events == NULL) {
            replay->no_memory = true;
            return;
        }
        replay->events = events;
        replay->event_capacity = capacity;
    }
    struct srv_replay_event *event = &replay->events[replay->event_count++];
    *event = (struct srv_replay_event){.at_ns = at_ns - replay->start_ns, .kind = kind};
    (void)snprintf(event->text, sizeof(event->text), "%.*s", (int)length, text);
}

/* The engine's tap: of what it would record only the events matter here, once. */
static void on_record(void *context, const struct store_record *record)
{
    struct srv_replay *replay = context;
    if (replay->indexing && record->kind == STORE_EVENT &&
        record->source != STORE_EVENT_RECORDING) {
        add_event(replay, (enum store_event)record->source, record->at_ns,
                  (const char *)record->content, record->size);
    }
}

static void load_annotations(struct srv_replay *replay)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(session_reader_database(replay->reader),
                           "SELECT at_ns, author, text FROM annotations", -1, &row,
                           NULL) != SQLITE_OK) {
        return;
    }
    while (sqlite3_step(row) == SQLITE_ROW) {
        char text[SRV_REPLAY_EVENT_TEXT];
        const int length = snprintf(text, sizeof(text), "%s: %s", sqlite3_column_text(row, 1),
                                    sqlite3_column_text(row, 2));
        add_event(replay, STORE_EVENT_NONE, sqlite3_column_int64(row, 0), text,
                  length > 0 ? (size_t)length : 0);
    }
    (void)sqlite3_finalize(row);
}

static int by_time(const void *a, const void *b)
{
    const struct srv_replay_event *first = a;
    const struct srv_replay_event *second = b;
    return (first->at_ns > second->at_ns) - (first->at_ns < second->at_ns);
}

/* ---- running ---- */

/* The next record, read and held. Damaged blocks are passed over. NAV_OK or NAV_END. */
static enum nav_status hold_record(struct srv_replay *replay)
{
    while (!replay->has_pending) {
        replay->pending_place = session_reader_place(replay->reader);
        const enum nav_status status = session_reader_next(replay->reader, &replay->pending);
        if (status == NAV_END || status == NAV_ERR_IO) {
            return NAV_END;
        }
        if (status == NAV_OK) {
            replay->has_pending = true;
        } else if (replay->indexing) {
            ++replay->findings.damaged;
        }
    }
    return NAV_OK;
}

static void count(struct srv_replay *replay, const struct store_record *record)
{
    struct srv_replay_findings *findings = &replay->findings;
    ++findings->records;
    findings->messages += record->kind == STORE_MESSAGE;
    findings->commands += record->kind == STORE_COMMAND;
    if (record->kind == STORE_GAP) {
        ++findings->gaps;
        findings->lost += record->size == sizeof(uint64_t) ? wire_load_u64(record->content) : 1;
    }
    if (record->kind == STORE_EVENT && record->source == STORE_EVENT_RECORDING) {
        add_event(replay, STORE_EVENT_RECORDING, record->at_ns, (const char *)record->content,
                  record->size);
    }
}

static uint64_t add_hash(uint64_t digest, uint64_t hash)
{
    uint8_t bytes[8];
    wire_store_u64(bytes, hash);
    return wire_crc64(digest, bytes, sizeof(bytes));
}

static void compare(struct srv_replay *replay, const struct srv_played *played)
{
    struct srv_replay_findings *findings = &replay->findings;
    ++findings->scenes;
    findings->digest = add_hash(findings->digest, played->hash);
    if (!played->has_recorded || findings->gaps > 0 || findings->damaged > 0) {
        return;
    }
    ++findings->compared;
    if (played->hash == played->recorded) {
        return;
    }
    if (findings->differing++ == 0) {
        findings->first_differing = findings->scenes;
        findings->first_differing_ns = played->at_ns - replay->start_ns;
        findings->first_recorded = played->recorded;
        findings->first_now = played->hash;
    }
}

static void take_scene(struct srv_replay *replay, const struct srv_played *played)
{
    replay->at_ns = played->at_ns;
    ++replay->number;
    ++replay->played;
    replay->digest = add_hash(replay->digest, played->hash);
    if (replay->indexing) {
        compare(replay, played);
    }
}

/* In a session without scenes: when the next one is due, before the held record. */
static bool scene_is_due(const struct srv_replay *replay, int64_t *out_at_ns)
{
    if (replay->own_scenes) {
        return false;
    }
    const int64_t next_ns = replay->has_pending ? replay->pending.at_ns : INT64_MAX;
    if (replay->newest_ns > replay->at_ns) { /* something came since the last scene */
        *out_at_ns = replay->newest_ns;
        return next_ns > replay->newest_ns;
    }
    *out_at_ns = replay->at_ns + replay->config.tick_ns;
    return replay->number > 0 && replay->has_pending && next_ns > *out_at_ns;
}

static int64_t utc_of(const struct srv_replay *replay, int64_t at_ns)
{
    const struct session_facts *facts = session_reader_facts(replay->reader);
    return facts->start_utc_ns != 0 ? facts->start_utc_ns + (at_ns - facts->start_ns) : 0;
}

/* Time of the next scene, when that is known before it is built. */
static bool next_scene_ns(struct srv_replay *replay, int64_t *out_at_ns)
{
    if (scene_is_due(replay, out_at_ns)) {
        return true;
    }
    *out_at_ns = replay->pending.at_ns;
    return replay->has_pending && replay->pending.kind == STORE_SCENE;
}

/* The facts belong to no instant of an imported session: its first message begins it. */
static void note_time(struct srv_replay *replay, const struct store_record *record)
{
    if (!replay->own_scenes && record->kind == STORE_FACTS) {
        return;
    }
    if (!replay->own_scenes && !replay->begun) {
        replay->start_ns = record->at_ns;
        replay->at_ns = record->at_ns - 1; /* its scene is due */
        replay->newest_ns = record->at_ns;
    }
    replay->begun = true;
    replay->newest_ns = record->at_ns > replay->newest_ns ? record->at_ns : replay->newest_ns;
}

/* Uses records until a scene comes out; not beyond `limit_ns`. NAV_AGAIN: the next scene is behind
 * it. */
static enum nav_status run_on(struct srv_replay *replay, int64_t limit_ns)
{
    for (;;) {
        const bool more = hold_record(replay) == NAV_OK;
        int64_t scene_ns;
        if (next_scene_ns(replay, &scene_ns) && scene_ns > limit_ns) {
            return NAV_AGAIN;
        }
        struct srv_played played;
        if (scene_is_due(replay, &scene_ns)) {
            srv_player_scene(replay->player, scene_ns, utc_of(replay, scene_ns), &replay->scene,
                             &played);
            take_scene(replay, &played);
            return NAV_OK;
        }
        if (!more) {
            replay->ended = true;
            return NAV_END;
        }
        replay->has_pending = false;
        const enum nav_status status =
            srv_player_take(replay->player, &replay->pending, &replay->scene, &played);
        if (status == NAV_ERR_MEMORY) {
            return status;
        }
        note_time(replay, &replay->pending);
        if (replay->indexing) {
            count(replay, &replay->pending);
            replay->findings.damaged += status != NAV_OK;
        }
        if (status == NAV_OK && played.scene) {
            take_scene(replay, &played);
            return NAV_OK;
        }
    }
}

/* ---- keyframes ---- */

static struct srv_engine_config quiet(const struct srv_replay *replay)
{
    struct srv_engine_config config = replay->config.engine;
    config.on_ingest = NULL;
    config.on_touch = NULL;
    config.on_record = on_record;
    config.context = (void *)(uintptr_t)replay;
    return config;
}

static enum nav_status add_keyframe(struct srv_replay *replay)
{
    /* What is held was read and not used: the keyframe begins with it. */
    const struct srv_keyframe keyframe = {
        .place = replay->has_pending ? replay->pending_place : session_reader_place(replay->reader),
        .at_ns = replay->at_ns,
        .newest_ns = replay->newest_ns,
        .number = replay->number};
    return srv_keyframes_add(replay->keyframes, &keyframe, replay->engine, &replay->scene);
}

static enum nav_status go_to_keyframe(struct srv_replay *replay, size_t index)
{
    const struct srv_keyframe *keyframe = srv_keyframes_get(replay->keyframes, index);
    const enum nav_status status =
        srv_keyframes_restore(replay->keyframes, index, replay->engine, &replay->scene);
    if (status != NAV_OK) {
        return status;
    }
    replay->at_ns = keyframe->at_ns;
    replay->newest_ns = keyframe->newest_ns;
    replay->number = keyframe->number;
    replay->played = 1;
    replay->digest = add_hash(0, store_scene_hash(&replay->scene));
    replay->has_pending = false;
    replay->ended = false;
    return session_reader_seek_place(replay->reader, keyframe->place);
}

/* ---- opening ---- */

/* After each scene of the first run. */
static enum nav_status pass_scene(struct srv_replay *replay)
{
    if (replay->config.on_scene != NULL &&
        !replay->config.on_scene(replay->config.context, replay)) {
        return NAV_ERR_MEMORY;
    }
    return replay->keyframes != NULL && srv_keyframes_is_due(replay->keyframes, replay->at_ns)
               ? add_keyframe(replay)
               : NAV_OK;
}

/* Through the whole session once. */
static enum nav_status run_through(struct srv_replay *replay)
{
    const uint64_t records = session_reader_extent(replay->reader).records;
    uint64_t told = 0;
    enum nav_status status;
    replay->indexing = true;
    while ((status = run_on(replay, INT64_MAX)) == NAV_OK &&
           (status = pass_scene(replay)) == NAV_OK) {
        if (replay->config.on_progress != NULL && records > 0 &&
            replay->findings.records - told >= PROGRESS_RECORDS) {
            told = replay->findings.records;
            replay->config.on_progress(replay->config.context, (double)told / (double)records);
        }
    }
    replay->indexing = false;
    return status == NAV_END && !replay->no_memory ? NAV_OK : NAV_ERR_MEMORY;
}

static enum nav_status index_session(struct srv_replay *replay, struct session_error *out_error)
{
    const int64_t every_ns =
        replay->config.keyframe_ns > 0 ? replay->config.keyframe_ns : KEYFRAME_NS;
    enum nav_status status =
        replay->config.once ? NAV_OK : srv_keyframes_create(every_ns, &replay->keyframes);
    if (status == NAV_OK) {
        status = run_through(replay);
    }
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%.400s: %s", replay->config.path,
                       nav_status_text(status));
        return status;
    }
    if (replay->findings.scenes == 0) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "%.400s: there is nothing in it that could be shown", replay->config.path);
        return NAV_ERR_NOT_FOUND;
    }
    replay->length_ns = replay->at_ns - replay->start_ns;
    load_annotations(replay);
    qsort(replay->events, replay->event_count, sizeof(*replay->events), by_time);
    return replay->keyframes != NULL ? go_to_keyframe(replay, 0) : NAV_OK;
}

static enum nav_status make_parts(struct srv_replay *replay, struct session_error *out_error)
{
    enum nav_status status = session_reader_open(replay->config.path, &replay->reader, out_error);
    if (status != NAV_OK) {
        return status;
    }
    const struct session_facts *facts = session_reader_facts(replay->reader);
    if (facts->scene_version != 0 && facts->scene_version != NAV_SCENE_VERSION) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "%.400s: recorded by %.60s with scenes of version %u, this program builds "
                       "version %u: replay it with the program that recorded it",
                       replay->config.path, facts->software, facts->scene_version,
                       NAV_SCENE_VERSION);
        return NAV_ERR_VERSION;
    }
    replay->own_scenes = facts->scene_version != 0;
    replay->start_ns = session_reader_extent(replay->reader).first_ns;
    replay->at_ns = replay->start_ns;
    replay->newest_ns = replay->start_ns;
    const struct srv_engine_config config = quiet(replay);
    struct srv_engine_error engine_error;
    status = srv_engine_create(&config, &replay->engine, &engine_error);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s", engine_error.text);
        return status;
    }
    status = srv_player_create(replay->engine, &replay->player);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s", nav_status_text(status));
    }
    return status;
}

enum nav_status srv_replay_open(const struct srv_replay_config *config,
                                struct srv_replay **out_replay, struct session_error *out_error)
{
    struct srv_replay *replay = calloc(1, sizeof(*replay));
    if (replay == NULL) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s",
                       nav_status_text(NAV_ERR_MEMORY));
        return NAV_ERR_MEMORY;
    }
    replay->config = *config;
    replay->config.engine.navigation.mode = NAV_MODE_REPLAY;
    enum nav_status status = make_parts(replay, out_error);
    if (status == NAV_OK) {
        status = index_session(replay, out_error);
    }
    if (status != NAV_OK) {
        srv_replay_close(replay);
        return status;
    }
    *out_replay = replay;
    return NAV_OK;
}

void srv_replay_close(struct srv_replay *replay)
{
    if (replay == NULL) {
        return;
    }
    srv_keyframes_destroy(replay->keyframes);
    srv_player_destroy(replay->player);
    srv_engine_destroy(replay->engine);
    session_reader_close(replay->reader);
    free(replay->events);
    free(replay);
}

/* ---- questions ---- */

const struct session_facts *srv_replay_facts(const struct srv_replay *replay)
{
    return session_reader_facts(replay->reader);
}

int64_t srv_replay_length_ns(const struct srv_replay *replay)
{
    return replay->length_ns;
}

const struct srv_replay_findings *srv_replay_findings(const struct srv_replay *replay)
{
    return &replay->findings;
}

const struct srv_replay_event *srv_replay_events(const struct srv_replay *replay, size_t *out_count)
{
    *out_count = replay->event_count;
    return replay->events;
}

int64_t srv_replay_at_ns(const struct srv_replay *replay)
{
    return replay->at_ns - replay->start_ns;
}

void srv_replay_played(const struct srv_replay *replay, uint64_t *out_scenes, uint64_t *out_digest)
{
    *out_scenes = replay->played;
    *out_digest = replay->digest;
}

const struct trk_guide *srv_replay_guide(const struct srv_replay *replay)
{
    return srv_engine_guide(replay->engine);
}

const struct nav_scene *srv_replay_scene(const struct srv_replay *replay)
{
    return &replay->scene;
}

/* ---- moving ---- */

enum nav_status srv_replay_step(struct srv_replay *replay)
{
    return run_on(replay, INT64_MAX);
}

enum nav_status srv_replay_run_to(struct srv_replay *replay, int64_t at_ns)
{
    enum nav_status status;
    while ((status = run_on(replay, replay->start_ns + at_ns)) == NAV_OK) {
    }
    return status == NAV_AGAIN ? NAV_OK : status;
}

enum nav_status srv_replay_seek(struct srv_replay *replay, int64_t at_ns)
{
    at_ns = at_ns < 0 ? 0 : at_ns > replay->length_ns ? replay->length_ns : at_ns;
    const int64_t wanted_ns = replay->start_ns + at_ns;
    const size_t nearest = srv_keyframes_find_time(replay->keyframes, wanted_ns);
    if (wanted_ns < replay->at_ns ||
        srv_keyframes_get(replay->keyframes, nearest)->at_ns > replay->at_ns) {
        const enum nav_status status = go_to_keyframe(replay, nearest);
        if (status != NAV_OK) {
            return status;
        }
    }
    const enum nav_status status = srv_replay_run_to(replay, at_ns);
    return status == NAV_END ? NAV_OK : status;
}

enum nav_status srv_replay_step_back(struct srv_replay *replay, uint64_t scenes)
{
    const uint64_t first = srv_keyframes_get(replay->keyframes, 0)->number;
    if (replay->number <= first) {
        return NAV_END;
    }
    const uint64_t wanted = replay->number - first > scenes ? replay->number - scenes : first;
    enum nav_status status =
        go_to_keyframe(replay, srv_keyframes_find_number(replay->keyframes, wanted));
    while (status == NAV_OK && replay->number < wanted) {
        status = run_on(replay, INT64_MAX);
    }
    return status;
}

static void move(int64_t *time_ns, int64_t by_ns)
{
    if (*time_ns != 0) { /* never */
        *time_ns += by_ns;
    }
}

void srv_replay_move_scene(const struct nav_scene *recorded, int64_t now_ns,
                           struct nav_scene *out_scene)
{
    *out_scene = *recorded;
    const int64_t by_ns = now_ns - recorded->time_ns;
    out_scene->time_ns = now_ns;
    move(&out_scene->pose_arrival_ns, by_ns);
    move(&out_scene->registration.last_check_ns, by_ns);
    move(&out_scene->reference.arrival_ns, by_ns);
    for (uint32_t i = 0; i < out_scene->tool_count; ++i) {
        move(&out_scene->tools[i].arrival_ns, by_ns);
    }
    for (uint32_t i = 0; i < out_scene->peer_count; ++i) {
        move(&out_scene->peers[i].last_message_ns, by_ns);
    }
    for (uint32_t i = 0; i < out_scene->cut_count; ++i) {
        move(&out_scene->cuts[i].started_ns, by_ns);
        move(&out_scene->cuts[i].ended_ns, by_ns);
    }
    for (uint32_t i = 0; i < out_scene->alarm_count; ++i) {
        move(&out_scene->alarms[i].since_ns, by_ns);
    }
}
