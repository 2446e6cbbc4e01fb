/* From an alarm's cause to where it is of use: the scene that says it, and the pixels that show it.
 *
 * The real processes: a core that runs the synthetic patient, a display in a window on an X server
 * of its own, and a tracker over TCP that brings a blade into the bone and then, again and again,
 * what alarms. The cause is the instant before the message is sent that leaves no doubt; where the
 * tracker falls silent, the instant at which the last pose is too old. */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "bench.h"
#include "bench_core.h"
#include "case.h"
#include "frame_log.h"
#include "nav/alarm.h"
#include "nav/pose.h"
#include "nav/time.h"
#include "sim_pack.h"
#include "verbs.h"

#define MS NAV_NS_PER_MS

enum { USUAL_TIMES = 24, QUICK_TIMES = 3, TIMES_MAX = BENCH_RUNS_MAX, PATH = BENCH_PATH_SIZE };

static const int64_t frame_ns = NAV_NS_PER_S / 60;
static const int64_t rest_ns = 900 * MS;     /* until an alarm has ended for good */
static const int64_t patience_ns = 600 * MS; /* for an alarm */
static const int64_t start_ns = 60 * NAV_NS_PER_S;
static const double scene_limit_ms = 5.0, pixels_limit_ms = 300.0;

/* In the bone, before the dural sac. */
static const char cut_name[] = "Upper transverse S1/S2";
static const double work_mm = 9.0;

struct cause {
    enum nav_alarm code;
    double offset_mm, deeper_mm; /* where the blade goes */
    int frames;                  /* whose last one is the cause: two poses decide on the plane */
    bool hides_tool, hides_reference, silence;
};

static const struct cause causes[] = {
    {.code = NAV_ALARM_STOP_DISTANCE, .deeper_mm = 20.0, .frames = 1},
    {.code = NAV_ALARM_OFF_PLANE, .offset_mm = 5.0, .deeper_mm = 8.0, .frames = 2},
    {.code = NAV_ALARM_TOOL_LOST, .hides_tool = true, .frames = 1},
    {.code = NAV_ALARM_REFERENCE_LOST, .hides_reference = true, .frames = 1},
    {.code = NAV_ALARM_TOOL_STALE, .silence = true},
};

enum { CAUSES = sizeof(causes) / sizeof(causes[0]) };

struct event {
    int64_t cause_ns;
    int64_t scene_ns; /* published; 0 = it did not alarm */
    uint64_t seq;
};

struct bench {
    struct bench_core core;
    struct cfg_case *planned;
    const struct cfg_cut *cut;
    struct nav_pose T_reference_image;
    pid_t x_server, display;
    char folder[PATH / 2], x_name[16], shown_path[PATH];
    int fd;
    int64_t base_utc_ns, base_ns;
    struct event events[CAUSES][TIMES_MAX];
};

/* ---- the processes ----------------------------------------------------------------------------
 */

static pid_t run(const char *program, char *const *arguments, const char *log_path)
{
    const pid_t child = fork();
    if (child == 0) {
        const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log >= 0) {
            (void)dup2(log, STDOUT_FILENO);
            (void)dup2(log, STDERR_FILENO);
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execvp(program, arguments);
        _exit(127);
    }
    return child;
}

static bool run_sibling(struct bench *bench, const char *name, char **arguments, bool wait,
                        pid_t *out_pid)
{
    char log_path[PATH];
    char *program = verb_sibling_path(name);
    (void)snprintf(log_path, sizeof(log_path), "%s/log", bench->folder);
    arguments[0] = program;
    int state = 0;
    const pid_t child = program != NULL ? run(program, arguments, log_path) : -1;
    free(program);
    if (wait && child > 0) {
        return waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0;
    }
    *out_pid = child;
    return child > 0;
}

/* An X server on a free number of its own; it ends with this process. */
static bool start_x_server(struct bench *bench)
{
    int ends[2];
    char number[16], answer[12] = "", log_path[PATH];
    char program[] = "Xvfb", displayfd[] = "-displayfd", screen[] = "-screen", zero[] = "0",
         size[] = "1920x1080x24", nolisten[] = "-nolisten", tcp[] = "tcp";
    if (pipe(ends) != 0) {
        return false;
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)snprintf(number, sizeof(number), "%d", ends[1]);
    (void)snprintf(log_path, sizeof(log_path), "%s/log", bench->folder);
    char *const arguments[] = {program, displayfd, number, screen, zero, size, nolisten, tcp, NULL};
    bench->x_server = run(program, arguments, log_path);
    (void)close(ends[1]);
    size_t length = 0; /* it writes the number and the line's end apart */
    while (length + 1 < sizeof(answer) && strchr(answer, '\n') == NULL &&
           read(ends[0], answer + length, 1) == 1) {
        ++length;
    }
    (void)close(ends[0]);
    answer[strcspn(answer, "\n")] = '\0';
    (void)snprintf(bench->x_name, sizeof(bench->x_name), ":%s", answer);
    return length > 1;
}

/* When a picture of this scene or a newer one was shown; -1: never. */
static int64_t shown_ns(const char *path, uint64_t seq)
{
    FILE *file = fopen(path, "re");
    char text[160];
    struct rnd_frame_line line;
    int64_t found = -1;
    while (file != NULL && found < 0 && fgets(text, sizeof(text), file) != NULL) {
        if (rnd_frame_log_parse(text, &line) && line.scene_seq >= seq) {
            found = line.shown_ns;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

static bool start_display(struct bench *bench, const char *case_path)
{
    char path[PATH], instance[] = "--instance", display[] = "--display", name[] = "bedside",
                     frames[] = "--frame-log";
    (void)snprintf(path, sizeof(path), "%s", case_path);
    (void)snprintf(bench->shown_path, sizeof(bench->shown_path), "%s/shown", bench->folder);
    char *arguments[] = {
        NULL, path, instance, bench->core.instance, display, name, frames, bench->shown_path, NULL};
    (void)setenv("DISPLAY", bench->x_name, 1);
    if (!run_sibling(bench, "osteonav-display", arguments, false, &bench->display)) {
        return false;
    }
    const int64_t until_ns = bench_now_ns() + start_ns;
    while (bench_now_ns() < until_ns && shown_ns(bench->shown_path, 1) < 0) {
        bench_sleep_until_ns(bench_now_ns() + 20 * MS);
    }
    return shown_ns(bench->shown_path, 1) >= 0;
}

static bool activate(struct bench *bench)
{
    char command[] = "command", instance[] = "--instance", cut[] = "cut", word[] = "activate",
         name[sizeof(cut_name)];
    memcpy(name, cut_name, sizeof(name));
    char *arguments[] = {NULL, command, instance, bench->core.instance, cut, word, name, NULL};
    return run_sibling(bench, "osteonav", arguments, true, NULL);
}

static bool build_patient(struct bench *bench, char out_case[PATH])
{
    char phantom[] = "phantom", out[] = "--out", folder[PATH], json[] = "--json";
    (void)snprintf(folder, sizeof(folder), "%s/patient", bench->folder);
    (void)snprintf(out_case, PATH, "%s/patient/case.yaml", bench->folder);
    char *arguments[] = {NULL, phantom, out, folder, json, NULL};
    return run_sibling(bench, "osteonav", arguments, true, NULL);
}

static bool load_patient(struct bench *bench, const char *case_path)
{
    struct cfg_error error = {.text = ""};
    if (cfg_case_load(case_path, &bench->planned, &error) != NAV_OK) {
        fprintf(stderr, "osteonav bench: %s\n", error.text);
        return false;
    }
    for (size_t c = 0; c < bench->planned->cut_count; ++c) {
        if (strcmp(bench->planned->cuts[c].name, cut_name) == 0) {
            bench->cut = &bench->planned->cuts[c];
        }
    }
    const double *m = bench->planned->registration_matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    struct nav_pose T_image_reference;
    if (bench->cut == NULL || nav_pose_from_matrix(R, t_mm, 1e-6, &T_image_reference) != NAV_OK) {
        return false;
    }
    bench->T_reference_image = nav_pose_inverse(&T_image_reference);
    return true;
}

/* ---- the tracker ------------------------------------------------------------------------------
 */

static void cross(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        out[i] = a[j] * b[k] - a[k] * b[j];
    }
}

/* The blade flat beside the cut, so deep and so far off. */
static struct nav_pose blade_at(const struct bench *bench, double depth_mm, double offset_mm)
{
    const struct cfg_tool *tool = &bench->planned->tools[0];
    const struct cfg_cut *cut = bench->cut;
    double v[3], side[3], side_tool[3], R[9], tip[3], t_mm[3];
    cross(cut->normal, cut->u, v);
    cross(v, cut->normal, side);
    cross(tool->axis, tool->up, side_tool);
    for (int i = 0; i < 3; ++i) {
        tip[i] = cut->point_mm[i] + depth_mm * v[i] +
                 (offset_mm - 0.5 * cut->margin_side * tool->thickness_mm) * cut->normal[i];
        for (int k = 0; k < 3; ++k) {
            R[3 * i + k] =
                v[i] * tool->axis[k] + cut->normal[i] * tool->up[k] + side[i] * side_tool[k];
        }
    }
    for (int i = 0; i < 3; ++i) {
        t_mm[i] = tip[i];
        for (int k = 0; k < 3; ++k) {
            t_mm[i] -= R[3 * i + k] * tool->tip_mm[k];
        }
    }
    struct nav_pose T_image_tool = nav_pose_identity();
    (void)!nav_pose_from_matrix(R, t_mm, 1e-6, &T_image_tool);
    return nav_pose_compose(&bench->T_reference_image, &T_image_tool);
}

/* One frame over TCP; the reference rests at the tracker's origin. `now_ns` is before send(2). */
static bool send_frame(struct bench *bench, const struct cause *cause, int64_t *now_ns)
{
    static const struct sim_pack_config packing = {.header_version = 2, .send_invalid = true};
    static const struct cause none = {.frames = 0};
    static uint8_t bytes[SIM_PACK_SIZE];
    static uint64_t frames;
    const struct cause *at = cause != NULL ? cause : &none;
    const struct nav_pose tool =
        blade_at(bench, work_mm + at->deeper_mm, at->offset_mm + 1e-4 * (double)(++frames % 7));
    struct sim_frame frame = {.pose_count = 2};
    struct sim_pack_count count = {.messages = 0};
    frame.poses[0] = (struct sim_pose){.device = bench->planned->reference_device,
                                       .status = at->hides_reference ? "OUT_OF_VIEW" : "OK",
                                       .valid = !at->hides_reference,
                                       .has_matrix = true,
                                       .R = {1, 0, 0, 0, 1, 0, 0, 0, 1},
                                       .t_mm = {1e-4 * (double)(frames % 5), 0, 0}};
    frame.poses[1] = (struct sim_pose){.device = bench->planned->tools[0].device,
                                       .status = at->hides_tool ? "OUT_OF_VIEW" : "OK",
                                       .valid = !at->hides_tool,
                                       .has_matrix = true};
    nav_pose_rotation(&tool, frame.poses[1].R);
    memcpy(frame.poses[1].t_mm, tool.t_mm, sizeof(tool.t_mm));
    size_t size = 0;
    *now_ns = bench_now_ns();
    return sim_pack_frame(&packing, &frame, bench->base_utc_ns + *now_ns - bench->base_ns, bytes,
                          &count, &size) == NAV_OK &&
           send(bench->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool send_for(struct bench *bench, const struct cause *cause, int64_t for_ns,
                     int64_t *out_last_ns)
{
    const int64_t begin_ns = bench_now_ns();
    for (int64_t due_ns = begin_ns; due_ns < begin_ns + for_ns; due_ns += frame_ns) {
        bench_sleep_until_ns(due_ns);
        if (!send_frame(bench, cause, out_last_ns)) {
            return false;
        }
    }
    return true;
}

static bool connect_tracker(struct bench *bench)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bench->core.port)};
    const int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench->base_ns = bench_now_ns();
    bench->base_utc_ns = nav_utc_now_ns();
    return bench->fd >= 0 &&
           connect(bench->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           setsockopt(bench->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

/* ---- watching ---------------------------------------------------------------------------------
 */

struct watch {
    struct nav_scene_reader *reader;
    enum nav_alarm code;
    int64_t since_ns; /* of interest: alarms that began after this */
    int64_t until_ns;
    struct event *event;
    atomic_bool over;
};

static bool says(const struct nav_scene *scene, const struct watch *watch)
{
    for (uint32_t i = 0; i < scene->alarm_count; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        if (alarm->code == (uint32_t)watch->code && alarm->active != 0 &&
            alarm->since_ns >= watch->since_ns) {
            return true;
        }
    }
    return false;
}

static void *look_out(void *context)
{
    struct watch *watch = context;
    struct nav_scene *scene = malloc(sizeof(*scene));
    uint64_t seen = 0;
    while (scene != NULL && bench_now_ns() < watch->until_ns) {
        if (!nav_scene_reader_wait(watch->reader, seen, 20 * MS) ||
            nav_scene_reader_take(watch->reader, scene) != NAV_OK) {
            continue;
        }
        seen = scene->seq;
        if (says(scene, watch)) {
            watch->event->scene_ns = nav_scene_reader_published_ns(watch->reader);
            watch->event->seq = scene->seq;
            break;
        }
    }
    free(scene);
    atomic_store(&watch->over, true);
    return NULL;
}

/* Rests, brings the cause, and goes on until the alarm is seen or nobody waits any more. */
static bool provoke(struct bench *bench, const struct cause *cause, struct event *event)
{
    int64_t last_ns = 0;
    pthread_t thread;
    if (!send_for(bench, NULL, rest_ns, &last_ns)) {
        return false;
    }
    struct watch watch = {.reader = bench->core.reader,
                          .code = cause->code,
                          .since_ns = bench_now_ns(),
                          .until_ns = bench_now_ns() + patience_ns,
                          .event = event};
    if (pthread_create(&thread, NULL, look_out, &watch) != 0) {
        return false;
    }
    bool good = true;
    if (cause->silence) {
        event->cause_ns = last_ns + (int64_t)(bench->planned->limits.caution_age_ms * (double)MS);
    }
    for (int i = 0; good && !cause->silence && !atomic_load(&watch.over); ++i) {
        bench_sleep_until_ns(last_ns + frame_ns);
        good = send_frame(bench, cause, &last_ns);
        event->cause_ns = i < cause->frames ? last_ns : event->cause_ns;
    }
    (void)pthread_join(thread, NULL);
    return good;
}

/* ---- what came of it ---------------------------------------------------------------------------
 */

static void print_row(const struct bench_options *options, enum nav_alarm code, const char *to,
                      double *ms, size_t seen, unsigned times, double limit_ms)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "%s to %s", nav_alarm_name(code), to);
    const double p95 = bench_quantile(ms, seen, 0.95);
    const struct bench_result result = {
        .bench = "alarm",
        .what = what,
        .unit = "ms",
        .ours = bench_quantile(ms, seen, 0.5),
        .reference = limit_ms,
        .reference_name = "limit",
        .runs = times,
        .extra = json_pack("{s:f, s:f, s:i, s:b}", "p95_ms", p95, "max_ms",
                           bench_quantile(ms, seen, 1.0), "seen", (int)seen, "holds",
                           seen == times && p95 <= limit_ms),
    };
    bench_print(options, &result);
}

static void print_cause(const struct bench *bench, const struct bench_options *options,
                        size_t cause, unsigned times)
{
    double to_scene[TIMES_MAX], to_pixels[TIMES_MAX];
    size_t scenes = 0, pictures = 0;
    for (unsigned i = 0; i < times; ++i) {
        const struct event *event = &bench->events[cause][i];
        if (event->scene_ns == 0) {
            continue;
        }
        to_scene[scenes++] = (double)(event->scene_ns - event->cause_ns) / (double)MS;
        const int64_t at_ns = shown_ns(bench->shown_path, event->seq);
        if (at_ns >= 0) {
            to_pixels[pictures++] = (double)(at_ns - event->cause_ns) / (double)MS;
        }
    }
    print_row(options, causes[cause].code, "scene", to_scene, scenes, times, scene_limit_ms);
    print_row(options, causes[cause].code, "pixels", to_pixels, pictures, times, pixels_limit_ms);
}

static void end(pid_t pid)
{
    if (pid > 0) {
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
    }
}

static void close_bench(struct bench *bench)
{
    char rm[] = "rm", all[] = "-rf";
    char *const arguments[] = {rm, all, bench->folder, NULL};
    if (bench->fd >= 0) {
        (void)close(bench->fd);
    }
    end(bench->display);
    bench_core_stop(&bench->core);
    end(bench->x_server);
    cfg_case_destroy(bench->planned);
    if (bench->folder[0] != '\0') {
        const pid_t child = run(rm, arguments, "/dev/null");
        (void)waitpid(child, NULL, 0);
    }
}

static bool open_bench(struct bench *bench)
{
    char case_path[PATH];
    const char *base = getenv("TMPDIR");
    (void)snprintf(bench->folder, sizeof(bench->folder), "%s/osteonav-alarm-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(bench->folder) == NULL) {
        bench->folder[0] = '\0';
        fputs("osteonav bench: cannot make a temporary folder\n", stderr);
        return false;
    }
    const char *failed = !build_patient(bench, case_path)                  ? "build the patient"
                         : !load_patient(bench, case_path)                 ? "load the patient"
                         : !bench_core_start_case(&bench->core, case_path) ? "start the core"
                         : !start_x_server(bench)                          ? "start Xvfb"
                         : !start_display(bench, case_path)                ? "start the display"
                         : !connect_tracker(bench)                         ? "connect to the core"
                         : !activate(bench)                                ? "take up the cut"
                                                                           : NULL;
    if (failed != NULL) {
        fprintf(stderr, "osteonav bench: cannot %s\n", failed);
    }
    return failed == NULL;
}

int bench_alarm(const struct bench_options *options)
{
    static struct bench bench;
    bench = (struct bench){.fd = -1};
    const unsigned times = options->quick ? QUICK_TIMES : bench_runs(options, USUAL_TIMES);
    bool good = open_bench(&bench);
    int64_t last_ns;
    good = good && send_for(&bench, NULL, 3 * NAV_NS_PER_S, &last_ns); /* the first picture */
    for (unsigned i = 0; good && i < times; ++i) {
        for (size_t c = 0; good && c < CAUSES; ++c) {
            good = provoke(&bench, &causes[c], &bench.events[c][i]);
        }
    }
    good = good && send_for(&bench, NULL, NAV_NS_PER_S, &last_ns); /* the last one */
    for (size_t c = 0; good && c < CAUSES; ++c) {
        print_cause(&bench, options, c, times);
    }
    close_bench(&bench);
    return good ? VERB_OK : VERB_FAILED;
}
