#include "pose_relay.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "link_peer.h"
#include "nav/time.h"
#include "sim_relay.h"

enum { EVENT_SIZE = 160, BACK_SIZE = 65536, WAIT_MS = 100, CONNECT_MS = 3000, RETRY_MS = 250 };

static const char listen_prefix[] = "listen:";
static const uint64_t body_max = UINT64_C(64) << 20;
static const time_t write_max_s = 2; /* a core that reads nothing for so long is gone */

struct relay {
    const struct pose_relay_config *config;
    struct pose_relay_count *count;
    struct sim_relay *faults;
    struct sim_relay_count told; /* what `on_event` has heard */
    int listener;                /* -1: the tracker is a server */
    struct link_handler handler;
    struct link_peer *tracker;
    int core;
    bool core_is_gone;
    char *why;
    size_t why_size;
};

static bool is_stopped(const struct relay *relay)
{
    return relay->config->is_stopped(relay->config->context);
}

static void tell(const struct relay *relay, const char *text)
{
    if (relay->config->on_event != NULL) {
        relay->config->on_event(relay->config->context, text);
    }
}

/* Says which faults have begun and ended. */
static void tell_faults(struct relay *relay)
{
    static const char *const on[] = {[SIM_ON_TOOL] = "tool", [SIM_ON_REFERENCE] = "reference"};
    const struct sim_relay_count now = sim_relay_count(relay->faults);
    for (size_t i = 0; i < SIM_FAULT_DEVICES; ++i) {
        if (now.fault[i] != relay->told.fault[i]) {
            char text[EVENT_SIZE];
            const ptrdiff_t kind = now.fault[i] >= 0 ? now.fault[i] : relay->told.fault[i];
            (void)snprintf(text, sizeof(text), "%.1f s: %s on the %s %s", now.at_s,
                           sim_fault_name((enum sim_fault_kind)kind), on[i],
                           now.fault[i] >= 0 ? "begins" : "is over");
            tell(relay, text);
        }
    }
    relay->told = now;
}

static void send_to_core(struct relay *relay, const uint8_t *bytes, size_t size)
{
    while (size > 0 && !relay->core_is_gone) {
        const ssize_t sent = send(relay->core, bytes, size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        } else if (errno != EINTR) {
            relay->core_is_gone = true;
        }
    }
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    struct relay *relay = context;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    sim_relay_take(relay->faults, message, arrival->monotonic_ns, &bytes, &size);
    send_to_core(relay, bytes, size);
    tell_faults(relay);
}

/* Not ours to judge: the core gets what the tracker sent. */
static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    (void)arrival;
    if (why == NAV_ERR_CHECKSUM || why == NAV_ERR_LENGTH || why == NAV_ERR_ENCODING) {
        send_to_core(context, raw, size);
    }
}

static int accept_tracker(struct relay *relay)
{
    struct pollfd item = {.fd = relay->listener, .events = POLLIN};
    while (!is_stopped(relay)) {
        if (poll(&item, 1, WAIT_MS) > 0) {
            return accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
        }
    }
    return -1;
}

static enum nav_status open_sides(struct relay *relay)
{
    static const struct timeval limit = {.tv_sec = write_max_s};
    char address[LINK_ADDRESS_SIZE] = "tracker";
    const int tracker = relay->listener >= 0 ? accept_tracker(relay)
                                             : link_connect(relay->config->from, CONNECT_MS,
                                                            address, relay->why, relay->why_size);
    if (tracker < 0) {
        return NAV_ERR_IO;
    }
    (void)setsockopt(tracker, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    const enum nav_status status =
        link_peer_create(tracker, address, &relay->handler, &relay->tracker);
    if (status != NAV_OK) {
        return status;
    }
    relay->core = link_connect(relay->config->to, CONNECT_MS, address, relay->why, relay->why_size);
    if (relay->core < 0) {
        return NAV_ERR_IO;
    }
    (void)setsockopt(relay->core, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    relay->core_is_gone = false;
    ++relay->count->connections;
    tell(relay, "connected");
    return NAV_OK;
}

static void close_sides(struct relay *relay)
{
    link_peer_destroy(relay->tracker);
    relay->tracker = NULL;
    if (relay->core >= 0) {
        (void)close(relay->core);
        relay->core = -1;
    }
}

/* What the core says, to the tracker. */
static void pass_back(struct relay *relay)
{
    uint8_t bytes[BACK_SIZE];
    const ssize_t got = recv(relay->core, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0) {
        if (link_peer_write(relay->tracker, bytes, (size_t)got) != NAV_OK) {
            tell(relay, "the tracker takes nothing: what the core says to it is lost");
        }
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        relay->core_is_gone = true;
    }
}

/* Until a side is gone. NAV_END: the tracker has closed. */
static enum nav_status pass(struct relay *relay)
{
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && !is_stopped(relay) && !relay->core_is_gone) {
        struct pollfd items[] = {{.fd = link_peer_fd(relay->tracker), .events = POLLIN},
                                 {.fd = relay->core, .events = POLLIN}};
        if (poll(items, 2, WAIT_MS) <= 0) {
            continue;
        }
        if (items[0].revents != 0) {
            status = link_peer_read(relay->tracker);
        }
        if (items[1].revents != 0) {
            pass_back(relay);
        }
    }
    if (status == NAV_OK && relay->core_is_gone) {
        (void)snprintf(relay->why, relay->why_size, "%.100s: the core closed the connection",
                       relay->config->to);
        return NAV_ERR_IO;
    }
    if (status != NAV_OK && status != NAV_END) {
        (void)snprintf(relay->why, relay->why_size, "%.100s: %s", relay->config->from,
                       nav_status_text(status));
    }
    return status;
}

static enum nav_status run(struct relay *relay)
{
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t start_ns = nav_clock_now_ns(&clock);
    enum nav_status status = NAV_OK;
    do {
        status = open_sides(relay);
        if (status == NAV_OK) {
            status = pass(relay);
            tell(relay, status == NAV_OK ? "stopped" : "connection lost");
        }
        const struct sim_relay_count count = sim_relay_count(relay->faults);
        relay->count->messages = count.messages;
        relay->count->changed = count.changed;
        close_sides(relay);
        if (relay->config->retry && !is_stopped(relay)) {
            (void)poll(NULL, 0, RETRY_MS);
        }
    } while (relay->config->retry && !is_stopped(relay));
    relay->count->elapsed_ns = nav_clock_now_ns(&clock) - start_ns;
    return status == NAV_END || is_stopped(relay) ? NAV_OK : status;
}

enum nav_status pose_relay_run(const struct pose_relay_config *config,
                               struct pose_relay_count *out_count, char *why, size_t why_size)
{
    *out_count = (struct pose_relay_count){0};
    struct relay relay = {.config = config,
                          .count = out_count,
                          .told = {.fault = {-1, -1}, .at_s = NAN},
                          .listener = -1,
                          .core = -1,
                          .why = why,
                          .why_size = why_size};
    relay.handler = (struct link_handler){.on_message = on_message,
                                          .on_rejected = on_rejected,
                                          .context = &relay,
                                          .body_max = body_max};
    enum nav_status status = sim_relay_create(config->script, config->planned, &relay.faults);
    if (status != NAV_OK) {
        (void)snprintf(why, why_size, "%s: no tool '%s' in the case", config->planned->path,
                       config->script->tool);
        return status;
    }
    const size_t prefix = sizeof(listen_prefix) - 1;
    if (strncmp(config->from, listen_prefix, prefix) == 0) {
        char address[LINK_ADDRESS_SIZE];
        char text[EVENT_SIZE];
        relay.listener = link_listen_at(config->from + prefix, address, why, why_size);
        status = relay.listener >= 0 ? NAV_OK : NAV_ERR_IO;
        if (status == NAV_OK) {
            (void)snprintf(text, sizeof(text), "waiting for the tracker at %s", address);
            tell(&relay, text);
        }
    }
    if (status == NAV_OK) {
        status = run(&relay);
    }
    if (relay.listener >= 0) {
        (void)close(relay.listener);
    }
    sim_relay_destroy(relay.faults);
    return status;
}
