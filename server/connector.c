#include "connector.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "address.h"

#define LOG_MODULE "connector"

struct srv_connector {
    uv_timer_t timer; /* while trying: the attempt's end; while waiting: the next attempt */
    uv_poll_t *poll;  /* of the attempt under way, else NULL */
    struct srv_connector_config config;
    struct sockaddr_storage address;
    socklen_t address_size;
    char address_text[NAV_NAME_SIZE];
    int fd; /* of the attempt under way, else -1 */
    bool closing;
    bool failure_told;    /* one line for a series of failures */
    int64_t wait_ns;      /* before the next attempt, without its random part */
    int64_t connected_ns; /* when the last link began */
};

static void try_connect(struct srv_connector *connector);

static void on_retry_due(uv_timer_t *timer)
{
    try_connect(timer->data);
}

/* Up to a quarter more or less. */
static int64_t shifted(int64_t wait_ns)
{
    uint16_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
        random = UINT16_MAX / 2;
    }
    return wait_ns - wait_ns / 4 + wait_ns / 2 * random / UINT16_MAX;
}

static void schedule_retry(struct srv_connector *connector)
{
    const struct srv_connector_config *config = &connector->config;
    const int64_t wait_ms = shifted(connector->wait_ns) / NAV_NS_PER_MS;
    (void)uv_timer_start(&connector->timer, on_retry_due, wait_ms > 0 ? (uint64_t)wait_ms : 1, 0);
    connector->wait_ns =
        connector->wait_ns < config->wait_max_ns / 2 ? 2 * connector->wait_ns : config->wait_max_ns;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Ends the attempt; the descriptor is closed unless it was handed on. */
static void end_attempt(struct srv_connector *connector, bool close_socket)
{
    (void)uv_timer_stop(&connector->timer);
    if (connector->poll != NULL) {
        (void)uv_poll_stop(connector->poll);
        uv_close((uv_handle_t *)connector->poll, on_poll_closed);
        connector->poll = NULL;
    }
    if (close_socket && connector->fd >= 0) {
        (void)close(connector->fd);
    }
    connector->fd = -1;
}

static void attempt_failed(struct srv_connector *connector, const char *why)
{
    end_attempt(connector, true);
    if (!connector->failure_told) {
        connector->failure_told = true;
        srv_event_log_write(connector->config.log, nav_clock_now_ns(&connector->config.clock),
                            NAV_LOG_WARNING, LOG_MODULE, "%s: %s; trying on",
                            connector->address_text, why);
    }
    schedule_retry(connector);
}

static void on_attempt_timed_out(uv_timer_t *timer)
{
    attempt_failed(timer->data, "no answer");
}

static void on_attempt_decided(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct srv_connector *connector = poll->data;
    int error = 0;
    socklen_t size = sizeof(error);
    if (status != 0 || getsockopt(connector->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
        error != 0) {
        attempt_failed(connector, status != 0 ? uv_strerror(status) : strerror(error));
        return;
    }
    const int fd = connector->fd;
    end_attempt(connector, false);
    connector->failure_told = false;
    connector->connected_ns = nav_clock_now_ns(&connector->config.clock);
    connector->config.on_connected(connector->config.context, connector, fd, &connector->address);
}

static void try_connect(struct srv_connector *connector)
{
    connector->fd =
        socket(connector->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connector->poll = calloc(1, sizeof(*connector->poll));
    if (connector->fd < 0 || connector->poll == NULL) {
        free(connector->poll);
        connector->poll = NULL;
        attempt_failed(connector, strerror(errno));
        return;
    }
    if (connect(connector->fd, (struct sockaddr *)&connector->address, connector->address_size) !=
            0 &&
        errno != EINPROGRESS) {
        const int why = errno;
        free(connector->poll);
        connector->poll = NULL;
        attempt_failed(connector, strerror(why));
        return;
    }
    const int polled = uv_poll_init(connector->config.loop, connector->poll, connector->fd);
    if (polled != 0) {
        free(connector->poll);
        connector->poll = NULL;
        attempt_failed(connector, uv_strerror(polled));
        return;
    }
    connector->poll->data = connector;
    (void)uv_poll_start(connector->poll, UV_WRITABLE, on_attempt_decided);
    (void)uv_timer_start(&connector->timer, on_attempt_timed_out,
                         (uint64_t)(connector->config.timeout_ns / NAV_NS_PER_MS), 0);
}

enum nav_status srv_connector_create(const struct srv_connector_config *config,
                                     struct srv_connector **out_connector)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", config->port);
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    if (getaddrinfo(config->address, service, &hints, &found) != 0) {
        return NAV_ERR_ARGUMENT;
    }
    struct srv_connector *connector = calloc(1, sizeof(*connector));
    if (connector == NULL) {
        freeaddrinfo(found);
        return NAV_ERR_MEMORY;
    }
    memcpy(&connector->address, found->ai_addr, found->ai_addrlen);
    connector->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    srv_address_text(&connector->address, connector->address_text, sizeof(connector->address_text));
    connector->config = *config;
    connector->wait_ns = config->wait_min_ns;
    connector->fd = -1;
    (void)uv_timer_init(config->loop, &connector->timer);
    connector->timer.data = connector;
    *out_connector = connector;
    try_connect(connector);
    return NAV_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void srv_connector_destroy(struct srv_connector *connector)
{
    if (connector == NULL) {
        return;
    }
    end_attempt(connector, true);
    connector->closing = true;
    uv_close((uv_handle_t *)&connector->timer, on_timer_closed);
}

void srv_connector_lost(struct srv_connector *connector)
{
    if (connector->closing) {
        return;
    }
    const int64_t now_ns = nav_clock_now_ns(&connector->config.clock);
    if (!connector->config.reconnect) {
        srv_event_log_write(connector->config.log, now_ns, NAV_LOG_WARNING, LOG_MODULE,
                            "%s: the link is lost and stays lost, as the case wants it "
                            "(reconnect: false); start the core again to connect",
                            connector->address_text);
        return;
    }
    if (now_ns - connector->connected_ns >= SRV_CONNECTOR_GOOD_LIFE_NS) {
        connector->wait_ns = connector->config.wait_min_ns;
    }
    schedule_retry(connector);
}
