#include "link_hello.h"

#include "nav/time.h"
#include "wire_header.h"
#include "wire_pack.h"
#include "wire_status.h"
#include "wire_stream.h"

enum { MESSAGE_MAX = 512 };

static enum nav_status finish(const struct link_peer *peer, const struct wire_pack *pack,
                              const struct wire_writer *writer)
{
    const enum nav_status status = wire_pack_end(pack, NULL, 0);
    return status == NAV_OK ? link_peer_write(peer, writer->bytes, writer->size) : status;
}

enum nav_status link_send_hello(const struct link_peer *peer)
{
    uint8_t bytes[MESSAGE_MAX];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack_head head = {.version = WIRE_VERSION_EXTENDED,
                                        .kind = WIRE_KIND_STATUS,
                                        .device = "osteonav",
                                        .utc_ns = nav_utc_now_ns()};
    const struct wire_status status = {
        .code = WIRE_STATUS_OK, .error_name = "", .message = "", .message_size = 1};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    wire_status_encode(&writer, &status);
    return finish(peer, &pack, &writer);
}

enum nav_status link_send_request(const struct link_peer *peer, enum wire_kind kind,
                                  uint16_t version)
{
    uint8_t bytes[MESSAGE_MAX];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack_head head = {
        .version = version, .kind = kind, .device = "", .utc_ns = nav_utc_now_ns()};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    return finish(peer, &pack, &writer);
}

enum nav_status link_send_stream_start(const struct link_peer *peer, uint32_t resolution_ms,
                                       uint16_t version)
{
    uint8_t bytes[MESSAGE_MAX];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack_head head = {
        .version = version, .kind = WIRE_KIND_STT_TDATA, .device = "", .utc_ns = nav_utc_now_ns()};
    const struct wire_stream_start start = {.resolution_ms = resolution_ms};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    wire_stream_start_encode(&writer, &start);
    return finish(peer, &pack, &writer);
}
