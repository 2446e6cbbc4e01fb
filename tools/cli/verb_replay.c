/* `osteonav replay SESSION`: a recorded session through the theatre's own code. */
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "case_documents.h"
#include "case_map.h"
#include "case_replay.h"
#include "json_out.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "progress.h"
#include "replay_core.h"
#include "session_common.h"
#include "verbs.h"

enum { LIVE_PORT = 18944, BAR_WIDTH = 30, PER_MILLE = 1000 };

struct options {
    const char *session, *case_path, *instance, *display, *offscreen;
    double speed;
    int64_t from_ns;
    bool loop, paused, verify, events, publish, json, quiet;
    uint16_t port;
};

struct program {
    struct options options;
    struct srv_replay *replay;
    struct srv_show show;
    struct progress progress;
    int64_t opened_ns, ready_ns;
    size_t told; /* events printed so far */
};

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav replay SESSION [OPTIONS]\n"
        "\n"
        "Plays a recorded session through the code that ran in the theatre, under the recording's\n"
        "own clock. `osteonav scene --instance replay` and displays show it, marked REPLAY;\n"
        "`osteonav command --instance replay` pauses, steps, seeks and changes the speed.\n"
        "\n"
        "  --case CASE        the case, instead of the one the session names\n"
        "  --speed X          0.1 to 50, or max: as fast as it goes (default 1)\n"
        "  --from T           begin T after the start, s or min:s\n"
        "  --loop             begin again at the end\n"
        "  --paused           stand still at first\n"
        "  --display NAME     start this display of the case; the replay then stays at its end\n"
        "  --offscreen WxH    the display renders without a screen\n"
        "  --publish PORT     serve subscribers on 127.0.0.1, every message marked as replay; "
        "never\n"
        "                     a port of the case or 18944; 0 takes any free one\n"
        "  --instance NAME    name of this replay (default: replay)\n"
        "  --verify           play nothing: build every scene again, compare its hash with the\n"
        "                     recorded one and name the first difference\n"
        "  --events           print the timeline: cuts, alarms, checks, annotations\n"
        "  --json             one JSON object at the end\n"
        "  --quiet            no progress\n"
        "  --help             this text\n"
        "\n"
        "Exit codes: 0 good, 1 failed or verified different, 2 usage.\n",
        out);
}

static int usage_error(const char *text, const char *value)
{
    fprintf(stderr, "osteonav replay: %s%s%s; see `osteonav replay --help`\n", text,
            value != NULL ? " " : "", value != NULL ? value : "");
    return VERB_USAGE;
}

static bool read_port(const char *text, uint16_t *out_port)
{
    char *end = NULL;
    const long value = strtol(text, &end, 10);
    *out_port = (uint16_t)value;
    return end != text && *end == '\0' && value >= 0 && value <= UINT16_MAX;
}

enum {
    CASE = 1000,
    SPEED,
    FROM,
    LOOP,
    PAUSED,
    DISPLAY,
    OFFSCREEN,
    PUBLISH,
    INSTANCE,
    VERIFY,
    EVENTS,
    JSON,
    QUIET,
    HELP
};

/* VERB_OK: taken. */
static int take_option(int option, struct options *options)
{
    switch (option) {
    case CASE:
        options->case_path = optarg;
        return VERB_OK;
    case SPEED:
        return srv_show_read_speed(optarg, &options->speed)
                   ? VERB_OK
                   : usage_error("--speed is 0.1 to 50 or max, not", optarg);
    case FROM:
        return session_read_seconds(optarg, &options->from_ns)
                   ? VERB_OK
                   : usage_error("--from needs seconds or min:s, not", optarg);
    case LOOP:
        options->loop = true;
        return VERB_OK;
    case PAUSED:
        options->paused = true;
        return VERB_OK;
    case DISPLAY:
        options->display = optarg;
        return VERB_OK;
    case OFFSCREEN:
        options->offscreen = optarg;
        return VERB_OK;
    case PUBLISH:
        options->publish = true;
        return read_port(optarg, &options->port)
                   ? VERB_OK
                   : usage_error("--publish needs a port, not", optarg);
    case INSTANCE:
        options->instance = optarg;
        return nav_scene_instance_is_valid(optarg)
                   ? VERB_OK
                   : usage_error(
                         "--instance is 1 to 32 letters, digits, underscores or hyphens, not",
                         optarg);
    case VERIFY:
        options->verify = true;
        return VERB_OK;
    case EVENTS:
        options->events = true;
        return VERB_OK;
    case JSON:
        options->json = true;
        return VERB_OK;
    case QUIET:
        options->quiet = true;
        return VERB_OK;
    default:
        return VERB_USAGE;
    }
}

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"case", required_argument, NULL, CASE},
        {"speed", required_argument, NULL, SPEED},
        {"from", required_argument, NULL, FROM},
        {"loop", no_argument, NULL, LOOP},
        {"paused", no_argument, NULL, PAUSED},
        {"display", required_argument, NULL, DISPLAY},
        {"offscreen", required_argument, NULL, OFFSCREEN},
        {"publish", required_argument, NULL, PUBLISH},
        {"instance", required_argument, NULL, INSTANCE},
        {"verify", no_argument, NULL, VERIFY},
        {"events", no_argument, NULL, EVENTS},
        {"json", no_argument, NULL, JSON},
        {"quiet", no_argument, NULL, QUIET},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        if (option == HELP || option == 'h') {
            print_usage(stdout);
            return -1;
        }
        if (option == ':' || option == '?') {
            return usage_error(option == ':' ? "a value must follow" : "no such option",
                               argv[optind - 1]);
        }
        const int taken = take_option(option, options);
        if (taken != VERB_OK) {
            return taken;
        }
    }
    if (optind + 1 != argc) {
        return usage_error(optind == argc ? "which session? One SESSION is needed"
                                          : "one session only, not also",
                           optind == argc ? NULL : argv[optind + 1]);
    }
    options->session = argv[optind];
    return VERB_OK;
}

/* ---- progress and results ---- */

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

static int64_t clock_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

static void on_opening(void *context, double share)
{
    struct program *program = context;
    progress_step(&program->progress, (size_t)(share * PER_MILLE), PER_MILLE);
}

static const char *kind_name(const struct srv_replay_event *event)
{
    return event->kind == STORE_EVENT_NONE ? "annotation" : store_event_name(event->kind);
}

static void print_event(FILE *out, const struct srv_replay_event *event)
{
    fprintf(out, "%10.3f s  %-12s %s\n", seconds(event->at_ns), kind_name(event), event->text);
}

/* Events that the film has passed, and where it stands, on a terminal. */
static void on_progress(void *context)
{
    struct program *program = context;
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(program->replay, &count);
    const int64_t at_ns = srv_replay_at_ns(program->replay);
    const int64_t length_ns = srv_replay_length_ns(program->replay);
    if (program->options.quiet || isatty(STDERR_FILENO) == 0) {
        return;
    }
    if (program->told > 0 && events[program->told - 1].at_ns > at_ns) { /* it went back */
        program->told = 0;
        while (program->told < count && events[program->told].at_ns <= at_ns) {
            ++program->told;
        }
    }
    while (program->told < count && events[program->told].at_ns <= at_ns) {
        fputs("\r\033[K", stderr);
        print_event(stderr, &events[program->told++]);
    }
    const int filled = length_ns > 0 ? (int)(BAR_WIDTH * at_ns / length_ns) : BAR_WIDTH;
    fprintf(stderr, "\r\033[KREPLAY [%.*s%*s] %.1f / %.1f s%s", filled,
            "==============================", BAR_WIDTH - filled, "", seconds(at_ns),
            seconds(length_ns), program->show.paused ? "  paused" : "");
    (void)fflush(stderr);
}

static void on_ready(void *context, const char *address)
{
    const struct program *program = context;
    printf("osteonav replay: ready, instance %s%s%s\n", program->options.instance,
           address != NULL ? ", publishing on " : "", address != NULL ? address : "");
    (void)fflush(stdout);
}

static json_t *hex(uint64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%016" PRIx64, value);
    return json_string(text);
}

static json_t *describe_events(const struct srv_replay *replay)
{
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(replay, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(list, json_pack("{s:f, s:s, s:s}", "at_s",
                                                    seconds(events[i].at_ns), "kind",
                                                    kind_name(&events[i]), "text", events[i].text));
    }
    return list;
}

static bool is_verified(const struct srv_replay_findings *findings)
{
    return findings->differing == 0 && findings->damaged == 0 && findings->gaps == 0 &&
           findings->compared == findings->scenes && findings->scenes > 0;
}

static json_t *describe_findings(const struct srv_replay_findings *findings)
{
    json_t *object =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "verified",
                  (int)is_verified(findings), "records", (json_int_t)findings->records, "messages",
                  (json_int_t)findings->messages, "commands", (json_int_t)findings->commands,
                  "scenes", (json_int_t)findings->scenes, "compared",
                  (json_int_t)findings->compared, "differing", (json_int_t)findings->differing,
                  "damaged", (json_int_t)findings->damaged, "gaps", (json_int_t)findings->gaps,
                  "lost", (json_int_t)findings->lost, "digest", hex(findings->digest));
    if (findings->differing > 0) {
        (void)json_object_set_new(
            object, "first_difference",
            json_pack("{s:I, s:f, s:o, s:o}", "scene", (json_int_t)findings->first_differing,
                      "at_s", seconds(findings->first_differing_ns), "recorded",
                      hex(findings->first_recorded), "now", hex(findings->first_now)));
    }
    return object;
}

static void print_findings(const struct program *program)
{
    const struct srv_replay_findings *findings = srv_replay_findings(program->replay);
    const double wall_s = seconds(program->opened_ns);
    const double length_s = seconds(srv_replay_length_ns(program->replay));
    printf("%" PRIu64 " messages, %" PRIu64 " commands, %" PRIu64 " scenes in %.1f s\n",
           findings->messages, findings->commands, findings->scenes, length_s);
    if (findings->damaged > 0) {
        printf("damaged: %" PRIu64 " blocks or records; `osteonav session repair` saves the rest\n",
               findings->damaged);
    }
    if (findings->gaps > 0) {
        printf("not recorded: %" PRIu64 " records in %" PRIu64
               " gaps; scenes behind the first are not compared\n",
               findings->lost, findings->gaps);
    }
    if (findings->compared == 0) {
        printf("nothing to compare: the session was imported or its scenes were not recorded\n");
    } else if (findings->differing == 0) {
        printf("%s: %" PRIu64 " of %" PRIu64 " scenes compared, all equal\n",
               is_verified(findings) ? "verified" : "equal as far as it goes", findings->compared,
               findings->scenes);
    } else {
        printf("DIFFERENT: %" PRIu64 " of %" PRIu64 " scenes; the first is scene %" PRIu64
               " at %.6f s: recorded %016" PRIx64 ", now %016" PRIx64 "\n",
               findings->differing, findings->compared, findings->first_differing,
               seconds(findings->first_differing_ns), findings->first_recorded,
               findings->first_now);
        printf("recorded by %s; this is osteonav %s: another case, or a program that has learnt to "
               "decide otherwise since, builds other scenes\n",
               srv_replay_facts(program->replay)->software, OSTEONAV_VERSION);
    }
    printf("%.0f times real time (%.2f s)\n", wall_s > 0 ? length_s / wall_s : 0.0, wall_s);
}

static int verify(const struct program *program)
{
    const struct srv_replay_findings *findings = srv_replay_findings(program->replay);
    const int code = is_verified(findings) ? VERB_OK : VERB_FAILED;
    if (!program->options.json) {
        print_findings(program);
        return code;
    }
    json_t *object = describe_findings(findings);
    const double wall_s = seconds(program->opened_ns);
    const double length_s = seconds(srv_replay_length_ns(program->replay));
    (void)json_object_set_new(object, "session", json_string(program->options.session));
    (void)json_object_set_new(object, "length_s", json_real(length_s));
    (void)json_object_set_new(object, "wall_s", json_real(wall_s));
    (void)json_object_set_new(object, "times_real_time", json_real(length_s / wall_s));
    return json_print("replay", object) == VERB_OK ? code : VERB_FAILED;
}

static int list_events(const struct program *program)
{
    if (program->options.json) {
        return json_print("replay",
                          json_pack("{s:s, s:f, s:o}", "session", program->options.session,
                                    "length_s", seconds(srv_replay_length_ns(program->replay)),
                                    "events", describe_events(program->replay)));
    }
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(program->replay, &count);
    for (size_t i = 0; i < count; ++i) {
        print_event(stdout, &events[i]);
    }
    printf("%zu events in %.1f s\n", count, seconds(srv_replay_length_ns(program->replay)));
    return VERB_OK;
}

static int end_of_show(const struct program *program)
{
    if (!program->options.json) {
        return VERB_OK;
    }
    uint64_t scenes;
    uint64_t digest;
    srv_replay_played(program->replay, &scenes, &digest);
    const double wall_s = seconds(clock_ns() - program->ready_ns);
    return json_print("replay",
                      json_pack("{s:s, s:f, s:f, s:f, s:I, s:o, s:o}", "session",
                                program->options.session, "length_s",
                                seconds(srv_replay_length_ns(program->replay)), "at_s",
                                seconds(srv_replay_at_ns(program->replay)), "wall_s", wall_s,
                                "scenes", (json_int_t)scenes, "digest", hex(digest), "verify",
                                describe_findings(srv_replay_findings(program->replay))));
}

/* ---- playing ---- */

/* Nobody may take a replay for the theatre's own stream. */
static bool is_live_port(const struct cfg_case *loaded, uint16_t port)
{
    bool live = port == LIVE_PORT;
    for (size_t i = 0; i < loaded->listener_count; ++i) {
        live = live || (port != 0 && loaded->listeners[i].port == port);
    }
    return live;
}

static int play(struct program *program, const struct cfg_case *loaded,
                struct srv_replay_core_config *config)
{
    const struct options *options = &program->options;
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    if (options->publish && is_live_port(loaded, options->port)) {
        fprintf(stderr,
                "osteonav replay: port %u is where a running case publishes; choose another, or 0 "
                "for any free one\n",
                options->port);
        return VERB_FAILED;
    }
    const char *name = strrchr(options->session, '/');
    srv_show_init(&program->show, program->replay, name != NULL ? name + 1 : options->session,
                  options->speed, options->loop, clock_ns());
    program->show.paused = options->paused;
    if (options->from_ns > 0 &&
        srv_show_seek(&program->show, options->from_ns, clock_ns()) != NAV_OK) {
        fprintf(stderr, "osteonav replay: %s cannot be read there\n", options->session);
        return VERB_FAILED;
    }
    config->instance = options->instance;
    config->show = &program->show;
    config->peers = case_map_peer_limits(&loaded->limits);
    config->tick_ns = case_map_ns(loaded->limits.tick_ms);
    config->restart_ns = case_map_ns(loaded->limits.display_restart_ms);
    config->stall_ns = case_map_ns(loaded->limits.stall_ms);
    config->stay = options->display != NULL || options->paused;
    config->publish = options->publish;
    config->port = options->port;
    config->on_ready = on_ready;
    config->on_progress = on_progress;
    config->context = program;
    if (options->display != NULL) {
        struct srv_program *display = &config->programs[config->program_count++];
        const char *arguments[] = {
            self,        "display",       loaded->path, "--instance", options->instance,
            "--display", options->display};
        (void)snprintf(display->name, sizeof(display->name), "display %.40s", options->display);
        memcpy(display->arguments, arguments, sizeof(arguments));
        if (options->offscreen != NULL) {
            const size_t count = sizeof(arguments) / sizeof(arguments[0]);
            display->arguments[count] = "--offscreen";
            display->arguments[count + 1] = options->offscreen;
        }
    }
    program->ready_ns = clock_ns();
    struct srv_replay_core_error error;
    const enum nav_status status = srv_replay_core_run(config, &error);
    if (!options->quiet && isatty(STDERR_FILENO) != 0) {
        fputs("\r\033[K", stderr);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav replay: %s\n", error.text);
        return VERB_FAILED;
    }
    return end_of_show(program);
}

static int run(struct program *program, const struct case_replay *opened)
{
    if (program->options.verify) {
        return verify(program);
    }
    if (program->options.events) {
        return list_events(program);
    }
    struct case_documents *documents = NULL;
    struct srv_replay_core_config core = {.engine = opened->config.engine};
    if (program->options.publish && case_documents_create(opened->loaded, &documents) == NAV_OK) {
        core.documents = documents->items;
        core.document_count = documents->count;
    }
    const int code = play(program, opened->loaded, &core);
    case_documents_destroy(documents);
    return code;
}

int verb_replay(int argc, char **argv)
{
    static struct program program;
    static struct case_replay opened;
    program = (struct program){.options = {.speed = 1, .instance = "replay"}};
    const int parsed = parse_options(argc, argv, &program.options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    progress_begin(&program.progress, "reading", "per mille",
                   program.options.quiet || program.options.json);
    const struct case_replay_request request = {
        .verb = "replay",
        .session = program.options.session,
        .case_path = program.options.case_path,
        .once = program.options.verify || program.options.events,
        .on_progress = on_opening,
        .context = &program,
    };
    const bool open = case_replay_open(&request, &opened);
    progress_end(&program.progress);
    if (!open) {
        return VERB_FAILED;
    }
    program.replay = opened.replay;
    program.opened_ns = opened.opening_ns;
    const int code = run(&program, &opened);
    case_replay_close(&opened);
    return code;
}
