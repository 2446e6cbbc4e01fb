#include "fanout_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "nav/time.h"
#include "wire_cursor.h"
#include "wire_message.h"
#include "wire_time.h"

enum {
    READ_SIZE = 65536,
    MESSAGE_MAX = 1024,
    EVENTS = 64,
    STALLED_QUEUE = 2048,
    AT_STAMP = 34,
    AT_BODY_SIZE = 42
};

static const int64_t connect_timeout_ns = 20 * NAV_NS_PER_S;
static const int64_t poll_ns = 2 * NAV_NS_PER_MS;

struct subscriber {
    int fd;
    bool connected;
    size_t part_size; /* of a message whose end has not come */
    uint8_t part[MESSAGE_MAX];
};

struct fanout_shared *fanout_shared_create(void)
{
    void *memory = mmap(NULL, sizeof(struct fanout_shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

void fanout_shared_destroy(struct fanout_shared *shared)
{
    if (shared != NULL) {
        (void)munmap(shared, sizeof(*shared));
    }
}

/* ---- the process ---- */

static int begin_connect(uint16_t port, bool stalled)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int queue = STALLED_QUEUE;
    if (fd < 0 || (stalled && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue)) != 0) ||
        (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
         errno != EINPROGRESS)) {
        return -1;
    }
    return fd;
}

static bool connect_all(int epoll, struct subscriber *subscribers, size_t count, uint16_t port)
{
    for (size_t i = 0; i < count; ++i) {
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &subscribers[i]};
        subscribers[i].fd = begin_connect(port, false);
        if (subscribers[i].fd < 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, subscribers[i].fd, &event) != 0) {
            return false;
        }
    }
    for (size_t done = 0; done < count;) {
        struct epoll_event events[EVENTS];
        const int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; ++i) {
            struct subscriber *subscriber = events[i].data.ptr;
            int error = 0;
            socklen_t size = sizeof(error);
            struct epoll_event next = {.events = EPOLLIN, .data.ptr = subscriber};
            if (getsockopt(subscriber->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
                error != 0 || epoll_ctl(epoll, EPOLL_CTL_MOD, subscriber->fd, &next) != 0) {
                return false;
            }
            ++done;
        }
    }
    return true;
}

static void note(struct fanout_shared *shared, const uint8_t *message, int64_t now_ns)
{
    (void)atomic_fetch_add_explicit(&shared->total, 1, memory_order_relaxed);
    const int64_t stamp_ns = wire_time_to_ns(wire_load_u64(message + AT_STAMP));
    const int64_t index =
        (stamp_ns - shared->base_stamp_ns + shared->step_ns / 2) / shared->step_ns -
        (int64_t)shared->first;
    if (index < 0 || index >= (int64_t)shared->count) {
        return;
    }
    (void)atomic_fetch_add_explicit(&shared->arrived[index], 1, memory_order_relaxed);
    const unsigned place = atomic_load_explicit(&shared->deliveries, memory_order_relaxed);
    if (place < FANOUT_DELIVERIES_MAX) {
        const int64_t sent_ns = atomic_load_explicit(&shared->sent_ns[index], memory_order_relaxed);
        shared->latency_us[place] = (float)(now_ns - sent_ns) / 1e3F;
        atomic_store_explicit(&shared->deliveries, place + 1, memory_order_release);
    }
}

/* Whole messages of `size` bytes; returns how many bytes they are. */
static size_t take_messages(struct fanout_shared *shared, const uint8_t *bytes, size_t size,
                            int64_t now_ns)
{
    size_t at = 0;
    while (size - at >= WIRE_HEADER_SIZE) {
        const uint64_t body_size = wire_load_u64(bytes + at + AT_BODY_SIZE);
        if (body_size > MESSAGE_MAX - WIRE_HEADER_SIZE) {
            fputs("osteonav bench: a subscriber lost the framing\n", stderr);
            _exit(1);
        }
        if (size - at - WIRE_HEADER_SIZE < body_size) {
            break;
        }
        note(shared, bytes + at, now_ns);
        at += WIRE_HEADER_SIZE + (size_t)body_size;
    }
    return at;
}

/* One read; false at the end of the connection. */
static bool take_bytes(struct fanout_shared *shared, struct subscriber *subscriber)
{
    static uint8_t bytes[MESSAGE_MAX + READ_SIZE];
    memcpy(bytes, subscriber->part, subscriber->part_size);
    const ssize_t n = recv(subscriber->fd, bytes + subscriber->part_size, READ_SIZE, 0);
    if (n <= 0) {
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    const size_t size = subscriber->part_size + (size_t)n;
    const size_t used = take_messages(shared, bytes, size, bench_now_ns());
    subscriber->part_size = size - used;
    memcpy(subscriber->part, bytes + used, subscriber->part_size);
    return true;
}

static void read_all(struct fanout_shared *shared, int epoll)
{
    for (;;) {
        struct epoll_event events[EVENTS];
        const int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; ++i) {
            struct subscriber *subscriber = events[i].data.ptr;
            if (!take_bytes(shared, subscriber)) {
                (void)close(subscriber->fd);
            }
        }
    }
}

static void run_sink(struct fanout_shared *shared, uint16_t port, size_t count, bool stalled)
{
    struct subscriber *subscribers = calloc(count, sizeof(*subscribers));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const int64_t start_ns = bench_now_ns();
    if (subscribers == NULL || epoll < 0 || !connect_all(epoll, subscribers, count, port)) {
        free(subscribers);
        return;
    }
    shared->connect_ns = bench_now_ns() - start_ns;
    if (stalled && begin_connect(port, true) < 0) { /* open until the process ends */
        free(subscribers);
        return;
    }
    atomic_store(&shared->ready, true);
    read_all(shared, epoll);
}

pid_t fanout_sink_start(struct fanout_shared *shared, uint16_t port, size_t count, bool stalled)
{
    atomic_store(&shared->ready, false);
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        bench_pin(BENCH_SINK);
        run_sink(shared, port, count, stalled);
        _exit(1);
    }
    const int64_t until_ns = bench_now_ns() + connect_timeout_ns;
    while (child > 0 && !atomic_load(&shared->ready)) {
        if (bench_now_ns() > until_ns) {
            fputs("osteonav bench: the subscribers cannot connect\n", stderr);
            return -1;
        }
        bench_sleep_until_ns(bench_now_ns() + poll_ns);
    }
    return child;
}
