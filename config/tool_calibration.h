/* What `osteonav calibrate ... --out FILE` wrote of a tool, and what binds it to that tool.
 *
 * A JSON file: `kind` (pivot, spin, blade), `tool` (the transform it was recorded from),
 * `date_utc`, `geometry_sha256` of the marker's geometry file or null, `accepted`, and of `tip_mm`,
 * `axis`, `up` what the kind determines, in the tool's frame, mm. A tool of a case that names such
 * files must be the tool they were made for. Thread: any. */
#ifndef CFG_TOOL_CALIBRATION_H
#define CFG_TOOL_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "cfg_error.h"
#include "file_bytes.h"
#include "nav/scene.h"
#include "nav/status.h"

struct cfg_tool_calibration {
    char tool[NAV_NAME_SIZE];
    int64_t utc_ns;
    bool has_marker;
    uint8_t marker_sha256[CFG_SHA256_SIZE]; /* of the marker's geometry file */
    bool has_tip, has_axis, has_up;
    double tip_mm[3], axis[3], up[3]; /* axis and up: unit to 1e-3 */
};

/* Reads one. `out_sha256`: of the file. On failure `out_error` names file, key and remedy.
 * NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_TOO_LARGE, NAV_ERR_SYNTAX (no such file), NAV_ERR_REFUSED
 * (not accepted, or no calibration of a tool), NAV_ERR_NOT_FINITE, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_tool_calibration_load(const char *path,
                                                       struct cfg_tool_calibration *out_calibration,
                                                       uint8_t out_sha256[CFG_SHA256_SIZE],
                                                       struct cfg_error *out_error);

/* The same for bytes in memory; `name` stands for the path. */
NAV_MUST_USE enum nav_status
cfg_tool_calibration_parse(const uint8_t *bytes, size_t size, const char *name,
                           struct cfg_tool_calibration *out_calibration,
                           struct cfg_error *out_error);

/* Whether two names of a transform are of one tool: "Stylus", "StylusToTracker" and
 * "StylusToReference" are. */
bool cfg_same_tool(const char *a, const char *b);

#endif
