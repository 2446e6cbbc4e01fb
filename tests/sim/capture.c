#include "capture.h"

#include "test_data.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "nav/time.h"
#include "wire_framer.h"
#include "wire_metadata.h"
#include "wire_sender_status.h"
#include "wire_tdata.h"
#include "wire_transform.h"

enum { ARGUMENTS_MAX = 40, READ_SIZE = 65536, MESSAGES_STEP = 4096 };

struct taker {
    struct capture *capture;
    size_t capacity;
    int64_t arrival_ns;
    int64_t utc_ns;
    size_t read_index;
};

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return 65536;
}

static void copy_text(const struct wire_message *message, const char *key, char *out, size_t size)
{
    struct wire_metadata_entry entry;
    out[0] = '\0';
    if (wire_metadata_find(message, key, &entry, NULL) == NAV_OK) {
        (void)snprintf(out, size, "%.*s", (int)entry.value_size, entry.value);
    }
}

static void copy_pose(const struct wire_transform *from, double R[9], double t_mm[3])
{
    for (int i = 0; i < 9; ++i) {
        R[i] = (double)from->R[i];
    }
    for (int i = 0; i < 3; ++i) {
        t_mm[i] = (double)from->t_mm[i];
    }
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct taker *taker = context;
    struct capture *capture = taker->capture;
    if (capture->count == taker->capacity) {
        taker->capacity += MESSAGES_STEP;
        capture->messages =
            realloc(capture->messages, taker->capacity * sizeof(*capture->messages));
        assert_non_null(capture->messages);
    }
    struct captured *out = &capture->messages[capture->count];
    ++capture->count;
    memset(out, 0, sizeof(*out));
    out->arrival_ns = taker->arrival_ns;
    out->utc_ns = taker->utc_ns;
    out->read_index = taker->read_index;
    out->version = message->version;
    out->device_ns = message->device_ns;
    (void)snprintf(out->type, sizeof(out->type), "%s", message->type);
    assert_int_equal(wire_device_name(message, out->name, sizeof(out->name)), NAV_OK);
    copy_text(message, "TransformStatus", out->status, sizeof(out->status));
    copy_text(message, "TransformValid", out->valid, sizeof(out->valid));
    if (strcmp(out->type, "TRANSFORM") == 0) {
        struct wire_transform transform;
        assert_int_equal(wire_transform_decode(message->content, message->content_size, &transform),
                         NAV_OK);
        out->pose_count = 1;
        (void)snprintf(out->poses[0].name, sizeof(out->poses[0].name), "%s", out->name);
        copy_pose(&transform, out->poses[0].R, out->poses[0].t_mm);
    } else if (strcmp(out->type, "TDATA") == 0) {
        out->pose_count = wire_tdata_count(message->content_size);
        for (size_t i = 0; i < out->pose_count; ++i) {
            struct wire_tdata_tool tool;
            char key[80];
            assert_int_equal(wire_tdata_tool_at(message->content, message->content_size, i, &tool),
                             NAV_OK);
            (void)snprintf(out->poses[i].name, sizeof(out->poses[i].name), "%s", tool.name);
            (void)snprintf(key, sizeof(key), "%sStatus", tool.name);
            copy_text(message, key, out->poses[i].status, sizeof(out->poses[i].status));
            copy_pose(&tool.pose, out->poses[i].R, out->poses[i].t_mm);
        }
    }
    return NAV_OK;
}

static int64_t monotonic_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

static int open_listener(uint16_t *port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const int on = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    socklen_t size = sizeof(address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static pid_t start_program(const char *const *arguments, uint16_t port, FILE *out, FILE *err)
{
    const char *folder = getenv("OSTEONAV_BIN");
    assert_non_null(folder);
    char program[1024];
    char address[64];
    (void)snprintf(program, sizeof(program), "%s/osteonav", folder);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)port);
    const char *argv[ARGUMENTS_MAX] = {program};
    size_t count = 1;
    for (; *arguments != NULL; ++arguments) {
        assert_true(count + 3 < ARGUMENTS_MAX);
        argv[count++] = *arguments;
    }
    argv[count++] = "--to";
    argv[count] = address;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(fileno(out), STDOUT_FILENO);
        (void)dup2(fileno(err), STDERR_FILENO);
        (void)execv(program, (char **)(uintptr_t)argv);
        _exit(127);
    }
    return child;
}

static char *whole_text(FILE *file)
{
    const long size = ftell(file) >= 0 && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    return text;
}

struct link {
    int fd; /* -1 = none */
    struct wire_framer *framer;
};

static void link_finish(struct link *link, struct capture *capture)
{
    if (link->fd < 0) {
        return;
    }
    const struct wire_framer_stats *stats = wire_framer_stats(link->framer);
    capture->errors += stats->crc_errors + stats->malformed + stats->skipped;
    if (wire_framer_at_boundary(link->framer) == 0) {
        ++capture->errors;
    }
    wire_framer_destroy(link->framer);
    (void)close(link->fd);
    link->fd = -1;
}

static void link_read(struct link *link, struct taker *taker)
{
    static uint8_t bytes[READ_SIZE];
    const ssize_t n = read(link->fd, bytes, sizeof(bytes));
    taker->arrival_ns = monotonic_ns();
    taker->utc_ns = nav_utc_now_ns();
    ++taker->read_index;
    if (n <= 0) {
        link_finish(link, taker->capture);
        return;
    }
    if (wire_framer_feed(link->framer, bytes, (size_t)n) != NAV_OK) {
        ++taker->capture->errors;
    }
}

void capture_run(const char *const *arguments, const struct capture_plan *plan,
                 struct capture *out_capture)
{
    *out_capture = (struct capture){.exit_code = -1};
    struct taker taker = {.capture = out_capture};
    const struct wire_framer_config config = {
        .body_cap = body_cap, .on_message = on_message, .context = &taker};
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    uint16_t port = 0;
    int listener = open_listener(&port);
    if (plan->refuse_first) {
        (void)close(listener);
        listener = -1;
    }
    const int64_t start_ns = monotonic_ns();
    const pid_t child = start_program(arguments, port, out, err);
    struct link link = {.fd = -1};
    bool closed_once = false;
    bool interrupted = false;
    int status = 0;
    bool ended = false;
    while (!ended || link.fd >= 0) {
        const int64_t elapsed_ms = (monotonic_ns() - start_ns) / NAV_NS_PER_MS;
        if (elapsed_ms > plan->timeout_ms) {
            (void)kill(child, SIGKILL);
        }
        if (plan->interrupt_after_ms > 0 && elapsed_ms >= plan->interrupt_after_ms &&
            !interrupted) {
            (void)kill(child, SIGINT);
            interrupted = true;
        }
        if (listener < 0 && elapsed_ms >= 300) {
            listener = open_listener(&port);
        }
        struct pollfd items[2] = {{.fd = listener, .events = POLLIN},
                                  {.fd = link.fd, .events = POLLIN}};
        (void)poll(items, 2, 20);
        if ((items[0].revents & POLLIN) != 0 && link.fd < 0) {
            link.fd = accept(listener, NULL, NULL);
            assert_true(link.fd >= 0);
            assert_int_equal(wire_framer_create(&config, &link.framer), NAV_OK);
            ++out_capture->connections;
        }
        if (link.fd >= 0 && (items[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            link_read(&link, &taker);
        }
        if (link.fd >= 0 && plan->close_after > 0 && !closed_once &&
            out_capture->count >= plan->close_after) {
            link_finish(&link, out_capture);
            out_capture->errors = 0;
            closed_once = true;
        }
        if (!ended && waitpid(child, &status, WNOHANG) == child) {
            ended = true;
        }
    }
    (void)close(listener);
    out_capture->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out_capture->output = whole_text(out);
    out_capture->complaint = whole_text(err);
}

void capture_finish(struct capture *capture)
{
    free(capture->messages);
    free(capture->output);
    free(capture->complaint);
    *capture = (struct capture){.exit_code = -1};
}
