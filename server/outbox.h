/* What may wait on its way to one peer: almost nothing.
 *
 * Messages go straight to the socket. Nothing is sent while earlier bytes have not left the
 * kernel's queue, so that a peer that does not read is never owed old poses. To ask the kernel
 * costs a good part of a write; a queue that was empty is therefore believed to be for
 * SRV_OUTBOX_LOOK_MS and SRV_OUTBOX_LOOK_BYTES: no more than this can wait for a peer that stops
 * reading. Of a message that the socket took in part the rest is kept here and goes next. Large
 * documents are sent piece by piece from where they lie. The unsent bytes of a peer, the kernel's
 * included, stay below SRV_UNSENT_MAX. A peer that takes nothing for the stall time is to be
 * closed. No allocation. Thread: loop. */
#ifndef SRV_OUTBOX_H
#define SRV_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

enum {
    SRV_UNSENT_MAX = 64 * 1024,
    SRV_OUTBOX_REST_MAX = 8 * 1024, /* no message but a document is longer */
    SRV_OUTBOX_PIECE = 32 * 1024,
    SRV_OUTBOX_LOOK_MS = 10,
    SRV_OUTBOX_LOOK_BYTES = 2 * 1024
};

struct srv_outbox {
    uv_stream_t *stream;
    uv_write_t request;
    bool writing; /* libuv holds a piece of `rest` or `document` */
    size_t rest_size;
    const uint8_t *document; /* what is still to send of it */
    size_t document_left;
    uint64_t looked_ms;     /* of the loop's clock, when the queue was last seen empty */
    size_t unlooked;        /* bytes sent since then */
    int64_t stuck_since_ns; /* unsent bytes have not become fewer since; 0 = there are none */
    int64_t unsent_then;
    uint8_t rest[SRV_OUTBOX_REST_MAX];
};

/* Bounds the kernel's queue of the socket `fd`. */
void srv_outbox_init(struct srv_outbox *outbox, uv_stream_t *stream, int fd);

/* Whether everything given before has left for the peer. */
bool srv_outbox_is_clear(const struct srv_outbox *outbox);

/* Sends whole messages, one after the other in `bytes`. True: all are on their way. False: not, or
 * not all, because the peer does not take them; a message is sent whole or not at all. */
bool srv_outbox_send(struct srv_outbox *outbox, const uint8_t *bytes, size_t size);

/* Sends one message of any length from memory that outlives the connection. False: not now. */
bool srv_outbox_send_document(struct srv_outbox *outbox, const uint8_t *bytes, size_t size);

/* Looks at the progress; call it about every tick. True: nothing has left for `stall_ns`. */
bool srv_outbox_is_stalled(struct srv_outbox *outbox, int64_t now_ns, int64_t stall_ns);

#endif
