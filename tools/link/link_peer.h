/* One connection of the diagnostic tool, or a file read as one: bytes to messages, with the time of
 * their arrival. Thread: one. */
#ifndef LINK_PEER_H
#define LINK_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_framer.h"
#include "wire_message.h"

enum { LINK_ADDRESS_SIZE = 64, LINK_DEFAULT_PORT = 18944 };

struct link_arrival {
    int64_t utc_ns;       /* wall clock when the bytes were read */
    int64_t monotonic_ns; /* the same instant */
    const char *peer;     /* address or file name */
    uint64_t offset;      /* bytes of the stream before the message */
};

struct link_handler {
    void (*on_message)(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message);
    void (*on_rejected)(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size);
    void *context;
    uint64_t body_max; /* larger ones end the stream */
};

struct link_peer;

/* Takes over `fd`. The handler must outlive the peer. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status link_peer_create(int fd, const char *address,
                                              const struct link_handler *handler,
                                              struct link_peer **out_peer);
void link_peer_destroy(struct link_peer *peer); /* closes; NULL is legal */

int link_peer_fd(const struct link_peer *peer);
const char *link_peer_address(const struct link_peer *peer);
const struct wire_framer_stats *link_peer_stats(const struct link_peer *peer);

/* Reads once and hands on what is whole. NAV_OK; NAV_END: the other side has closed;
 * NAV_ERR_LENGTH: it closed inside a message; NAV_ERR_IO; the framer's final errors. */
NAV_MUST_USE enum nav_status link_peer_read(struct link_peer *peer);

/* Writes all bytes, blocking. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status link_peer_write(const struct link_peer *peer, const void *bytes,
                                             size_t size);

/* Connects to "HOST[:PORT]" within `timeout_ms`, or listens there ("HOST:0" = any free port). The
 * descriptor, or -1 with a line for people in `why`. `out_address` gets the numeric address. */
int link_connect(const char *text, int timeout_ms, char out_address[LINK_ADDRESS_SIZE], char *why,
                 size_t why_size);
int link_listen_at(const char *text, char out_address[LINK_ADDRESS_SIZE], char *why,
                   size_t why_size);

#endif
