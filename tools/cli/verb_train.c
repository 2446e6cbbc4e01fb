/* `osteonav train`: exercises on a case, measured, compared, kept and reported. */
#include "verbs.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/scene_channel.h"
#include "session_common.h"
#include "training.h"

enum { LINE_SIZE = 256 };

static const char usage[] =
    "usage: osteonav train CASE --exercise NAME [WHO DOES IT] [OPTIONS]\n"
    "       osteonav train --list [--trainee NAME] [--exercise NAME] [--library FILE] [--json]\n"
    "\n"
    "A trainee does the cuts of a case; what the display would have shown is measured against the\n"
    "plan and against an expert, judged, kept and reported.\n"
    "\n"
    "  --exercise NAME    a file NAME.yaml in the folder exercises beside the case, a path, or\n"
    "                     built in: all-cuts, drop-outs (docs/training.md)\n"
    "\n"
    "who does it:\n"
    "  --session FILE     somebody did: a session, recorded by `osteonav run` with their own\n"
    "                     tracker; a session made by `session import` will do\n"
    "  --live [INSTANCE]  somebody does now, with their own tracker and a running\n"
    "                     `osteonav run CASE`; measured until it ends, or Ctrl-C, or --seconds S\n"
    "  --relay FROM       with --live: the tracker's poses go through here to the core, and the\n"
    "                     exercise's faults happen to them (docs/training.md); FROM as for\n"
    "                     `osteonav simulate --relay`; --to HOST:PORT is the core (default\n"
    "                     127.0.0.1:18944)\n"
    "  --simulate         the simulated hand does (default), as the exercise's script says\n"
    "  --seed N           of its noise and tremor (default 1)\n"
    "  --rate HZ          frames per second of its tracker (default 60)\n"
    "  --record FILE      keep the simulated attempt as a session\n"
    "\n"
    "what becomes of it:\n"
    "  --trainee NAME     whose attempt it is (default: the user's name)\n"
    "  --expert FILE      session of an expert, or a script of one; none: compare with nobody\n"
    "                     (default: the exercise's, else the exercise done as it is planned)\n"
    "  --report FILE      HTML with tables and plots, everything in one file\n"
    "  --library FILE     where attempts are kept (default: training.sqlite in\n"
    "                     $XDG_DATA_HOME/osteonav); --no-library keeps nothing\n"
    "  --show INSTANCE    afterwards show it, with the expert's tool as a ghost, to displays:\n"
    "                     `osteonav display CASE --instance INSTANCE`; with --live at once\n"
    "  --show-expert I    ... and the expert beside it on instance I, by the same clock\n"
    "  --speed X          of the showing (default 1)\n"
    "  --list             the attempts that are kept\n"
    "  --json             one JSON object: points, passed, criteria, cuts, drop_outs,\n"
    "                     near_misses, expert, attempts\n"
    "  --quiet            no progress\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 good, whatever the points; 1 failed; 2 usage.\n";

static volatile sig_atomic_t stop_requested;

static void on_stop_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static int run(struct training *training)
{
    struct cfg_error error;
    const struct train_options *options = training->options;
    enum nav_status status = cfg_case_load_meshes(options->case_path, &training->loaded, &error);
    if (status == NAV_OK) {
        status =
            train_exercise_load(options->exercise, training->loaded, &training->exercise, &error);
    }
    if (status == NAV_OK) {
        status = train_world_create(training->loaded, &training->world, &error);
    }
    if (status == NAV_OK) {
        status = training_prepare_expert(training, &error);
    }
    if (status == NAV_OK) {
        status = training_attempt(training, &stop_requested, &error);
    }
    if (status != NAV_OK) {
        return train_complain(error.text);
    }
    const int code = training_keep(training);
    return code == VERB_OK ? training_tell(training, &stop_requested) : code;
}

/* ---- options -------------------------------------------------------------------------------- */

enum option_code {
    OPTION_EXERCISE = 1000,
    OPTION_SESSION,
    OPTION_LIVE,
    OPTION_SIMULATE,
    OPTION_SEED,
    OPTION_RATE,
    OPTION_SECONDS,
    OPTION_RECORD,
    OPTION_TRAINEE,
    OPTION_EXPERT,
    OPTION_REPORT,
    OPTION_LIBRARY,
    OPTION_NO_LIBRARY,
    OPTION_SHOW,
    OPTION_SHOW_EXPERT,
    OPTION_RELAY,
    OPTION_TO,
    OPTION_SPEED,
    OPTION_LIST,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP
};

/* False: not what the option takes. */
static bool take_option(int option, char *value, struct train_options *options)
{
    switch (option) {
    case OPTION_EXERCISE:
        options->exercise = value;
        return value[0] != '\0';
    case OPTION_SESSION:
        options->session = value;
        return true;
    case OPTION_LIVE:
        options->is_live = true;
        options->live = value;
        return value == NULL || nav_scene_instance_is_valid(value);
    case OPTION_SIMULATE:
        options->simulate = true;
        return true;
    case OPTION_SEED: {
        char *end = NULL;
        options->seed = strtoull(value, &end, 10);
        return value[0] >= '0' && value[0] <= '9' && *end == '\0';
    }
    case OPTION_RATE:
        return session_read_positive(value, &options->rate_hz) && options->rate_hz <= 1000.0;
    case OPTION_SECONDS:
        return session_read_positive(value, &options->seconds);
    case OPTION_RECORD:
        options->record = value;
        return true;
    case OPTION_TRAINEE:
        options->trainee = value;
        return value[0] != '\0' && strlen(value) < NAV_NAME_SIZE;
    case OPTION_EXPERT:
        options->expert = value;
        return true;
    case OPTION_REPORT:
        options->report = value;
        return true;
    case OPTION_LIBRARY:
        options->library = value;
        return true;
    case OPTION_NO_LIBRARY:
        options->no_library = true;
        return true;
    case OPTION_SHOW:
        options->show = value;
        return nav_scene_instance_is_valid(value);
    case OPTION_SHOW_EXPERT:
        options->show_expert = value;
        return nav_scene_instance_is_valid(value);
    case OPTION_RELAY:
        options->relay = value;
        return true;
    case OPTION_TO:
        options->to = value;
        return true;
    case OPTION_SPEED:
        return session_read_positive(value, &options->speed);
    case OPTION_LIST:
        options->list = true;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_QUIET:
        options->quiet = true;
        return true;
    default:
        return false;
    }
}

static int wrong(const char *text)
{
    fprintf(stderr, "osteonav train: %s; see --help\n", text);
    return VERB_USAGE;
}

/* VERB_OK: go on. */
static int check_options(const struct train_options *options, int left)
{
    if (options->list) {
        return left == 0 ? VERB_OK : wrong("--list takes no case");
    }
    if (left != 1) {
        return wrong(left == 0 ? "which case? One CASE.yaml is needed" : "one case only");
    }
    if (options->exercise == NULL) {
        return wrong("which exercise? --exercise NAME is needed");
    }
    if ((options->session != NULL ? 1 : 0) + (options->is_live ? 1 : 0) +
            (options->simulate ? 1 : 0) >
        1) {
        return wrong("either --simulate, --session or --live");
    }
    if (options->record != NULL && (options->session != NULL || options->is_live)) {
        return wrong("--record is for the simulated hand");
    }
    if (options->show_expert != NULL && options->show == NULL) {
        return wrong("--show-expert goes with --show");
    }
    if (options->relay != NULL && !options->is_live) {
        return wrong("--relay goes with --live");
    }
    if (options->to != NULL && options->relay == NULL) {
        return wrong("--to goes with --relay");
    }
    return VERB_OK;
}

int verb_train(int argc, char **argv)
{
    static const struct option longs[] = {
        {"exercise", required_argument, NULL, OPTION_EXERCISE},
        {"session", required_argument, NULL, OPTION_SESSION},
        {"live", optional_argument, NULL, OPTION_LIVE},
        {"simulate", no_argument, NULL, OPTION_SIMULATE},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"rate", required_argument, NULL, OPTION_RATE},
        {"seconds", required_argument, NULL, OPTION_SECONDS},
        {"record", required_argument, NULL, OPTION_RECORD},
        {"trainee", required_argument, NULL, OPTION_TRAINEE},
        {"expert", required_argument, NULL, OPTION_EXPERT},
        {"report", required_argument, NULL, OPTION_REPORT},
        {"library", required_argument, NULL, OPTION_LIBRARY},
        {"no-library", no_argument, NULL, OPTION_NO_LIBRARY},
        {"show", required_argument, NULL, OPTION_SHOW},
        {"show-expert", required_argument, NULL, OPTION_SHOW_EXPERT},
        {"relay", required_argument, NULL, OPTION_RELAY},
        {"to", required_argument, NULL, OPTION_TO},
        {"speed", required_argument, NULL, OPTION_SPEED},
        {"list", no_argument, NULL, OPTION_LIST},
        {"json", no_argument, NULL, OPTION_JSON},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
    };
    struct train_options options = {.rate_hz = 60.0, .speed = 1.0, .seed = 1};
    optind = 1;
    for (int c = 0; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == OPTION_HELP) {
            fputs(usage, stdout);
            return VERB_OK;
        }
        if (c == '?') {
            return VERB_USAGE;
        }
        if (!take_option(c, optarg, &options)) {
            char line[LINE_SIZE];
            (void)snprintf(line, sizeof(line), "'%.100s' is not what this option takes", optarg);
            return wrong(line);
        }
    }
    const int code = check_options(&options, argc - optind);
    if (code != VERB_OK) {
        return code;
    }
    catch_signals();
    if (options.list) {
        return training_list(&options);
    }
    if (options.trainee == NULL) {
        const char *user = getenv("USER");
        options.trainee = user != NULL && user[0] != '\0' ? user : "trainee";
    }
    options.case_path = argv[optind];
    struct training training = {.options = &options};
    const int result = run(&training);
    training_remove_folder(&training);
    free(training.attempts);
    train_result_destroy(training.result);
    train_result_destroy(training.expert);
    train_exercise_destroy(training.exercise);
    train_world_destroy(training.world);
    cfg_case_destroy(training.loaded);
    return result;
}
