/* What receiving costs: messages as fast as a sender can write them, to samples that are framed,
 * checked and decoded. Ours, the C++ library's documented loop, and a bare libuv reader with the
 * same checksum, which is the practical limit. Each round starts a receiver as a process of its
 * own. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "bench.h"
#include "igtl_ingest.h"
#include "nav/sample.h"
#include "nav/time.h"
#include "session.h"
#include "verbs.h"
#include "wire_crc64.h"
#include "wire_framer.h"
#include "wire_image.h"
#include "wire_pack.h"
#include "wire_sample.h"
#include "wire_table.h"
#include "wire_tdata.h"
#include "wire_text.h"
#include "wire_transform.h"

enum {
    BLOCK_SIZE = 65536,        /* of messages, written at once */
    SENDER_QUEUE = 128 * 1024, /* SO_SNDBUF of the sender */
    IMAGE_WIDTH = 640,
    IMAGE_HEIGHT = 480,
    BODY_CAP = 1 << 20,
    BARE_BUFFER = BODY_CAP + SRV_READ_BUFFER_SIZE,
    TOOLS = 4,
    USUAL_RUNS = 7,
    QUICK_RUNS = 5
};

enum value { VALUE_CPU = 0 /* us a message */, VALUE_RATE /* messages a second */, VALUE_COUNT };

static const int64_t connect_timeout_ns = 5 * NAV_NS_PER_S;
static const int64_t retry_ns = 5 * NAV_NS_PER_MS;

/* What a receiving process reports. */
struct report {
    uint64_t messages;
    double sum;
    int64_t wall_ns;
    int64_t cpu_ns;
};

struct load {
    const char *name;
    enum wire_kind kind;
    uint8_t *block; /* whole messages */
    size_t block_size;
    size_t block_messages;
    size_t message_size;
};

struct subject {
    const struct load *load;
    int (*serve)(const struct subject *subject, uint16_t port, struct report *report);
    uint64_t messages;
    bool apart;            /* the sender runs on another processor than the receiver */
    struct report *report; /* shared with the receiving process */
};

/* ---- ours ------------------------------------------------------------------------------------ */

struct link {
    uv_tcp_t server;
    uv_tcp_t tcp;
    struct wire_framer *framer;
    struct report *report;
    const struct load *load;
    size_t have;      /* bare reader: bytes in the buffer */
    size_t processed; /* bare reader: of them done with */
};

static uint8_t read_bytes[SRV_READ_BUFFER_SIZE];
static uint8_t bare_bytes[BARE_BUFFER];

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)type;
    return wire_kind_cap(kind) != WIRE_CAP_NONE ? BODY_CAP : 0;
}

/* What would be handed to the navigator, so that it is really made; by the tool's place in TDATA,
 * with the name that stood there last. */
static struct {
    struct nav_pose_sample sample;
    char name[WIRE_TOOL_NAME_SIZE + 1];
    uint8_t name_length;
} places[TOOLS];

/* As the core's ingest does: pose, time, the sender's own words about it. */
static inline void take_pose(const struct wire_message *message, const uint8_t *pose,
                             const char *tool, struct nav_pose_sample *sample)
{
    wire_transform_widen(pose, sample->R, sample->t_mm);
    wire_sample_words(message, tool, sample);
}

__attribute__((noinline)) static enum nav_status take_tools(const struct wire_message *message)
{
    const size_t count = wire_tdata_count(message->content_size);
    for (size_t i = 0; i < count && i < TOOLS; i++) {
        const uint8_t *entry = wire_tdata_entry(message->content, i);
        if (!wire_text_retake_name(entry, places[i].name, &places[i].name_length) ||
            places[i].name_length == 0) {
            return NAV_ERR_ENCODING;
        }
        take_pose(message, entry + WIRE_TDATA_AT_POSE, places[i].name, &places[i].sample);
    }
    return NAV_OK;
}

__attribute__((noinline)) static enum nav_status take_image(const struct wire_message *message)
{
    struct wire_image image;
    const enum nav_status status =
        wire_image_decode(message->content, message->content_size, &image);
    if (status == NAV_OK) {
        places[0].sample.t_mm[0] = (double)image.size[0] + (double)image.pixels[0];
    }
    return status;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct report *report = context;
    enum nav_status status = wire_table_check(message);
    if (status != NAV_OK) {
        return status;
    }
    if (message->kind == WIRE_KIND_TRANSFORM) {
        take_pose(message, message->content, NULL, &places[0].sample);
    } else if (message->kind == WIRE_KIND_TDATA) {
        status = take_tools(message);
    } else {
        status = take_image(message);
    }
    report->messages += status == NAV_OK;
    return status;
}

static void on_framer_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct link *link = handle->data;
    (void)suggested;
    size_t size = 0;
    uint8_t *room = wire_framer_room(link->framer, &size);
    if (room == NULL) {
        room = read_bytes;
        size = wire_framer_read_size(link->framer, sizeof(read_bytes));
    }
    *buffer = uv_buf_init((char *)room, (unsigned)size);
}

static void close_link(struct link *link)
{
    uv_close((uv_handle_t *)&link->tcp, NULL);
    uv_close((uv_handle_t *)&link->server, NULL);
}

static void on_framer_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct link *link = stream->data;
    if (count < 0 ||
        wire_framer_feed(link->framer, (const uint8_t *)buffer->base, (size_t)count) != NAV_OK) {
        close_link(link);
    }
}

/* ---- the practical limit --------------------------------------------------------------------- */

enum { NUMBERS = 12 };

/* Where the numbers of a message's poses are put. */
static float bare_poses[TOOLS][NUMBERS];

/* The shortest that does the job: one type is known, sizes are bounded, the checksum is checked,
 * the numbers of poses are swapped. Names, times, metadata and what is inside an image are not
 * looked at. */
static void take_bare_body(struct link *link, const uint8_t *body, size_t size)
{
    const bool tools = link->load->kind == WIRE_KIND_TDATA;
    if (link->load->kind == WIRE_KIND_IMAGE) {
        return;
    }
    const size_t stride = tools ? WIRE_TDATA_TOOL_SIZE : WIRE_TRANSFORM_SIZE;
    size_t tool = 0;
    for (size_t at = stride - WIRE_TRANSFORM_SIZE; at + WIRE_TRANSFORM_SIZE <= size; at += stride) {
        float *numbers = bare_poses[tool++ % TOOLS];
        for (size_t i = 0; i < NUMBERS; i++) {
            numbers[i] = wire_load_f32(body + at + 4 * i);
        }
    }
}

static void take_bare(struct link *link)
{
    enum { AT_TYPE = 2, AT_BODY_SIZE = 42, AT_CRC = 50 };
    const char *type = wire_kind_type(link->load->kind);
    while (link->have - link->processed >= WIRE_HEADER_SIZE) {
        const uint8_t *header = bare_bytes + link->processed;
        const uint64_t body_size = wire_load_u64(header + AT_BODY_SIZE);
        if (body_size > BODY_CAP - WIRE_HEADER_SIZE ||
            memcmp(header + AT_TYPE, type, WIRE_TYPE_SIZE) != 0) {
            close_link(link);
            return;
        }
        if (link->have - link->processed - WIRE_HEADER_SIZE < body_size) {
            break;
        }
        const uint8_t *body = header + WIRE_HEADER_SIZE;
        if (wire_crc64(0, body, body_size) == wire_load_u64(header + AT_CRC)) {
            take_bare_body(link, body, body_size);
            link->report->messages++;
        }
        link->processed += WIRE_HEADER_SIZE + body_size;
    }
}

static void on_bare_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct link *link = handle->data;
    (void)suggested;
    if (link->processed != 0) {
        memmove(bare_bytes, bare_bytes + link->processed, link->have - link->processed);
        link->have -= link->processed;
        link->processed = 0;
    }
    *buffer = uv_buf_init((char *)bare_bytes + link->have, SRV_READ_BUFFER_SIZE);
}

static void on_bare_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct link *link = stream->data;
    if (count < 0) {
        close_link(link);
        return;
    }
    link->have += (size_t)count;
    take_bare(link);
}

/* ---- one connection by libuv ----------------------------------------------------------------- */

static void on_connection(uv_stream_t *server, int status)
{
    struct link *link = server->data;
    if (status < 0 || uv_tcp_init(server->loop, &link->tcp) != 0 ||
        uv_accept(server, (uv_stream_t *)&link->tcp) != 0) {
        return;
    }
    link->tcp.data = link;
    int queue = SRV_RECEIVE_QUEUE;
    (void)uv_recv_buffer_size((uv_handle_t *)&link->tcp, &queue);
    link->report->wall_ns = bench_now_ns();
    link->report->cpu_ns = bench_cpu_ns();
    (void)uv_read_start((uv_stream_t *)&link->tcp,
                        link->framer != NULL ? on_framer_buffer : on_bare_buffer,
                        link->framer != NULL ? on_framer_read : on_bare_read);
}

static int serve_uv(struct link *link, uint16_t port)
{
    uv_loop_t loop;
    struct sockaddr_in address;
    if (uv_loop_init(&loop) != 0 || uv_tcp_init(&loop, &link->server) != 0 ||
        uv_ip4_addr("127.0.0.1", port, &address) != 0 ||
        uv_tcp_bind(&link->server, (const struct sockaddr *)&address, 0) != 0) {
        return -1;
    }
    link->server.data = link;
    if (uv_listen((uv_stream_t *)&link->server, 1, on_connection) != 0) {
        return -1;
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    link->report->cpu_ns = bench_cpu_ns() - link->report->cpu_ns;
    link->report->wall_ns = bench_now_ns() - link->report->wall_ns;
    return uv_loop_close(&loop);
}

static int serve_ours(const struct subject *subject, uint16_t port, struct report *report)
{
    struct link link = {.report = report, .load = subject->load};
    const struct wire_framer_config config = {
        .body_cap = body_cap, .on_message = on_message, .context = report};
    if (wire_framer_create(&config, &link.framer) != NAV_OK) {
        return -1;
    }
    const int code = serve_uv(&link, port);
    report->sum = places[0].sample.t_mm[0];
    wire_framer_destroy(link.framer);
    return code;
}

static int serve_bare(const struct subject *subject, uint16_t port, struct report *report)
{
    struct link link = {.report = report, .load = subject->load};
    const int code = serve_uv(&link, port);
    report->sum = (double)bare_poses[0][9];
    return code;
}

static int serve_library(const struct subject *subject, uint16_t port, struct report *report)
{
    (void)subject;
    struct igtl_ingest_result result;
    if (igtl_ingest_serve(port, bench_now_ns, bench_cpu_ns, &result) != 0) {
        return -1;
    }
    report->cpu_ns = bench_cpu_ns() - result.started_cpu_ns;
    report->wall_ns = bench_now_ns() - result.started_ns;
    report->messages = result.messages;
    report->sum = result.sum;
    return 0;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int64_t until_ns = bench_now_ns() + connect_timeout_ns;
    while (bench_now_ns() < until_ns) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int queue = SENDER_QUEUE;
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof(queue)) == 0 &&
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            return fd;
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        bench_sleep_until_ns(bench_now_ns() + retry_ns);
    }
    return -1;
}

/* libOpenIGTLink cannot be given a bound socket, so all are given a number. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port = 0;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        port = ntohs(address.sin_port);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return port;
}

static bool send_all(int fd, const struct load *load, uint64_t messages)
{
    while (messages > 0) {
        const uint64_t now = messages < load->block_messages ? messages : load->block_messages;
        const size_t size = (size_t)now * load->message_size;
        for (size_t at = 0; at < size;) {
            const ssize_t n = send(fd, load->block + at, size - at, MSG_NOSIGNAL);
            if (n <= 0) {
                return false;
            }
            at += (size_t)n;
        }
        messages -= now;
    }
    return true;
}

static bool run(void *context, double *out_values)
{
    struct subject *subject = context;
    const uint16_t port = free_port();
    *subject->report = (struct report){0};
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        bench_pin(BENCH_RECEIVER);
        _exit(subject->serve(subject, port, subject->report) == 0 ? 0 : 1);
    }
    bench_pin(subject->apart ? BENCH_SENDER : BENCH_RECEIVER);
    const int fd = child > 0 && port != 0 ? connect_to(port) : -1;
    const bool sent = fd >= 0 && send_all(fd, subject->load, subject->messages);
    bench_pin(BENCH_ANYWHERE);
    if (fd >= 0) {
        (void)close(fd);
    }
    int status = 1;
    if (child > 0) {
        if (!sent) {
            (void)kill(child, SIGKILL);
        }
        (void)waitpid(child, &status, 0);
    }
    const struct report *report = subject->report;
    if (!sent || status != 0 || report->messages != subject->messages || !isfinite(report->sum)) {
        fprintf(stderr, "osteonav bench: a receiver of %s took %llu of %llu messages\n",
                subject->load->name, (unsigned long long)report->messages,
                (unsigned long long)subject->messages);
        return false;
    }
    out_values[VALUE_CPU] =
        (double)report->cpu_ns / (double)NAV_NS_PER_US / (double)report->messages;
    out_values[VALUE_RATE] =
        (double)report->messages * (double)NAV_NS_PER_S / (double)report->wall_ns;
    return true;
}

/* ---- loads ----------------------------------------------------------------------------------- */

static void put_content(struct wire_writer *writer, enum wire_kind kind)
{
    const struct wire_transform pose = {.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .t_mm = {10, 20, 30}};
    if (kind == WIRE_KIND_TRANSFORM) {
        wire_transform_encode(writer, &pose);
    } else if (kind == WIRE_KIND_TDATA) {
        for (int i = 0; i < TOOLS; i++) {
            struct wire_tdata_tool tool = {.instrument = 2, .pose = pose};
            (void)snprintf(tool.name, sizeof(tool.name), "Tool%d", i);
            wire_tdata_tool_encode(writer, &tool);
        }
    } else {
        static uint8_t pixels[IMAGE_WIDTH * IMAGE_HEIGHT];
        for (size_t i = 0; i < sizeof(pixels); i++) {
            pixels[i] = (uint8_t)(i * 31 + i / IMAGE_WIDTH);
        }
        wire_image_encode(writer, &(struct wire_image){.version = 1,
                                                       .components = 1,
                                                       .scalar = WIRE_SCALAR_UINT8,
                                                       .endian = WIRE_ENDIAN_LITTLE,
                                                       .coordinates = WIRE_COORDINATES_LPS,
                                                       .size = {IMAGE_WIDTH, IMAGE_HEIGHT, 1},
                                                       .matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                                                       .box_size = {IMAGE_WIDTH, IMAGE_HEIGHT, 1},
                                                       .pixels = pixels,
                                                       .pixels_size = sizeof(pixels)});
    }
}

static bool make_load(const char *name, enum wire_kind kind, struct load *out_load)
{
    const size_t capacity =
        kind == WIRE_KIND_IMAGE ? (size_t)IMAGE_WIDTH * IMAGE_HEIGHT + BLOCK_SIZE : BLOCK_SIZE;
    struct load load = {.name = name, .kind = kind, .block = malloc(capacity)};
    if (load.block == NULL) {
        return false;
    }
    struct wire_writer writer = wire_writer_of(load.block, capacity);
    while (load.block_messages == 0 || capacity - writer.size >= load.message_size) {
        const struct wire_pack pack = wire_pack_begin(
            &writer, &(struct wire_pack_head){.version = 1,
                                              .kind = kind,
                                              .device = "StylusToTracker",
                                              .utc_ns = INT64_C(1700000000123456789)});
        put_content(&writer, kind);
        if (wire_pack_end(&pack, NULL, 0) != NAV_OK) {
            free(load.block);
            return false;
        }
        load.block_messages++;
        load.message_size = writer.size / load.block_messages;
    }
    load.block_size = writer.size;
    *out_load = load;
    return true;
}

static void print_against(const struct bench_options *options, const struct load *load, bool apart,
                          const double *ours, const double *reference, const char *reference_name,
                          unsigned runs)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "%s%s", load->name, apart ? ", two processors" : "");
    json_t *extra = json_object();
    (void)json_object_set_new(extra, "processors", json_integer(apart ? 2 : 1));
    (void)json_object_set_new(extra, "ours_per_s", json_real(ours[VALUE_RATE]));
    (void)json_object_set_new(extra, "reference_per_s", json_real(reference[VALUE_RATE]));
    (void)json_object_set_new(extra, "message_bytes", json_integer((json_int_t)load->message_size));
    (void)json_object_set_new(extra, "realtime", json_boolean(bench_has_realtime()));
    bench_print(options, &(struct bench_result){.bench = "ingest",
                                                .what = what,
                                                .unit = "cpu-s/M",
                                                .ours = ours[VALUE_CPU],
                                                .reference = reference[VALUE_CPU],
                                                .reference_name = reference_name,
                                                .more_is_better = false,
                                                .runs = runs,
                                                .extra = extra});
}

static bool run_load(const struct bench_options *options, const struct load *load, bool apart,
                     struct report *report, uint64_t messages, uint64_t library_messages)
{
    const uint64_t part = options->quick ? 10 : 1;
    struct subject ours = {load, serve_ours, messages / part, apart, report};
    struct subject bare = {load, serve_bare, messages / part, apart, report};
    struct subject library = {load, serve_library, library_messages / part, apart, report};
    const struct bench_contender contenders[3] = {
        {"ours", run, &ours}, {"libuv+crc", run, &bare}, {"libOpenIGTLink", run, &library}};
    /* Rounds are short when quick: one alone would say little. */
    const unsigned runs =
        options->quick && options->runs == 0 ? QUICK_RUNS : bench_runs(options, USUAL_RUNS);
    double medians[3 * VALUE_COUNT];
    if (!bench_interleave(load->name, contenders, 3, VALUE_COUNT, runs, medians)) {
        return false;
    }
    print_against(options, load, apart, medians, medians + (size_t)2 * VALUE_COUNT,
                  "libOpenIGTLink", runs);
    print_against(options, load, apart, medians, medians + VALUE_COUNT, "libuv+crc", runs);
    return true;
}

int bench_ingest(const struct bench_options *options)
{
    static const struct {
        const char *name;
        enum wire_kind kind;
        uint64_t messages; /* for ours and the limit */
        uint64_t library_messages;
    } cases[] = {{"TRANSFORM", WIRE_KIND_TRANSFORM, 2000000, 100000},
                 {"TDATA of 4 tools", WIRE_KIND_TDATA, 600000, 50000},
                 {"IMAGE 640x480", WIRE_KIND_IMAGE, 1500, 200}};
    struct report *report =
        mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED) {
        fputs("osteonav bench: no memory\n", stderr);
        return VERB_FAILED;
    }
    int code = VERB_OK;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && code == VERB_OK; i++) {
        struct load load = {0};
        if (!make_load(cases[i].name, cases[i].kind, &load) ||
            !run_load(options, &load, false, report, cases[i].messages,
                      cases[i].library_messages) ||
            !run_load(options, &load, true, report, cases[i].messages, cases[i].library_messages)) {
            code = VERB_FAILED;
        }
        free(load.block);
    }
    (void)munmap(report, sizeof(*report));
    return code;
}
