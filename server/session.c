#include "session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "wire_framer.h"
#include "wire_header.h"
#include "wire_pack.h"
#include "wire_status.h"
#include "wire_stream.h"
#include "wire_table.h"

#define LOG_MODULE "peer"
#define OUR_DEVICE "osteonav"

enum { STATUS_TEXT_SIZE = 128, SMALL_MESSAGE_MAX = 256 };

struct srv_session {
    uv_tcp_t socket;
    struct srv_session_host *host;
    struct wire_framer *framer;
    struct srv_ingest_peer ingest;
    struct srv_subscriber subscriber;
    struct srv_session_role role;
    struct sockaddr_storage address;
    char address_text[NAV_NAME_SIZE];
    bool closing;
    char close_reason[NAV_TEXT_SIZE];
    bool backlog;             /* the last read filled the buffer: more may have waited with it */
    bool paused;              /* the last read filled the buffer; goes on next iteration */
    uint16_t header_version;  /* highest seen */
    int64_t arrival_ns;       /* of the bytes being fed */
    int64_t last_message_ns;  /* 0 = none */
    int64_t message_start_ns; /* first bytes of the unfinished message; 0 = at a boundary */
    uint64_t message_bytes;   /* that came for it since, in later reads */
    bool skipping;            /* its body, once begun, is not stored */
    uint64_t finished_seen;   /* messages of any fate finished at the last look */
    uint64_t crc_errors_seen;
    uint32_t crc_error_next;
    int64_t *crc_error_times; /* ring of the last crc_errors_max; 0 = none */
};

static const char *stream_error_text(enum nav_status status)
{
    switch (status) {
    case NAV_ERR_VERSION:
        return "header version is neither 1 nor 2: not OpenIGTLink, or framing lost";
    case NAV_ERR_TOO_LARGE:
        return "a message is larger than the limit for its type";
    case NAV_ERR_ENCODING:
        return "message type is not printable ASCII: not OpenIGTLink, or framing lost";
    default:
        return nav_status_text(status);
    }
}

/* ---- end ---- */

static void on_socket_closed(uv_handle_t *handle)
{
    struct srv_session *session = handle->data;
    session->host->on_closed(session->host->context, session);
    wire_framer_destroy(session->framer);
    free(session->crc_error_times);
    free(session);
}

void srv_session_close(struct srv_session *session, const char *why)
{
    if (session->closing) {
        return;
    }
    session->closing = true;
    (void)snprintf(session->close_reason, sizeof(session->close_reason), "%s", why);
    const struct wire_framer_stats *stats = wire_framer_stats(session->framer);
    const struct srv_session_host *host = session->host;
    srv_event_log_write(
        host->log, nav_clock_now_ns(&host->clock), NAV_LOG_INFO, LOG_MODULE,
        "%s closed: %s; %llu messages, %llu skipped, %llu bad checksums, "
        "%llu malformed, %llu poses accepted, %llu rejected, %llu refused, "
        "%llu of unknown devices",
        session->address_text, why, (unsigned long long)stats->messages,
        (unsigned long long)stats->skipped, (unsigned long long)stats->crc_errors,
        (unsigned long long)stats->malformed, (unsigned long long)session->ingest.accepted,
        (unsigned long long)session->ingest.rejected, (unsigned long long)session->ingest.refused,
        (unsigned long long)session->ingest.unknown);
    uv_close((uv_handle_t *)&session->socket, on_socket_closed);
}

/* ---- bytes in ---- */

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)type;
    struct srv_session *session = context;
    const struct srv_peer_limits *limits = &session->host->limits;
    const bool image = kind == WIRE_KIND_IMAGE || kind == WIRE_KIND_VIDEO;
    session->skipping = !srv_ingest_wants(kind) && !srv_subscriber_wants(kind) &&
                        kind != WIRE_KIND_STATUS && !(image && limits->body_max_image != 0);
    if (session->skipping) {
        return 0;
    }
    return image ? limits->body_max_image : limits->body_max_tracking;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct srv_session *session = context;
    const struct srv_session_host *host = session->host;
    if (message->version > session->header_version) {
        session->header_version = message->version;
    }
    srv_subscriber_saw_version(&session->subscriber, session->header_version);
    const uint64_t changes = srv_engine_changes(host->engine);
    enum nav_status status =
        srv_engine_message(host->engine, &session->ingest, message, session->arrival_ns);
    if (srv_ingest_wants(message->kind)) {
        srv_subscriber_saw_pose(&session->subscriber);
        if (srv_engine_changes(host->engine) != changes) {
            host->on_poses(host->context);
        }
        return status;
    }
    status = wire_table_check(message);
    if (status != NAV_OK || !srv_subscriber_wants(message->kind)) {
        return status; /* of a greeting or a keep-alive the version was all */
    }
    return srv_subscriber_request(&session->subscriber, message);
}

static bool too_many_crc_errors(struct srv_session *session, uint64_t total)
{
    const struct srv_peer_limits *limits = &session->host->limits;
    bool too_many = false;
    for (; session->crc_errors_seen < total; ++session->crc_errors_seen) {
        int64_t *slot = &session->crc_error_times[session->crc_error_next];
        session->crc_error_next = (session->crc_error_next + 1) % limits->crc_errors_max;
        *slot = session->arrival_ns;
        /* The slot to be written next holds the oldest of the last `crc_errors_max`. */
        const int64_t oldest = session->crc_error_times[session->crc_error_next];
        too_many =
            too_many || (oldest != 0 && session->arrival_ns - oldest <= limits->crc_window_ns);
    }
    return too_many;
}

static void feed(struct srv_session *session, const uint8_t *bytes, size_t size)
{
    const struct srv_session_host *host = session->host;
    const enum nav_status status = wire_framer_feed(session->framer, bytes, size);
    const struct wire_framer_stats *stats = wire_framer_stats(session->framer);
    if (status != NAV_OK) {
        srv_session_close(session, stream_error_text(status));
        return;
    }
    if (stats->crc_errors != session->crc_errors_seen &&
        too_many_crc_errors(session, stats->crc_errors)) {
        srv_session_close(session, "too many bad checksums");
        return;
    }
    const enum wire_framer_phase phase = wire_framer_phase(session->framer);
    /* The body of a message that is not for us costs no memory and may be longer. */
    const uint64_t valid = stats->messages + stats->malformed + stats->skipped;
    if (valid == 0 && stats->bytes > host->limits.unproven_bytes_max &&
        !(session->skipping && phase == WIRE_PHASE_BODY)) {
        srv_session_close(session, "too many bytes without a valid message");
        return;
    }
    const uint64_t finished = valid + stats->crc_errors;
    if (finished != session->finished_seen) {
        session->finished_seen = finished;
        session->last_message_ns = session->arrival_ns;
        session->message_start_ns = 0;
    }
    if (phase == WIRE_PHASE_BOUNDARY) {
        session->message_start_ns = 0;
    } else if (session->message_start_ns == 0) {
        session->message_start_ns = session->arrival_ns;
        session->message_bytes = 0;
    } else {
        session->message_bytes += size;
    }
}

void srv_session_flush(struct srv_session *session, int64_t now_ns)
{
    if (!session->closing) {
        srv_subscriber_flush(&session->subscriber, now_ns);
    }
}

bool srv_session_follows(const struct srv_session *session)
{
    return !session->closing && session->subscriber.subscription == SRV_SUBSCRIBED_TRANSFORMS;
}

void srv_session_check(struct srv_session *session, int64_t now_ns)
{
    if (!session->closing && srv_subscriber_is_stalled(&session->subscriber, now_ns)) {
        srv_session_close(session, "it takes nothing of what it is sent");
    }
    if (session->closing || session->message_start_ns == 0) {
        return;
    }
    const struct srv_peer_limits *limits = &session->host->limits;
    const int64_t late_ns = now_ns - session->message_start_ns - limits->header_timeout_ns;
    if (late_ns <= 0) {
        return;
    }
    const double owed = (double)limits->body_rate_min * (double)late_ns / (double)NAV_NS_PER_S;
    if (wire_framer_phase(session->framer) == WIRE_PHASE_HEADER) {
        srv_session_close(session, "a header did not become whole in time");
    } else if ((double)session->message_bytes < owed) {
        srv_session_close(session, "a message body came too slowly");
    }
}

static void on_buffer_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *out_buffer)
{
    (void)suggested;
    struct srv_session *session = handle->data;
    *out_buffer = uv_buf_init(session->host->read_buffer, SRV_READ_BUFFER_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct srv_session *session = stream->data;
    struct srv_session_host *host = session->host;
    const int64_t now_ns = nav_clock_now_ns(&host->clock);
    if (!session->backlog) {
        session->arrival_ns = srv_hold_up_arrival(host->hold_up, now_ns);
    }
    session->backlog = count > 0 && (size_t)count == buffer->len;
    if (count > 0) {
        feed(session, (const uint8_t *)buffer->base, (size_t)count);
        if (session->backlog && !session->closing) {
            /* libuv would read this socket again at once; others come first. */
            session->paused = true;
            (void)uv_read_stop(stream);
        }
    } else if (count == UV_EOF) {
        srv_session_close(session, wire_framer_at_boundary(session->framer)
                                       ? "the peer left"
                                       : "the peer left inside a message, which is discarded");
    } else if (count < 0) {
        srv_session_close(session, uv_strerror((int)count));
    }
}

void srv_session_resume(struct srv_session *session)
{
    if (session->paused && !session->closing) {
        session->paused = false;
        const int status =
            uv_read_start((uv_stream_t *)&session->socket, on_buffer_wanted, on_read);
        if (status != 0) {
            srv_session_close(session, uv_strerror(status));
        }
    }
}

/* ---- bytes out ---- */

static void send_small(struct srv_session *session, const uint8_t *bytes, size_t size)
{
    (void)srv_outbox_send(&session->subscriber.outbox, bytes, size);
}

/* Packs and sends one STATUS. A peer that does not read does not get it: there is no queue. */
static void send_status(struct srv_session *session, uint16_t version, const char *device,
                        const struct wire_status *status)
{
    uint8_t bytes[SMALL_MESSAGE_MAX];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = version,
                                                          .kind = WIRE_KIND_STATUS,
                                                          .device = device,
                                                          .utc_ns = nav_utc_now_ns()});
    wire_status_encode(&writer, status);
    if (wire_pack_end(&pack, NULL, 0) == NAV_OK) {
        send_small(session, bytes, writer.size);
    }
}

static void send_refusal(struct srv_session *session, const char *device)
{
    char cut_name[WIRE_DEVICE_SIZE + 1];
    char text[STATUS_TEXT_SIZE];
    (void)snprintf(cut_name, sizeof(cut_name), "%.*s", WIRE_DEVICE_SIZE, device);
    (void)snprintf(text, sizeof(text), "refused: another peer sends %s", device);
    send_status(session, session->header_version, cut_name,
                &(struct wire_status){.code = WIRE_STATUS_ACCESS_DENIED,
                                      .error_name = "DeviceTaken",
                                      .message = text,
                                      .message_size = strlen(text) + 1});
}

/* What our role says first. */
static void send_greeting(struct srv_session *session)
{
    if (session->role.hello) {
        send_status(session, WIRE_VERSION_EXTENDED, OUR_DEVICE,
                    &(struct wire_status){.code = WIRE_STATUS_OK});
    }
    if (session->role.stream) {
        uint8_t bytes[SMALL_MESSAGE_MAX];
        struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
        const struct wire_pack pack = wire_pack_begin(
            &writer, &(struct wire_pack_head){.version = session->role.hello ? WIRE_VERSION_EXTENDED
                                                                             : WIRE_VERSION_PLAIN,
                                              .kind = WIRE_KIND_STT_TDATA,
                                              .device = OUR_DEVICE,
                                              .utc_ns = nav_utc_now_ns()});
        wire_stream_start_encode(
            &writer, &(struct wire_stream_start){.resolution_ms = session->role.stream_ms});
        if (wire_pack_end(&pack, NULL, 0) == NAV_OK) {
            send_small(session, bytes, writer.size);
        }
    }
}

/* ---- start ---- */

/* Half-open peers: silent ones are probed by keep-alive, ones that take no data by the user
 * timeout; both give up after peer_dead_ns. What may wait unread is bounded. A refused option costs
 * only that safety, not the peer. */
static void guard_socket(int fd, int64_t peer_dead_ns)
{
    const int on = 1;
    const unsigned dead_ms = (unsigned)(peer_dead_ns / NAV_NS_PER_MS);
    const int probes = 3;
    const int dead_s = (int)((peer_dead_ns + NAV_NS_PER_S - 1) / NAV_NS_PER_S);
    const int interval_s = dead_s / 5 > 0 ? dead_s / 5 : 1;
    const int idle_s = dead_s - probes * interval_s > 0 ? dead_s - probes * interval_s : 1;
    const int queue = SRV_RECEIVE_QUEUE;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
}

enum nav_status srv_session_open(struct srv_session_host *host, int fd,
                                 const struct sockaddr_storage *address, uint32_t id,
                                 const struct srv_session_role *role,
                                 struct srv_session **out_session)
{
    struct srv_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        (void)close(fd);
        return NAV_ERR_MEMORY;
    }
    session->host = host;
    session->role = *role;
    session->address = *address;
    session->ingest.id = id;
    srv_address_text(address, session->address_text, sizeof(session->address_text));
    session->crc_error_times = calloc(host->limits.crc_errors_max, sizeof(int64_t));
    const struct wire_framer_config config = {
        .body_cap = body_cap,
        .on_message = on_message,
        .context = session,
        .skip_max = host->limits.body_max_skip,
    };
    enum nav_status status = NAV_ERR_MEMORY;
    if (session->crc_error_times == NULL ||
        (status = wire_framer_create(&config, &session->framer)) != NAV_OK) {
        free(session->crc_error_times);
        free(session);
        (void)close(fd);
        return status;
    }
    guard_socket(fd, host->limits.peer_dead_ns);

    (void)uv_tcp_init(host->loop, &session->socket);
    srv_subscriber_init(&session->subscriber, host->service, (uv_stream_t *)&session->socket, fd,
                        role->publish, role->commands);
    session->socket.data = session;
    session->arrival_ns = nav_clock_now_ns(&host->clock);
    if (uv_tcp_open(&session->socket, fd) != 0) {
        (void)close(fd);
        session->closing = true;
        uv_close((uv_handle_t *)&session->socket, on_socket_closed);
        return NAV_ERR_IO;
    }
    const int started = uv_read_start((uv_stream_t *)&session->socket, on_buffer_wanted, on_read);
    if (started != 0) {
        session->closing = true;
        uv_close((uv_handle_t *)&session->socket, on_socket_closed);
        return NAV_ERR_IO;
    }
    srv_event_log_write(host->log, session->arrival_ns, NAV_LOG_INFO, LOG_MODULE, "%s connected",
                        session->address_text);
    send_greeting(session);
    *out_session = session;
    return NAV_OK;
}

/* ---- what others may know ---- */

void srv_session_describe(const struct srv_session *session, struct nav_scene_peer *out_peer)
{
    const struct wire_framer_stats *stats = wire_framer_stats(session->framer);
    *out_peer = (struct nav_scene_peer){
        .header_version = session->header_version,
        .slot = session->ingest.id,
        .last_message_ns = session->last_message_ns,
        .messages = stats->messages,
        .bytes = stats->bytes,
        .crc_errors = stats->crc_errors,
        .malformed = stats->malformed,
        .skipped = stats->skipped,
        .refused = session->ingest.refused,
    };
    memcpy(out_peer->address, session->address_text, sizeof(out_peer->address));
}

uint32_t srv_session_id(const struct srv_session *session)
{
    return session->ingest.id;
}

const struct srv_ingest_peer *srv_session_ingest(const struct srv_session *session)
{
    return &session->ingest;
}

const struct sockaddr_storage *srv_session_address(const struct srv_session *session)
{
    return &session->address;
}

void *srv_session_origin(const struct srv_session *session)
{
    return session->role.origin;
}

bool srv_session_is_closing(const struct srv_session *session)
{
    return session->closing;
}

const char *srv_session_close_reason(const struct srv_session *session)
{
    return session->close_reason;
}

struct srv_session *srv_session_of(struct srv_ingest_peer *peer)
{
    return (struct srv_session *)((char *)peer - offsetof(struct srv_session, ingest));
}

void srv_session_notice(struct srv_session *session, enum srv_ingest_event event,
                        const char *device)
{
    struct srv_event_log *log = session->host->log;
    const int64_t now_ns = session->arrival_ns;
    switch (event) {
    case SRV_INGEST_DEVICE_OWNED:
        srv_event_log_write(log, now_ns, NAV_LOG_INFO, LOG_MODULE, "%s sends %s",
                            session->address_text, device);
        break;
    case SRV_INGEST_DEVICE_TAKEN:
        srv_event_log_write(log, now_ns, NAV_LOG_WARNING, LOG_MODULE,
                            "%s also sends %s, which another peer owns: refused",
                            session->address_text, device);
        send_refusal(session, device);
        break;
    case SRV_INGEST_DEVICE_UNKNOWN:
        srv_event_log_write(log, now_ns, NAV_LOG_INFO, LOG_MODULE,
                            "%s sends %s, which is not in the case: not used",
                            session->address_text, device);
        break;
    }
}
