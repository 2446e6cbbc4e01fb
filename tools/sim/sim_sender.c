#include "sim_sender.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nav/time.h"

static const int64_t connect_timeout_ns = 5 * NAV_NS_PER_S;
static const int64_t retry_ns = NAV_NS_PER_S / 4;
static const int64_t farewell_ns = NAV_NS_PER_S / 2; /* for the peer to read the last bytes */
static const int64_t no_deadline = INT64_MAX;

enum { DRAIN_SIZE = 16384 };

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct sender {
    const struct sim_sender_config *config;
    struct sim_sender_stats *stats;
    struct nav_clock clock;
    struct addrinfo *addresses;
    const struct addrinfo *address; /* tried next */

    enum link_state state;
    int fd;
    int64_t deadline_ns; /* DOWN: next attempt; CONNECTING: giving up */
    int last_error;      /* errno of the last failed attempt, 0 = closed by the peer */

    bool leaving; /* the peer's end is expected */
    bool started;
    int64_t start_ns;
    int64_t start_utc_ns;
    int64_t first_offset_ns;

    size_t pending_size; /* of `bytes`, not yet taken by the kernel */
    size_t pending_at;
    uint8_t bytes[SIM_PACK_SIZE];
    struct sim_frame frame; /* too large for the stack */
};

static int64_t now_ns(const struct sender *sender)
{
    return nav_clock_now_ns(&sender->clock);
}

static void tell(const struct sender *sender, const char *text)
{
    if (sender->config->on_event != NULL) {
        sender->config->on_event(sender->config->context, text);
    }
}

static void link_close(struct sender *sender, int error)
{
    if (sender->fd >= 0) {
        (void)close(sender->fd);
        sender->fd = -1;
    }
    if (sender->state == LINK_UP && !sender->leaving) {
        tell(sender, "connection lost");
    }
    sender->state = LINK_DOWN;
    sender->last_error = error;
    sender->pending_size = 0;
    sender->deadline_ns = now_ns(sender) + retry_ns;
}

static void link_up(struct sender *sender)
{
    sender->state = LINK_UP;
    sender->deadline_ns = no_deadline;
    ++sender->stats->connections;
    tell(sender, "connected");
}

static void link_connect(struct sender *sender)
{
    const struct addrinfo *address = sender->address;
    sender->address = address->ai_next != NULL ? address->ai_next : sender->addresses;
    sender->fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                        address->ai_protocol);
    if (sender->fd < 0) {
        link_close(sender, errno);
        return;
    }
    const int on = 1;
    (void)setsockopt(sender->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(sender->fd, address->ai_addr, address->ai_addrlen) == 0) {
        link_up(sender);
    } else if (errno == EINPROGRESS) {
        sender->state = LINK_CONNECTING;
        sender->deadline_ns = now_ns(sender) + connect_timeout_ns;
    } else {
        link_close(sender, errno);
    }
}

static void link_finish_connect(struct sender *sender)
{
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(sender->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        link_close(sender, error);
    } else {
        link_up(sender);
    }
}

/* Reads and drops what the peer says; notices its end. */
static void link_drain(struct sender *sender)
{
    char dropped[DRAIN_SIZE];
    for (;;) {
        const ssize_t n = recv(sender->fd, dropped, sizeof(dropped), 0);
        if (n > 0 || (n < 0 && errno == EINTR)) {
            continue;
        }
        if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
            link_close(sender, n == 0 ? 0 : errno);
        }
        return;
    }
}

static void link_flush(struct sender *sender)
{
    while (sender->pending_size > 0) {
        const ssize_t n = send(sender->fd, sender->bytes + sender->pending_at, sender->pending_size,
                               MSG_NOSIGNAL);
        if (n > 0) {
            sender->pending_at += (size_t)n;
            sender->pending_size -= (size_t)n;
            sender->stats->bytes += (uint64_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else {
            if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
                link_close(sender, errno);
            }
            return;
        }
    }
}

/* Sleeps until the monotonic `until_ns` or until something happens on the link; handles it. */
static void link_wait(struct sender *sender, int64_t until_ns)
{
    const int64_t wake_ns = until_ns < sender->deadline_ns ? until_ns : sender->deadline_ns;
    int64_t left_ns = wake_ns - now_ns(sender);
    if (left_ns < 0) {
        left_ns = 0;
    }
    const struct timespec timeout = {.tv_sec = (time_t)(left_ns / NAV_NS_PER_S),
                                     .tv_nsec = (long)(left_ns % NAV_NS_PER_S)};
    struct pollfd item = {.fd = sender->fd, .events = POLLIN};
    if (sender->state == LINK_CONNECTING) {
        item.events = POLLOUT;
    } else if (sender->pending_size > 0) {
        item.events |= POLLOUT;
    }
    const int ready = ppoll(&item, sender->fd >= 0 ? 1 : 0, &timeout, sender->config->signal_mask);
    if (ready > 0) {
        if (sender->state == LINK_CONNECTING) {
            link_finish_connect(sender);
            return;
        }
        if ((item.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            link_drain(sender);
        }
        if (sender->state == LINK_UP && (item.revents & POLLOUT) != 0) {
            link_flush(sender);
        }
    } else if (now_ns(sender) >= sender->deadline_ns) {
        if (sender->state == LINK_DOWN) {
            link_connect(sender);
        } else if (sender->state == LINK_CONNECTING) {
            link_close(sender, ETIMEDOUT);
        }
    }
}

static bool is_stopped(const struct sender *sender)
{
    return sender->config->stop != NULL && *sender->config->stop != 0;
}

static enum nav_status link_failure(const struct sender *sender, char *out_why, size_t why_size)
{
    (void)snprintf(
        out_why, why_size, "%.64s:%.16s: %s%s", sender->config->host, sender->config->port,
        sender->last_error != 0 ? strerror(sender->last_error) : "the peer closed the connection",
        sender->last_error == ECONNREFUSED
            ? "; nobody listens there: start the receiver, or wait for it with --retry"
            : "");
    return NAV_ERR_IO;
}

/* First connection: every address once, or for ever with `retry`. */
static enum nav_status connect_first(struct sender *sender, char *out_why, size_t why_size)
{
    size_t attempts_left = 0;
    for (const struct addrinfo *a = sender->addresses; a != NULL; a = a->ai_next) {
        ++attempts_left;
    }
    while (sender->state != LINK_UP && !is_stopped(sender)) {
        if (sender->state == LINK_DOWN && (!sender->config->retry || attempts_left > 0)) {
            if (attempts_left == 0) {
                return link_failure(sender, out_why, why_size);
            }
            --attempts_left;
            link_connect(sender);
        } else {
            link_wait(sender, no_deadline);
        }
    }
    return NAV_OK;
}

static int64_t scaled(const struct sender *sender, int64_t offset_ns)
{
    const double speed = sender->config->speed > 0 ? sender->config->speed : 1.0;
    const int64_t since_ns = offset_ns - sender->first_offset_ns;
    return speed == 1.0 ? since_ns : llround((double)since_ns / speed);
}

static void start(struct sender *sender, const struct sim_frame *frame)
{
    sender->started = true;
    sender->first_offset_ns = frame->offset_ns;
    sender->start_ns = now_ns(sender);
    sender->start_utc_ns = nav_utc_now_ns();
}

/* Waits until the frame is due; unpaced, until the last one has been taken. */
static void wait_until_due(struct sender *sender, int64_t due_ns)
{
    while (!is_stopped(sender)) {
        if (sender->config->speed > 0) {
            if (now_ns(sender) >= due_ns) {
                return;
            }
            link_wait(sender, due_ns);
        } else {
            if (sender->pending_size == 0) {
                return;
            }
            link_wait(sender, no_deadline);
        }
        if (sender->state == LINK_DOWN && !sender->config->retry) {
            return;
        }
    }
}

static enum nav_status send_frame(struct sender *sender, const struct sim_frame *frame,
                                  int64_t due_ns, int64_t stamp_ns)
{
    struct sim_sender_stats *stats = sender->stats;
    if (sender->state != LINK_UP || sender->pending_size > 0) {
        ++stats->frames_dropped;
        return NAV_OK;
    }
    size_t size = 0;
    const enum nav_status status = sim_pack_frame(&sender->config->pack, frame, stamp_ns,
                                                  sender->bytes, &stats->packed, &size);
    if (status != NAV_OK) {
        return status;
    }
    sender->pending_at = 0;
    sender->pending_size = size;
    link_flush(sender);
    ++stats->frames;
    const int64_t sent_ns = now_ns(sender);
    stats->elapsed_ns = sent_ns - sender->start_ns;
    if (sender->config->speed > 0) {
        const int64_t late_ns = sent_ns - due_ns;
        stats->late_sum_ns += late_ns;
        stats->late_max_ns = late_ns > stats->late_max_ns ? late_ns : stats->late_max_ns;
    }
    return NAV_OK;
}

static enum nav_status play(struct sender *sender, const struct sim_source *source, char *out_why,
                            size_t why_size)
{
    struct sim_frame *frame = &sender->frame;
    const struct sim_sender_config *config = sender->config;
    for (uint64_t count = 0; config->frames_max == 0 || count < config->frames_max; ++count) {
        if (source->next(source->context, frame) == NAV_END) {
            break;
        }
        if (!sender->started) {
            start(sender, frame);
        }
        const int64_t since_ns = scaled(sender, frame->offset_ns);
        if (config->duration_ns > 0 && since_ns >= config->duration_ns) {
            break;
        }
        wait_until_due(sender, sender->start_ns + since_ns);
        if (is_stopped(sender)) {
            break;
        }
        if (sender->state != LINK_UP && !config->retry) {
            return link_failure(sender, out_why, why_size);
        }
        const int64_t stamp_ns = sender->start_utc_ns + since_ns + frame->stamp_error_ns;
        if (config->on_frame != NULL) {
            config->on_frame(config->context, frame, stamp_ns);
        }
        const enum nav_status status =
            send_frame(sender, frame, sender->start_ns + since_ns, stamp_ns);
        if (status != NAV_OK) {
            (void)snprintf(out_why, why_size, "cannot pack a frame: %s", nav_status_text(status));
            return status;
        }
    }
    return NAV_OK;
}

/* Lets the peer read the rest: closing with unread input would reset the connection and could
 * take the last frames with it. */
static void farewell(struct sender *sender)
{
    const int64_t until_ns = now_ns(sender) + farewell_ns;
    bool shut = false;
    sender->leaving = true;
    while (sender->state == LINK_UP && now_ns(sender) < until_ns && !is_stopped(sender)) {
        if (!shut && sender->pending_size == 0) {
            (void)shutdown(sender->fd, SHUT_WR);
            shut = true;
        }
        link_wait(sender, until_ns);
    }
}

enum nav_status sim_sender_run(const struct sim_sender_config *config,
                               const struct sim_source *source, struct sim_sender_stats *stats,
                               char *out_why, size_t why_size)
{
    *stats = (struct sim_sender_stats){0};
    struct sender *sender = calloc(1, sizeof(*sender));
    if (sender == NULL) {
        (void)snprintf(out_why, why_size, "out of memory");
        return NAV_ERR_MEMORY;
    }
    sender->config = config;
    sender->stats = stats;
    sender->clock = nav_clock_monotonic();
    sender->fd = -1;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const int lookup = getaddrinfo(config->host, config->port, &hints, &sender->addresses);
    if (lookup != 0) {
        (void)snprintf(out_why, why_size, "%.64s:%.16s: %s", config->host, config->port,
                       gai_strerror(lookup));
        free(sender);
        return NAV_ERR_NOT_FOUND;
    }
    sender->address = sender->addresses;
    enum nav_status status = connect_first(sender, out_why, why_size);
    if (status == NAV_OK && !is_stopped(sender)) {
        status = play(sender, source, out_why, why_size);
        if (status == NAV_OK) {
            farewell(sender);
        }
    }
    if (sender->fd >= 0) {
        (void)close(sender->fd);
    }
    freeaddrinfo(sender->addresses);
    free(sender);
    return status;
}
