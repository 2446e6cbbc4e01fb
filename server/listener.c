#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "address.h"

#define LOG_MODULE "listener"

enum { LISTENER_BACKLOG = 1024, LISTENER_BATCH = 64, LISTENER_HANDLES = 2 };

struct srv_listener {
    uv_poll_t poll;
    uv_timer_t pause;
    struct srv_listener_config config;
    int fd;
    int open_handles;
    char address_text[NAV_NAME_SIZE];
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
    struct srv_listener *listener = timer->data;
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

static void pause_accepting(struct srv_listener *listener, const char *why)
{
    const int64_t now_ns = nav_clock_now_ns(&listener->config.clock);
    srv_event_log_write(listener->config.log, now_ns, NAV_LOG_WARNING, LOG_MODULE,
                        "%s: accepting pauses: %s", listener->address_text, why);
    (void)uv_poll_stop(&listener->poll);
    (void)uv_timer_start(&listener->pause, on_pause_over,
                         (uint64_t)(listener->config.pause_ns / NAV_NS_PER_MS), 0);
}

/* Whether the next descriptor would be one of the reserved: the system always gives the lowest free
 * number. 0: there is room; else the errno of the shortage. */
static int descriptor_shortage(int fd)
{
    struct rlimit limit;
    const int next = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (next < 0) {
        return errno;
    }
    (void)close(next);
    const bool reserved = getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
                          limit.rlim_cur != RLIM_INFINITY &&
                          (rlim_t)next + SRV_RESERVED_DESCRIPTORS >= limit.rlim_cur;
    return reserved ? EMFILE : 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an error on the socket shows in accept4 */
    (void)events;
    struct srv_listener *listener = poll->data;
    for (int i = 0; i < LISTENER_BATCH; ++i) {
        const int shortage = descriptor_shortage(listener->fd);
        if (shortage != 0) {
            pause_accepting(listener, strerror(shortage));
            return;
        }
        struct sockaddr_storage address;
        socklen_t length = sizeof(address);
        memset(&address, 0, sizeof(address));
        const int fd = accept4(listener->fd, (struct sockaddr *)&address, &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->config.on_connection(listener->config.context, fd, &address);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pause_accepting(listener, strerror(errno));
            return;
        }
        /* Anything else concerns that one connection, which is gone (aborted, network error). */
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct srv_listener *listener = handle->data;
    if (--listener->open_handles == 0) {
        if (listener->fd >= 0) {
            (void)close(listener->fd);
        }
        free(listener);
    }
}

/* Binds `fd`'s successor; returns the descriptor, or -1 with errno set. */
static int bind_and_listen(const struct addrinfo *where)
{
    const int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (where->ai_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(fd, where->ai_addr, where->ai_addrlen) != 0 || listen(fd, LISTENER_BACKLOG) != 0) {
        const int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static enum nav_status open_socket(const char *address, uint16_t port, int *out_fd, char *out_error,
                                   size_t error_size)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", port);
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    const int resolved = getaddrinfo(address, service, &hints, &found);
    if (resolved != 0) {
        (void)snprintf(out_error, error_size, "%s", gai_strerror(resolved));
        return NAV_ERR_ARGUMENT;
    }
    const int fd = bind_and_listen(found);
    const int why = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        (void)snprintf(out_error, error_size, "%s", strerror(why));
        return why == EADDRINUSE ? NAV_ERR_BUSY : NAV_ERR_IO;
    }
    *out_fd = fd;
    return NAV_OK;
}

enum nav_status srv_listener_create(const struct srv_listener_config *config,
                                    struct srv_listener **out_listener, char *out_error,
                                    size_t error_size)
{
    struct srv_listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        (void)snprintf(out_error, error_size, "%s", nav_status_text(NAV_ERR_MEMORY));
        return NAV_ERR_MEMORY;
    }
    listener->config = *config;
    const enum nav_status status =
        open_socket(config->address, config->port, &listener->fd, out_error, error_size);
    if (status != NAV_OK) {
        free(listener);
        return status;
    }
    struct sockaddr_storage bound;
    socklen_t length = sizeof(bound);
    memset(&bound, 0, sizeof(bound));
    (void)getsockname(listener->fd, (struct sockaddr *)&bound, &length);
    srv_address_text(&bound, listener->address_text, sizeof(listener->address_text));

    const int polled = uv_poll_init(config->loop, &listener->poll, listener->fd);
    if (polled != 0) {
        (void)snprintf(out_error, error_size, "%s", uv_strerror(polled));
        (void)close(listener->fd);
        free(listener);
        return NAV_ERR_IO;
    }
    (void)uv_timer_init(config->loop, &listener->pause);
    listener->poll.data = listener;
    listener->pause.data = listener;
    listener->open_handles = LISTENER_HANDLES;
    const int started = uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    if (started != 0) {
        (void)snprintf(out_error, error_size, "%s", uv_strerror(started));
        srv_listener_destroy(listener);
        return NAV_ERR_IO;
    }
    *out_listener = listener;
    return NAV_OK;
}

void srv_listener_destroy(struct srv_listener *listener)
{
    if (listener == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
}

const char *srv_listener_address(const struct srv_listener *listener)
{
    return listener->address_text;
}
