/* One connected peer: its socket, its framer, its budgets, its counters.
 *
 * Bytes go one way: socket -> framer -> ingest -> navigator. A session is closed, with one line in
 * the log, when the peer leaves, when framing is lost, or when a budget is overdrawn: a header that
 * does not become whole in time, a body slower than the limit, too many bytes before the first
 * valid message, too many bad checksums. Nothing a peer does touches another session: one read of
 * at most the shared buffer a loop iteration, no waiting, no allocation per message.
 *
 * Arrival time: one monotonic stamp for all bytes of one read, taken right after it. Where bytes
 * may have waited the older time counts: after the loop itself was held up, the time before that;
 * when a read filled the buffer, the stamp of that read for the next one too.
 *
 * Life: srv_session_open -> (srv_session_close, any number of times) -> on_closed, in which the
 * owner forgets the session; its memory is freed right after. Thread: loop. */
#ifndef SRV_SESSION_H
#define SRV_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <uv.h>

#include "engine.h"
#include "event_log.h"
#include "hold_up.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "nav/time.h"
#include "peer_limits.h"
#include "subscriber.h"

enum {
    SRV_READ_BUFFER_SIZE = 256 * 1024,
    SRV_RECEIVE_QUEUE = 256 * 1024 /* SO_RCVBUF of a peer: what waits stays new and in cache */
};

struct srv_session;

/* What all sessions of a loop share. Owned by the core, outlives every session. */
struct srv_session_host {
    uv_loop_t *loop;
    struct nav_clock clock;
    struct srv_peer_limits limits;
    struct srv_engine *engine;
    struct srv_event_log *log;
    char *read_buffer;                 /* SRV_READ_BUFFER_SIZE bytes, used within one read only */
    const struct srv_hold_up *hold_up; /* for arrival times */
    const struct srv_service *service; /* what can be sent */
    void (*on_poses)(void *context);   /* poses of one message have reached the navigator */
    void (*on_closed)(void *context, struct srv_session *session);
    void *context;
};

/* What this end does on a link. The zero struct only listens. */
struct srv_session_role {
    bool publish;       /* the peer may be sent the registered poses and what it asks for */
    uint32_t commands;  /* what the peer may order: bits, in the order of srv_command_words */
    void *origin;       /* the connector that made the link; NULL = accepted */
    bool hello;         /* first of all a STATUS of header version 2: peers answer with the highest
                           version they have seen, and only version 2 has metadata */
    bool stream;        /* then STT_TDATA ... */
    uint32_t stream_ms; /* ... with this resolution */
};

/* Takes over the connected socket `fd` (closed also on failure) and starts to read.
 * NAV_ERR_MEMORY, NAV_ERR_IO. */
NAV_MUST_USE enum nav_status srv_session_open(struct srv_session_host *host, int fd,
                                              const struct sockaddr_storage *address, uint32_t id,
                                              const struct srv_session_role *role,
                                              struct srv_session **out_session);

/* Closes; `why` is for the log and must be a string constant or live until the call returns.
 * Legal in every state; the first reason counts. */
void srv_session_close(struct srv_session *session, const char *why);

/* Applies the time budgets; call it about every tick. */
void srv_session_check(struct srv_session *session, int64_t now_ns);

/* Sends what is due to the peer; call it once a loop iteration. */
void srv_session_flush(struct srv_session *session, int64_t now_ns);

/* Whether the peer is being sent every new pose. */
bool srv_session_follows(const struct srv_session *session);

/* Goes on reading after a read that filled the buffer; call it once a loop iteration. */
void srv_session_resume(struct srv_session *session);

/* Copies the counters into the scene's form. */
void srv_session_describe(const struct srv_session *session, struct nav_scene_peer *out_peer);

uint32_t srv_session_id(const struct srv_session *session);
const struct srv_ingest_peer *srv_session_ingest(const struct srv_session *session);
void *srv_session_origin(const struct srv_session *session);
bool srv_session_is_closing(const struct srv_session *session);

/* Why it was closed; empty while it is open. */
const char *srv_session_close_reason(const struct srv_session *session);

/* Where the peer is connected from. */
const struct sockaddr_storage *srv_session_address(const struct srv_session *session);

/* The session whose ingest part this is. */
struct srv_session *srv_session_of(struct srv_ingest_peer *peer);

/* Tells the peer of an ingest event (a refused device: one STATUS) and logs it. */
void srv_session_notice(struct srv_session *session, enum srv_ingest_event event,
                        const char *device);

#endif
