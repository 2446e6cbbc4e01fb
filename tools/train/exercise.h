/* What a trainee is asked to do, and how it is judged.
 *
 * An exercise is a small YAML file (docs/training.md has the format), or one of those that are
 * built in. Thread: any after load. */
#ifndef TRAIN_EXERCISE_H
#define TRAIN_EXERCISE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "nav/limits.h"
#include "nav/status.h"

/* X(name, word, unit, goal, limit, weight, what is measured). Full marks at the goal and better,
 * none at the limit and worse, in between in proportion. A goal of NaN is the expert's own value
 * (or the exercise's `seconds`), the limit then a multiple of it; without one it is not judged. */
#define TRAIN_CRITERIA(X)                                                                          \
    X(TRAIN_OFFSET, "offset", "mm", 0.5, 3.0, 3.0, "rms offset from the plane, worst cut")         \
    X(TRAIN_ANGLE, "angle", "deg", 1.0, 8.0, 2.0, "rms tilt out of the plane, worst cut")          \
    X(TRAIN_OVER_DEPTH, "over-depth", "mm", 0.0, 3.0, 3.0, "deeper than planned, worst cut")       \
    X(TRAIN_MISSING_CUTS, "missing-cuts", "cuts", 0.0, 1.0, 4.0, "cuts that were not made")        \
    X(TRAIN_STOPS, "stop-distances", "times", 0.0, 2.0, 3.0,                                       \
      "within the stop distance of a structure")                                                   \
    X(TRAIN_CAUTIONS, "caution-distances", "times", 0.0, 6.0, 1.0,                                 \
      "within the caution distance of a structure")                                                \
    X(TRAIN_MISSED, "drop-outs-missed", "times", 0.0, 2.0, 2.0,                                    \
      "cut on while nothing could be shown")                                                       \
    X(TRAIN_REACTION, "reaction", "s", 1.5, 6.0, 1.0, "mean time until a drop-out was answered")   \
    X(TRAIN_MISSING_CHECKS, "missing-checks", "times", 0.0, 1.0, 2.0,                              \
      "registration checks that were not done")                                                    \
    X(TRAIN_TIME, "time", "s", NAN, 2.0, 1.0, "from the first movement to the end")                \
    X(TRAIN_PATH, "path", "mm", NAN, 2.5, 1.0, "way of the tip")                                   \
    X(TRAIN_EXPERT, "expert-path", "mm", 1.0, 8.0, 1.0,                                            \
      "mean distance from the expert's path in the cuts")

enum train_criterion {
#define TRAIN_ENUM(name, word, unit, goal, limit, weight, text) name,
    TRAIN_CRITERIA(TRAIN_ENUM)
#undef TRAIN_ENUM
        TRAIN_CRITERION_COUNT
};

struct train_rule {
    double goal;
    double limit;
    double weight; /* 0: not judged */
};

const char *train_criterion_word(enum train_criterion criterion);
const char *train_criterion_unit(enum train_criterion criterion);
const char *train_criterion_text(enum train_criterion criterion);

struct train_exercise {
    char name[NAV_NAME_SIZE]; /* as it was asked for */
    char title[NAV_TEXT_SIZE];
    char tool[NAV_NAME_SIZE];  /* whose way is judged: by itself the first blade */
    char ghost[NAV_NAME_SIZE]; /* tool in whose place an expert is shown; empty: not said */
    bool cuts[NAV_CUTS_MAX];   /* of the case: which are asked for */
    size_t cuts_wanted;
    char *script;    /* of the simulated hand: what it does and what goes wrong; NULL = built in */
    char *expert;    /* session or script of the expert; NULL = none */
    bool occlusions; /* with the built-in script: the usual ones */
    double seconds;  /* time goal; NaN = the expert's */
    double pass;     /* points */
    double reaction_s; /* of the simulated trainee; NaN: it does not react */
    double expert_reaction_s;
    uint32_t checks; /* registration checks asked for */
    struct train_rule rules[TRAIN_CRITERION_COUNT];
};

/* Finds the exercise `name`: a path (with a '/' or the end .yaml), else exercises/NAME.yaml beside
 * the case, else a built-in one. Paths in the file are relative to it. Messages as cfg_case_load;
 * NAV_ERR_NOT_FOUND lists what there is. The caller destroys it. */
NAV_MUST_USE enum nav_status train_exercise_load(const char *name, const struct cfg_case *planned,
                                                 struct train_exercise **out_exercise,
                                                 struct cfg_error *out_error);
void train_exercise_destroy(struct train_exercise *exercise); /* NULL is legal */

/* Words of the built-in exercises, NULL after the last. */
const char *const *train_exercise_built_in(void);

#endif
