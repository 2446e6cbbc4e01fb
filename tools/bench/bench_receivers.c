#include "bench_receivers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "bench.h"
#include "igtl_receiver.h"
#include "nav/time.h"
#include "wire_framer.h"
#include "wire_time.h"
#include "wire_transform.h"

static const int64_t poll_period_ns = 5 * NAV_NS_PER_MS;

enum { READ_SIZE = 65536, BACKLOG = 16 };

/* ---- the log ---- */

struct bench_log *bench_log_create(void)
{
    void *memory = mmap(NULL, sizeof(struct bench_log), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

void bench_log_destroy(struct bench_log *log)
{
    if (log != NULL) {
        (void)munmap(log, sizeof(*log));
    }
}

void bench_log_reset(struct bench_log *log, int64_t base_ns, int64_t step_ns)
{
    for (size_t i = 0; i < BENCH_LOG_MAX; ++i) {
        atomic_store_explicit(&log->handled_ns[i], 0, memory_order_relaxed);
    }
    atomic_store(&log->handled, 0);
    atomic_store(&log->step_ns, step_ns);
    atomic_store(&log->base_ns, base_ns);
}

void bench_log_note(struct bench_log *log, int64_t stamp_ns, int64_t now_ns)
{
    const int64_t step_ns = atomic_load(&log->step_ns);
    if (step_ns <= 0) {
        return;
    }
    const int64_t index = (stamp_ns - atomic_load(&log->base_ns) + step_ns / 2) / step_ns;
    if (index >= 0 && index < BENCH_LOG_MAX &&
        atomic_load_explicit(&log->handled_ns[index], memory_order_relaxed) == 0) {
        atomic_store(&log->handled_ns[index], now_ns);
        (void)atomic_fetch_add(&log->handled, 1);
    }
}

/* ---- a listening port ---- */

static int listen_on(uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

/* A port that nobody has; libOpenIGTLink cannot be given a bound socket. */
static uint16_t free_port(void)
{
    const int fd = listen_on(0);
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    (void)close(fd);
    return ntohs(address.sin_port);
}

/* ---- our framer, as both of our own loops use it ---- */

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return READ_SIZE;
}

static volatile float matrix_sink;

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct wire_transform transform;
    const enum nav_status status =
        wire_transform_decode(message->content, message->content_size, &transform);
    if (status == NAV_OK) {
        matrix_sink = transform.t_mm[0];
        bench_log_note(context, message->device_ns, bench_now_ns());
    }
    return status;
}

static struct wire_framer *make_framer(struct bench_log *log)
{
    const struct wire_framer_config config = {
        .body_cap = body_cap, .on_message = on_message, .context = log};
    struct wire_framer *framer = NULL;
    return wire_framer_create(&config, &framer) == NAV_OK ? framer : NULL;
}

/* ---- libOpenIGTLink ---- */

static void on_igtl_transform(void *context, uint64_t stamp, const float matrix[16])
{
    matrix_sink = matrix[3];
    bench_log_note(context, wire_time_to_ns(stamp), bench_now_ns());
}

static int serve_libopenigtlink(uint16_t port, struct bench_log *log)
{
    return igtl_receiver_serve(port, on_igtl_transform, NULL, log);
}

/* ---- libuv ---- */

struct uv_link {
    uv_tcp_t tcp;
    struct wire_framer *framer;
};

static char uv_bytes[READ_SIZE];

static void on_uv_closed(uv_handle_t *handle)
{
    struct uv_link *link = handle->data;
    wire_framer_destroy(link->framer);
    free(link);
}

static void on_uv_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(uv_bytes, sizeof(uv_bytes));
}

static void on_uv_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct uv_link *link = stream->data;
    if (count < 0 ||
        wire_framer_feed(link->framer, (const uint8_t *)buffer->base, (size_t)count) != NAV_OK) {
        uv_close((uv_handle_t *)stream, on_uv_closed);
    }
}

static void on_uv_connection(uv_stream_t *server, int status)
{
    struct uv_link *link = calloc(1, sizeof(*link));
    if (status < 0 || link == NULL) {
        free(link);
        return;
    }
    (void)uv_tcp_init(server->loop, &link->tcp);
    link->tcp.data = link;
    link->framer = make_framer(server->data);
    if (link->framer == NULL || uv_accept(server, (uv_stream_t *)&link->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&link->tcp, on_uv_alloc, on_uv_read) != 0) {
        uv_close((uv_handle_t *)&link->tcp, on_uv_closed);
    }
}

static int serve_libuv(uint16_t port, struct bench_log *log)
{
    uv_loop_t loop;
    uv_tcp_t server;
    struct sockaddr_in address;
    if (uv_loop_init(&loop) != 0 || uv_tcp_init(&loop, &server) != 0 ||
        uv_ip4_addr("127.0.0.1", port, &address) != 0 ||
        uv_tcp_bind(&server, (const struct sockaddr *)&address, 0) != 0) {
        return -1;
    }
    server.data = log;
    if (uv_listen((uv_stream_t *)&server, BACKLOG, on_uv_connection) != 0) {
        return -1;
    }
    return uv_run(&loop, UV_RUN_DEFAULT);
}

/* ---- a look every 5 ms ---- */

static void poll_connection(int fd, struct bench_log *log)
{
    static uint8_t bytes[READ_SIZE];
    struct wire_framer *framer = make_framer(log);
    int64_t next_ns = bench_now_ns();
    while (framer != NULL) {
        next_ns += poll_period_ns;
        bench_sleep_until_ns(next_ns);
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        while (n > 0 && wire_framer_feed(framer, bytes, (size_t)n) == NAV_OK) {
            n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        }
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            break;
        }
    }
    wire_framer_destroy(framer);
}

static int serve_poll(uint16_t port, struct bench_log *log)
{
    const int server = listen_on(port);
    if (server < 0) {
        return -1;
    }
    for (;;) {
        const int fd = accept(server, NULL, NULL);
        if (fd >= 0) {
            poll_connection(fd, log);
            (void)close(fd);
        }
    }
}

/* ---- processes ---- */

static const struct {
    const char *name;
    int (*serve)(uint16_t port, struct bench_log *log);
} kinds[BENCH_RECEIVER_COUNT] = {
    [BENCH_RECEIVER_LIBOPENIGTLINK] = {"libOpenIGTLink", serve_libopenigtlink},
    [BENCH_RECEIVER_LIBUV] = {"libuv+crc", serve_libuv},
    [BENCH_RECEIVER_POLL] = {"5ms-poll", serve_poll},
};

const char *bench_receiver_name(enum bench_receiver_kind kind)
{
    return kinds[kind].name;
}

bool bench_receiver_start(struct bench_receiver *receiver, enum bench_receiver_kind kind)
{
    receiver->port = free_port();
    receiver->pid = 0;
    receiver->log = bench_log_create();
    if (receiver->port == 0 || receiver->log == NULL) {
        fprintf(stderr, "osteonav bench: no port or memory for %s\n", kinds[kind].name);
        return false;
    }
    (void)fflush(NULL);
    receiver->pid = fork();
    if (receiver->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(kinds[kind].serve(receiver->port, receiver->log) == 0 ? 0 : 1);
    }
    if (receiver->pid < 0) {
        receiver->pid = 0;
        fprintf(stderr, "osteonav bench: cannot start %s\n", kinds[kind].name);
        return false;
    }
    return true;
}

void bench_receiver_stop(struct bench_receiver *receiver)
{
    if (receiver->pid > 0) {
        (void)kill(receiver->pid, SIGKILL);
        (void)waitpid(receiver->pid, NULL, 0);
    }
    bench_log_destroy(receiver->log);
    *receiver = (struct bench_receiver){.pid = 0};
}
