/* Writes the phantom's text files: the case and the ground truth. Numbers are printed so that
 * reading them back gives the same doubles. Thread: any. */
#ifndef PREPARE_PHANTOM_EXPORT_H
#define PREPARE_PHANTOM_EXPORT_H

#include "phantom_plan.h"
#include "surface.h"

/* What was measured while building one structure. */
struct phantom_result {
    double volume_ml; /* by integration of the distance field */
    struct prep_surface_report surface;
    size_t points, triangles;
};

/* NAV_ERR_IO with errno set. Model files are named relative to the case: models/FILE.ply. */
NAV_MUST_USE enum nav_status phantom_export_case(const struct phantom *phantom,
                                                 const struct phantom_plan *plan, const char *path);

/* docs/phantom.md explains the keys. */
NAV_MUST_USE enum nav_status phantom_export_truth(const struct phantom *phantom,
                                                  const struct phantom_plan *plan,
                                                  const struct phantom_result *results,
                                                  const char *path);

/* "value name" lines: label map values. */
NAV_MUST_USE enum nav_status phantom_export_labels(const char *path);

#endif
