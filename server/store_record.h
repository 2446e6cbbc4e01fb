/* What a session is made of: records, in the order in which the core took them in.
 *
 * One stream holds every input of the code that decides what is true (messages, peers, commands,
 * the instants of scenes), so that replaying the stream gives the same scenes, and beside them what
 * is worth finding again (events). As bytes a record is a head of STORE_HEAD_SIZE bytes,
 * big-endian, and its content, filled up with zeros to a multiple of 8:
 *
 *   u32 size of the content, u16 kind, u16 flags, u32 source, u32 zero, i64 at_ns
 *
 * A place in the stream is counted in such bytes from its beginning; it is the name of a record.
 * Pure: no I/O, no clock. Thread: any. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/scene.h"
#include "nav/status.h"

enum {
    STORE_HEAD_SIZE = 24,
    STORE_CONTENT_MAX = 256 << 20, /* bytes of one record */
    STORE_SCENE_HEAD = 32,
    STORE_SCENE_PEER = 72,
    STORE_SCENE_MAX = STORE_SCENE_HEAD + NAV_PEERS_MAX * STORE_SCENE_PEER
};

/* X(name, key, what `at_ns` is and what the content is) */
#define STORE_KIND_LIST(X)                                                                         \
    X(STORE_MESSAGE, "message", "arrival: a whole OpenIGTLink message as received, CRC good")      \
    X(STORE_PEER_OPENED, "peer-opened", "a peer, `source`, is there: its address")                 \
    X(STORE_PEER_CLOSED, "peer-closed", "it is gone: why")                                         \
    X(STORE_PEER_REFUSED, "peer-refused", "a connection was not taken: address and why")           \
    X(STORE_COMMAND, "command", "a request line was executed: the line")                           \
    X(STORE_SCENE, "scene", "a scene was built at this time: struct store_scene")                  \
    X(STORE_NOTE, "note", "an input from the core itself, `source` its code: a text")              \
    X(STORE_EVENT, "event", "something to find again, `source` an enum store_event: a text")       \
    X(STORE_GAP, "gap", "what came until now was lost: u64 count of records")                      \
    X(STORE_FACTS, "facts", "the session's facts, one `key=value` a line")

enum store_kind {
    STORE_NOTHING = 0,
#define STORE_KIND_ENUM(name, key, text) name,
    STORE_KIND_LIST(STORE_KIND_ENUM)
#undef STORE_KIND_ENUM
        STORE_KIND_COUNT
};

/* What an event is about. */
#define STORE_EVENT_LIST(X)                                                                        \
    X(STORE_EVENT_TRUST, "trust")               /* the verdict changed */                          \
    X(STORE_EVENT_ALARM, "alarm")               /* an alarm began or ended */                      \
    X(STORE_EVENT_CUT, "cut")                   /* a cut changed its state */                      \
    X(STORE_EVENT_REGISTRATION, "registration") /* another registration is in force */             \
    X(STORE_EVENT_CHECK, "check")               /* a landmark was checked */                       \
    X(STORE_EVENT_RECORDING, "recording")       /* the recording itself: begun, failed, ended */   \
    X(STORE_EVENT_TOOL, "tool")                 /* a tool was lost or came back */

enum store_event {
    STORE_EVENT_NONE = 0,
#define STORE_EVENT_ENUM(name, key) name,
    STORE_EVENT_LIST(STORE_EVENT_ENUM)
#undef STORE_EVENT_ENUM
        STORE_EVENT_COUNT
};

/* Flags of a record. */
enum {
    STORE_FLAG_PUBLISHED = 1, /* scene: it was shown */
    STORE_FLAG_IMPORTED = 2   /* message: made from another format, not received */
};

struct store_record {
    enum store_kind kind;
    uint16_t flags;
    uint32_t source; /* peer id of a message; see the kinds */
    int64_t at_ns;   /* the core's monotonic clock; in imported sessions the recorder's */
    const uint8_t *content;
    size_t size;
};

/* Content of STORE_SCENE: what the scene was built of beside the stream so far, and what came out.
 * As bytes: u64 utc_ns, u64 hash, u32 recording, u32 zero, u32 peers_total, u32 peer_count, then
 * for each peer nine u64: slot, header_version, last_message_ns, messages, bytes, crc_errors,
 * malformed, skipped, refused.
 */
struct store_scene {
    int64_t utc_ns;
    uint64_t hash;      /* of store_scene_hash */
    uint32_t recording; /* enum nav_recording_state: it may raise an alarm */
    uint32_t peers_total;
    uint32_t peer_count;
    struct nav_scene_peer peers[NAV_PEERS_MAX]; /* `address` is not stored: the peer's own record */
};

const char *store_kind_name(uint32_t kind);   /* "message" ...; "?" outside */
const char *store_event_name(uint32_t event); /* "trust" ...; "?" outside */

/* Bytes that a record takes in the stream. */
size_t store_record_size(size_t content_size);

/* Writes the head of a record. */
void store_record_head(const struct store_record *record, uint8_t out_head[STORE_HEAD_SIZE]);

/* The record at `*at` in `stream`; moves `*at` behind it. NAV_END: nothing is left; NAV_ERR_LENGTH:
 * it does not lie whole in the stream; NAV_ERR_RANGE: no such kind. The content is a view. */
NAV_MUST_USE enum nav_status store_record_next(const uint8_t *stream, size_t size, size_t *at,
                                               struct store_record *out_record);

/* Returns the size written, at most STORE_SCENE_MAX. */
size_t store_scene_encode(const struct store_scene *scene, uint8_t out_bytes[STORE_SCENE_MAX]);
NAV_MUST_USE enum nav_status store_scene_decode(const uint8_t *bytes, size_t size,
                                                struct store_scene *out_scene);

/* The scene as a number: everything that was decided. Left out is what a replay may not repeat:
 * seq, mode, the numbers of recording and replay, what displays are asked to show. */
uint64_t store_scene_hash(const struct nav_scene *scene);

#endif
