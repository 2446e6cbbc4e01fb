/* `osteonav session pauses`: where the tip rested in a recording. */
#include "session_verbs.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case_limits.h"
#include "json_out.h"
#include "nav/time.h"
#include "options.h"
#include "pauses.h"
#include "recording.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session pauses FILE --tool T [--reference R] [--tip X,Y,Z] [OPTIONS]\n"
    "\n"
    "The places where the tip rested: a landmark is touched for a second or more and is the mean\n"
    "of that time. A hidden marker, a gap or a movement ends a pause.\n"
    "\n"
    "  FILE            a session, .igs.mha, .igs.nrrd, or a table .txt/.csv of\n"
    "                  t x y z qw qx qy qz\n"
    "  --tool T        transform in the recording, e.g. StylusToTracker; \"Stylus\" will do\n"
    "  --reference R   give the places in this one's frame: the patient may move\n"
    "  --tip X,Y,Z     tip in the tool, mm (default 0,0,0)\n"
    "  --case CASE     use this case's limits: landmark_hold_ms, landmark_radius_mm,\n"
    "                  landmark_gap_max_ms, landmark_samples_min (`osteonav case limits`)\n"
    "  --hold S        shortest pause, s (default 1, or the case's)\n"
    "  --radius MM     how far the tip may be from the mean (default 1, or the case's)\n"
    "  --samples N     fewest poses of a pause (default 10, or the case's)\n"
    "  --csv FILE      write the places as points P1, P2, ... for `osteonav register --tracker`\n"
    "  --json          one JSON object\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

struct options {
    const char *file, *tool, *reference, *csv, *case_path;
    double tip_mm[3];
    double hold_s, radius_mm, samples; /* 0 = the case's */
    bool json;
};

static bool read_numbers(const char *text, double *out, int count)
{
    for (int i = 0; i < count; ++i) {
        char *end = NULL;
        out[i] = strtod(text, &end);
        if (end == text || !isfinite(out[i]) || *end != (i + 1 < count ? ',' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

static int write_csv(const char *path, const struct trk_pause *pauses, size_t count)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "osteonav session: %s: cannot be written: %m\n", path);
        return VERB_FAILED;
    }
    fputs("label,x,y,z\n", file);
    for (size_t i = 0; i < count; ++i) {
        const double *p = pauses[i].mean_mm;
        fprintf(file, "P%zu,%.17g,%.17g,%.17g\n", i + 1, p[0], p[1], p[2]);
    }
    const int failed = ferror(file);
    if (fclose(file) != 0 || failed != 0) {
        fprintf(stderr, "osteonav session: %s: cannot be written: %m\n", path);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int print_pauses(const struct options *options, const struct recording *recording,
                        const struct trk_pause *pauses, size_t count)
{
    const int64_t start_ns = recording->count > 0 ? recording->time_ns[0] : 0;
    if (options->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; ++i) {
            const struct trk_pause *pause = &pauses[i];
            (void)json_array_append_new(
                list,
                json_pack("{s:f, s:f, s:f, s:i, s:o, s:f, s:f, s:s}", "time_s",
                          seconds(pause->start_ns), "from_start_s",
                          seconds(pause->start_ns - start_ns), "duration_s",
                          seconds(pause->end_ns - pause->start_ns), "samples", (int)pause->samples,
                          "mean_mm", json_numbers(pause->mean_mm, 3), "spread_mm", pause->rms_mm,
                          "max_mm", pause->max_mm, "end", trk_dwell_end_name(pause->end)));
        }
        return json_print("session",
                          json_pack("{s:s, s:i, s:i, s:i, s:o}", "file", options->file, "frames",
                                    (int)recording->frames, "invalid", (int)recording->invalid,
                                    "not_rigid", (int)recording->not_rigid, "pauses", list));
    }
    printf("%4s %9s %8s %28s %9s  %s\n", "", "at", "for", "place, mm", "spread", "ended by");
    for (size_t i = 0; i < count; ++i) {
        const struct trk_pause *pause = &pauses[i];
        printf("P%-3zu %7.2f s %6.2f s  %8.2f %8.2f %8.2f  %6.3f mm  %s\n", i + 1,
               seconds(pause->start_ns - start_ns), seconds(pause->end_ns - pause->start_ns),
               pause->mean_mm[0], pause->mean_mm[1], pause->mean_mm[2], pause->rms_mm,
               trk_dwell_end_name(pause->end));
    }
    printf("%zu pauses in %zu frames, %zu not valid, %zu not rigid\n", count, recording->frames,
           recording->invalid, recording->not_rigid);
    return VERB_OK;
}

static int show_pauses(const struct options *options, const struct cfg_limits *case_limits)
{
    struct recording recording;
    struct recording_error error;
    if (recording_load(options->file, options->tool, options->reference, &recording, &error) !=
        NAV_OK) {
        fprintf(stderr, "osteonav session: %s\n", error.text);
        return VERB_FAILED;
    }
    const struct trk_dwell_limits limits =
        pauses_limits(case_limits, options->hold_s, options->radius_mm, options->samples);
    struct trk_pause *pauses = NULL;
    size_t count = 0;
    const enum nav_status status =
        pauses_find(&recording, options->tip_mm, &limits, &pauses, &count);
    int code = VERB_FAILED;
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session: %s\n", nav_status_text(status));
    } else {
        code = print_pauses(options, &recording, pauses, count);
    }
    if (code == VERB_OK && options->csv != NULL) {
        code = write_csv(options->csv, pauses, count);
    }
    free(pauses);
    recording_finish(&recording);
    return code;
}

int session_verb_pauses(int argc, char **argv)
{
    static const struct option longs[] = {
        {"tool", required_argument, NULL, 't'},
        {"reference", required_argument, NULL, 'r'},
        {"tip", required_argument, NULL, 'x'},
        {"hold", required_argument, NULL, 'H'},
        {"radius", required_argument, NULL, 'R'},
        {"csv", required_argument, NULL, 'c'},
        {"samples", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"case", required_argument, NULL, 'C'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};
    optind = 1;
    for (int c = 0; (c = options_next("session pauses", argc, argv, longs)) != OPTIONS_END;) {
        bool good = true;
        switch (c) {
        case 't':
            options.tool = optarg;
            break;
        case 'r':
            options.reference = optarg;
            break;
        case 'c':
            options.csv = optarg;
            break;
        case 'C':
            options.case_path = optarg;
            break;
        case 'j':
            options.json = true;
            break;
        case 'x':
            good = read_numbers(optarg, options.tip_mm, 3);
            break;
        case 'H':
            good = read_numbers(optarg, &options.hold_s, 1) && options.hold_s > 0.0 &&
                   options.hold_s < 1e6;
            break;
        case 'R':
            good = read_numbers(optarg, &options.radius_mm, 1) && options.radius_mm > 0.0;
            break;
        case 's':
            good = read_numbers(optarg, &options.samples, 1) && options.samples >= 1.0 &&
                   options.samples <= 1e6;
            break;
        case 'h':
            fputs(usage, stdout);
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
        if (!good) {
            fprintf(stderr, "osteonav session: '%s' is not what this option takes; see --help\n",
                    optarg);
            return VERB_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return VERB_USAGE;
    }
    options.file = argv[optind];
    struct cfg_limits limits;
    struct cfg_error error;
    if (case_limits_load(options.case_path, &limits, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session: %s\n", error.text);
        return VERB_FAILED;
    }
    return show_pauses(&options, &limits);
}
