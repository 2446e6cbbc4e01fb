#include "training.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json_out.h"
#include "nav/time.h"
#include "session_info.h"
#include "train_json.h"
#include "train_report.h"
#include "train_show.h"
#include "verbs.h"

int train_complain(const char *text)
{
    fprintf(stderr, "osteonav train: %s\n", text);
    return VERB_FAILED;
}

/* ---- library -------------------------------------------------------------------------------- */

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* $XDG_DATA_HOME/osteonav/training.sqlite; the folders are made. */
static bool default_library(char out_path[TRAIN_PATH_SIZE])
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char base[TRAIN_PATH_SIZE / 2];
    if (data != NULL && data[0] == '/') {
        (void)snprintf(base, sizeof(base), "%.1800s", data);
    } else if (home != NULL && home[0] == '/') {
        char local[TRAIN_PATH_SIZE / 2];
        (void)snprintf(local, sizeof(local), "%.1800s/.local", home);
        (void)make_folder(local);
        (void)snprintf(base, sizeof(base), "%.1800s/.local/share", home);
    } else {
        return false;
    }
    char folder[TRAIN_PATH_SIZE];
    (void)snprintf(folder, sizeof(folder), "%s/osteonav", base);
    if (!make_folder(base) || !make_folder(folder)) {
        return false;
    }
    (void)snprintf(out_path, TRAIN_PATH_SIZE, "%s/osteonav/training.sqlite", base);
    return true;
}

static int open_library(const struct train_options *options, struct train_library **out_library)
{
    char path[TRAIN_PATH_SIZE];
    struct cfg_error error;
    if (options->library == NULL && !default_library(path)) {
        return train_complain(
            "nowhere to keep attempts: name a file with --library, or --no-library");
    }
    return train_library_open(options->library != NULL ? options->library : path, out_library,
                              &error) == NAV_OK
               ? VERB_OK
               : train_complain(error.text);
}

static json_t *attempts_json(const struct train_attempt *attempts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(list, train_attempt_json(&attempts[i]));
    }
    return list;
}

int training_list(const struct train_options *options)
{
    struct train_library *library = NULL;
    struct cfg_error error;
    struct train_attempt *attempts = NULL;
    size_t count = 0;
    if (open_library(options, &library) != VERB_OK) {
        return VERB_FAILED;
    }
    const enum nav_status status =
        train_library_list(library, options->trainee, options->exercise, &attempts, &count, &error);
    train_library_close(library);
    if (status != NAV_OK) {
        return train_complain(error.text);
    }
    int code = VERB_OK;
    if (options->json) {
        code = json_print("train", json_pack("{s:o}", "attempts", attempts_json(attempts, count)));
    } else {
        printf("%-20s %-16s %-20s %7s %9s  %s\n", "when", "trainee", "exercise", "points", "time",
               "done by");
        for (size_t i = 0; i < count; ++i) {
            char made[SESSION_UTC_SIZE];
            session_utc_text(attempts[i].made_utc_ns, made);
            printf("%-20s %-16s %-20s %7.1f %7.1f s  %s\n", made, attempts[i].trainee,
                   attempts[i].exercise, attempts[i].points, attempts[i].seconds,
                   attempts[i].source);
        }
    }
    free(attempts);
    return code;
}

/* Keeps the attempt and fetches those before it. */
int training_keep(struct training *training)
{
    struct train_attempt *attempt = &training->attempt;
    const struct train_options *options = training->options;
    attempt->made_utc_ns = nav_utc_now_ns();
    (void)snprintf(attempt->trainee, sizeof(attempt->trainee), "%s", options->trainee);
    (void)snprintf(attempt->exercise, sizeof(attempt->exercise), "%s", training->exercise->name);
    (void)snprintf(attempt->case_name, sizeof(attempt->case_name), "%s", training->loaded->name);
    (void)snprintf(attempt->source, sizeof(attempt->source), "%s", training->source);
    attempt->points = training->result->points;
    attempt->passed = training->result->passed;
    attempt->seconds = training->result->seconds;
    if (options->no_library) {
        training->attempts = malloc(sizeof(*training->attempts));
        if (training->attempts == NULL) {
            return train_complain("out of memory");
        }
        training->attempts[0] = *attempt;
        training->attempt_count = 1;
        return VERB_OK;
    }
    struct train_library *library = NULL;
    struct cfg_error error;
    if (open_library(options, &library) != VERB_OK) {
        return VERB_FAILED;
    }
    json_t *details = train_result_json(training->exercise, training->result);
    char *text = details != NULL ? json_dumps(details, JSON_COMPACT) : NULL;
    json_decref(details);
    enum nav_status status = NAV_ERR_MEMORY;
    (void)snprintf(error.text, sizeof(error.text), "out of memory");
    if (text != NULL) {
        status = train_library_add(library, attempt, text, &error);
    }
    free(text);
    if (status == NAV_OK) {
        status = train_library_list(library, attempt->trainee, attempt->exercise,
                                    &training->attempts, &training->attempt_count, &error);
    }
    train_library_close(library);
    return status == NAV_OK ? VERB_OK : train_complain(error.text);
}

/* ---- telling -------------------------------------------------------------------------------- */

static void print_value(double value, const char *unit)
{
    char text[32];
    if (isfinite(value)) {
        (void)snprintf(text, sizeof(text), "%.2f %s", value, unit);
    } else {
        (void)snprintf(text, sizeof(text), "-");
    }
    printf(" %14s", text);
}

static void print_result(const struct training *training)
{
    const struct train_result *result = training->result;
    printf("%s: %s\n\n", training->exercise->title, training->source);
    printf("%-52s %14s %14s %14s %7s\n", "", "value", "full marks at", "none from", "points");
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        const struct train_verdict *verdict = &result->verdicts[i];
        const char *unit = train_criterion_unit((enum train_criterion)i);
        printf("%-52s", train_criterion_text((enum train_criterion)i));
        print_value(verdict->value, unit);
        if (verdict->judged) {
            print_value(verdict->goal, unit);
            print_value(verdict->limit, unit);
            printf(" %7.0f\n", 100.0 * verdict->points);
        } else {
            printf(" %14s %14s %7s\n", "", "", "-");
        }
    }
    printf("\n%-24s %5s %12s %12s %10s %10s %9s\n", "cut", "made", "offset rms", "tilt rms",
           "depth", "planned", "cutting");
    for (size_t i = 0; i < result->cut_count; ++i) {
        const struct train_cut *cut = &result->cuts[i];
        if (cut->wanted || cut->samples > 0) {
            printf("%-24s %5s %9.2f mm %8.2f deg %7.1f mm %7.1f mm %7.1f s\n", cut->name,
                   cut->made ? "yes" : "NO", cut->offset_rms_mm, cut->angle_rms_deg,
                   cut->depth_max_mm, cut->planned_depth_mm, cut->cutting_s);
        }
    }
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        const struct train_drop_out *drop = &result->drop_outs[i];
        printf("%s at %.1f s for %.2f s (%s): ", i == 0 ? "\ndrop-out" : "drop-out", drop->at_s,
               drop->seconds, drop->reason);
        printf("%s", train_drop_out_word(drop));
        if (drop->missed) {
            printf(", %.1f mm deeper", drop->deeper_mm);
        } else if (isfinite(drop->reaction_s)) {
            printf(" after %.2f s", drop->reaction_s);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < result->near_count; ++i) {
        const struct train_near *near = &result->nears[i];
        printf("%s at %.1f s for %.1f s: %s, %.1f mm%s\n", near->stop ? "STOP" : "caution",
               near->at_s, near->seconds, near->structure, near->distance_mm,
               near->expected ? " (as near as the expert)" : "");
    }
    if (result->overflow > 0) {
        printf("... and %zu more drop-outs and near-misses, not listed and not counted\n",
               result->overflow);
    }
    printf("\n%.0f points of 100, %s (from %.0f on); %.1f s, %.0f mm\n", result->points,
           result->passed ? "passed" : "not passed", training->exercise->pass, result->seconds,
           result->path_mm);
    if (training->attempt_count > 1) {
        printf("attempts so far:");
        for (size_t i = 0; i < training->attempt_count; ++i) {
            printf(" %.0f", training->attempts[i].points);
        }
        putchar('\n');
    }
}

static int print_json(const struct training *training)
{
    json_t *object = train_result_json(training->exercise, training->result);
    if (object == NULL) {
        return train_complain("out of memory");
    }
    double mean_mm = NAN;
    double max_mm = NAN;
    if (training->expert != NULL) {
        (void)train_path_distance(training->result, training->expert, &mean_mm, &max_mm);
    }
    (void)json_object_set_new(object, "trainee", json_string(training->options->trainee));
    (void)json_object_set_new(object, "case", json_string(training->loaded->name));
    (void)json_object_set_new(object, "source", json_string(training->source));
    (void)json_object_set_new(object, "session",
                              training->options->record != NULL ||
                                      training->options->session != NULL
                                  ? json_string(training->attempt_path)
                                  : json_null());
    (void)json_object_set_new(
        object, "expert",
        training->expert == NULL
            ? json_null()
            : json_pack("{s:f, s:f, s:f, s:o, s:o}", "points", training->expert->points, "seconds",
                        training->expert->seconds, "path_mm", training->expert->path_mm,
                        "mean_distance_mm", json_number_or_null(mean_mm), "max_distance_mm",
                        json_number_or_null(max_mm)));
    (void)json_object_set_new(object, "attempts",
                              attempts_json(training->attempts, training->attempt_count));
    return json_print("train", object);
}

static int write_report(const struct training *training)
{
    const struct train_report report = {
        .trainee = training->options->trainee,
        .case_name = training->loaded->name,
        .source = training->source,
        .exercise = training->exercise,
        .result = training->result,
        .expert = training->expert,
        .attempts = training->attempts,
        .attempt_count = training->attempt_count,
    };
    struct cfg_error error;
    return train_report_write(training->options->report, &report, &error) == NAV_OK
               ? VERB_OK
               : train_complain(error.text);
}

/* The tool in whose place the ghost is shown: what the exercise says, else another tool of the same
 * shape, else any other. */
static const char *ghost_place(const struct training *training)
{
    const struct cfg_case *loaded = training->loaded;
    const struct cfg_tool *own = NULL;
    const struct cfg_tool *other = NULL;
    if (training->exercise->ghost[0] != '\0') {
        return training->exercise->ghost;
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        if (strcmp(loaded->tools[i].name, training->exercise->tool) == 0) {
            own = &loaded->tools[i];
        }
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        const bool alike = own != NULL && tool->shape == own->shape;
        if (tool != own && (other == NULL || (alike && other->shape != own->shape))) {
            other = tool;
        }
    }
    return other != NULL ? other->name : "";
}

struct train_show training_show(const struct training *training, const volatile sig_atomic_t *stop)
{
    return (struct train_show){
        .instance = training->options->show,
        .expert_instance = training->options->show_expert,
        .attempt = training->attempt_path,
        .expert = training->expert_path[0] != '\0' ? training->expert_path : NULL,
        .tool = training->exercise->tool,
        .ghost = ghost_place(training),
        .speed = training->options->speed,
        .stop = stop,
    };
}

static int show(const struct training *training, const volatile sig_atomic_t *stop)
{
    const struct train_options *options = training->options;
    const struct train_show wanted = training_show(training, stop);
    struct cfg_error error;
    if (!options->quiet && !options->json) {
        printf("showing on instance %s: osteonav display %s --instance %s\n", options->show,
               options->case_path, options->show);
        (void)fflush(stdout);
    }
    return train_show(training->world, &wanted, &error) == NAV_OK ? VERB_OK
                                                                  : train_complain(error.text);
}

int training_tell(const struct training *training, const volatile sig_atomic_t *stop)
{
    const struct train_options *options = training->options;
    int code = options->report != NULL ? write_report(training) : VERB_OK;
    if (code == VERB_OK && options->json) {
        code = print_json(training);
    } else if (code == VERB_OK) {
        print_result(training);
    }
    const bool shown = options->show == NULL || options->is_live; /* a live one as it was done */
    return code == VERB_OK && !shown ? show(training, stop) : code;
}
