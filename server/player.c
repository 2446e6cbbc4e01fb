#include "player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_framer.h"

struct peer {
    char address[NAV_NAME_SIZE];
    bool open;
    struct srv_ingest_peer ingest;
};

struct srv_player {
    struct srv_engine *engine;
    struct wire_framer *framer;
    struct peer *peers; /* in the order in which they came; never forgotten */
    size_t count;
    size_t capacity;
    size_t last; /* of the message before: mostly the same */

    /* of the message in work */
    struct peer *from;
    int64_t arrival_ns;
    char answer[SRV_ANSWER_MAX];
};

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return STORE_CONTENT_MAX;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct srv_player *player = context;
    return srv_engine_message(player->engine, &player->from->ingest, message, player->arrival_ns);
}

static enum nav_status make_framer(struct srv_player *player)
{
    wire_framer_destroy(player->framer);
    player->framer = NULL;
    const struct wire_framer_config config = {
        .body_cap = body_cap, .on_message = on_message, .context = player, .skip_max = 0};
    return wire_framer_create(&config, &player->framer);
}

enum nav_status srv_player_create(struct srv_engine *engine, struct srv_player **out_player)
{
    struct srv_player *player = calloc(1, sizeof(*player));
    if (player == NULL) {
        return NAV_ERR_MEMORY;
    }
    player->engine = engine;
    if (make_framer(player) != NAV_OK) {
        srv_player_destroy(player);
        return NAV_ERR_MEMORY;
    }
    *out_player = player;
    return NAV_OK;
}

void srv_player_destroy(struct srv_player *player)
{
    if (player == NULL) {
        return;
    }
    wire_framer_destroy(player->framer);
    free(player->peers);
    free(player);
}

/* ---- peers ---- */

static struct peer *find_peer(struct srv_player *player, uint32_t id)
{
    for (size_t i = 0; i < player->count; ++i) {
        const size_t index = (player->last + i) % player->count;
        if (player->peers[index].ingest.id == id) {
            player->last = index;
            return &player->peers[index];
        }
    }
    return NULL;
}

/* The peer of this id, made where it is new; NULL: no memory. */
static struct peer *need_peer(struct srv_player *player, uint32_t id)
{
    struct peer *found = find_peer(player, id);
    if (found != NULL) {
        return found;
    }
    if (player->count == player->capacity) {
        const size_t capacity = player->capacity == 0 ? 16 : 2 * player->capacity;
        struct peer *peers = realloc(player->peers, capacity * sizeof(*peers));
        if (peers == NULL) {
            return NULL;
        }
        player->peers = peers;
        player->capacity = capacity;
    }
    struct peer *peer = &player->peers[player->count++];
    *peer = (struct peer){.open = true, .ingest = {.id = id}};
    return peer;
}

static enum nav_status open_peer(struct srv_player *player, const struct store_record *record)
{
    struct peer *peer = need_peer(player, record->source);
    if (peer == NULL) {
        return NAV_ERR_MEMORY;
    }
    const size_t length = record->size < NAV_NAME_SIZE ? record->size : NAV_NAME_SIZE - 1;
    memset(peer->address, 0, sizeof(peer->address));
    memcpy(peer->address, record->content, length);
    peer->open = true;
    srv_engine_peer_opened(player->engine, record->source, record->at_ns, peer->address);
    return NAV_OK;
}

static enum nav_status close_peer(struct srv_player *player, const struct store_record *record)
{
    struct peer *peer = need_peer(player, record->source);
    if (peer == NULL) {
        return NAV_ERR_MEMORY;
    }
    char why[NAV_TEXT_SIZE];
    (void)snprintf(why, sizeof(why), "%.*s", (int)(record->size < sizeof(why) ? record->size : 0),
                   (const char *)record->content);
    peer->open = false;
    srv_engine_peer_closed(player->engine, &peer->ingest, record->at_ns, why);
    return NAV_OK;
}

/* ---- records ---- */

static enum nav_status take_message(struct srv_player *player, const struct store_record *record)
{
    player->from = need_peer(player, record->source);
    if (player->from == NULL) {
        return NAV_ERR_MEMORY;
    }
    player->arrival_ns = record->at_ns;
    const uint64_t whole = wire_framer_stats(player->framer)->messages;
    const enum nav_status fed = wire_framer_feed(player->framer, record->content, record->size);
    if (fed == NAV_OK && wire_framer_at_boundary(player->framer) &&
        wire_framer_stats(player->framer)->messages == whole + 1) {
        return NAV_OK;
    }
    return make_framer(player) == NAV_OK ? NAV_ERR_SYNTAX : NAV_ERR_MEMORY;
}

static void take_command(struct srv_player *player, const struct store_record *record)
{
    struct srv_command_outcome outcome;
    (void)srv_engine_command(player->engine, (const char *)record->content, record->size,
                             record->at_ns, &outcome, player->answer);
}

static enum nav_status take_scene(struct srv_player *player, const struct store_record *record,
                                  struct nav_scene *out_scene, struct srv_played *out_played)
{
    struct store_scene built;
    const enum nav_status status = store_scene_decode(record->content, record->size, &built);
    if (status != NAV_OK) {
        return NAV_ERR_SYNTAX;
    }
    for (uint32_t i = 0; i < built.peer_count; ++i) {
        const struct peer *peer = find_peer(player, built.peers[i].slot);
        if (peer != NULL) {
            memcpy(built.peers[i].address, peer->address, sizeof(peer->address));
        }
    }
    const struct nav_scene_recording recording = {.state = built.recording};
    const struct srv_moment moment = {.now_ns = record->at_ns,
                                      .utc_ns = built.utc_ns,
                                      .peers = built.peers,
                                      .peer_count = built.peer_count,
                                      .peers_total = built.peers_total,
                                      .recording = &recording};
    *out_played = (struct srv_played){
        .scene = true, .has_recorded = true, .at_ns = record->at_ns, .recorded = built.hash};
    out_played->hash = srv_engine_scene(player->engine, &moment, out_scene);
    return NAV_OK;
}

enum nav_status srv_player_take(struct srv_player *player, const struct store_record *record,
                                struct nav_scene *out_scene, struct srv_played *out_played)
{
    *out_played = (struct srv_played){.at_ns = record->at_ns};
    switch (record->kind) {
    case STORE_MESSAGE:
        return take_message(player, record);
    case STORE_PEER_OPENED:
        return open_peer(player, record);
    case STORE_PEER_CLOSED:
        return close_peer(player, record);
    case STORE_COMMAND:
        take_command(player, record);
        return NAV_OK;
    case STORE_SCENE:
        return take_scene(player, record, out_scene, out_played);
    default:
        return NAV_OK; /* for people, or about the recording */
    }
}

void srv_player_scene(struct srv_player *player, int64_t now_ns, int64_t utc_ns,
                      struct nav_scene *out_scene, struct srv_played *out_played)
{
    struct nav_scene_peer peers[NAV_PEERS_MAX];
    uint32_t listed = 0;
    uint32_t total = 0;
    for (size_t i = 0; i < player->count; ++i) {
        const struct peer *peer = &player->peers[i];
        if (!peer->open) {
            continue;
        }
        ++total;
        if (listed < NAV_PEERS_MAX) {
            peers[listed] = (struct nav_scene_peer){.slot = peer->ingest.id};
            memcpy(peers[listed++].address, peer->address, sizeof(peer->address));
        }
    }
    const struct srv_moment moment = {.now_ns = now_ns,
                                      .utc_ns = utc_ns,
                                      .peers = peers,
                                      .peer_count = listed,
                                      .peers_total = total};
    *out_played = (struct srv_played){.scene = true, .at_ns = now_ns};
    out_played->hash = srv_engine_scene(player->engine, &moment, out_scene);
}
