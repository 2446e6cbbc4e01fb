#include "store_record.h"

#include <string.h>

#include "wire_crc64.h"
#include "wire_cursor.h"

enum { AT_KIND = 4, AT_FLAGS = 6, AT_SOURCE = 8, AT_ZERO = 12, AT_TIME = 16, WORD = 8 };

const char *store_kind_name(uint32_t kind)
{
    static const char *const names[STORE_KIND_COUNT] = {[STORE_NOTHING] = "?",
#define STORE_KIND_NAME(name, key, text) [name] = key,
                                                        STORE_KIND_LIST(STORE_KIND_NAME)
#undef STORE_KIND_NAME
    };
    return kind < STORE_KIND_COUNT ? names[kind] : "?";
}

const char *store_event_name(uint32_t event)
{
    static const char *const names[STORE_EVENT_COUNT] = {[STORE_EVENT_NONE] = "?",
#define STORE_EVENT_NAME(name, key) [name] = key,
                                                         STORE_EVENT_LIST(STORE_EVENT_NAME)
#undef STORE_EVENT_NAME
    };
    return event < STORE_EVENT_COUNT ? names[event] : "?";
}

size_t store_record_size(size_t content_size)
{
    return STORE_HEAD_SIZE + (content_size + WORD - 1) / WORD * WORD;
}

void store_record_head(const struct store_record *record, uint8_t out_head[STORE_HEAD_SIZE])
{
    wire_store_u32(out_head, (uint32_t)record->size);
    wire_store_u16(out_head + AT_KIND, (uint16_t)record->kind);
    wire_store_u16(out_head + AT_FLAGS, record->flags);
    wire_store_u32(out_head + AT_SOURCE, record->source);
    wire_store_u32(out_head + AT_ZERO, 0);
    wire_store_u64(out_head + AT_TIME, (uint64_t)record->at_ns);
}

enum nav_status store_record_next(const uint8_t *stream, size_t size, size_t *at,
                                  struct store_record *out_record)
{
    if (*at == size) {
        return NAV_END;
    }
    if (*at > size || size - *at < STORE_HEAD_SIZE) {
        return NAV_ERR_LENGTH;
    }
    const uint8_t *head = stream + *at;
    const size_t content = wire_load_u32(head);
    const uint16_t kind = wire_load_u16(head + AT_KIND);
    if (content > STORE_CONTENT_MAX || store_record_size(content) > size - *at) {
        return NAV_ERR_LENGTH;
    }
    if (kind == STORE_NOTHING || kind >= STORE_KIND_COUNT) {
        return NAV_ERR_RANGE;
    }
    *out_record = (struct store_record){.kind = (enum store_kind)kind,
                                        .flags = wire_load_u16(head + AT_FLAGS),
                                        .source = wire_load_u32(head + AT_SOURCE),
                                        .at_ns = (int64_t)wire_load_u64(head + AT_TIME),
                                        .content = head + STORE_HEAD_SIZE,
                                        .size = content};
    *at += store_record_size(content);
    return NAV_OK;
}

/* ---- scenes ---- */

size_t store_scene_encode(const struct store_scene *scene, uint8_t out_bytes[STORE_SCENE_MAX])
{
    struct wire_writer writer = wire_writer_of(out_bytes, STORE_SCENE_MAX);
    wire_write_u64(&writer, (uint64_t)scene->utc_ns);
    wire_write_u64(&writer, scene->hash);
    wire_write_u32(&writer, scene->recording);
    wire_write_u32(&writer, 0);
    wire_write_u32(&writer, scene->peers_total);
    wire_write_u32(&writer, scene->peer_count);
    for (uint32_t i = 0; i < scene->peer_count; ++i) {
        const struct nav_scene_peer *peer = &scene->peers[i];
        const uint64_t words[] = {
            peer->slot,      peer->header_version, (uint64_t)peer->last_message_ns,
            peer->messages,  peer->bytes,          peer->crc_errors,
            peer->malformed, peer->skipped,        peer->refused};
        _Static_assert(sizeof(words) == STORE_SCENE_PEER, "the size in the header");
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); ++k) {
            wire_write_u64(&writer, words[k]);
        }
    }
    return writer.size;
}

enum nav_status store_scene_decode(const uint8_t *bytes, size_t size, struct store_scene *out_scene)
{
    struct wire_reader reader = wire_reader_of(bytes, size);
    struct store_scene scene = {.utc_ns = (int64_t)wire_read_u64(&reader),
                                .hash = wire_read_u64(&reader),
                                .recording = wire_read_u32(&reader)};
    (void)wire_read_u32(&reader);
    scene.peers_total = wire_read_u32(&reader);
    scene.peer_count = wire_read_u32(&reader);
    if (scene.peer_count > NAV_PEERS_MAX || scene.peer_count > scene.peers_total) {
        return NAV_ERR_RANGE;
    }
    for (uint32_t i = 0; i < scene.peer_count; ++i) {
        struct nav_scene_peer *peer = &scene.peers[i];
        peer->slot = (uint32_t)wire_read_u64(&reader);
        peer->header_version = (uint32_t)wire_read_u64(&reader);
        peer->last_message_ns = (int64_t)wire_read_u64(&reader);
        peer->messages = wire_read_u64(&reader);
        peer->bytes = wire_read_u64(&reader);
        peer->crc_errors = wire_read_u64(&reader);
        peer->malformed = wire_read_u64(&reader);
        peer->skipped = wire_read_u64(&reader);
        peer->refused = wire_read_u64(&reader);
    }
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_scene = scene;
    }
    return status;
}

static uint64_t add(uint64_t hash, const void *bytes, size_t size)
{
    return wire_crc64(hash, bytes, size);
}

uint64_t store_scene_hash(const struct nav_scene *scene)
{
    /* A checksum that begins with 0 does not see leading zeros. */
    uint64_t hash = UINT64_C(0x6f7374656f6e6176);
    hash = add(hash, &scene->version, sizeof(scene->version));
    hash = add(hash, &scene->time_ns, sizeof(scene->time_ns));
    hash = add(hash, &scene->utc_ns, sizeof(scene->utc_ns));
    hash = add(hash, &scene->case_id, sizeof(scene->case_id));
    /* Up to the lists everything in one piece, without the mode; of lists what is in use. */
    const size_t from = offsetof(struct nav_scene, trust);
    hash = add(hash, &scene->trust, offsetof(struct nav_scene, reasons) - from);
    hash = add(hash, scene->reasons, scene->reason_count * sizeof(scene->reasons[0]));
    hash = add(hash, &scene->registration, sizeof(scene->registration));
    hash = add(hash, &scene->collection, sizeof(scene->collection));
    hash = add(hash, &scene->reference, sizeof(scene->reference));
    hash = add(hash, scene->tools, scene->tool_count * sizeof(scene->tools[0]));
    hash = add(hash, scene->peers, scene->peer_count * sizeof(scene->peers[0]));
    const size_t counts = offsetof(struct nav_scene, cut_count);
    hash = add(hash, &scene->cut_count, offsetof(struct nav_scene, cuts) - counts);
    hash = add(hash, scene->cuts, scene->cut_count * sizeof(scene->cuts[0]));
    hash = add(hash, scene->structures, scene->structure_count * sizeof(scene->structures[0]));
    return add(hash, scene->alarms, scene->alarm_count * sizeof(scene->alarms[0]));
}
