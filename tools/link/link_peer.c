#include "link_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "nav/time.h"

enum { READ_SIZE = 1 << 18, HOST_SIZE = 256, PORT_SIZE = 8, BACKLOG = 16 };

struct link_peer {
    int fd;
    char address[LINK_ADDRESS_SIZE];
    const struct link_handler *handler;
    struct wire_framer *framer;
    struct link_arrival arrival;
    uint64_t message_offset; /* of the next message */
    uint8_t bytes[READ_SIZE];
};

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)kind;
    (void)type;
    const struct link_peer *peer = context;
    return peer->handler->body_max;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct link_peer *peer = context;
    peer->arrival.offset = peer->message_offset;
    peer->message_offset += message->raw_size;
    peer->handler->on_message(peer->handler->context, &peer->arrival, message);
    return NAV_OK;
}

static void on_rejected(void *context, enum nav_status why, const uint8_t *raw, size_t size)
{
    struct link_peer *peer = context;
    peer->arrival.offset = peer->message_offset;
    peer->message_offset += size;
    peer->handler->on_rejected(peer->handler->context, &peer->arrival, why, raw, size);
}

enum nav_status link_peer_create(int fd, const char *address, const struct link_handler *handler,
                                 struct link_peer **out_peer)
{
    struct link_peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL) {
        (void)close(fd);
        return NAV_ERR_MEMORY;
    }
    peer->fd = fd;
    (void)snprintf(peer->address, sizeof(peer->address), "%s", address);
    peer->handler = handler;
    peer->arrival.peer = peer->address;
    const struct wire_framer_config config = {.body_cap = body_cap,
                                              .on_message = on_message,
                                              .on_rejected = on_rejected,
                                              .context = peer};
    const enum nav_status status = wire_framer_create(&config, &peer->framer);
    if (status != NAV_OK) {
        link_peer_destroy(peer);
        return status;
    }
    *out_peer = peer;
    return NAV_OK;
}

void link_peer_destroy(struct link_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    wire_framer_destroy(peer->framer);
    (void)close(peer->fd);
    free(peer);
}

int link_peer_fd(const struct link_peer *peer)
{
    return peer->fd;
}

const char *link_peer_address(const struct link_peer *peer)
{
    return peer->address;
}

const struct wire_framer_stats *link_peer_stats(const struct link_peer *peer)
{
    return wire_framer_stats(peer->framer);
}

enum nav_status link_peer_read(struct link_peer *peer)
{
    const ssize_t count = read(peer->fd, peer->bytes, sizeof(peer->bytes));
    if (count < 0) {
        return errno == EINTR || errno == EAGAIN ? NAV_OK : NAV_ERR_IO;
    }
    if (count == 0) {
        return wire_framer_at_boundary(peer->framer) != 0 ? NAV_END : NAV_ERR_LENGTH;
    }
    const struct nav_clock clock = nav_clock_monotonic();
    peer->arrival.utc_ns = nav_utc_now_ns();
    peer->arrival.monotonic_ns = nav_clock_now_ns(&clock);
    return wire_framer_feed(peer->framer, peer->bytes, (size_t)count);
}

enum nav_status link_peer_write(const struct link_peer *peer, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t count = send(peer->fd, at, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return NAV_ERR_IO;
        }
        at += count;
        size -= (size_t)count;
    }
    return NAV_OK;
}

static struct addrinfo *look_up(const char *text, int flags, char *why, size_t why_size)
{
    char host[HOST_SIZE];
    char port[PORT_SIZE];
    uint16_t number = 0;
    if (srv_address_split(text, LINK_DEFAULT_PORT, host, sizeof(host), &number) != NAV_OK) {
        (void)snprintf(why, why_size, "'%.100s' is not of the form HOST:PORT", text);
        return NULL;
    }
    (void)snprintf(port, sizeof(port), "%u", (unsigned)number);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;
    const int code = getaddrinfo(host, port, &hints, &list);
    if (code != 0) {
        (void)snprintf(why, why_size, "%.100s: %s", text, gai_strerror(code));
        return NULL;
    }
    return list;
}

/* Waits for a connection that is being made. Gives 0 or an errno. */
static int finish_connect(int fd, int timeout_ms)
{
    struct pollfd item = {.fd = fd, .events = POLLOUT};
    if (poll(&item, 1, timeout_ms) <= 0) {
        return ETIMEDOUT;
    }
    int error = 0;
    socklen_t size = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int connect_one(const struct addrinfo *address, int timeout_ms, int *out_error)
{
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        *out_error = errno;
        return -1;
    }
    int error = 0;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        error = errno == EINPROGRESS ? finish_connect(fd, timeout_ms) : errno;
    }
    const int on = 1;
    const int flags = fcntl(fd, F_GETFL);
    if (error != 0 || flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) {
        *out_error = error != 0 ? error : errno;
        (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int link_connect(const char *text, int timeout_ms, char out_address[LINK_ADDRESS_SIZE], char *why,
                 size_t why_size)
{
    struct addrinfo *list = look_up(text, 0, why, why_size);
    int fd = -1;
    int error = 0;
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = connect_one(a, timeout_ms, &error);
        if (fd >= 0) {
            struct sockaddr_storage address = {0};
            memcpy(&address, a->ai_addr, a->ai_addrlen);
            srv_address_text(&address, out_address, LINK_ADDRESS_SIZE);
        }
    }
    if (list != NULL && fd < 0) {
        (void)snprintf(why, why_size, "%.100s: %s", text, strerror(error));
    }
    if (list != NULL) {
        freeaddrinfo(list);
    }
    return fd;
}

int link_listen_at(const char *text, char out_address[LINK_ADDRESS_SIZE], char *why,
                   size_t why_size)
{
    struct addrinfo *list = look_up(text, AI_PASSIVE, why, why_size);
    if (list == NULL) {
        return -1;
    }
    const int on = 1;
    const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        (void)snprintf(why, why_size, "cannot listen at %.100s: %s", text, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        freeaddrinfo(list);
        return -1;
    }
    freeaddrinfo(list);
    srv_address_text(&bound, out_address, LINK_ADDRESS_SIZE);
    return fd;
}
