/* `osteonav case import`, `add`, `build` and `new`: from foreign files to a case folder.
 * Thread: main. */
#ifndef TOOLS_CASE_IMPORT_H
#define TOOLS_CASE_IMPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "case_folder.h"
#include "case_report.h"
#include "cfg_error.h"

enum { CASE_PATHS_MAX = 64, CASE_ROLES_MAX = 64, CASE_TOOLS_MAX = 8 };

/* Stands above what a build writes into a case file. */
#define CASE_MADE_BY_BUILD                                                                         \
    "# Made by `osteonav case build` from the list of sources; change it there.\n"

/* What was said on the command line; NULL, 0 or false: not said. */
struct case_order {
    const char *paths[CASE_PATHS_MAX];
    size_t path_count;
    const char *folder; /* --case */
    const char *name, *pseudonym, *reference;
    const char *space, *unit, *as, *series, *names, *modality, *entry, *kerf_mm;
    const char *only, *error_mm, *threshold;
    const char *to, *transform, *maps, *with; /* of scans beside a CT, and what goes with them */
    const char *role, *colour, *caution_mm, *stop_mm; /* of the one thing that is added */
    const char *roles[CASE_ROLES_MAX];                /* NAME=ROLE */
    size_t role_count;
    const char *tools[CASE_TOOLS_MAX]; /* NAME=DEVICE */
    size_t tool_count;
    const char *by;
    const char *sheet, *contact_sheet, *turntable; /* files to draw */
    bool json, yes, build, lock, replace;
};

/* Makes a case folder with nothing in it. */
NAV_MUST_USE enum nav_status case_new(const struct case_order *order,
                                      const struct case_folder *folder, struct cfg_error *error);

/* Looks at the order's paths; `*out_sources` are all that were understood, with roles suggested,
 * `*out_refused` and `*out_ignored` the others, as arrays of {file, why}. */
NAV_MUST_USE enum nav_status case_look(const struct case_order *order, json_t **out_sources,
                                       json_t **out_refused, json_t **out_ignored,
                                       struct cfg_error *error);

/* Makes the canonical files and case.yaml from the folder's list of sources; prints what was made.
 */
NAV_MUST_USE enum nav_status case_build(const struct case_folder *folder, const char *by,
                                        bool replace, bool quiet, struct cfg_error *error);

/* The verb's actions: exit codes. */
int case_import_action(const struct case_order *order);
int case_build_action(const struct case_order *order);
int case_new_action(const struct case_order *order);
int case_show_action(const char *path, const struct case_order *order);
/* Of the user who runs this. */
const char *case_login_name(void);
int case_lock_action(const char *path, const char *by, bool replace);

#endif
