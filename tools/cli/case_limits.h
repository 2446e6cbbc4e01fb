/* The acceptance limits of a case, as registration and calibration take them.
 *
 * One place turns rows of config/limits_table.h into the limits of the modules that judge; what no
 * row is about keeps the module's own default. Without a case the rows' defaults hold, which are
 * the modules' (tests/calibration/test_limits_rows.c). Thread: any. */
#ifndef TOOLS_CASE_LIMITS_H
#define TOOLS_CASE_LIMITS_H

#include "cfg_error.h"
#include "dwell.h"
#include "limits_table.h"
#include "nav/status.h"
#include "pivot.h"
#include "registration.h"
#include "surface_registration.h"

/* The limits of the case in `path`, which is loaded and checked as a whole; NULL: the defaults.
 * Statuses as cfg_case_load. */
NAV_MUST_USE enum nav_status case_limits_load(const char *path, struct cfg_limits *out_limits,
                                              struct cfg_error *out_error);

struct trk_registration_limits case_limits_registration(const struct cfg_limits *limits);
struct trk_surface_options case_limits_surface(const struct cfg_limits *limits);
struct trk_pivot_limits case_limits_pivot(const struct cfg_limits *limits);
struct trk_dwell_limits case_limits_dwell(const struct cfg_limits *limits);

#endif
