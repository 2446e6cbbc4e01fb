/* What every verb with `--json` needs. JSON numbers that are not finite are null. */
#ifndef TOOLS_JSON_OUT_H
#define TOOLS_JSON_OUT_H

#include <jansson.h>
#include <stddef.h>

#include "nav/pose.h"

/* A number, or null when it is not finite. */
json_t *json_number_or_null(double value);

/* An array of numbers. */
json_t *json_numbers(const double *values, size_t count);

/* Row-major 4x4 matrix of a pose as 16 numbers. */
json_t *json_matrix(const struct nav_pose *pose);

/* Prints and releases `object` as one line on stdout, 17 significant digits. Returns VERB_OK, or
 * VERB_FAILED with a message that begins with `verb`. */
int json_print(const char *verb, json_t *object);

#endif
