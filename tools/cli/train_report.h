/* A trainee's report: one HTML file with everything in it, plots included; nothing is loaded from
 * anywhere. Thread: main. */
#ifndef TOOLS_TRAIN_REPORT_H
#define TOOLS_TRAIN_REPORT_H

#include <stddef.h>

#include "cfg_error.h"
#include "exercise.h"
#include "nav/status.h"
#include "score.h"
#include "train_library.h"

struct train_report {
    const char *trainee, *case_name, *source;
    const struct train_exercise *exercise;
    const struct train_result *result;
    const struct train_result *expert;    /* NULL: none */
    const struct train_attempt *attempts; /* of this trainee at this exercise, oldest first */
    size_t attempt_count;
};

/* Mode 0600; an older file is replaced when the new one is complete. NAV_ERR_NOT_FOUND: gnuplot,
 * which draws the plots, cannot be started; NAV_ERR_IO. */
NAV_MUST_USE enum nav_status train_report_write(const char *path, const struct train_report *report,
                                                struct cfg_error *out_error);

#endif
