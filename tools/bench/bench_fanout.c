/* One stream of poses to many subscribers: our core, and two plain designs. The stream, the
 * subscribers and the way of counting are the same for all. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bench_core.h"
#include "fanout_server.h"
#include "fanout_sink.h"
#include "nav/time.h"
#include "verbs.h"
#include "wire_pack.h"
#include "wire_transform.h"

enum {
    RATE_HZ = 1000,
    WARMING = 200,
    WARMING_STALLED = 1000, /* until the one that does not read has filled what it may */
    USUAL_RUNS = 3,
    MESSAGE_SIZE = 128,
    DESIGNS = 3
};

enum value {
    VALUE_P50, /* us, from send(2) of the pose to recv(2) at a subscriber */
    VALUE_P99,
    VALUE_PER_S,      /* deliveries */
    VALUE_DELIVERED,  /* part of what was to be delivered */
    VALUE_CPU,        /* us of the server's processor time a delivery */
    VALUE_CORE,       /* part of a processor that the server used */
    VALUE_CONNECT_MS, /* until all subscribers were connected */
    VALUE_COUNT
};

static const size_t subscriber_counts[] = {1, 10, 100, 500};
static const int64_t settle_ns = 100 * NAV_NS_PER_MS;

struct subject {
    bool ours;
    enum fanout_design design;
    size_t subscribers;
    bool stalled;
    bool realtime;
    uint32_t messages;
    struct fanout_shared *shared;
};

/* ---- the stream ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0 && (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static size_t pack_message(uint32_t index, int64_t stamp_ns, uint8_t bytes[MESSAGE_SIZE])
{
    struct wire_writer writer = wire_writer_of(bytes, MESSAGE_SIZE);
    const struct wire_transform pose = {.R = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                                        .t_mm = {0.01F * (float)index, -50.0F, 900.0F}};
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1,
                                                          .kind = WIRE_KIND_TRANSFORM,
                                                          .device = BENCH_CORE_DEVICE,
                                                          .utc_ns = stamp_ns});
    wire_transform_encode(&writer, &pose);
    return wire_pack_end(&pack, NULL, 0) == NAV_OK ? writer.size : 0;
}

/* From the first message that counts to the last, and then until all may have arrived. */
struct window {
    int64_t start_ns, sent_ns, end_ns;
    int64_t cpu_ns;      /* while messages were sent */
    unsigned deliveries; /* meanwhile, of any message, also of one that was sent before */
};

static bool send_stream(int fd, pid_t server, struct fanout_shared *shared,
                        struct window *out_window)
{
    const int64_t start_ns = bench_now_ns();
    for (uint32_t i = 0; i < shared->first + shared->count; ++i) {
        uint8_t bytes[MESSAGE_SIZE];
        const size_t size =
            pack_message(i, shared->base_stamp_ns + (int64_t)i * shared->step_ns, bytes);
        bench_sleep_until_ns(start_ns + (int64_t)i * shared->step_ns);
        const int64_t now_ns = bench_now_ns();
        if (i == shared->first) {
            out_window->start_ns = now_ns;
            out_window->cpu_ns = bench_cpu_of_ns(server);
            out_window->deliveries = atomic_load(&shared->total);
        }
        if (i >= shared->first) {
            atomic_store(&shared->sent_ns[i - shared->first], now_ns);
        }
        /* A server that has stopped reading does not stop the stream: the message is lost. */
        const ssize_t n = size != 0 ? send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;
        if (n != (ssize_t)size && !(n < 0 && errno == EAGAIN)) {
            return false;
        }
    }
    out_window->sent_ns = bench_now_ns();
    out_window->cpu_ns = bench_cpu_of_ns(server) - out_window->cpu_ns;
    out_window->deliveries = atomic_load(&shared->total) - out_window->deliveries;
    bench_sleep_until_ns(bench_now_ns() + settle_ns);
    out_window->end_ns = bench_now_ns();
    return true;
}

/* ---- one round ---- */

/* All deliveries, and for each one that is missing the time for which it had been waited for: a
 * server must not look quick by what it does not deliver. */
static bool summarise(const struct subject *subject, const struct window *window,
                      double *out_values)
{
    const struct fanout_shared *shared = subject->shared;
    const size_t wanted = subject->subscribers * shared->count;
    const size_t arrived = atomic_load(&shared->deliveries);
    double *us = malloc((wanted + arrived) * sizeof(*us));
    if (us == NULL) {
        return false;
    }
    size_t count = 0;
    for (; count < arrived; ++count) {
        us[count] = (double)shared->latency_us[count];
    }
    for (uint32_t i = 0; i < shared->count; ++i) {
        for (size_t k = atomic_load(&shared->arrived[i]); k < subject->subscribers; ++k) {
            us[count++] = (double)(window->end_ns - atomic_load(&shared->sent_ns[i])) / 1e3;
        }
    }
    const double seconds = (double)(window->sent_ns - window->start_ns) / (double)NAV_NS_PER_S;
    out_values[VALUE_P50] = bench_quantile(us, count, 0.50);
    out_values[VALUE_P99] = bench_quantile(us, count, 0.99);
    out_values[VALUE_PER_S] = (double)window->deliveries / seconds;
    out_values[VALUE_DELIVERED] = (double)arrived / (double)wanted;
    out_values[VALUE_CPU] = window->deliveries > 0
                                ? (double)window->cpu_ns / 1e3 / (double)window->deliveries
                                : (double)NAN;
    out_values[VALUE_CORE] = (double)window->cpu_ns / (seconds * (double)NAV_NS_PER_S);
    out_values[VALUE_CONNECT_MS] = (double)shared->connect_ns / (double)NAV_NS_PER_MS;
    free(us);
    return true;
}

static void reset(const struct subject *subject)
{
    struct fanout_shared *shared = subject->shared;
    shared->base_stamp_ns = nav_utc_now_ns();
    shared->step_ns = NAV_NS_PER_S / RATE_HZ;
    shared->first = subject->stalled ? WARMING_STALLED : WARMING;
    shared->count = subject->messages;
    atomic_store(&shared->total, 0);
    atomic_store(&shared->deliveries, 0);
    for (size_t i = 0; i < FANOUT_MESSAGES_MAX; ++i) {
        atomic_store(&shared->arrived[i], 0);
    }
}

static void end_process(pid_t pid)
{
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static bool measure(const struct subject *subject, pid_t server, uint16_t port, double *out_values)
{
    reset(subject);
    const pid_t sink =
        fanout_sink_start(subject->shared, port, subject->subscribers, subject->stalled);
    struct window window = {0};
    bench_pin(BENCH_SENDER);
    const int fd = sink > 0 ? connect_to(port) : -1;
    bench_sleep_until_ns(bench_now_ns() + settle_ns);
    const bool good = fd >= 0 && send_stream(fd, server, subject->shared, &window) &&
                      summarise(subject, &window, out_values);
    bench_pin(BENCH_ANYWHERE);
    if (fd >= 0) {
        (void)close(fd);
    }
    end_process(sink);
    if (!good) {
        fputs("osteonav bench: the stream did not get through\n", stderr);
    }
    return good;
}

static bool run(void *context, double *out_values)
{
    const struct subject *subject = context;
    if (subject->ours) {
        struct bench_core core;
        bool good = bench_core_start(&core);
        if (good) {
            bench_pin_process(core.pid, BENCH_RECEIVER);
            good = measure(subject, core.pid, core.port, out_values);
        }
        bench_core_stop(&core);
        return good;
    }
    uint16_t port = 0;
    const pid_t server = fanout_server_start(subject->design, &port);
    const bool good = server > 0 && measure(subject, server, port, out_values);
    end_process(server);
    return good;
}

/* ---- results ---- */

static void print_line(const struct bench_options *options, const struct subject *subject,
                       const char *quantity, const char *unit, const double *ours,
                       const double *reference, enum value value, const char *reference_name,
                       unsigned runs)
{
    char what[80];
    (void)snprintf(what, sizeof(what), "%zu subscribers%s %s", subject->subscribers,
                   subject->stalled ? ", one more stalled," : "", quantity);
    json_t *extra =
        json_pack("{s:i, s:b, s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "subscribers",
                  (int)subject->subscribers, "stalled", (int)subject->stalled, "realtime",
                  (int)subject->realtime, "ours_per_s", ours[VALUE_PER_S], "reference_per_s",
                  reference[VALUE_PER_S], "ours_delivered", ours[VALUE_DELIVERED],
                  "reference_delivered", reference[VALUE_DELIVERED], "ours_core", ours[VALUE_CORE],
                  "reference_core", reference[VALUE_CORE], "ours_connect_ms",
                  ours[VALUE_CONNECT_MS], "reference_connect_ms", reference[VALUE_CONNECT_MS]);
    bench_print(options, &(struct bench_result){.bench = "fanout",
                                                .what = what,
                                                .unit = unit,
                                                .ours = ours[value],
                                                .reference = reference[value],
                                                .reference_name = reference_name,
                                                .more_is_better = false,
                                                .runs = runs,
                                                .extra = extra});
}

/* With and without one that does not read take turns, so that they can be compared. */
static bool run_case(const struct bench_options *options, size_t subscribers,
                     struct fanout_shared *shared)
{
    static const char *const names[DESIGNS] = {"osteonav", "write-each", "send-loop"};
    static const enum fanout_design designs[DESIGNS] = {
        [1] = FANOUT_WRITE_EACH, [2] = FANOUT_SEND_LOOP};
    struct subject subjects[2 * DESIGNS];
    struct bench_contender contenders[2 * DESIGNS];
    for (size_t i = 0; i < 2 * DESIGNS; ++i) {
        subjects[i] = (struct subject){.ours = i % DESIGNS == 0,
                                       .design = designs[i % DESIGNS],
                                       .subscribers = subscribers,
                                       .stalled = i >= DESIGNS,
                                       .realtime = bench_has_realtime(),
                                       .messages = options->quick ? 500 : 2000,
                                       .shared = shared};
        contenders[i] = (struct bench_contender){names[i % DESIGNS], run, &subjects[i]};
    }
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    double medians[2 * DESIGNS * VALUE_COUNT];
    char title[48];
    (void)snprintf(title, sizeof(title), "%zu subscribers", subscribers);
    if (!bench_interleave(title, contenders, 2 * DESIGNS, VALUE_COUNT, runs, medians)) {
        return false;
    }
    for (size_t first = 0; first < 2 * DESIGNS; first += DESIGNS) {
        const double *ours = &medians[first * VALUE_COUNT];
        for (size_t i = 1; i < DESIGNS; ++i) {
            const double *reference = ours + i * VALUE_COUNT;
            print_line(options, &subjects[first], "p50", "us", ours, reference, VALUE_P50, names[i],
                       runs);
            print_line(options, &subjects[first], "p99", "us", ours, reference, VALUE_P99, names[i],
                       runs);
            print_line(options, &subjects[first], "cpu a delivery", "us", ours, reference,
                       VALUE_CPU, names[i], runs);
        }
    }
    print_line(options, &subjects[DESIGNS], "p99", "us", &medians[DESIGNS * VALUE_COUNT], medians,
               VALUE_P99, "osteonav with none stalled", runs);
    return true;
}

int bench_fanout(const struct bench_options *options)
{
    struct fanout_shared *shared = fanout_shared_create();
    if (shared == NULL) {
        fputs("osteonav bench: no memory\n", stderr);
        return VERB_FAILED;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    bool good = true;
    for (size_t i = 0; good && i < sizeof(subscriber_counts) / sizeof(subscriber_counts[0]); ++i) {
        good = run_case(options, subscriber_counts[i], shared);
    }
    fanout_shared_destroy(shared);
    return good ? VERB_OK : VERB_FAILED;
}
