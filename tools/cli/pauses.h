/* The pauses in a recording: where the tool's tip rested, in order. */
#ifndef TOOLS_PAUSES_H
#define TOOLS_PAUSES_H

#include <stddef.h>

#include "dwell.h"
#include "limits_table.h"
#include "nav/status.h"
#include "recording.h"

/* The case's limits, but for what a person says: 0 = the case's. */
struct trk_dwell_limits pauses_limits(const struct cfg_limits *limits, double hold_s,
                                      double radius_mm, double samples_min);

/* Finds all pauses of the tip `tip_mm` (in the tool). A frame in which tool or reference was not
 * visible ends a pause. The caller frees `*out_pauses` (NULL when there is none). NAV_ERR_ARGUMENT:
 * a limit that is not positive; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status pauses_find(const struct recording *recording, const double tip_mm[3],
                                         const struct trk_dwell_limits *limits,
                                         struct trk_pause **out_pauses, size_t *out_count);

#endif
