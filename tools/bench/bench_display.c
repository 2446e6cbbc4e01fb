/* The display as it is used: `osteonav display` in an X server of the benchmark's own, beside a
 * core that is sent poses. What it measures itself in its frame log is looked at from outside. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
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
#include "display_case.h"
#include "frame_log.h"
#include "nav/time.h"
#include "verbs.h"
#include "wire_pack.h"
#include "wire_transform.h"

enum { USUAL_RUNS = 3, START_RUNS = 5, FRAMES_MAX = 1 << 16, MESSAGES_SIZE = 512 };
static const int64_t send_step_ns = 10 * NAV_NS_PER_MS; /* a tracker of 100 Hz */
static const int64_t start_timeout_ns = 60 * NAV_NS_PER_S;
static const int64_t end_timeout_ns = 5 * NAV_NS_PER_S;
static const int64_t poll_ns = 2 * NAV_NS_PER_MS;
static const double frame_ms = 1000.0 / 60.0;

/* As the receivers of the other benchmarks: before all other work, where that is permitted, so that
 * a busy machine tells of the display and not of its neighbours. Children inherit it. */
static void go_first(void)
{
    const struct sched_param first = {.sched_priority = 10};
    (void)sched_setscheduler(0, SCHED_RR, &first);
}

/* ---- processes ------------------------------------------------------------------------------ */

struct display {
    pid_t server, process;
    char screen[16]; /* of the server, as DISPLAY */
    char frames[DISPLAY_CASE_PATH];
    int64_t started_ns;
};

static void end_process(pid_t *pid)
{
    if (*pid <= 0) {
        return;
    }
    (void)kill(*pid, SIGTERM);
    const int64_t until_ns = bench_now_ns() + end_timeout_ns;
    pid_t ended = 0;
    while (ended == 0 && bench_now_ns() < until_ns) {
        ended = waitpid(*pid, NULL, WNOHANG);
        bench_sleep_until_ns(bench_now_ns() + poll_ns);
    }
    if (ended == 0) {
        (void)kill(*pid, SIGKILL);
        (void)waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static void send_output_to(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* An X server without a screen, on a number that it finds free. */
static bool start_server(struct display *display)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    display->server = fork();
    if (display->server == 0) {
        char number[16];
        send_output_to("/dev/null");
        const int kept = dup(ends[1]); /* without O_CLOEXEC */
        (void)snprintf(number, sizeof(number), "%d", kept);
        (void)execlp("Xvfb", "Xvfb", "-displayfd", number, "-screen", "0", "1920x1080x24",
                     "-nolisten", "tcp", (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    /* To the end of its line: a server that cannot write the end of it gives up. */
    char answer[12] = "";
    size_t length = 0;
    while (display->server > 0 && length + 1 < sizeof(answer) && strchr(answer, '\n') == NULL &&
           read(ends[0], &answer[length], 1) == 1) {
        ++length;
    }
    (void)close(ends[0]);
    if (strchr(answer, '\n') == NULL) {
        fputs("osteonav bench: no X server for the display; install Xvfb\n", stderr);
        return false;
    }
    answer[strcspn(answer, "\n")] = '\0';
    (void)snprintf(display->screen, sizeof(display->screen), ":%s", answer);
    return true;
}

static bool start_display(struct display *display, const struct display_case *made,
                          const char *instance)
{
    char log[DISPLAY_CASE_PATH];
    (void)snprintf(log, sizeof(log), "%s/log", made->folder);
    (void)snprintf(display->frames, sizeof(display->frames), "%s/frames", made->folder);
    (void)unlink(display->frames);
    char *program = verb_sibling_path("osteonav");
    if (program == NULL) {
        fputs("osteonav bench: cannot find osteonav beside osteonav-bench\n", stderr);
        return false;
    }
    display->started_ns = bench_now_ns();
    display->process = fork();
    if (display->process == 0) {
        send_output_to(log);
        (void)setenv("DISPLAY", display->screen, 1);
        (void)unsetenv("WAYLAND_DISPLAY");
        (void)execl(program, program, "display", made->path, "--instance", instance, "--frame-log",
                    display->frames, (char *)NULL);
        _exit(127);
    }
    free(program);
    return display->process > 0;
}

static size_t read_frames(const struct display *display, struct rnd_frame_line *out, size_t room)
{
    FILE *file = fopen(display->frames, "re");
    char text[160];
    size_t count = 0;
    while (file != NULL && count < room && fgets(text, sizeof(text), file) != NULL) {
        count += strchr(text, '\n') != NULL && rnd_frame_log_parse(text, &out[count]);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

/* Until it has shown a picture in its whole detail. */
static bool wait_until_whole(const struct display *display, struct rnd_frame_line *frames,
                             int64_t *out_first_ns, int64_t *out_whole_ns)
{
    const int64_t until_ns = bench_now_ns() + start_timeout_ns;
    while (bench_now_ns() < until_ns && waitpid(display->process, NULL, WNOHANG) == 0) {
        const size_t count = read_frames(display, frames, FRAMES_MAX);
        for (size_t i = 0; i < count; ++i) {
            if (frames[i].whole) {
                *out_first_ns = frames[0].shown_ns;
                *out_whole_ns = frames[i].shown_ns;
                return true;
            }
        }
        bench_sleep_until_ns(bench_now_ns() + poll_ns);
    }
    fputs("osteonav bench: the display shows no whole picture\n", stderr);
    return false;
}

/* A line such as "VmHWM:  1234 kB" of the process, in MB; NaN: gone. */
static double memory_mb(pid_t pid, const char *key)
{
    char path[64];
    char line[160];
    double kb = (double)NAN;
    (void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            kb = strtod(line + strlen(key), NULL);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kb / 1024.0;
}

static double load_average(void)
{
    double load[1] = {(double)NAN};
    (void)getloadavg(load, 1);
    return load[0];
}

/* ---- tools that move ------------------------------------------------------------------------ */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

/* As a hand moves them: one near the roots; three reach across the view. */
static void place_tool(unsigned tool, double time_s, struct wire_transform *out)
{
    const double phase = 2.0 * M_PI * 0.4 * time_s + 2.0 * tool;
    const double angle = 0.5 * sin(0.6 * phase) + (tool == 0 ? 0.4 : 1.2 * (double)tool - 1.8);
    const float c = (float)cos(angle);
    const float s = (float)sin(angle);
    *out = (struct wire_transform){.R = {c, 0, s, 0, 1, 0, -s, 0, c},
                                   .t_mm = {(float)(30.0 * sin(phase) + (tool == 0   ? 0.0
                                                                         : tool == 1 ? 60.0
                                                                                     : -60.0)),
                                            (float)(45.0 + 15.0 * cos(phase)),
                                            (float)(20.0 * cos(1.3 * phase) - 20.0)}};
}

static bool send_tools(int fd, unsigned tools, double time_s)
{
    uint8_t bytes[MESSAGES_SIZE];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const int64_t utc_ns = nav_utc_now_ns();
    for (unsigned i = 0; i < tools; ++i) {
        const struct wire_pack_head head = {.version = 1,
                                            .kind = WIRE_KIND_TRANSFORM,
                                            .device = display_case_devices[i],
                                            .utc_ns = utc_ns};
        struct wire_transform transform;
        place_tool(i, time_s, &transform);
        const struct wire_pack pack = wire_pack_begin(&writer, &head);
        wire_transform_encode(&writer, &transform);
        if (wire_pack_end(&pack, NULL, 0) != NAV_OK) {
            return false;
        }
    }
    return send(fd, bytes, writer.size, MSG_NOSIGNAL) == (ssize_t)writer.size;
}

/* ---- the display beside a core -------------------------------------------------------------- */

enum value { VALUE_FPS, VALUE_P50, VALUE_P99, VALUE_MISSED, VALUE_BUSY, VALUE_LOAD, VALUE_COUNT };

struct subject {
    const struct display *display;
    const struct bench_core *core;
    unsigned tools;
    double seconds;
    struct rnd_frame_line *frames;
};

/* Pictures with a new pose in them, between the first and the last. A picture later than a frame of
 * 60 Hz counts as missed as often as it is. */
static void summarise(const struct rnd_frame_line *frames, size_t count, double *out_values)
{
    double *ages_ms = calloc(count + 1, sizeof(*ages_ms));
    size_t shown = 0;
    double missed = 0.0;
    int64_t last_ns = 0;
    int64_t first_ns = 0;
    int64_t arrival_ns = 0;
    for (size_t i = 0; ages_ms != NULL && i < count; ++i) {
        if (frames[i].arrival_ns == arrival_ns || frames[i].arrival_ns == 0) {
            continue;
        }
        arrival_ns = frames[i].arrival_ns;
        if (shown > 0) {
            const double gap_ms = (double)(frames[i].shown_ns - last_ns) / 1e6;
            missed += fmax(0.0, round(gap_ms / frame_ms) - 1.0);
        } else {
            first_ns = frames[i].shown_ns;
        }
        last_ns = frames[i].shown_ns;
        ages_ms[shown++] = (double)(frames[i].shown_ns - arrival_ns) / 1e6;
    }
    out_values[VALUE_FPS] =
        shown > 1 ? (double)(shown - 1) / ((double)(last_ns - first_ns) / 1e9) : 0.0;
    out_values[VALUE_P50] = bench_quantile(ages_ms, shown, 0.50);
    out_values[VALUE_P99] = bench_quantile(ages_ms, shown, 0.99);
    out_values[VALUE_MISSED] = missed;
    free(ages_ms);
}

static bool run_display(void *context, double *out_values)
{
    const struct subject *subject = context;
    const int fd = connect_to(subject->core->port);
    if (fd < 0) {
        fputs("osteonav bench: cannot connect to the core\n", stderr);
        return false;
    }
    const int64_t settle_ns = NAV_NS_PER_S; /* trust, first sections */
    const int64_t start_ns = bench_now_ns();
    const int64_t from_ns = start_ns + settle_ns;
    const int64_t until_ns = from_ns + llround(subject->seconds * (double)NAV_NS_PER_S);
    int64_t cpu_ns = 0;
    bool good = true;
    for (int64_t next_ns = start_ns; good && next_ns < until_ns; next_ns += send_step_ns) {
        bench_sleep_until_ns(next_ns);
        if (next_ns < from_ns) {
            cpu_ns = bench_cpu_of_ns(subject->display->process);
        }
        good = send_tools(fd, subject->tools, (double)(next_ns - start_ns) / 1e9);
    }
    cpu_ns = bench_cpu_of_ns(subject->display->process) - cpu_ns;
    (void)close(fd);
    const size_t count = read_frames(subject->display, subject->frames, FRAMES_MAX);
    size_t first = 0;
    while (first < count && subject->frames[first].begun_ns < from_ns) {
        ++first;
    }
    summarise(subject->frames + first, count - first, out_values);
    out_values[VALUE_BUSY] = (double)cpu_ns / 1e9 / subject->seconds;
    out_values[VALUE_LOAD] = load_average();
    /* Until nothing of this round is live any more. */
    bench_sleep_until_ns(bench_now_ns() + settle_ns);
    if (!good || waitpid(subject->display->process, NULL, WNOHANG) != 0) {
        fputs("osteonav bench: the core or the display ended\n", stderr);
        return false;
    }
    return true;
}

static json_t *live_extras(const double *values, size_t triangles, double seconds)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:I}", "p50_ms", values[VALUE_P50],
                     "p99_ms", values[VALUE_P99], "missed_frames", values[VALUE_MISSED], "seconds",
                     seconds, "fps", values[VALUE_FPS], "processors", values[VALUE_BUSY], "load",
                     values[VALUE_LOAD], "realtime", (int)bench_has_realtime(), "triangles",
                     (json_int_t)triangles);
}

static bool measure_tools(const struct bench_options *options, struct subject *subject,
                          size_t triangles)
{
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    const double fps_limit = subject->tools == 1 ? 60.0 : 30.0;
    const struct bench_contender contender = {"osteonav", run_display, subject};
    double values[VALUE_COUNT];
    char what[64];
    (void)snprintf(what, sizeof(what), "%u tool%s moving, panel and slices live", subject->tools,
                   subject->tools > 1 ? "s" : "");
    if (!bench_interleave(what, &contender, 1, VALUE_COUNT, runs, values)) {
        return false;
    }
    bench_print(options,
                &(struct bench_result){.bench = "display",
                                       .what = what,
                                       .unit = "fps",
                                       .ours = values[VALUE_FPS],
                                       .reference = fps_limit,
                                       .reference_name = "to hold",
                                       .more_is_better = true,
                                       .runs = runs,
                                       .extra = live_extras(values, triangles, subject->seconds)});
    (void)snprintf(what, sizeof(what), "%u tool%s, pose arrival to swap, p99", subject->tools,
                   subject->tools > 1 ? "s" : "");
    bench_print(options,
                &(struct bench_result){.bench = "display",
                                       .what = what,
                                       .unit = "ms",
                                       .ours = values[VALUE_P99],
                                       .reference = 33.0,
                                       .reference_name = "to hold",
                                       .runs = runs,
                                       .extra = live_extras(values, triangles, subject->seconds)});
    return true;
}

int bench_display(const struct bench_options *options)
{
    struct display_case made = {.triangles = 0};
    struct display display = {.server = 0};
    struct bench_core core = {.pid = 0};
    struct rnd_frame_line *frames = calloc(FRAMES_MAX, sizeof(*frames));
    int64_t first_ns = 0;
    int64_t whole_ns = 0;
    bool good = frames != NULL && display_case_make(&made, 300000);
    if (good) {
        go_first();
        good = start_server(&display) && bench_core_start_case(&core, made.path) &&
               start_display(&display, &made, core.instance) &&
               wait_until_whole(&display, frames, &first_ns, &whole_ns);
        for (unsigned tools = 1; good && tools <= DISPLAY_CASE_TOOLS; tools += 2) {
            struct subject subject = {.display = &display,
                                      .core = &core,
                                      .tools = tools,
                                      .seconds = options->quick ? 3.0 : 10.0,
                                      .frames = frames};
            good = measure_tools(options, &subject, made.triangles);
        }
        end_process(&display.process);
        bench_core_stop(&core);
        end_process(&display.server);
        display_case_remove(&made);
    }
    free(frames);
    return good ? VERB_OK : VERB_FAILED;
}

/* ---- the first picture ---------------------------------------------------------------------- */

enum start_value { START_WHOLE, START_FIRST, START_MEMORY, START_PEAK, START_LOAD, START_COUNT };

struct start {
    struct display *display;
    const struct display_case *made;
    struct rnd_frame_line *frames;
};

static bool run_start(void *context, double *out_values)
{
    const struct start *start = context;
    int64_t first_ns = 0;
    int64_t whole_ns = 0;
    char instance[32];
    (void)snprintf(instance, sizeof(instance), "bench-nobody-%ld", (long)getpid());
    const bool good = start_display(start->display, start->made, instance) &&
                      wait_until_whole(start->display, start->frames, &first_ns, &whole_ns);
    out_values[START_WHOLE] = (double)(whole_ns - start->display->started_ns) / 1e9;
    out_values[START_FIRST] = (double)(first_ns - start->display->started_ns) / 1e9;
    out_values[START_MEMORY] = memory_mb(start->display->process, "VmRSS:");
    out_values[START_PEAK] = memory_mb(start->display->process, "VmHWM:");
    out_values[START_LOAD] = load_average();
    end_process(&start->display->process);
    return good;
}

int bench_start(const struct bench_options *options)
{
    struct display_case made = {.triangles = 0};
    struct display display = {.server = 0};
    struct start start = {.display = &display, .made = &made};
    start.frames = calloc(FRAMES_MAX, sizeof(*start.frames));
    const unsigned runs = bench_runs(options, START_RUNS);
    double values[START_COUNT];
    bool good = start.frames != NULL && display_case_make(&made, 1000000);
    if (good) {
        go_first();
        const struct bench_contender contender = {"osteonav", run_start, &start};
        good = start_server(&display) &&
               bench_interleave("start", &contender, 1, START_COUNT, runs, values);
        end_process(&display.server);
        display_case_remove(&made);
    }
    free(start.frames);
    if (!good) {
        return VERB_FAILED;
    }
    bench_print(options,
                &(struct bench_result){
                    .bench = "start",
                    .what = "1M triangles, start to whole picture",
                    .unit = "s",
                    .ours = values[START_WHOLE],
                    .reference = 3.0,
                    .reference_name = "to hold",
                    .runs = runs,
                    .extra = json_pack("{s:f, s:f, s:f, s:f, s:b, s:I}", "first_picture_s",
                                       values[START_FIRST], "memory_mb", values[START_MEMORY],
                                       "peak_memory_mb", values[START_PEAK], "load",
                                       values[START_LOAD], "realtime", (int)bench_has_realtime(),
                                       "triangles", (json_int_t)made.triangles)});
    return VERB_OK;
}
