/* How long a pose takes from the sender's send(2) to where it is of use: for our core, until the
 * scene with it is published to every viewer; for a receive loop, until its handler holds the
 * matrix. One sender for all, one stream at a time, in turns. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bench_core.h"
#include "bench_receivers.h"
#include "nav/time.h"
#include "verbs.h"
#include "wire_pack.h"
#include "wire_transform.h"

enum { MESSAGE_SIZE = 256, USUAL_RUNS = 5, RATES = 2 };

enum value {
    VALUE_P50, /* us, send to published or handled */
    VALUE_P99,
    VALUE_VIEWER_P50, /* us, send to copied by a viewer that waits; ours only */
    VALUE_VIEWER_P99,
    VALUE_DELIVERED, /* part of the messages that were seen */
    VALUE_CPU,       /* us of the receiver's processor time per message */
    VALUE_COUNT
};

static const double rates_hz[RATES] = {100, 1000};
static const double seconds_usual[RATES] = {4, 2};
static const double seconds_quick[RATES] = {1, 0.5};
static const int64_t connect_timeout_ns = 5 * NAV_NS_PER_S;
static const int64_t settle_ns = 20 * NAV_NS_PER_MS;     /* after connecting */
static const int64_t straggler_ns = 100 * NAV_NS_PER_MS; /* after the last message */
static const int64_t watch_timeout_ns = 20 * NAV_NS_PER_MS;

struct stream {
    uint32_t count;
    int64_t step_ns;
    int64_t base_stamp_ns;
    int64_t sent_ns[BENCH_LOG_MAX];
};

/* One that receives: the core or a loop. */
struct subject {
    uint16_t port;
    pid_t pid;
    struct bench_log *log;        /* published or handled */
    struct bench_log *viewer_log; /* NULL for loops */
    struct nav_scene_reader *reader;
    struct stream *stream;
};

/* ---- sending ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int64_t until_ns = bench_now_ns() + connect_timeout_ns;
    while (bench_now_ns() < until_ns) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            return fd;
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        bench_sleep_until_ns(bench_now_ns() + settle_ns);
    }
    return -1;
}

static size_t pack_message(uint32_t index, int64_t stamp_ns, uint8_t bytes[MESSAGE_SIZE])
{
    struct wire_writer writer = wire_writer_of(bytes, MESSAGE_SIZE);
    const struct wire_pack_head head = {
        .version = 1, .kind = WIRE_KIND_TRANSFORM, .device = BENCH_CORE_DEVICE, .utc_ns = stamp_ns};
    const struct wire_transform transform = {.R = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                                             .t_mm = {0.01F * (float)index, -50.0F, 900.0F}};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    wire_transform_encode(&writer, &transform);
    return wire_pack_end(&pack, NULL, 0) == NAV_OK ? writer.size : 0;
}

/* When message `i` goes out after the start: at the rate, shifted by up to a quarter of the step
 * either way, evenly over all phases. A stream in step with a receiver's timer would show that
 * timer either at its best or at its worst. */
static int64_t send_offset_ns(const struct stream *stream, uint32_t i)
{
    static const double golden = 0.61803398874989485;
    const double phase = fmod((double)i * golden, 1.0) - 0.5;
    return (int64_t)i * stream->step_ns + llround(0.5 * phase * (double)stream->step_ns);
}

static bool send_stream(int fd, struct stream *stream)
{
    const int64_t start_ns = bench_now_ns() + settle_ns;
    for (uint32_t i = 0; i < stream->count; ++i) {
        uint8_t bytes[MESSAGE_SIZE];
        const size_t size =
            pack_message(i, stream->base_stamp_ns + (int64_t)i * stream->step_ns, bytes);
        bench_sleep_until_ns(start_ns + send_offset_ns(stream, i));
        stream->sent_ns[i] = bench_now_ns();
        if (size == 0 || send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
            return false;
        }
    }
    return true;
}

/* ---- watching our core's scenes, as a viewer does ---- */

struct watcher {
    struct subject *subject;
    atomic_bool over;
};

static void *watch(void *context)
{
    struct watcher *watcher = context;
    const struct subject *subject = watcher->subject;
    struct nav_scene *scene = malloc(sizeof(*scene));
    uint64_t seen = 0;
    while (scene != NULL && !atomic_load(&watcher->over)) {
        if (!nav_scene_reader_wait(subject->reader, seen, watch_timeout_ns) ||
            nav_scene_reader_take(subject->reader, scene) != NAV_OK) {
            continue;
        }
        const int64_t now_ns = bench_now_ns();
        seen = scene->seq;
        if (scene->tools[0].has_pose != 0) {
            const int64_t stamp_ns = scene->tools[0].device_ns;
            bench_log_note(subject->log, stamp_ns, nav_scene_reader_published_ns(subject->reader));
            bench_log_note(subject->viewer_log, stamp_ns, now_ns);
        }
    }
    free(scene);
    return NULL;
}

/* ---- one round ---- */

static size_t collect(const struct stream *stream, const struct bench_log *log, double *out_us)
{
    size_t count = 0;
    for (uint32_t i = 0; i < stream->count; ++i) {
        const int64_t handled_ns = atomic_load(&log->handled_ns[i]);
        if (handled_ns != 0) {
            out_us[count] = (double)(handled_ns - stream->sent_ns[i]) / 1e3;
            ++count;
        }
    }
    return count;
}

static void summarise(const struct subject *subject, int64_t cpu_ns, double *out_values)
{
    static double us[BENCH_LOG_MAX];
    const double sent = (double)subject->stream->count;
    size_t count = collect(subject->stream, subject->log, us);
    out_values[VALUE_P50] = bench_quantile(us, count, 0.50);
    out_values[VALUE_P99] = bench_quantile(us, count, 0.99);
    out_values[VALUE_DELIVERED] = (double)count / sent;
    out_values[VALUE_CPU] = (double)cpu_ns / 1e3 / sent;
    if (subject->viewer_log != NULL) {
        count = collect(subject->stream, subject->viewer_log, us);
    }
    out_values[VALUE_VIEWER_P50] = bench_quantile(us, count, 0.50);
    out_values[VALUE_VIEWER_P99] = bench_quantile(us, count, 0.99);
}

static bool run_subject(void *context, double *out_values)
{
    struct subject *subject = context;
    struct stream *stream = subject->stream;
    stream->base_stamp_ns = nav_utc_now_ns();
    bench_log_reset(subject->log, stream->base_stamp_ns, stream->step_ns);
    if (subject->viewer_log != NULL) {
        bench_log_reset(subject->viewer_log, stream->base_stamp_ns, stream->step_ns);
    }
    const int fd = connect_to(subject->port);
    if (fd < 0) {
        fputs("osteonav bench: cannot connect to a receiver\n", stderr);
        return false;
    }
    struct watcher watcher = {.subject = subject};
    pthread_t thread;
    const bool watched = subject->reader != NULL;
    if (watched && pthread_create(&thread, NULL, watch, &watcher) != 0) {
        (void)close(fd);
        return false;
    }
    const int64_t cpu_before_ns = bench_cpu_of_ns(subject->pid);
    const bool sent = send_stream(fd, stream);
    bench_sleep_until_ns(bench_now_ns() + straggler_ns);
    const int64_t cpu_ns = bench_cpu_of_ns(subject->pid) - cpu_before_ns;
    if (watched) {
        atomic_store(&watcher.over, true);
        (void)pthread_join(thread, NULL);
    }
    (void)close(fd);
    if (!sent) {
        fputs("osteonav bench: a receiver closed the connection\n", stderr);
        return false;
    }
    summarise(subject, cpu_ns, out_values);
    return true;
}

/* ---- the benchmark ---- */

static void print_line(const struct bench_options *options, double rate_hz, const char *quantile,
                       const double *ours, const double *reference, enum value value,
                       enum value viewer_value, enum bench_receiver_kind kind, unsigned runs)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "%g Hz %s", rate_hz, quantile);
    const struct bench_result result = {
        .bench = "latency",
        .what = what,
        .unit = "us",
        .ours = ours[value],
        .reference = reference[value],
        .reference_name = bench_receiver_name(kind),
        .runs = runs,
        .extra = json_pack("{s:f, s:f, s:f, s:f, s:f}", "ours_in_viewer", ours[viewer_value],
                           "ours_delivered", ours[VALUE_DELIVERED], "reference_delivered",
                           reference[VALUE_DELIVERED], "ours_cpu_us", ours[VALUE_CPU],
                           "reference_cpu_us", reference[VALUE_CPU]),
    };
    bench_print(options, &result);
}

static bool run_rate(const struct bench_options *options, size_t rate, struct stream *stream,
                     struct subject *subjects, unsigned runs)
{
    const double seconds = options->quick ? seconds_quick[rate] : seconds_usual[rate];
    stream->step_ns = llround((double)NAV_NS_PER_S / rates_hz[rate]);
    stream->count = (uint32_t)(seconds * rates_hz[rate]);
    struct bench_contender contenders[1 + BENCH_RECEIVER_COUNT];
    for (size_t i = 0; i < 1 + BENCH_RECEIVER_COUNT; ++i) {
        contenders[i] = (struct bench_contender){
            .name = i == 0 ? "osteonav" : bench_receiver_name((enum bench_receiver_kind)(i - 1)),
            .run = run_subject,
            .context = &subjects[i]};
    }
    char title[64];
    (void)snprintf(title, sizeof(title), "latency at %g Hz", rates_hz[rate]);
    double medians[(1 + BENCH_RECEIVER_COUNT) * VALUE_COUNT];
    if (!bench_interleave(title, contenders, 1 + BENCH_RECEIVER_COUNT, VALUE_COUNT, runs,
                          medians)) {
        return false;
    }
    for (size_t i = 0; i < BENCH_RECEIVER_COUNT; ++i) {
        const enum bench_receiver_kind kind = (enum bench_receiver_kind)i;
        const double *reference = &medians[(i + 1) * VALUE_COUNT];
        print_line(options, rates_hz[rate], "p50", medians, reference, VALUE_P50, VALUE_VIEWER_P50,
                   kind, runs);
        print_line(options, rates_hz[rate], "p99", medians, reference, VALUE_P99, VALUE_VIEWER_P99,
                   kind, runs);
    }
    return true;
}

int bench_latency(const struct bench_options *options)
{
    struct bench_core core = {.pid = 0};
    struct bench_receiver receivers[BENCH_RECEIVER_COUNT] = {{.pid = 0}};
    struct stream *stream = calloc(1, sizeof(*stream));
    struct bench_log *published = bench_log_create();
    struct bench_log *viewed = bench_log_create();
    bool good = stream != NULL && published != NULL && viewed != NULL;
    for (size_t i = 0; good && i < BENCH_RECEIVER_COUNT; ++i) {
        good = bench_receiver_start(&receivers[i], (enum bench_receiver_kind)i);
    }
    good = good && bench_core_start(&core);
    if (good) {
        (void)prctl(PR_SET_TIMERSLACK, 1UL);
        struct subject subjects[1 + BENCH_RECEIVER_COUNT];
        subjects[0] = (struct subject){.port = core.port,
                                       .pid = core.pid,
                                       .log = published,
                                       .viewer_log = viewed,
                                       .reader = core.reader,
                                       .stream = stream};
        for (size_t i = 0; i < BENCH_RECEIVER_COUNT; ++i) {
            subjects[i + 1] = (struct subject){.port = receivers[i].port,
                                               .pid = receivers[i].pid,
                                               .log = receivers[i].log,
                                               .stream = stream};
        }
        const unsigned runs = bench_runs(options, USUAL_RUNS);
        for (size_t rate = 0; good && rate < RATES; ++rate) {
            good = run_rate(options, rate, stream, subjects, runs);
        }
    }
    bench_core_stop(&core);
    for (size_t i = 0; i < BENCH_RECEIVER_COUNT; ++i) {
        bench_receiver_stop(&receivers[i]);
    }
    bench_log_destroy(viewed);
    bench_log_destroy(published);
    free(stream);
    return good ? VERB_OK : VERB_FAILED;
}
