/* Points and planes that people placed in other programs.
 *
 * Formats, told apart by the file name's end:
 *   .mrk.json  3D Slicer markups, schema 1.0.x: coordinateSystem LPS (default) or RAS,
 *              coordinateUnits mm, um or m, control points with label and position; of a Plane,
 *              `center` and `normal` are used (its matrices carry a sign flip in LPS files)
 *   .fcsv      Slicer's older point list; CoordinateSystem LPS, RAS, 0 (RAS) or 1 (LPS); a file
 *              that does not say is RAS, as those programs wrote it
 *   .acsv      Slicer's oldest annotation file: "point|x|y|z|sel|vis", RAS, mm
 *   .csv       lines "label,x,y,z", with or without that heading; a comment line "# space = RAS",
 *              "# unit = m" is honoured, else LPS (or the tracker's own frame) and mm
 * Result: millimetres; LPS unless the caller says that the points are not in a patient frame. A
 * point without a position ("undefined" in Slicer) is kept out and counted. Names may repeat in a
 * file; the caller decides. Numbers are read in the C locale.
 * Thread: any. Owner: the caller, cfg_markups_finish. */
#ifndef CFG_MARKUPS_H
#define CFG_MARKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/limits.h"
#include "nav/status.h"

enum { CFG_MARKUPS_POINTS_MAX = 100000, CFG_MARKUPS_PLANES_MAX = 64 };

struct cfg_markup_point {
    char label[NAV_NAME_SIZE];
    double position_mm[3];
};

struct cfg_markup_plane {
    char name[NAV_NAME_SIZE]; /* the file's name: Slicer does not write the plane's own */
    double center_mm[3];
    double normal[3];  /* unit */
    double size_mm[2]; /* 0 when the file does not state it */
    bool has_x;
    double x[3]; /* unit, in the plane: first axis of its size; of `orientation`, when stated */
};

struct cfg_markups {
    struct cfg_markup_point *points; /* of point lists, lines, curves and of planes' corners */
    size_t point_count;
    size_t undefined_count; /* points that the file lists without a position */
    struct cfg_markup_plane *planes;
    size_t plane_count;
    char kind[NAV_NAME_SIZE]; /* of the first markup: Fiducial, Line, Curve, Plane, ROI ... */
    bool was_ras;             /* the file's coordinates were RAS and have been turned */
    bool says_space;          /* false: a .csv that leaves it open, taken as LPS */
};

enum cfg_markups_frame {
    CFG_MARKUPS_PATIENT = 0, /* LPS comes out; RAS is turned */
    CFG_MARKUPS_OTHER        /* a tracker's or reference's own frame: RAS is refused */
};

/* Reads a whole file (at most 16 MB). On failure `out_markups` is untouched and `out_error` names
 * file, line or key, and remedy. NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_TOO_LARGE,
 * NAV_ERR_UNSUPPORTED (file name, unit, coordinate system), NAV_ERR_SYNTAX, NAV_ERR_RANGE (a number
 * that is not finite, beyond 1e5 mm, or a normal of no length), NAV_ERR_REFUSED (RAS outside a
 * patient frame, no point in it), NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_markups_load(const char *path, enum cfg_markups_frame frame,
                                              struct cfg_markups *out_markups,
                                              struct cfg_error *out_error);

/* The same for bytes in memory; `name` tells the format and stands for the file in messages. */
NAV_MUST_USE enum nav_status cfg_markups_parse(const uint8_t *bytes, size_t size, const char *name,
                                               enum cfg_markups_frame frame,
                                               struct cfg_markups *out_markups,
                                               struct cfg_error *out_error);

void cfg_markups_finish(struct cfg_markups *markups);

#endif
