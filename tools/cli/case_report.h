/* What `osteonav case check` and `limits` print of a case. Thread: main. */
#ifndef TOOLS_CASE_REPORT_H
#define TOOLS_CASE_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "case.h"
#include "cut_facts.h"

/* Of a case that was loaded with its meshes. Each returns a verb's exit code. */
int case_report_text(const struct cfg_case *loaded);
int case_report_json(const struct cfg_case *loaded);
int case_report_limits(bool json);

/* "cut", "stop" or "caution". */
const char *case_passing_word(const struct cfg_model *model, const struct cfg_cut_passing *passing);

/* Prints and releases an object, indented. */
int case_print_json(json_t *object);

/* The day of a tool's oldest calibration, `no file` where the case names none. */
void case_calibrated_on(const struct cfg_tool *tool, char *out_date, size_t size);

/* Prints a warning of the check as a line; for cfg_case_warnings. */
void case_print_warning(void *context, const char *where, const char *text);

/* The rows of the limits table, as the case has them. */
struct case_limit_row {
    const char *name;
    double standard, minimum, maximum;
    const char *unit;
    const char *help;
};
const struct case_limit_row *case_limit_rows(size_t *out_count);
void case_limit_values(const struct cfg_limits *limits, double *out_values); /* one a row */

#endif
