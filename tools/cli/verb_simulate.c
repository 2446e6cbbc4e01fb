/* `osteonav simulate`: a tracker for the bench. Sends a recorded session, or a hand that moves a
 * tool of the case along its planned cuts, to an OpenIGTLink server. It is an ordinary peer and
 * knows nothing of the core's insides. */
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <jansson.h>

#include "address.h"
#include "case.h"
#include "nav/time.h"
#include "pose_relay.h"
#include "sequence.h"
#include "sim_hand.h"
#include "sim_recording.h"
#include "sim_script.h"
#include "sim_sender.h"

enum { WHY_SIZE = 512, HOST_SIZE = 256, PORT_SIZE = 8, DEFAULT_PORT = 18944 };

static const char default_address[] = "127.0.0.1:18944";
static const double default_rate_hz = 60.0;
static const double rate_max_hz = 100000.0;
static const int64_t progress_ns = NAV_NS_PER_S / 5;
static const unsigned long timer_slack_ns = 1000;

struct options {
    const char *sequence_path;
    const char *script_path;
    const char *case_path;
    const char *address;
    const char *transforms;
    const char *truth_path;
    const char *tool;
    const char *relay;
    double speed;
    double rate_hz;
    double duration_s;
    double noise_mm;  /* NaN = as the script says */
    double noise_deg; /* likewise */
    double tremor_mm; /* likewise */
    uint64_t seed;
    uint64_t count;
    uint16_t header_version;
    bool loop;
    bool retry;
    bool send_invalid;
    bool tdata;
    bool no_occlusions;
    bool quiet;
    bool json;
};

struct run {
    const struct options *options;
    struct sim_sender_stats stats;
    struct sim_hand *hand; /* NULL with a recording */
    FILE *truth;
    bool truth_failed;
    double expected_s; /* for the progress line; 0 = unknown */
    bool shows_progress;
    bool line_is_open;
    struct nav_clock clock;
    int64_t next_progress_ns;
};

static volatile sig_atomic_t stop_requested;

static void on_stop_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_stop_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void print_help(void)
{
    fputs("usage: osteonav simulate --sequence FILE [--to HOST:PORT] [OPTIONS]\n"
          "       osteonav simulate --case CASE [--script FILE] [--to HOST:PORT] [OPTIONS]\n"
          "       osteonav simulate --script FILE [--to HOST:PORT] [OPTIONS]\n"
          "       osteonav simulate --relay FROM --case CASE [--script FILE] [--to HOST:PORT]\n\n"
          "Sends tracked poses to an OpenIGTLink server, as a tracker would: a recorded session "
          "with\n"
          "its own timing, or a hand that moves a tool of the case along its planned cuts. With\n"
          "--relay it stands between a real tracker and the core and lets faults happen.\n\n"
          "what is sent:\n"
          "  --sequence FILE      recorded session, .igs.mha or .igs.nrrd\n"
          "  --transforms NAMES   only these of its transforms, comma separated\n"
          "  --case CASE          case file whose cuts the hand follows\n"
          "  --script FILE        what the hand does and what goes wrong (docs/simulate.md);\n"
          "                       without it every cut in order, with a few occlusions\n"
          "  --relay FROM         poses of a real tracker pass by, and the script's faults happen "
          "to\n"
          "                       them; its times count from the first pose of the tool, its\n"
          "                       actions are not done. Without --script the tool or the\n"
          "                       reference is hidden for 2 s every 20 to 40 s. FROM is the\n"
          "                       HOST:PORT of the tracker's server, or listen:HOST:PORT for a\n"
          "                       tracker that connects. With --retry, --tool, --seed, --to\n"
          "  --tool NAME          tool of the case (default: its first blade)\n"
          "  --rate HZ            frames per second of the simulated tracker (default 60)\n"
          "  --seed N             of noise and tremor (default 1); the same seed, the same poses\n"
          "  --noise-mm X         rms error of a measured position (default 0.25)\n"
          "  --noise-deg X        rms error of a measured orientation (default 0.1)\n"
          "  --tremor-mm X        rms of the hand's tremor (default 0.2)\n"
          "  --no-occlusions      the built-in script hides nothing\n"
          "  --truth FILE         writes where the tool really is, one JSON object a frame\n\n"
          "how it is sent:\n"
          "  --to HOST:PORT       receiver (default 127.0.0.1:18944; IPv6 as [::1]:18944)\n"
          "  --speed X            times faster than recorded (default 1); 0 = as fast as it goes\n"
          "  --loop               start over at the end\n"
          "  --count N            stop after N frames\n"
          "  --duration S         stop after S seconds\n"
          "  --retry              connect again when refused or cut off\n"
          "  --tdata              one TDATA message a frame instead of TRANSFORM messages\n"
          "  --header-version V   1 or 2 (default 2, which states each pose's validity)\n"
          "  --send-invalid       send poses that are not valid, marked so (default: not sent)\n\n"
          "  --json               end with one JSON object of counts\n"
          "  --quiet              no progress, no summary\n"
          "  --help               this text\n\n"
          "Exit codes: 0 everything was sent, or interrupted; 1 failed; 2 usage.\n",
          stdout);
}

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "osteonav simulate: %s '%s'; `osteonav simulate --help` explains\n", what,
            value);
    return VERB_USAGE;
}

static bool parse_double(const char *text, double min, double max, double *out_value)
{
    char *end = NULL;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value >= min && value <= max)) {
        return false;
    }
    *out_value = value;
    return true;
}

static bool parse_u64(const char *text, uint64_t *out_value)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return false;
    }
    *out_value = value;
    return true;
}

enum option_code {
    OPTION_SEQUENCE = 256,
    OPTION_SCRIPT,
    OPTION_CASE,
    OPTION_TO,
    OPTION_TRANSFORMS,
    OPTION_TRUTH,
    OPTION_TOOL,
    OPTION_RELAY,
    OPTION_SPEED,
    OPTION_RATE,
    OPTION_DURATION,
    OPTION_NOISE_MM,
    OPTION_NOISE_DEG,
    OPTION_TREMOR_MM,
    OPTION_SEED,
    OPTION_COUNT,
    OPTION_HEADER_VERSION,
    OPTION_LOOP,
    OPTION_RETRY,
    OPTION_SEND_INVALID,
    OPTION_TDATA,
    OPTION_NO_OCCLUSIONS,
    OPTION_QUIET,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"sequence", required_argument, NULL, OPTION_SEQUENCE},
    {"script", required_argument, NULL, OPTION_SCRIPT},
    {"case", required_argument, NULL, OPTION_CASE},
    {"to", required_argument, NULL, OPTION_TO},
    {"transforms", required_argument, NULL, OPTION_TRANSFORMS},
    {"truth", required_argument, NULL, OPTION_TRUTH},
    {"tool", required_argument, NULL, OPTION_TOOL},
    {"relay", required_argument, NULL, OPTION_RELAY},
    {"speed", required_argument, NULL, OPTION_SPEED},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"noise-mm", required_argument, NULL, OPTION_NOISE_MM},
    {"noise-deg", required_argument, NULL, OPTION_NOISE_DEG},
    {"tremor-mm", required_argument, NULL, OPTION_TREMOR_MM},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"header-version", required_argument, NULL, OPTION_HEADER_VERSION},
    {"loop", no_argument, NULL, OPTION_LOOP},
    {"retry", no_argument, NULL, OPTION_RETRY},
    {"send-invalid", no_argument, NULL, OPTION_SEND_INVALID},
    {"tdata", no_argument, NULL, OPTION_TDATA},
    {"no-occlusions", no_argument, NULL, OPTION_NO_OCCLUSIONS},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* False when the value is no good. */
static bool take_number(int code, const char *text, struct options *options)
{
    uint64_t version = 0;
    switch (code) {
    case OPTION_SPEED:
        return parse_double(text, 0, 1e6, &options->speed);
    case OPTION_RATE:
        return parse_double(text, 1e-3, rate_max_hz, &options->rate_hz);
    case OPTION_DURATION:
        return parse_double(text, 1e-9, 1e9, &options->duration_s);
    case OPTION_NOISE_MM:
        return parse_double(text, 0, 1000, &options->noise_mm);
    case OPTION_NOISE_DEG:
        return parse_double(text, 0, 90, &options->noise_deg);
    case OPTION_TREMOR_MM:
        return parse_double(text, 0, 100, &options->tremor_mm);
    case OPTION_SEED:
        return parse_u64(text, &options->seed);
    case OPTION_COUNT:
        return parse_u64(text, &options->count) && options->count > 0;
    case OPTION_HEADER_VERSION:
        if (!parse_u64(text, &version) || version < 1 || version > 2) {
            return false;
        }
        options->header_version = (uint16_t)version;
        return true;
    default:
        return false;
    }
}

static bool take_flag(int code, struct options *options)
{
    switch (code) {
    case OPTION_LOOP:
        options->loop = true;
        return true;
    case OPTION_RETRY:
        options->retry = true;
        return true;
    case OPTION_SEND_INVALID:
        options->send_invalid = true;
        return true;
    case OPTION_TDATA:
        options->tdata = true;
        return true;
    case OPTION_NO_OCCLUSIONS:
        options->no_occlusions = true;
        return true;
    case OPTION_QUIET:
        options->quiet = true;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    default:
        return false;
    }
}

static bool take_text(int code, const char *text, struct options *options)
{
    switch (code) {
    case OPTION_SEQUENCE:
        options->sequence_path = text;
        return true;
    case OPTION_SCRIPT:
        options->script_path = text;
        return true;
    case OPTION_CASE:
        options->case_path = text;
        return true;
    case OPTION_TO:
        options->address = text;
        return true;
    case OPTION_TRANSFORMS:
        options->transforms = text;
        return true;
    case OPTION_TRUTH:
        options->truth_path = text;
        return true;
    case OPTION_TOOL:
        options->tool = text;
        return true;
    case OPTION_RELAY:
        options->relay = text;
        return true;
    default:
        return false;
    }
}

/* Rules between options. Returns the exit code of a refusal, else VERB_OK. */
static int check_options(const struct options *options)
{
    const bool hand = options->script_path != NULL || options->case_path != NULL;
    if (hand == (options->sequence_path != NULL)) {
        fputs("osteonav simulate: give either --sequence, or --case or --script; "
              "`osteonav simulate --help` explains\n",
              stderr);
        return VERB_USAGE;
    }
    if (options->relay != NULL && (!hand || options->truth_path != NULL)) {
        return usage_error(hand ? "nobody knows the truth of a real tracker: --truth with --relay"
                                : "goes with --case or --script: --relay",
                           options->relay);
    }
    if (!hand && (options->truth_path != NULL || options->tool != NULL)) {
        return usage_error("a recording has neither truth nor tools of a case:",
                           options->truth_path != NULL ? "--truth" : "--tool");
    }
    if (hand && options->transforms != NULL) {
        return usage_error("only a recording has", "--transforms");
    }
    if (options->send_invalid && options->header_version == 1) {
        return usage_error("needs --header-version 2, which can say that a pose is not valid:",
                           "--send-invalid");
    }
    return VERB_OK;
}

/* Returns -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.address = default_address,
                                .speed = 1.0,
                                .rate_hz = default_rate_hz,
                                .noise_mm = NAN,
                                .noise_deg = NAN,
                                .tremor_mm = NAN,
                                .seed = 1,
                                .header_version = 2};
    opterr = 0;
    optind = 1;
    for (;;) {
        int index = 0;
        const int code = getopt_long(argc, argv, ":", long_options, &index);
        if (code == -1) {
            break;
        }
        if (code == OPTION_HELP) {
            print_help();
            return VERB_OK;
        }
        if (code == ':') {
            return usage_error("a value must follow", argv[optind - 1]);
        }
        if (code == '?') {
            return usage_error("no such option", argv[optind - 1]);
        }
        if (take_flag(code, options) || take_text(code, optarg, options)) {
            continue;
        }
        if (!take_number(code, optarg, options)) {
            char what[64];
            (void)snprintf(what, sizeof(what), "--%s cannot be", long_options[index].name);
            return usage_error(what, optarg);
        }
    }
    if (optind < argc) {
        return usage_error("unexpected argument", argv[optind]);
    }
    const int refused = check_options(options);
    return refused != VERB_OK ? refused : -1;
}

static json_t *json_of(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, json_real(values[i]));
    }
    return array;
}

static json_t *json_fault(ptrdiff_t fault)
{
    return fault >= 0 ? json_string(sim_fault_name((enum sim_fault_kind)fault)) : json_null();
}

static void write_truth(struct run *run, const struct sim_frame *frame, int64_t stamp_ns)
{
    const struct sim_truth *truth = sim_hand_truth(run->hand);
    const struct cfg_case *planned = sim_hand_case(run->hand);
    double R_image[9];
    nav_pose_rotation(&truth->T_image_tool, R_image);
    json_t *line = json_object();
    (void)json_object_set_new(line, "frame", json_integer((json_int_t)truth->frame));
    (void)json_object_set_new(line, "offset_ns", json_integer(truth->offset_ns));
    (void)json_object_set_new(line, "stamp_ns", json_integer(stamp_ns));
    (void)json_object_set_new(line, "tool", json_string(sim_hand_tool(run->hand)->name));
    (void)json_object_set_new(line, "phase", json_string(sim_phase_name(truth->phase)));
    (void)json_object_set_new(
        line, "cut", truth->cut >= 0 ? json_string(planned->cuts[truth->cut].name) : json_null());
    (void)json_object_set_new(
        line, "landmark",
        truth->landmark >= 0 ? json_string(planned->landmarks[truth->landmark].name) : json_null());
    (void)json_object_set_new(line, "depth_mm", json_real(truth->depth_mm));
    (void)json_object_set_new(line, "tip_image_mm", json_of(truth->tip_image_mm, 3));
    (void)json_object_set_new(line, "axis_image", json_of(truth->axis_image, 3));
    (void)json_object_set_new(line, "up_image", json_of(truth->up_image, 3));
    (void)json_object_set_new(line, "R_image", json_of(R_image, 9));
    (void)json_object_set_new(line, "tool_fault", json_fault(truth->tool_fault));
    (void)json_object_set_new(line, "reference_fault", json_fault(truth->reference_fault));
    (void)json_object_set_new(line, "stamp_error_ns", json_integer(frame->stamp_error_ns));
    if (json_dumpf(line, run->truth, JSON_COMPACT | JSON_REAL_PRECISION(17)) != 0 ||
        fputc('\n', run->truth) == EOF) {
        run->truth_failed = true;
    }
    json_decref(line);
}

static void show_progress(struct run *run, const struct sim_frame *frame)
{
    const int64_t now_ns = nav_clock_now_ns(&run->clock);
    if (now_ns < run->next_progress_ns) {
        return;
    }
    run->next_progress_ns = now_ns + progress_ns;
    const struct sim_sender_stats *stats = &run->stats;
    const double seconds = (double)stats->elapsed_ns / (double)NAV_NS_PER_S;
    const double at_s = (double)frame->offset_ns / (double)NAV_NS_PER_S;
    char total[32] = "";
    if (run->expected_s > 0) {
        (void)snprintf(total, sizeof(total), " of %.1f", run->expected_s);
    }
    fprintf(stderr, "\r%8.1f%s s  %" PRIu64 " frames  %.1f Hz  %" PRIu64 " dropped\033[K", at_s,
            total, stats->frames, seconds > 0 ? (double)stats->frames / seconds : 0.0,
            stats->frames_dropped);
    run->line_is_open = true;
}

static void on_frame(void *context, const struct sim_frame *frame, int64_t stamp_ns)
{
    struct run *run = context;
    if (run->truth != NULL) {
        write_truth(run, frame, stamp_ns);
    }
    if (run->shows_progress) {
        show_progress(run, frame);
    }
}

static void on_event(void *context, const char *text)
{
    struct run *run = context;
    if (run->options->quiet) {
        return;
    }
    fprintf(stderr, "%s%s: %s\n", run->line_is_open ? "\r\033[K" : "", run->options->address, text);
    run->line_is_open = false;
}

static void print_summary(const struct run *run)
{
    const struct sim_sender_stats *stats = &run->stats;
    const double seconds = (double)stats->elapsed_ns / (double)NAV_NS_PER_S;
    const double frames = stats->frames > 0 ? (double)stats->frames : 1.0;
    const double late_mean_us = (double)stats->late_sum_ns / frames / 1e3;
    const double late_max_us = (double)stats->late_max_ns / 1e3;
    if (run->options->json) {
        json_t *summary =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "frames",
                      (json_int_t)stats->frames, "frames_dropped",
                      (json_int_t)stats->frames_dropped, "messages",
                      (json_int_t)stats->packed.messages, "poses", (json_int_t)stats->packed.poses,
                      "poses_invalid", (json_int_t)stats->packed.poses_invalid, "poses_omitted",
                      (json_int_t)stats->packed.poses_omitted, "bytes", (json_int_t)stats->bytes,
                      "connections", (json_int_t)stats->connections, "seconds", seconds,
                      "late_mean_us", late_mean_us, "late_max_us", late_max_us);
        (void)json_dumpf(summary, stdout, JSON_REAL_PRECISION(9));
        (void)fputc('\n', stdout);
        json_decref(summary);
    } else if (!run->options->quiet) {
        printf("sent %" PRIu64 " frames, %" PRIu64 " poses (%" PRIu64 " marked not valid, %" PRIu64
               " left out) in %.2f s; %" PRIu64 " frames dropped; late by %.0f us on average, "
               "%.0f at most\n",
               stats->frames, stats->packed.poses, stats->packed.poses_invalid,
               stats->packed.poses_omitted, seconds, stats->frames_dropped, late_mean_us,
               late_max_us);
    }
}

static int send_all(struct run *run, const struct sim_source *source)
{
    const struct options *options = run->options;
    char host[HOST_SIZE];
    char port[PORT_SIZE];
    uint16_t port_number = 0;
    if (srv_address_split(options->address, DEFAULT_PORT, host, sizeof(host), &port_number) !=
        NAV_OK) {
        return usage_error("not of the form HOST:PORT:", options->address);
    }
    (void)snprintf(port, sizeof(port), "%u", (unsigned)port_number);
    if (options->truth_path != NULL) {
        run->truth = fopen(options->truth_path, "we");
        if (run->truth == NULL) {
            fprintf(stderr, "osteonav simulate: cannot write %s: %s\n", options->truth_path,
                    strerror(errno));
            return VERB_FAILED;
        }
    }
    sigset_t blocked;
    sigset_t before;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGINT);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    catch_signals();
    (void)prctl(PR_SET_TIMERSLACK, timer_slack_ns);

    const struct sim_sender_config config = {
        .host = host,
        .port = port,
        .retry = options->retry,
        .speed = options->speed,
        .frames_max = options->count,
        .duration_ns = llround(options->duration_s * (double)NAV_NS_PER_S),
        .pack = {.header_version = options->header_version,
                 .tdata = options->tdata,
                 .send_invalid = options->send_invalid},
        .stop = &stop_requested,
        .signal_mask = &before,
        .on_frame = on_frame,
        .on_event = on_event,
        .context = run,
    };
    char why[WHY_SIZE] = "";
    const enum nav_status status = sim_sender_run(&config, source, &run->stats, why, sizeof(why));
    if (run->line_is_open) {
        fputs("\r\033[K", stderr);
    }
    if (run->truth != NULL && (fclose(run->truth) != 0 || run->truth_failed)) {
        fprintf(stderr, "osteonav simulate: could not write all of %s\n", options->truth_path);
        return VERB_FAILED;
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", why);
        return VERB_FAILED;
    }
    print_summary(run);
    return VERB_OK;
}

static int check_names(const struct options *options, const struct sim_recording *recording)
{
    const struct sim_pack_config pack = {.header_version = options->header_version,
                                         .tdata = options->tdata};
    for (size_t i = 0; i < recording->pick_count; ++i) {
        const char *name = recording->sequence->names[recording->picks[i]];
        if (sim_pack_check_name(&pack, name) != NAV_OK) {
            fprintf(stderr,
                    "osteonav simulate: '%s' has more than 20 bytes; send it as TRANSFORM with "
                    "--header-version 2, or leave it out with --transforms\n",
                    name);
            return VERB_FAILED;
        }
    }
    return VERB_OK;
}

static int play_sequence(struct run *run, const struct srv_sequence *sequence)
{
    const struct options *options = run->options;
    struct sim_recording recording;
    char missing[NAV_NAME_SIZE];
    const enum nav_status status =
        sim_recording_init(&recording, sequence, options->transforms, options->loop, missing);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s: %s '%s'; it has:", options->sequence_path,
                status == NAV_ERR_NOT_FOUND ? "no transform" : "cannot send transform", missing);
        for (size_t i = 0; i < sequence->transform_count; ++i) {
            fprintf(stderr, " %s", sequence->names[i]);
        }
        (void)fputc('\n', stderr);
        return VERB_FAILED;
    }
    const int refused = check_names(options, &recording);
    if (refused != VERB_OK) {
        return refused;
    }
    if (!options->loop) {
        run->expected_s =
            (double)(sequence->time_ns[sequence->frame_count - 1] - sequence->time_ns[0]) /
            (double)NAV_NS_PER_S;
    }
    const struct sim_source source = sim_recording_source(&recording);
    return send_all(run, &source);
}

static int run_sequence(struct run *run)
{
    struct srv_sequence_error error;
    struct srv_sequence *sequence = NULL;
    const enum nav_status status =
        srv_sequence_read(run->options->sequence_path, &sequence, &error);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", error.text);
        return VERB_FAILED;
    }
    const int code = play_sequence(run, sequence);
    srv_sequence_destroy(sequence);
    return code;
}

static enum nav_status make_script(const struct options *options, const struct cfg_case *planned,
                                   struct sim_script *script, struct cfg_error *error)
{
    enum nav_status status = NAV_OK;
    if (options->script_path != NULL) {
        status = sim_script_load(options->script_path, planned, script, error);
    } else {
        status = sim_script_built_in(planned, !options->no_occlusions, script);
        if (status != NAV_OK) {
            (void)snprintf(error->text, sizeof(error->text),
                           "%s: no cuts to follow; plan some or give a --script", planned->path);
        }
    }
    if (status != NAV_OK) {
        return status;
    }
    if (options->tool != NULL) {
        (void)snprintf(script->tool, sizeof(script->tool), "%s", options->tool);
    }
    script->noise_mm = isnan(options->noise_mm) ? script->noise_mm : options->noise_mm;
    script->noise_deg = isnan(options->noise_deg) ? script->noise_deg : options->noise_deg;
    script->tremor_mm = isnan(options->tremor_mm) ? script->tremor_mm : options->tremor_mm;
    return NAV_OK;
}

static bool is_stopped(void *context)
{
    (void)context;
    return stop_requested != 0;
}

static int relay(struct run *run, const struct cfg_case *planned)
{
    const struct options *options = run->options;
    struct cfg_error error = {{0}};
    struct sim_script *script = calloc(1, sizeof(*script));
    if (script == NULL) {
        fputs("osteonav simulate: out of memory\n", stderr);
        return VERB_FAILED;
    }
    enum nav_status status = NAV_OK;
    if (options->script_path != NULL) {
        status = sim_script_load(options->script_path, planned, script, &error);
    } else {
        sim_script_disturbances(planned, options->seed, script);
    }
    if (options->tool != NULL) {
        (void)snprintf(script->tool, sizeof(script->tool), "%s", options->tool);
    }
    struct pose_relay_count count = {0};
    if (status == NAV_OK) {
        catch_signals();
        const struct pose_relay_config config = {.from = options->relay,
                                                 .to = options->address,
                                                 .retry = options->retry,
                                                 .script = script,
                                                 .planned = planned,
                                                 .is_stopped = is_stopped,
                                                 .on_event = on_event,
                                                 .context = run};
        status = pose_relay_run(&config, &count, error.text, sizeof(error.text));
    }
    free(script);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", error.text);
        return VERB_FAILED;
    }
    const double seconds = (double)count.elapsed_ns / (double)NAV_NS_PER_S;
    if (options->json) {
        printf("{\"messages\": %" PRIu64 ", \"changed\": %" PRIu64 ", \"connections\": %" PRIu64
               ", \"seconds\": %.3f}\n",
               count.messages, count.changed, count.connections, seconds);
    } else if (!options->quiet) {
        printf("%" PRIu64 " messages passed in %.1f s, %" PRIu64 " of them changed\n",
               count.messages, seconds, count.changed);
    }
    return VERB_OK;
}

static int play_hand(struct run *run, const struct cfg_case *planned)
{
    const struct options *options = run->options;
    struct cfg_error error = {{0}};
    struct sim_script *script = calloc(1, sizeof(*script));
    if (script == NULL) {
        fputs("osteonav simulate: out of memory\n", stderr);
        return VERB_FAILED;
    }
    enum nav_status status = make_script(options, planned, script, &error);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", error.text);
        free(script);
        return VERB_FAILED;
    }
    char why[WHY_SIZE] = "";
    status = sim_hand_create(planned, script, options->rate_hz, options->seed, options->loop,
                             &run->hand, why, sizeof(why));
    free(script);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", why);
        return VERB_FAILED;
    }
    run->expected_s = options->loop ? 0 : sim_hand_seconds(run->hand);
    const struct sim_source source = sim_hand_source(run->hand);
    const int code = send_all(run, &source);
    sim_hand_destroy(run->hand);
    run->hand = NULL;
    return code;
}

static int run_hand(struct run *run)
{
    const struct options *options = run->options;
    struct cfg_error error = {{0}};
    char *named_case = NULL;
    if (options->case_path == NULL) {
        const enum nav_status status =
            sim_script_case_path(options->script_path, &named_case, &error);
        if (status != NAV_OK) {
            fprintf(stderr, "osteonav simulate: %s\n", error.text);
            return VERB_FAILED;
        }
    }
    struct cfg_case *planned = NULL;
    const enum nav_status status =
        cfg_case_load(named_case != NULL ? named_case : options->case_path, &planned, &error);
    free(named_case);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav simulate: %s\n", error.text);
        return VERB_FAILED;
    }
    const int code = options->relay != NULL ? relay(run, planned) : play_hand(run, planned);
    cfg_case_destroy(planned);
    return code;
}

int verb_simulate(int argc, char **argv)
{
    struct options options;
    const int done = parse_options(argc, argv, &options);
    if (done >= 0) {
        return done;
    }
    struct run run = {.options = &options,
                      .shows_progress = !options.quiet && isatty(STDERR_FILENO) == 1,
                      .clock = nav_clock_monotonic()};
    return options.sequence_path != NULL ? run_sequence(&run) : run_hand(&run);
}
