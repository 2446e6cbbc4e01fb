/* `osteonav session export`: sessions for other programs. */
#include "session_verbs.h"

#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "options.h"
#include "progress.h"
#include "session_common.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session export SESSION FILE [OPTIONS]\n"
    "\n"
    "Writes the poses of a session for other programs. The end of FILE's name says the format:\n"
    "\n"
    "  .igs.mha .mha    mha         IGSIO MetaImage, as PLUS writes it\n"
    "  .igs.nrrd        nrrd        IGSIO NRRD\n"
    "  .seq.mha         slicer-mha  3D Slicer's sequence; Slicer does not look at the validity\n"
    "  .csv             csv         one row a pose, typed columns; nothing is lost\n"
    "  .ndi.csv         ndi-csv     columns of NDI's tools\n"
    "  .mitk.csv        mitk-csv    MITK's navigation data\n"
    "\n"
    "SESSION may be any file that can be imported, too.\n"
    "\n"
    "  --format F       one of the words above\n"
    "  --from S, --to S the part from S to S after the beginning, s or min:s\n"
    "  --devices A,B    only these\n"
    "  --valid-only     leave out poses that are not valid\n"
    "  --device NAME, --rate HZ   as for import\n"
    "  --json           one JSON object: file, format, rows, devices, seconds, and what the "
    "format\n"
    "                   could not hold: invalid, not_rigid, renamed, by_arrival\n"
    "  --quiet          no progress, no summary\n"
    "  --help           this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

struct options {
    const char *session, *file, *devices;
    enum ses_format format;
    struct session_piece piece;
    struct ses_read_options read;
    bool valid_only, json, quiet;
};

static int read_poses(const struct options *options, struct ses_pose_log *log,
                      struct ses_session_count *out_count)
{
    struct cfg_error error;
    enum nav_status status;
    *out_count = (struct ses_session_count){0};
    if (!ses_is_session(options->session)) {
        status = ses_pose_file_read(options->session, &options->read, log, &error);
        if (status == NAV_OK) {
            session_cut_log(&options->piece, log);
        }
    } else {
        struct ses_span span;
        const int code = session_span("export", options->session, &options->piece, &span);
        if (code != VERB_OK) {
            return code;
        }
        struct progress bar;
        progress_begin(&bar, "reading", "records", options->json || options->quiet);
        const struct ses_progress progress = {.step = progress_step, .context = &bar};
        status = ses_session_read(options->session, &span, &progress, log, out_count, &error);
        progress_end(&bar);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session export: %s\n", error.text);
        return VERB_FAILED;
    }
    return session_filter("export", options->devices, options->valid_only, log) ? VERB_OK
                                                                                : VERB_FAILED;
}

static int print_result(const struct options *options, const struct ses_pose_log *log,
                        const struct ses_losses *losses, const struct ses_session_count *count)
{
    if (options->json) {
        json_t *devices = json_array();
        for (size_t i = 0; i < log->device_count; ++i) {
            (void)json_array_append_new(devices, json_string(log->devices[i]));
        }
        return json_print(
            "session export",
            json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:b, s:I, s:I}", "file", options->file,
                      "format", ses_format_name(options->format), "rows", (json_int_t)log->count,
                      "devices", devices, "invalid", (json_int_t)losses->invalid, "not_rigid",
                      (json_int_t)losses->not_rigid, "renamed", (json_int_t)losses->renamed,
                      "by_arrival", losses->by_arrival, "refused", (json_int_t)count->refused,
                      "damaged_blocks", (json_int_t)count->damaged));
    }
    if (options->quiet) {
        return VERB_OK;
    }
    printf("%s: %zu poses of %zu devices\n", options->file, log->count, log->device_count);
    if (losses->by_arrival) {
        puts("times are arrivals: the senders' stamps are missing or go back");
    }
    if (losses->not_rigid > 0) {
        printf("%zu poses are not rigid and were written as not valid\n", losses->not_rigid);
    }
    if (losses->renamed > 0) {
        printf("%zu devices got \"ToTracker\" behind their names\n", losses->renamed);
    }
    if (losses->invalid > 0 && options->format == SES_FORMAT_SLICER_MHA) {
        printf("%zu poses are not valid; 3D Slicer will show them as if they were "
               "(--valid-only leaves them out)\n",
               losses->invalid);
    }
    if (count->damaged > 0) {
        printf("%llu blocks of the session are damaged: what they held is missing "
               "(`osteonav session check`)\n",
               (unsigned long long)count->damaged);
    }
    return VERB_OK;
}

static int export(const struct options *options, struct ses_pose_log *log)
{
    struct ses_session_count count;
    const int code = read_poses(options, log, &count);
    if (code != VERB_OK) {
        return code;
    }
    struct progress bar;
    progress_begin(&bar, "writing", "frames", options->json || options->quiet);
    const struct ses_progress progress = {.step = progress_step, .context = &bar};
    struct ses_losses losses;
    struct cfg_error error;
    const enum nav_status status =
        ses_pose_file_write(options->file, options->format, log, &progress, &losses, &error);
    progress_end(&bar);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session export: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_result(options, log, &losses, &count);
}

/* False: not what the option takes. */
static bool take_option(int c, const char *value, struct options *options)
{
    switch (c) {
    case 'F':
        options->format = ses_format_of_word(value);
        return options->format != SES_FORMAT_NONE;
    case 'f':
        options->piece.has_from = true;
        return session_read_seconds(value, &options->piece.from_ns);
    case 't':
        options->piece.has_to = true;
        return session_read_seconds(value, &options->piece.to_ns);
    case 'r':
        return session_read_positive(value, &options->read.rate_hz);
    case 'd':
        options->read.device = value;
        return true;
    case 'D':
        options->devices = value;
        return true;
    case 'v':
        options->valid_only = true;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    default:
        return false;
    }
}

int session_verb_export(int argc, char **argv)
{
    static const struct option longs[] = {
        {"format", required_argument, NULL, 'F'},
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"devices", required_argument, NULL, 'D'},
        {"valid-only", no_argument, NULL, 'v'},
        {"device", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};
    optind = 1;
    for (int c = 0; (c = options_next("session export", argc, argv, longs)) != OPTIONS_END;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return VERB_OK;
        }
        if (c == OPTIONS_WRONG) {
            return VERB_USAGE;
        }
        if (!take_option(c, optarg, &options)) {
            fprintf(stderr,
                    "osteonav session export: '%s' is not what this option takes; see --help\n",
                    optarg);
            return VERB_USAGE;
        }
    }
    if (optind + 2 != argc) {
        return session_wrong("export", "a session and a file to write are needed");
    }
    options.session = argv[optind];
    options.file = argv[optind + 1];
    if (options.format == SES_FORMAT_NONE) {
        options.format = ses_format_of_path(options.file);
    }
    if (options.format == SES_FORMAT_NONE) {
        fprintf(stderr, "osteonav session export: %s: the name's end says no format; see --help\n",
                options.file);
        return VERB_USAGE;
    }
    struct ses_pose_log log = {0};
    const int code = export(&options, &log);
    ses_pose_log_finish(&log);
    return code;
}
