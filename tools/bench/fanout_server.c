#include "fanout_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "bench.h"
#include "wire_framer.h"
#include "wire_pack.h"
#include "wire_transform.h"

enum {
    BACKLOG = 1024,
    CLIENTS_MAX = 1024,
    READ_SIZE = 65536,
    WAITING_MAX = 256 * 1024,
    SEND_QUEUE = 32 * 1024, /* SO_SNDBUF, as the core's */
    MESSAGE_MAX = 1024,
    SEND_TRIES = 10,
    SEND_WAIT_MS = 500
};

struct server;

struct client {
    uv_tcp_t tcp;
    struct server *server;
    struct wire_framer *framer; /* of who sends; the others are sent to */
};

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    enum fanout_design design;
    size_t count;
    struct client *clients[CLIENTS_MAX];
};

struct waiting {
    uv_write_t request;
    char bytes[MESSAGE_MAX];
};

static char read_bytes[READ_SIZE];

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    wire_framer_destroy(client->framer);
    free(client);
}

static void drop(struct client *client)
{
    struct server *server = client->server;
    for (size_t i = 0; i < server->count; ++i) {
        if (server->clients[i] == client) {
            server->clients[i] = server->clients[--server->count];
            uv_close((uv_handle_t *)&client->tcp, on_closed);
            return;
        }
    }
}

/* ---- a write each ---- */

static void on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
}

static void write_to(struct client *client, const uint8_t *bytes, size_t size)
{
    uv_stream_t *stream = (uv_stream_t *)&client->tcp;
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    const int n = uv_try_write(stream, &buffer, 1);
    const size_t sent = n > 0 ? (size_t)n : 0;
    if (sent == size || (sent == 0 && uv_stream_get_write_queue_size(stream) >= WAITING_MAX)) {
        return;
    }
    struct waiting *waiting = malloc(sizeof(*waiting));
    if (waiting == NULL) {
        return;
    }
    memcpy(waiting->bytes, bytes + sent, size - sent);
    waiting->request.data = waiting;
    buffer = uv_buf_init(waiting->bytes, (unsigned)(size - sent));
    if (uv_write(&waiting->request, stream, &buffer, 1, on_written) != 0) {
        free(waiting);
    }
}

/* ---- a send loop ---- */

static bool send_blocking(int fd, const uint8_t *bytes, size_t size)
{
    for (int tries = 0; tries < SEND_TRIES;) {
        const ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == (ssize_t)size) {
            return true;
        }
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            tries += poll(&wait, 1, SEND_WAIT_MS) == 0;
        } else {
            return false;
        }
    }
    return false;
}

static bool pack_and_send(struct client *client, const struct wire_message *message,
                          const struct wire_transform *pose)
{
    uint8_t bytes[MESSAGE_MAX];
    uv_os_fd_t fd = -1;
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1,
                                                          .kind = WIRE_KIND_TRANSFORM,
                                                          .device = message->device,
                                                          .stamp = message->stamp});
    wire_transform_encode(&writer, pose);
    return wire_pack_end(&pack, NULL, 0) == NAV_OK &&
           uv_fileno((uv_handle_t *)&client->tcp, &fd) == 0 &&
           send_blocking(fd, bytes, writer.size);
}

/* ---- in and out ---- */

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct server *server = context;
    struct wire_transform pose;
    const enum nav_status status =
        wire_transform_decode(message->content, message->content_size, &pose);
    if (status != NAV_OK) {
        return status;
    }
    for (size_t i = server->count; i > 0; --i) {
        struct client *client = server->clients[i - 1];
        if (client->framer != NULL) {
            continue;
        }
        if (server->design == FANOUT_WRITE_EACH) {
            write_to(client, message->raw, message->raw_size);
        } else if (!pack_and_send(client, message, &pose)) {
            drop(client);
        }
    }
    return NAV_OK;
}

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)type;
    return kind == WIRE_KIND_TRANSFORM ? WIRE_TRANSFORM_SIZE : 0;
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(read_bytes, sizeof(read_bytes));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    if (count == 0) {
        return;
    }
    if (client->framer == NULL && count > 0) {
        const struct wire_framer_config config = {
            .body_cap = body_cap, .on_message = on_message, .context = client->server};
        if (wire_framer_create(&config, &client->framer) != NAV_OK) {
            count = -1;
        }
    }
    if (count < 0 ||
        wire_framer_feed(client->framer, (const uint8_t *)buffer->base, (size_t)count) != NAV_OK) {
        drop(client);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    struct client *client = calloc(1, sizeof(*client));
    if (status < 0 || client == NULL || server->count == CLIENTS_MAX) {
        free(client);
        return;
    }
    client->server = server;
    int queue = SEND_QUEUE;
    (void)uv_tcp_init(&server->loop, &client->tcp);
    client->tcp.data = client;
    server->clients[server->count++] = client;
    if (uv_accept(listener, (uv_stream_t *)&client->tcp) != 0 ||
        uv_tcp_nodelay(&client->tcp, 1) != 0 ||
        uv_send_buffer_size((uv_handle_t *)&client->tcp, &queue) != 0 ||
        uv_read_start((uv_stream_t *)&client->tcp, on_buffer, on_read) != 0) {
        drop(client);
    }
}

static void serve(enum fanout_design design, int port_pipe)
{
    static struct server server;
    struct sockaddr_in address;
    int size = sizeof(address);
    server.design = design;
    if (uv_loop_init(&server.loop) != 0 || uv_tcp_init(&server.loop, &server.listener) != 0 ||
        uv_ip4_addr("127.0.0.1", 0, &address) != 0 ||
        uv_tcp_bind(&server.listener, (const struct sockaddr *)&address, 0) != 0) {
        return;
    }
    server.listener.data = &server;
    if (uv_listen((uv_stream_t *)&server.listener, BACKLOG, on_connection) != 0 ||
        uv_tcp_getsockname(&server.listener, (struct sockaddr *)&address, &size) != 0) {
        return;
    }
    const uint16_t port = ntohs(address.sin_port);
    if (write(port_pipe, &port, sizeof(port)) == (ssize_t)sizeof(port)) {
        (void)uv_run(&server.loop, UV_RUN_DEFAULT);
    }
}

pid_t fanout_server_start(enum fanout_design design, uint16_t *out_port)
{
    int ends[2];
    (void)fflush(NULL);
    const pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(ends[0]);
        bench_pin(BENCH_RECEIVER);
        serve(design, ends[1]);
        _exit(1);
    }
    if (child < 0) {
        fputs("osteonav bench: a reference server does not start\n", stderr);
        return -1;
    }
    (void)close(ends[1]);
    const bool good = read(ends[0], out_port, sizeof(*out_port)) == (ssize_t)sizeof(*out_port);
    (void)close(ends[0]);
    if (!good) {
        fputs("osteonav bench: a reference server cannot listen\n", stderr);
    }
    return good ? child : -1;
}
