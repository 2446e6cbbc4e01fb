/* `osteonav session check` and `repair`: whether a session is whole, and making it whole again. */
#include "session_check.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "nav/time.h"
#include "progress.h"
#include "session_verbs.h"
#include "verbs.h"

static const char check_usage[] =
    "usage: osteonav session check SESSION [--json] [--quiet]\n"
    "\n"
    "Takes every block of a session apart and compares all that is said twice: checksums, places,\n"
    "rows, tables. Changes nothing. `osteonav replay SESSION --verify` compares the scenes, too.\n"
    "\n"
    "  --json    one JSON object\n"
    "  --quiet   no progress\n"
    "  --help    this text\n"
    "\n"
    "Exit codes: 0 clean, 1 not clean or failed, 2 usage.\n";

static const char repair_usage[] =
    "usage: osteonav session repair SESSION [--json] [--quiet]\n"
    "\n"
    "Makes a session whole: appends what a killed core had only in memory, ends it, and where it "
    "is\n"
    "damaged saves every whole block into a new file. The damaged file is kept beside it.\n"
    "\n"
    "  --json    one JSON object\n"
    "  --quiet   no progress\n"
    "  --help    this text\n"
    "\n"
    "Exit codes: 0 it is clean now, 1 failed, 2 usage.\n";

struct options {
    const char *path;
    bool json, quiet;
};

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int parse(int argc, char **argv, const char *usage, struct options *options)
{
    enum { JSON = 1000, QUIET, HELP };
    static const struct option known[] = {{"json", no_argument, NULL, JSON},
                                          {"quiet", no_argument, NULL, QUIET},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case JSON:
            options->json = true;
            break;
        case QUIET:
            options->quiet = true;
            break;
        case HELP:
        case 'h':
            fputs(usage, stdout);
            return -1;
        default:
            fprintf(stderr, "osteonav session %s: no such option %s; see --help\n", argv[0],
                    argv[optind - 1]);
            return VERB_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "osteonav session %s: one SESSION is needed; see --help\n", argv[0]);
        return VERB_USAGE;
    }
    options->path = argv[optind];
    return VERB_OK;
}

/* ---- check ---- */

static int print_check(const struct options *options, const struct session_check *check)
{
    const int code = check->clean ? VERB_OK : VERB_FAILED;
    const size_t listed =
        check->finding_count < SESSION_FINDINGS_MAX ? check->finding_count : SESSION_FINDINGS_MAX;
    if (options->json) {
        json_t *findings = json_array();
        for (size_t i = 0; i < listed; ++i) {
            (void)json_array_append_new(findings, json_string(check->findings[i]));
        }
        const int printed = json_print(
            "session check",
            json_pack("{s:s, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "session",
                      options->path, "clean", (int)check->clean, "live", (int)check->live, "ended",
                      (int)check->extent.ended, "blocks", (json_int_t)check->extent.blocks,
                      "records", (json_int_t)check->extent.records, "messages",
                      (json_int_t)check->extent.messages, "damaged", (json_int_t)check->damaged,
                      "missing", (json_int_t)check->missing, "gaps", (json_int_t)check->gaps,
                      "lost", (json_int_t)check->lost, "findings", findings));
        return printed == VERB_OK ? code : VERB_FAILED;
    }
    for (size_t i = 0; i < listed; ++i) {
        printf("%s\n", check->findings[i]);
    }
    if (check->finding_count > listed) {
        printf("and %zu more\n", check->finding_count - listed);
    }
    if (check->gaps > 0) {
        printf("not recorded: %" PRIu64 " records at %" PRIu64 " places\n", check->lost,
               check->gaps);
    }
    printf("%s: %s%s; %" PRIu64 " blocks, %" PRIu64 " records, %" PRIu64 " messages\n",
           options->path, check->clean ? "clean" : "NOT CLEAN",
           check->live ? ", being recorded" : "", check->extent.blocks, check->extent.records,
           check->extent.messages);
    if (!check->clean) {
        printf("`osteonav session repair` saves what is whole\n");
    }
    return code;
}

int session_verb_check(int argc, char **argv)
{
    struct options options = {.path = NULL};
    const int parsed = parse(argc, argv, check_usage, &options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    struct progress progress;
    struct session_check check;
    struct session_error error;
    progress_begin(&progress, "checking", "blocks", options.quiet);
    const enum nav_status status =
        session_check_file(options.path, progress_step, &progress, &check, &error);
    progress_end(&progress);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session check: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_check(&options, &check);
}

/* ---- repair ---- */

static int print_repair(const struct options *options, const struct session_repair *repair)
{
    if (options->json) {
        return json_print(
            "session repair",
            json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:s}", "session", options->path,
                      "changed", (int)repair->changed, "recovered", (json_int_t)repair->recovered,
                      "blocks", (json_int_t)repair->blocks, "records", (json_int_t)repair->records,
                      "messages", (json_int_t)repair->messages, "holes", (json_int_t)repair->holes,
                      "kept", repair->kept));
    }
    if (!repair->changed) {
        printf("%s: clean, nothing to do\n", options->path);
    }
    if (repair->recovered > 0) {
        printf("%" PRIu64 " records recovered from memory\n", repair->recovered);
    }
    if (repair->kept[0] != '\0') {
        printf("%" PRIu64 " blocks, %" PRIu64 " records, %" PRIu64
               " messages saved; something is missing at %" PRIu64 " places\n"
               "the damaged file is %s\n",
               repair->blocks, repair->records, repair->messages, repair->holes, repair->kept);
    }
    if (repair->changed) {
        printf("%s: clean\n", options->path);
    }
    return VERB_OK;
}

int session_verb_repair(int argc, char **argv)
{
    struct options options = {.path = NULL};
    const int parsed = parse(argc, argv, repair_usage, &options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    struct progress progress;
    struct session_repair repair;
    struct session_error error;
    progress_begin(&progress, "saving", "blocks", options.quiet);
    const enum nav_status status =
        session_repair_file(options.path, progress_step, &progress, &repair, &error);
    progress_end(&progress);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session repair: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_repair(&options, &repair);
}
