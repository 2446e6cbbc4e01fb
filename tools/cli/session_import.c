/* `osteonav session import`: other programs' recordings become sessions. */
#include "session_verbs.h"

#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "nav/time.h"
#include "options.h"
#include "progress.h"
#include "session_common.h"
#include "session_store.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session import FILE [SESSION] [OPTIONS]\n"
    "\n"
    "Makes a session of another program's recording, with its own times, validity and names:\n"
    "IGSIO and 3D Slicer sequences (.igs.mha, .igs.nrrd, .seq.mha), tables of poses (.csv, NDI's\n"
    "columns too) and MITK's tables. The content says which (docs/sessions.md).\n"
    "\n"
    "  SESSION         new file (default: the file's name with .session, in this folder)\n"
    "  --device NAME   tool of a table that does not say which\n"
    "  --rate HZ       counts a second, for a table with counters and no times\n"
    "  --rename A=B    give device A the name B; may be repeated\n"
    "  --json          one JSON object: session, rows, devices, seconds, valid, ignored_fields\n"
    "  --quiet         no progress, no summary\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

struct options {
    const char *file, *session;
    struct ses_read_options read;
    const char *renames[SESSION_RENAMES_MAX];
    size_t rename_count;
    bool json, quiet;
};

/* "/a/b/name.igs.mha" -> "name.session" */
static bool default_session(const char *file, char *out_path, size_t size)
{
    static const char *const ends[] = {".igs.mha",  ".seq.mha", ".mha",     ".igs.nrrd",
                                       ".seq.nrrd", ".nrrd",    ".ndi.csv", ".mitk.csv",
                                       ".csv",      ".txt"};
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        const size_t end = strlen(ends[i]);
        if (length > end && strcmp(name + length - end, ends[i]) == 0) {
            length -= end;
            break;
        }
    }
    return snprintf(out_path, size, "%.*s%s", (int)length, name, SESSION_SUFFIX) < (int)size;
}

static int print_result(const struct options *options, const char *session,
                        const struct ses_pose_log *log)
{
    size_t valid = 0;
    for (size_t i = 0; i < log->count; ++i) {
        valid += ses_pose_is_valid(&log->poses[i]) ? 1 : 0;
    }
    const double seconds =
        (double)(log->poses[log->count - 1].arrival_ns - log->poses[0].arrival_ns) /
        (double)NAV_NS_PER_S;
    if (options->json) {
        json_t *devices = json_array();
        for (size_t i = 0; i < log->device_count; ++i) {
            (void)json_array_append_new(devices, json_string(log->devices[i]));
        }
        return json_print(
            "session import",
            json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:I, s:o}", "file", options->file, "session",
                      session, "rows", (json_int_t)log->count, "valid", (json_int_t)valid,
                      "invalid", (json_int_t)(log->count - valid), "seconds", seconds,
                      "ignored_fields", (json_int_t)log->ignored_fields, "devices", devices));
    }
    if (!options->quiet) {
        printf("%s: %zu poses of %zu devices in %.3f s, %zu not valid\n", session, log->count,
               log->device_count, seconds, log->count - valid);
        if (log->ignored_fields > 0) {
            printf("%zu fields of the file are not poses and were left there\n",
                   log->ignored_fields);
        }
    }
    return VERB_OK;
}

static int import(const struct options *options, const char *session, struct ses_pose_log *log)
{
    struct cfg_error error;
    if (ses_is_session(options->file)) {
        fprintf(stderr, "osteonav session import: %s: is a session already\n", options->file);
        return VERB_FAILED;
    }
    enum nav_status status = ses_pose_file_read(options->file, &options->read, log, &error);
    if (status == NAV_OK &&
        !session_rename("import", options->renames, options->rename_count, log)) {
        return VERB_FAILED;
    }
    if (status == NAV_OK) {
        struct progress bar;
        progress_begin(&bar, "importing", "poses", options->json || options->quiet);
        const struct ses_progress progress = {.step = progress_step, .context = &bar};
        const char *slash = strrchr(options->file, '/');
        status = ses_session_write(session, slash != NULL ? slash + 1 : options->file, log,
                                   &progress, &error);
        progress_end(&bar);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session import: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_result(options, session, log);
}

int session_verb_import(int argc, char **argv)
{
    static const struct option longs[] = {
        {"device", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {"rename", required_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};
    optind = 1;
    for (int c = 0; (c = options_next("session import", argc, argv, longs)) != OPTIONS_END;) {
        switch (c) {
        case 'd':
            options.read.device = optarg;
            break;
        case 'r':
            if (!session_read_positive(optarg, &options.read.rate_hz)) {
                fprintf(stderr, "osteonav session import: --rate %s is not a positive number\n",
                        optarg);
                return VERB_USAGE;
            }
            break;
        case 'n':
            if (options.rename_count == SESSION_RENAMES_MAX) {
                fputs("osteonav session import: too many --rename\n", stderr);
                return VERB_USAGE;
            }
            options.renames[options.rename_count++] = optarg;
            break;
        case 'j':
            options.json = true;
            break;
        case 'q':
            options.quiet = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
    }
    if (argc - optind < 1 || argc - optind > 2) {
        return session_wrong("import", "a file is needed, and at most one name for the session");
    }
    options.file = argv[optind];
    char named[SESSION_PATH_SIZE];
    const char *session = argc - optind == 2 ? argv[optind + 1] : named;
    if (session == named && !default_session(options.file, named, sizeof(named))) {
        fputs("osteonav session import: the name is too long; name the session\n", stderr);
        return VERB_USAGE;
    }
    struct ses_pose_log log = {0};
    const int code = import(&options, session, &log);
    ses_pose_log_finish(&log);
    return code;
}
