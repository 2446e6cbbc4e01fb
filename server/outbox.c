#include "outbox.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "wire_cursor.h"
#include "wire_message.h"

enum { AT_BODY_SIZE = 42 };

void srv_outbox_init(struct srv_outbox *outbox, uv_stream_t *stream, int fd)
{
    outbox->stream = stream;
    outbox->request.data = outbox;
    outbox->unlooked = SRV_OUTBOX_LOOK_BYTES;
    /* The kernel doubles it for its own bookkeeping. */
    const int size = SRV_UNSENT_MAX / 2;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* Bytes in the kernel that the peer has not acknowledged (SIOCOUTQ) or that have not even been sent
 * (SIOCOUTQNSD). */
static int64_t queued(const struct srv_outbox *outbox, unsigned long which)
{
    uv_os_fd_t fd = -1;
    int bytes = 0;
    if (uv_fileno((const uv_handle_t *)outbox->stream, &fd) != 0 || ioctl(fd, which, &bytes) != 0) {
        return 0;
    }
    return bytes;
}

bool srv_outbox_is_clear(const struct srv_outbox *outbox)
{
    return !outbox->writing && queued(outbox, SIOCOUTQNSD) == 0;
}

/* Whether `size` bytes may follow: the queue is empty, or was a moment ago. */
static bool has_room(struct srv_outbox *outbox, size_t size)
{
    const uint64_t now_ms = uv_now(outbox->stream->loop);
    if (!outbox->writing && outbox->unlooked + size <= SRV_OUTBOX_LOOK_BYTES &&
        now_ms - outbox->looked_ms < SRV_OUTBOX_LOOK_MS) {
        return true;
    }
    const size_t more = size > SRV_OUTBOX_LOOK_BYTES ? size : SRV_OUTBOX_LOOK_BYTES;
    if (!srv_outbox_is_clear(outbox) || queued(outbox, SIOCOUTQ) + (int64_t)more > SRV_UNSENT_MAX) {
        outbox->unlooked = SRV_OUTBOX_LOOK_BYTES; /* look again next time */
        return false;
    }
    outbox->looked_ms = now_ms;
    outbox->unlooked = 0;
    return true;
}

static void write_on(struct srv_outbox *outbox);

static void on_written(uv_write_t *request, int status)
{
    struct srv_outbox *outbox = request->data;
    outbox->writing = false;
    outbox->rest_size = 0;
    if (status == 0) {
        write_on(outbox);
    } else {
        outbox->document_left = 0; /* the reading side sees the end of the connection */
    }
}

/* Gives libuv the next piece, if there is one. */
static void write_on(struct srv_outbox *outbox)
{
    uv_buf_t piece = uv_buf_init((char *)outbox->rest, (unsigned)outbox->rest_size);
    if (outbox->rest_size == 0) {
        const size_t size =
            outbox->document_left < SRV_OUTBOX_PIECE ? outbox->document_left : SRV_OUTBOX_PIECE;
        piece = uv_buf_init((char *)(uintptr_t)outbox->document, (unsigned)size);
        outbox->document = size > 0 ? outbox->document + size : NULL;
        outbox->document_left -= size;
    }
    if (piece.len > 0 && uv_write(&outbox->request, outbox->stream, &piece, 1, on_written) == 0) {
        outbox->writing = true;
        outbox->unlooked = SRV_OUTBOX_LOOK_BYTES;
    }
}

/* Bytes of the message that the first `sent` bytes end in: what still has to follow them. */
static size_t rest_of_message(const uint8_t *bytes, size_t size, size_t sent)
{
    size_t at = 0;
    while (at < sent && size - at >= WIRE_HEADER_SIZE) {
        at += WIRE_HEADER_SIZE + (size_t)wire_load_u64(bytes + at + AT_BODY_SIZE);
    }
    return at - sent;
}

bool srv_outbox_send(struct srv_outbox *outbox, const uint8_t *bytes, size_t size)
{
    if (!has_room(outbox, size)) {
        return false;
    }
    outbox->unlooked += size;
    const uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    const int sent = uv_try_write(outbox->stream, &buffer, 1);
    if (sent < 0) {
        outbox->unlooked = SRV_OUTBOX_LOOK_BYTES;
        return false;
    }
    if ((size_t)sent < size) {
        outbox->rest_size = rest_of_message(bytes, size, (size_t)sent);
        memcpy(outbox->rest, bytes + sent, outbox->rest_size);
        write_on(outbox);
    }
    return (size_t)sent == size;
}

bool srv_outbox_send_document(struct srv_outbox *outbox, const uint8_t *bytes, size_t size)
{
    if (!srv_outbox_is_clear(outbox)) {
        return false;
    }
    outbox->document = bytes;
    outbox->document_left = size;
    write_on(outbox);
    return true;
}

bool srv_outbox_is_stalled(struct srv_outbox *outbox, int64_t now_ns, int64_t stall_ns)
{
    if (srv_outbox_is_clear(outbox)) {
        outbox->stuck_since_ns = 0;
        return false;
    }
    const int64_t unsent = queued(outbox, SIOCOUTQ) + (int64_t)outbox->document_left;
    if (outbox->stuck_since_ns == 0 || unsent < outbox->unsent_then) {
        outbox->stuck_since_ns = now_ns;
    }
    outbox->unsent_then = unsent;
    return now_ns - outbox->stuck_since_ns > stall_ns;
}
