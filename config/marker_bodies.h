/* Which printed markers sit where on which body: a small YAML file.
 *
 *   version: 1
 *   dictionary: DICT_5X5_100
 *   bodies:
 *     - name: StylusToTracker            the device that its pose is sent as, up to 20 characters
 *       markers:
 *         - {id: 3, side_mm: 30}         its middle is the body's origin, x right, y down, z into
 * it
 *         - {id: 4, side_mm: 30, middle_mm: [40, 0, 0], right: [1, 0, 0], down: [0, 1, 0]}
 *
 * Unknown keys are errors; a marker may appear once in the whole file. mm. Thread: any. */
#ifndef CFG_MARKER_BODIES_H
#define CFG_MARKER_BODIES_H

#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/limits.h"
#include "nav/status.h"

enum { CFG_BODIES_MAX = 8, CFG_BODY_MARKERS_MAX = 64, CFG_DICTIONARY_SIZE = 32 };

struct cfg_body_marker {
    int id;
    double corners_mm[4][3]; /* top left, top right, bottom right, bottom left, as printed */
};

struct cfg_marker_body {
    char name[NAV_NAME_SIZE];
    size_t marker_count;
    struct cfg_body_marker markers[CFG_BODY_MARKERS_MAX];
};

struct cfg_marker_bodies {
    char dictionary[CFG_DICTIONARY_SIZE];
    size_t count;
    struct cfg_marker_body bodies[CFG_BODIES_MAX];
};

#ifdef __cplusplus
extern "C" {
#endif

/* NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_SYNTAX, NAV_ERR_RANGE, NAV_ERR_VERSION, NAV_ERR_REFUSED
 * (the same marker or name twice, directions that are not perpendicular), NAV_ERR_MEMORY. On
 * failure `out_bodies` is untouched. */
NAV_MUST_USE enum nav_status cfg_marker_bodies_load(const char *path,
                                                    struct cfg_marker_bodies *out_bodies,
                                                    struct cfg_error *out_error);

/* The same of bytes, which are not changed; `name` is for errors. */
NAV_MUST_USE enum nav_status cfg_marker_bodies_parse(const uint8_t *bytes, size_t size,
                                                     const char *name,
                                                     struct cfg_marker_bodies *out_bodies,
                                                     struct cfg_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
