#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_events.h"

struct srv_engine {
    struct srv_engine_config config;
    struct trk_navigator *navigator;
    struct trk_registrar *registrar;
    struct trk_guide *guide; /* NULL: nothing is guided */
    struct srv_view_orders views;
    struct srv_ingest ingest;
    struct srv_engine_events events;
};

/* ---- life ---- */

enum nav_status srv_engine_create(const struct srv_engine_config *config,
                                  struct srv_engine **out_engine,
                                  struct srv_engine_error *out_error)
{
    struct srv_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s",
                       nav_status_text(NAV_ERR_MEMORY));
        return NAV_ERR_MEMORY;
    }
    engine->config = *config;
    enum nav_status status = trk_navigator_create(&config->navigation, &engine->navigator);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "the case cannot be navigated: %s; check tools, devices and limits",
                       nav_status_text(status));
        srv_engine_destroy(engine);
        return status;
    }
    status = trk_registrar_create(&config->registrar, engine->navigator, &engine->registrar);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "the case cannot be registered: %s; check landmarks, cuts and limits",
                       nav_status_text(status));
        srv_engine_destroy(engine);
        return status;
    }
    status = config->guide != NULL ? trk_guide_create(config->guide, &engine->guide) : NAV_OK;
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "the case cannot be guided: %s; check cuts, models and limits",
                       nav_status_text(status));
        srv_engine_destroy(engine);
        return status;
    }
    engine->config.guide = NULL; /* it was copied and may be gone */
    srv_ingest_init(&engine->ingest, engine->navigator, config->on_ingest);
    *out_engine = engine;
    return NAV_OK;
}

void srv_engine_destroy(struct srv_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    trk_guide_destroy(engine->guide);
    trk_registrar_destroy(engine->registrar);
    trk_navigator_destroy(engine->navigator);
    free(engine);
}

void srv_engine_copy(struct srv_engine *to, const struct srv_engine *from)
{
    trk_navigator_copy(to->navigator, from->navigator);
    trk_registrar_copy(to->registrar, from->registrar);
    if (to->guide != NULL) {
        trk_guide_copy(to->guide, from->guide);
    }
    to->views = from->views;
    to->ingest.changes = from->ingest.changes;
    memcpy(to->ingest.owners, from->ingest.owners, sizeof(to->ingest.owners));
    to->events = from->events;
}

enum nav_status srv_engine_keep(const struct srv_engine *from, struct srv_engine **out_engine)
{
    struct srv_engine *engine = malloc(sizeof(*engine));
    if (engine == NULL) {
        return NAV_ERR_MEMORY;
    }
    *engine = *from;
    engine->navigator = NULL;
    engine->registrar = NULL;
    engine->guide = NULL;
    enum nav_status status = trk_navigator_create(&from->config.navigation, &engine->navigator);
    if (status == NAV_OK) {
        trk_navigator_copy(engine->navigator, from->navigator);
        status =
            trk_registrar_create(&from->config.registrar, engine->navigator, &engine->registrar);
    }
    if (status == NAV_OK) {
        trk_registrar_copy(engine->registrar, from->registrar);
        status = from->guide != NULL ? trk_guide_clone(from->guide, &engine->guide) : NAV_OK;
    }
    if (status != NAV_OK) {
        srv_engine_destroy(engine);
        return status;
    }
    *out_engine = engine;
    return NAV_OK;
}

size_t srv_engine_memory(struct srv_engine *kept, struct trk_memory out_parts[SRV_ENGINE_PARTS_MAX])
{
    size_t count = 0;
    out_parts[count++] = (struct trk_memory){.start = kept, .size = sizeof(*kept)};
    out_parts[count++] = trk_navigator_memory(kept->navigator);
    out_parts[count++] = trk_registrar_memory(kept->registrar);
    return count + (kept->guide != NULL ? trk_guide_memory(kept->guide, &out_parts[count]) : 0);
}

/* ---- inputs ---- */

static void record(const struct srv_engine *engine, const struct store_record *input)
{
    if (engine->config.on_record != NULL) {
        engine->config.on_record(engine->config.context, input);
    }
}

static void record_text(const struct srv_engine *engine, enum store_kind kind, uint32_t source,
                        int64_t at_ns, const char *text, size_t length)
{
    record(engine, &(struct store_record){.kind = kind,
                                          .source = source,
                                          .at_ns = at_ns,
                                          .content = (const uint8_t *)text,
                                          .size = length});
}

void srv_engine_peer_opened(struct srv_engine *engine, uint32_t id, int64_t now_ns,
                            const char *address)
{
    record_text(engine, STORE_PEER_OPENED, id, now_ns, address, strlen(address));
}

void srv_engine_peer_closed(struct srv_engine *engine, const struct srv_ingest_peer *peer,
                            int64_t now_ns, const char *why)
{
    record_text(engine, STORE_PEER_CLOSED, peer->id, now_ns, why, strlen(why));
    srv_ingest_peer_gone(&engine->ingest, peer);
}

void srv_engine_peer_refused(struct srv_engine *engine, int64_t now_ns, const char *words)
{
    record_text(engine, STORE_PEER_REFUSED, 0, now_ns, words, strlen(words));
}

enum nav_status srv_engine_message(struct srv_engine *engine, struct srv_ingest_peer *peer,
                                   const struct wire_message *message, int64_t arrival_ns)
{
    record(engine, &(struct store_record){.kind = STORE_MESSAGE,
                                          .source = peer->id,
                                          .at_ns = arrival_ns,
                                          .content = message->raw,
                                          .size = message->raw_size});
    return srv_ingest_message(&engine->ingest, peer, message, arrival_ns);
}

/* What the registrar makes of the newest poses. */
static void advance_registrar(struct srv_engine *engine, int64_t now_ns)
{
    const struct nav_scene_collection *collection = trk_registrar_collection(engine->registrar);
    const bool touching = collection->kind != NAV_COLLECTION_NONE;
    trk_registrar_advance(engine->registrar, now_ns);
    if (touching && collection->kind == NAV_COLLECTION_NONE && engine->config.on_touch != NULL) {
        engine->config.on_touch(engine->config.context, now_ns, collection->good != 0,
                                collection->outcome);
    }
}

size_t srv_engine_command(struct srv_engine *engine, const char *line, size_t length,
                          int64_t now_ns, struct srv_command_outcome *out_outcome, char *out_answer)
{
    record_text(engine, STORE_COMMAND, 0, now_ns, line, length);
    advance_registrar(engine, now_ns);
    const struct srv_command_host host = {
        .registrar = engine->registrar, .guide = engine->guide, .views = &engine->views};
    return srv_command_execute(&host, line, length, now_ns, out_outcome, out_answer);
}

/* ---- scenes ---- */

static void record_scene(const struct srv_engine *engine, const struct srv_moment *moment,
                         const struct nav_scene *scene, uint64_t hash)
{
    struct store_scene built = {.utc_ns = moment->utc_ns,
                                .hash = hash,
                                .recording = scene->recording.state,
                                .peers_total = moment->peers_total,
                                .peer_count = moment->peer_count};
    uint8_t bytes[STORE_SCENE_MAX];
    memcpy(built.peers, moment->peers, moment->peer_count * sizeof(built.peers[0]));
    record(engine, &(struct store_record){.kind = STORE_SCENE,
                                          .flags = STORE_FLAG_PUBLISHED,
                                          .at_ns = moment->now_ns,
                                          .content = bytes,
                                          .size = store_scene_encode(&built, bytes)});
}

static void record_event(void *context, enum store_event event, int64_t at_ns, const char *text)
{
    record_text(context, STORE_EVENT, event, at_ns, text, strlen(text));
}

uint64_t srv_engine_scene(struct srv_engine *engine, const struct srv_moment *moment,
                          struct nav_scene *out_scene)
{
    trk_navigator_set_peers(engine->navigator, moment->peers, moment->peer_count,
                            moment->peers_total);
    advance_registrar(engine, moment->now_ns);
    trk_navigator_scene(engine->navigator, moment->now_ns, moment->utc_ns, out_scene);
    if (moment->recording != NULL) {
        out_scene->recording = *moment->recording;
    }
    srv_view_orders_fill(&engine->views, out_scene);
    if (engine->guide != NULL) {
        trk_guide_advance(engine->guide, out_scene);
    }
    if (engine->config.on_record == NULL) {
        return store_scene_hash(out_scene);
    }
    const uint64_t hash = store_scene_hash(out_scene);
    record_scene(engine, moment, out_scene, hash);
    srv_engine_events_watch(&engine->events, out_scene, record_event, engine);
    return hash;
}

/* ---- questions ---- */

void srv_engine_peek(struct srv_engine *engine, int64_t now_ns, int64_t utc_ns,
                     struct nav_scene *out_scene)
{
    trk_navigator_scene(engine->navigator, now_ns, utc_ns, out_scene);
}

uint64_t srv_engine_changes(const struct srv_engine *engine)
{
    return engine->ingest.changes;
}

struct trk_guide *srv_engine_guide(const struct srv_engine *engine)
{
    return engine->guide;
}

bool srv_engine_peer_owns(const struct srv_engine *engine, const struct srv_ingest_peer *peer)
{
    return srv_ingest_peer_owns(&engine->ingest, peer);
}
