/* A listening TCP socket that hands on connected sockets and survives every shortage.
 *
 * SO_REUSEADDR, backlog 1024, at most LISTENER_BATCH connections a loop iteration. When
 * descriptors or memory run out, or the next connection would take one of the last
 * SRV_RESERVED_DESCRIPTORS, accepting stops for the pause (waiting peers stay in the backlog) and
 * then goes on: no spinning, and always descriptors left for recordings and restarted displays.
 * Thread: loop. */
#ifndef SRV_LISTENER_H
#define SRV_LISTENER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <uv.h>

#include "event_log.h"
#include "nav/limits.h"
#include "nav/status.h"
#include "nav/time.h"

enum { SRV_RESERVED_DESCRIPTORS = 16 };

struct srv_listener_config {
    uv_loop_t *loop;
    struct nav_clock clock;
    struct srv_event_log *log;
    const char *address; /* numeric IPv4 or IPv6, or a name of this machine */
    uint16_t port;       /* 0 = any free one */
    int64_t pause_ns;
    /* Owns `fd` from now on; non-blocking, close-on-exec. */
    void (*on_connection)(void *context, int fd, const struct sockaddr_storage *address);
    void *context;
};

struct srv_listener;

/* Binds and listens. On failure `out_error` (one line, without the address) tells why.
 * NAV_ERR_ARGUMENT: not an address; NAV_ERR_BUSY: address in use; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_listener_create(const struct srv_listener_config *config,
                                                 struct srv_listener **out_listener,
                                                 char *out_error, size_t error_size);

/* Stops listening; memory is freed when the loop has closed the handles. NULL is legal. */
void srv_listener_destroy(struct srv_listener *listener);

/* The real address, "127.0.0.1:18944": the port is known even when 0 was asked for. */
const char *srv_listener_address(const struct srv_listener *listener);

#endif
