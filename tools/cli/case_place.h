/* A plane that was drawn in another program as a cut of a case.
 *
 * Of the plane's two axes, the one that goes most into the patient from the entry side is v, the
 * cutting direction; u = v x normal. The entry edge is moved along v to where bone begins, and the
 * depth goes to where the last bone within the plane's width ends. Frame: LPS mm. Thread: main. */
#ifndef TOOLS_CASE_PLACE_H
#define TOOLS_CASE_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "case_folder.h"
#include "cfg_error.h"

struct case_place {
    const struct case_folder *folder;
    const json_t *bones; /* canonical files of all bone, as paths in the folder */
    bool quiet;
    struct cfg_error *error;
};

/* Writes the cut's lines of YAML. `plan`: {item, plane}: of the list and of the source. */
NAV_MUST_USE enum nav_status case_place_cut(const struct case_place *place, const json_t *plan,
                                            FILE *out);

/* The same of a line of two points: a drill's path. NAV_ERR_RANGE: too short or too long. */
NAV_MUST_USE enum nav_status case_place_line(const struct case_place *place, const json_t *plan,
                                             FILE *out);

/* Numbers of an array of a JSON object; as a YAML list. */
void case_take_vector(const json_t *object, const char *key, size_t count, double *out);
void case_write_vector(FILE *file, const double *values, size_t count);

#endif
