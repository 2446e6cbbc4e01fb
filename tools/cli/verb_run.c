/* `osteonav run CASE.yaml`: the core of one case, and the displays it names. */
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "address.h"
#include "case.h"
#include "case_documents.h"
#include "case_guide.h"
#include "case_map.h"
#include "command.h"
#include "core.h"
#include "nav/log.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "session_folder.h"
#include "verbs.h"

enum { DEFAULT_PORT = 18944, SPARE_DESCRIPTORS = 128, OFFSCREEN_SIZE = 32, CORE_NICE = -10 };

struct options {
    const char *case_path;
    const char *instance;
    const char *ready_file;
    const char *offscreen; /* NULL = a screen */
    const char *record;    /* folder; NULL = as the case says */
    bool no_record;
    bool no_display;
    enum nav_mode mode;
    size_t listener_count;
    struct srv_listen_address listeners[SRV_LISTENERS_MAX];
};

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav run CASE [OPTIONS]\n"
        "\n"
        "Runs the navigation core of a case, its file or its folder: takes tracked poses over\n"
        "OpenIGTLink, publishes the scene (`osteonav scene` prints it) and keeps the displays of\n"
        "the case running.\n"
        "\n"
        "  --instance NAME       name of this core, for several on one machine (default:\n"
        "                        default); 1 to 32 letters, digits, underscores, hyphens\n"
        "  --listen HOST:PORT    listen here instead of where the case says; repeatable, up to\n"
        "                        8; [ADDRESS]:PORT for IPv6; port 0 takes any free one\n"
        "  --mode live|simulation\n"
        "                        simulation is marked on every display (default: live)\n"
        "  --record DIR          record the session into DIR, whatever the case says\n"
        "  --no-record           record nothing\n"
        "  --no-display          start no display, and no sound\n"
        "  --offscreen WxH       displays render without a screen, e.g. 1280x720\n"
        "  --ready-file FILE     write the listeners' real addresses, one a line, to FILE once\n"
        "                        they accept connections\n"
        "  --help                this text\n"
        "\n"
        "A case that does not say where to listen: 127.0.0.1:18944. A display that ends, for "
        "whatever\n"
        "reason, is started again.\n"
        "Everything that comes in is recorded, into $XDG_STATE_HOME/osteonav/sessions unless the\n"
        "case says otherwise; `osteonav session` and `osteonav replay` take it from there.\n"
        "`osteonav command` gives it commands: landmarks, registration, cuts, alarms, views.\n"
        "SIGTERM and SIGINT end it (exit 0); SIGHUP is ignored, a running case never changes.\n"
        "\n"
        "Exit codes: 0 ended as asked, 1 could not start, 2 usage.\n",
        out);
}

static int usage_error(const char *text, const char *value)
{
    fprintf(stderr, "osteonav run: %s%s%s; see `osteonav run --help`\n", text,
            value != NULL ? " " : "", value != NULL ? value : "");
    return VERB_USAGE;
}

/* The sizes that a display takes: it would only end again and again with another one. */
static bool parse_size(const char *text)
{
    int width = 0;
    int height = 0;
    char rest = 0;
    return strlen(text) < OFFSCREEN_SIZE && sscanf(text, "%dx%d%c", &width, &height, &rest) == 2 &&
           width >= 16 && width <= 7680 && height >= 16 && height <= 4320;
}

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum {
        INSTANCE = 1000,
        LISTEN,
        MODE,
        RECORD,
        NO_RECORD,
        NO_DISPLAY,
        OFFSCREEN,
        READY_FILE,
        HELP
    };
    static const struct option known[] = {
        {"instance", required_argument, NULL, INSTANCE},
        {"listen", required_argument, NULL, LISTEN},
        {"mode", required_argument, NULL, MODE},
        {"record", required_argument, NULL, RECORD},
        {"no-record", no_argument, NULL, NO_RECORD},
        {"no-display", no_argument, NULL, NO_DISPLAY},
        {"offscreen", required_argument, NULL, OFFSCREEN},
        {"ready-file", required_argument, NULL, READY_FILE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case INSTANCE:
            if (!nav_scene_instance_is_valid(optarg)) {
                return usage_error("--instance is 1 to 32 letters, digits, underscores or "
                                   "hyphens, not",
                                   optarg);
            }
            options->instance = optarg;
            break;
        case LISTEN: {
            if (options->listener_count == SRV_LISTENERS_MAX) {
                return usage_error("more than 8 --listen", NULL);
            }
            struct srv_listen_address *where = &options->listeners[options->listener_count];
            if (srv_address_split(optarg, DEFAULT_PORT, where->host, sizeof(where->host),
                                  &where->port) != NAV_OK) {
                return usage_error("--listen needs HOST:PORT, not", optarg);
            }
            where->publish = true;
            ++options->listener_count;
            break;
        }
        case MODE:
            if (strcmp(optarg, "live") == 0) {
                options->mode = NAV_MODE_LIVE;
            } else if (strcmp(optarg, "simulation") == 0) {
                options->mode = NAV_MODE_SIMULATION;
            } else {
                return usage_error("--mode is live or simulation, not", optarg);
            }
            break;
        case RECORD:
            if (optarg[0] == '\0' || strlen(optarg) >= CFG_RECORDING_FOLDER_MAX) {
                return usage_error("--record needs a folder, not", optarg);
            }
            options->record = optarg;
            break;
        case NO_RECORD:
            options->no_record = true;
            break;
        case NO_DISPLAY:
            options->no_display = true;
            break;
        case OFFSCREEN:
            if (!parse_size(optarg)) {
                return usage_error("--offscreen needs WxH, 16x16 to 7680x4320, not", optarg);
            }
            options->offscreen = optarg;
            break;
        case READY_FILE:
            options->ready_file = optarg;
            break;
        case HELP:
        case 'h':
            print_usage(stdout);
            return -1;
        default:
            return usage_error(option == ':' ? "a value must follow" : "no such option",
                               argv[optind - 1]);
        }
    }
    if (options->record != NULL && options->no_record) {
        return usage_error("either --record or --no-record", NULL);
    }
    if (optind + 1 != argc) {
        return usage_error(optind == argc ? "which case? One CASE.yaml is needed"
                                          : "one case only, not also",
                           optind == argc ? NULL : argv[optind + 1]);
    }
    options->case_path = argv[optind];
    return VERB_OK;
}

/* Every allowed connection shall find a descriptor. Where the system grants fewer, accepting
 * pauses instead (server/listener.h). */
static void raise_descriptor_limit(uint32_t connections)
{
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)connections + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        nav_log_warning("run", "the system allows fewer open files than the case's connections");
    }
}

/* Bits of the words that a listener allows. False with a line on stderr when one is no word. */
static bool command_bits(const struct cfg_listener *listener, const char *case_path,
                         uint32_t *out_bits)
{
    size_t count = 0;
    const struct srv_command_word *words = srv_command_words(&count);
    *out_bits = 0;
    for (size_t i = 0; i < listener->command_count; ++i) {
        size_t word = 0;
        while (word < count && strcmp(words[word].word, listener->commands[i]) != 0) {
            ++word;
        }
        if (word == count) {
            fprintf(stderr,
                    "osteonav run: %s: listeners: '%s' is no command; `osteonav command --help` "
                    "lists them\n",
                    case_path, listener->commands[i]);
            return false;
        }
        *out_bits |= UINT32_C(1) << word;
    }
    return true;
}

static bool choose_listeners(const struct options *options, const struct cfg_case *loaded,
                             struct srv_core_config *config)
{
    if (options->listener_count > 0) {
        config->listener_count = options->listener_count;
        memcpy(config->listeners, options->listeners, sizeof(config->listeners));
        return true;
    }
    _Static_assert((int)CFG_LISTENERS_MAX <= (int)SRV_LISTENERS_MAX, "case listeners fit");
    for (size_t i = 0; i < loaded->listener_count; ++i) {
        struct srv_listen_address *where = &config->listeners[config->listener_count++];
        memcpy(where->host, loaded->listeners[i].address, sizeof(where->host));
        where->port = loaded->listeners[i].port;
        where->publish = loaded->listeners[i].publish;
        if (!command_bits(&loaded->listeners[i], options->case_path, &where->commands)) {
            return false;
        }
    }
    return true;
}

static void choose_connectors(const struct cfg_case *loaded, struct srv_core_config *config)
{
    _Static_assert((int)CFG_CONNECTORS_MAX <= (int)SRV_CONNECTORS_MAX, "case connectors fit");
    for (size_t i = 0; i < loaded->connector_count; ++i) {
        const struct cfg_connector *wanted = &loaded->connectors[i];
        struct srv_connect_address *where = &config->connectors[config->connector_count++];
        memcpy(where->host, wanted->address, sizeof(where->host));
        where->port = wanted->port;
        where->reconnect = wanted->reconnect;
        where->hello = wanted->hello;
        where->stream = wanted->stream;
        where->stream_ms = wanted->stream_ms;
    }
}

static bool has_screen(void)
{
    const char *x11 = getenv("DISPLAY");
    const char *wayland = getenv("WAYLAND_DISPLAY");
    return (x11 != NULL && x11[0] != '\0') || (wayland != NULL && wayland[0] != '\0');
}

static void add_display(const struct options *options, const struct cfg_case *loaded,
                        const char *self, const char *name, struct srv_core_config *config)
{
    struct srv_program *program = &config->programs[config->program_count++];
    (void)snprintf(program->name, sizeof(program->name), "display %.50s", name);
    (void)snprintf(program->display, sizeof(program->display), "%s", name);
    size_t n = 0;
    program->arguments[n++] = self;
    program->arguments[n++] = "display";
    program->arguments[n++] = loaded->path;
    program->arguments[n++] = "--instance";
    program->arguments[n++] = options->instance != NULL ? options->instance : "default";
    program->arguments[n++] = "--display";
    program->arguments[n++] = name;
    if (options->offscreen != NULL) {
        program->arguments[n++] = "--offscreen";
        program->arguments[n++] = options->offscreen;
    }
    program->arguments[n] = NULL;
}

/* Alarms are heard where displays are seen. */
static void add_sound(const struct options *options, const char *self,
                      struct srv_core_config *config)
{
    struct srv_program *program = &config->programs[config->program_count++];
    (void)snprintf(program->name, sizeof(program->name), "sound");
    size_t n = 0;
    program->arguments[n++] = self;
    program->arguments[n++] = "sound";
    program->arguments[n++] = "--instance";
    program->arguments[n++] = options->instance != NULL ? options->instance : "default";
    program->arguments[n] = NULL;
}

static void choose_displays(const struct options *options, const struct cfg_case *loaded,
                            const char *self, struct srv_core_config *config)
{
    _Static_assert((int)CFG_DISPLAYS_MAX < (int)SRV_PROGRAMS_MAX, "case displays and sound fit");
    if (options->no_display || loaded->display_count == 0) {
        return;
    }
    if (options->offscreen == NULL && !has_screen()) {
        nav_log_warning("run", "no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): runs "
                               "without displays; use --offscreen WxH to render without a screen");
        return;
    }
    for (size_t i = 0; i < loaded->display_count; ++i) {
        add_display(options, loaded, self, loaded->displays[i].name, config);
    }
    if (options->offscreen == NULL && loaded->limits.alarm_sound != 0.0) {
        add_sound(options, self, config);
    }
}

static bool write_ready_file(const struct srv_core *core, size_t listeners, const char *path)
{
    char temporary[PATH_MAX];
    const int length = snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof(temporary)) {
        return false;
    }
    FILE *file = fopen(temporary, "we");
    if (file == NULL) {
        return false;
    }
    for (size_t i = 0; i < listeners; ++i) {
        fprintf(file, "%s\n", srv_core_listener_address(core, i));
    }
    const bool written = ferror(file) == 0;
    if (fclose(file) == 0 && written && rename(temporary, path) == 0) {
        return true;
    }
    (void)unlink(temporary);
    return false;
}

static void print_ready(const struct srv_core *core, const struct srv_core_config *config)
{
    printf("osteonav: ready, instance %s%s",
           config->instance != NULL ? config->instance : "default",
           config->listener_count > 0 ? ", listening on" : "");
    for (size_t i = 0; i < config->listener_count; ++i) {
        printf("%s %s", i > 0 ? "," : "", srv_core_listener_address(core, i));
    }
    printf("\n");
    (void)fflush(stdout);
}

/* A pose must not wait for programs that only draw. Children start with the ordinary priority
 * again, a priority that somebody gave us is kept, and without permission nothing changes. */
static void raise_priority(void)
{
    const struct sched_param none = {.sched_priority = 0};
    if (getpriority(PRIO_PROCESS, 0) == 0 && sched_getscheduler(0) == SCHED_OTHER &&
        sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) == 0) {
        (void)setpriority(PRIO_PROCESS, 0, CORE_NICE);
    }
}

static void warn_of_unlocked_case(const struct options *options, const struct cfg_case *loaded)
{
    if (options->mode == NAV_MODE_LIVE && !loaded->locked) {
        nav_log_warning("run",
                        "the case is not locked: nothing would tell if one of its files changed; "
                        "check it and run `osteonav case lock %s`",
                        options->case_path);
    }
}

static int run_core(const struct options *options, const struct srv_core_config *config)
{
    struct srv_core *core = NULL;
    struct srv_core_error error;
    if (srv_core_create(config, &core, &error) != NAV_OK) {
        fprintf(stderr, "osteonav run: %s\n", error.text);
        return VERB_FAILED;
    }
    int code = VERB_OK;
    if (options->ready_file != NULL &&
        !write_ready_file(core, config->listener_count, options->ready_file)) {
        fprintf(stderr, "osteonav run: cannot write the ready file %s\n", options->ready_file);
        code = VERB_FAILED;
    } else {
        print_ready(core, config);
        if (srv_core_recording(core) != NULL) {
            nav_log_info("run", "recording to %s", srv_core_recording(core));
        }
        srv_core_run(core);
    }
    srv_core_destroy(core);
    return code;
}

static bool publishes(const struct srv_core_config *config)
{
    for (size_t i = 0; i < config->listener_count; ++i) {
        if (config->listeners[i].publish) {
            return true;
        }
    }
    return false;
}

/* Where sessions are recorded: what was asked for, the case's folder, or the user's own. */
static void choose_folder(const struct options *options, const struct cfg_case *loaded,
                          char out_folder[SESSION_PATH_SIZE])
{
    char working[PATH_MAX] = "";
    out_folder[0] = '\0';
    if (options->no_record || (options->record == NULL && !loaded->recording.enabled)) {
        return;
    }
    if (options->record != NULL) {
        const bool absolute = options->record[0] == '/';
        if (!absolute && getcwd(working, sizeof(working)) == NULL) {
            working[0] = '\0';
        }
        (void)snprintf(out_folder, SESSION_PATH_SIZE, "%.2000s%s%.1500s", working,
                       absolute ? "" : "/", options->record);
    } else {
        session_folder_usual(loaded, out_folder);
    }
}

static void choose_recording(const struct options *options, const struct cfg_case *loaded,
                             struct srv_core_config *config)
{
    struct srv_recorder_config *recorder = &config->recorder;
    choose_folder(options, loaded, recorder->folder);
    if (recorder->folder[0] == '\0') {
        return;
    }
    case_map_facts(loaded, options->mode, &recorder->facts);
    recorder->queue_bytes = (size_t)loaded->limits.record_queue_mb << 20;
    recorder->flush_ns = case_map_ns(loaded->limits.record_flush_ms);
    recorder->late_ns = case_map_ns(loaded->limits.record_late_ms);
    if (loaded->recording.images) {
        config->peers.body_max_image = (uint64_t)loaded->limits.body_max_skip;
    }
}

/* Once packed, the meshes are of no use to the core. */
static void release_meshes(struct cfg_case *loaded)
{
    for (size_t i = 0; i < loaded->model_count; ++i) {
        cfg_mesh_destroy(loaded->models[i].mesh);
        loaded->models[i].mesh = NULL;
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        cfg_mesh_destroy(loaded->tools[i].mesh);
        loaded->tools[i].mesh = NULL;
    }
}

static void map_times(const struct cfg_limits *limits, struct srv_core_config *config)
{
    config->tick_ns = case_map_ns(limits->tick_ms);
    config->stall_ns = case_map_ns(limits->stall_ms);
    config->connect_timeout_ns = case_map_ns(limits->connect_timeout_ms);
    config->reconnect_min_ns = case_map_ns(limits->reconnect_min_ms);
    config->reconnect_max_ns = case_map_ns(limits->reconnect_max_ms);
    config->restart_ns = case_map_ns(limits->display_restart_ms);
}

/* Everything of the case that the core needs, then the core. */
static int run_case(const struct options *options, struct cfg_case *loaded,
                    struct srv_core_config *config)
{
    char self[PATH_MAX];
    const ssize_t self_length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[self_length > 0 ? self_length : 0] = '\0';

    config->instance = options->instance;
    config->registrar = case_map_registrar(loaded);
    config->peers = case_map_peer_limits(&loaded->limits);
    map_times(&loaded->limits, config);
    if (!choose_listeners(options, loaded, config)) {
        return VERB_FAILED;
    }
    choose_connectors(loaded, config);
    choose_recording(options, loaded, config);
    choose_displays(options, loaded, self, config);
    enum nav_status status = case_map_navigation(loaded, options->mode, &config->navigation);
    struct case_documents *documents = NULL;
    struct case_guide *guide = NULL;
    if (status == NAV_OK) {
        status = case_guide_create(loaded, &guide);
    }
    if (status == NAV_OK && publishes(config)) {
        status = case_documents_create(loaded, &documents);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav run: %s: cannot be run: %s\n", options->case_path,
                nav_status_text(status));
        case_documents_destroy(documents);
        case_guide_destroy(guide);
        return VERB_FAILED;
    }
    release_meshes(loaded);
    config->guide = &guide->config;
    if (documents != NULL) {
        config->documents = documents->items;
        config->document_count = documents->count;
    }
    warn_of_unlocked_case(options, loaded);
    raise_descriptor_limit(config->peers.connections_max);
    raise_priority();
    const int code = run_core(options, config);
    case_documents_destroy(documents);
    case_guide_destroy(guide);
    return code;
}

int verb_run(int argc, char **argv)
{
    struct options options = {.mode = NAV_MODE_LIVE};
    const int parsed = parse_options(argc, argv, &options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    struct cfg_case *loaded = NULL;
    struct cfg_error case_error;
    if (cfg_case_load_meshes(options.case_path, &loaded, &case_error) != NAV_OK) {
        fprintf(stderr, "osteonav run: %s\n", case_error.text);
        return VERB_FAILED;
    }
    if (cfg_case_check_dates(loaded, nav_utc_now_ns(), &case_error) != NAV_OK) {
        fprintf(stderr, "osteonav run: %s\n", case_error.text);
        cfg_case_destroy(loaded);
        return VERB_FAILED;
    }
    struct srv_core_config *config = calloc(1, sizeof(*config));
    int code = VERB_FAILED;
    if (config == NULL) {
        fputs("osteonav run: out of memory\n", stderr);
    } else {
        code = run_case(&options, loaded, config);
    }
    free(config);
    cfg_case_destroy(loaded);
    return code;
}
