/* `osteonav scene`: prints the scene of a running core, as a table for people or as JSON. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nav/alarm.h"
#include "nav/scene_age.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "scene_json.h"
#include "verbs.h"

/* A core publishes at least every 50 ms; longer silence is looked at again, because a reader must
 * say so even when no new scene comes. */
#define WAIT_NS (100 * NAV_NS_PER_MS)
#define FIRST_SCENE_WAIT_NS NAV_NS_PER_S

struct options {
    const char *instance;
    bool json;
    bool follow;
    long count; /* 0 = no end */
};

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav scene [OPTIONS]\n"
        "\n"
        "Prints what a running core (`osteonav run`) shows its displays.\n"
        "\n"
        "  --instance NAME  the core's instance (default: default)\n"
        "  --json           one JSON object a line\n"
        "  --follow         every newer scene, until the core ends (exit 1) or is interrupted;\n"
        "                   scenes that come faster than they can be printed are left out\n"
        "  --count N        with --follow: end after N scenes\n"
        "  --help           this text\n"
        "\n"
        "A scene that is older than the core's own limit is printed as withheld, reason\n"
        "core-silent: it is judged when it is printed, not when it was made. While a core hangs,\n"
        "--follow prints that once.\n"
        "\n"
        "JSON keys: seq, time_ns (monotonic), verdict {trust: ok|caution|withheld, reasons,\n"
        "texts}, peers, registration {present, source, fre_mm, accepted, override,\n"
        "last_check_mm, last_check_age_s, trend_mm_per_min, ...}, collection {active: none|\n"
        "landmark|check|parallel, landmark, progress, collected, wanted, outcome, ...}, tools\n"
        "[{name, state: tracked|stale|lost|invalid|never, age_ms, reason, tip_image_mm,\n"
        "axis_image, R_image (row-major), ...}], cuts [{name, state, offset_mm, pitch_deg,\n"
        "roll_deg, depth_mm, remaining_mm, coverage, ...}], structures [{name, role,\n"
        "distance_mm, uncertainty_mm, limit_state, nearest_mm, ...}], alarms [{code, priority,\n"
        "text, since_ns, latched, ...}], muted, fragment and more; docs/guidance.md explains\n"
        "them. Image space is LPS, millimetres. What is withheld or not known is null.\n"
        "\n"
        "Exit codes: 0 good, 1 no core or the core ended, 2 usage.\n",
        out);
}

/* ---- for people ---- */

static void print_vector(const char *label, const double v[3], const char *unit, int decimals)
{
    printf("      %-10s", label);
    for (int i = 0; i < 3; ++i) {
        if (isfinite(v[i])) {
            printf(" %10.*f", decimals, v[i]);
        } else {
            printf(" %10s", "--");
        }
    }
    printf("  %s\n", unit);
}

static void print_age(int64_t age_ns)
{
    if (age_ns < 0) {
        printf("%9s", "--");
    } else {
        printf("%6.0f ms", (double)age_ns / (double)NAV_NS_PER_MS);
    }
}

static void print_verdict(const struct nav_scene *scene)
{
    static const char *const words[] = {"WITHHELD", "CAUTION", "OK"};
    printf("%s", scene->trust < 3 ? words[scene->trust] : "?");
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        const struct nav_scene_reason *reason = &scene->reasons[i];
        printf("%s %s", i == 0 ? " :" : ";", nav_reason_text(reason->reason));
        if (reason->tool >= 0 && (uint32_t)reason->tool < scene->tool_count) {
            printf(" (%s)", scene->tools[reason->tool].name);
        }
    }
    printf("\n");
}

/* The active cut, what alarms, and whether it is recorded. */
static void print_operation(const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        if (cut->state == NAV_CUT_ACTIVE) {
            printf("  cut           %s%s\n", cut->name, cut->guided != 0 ? "" : "  not guided now");
        }
        if (cut->guided != 0) {
            printf("      offset %.1f mm, pitch %.1f, roll %.1f deg, depth %.1f mm\n",
                   cut->offset_mm, cut->pitch_deg, cut->roll_deg, cut->depth_mm);
        }
    }
    for (uint32_t i = 0; i < scene->alarm_count; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        printf("  alarm         %s (%s%s)\n", alarm->text, nav_alarm_priority_name(alarm->priority),
               alarm->active != 0 ? "" : ", over");
    }
    const struct nav_scene_recording *recording = &scene->recording;
    if (recording->state == NAV_RECORDING_FAILED) {
        printf("  recording     NOT RECORDING: %s\n", recording->reason);
    } else {
        printf("  recording     %s %s\n", nav_recording_name(recording->state), recording->session);
    }
}

static void print_table(const struct nav_scene *scene)
{
    printf("%s  patient %s  mode %s  scene %llu\n", scene->case_name, scene->pseudonym,
           nav_mode_name(scene->mode), (unsigned long long)scene->seq);
    printf("  verdict       ");
    print_verdict(scene);
    printf("  registration  %s", scene->registration.present ? scene->registration.source : "none");
    if (scene->registration.present && isfinite(scene->registration.fre_mm)) {
        printf(" (FRE %.2f mm)", scene->registration.fre_mm);
    }
    printf("\n  reference     ");
    if (scene->reference.required) {
        printf("%-20s %-8s", scene->reference.device, nav_tool_state_name(scene->reference.state));
        print_age(scene->reference.age_ns);
        printf("  %s\n", nav_reason_text(scene->reference.reason));
    } else {
        printf("not required\n");
    }
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        printf("  tool          %-20s %-8s", tool->name, nav_tool_state_name(tool->state));
        print_age(tool->age_ns);
        printf("  %s\n", nav_reason_text(tool->reason));
        print_vector("tip", tool->tip_image_mm, "mm (image, LPS)", 2);
        print_vector("axis", tool->axis_image, "", 4);
    }
    print_operation(scene);
    printf("  peers         %u connected\n", scene->peers_total);
    for (uint32_t i = 0; i < scene->peer_count; ++i) {
        const struct nav_scene_peer *peer = &scene->peers[i];
        printf("      %-22s %llu messages, %llu bad checksums, %llu malformed, %llu skipped, "
               "%llu refused\n",
               peer->address, (unsigned long long)peer->messages,
               (unsigned long long)peer->crc_errors, (unsigned long long)peer->malformed,
               (unsigned long long)peer->skipped, (unsigned long long)peer->refused);
    }
}

/* ---- reading ---- */

static bool print_scene(const struct options *options, struct nav_scene *scene)
{
    const struct nav_clock clock = nav_clock_monotonic();
    nav_scene_age_to(scene, nav_clock_now_ns(&clock));
    if (options->json) {
        if (!scene_json_print(scene, stdout)) {
            fputs("osteonav scene: out of memory\n", stderr);
            return false;
        }
    } else {
        print_table(scene);
        if (options->follow) {
            putchar('\n');
        }
    }
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}

static int core_ended(void)
{
    fputs("osteonav scene: the core has ended\n", stderr);
    return VERB_FAILED;
}

static int follow(const struct options *options, struct nav_scene_reader *reader,
                  struct nav_scene *scene)
{
    const struct nav_clock clock = nav_clock_monotonic();
    uint64_t seen = 0;
    bool silence_told = false;
    for (long printed = 0; options->count == 0 || printed < options->count;) {
        const bool newer = nav_scene_reader_wait(reader, seen, WAIT_NS);
        const bool alive = nav_scene_reader_core_alive(reader);
        if (!newer && !alive) {
            return core_ended();
        }
        if (nav_scene_reader_take(reader, scene) != NAV_OK) {
            continue;
        }
        const bool silent = nav_clock_now_ns(&clock) - scene->time_ns > scene->withhold_ns;
        if (scene->seq == seen && (!silent || silence_told)) {
            continue;
        }
        silence_told = silent;
        seen = scene->seq;
        if (!print_scene(options, scene)) {
            return VERB_FAILED;
        }
        ++printed;
    }
    return VERB_OK;
}

static int print_one(const struct options *options, struct nav_scene_reader *reader,
                     struct nav_scene *scene)
{
    enum nav_status status = nav_scene_reader_take(reader, scene);
    if (status == NAV_AGAIN) {
        (void)nav_scene_reader_wait(reader, 0, FIRST_SCENE_WAIT_NS);
        status = nav_scene_reader_take(reader, scene);
    }
    if (status != NAV_OK) {
        fputs("osteonav scene: the core has not published anything yet\n", stderr);
        return VERB_FAILED;
    }
    return print_scene(options, scene) ? VERB_OK : VERB_FAILED;
}

static int open_failed(const char *instance, enum nav_status status)
{
    const char *name = instance != NULL ? instance : "default";
    switch (status) {
    case NAV_ERR_NOT_FOUND:
        fprintf(stderr,
                "osteonav scene: no core runs as instance '%s'; start one with `osteonav run "
                "CASE.yaml --instance %s`\n",
                name, name);
        return VERB_FAILED;
    case NAV_ERR_VERSION:
        fprintf(stderr,
                "osteonav scene: the core of instance '%s' is another version of osteonav; use "
                "its own `osteonav scene`\n",
                name);
        return VERB_FAILED;
    case NAV_ERR_ARGUMENT:
        fprintf(stderr,
                "osteonav scene: '%s' is no instance name: 1 to 32 letters, digits, underscores, "
                "hyphens\n",
                name);
        return VERB_USAGE;
    default:
        fprintf(stderr, "osteonav scene: cannot open instance '%s': %s\n", name,
                nav_status_text(status));
        return VERB_FAILED;
    }
}

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { INSTANCE = 1000, JSON, FOLLOW, COUNT, HELP };
    static const struct option known[] = {
        {"instance", required_argument, NULL, INSTANCE},
        {"json", no_argument, NULL, JSON},
        {"follow", no_argument, NULL, FOLLOW},
        {"count", required_argument, NULL, COUNT},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        char *end = NULL;
        switch (option) {
        case INSTANCE:
            options->instance = optarg;
            break;
        case JSON:
            options->json = true;
            break;
        case FOLLOW:
            options->follow = true;
            break;
        case COUNT:
            errno = 0;
            options->count = strtol(optarg, &end, 10);
            if (errno != 0 || end == optarg || *end != '\0' || options->count < 1) {
                fprintf(stderr, "osteonav scene: --count needs a positive number, not %s\n",
                        optarg);
                return VERB_USAGE;
            }
            break;
        case HELP:
        case 'h':
            print_usage(stdout);
            return -1;
        default:
            fprintf(stderr, "osteonav scene: %s %s; see `osteonav scene --help`\n",
                    option == ':' ? "a value must follow" : "no such option", argv[optind - 1]);
            return VERB_USAGE;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "osteonav scene: unexpected argument %s; see `osteonav scene --help`\n",
                argv[optind]);
        return VERB_USAGE;
    }
    if (options->count > 0 && !options->follow) {
        fputs("osteonav scene: --count needs --follow; see `osteonav scene --help`\n", stderr);
        return VERB_USAGE;
    }
    return VERB_OK;
}

int verb_scene(int argc, char **argv)
{
    struct options options = {0};
    const int parsed = parse_options(argc, argv, &options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    struct nav_scene_reader *reader = NULL;
    const enum nav_status status = nav_scene_reader_create(options.instance, &reader);
    if (status != NAV_OK) {
        return open_failed(options.instance, status);
    }
    struct nav_scene *scene = calloc(1, sizeof(*scene));
    int code = VERB_FAILED;
    if (scene == NULL) {
        fputs("osteonav scene: out of memory\n", stderr);
    } else {
        code =
            options.follow ? follow(&options, reader, scene) : print_one(&options, reader, scene);
    }
    free(scene);
    nav_scene_reader_destroy(reader);
    return code;
}
