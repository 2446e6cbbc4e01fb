/* `osteonav report SESSION|--live --out DIR`: what was cut, how well, and what happened meanwhile.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "json_out.h"
#include "nav/scene_channel.h"
#include "options.h"
#include "report.h"
#include "verbs.h"

struct wish {
    const char *session, *case_path, *instance, *folder, *sessions;
    bool live, pictures, pdf, json, quiet;
};

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav report SESSION --out DIR [OPTIONS]\n"
        "       osteonav report --live --out DIR [OPTIONS]\n"
        "\n"
        "Writes what was cut against the plan, the margins, how near the blade came to what, the\n"
        "alarms, the verdict's history, checks and latency: report.html (self-contained),\n"
        "report.pdf, report.json and a CSV file for each table. A session is run through the code\n"
        "that ran in the theatre, as fast as it goes.\n"
        "\n"
        "  --live            of a running core instead: of what it has recorded so far; where it\n"
        "                    does not record, of this moment, without curves and history\n"
        "  --instance NAME   the core's instance (default: default); with --live\n"
        "  --sessions DIR    where it records; with --live (default: as `osteonav run`)\n"
        "  --case CASE       the case, where it is not at the path that the session names; with\n"
        "                    --live and no recording needed for pictures and margins\n"
        "  --out DIR         where to write; made if it is not there\n"
        "  --no-pictures     no 3D pictures\n"
        "  --no-pdf          no PDF\n"
        "  --json            print the numbers as one JSON object as well\n"
        "  --quiet           no progress\n"
        "  --help            this text\n"
        "\n"
        "Exit codes: 0 good, 1 failed (a PDF that cannot be made included), 2 usage.\n",
        out);
}

enum { LIVE = 1000, INSTANCE, SESSIONS, CASE, OUT, NO_PICTURES, NO_PDF, JSON, QUIET };

static int usage_error(const char *text)
{
    fprintf(stderr, "osteonav report: %s; see `osteonav report --help`\n", text);
    return VERB_USAGE;
}

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int read_options(int argc, char **argv, struct wish *wish)
{
    static const struct option known[] = {
        {"live", no_argument, NULL, LIVE},
        {"instance", required_argument, NULL, INSTANCE},
        {"sessions", required_argument, NULL, SESSIONS},
        {"case", required_argument, NULL, CASE},
        {"out", required_argument, NULL, OUT},
        {"no-pictures", no_argument, NULL, NO_PICTURES},
        {"no-pdf", no_argument, NULL, NO_PDF},
        {"json", no_argument, NULL, JSON},
        {"quiet", no_argument, NULL, QUIET},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 1;
    for (int option; (option = options_next("report", argc, argv, known)) != OPTIONS_END;) {
        switch (option) {
        case LIVE:
            wish->live = true;
            break;
        case INSTANCE:
            wish->instance = optarg;
            if (!nav_scene_instance_is_valid(optarg)) {
                return usage_error("--instance is 1 to 32 letters, digits, underscores or hyphens");
            }
            break;
        case SESSIONS:
            wish->sessions = optarg;
            break;
        case CASE:
            wish->case_path = optarg;
            break;
        case OUT:
            wish->folder = optarg;
            break;
        case NO_PICTURES:
            wish->pictures = false;
            break;
        case NO_PDF:
            wish->pdf = false;
            break;
        case JSON:
            wish->json = true;
            break;
        case QUIET:
            wish->quiet = true;
            break;
        case 'h':
            print_usage(stdout);
            return -1;
        default:
            return VERB_USAGE;
        }
    }
    if (wish->folder == NULL) {
        return usage_error("where to? --out DIR is needed");
    }
    if (wish->live ? optind != argc : optind + 1 != argc) {
        return usage_error("one SESSION, or --live, is needed");
    }
    wish->session = wish->live ? NULL : argv[optind];
    return VERB_OK;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static bool cannot_write(const char *path)
{
    fprintf(stderr, "osteonav report: %s cannot be written: %s\n", path, strerror(errno));
    return false;
}

static bool write_files(const struct wish *wish, const struct report *report)
{
    char path[PATH_MAX], pdf[PATH_MAX], why[512];
    json_t *numbers = report_json(report);
    (void)snprintf(path, sizeof(path), "%s/report.json", wish->folder);
    if (numbers == NULL || json_dump_file(numbers, path, JSON_INDENT(1)) != 0) {
        json_decref(numbers);
        return cannot_write(path);
    }
    json_decref(numbers);
    if (!report_csv(report, wish->folder)) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/report.html", wish->folder);
    FILE *page = fopen(path, "w");
    if (page == NULL) {
        return cannot_write(path);
    }
    const bool written = report_html(report, page);
    if (fclose(page) != 0 || !written) {
        return cannot_write(path);
    }
    (void)snprintf(pdf, sizeof(pdf), "%s/report.pdf", wish->folder);
    if (wish->pdf && !report_pdf(path, pdf, why, sizeof(why))) {
        fprintf(stderr, "osteonav report: no PDF: %s\n", why);
        return false;
    }
    return true;
}

static int write_report(const struct wish *wish, const char *case_path, struct report *report)
{
    struct cfg_error error;
    if (cfg_folder_make(wish->folder, &error) != NAV_OK) {
        fprintf(stderr, "osteonav report: %s\n", error.text);
        return VERB_FAILED;
    }
    report_close(report);
    if (wish->pictures && case_path != NULL) {
        char why[256];
        report_take_pictures(report, case_path, why, sizeof(why));
        if (why[0] != '\0') {
            fprintf(stderr, "osteonav report: without pictures: %s\n", why);
        }
    }
    if (!write_files(wish, report)) {
        return VERB_FAILED;
    }
    if (wish->json) {
        return json_print("report", report_json(report));
    }
    printf("%s/report.html%s, report.json and six CSV files\n", wish->folder,
           wish->pdf ? ", report.pdf" : "");
    return VERB_OK;
}

int verb_report(int argc, char **argv)
{
    static struct report report;
    struct wish wish = {.instance = "default", .pictures = true, .pdf = true};
    const int parsed = read_options(argc, argv, &wish);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    const struct report_source source = {.session = wish.session,
                                         .instance = wish.instance,
                                         .sessions = wish.sessions,
                                         .case_path = wish.case_path,
                                         .live = wish.live,
                                         .quiet = wish.quiet};
    char case_path[PATH_MAX] = "";
    const int code = report_collect(&source, &report, case_path, sizeof(case_path))
                         ? write_report(&wish, case_path[0] != '\0' ? case_path : NULL, &report)
                         : VERB_FAILED;
    report_finish(&report);
    return code;
}
