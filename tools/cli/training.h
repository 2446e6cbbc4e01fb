/* One run of `osteonav train`: what was asked for, what came of it, and its steps in order.
 * Messages of what fails go to stderr; exit codes as in verbs.h. Thread: main. */
#ifndef TOOLS_TRAINING_H
#define TOOLS_TRAINING_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "cfg_error.h"
#include "exercise.h"
#include "nav/status.h"
#include "score.h"
#include "train_attempt.h"
#include "train_library.h"
#include "train_show.h"

enum { TRAIN_PATH_SIZE = 4096 };

struct train_options {
    const char *case_path, *exercise, *session, *live, *record, *trainee, *expert, *report;
    const char *library, *show, *show_expert, *relay, *to;
    double seconds, rate_hz, speed;
    uint64_t seed;
    bool simulate, is_live, no_library, list, json, quiet;
};

/* What a run of the verb holds. */
struct training {
    const struct train_options *options;
    struct cfg_case *loaded;
    struct train_world *world;
    struct train_exercise *exercise;
    char folder[TRAIN_PATH_SIZE]; /* for sessions that nobody asked to keep; empty = none yet */
    char attempt_path[TRAIN_PATH_SIZE]; /* session of the attempt; empty: live */
    char expert_path[TRAIN_PATH_SIZE];  /* empty: none */
    char source[NAV_TEXT_SIZE];
    struct train_result *result, *expert;
    struct train_attempt *attempts;
    size_t attempt_count;
    struct train_attempt attempt;
};

/* Prints the line and returns VERB_FAILED. */
int train_complain(const char *text);

/* The expert, from a session, a script, or the exercise done as it is planned. */
NAV_MUST_USE enum nav_status training_prepare_expert(struct training *training,
                                                     struct cfg_error *out_error);

/* The attempt: simulated, out of a session, or watched until `*stop` is not 0. */
NAV_MUST_USE enum nav_status training_attempt(struct training *training,
                                              const volatile sig_atomic_t *stop,
                                              struct cfg_error *out_error);

/* What `--show` and `--show-expert` ask for. */
struct train_show training_show(const struct training *training, const volatile sig_atomic_t *stop);

/* Removes the sessions that nobody asked to keep. */
void training_remove_folder(struct training *training);

/* `--list`. */
int training_list(const struct train_options *options);

/* Keeps the attempt and fetches those before it. */
int training_keep(struct training *training);

/* The report, what is printed, and the showing, as asked for. */
int training_tell(const struct training *training, const volatile sig_atomic_t *stop);

#endif
