/* `osteonav session cut`, `merge`: sessions made of sessions. */
#include "session_verbs.h"

#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "options.h"
#include "progress.h"
#include "session_common.h"
#include "session_edit.h"
#include "verbs.h"

static const char cut_usage[] =
    "usage: osteonav session cut SESSION NEW --from S --to S [OPTIONS]\n"
    "\n"
    "A new session of the part from S to S after the beginning (s or min:s; one may be left out).\n"
    "Everything in it goes over as it is, but for the scenes: they are the answer to everything\n"
    "that came before, and that is cut off. SESSION stays as it is.\n"
    "\n"
    "  --json          one JSON object: session, records, messages, scenes_left_out, annotations\n"
    "  --quiet         no progress, no summary\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

static const char merge_usage[] =
    "usage: osteonav session merge SESSION SESSION... --out NEW [OPTIONS]\n"
    "\n"
    "One new session of several that ran beside each other, in order of time. Peers keep apart;\n"
    "scenes are left out, as with cut.\n"
    "\n"
    "  --align WORD    utc: by the wall clock at their beginnings (default where all know it);\n"
    "                  clock: their clocks are the same (default else); start: begin together\n"
    "  --json          one JSON object: session, records, messages, scenes_left_out, annotations\n"
    "  --quiet         no progress, no summary\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

struct options {
    struct session_piece piece;
    const char *out, *align;
    bool json, quiet;
};

static int print_result(const char *verb, const struct options *options, const char *session,
                        const struct ses_edit_count *count)
{
    if (options->json) {
        return json_print(verb, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "session", session,
                                          "records", (json_int_t)count->records, "messages",
                                          (json_int_t)count->messages, "scenes_left_out",
                                          (json_int_t)count->scenes, "annotations",
                                          (json_int_t)count->annotations, "damaged_blocks",
                                          (json_int_t)count->damaged));
    }
    if (!options->quiet) {
        printf("%s: %llu messages, %llu records, %llu annotations; %llu scenes left out\n", session,
               (unsigned long long)count->messages, (unsigned long long)count->records,
               (unsigned long long)count->annotations, (unsigned long long)count->scenes);
        if (count->damaged > 0) {
            printf("%llu blocks are damaged and missing (`osteonav session check`)\n",
                   (unsigned long long)count->damaged);
        }
    }
    return VERB_OK;
}

/* VERB_OK: go on; else the exit code. `*out_help` tells that help was asked for. */
static int take_options(int argc, char **argv, const char *verb, struct options *options,
                        bool *out_help)
{
    static const struct option longs[] = {
        {"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
        {"out", required_argument, NULL, 'o'},  {"align", required_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},       {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    char words[32];
    (void)snprintf(words, sizeof(words), "session %s", verb);
    *out_help = false;
    optind = 1;
    for (int c = 0; (c = options_next(words, argc, argv, longs)) != OPTIONS_END;) {
        bool good = true;
        switch (c) {
        case 'f':
            options->piece.has_from = true;
            good = session_read_seconds(optarg, &options->piece.from_ns);
            break;
        case 't':
            options->piece.has_to = true;
            good = session_read_seconds(optarg, &options->piece.to_ns);
            break;
        case 'o':
            options->out = optarg;
            break;
        case 'a':
            options->align = optarg;
            good = strcmp(optarg, "utc") == 0 || strcmp(optarg, "clock") == 0 ||
                   strcmp(optarg, "start") == 0;
            break;
        case 'j':
            options->json = true;
            break;
        case 'q':
            options->quiet = true;
            break;
        case 'h':
            *out_help = true;
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
        if (!good) {
            fprintf(stderr, "osteonav session %s: '%s' is not what this option takes; see --help\n",
                    verb, optarg);
            return VERB_USAGE;
        }
    }
    return VERB_OK;
}

int session_verb_cut(int argc, char **argv)
{
    struct options options = {0};
    bool help = false;
    int code = take_options(argc, argv, "cut", &options, &help);
    if (help) {
        fputs(cut_usage, stdout);
        return VERB_OK;
    }
    if (code != VERB_OK) {
        return code;
    }
    if (optind + 2 != argc || !(options.piece.has_from || options.piece.has_to) ||
        options.out != NULL || options.align != NULL) {
        return session_wrong("cut", "a session, a new one, and --from or --to are needed");
    }
    struct ses_span span;
    code = session_span("cut", argv[optind], &options.piece, &span);
    if (code != VERB_OK) {
        return code;
    }
    struct progress bar;
    progress_begin(&bar, "cutting", "records", options.json || options.quiet);
    const struct ses_progress progress = {.step = progress_step, .context = &bar};
    struct ses_edit_count count;
    struct cfg_error error;
    const enum nav_status status =
        ses_session_cut(argv[optind], argv[optind + 1], &span, &progress, &count, &error);
    progress_end(&bar);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session cut: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_result("session cut", &options, argv[optind + 1], &count);
}

static enum nav_status merge(const struct options *options, const char *const *sessions,
                             size_t count, enum ses_alignment alignment,
                             struct ses_edit_count *out_count, struct cfg_error *out_error)
{
    struct progress bar;
    progress_begin(&bar, "merging", "records", options->json || options->quiet);
    const struct ses_progress progress = {.step = progress_step, .context = &bar};
    const enum nav_status status = ses_session_merge(sessions, count, options->out, alignment,
                                                     &progress, out_count, out_error);
    progress_end(&bar);
    return status;
}

int session_verb_merge(int argc, char **argv)
{
    struct options options = {0};
    bool help = false;
    const int code = take_options(argc, argv, "merge", &options, &help);
    if (help) {
        fputs(merge_usage, stdout);
        return VERB_OK;
    }
    if (code != VERB_OK) {
        return code;
    }
    if (argc - optind < 2 || options.out == NULL || options.piece.has_from ||
        options.piece.has_to) {
        return session_wrong("merge", "two sessions at least and --out NEW are needed");
    }
    const char *const *sessions = (const char *const *)&argv[optind];
    const size_t sessions_count = (size_t)(argc - optind);
    const char *word = options.align != NULL ? options.align : "utc";
    const enum ses_alignment alignment = strcmp(word, "start") == 0   ? SES_ALIGN_START
                                         : strcmp(word, "clock") == 0 ? SES_ALIGN_CLOCK
                                                                      : SES_ALIGN_UTC;
    struct ses_edit_count count;
    struct cfg_error error;
    enum nav_status status = merge(&options, sessions, sessions_count, alignment, &count, &error);
    if (status == NAV_ERR_REFUSED && options.align == NULL) { /* no wall clock: their own */
        status = merge(&options, sessions, sessions_count, SES_ALIGN_CLOCK, &count, &error);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session merge: %s\n", error.text);
        return VERB_FAILED;
    }
    return print_result("session merge", &options, options.out, &count);
}
