/* Brings what was just read into the frame of a case: a scan to a scan that the case has, and what
 * was drawn on that scan after it. Thread: one at a time. */
#ifndef PREPARE_IMPORT_ALIGN_H
#define PREPARE_IMPORT_ALIGN_H

#include <jansson.h>

#include "import/import.h"

/* Moves a scan by the request's {"to": canonical file of the scan that stays, "hounsfield": of it,
 * "transform": FILE, "estimate" or "same-frame", "maps": "ct-to-mr" or "mr-to-ct"}.
 * `*out_told` is what comes of it: origin, matrix, measures. NAV_ERR_REFUSED: align.h has when;
 * statuses of the transform's reader. */
NAV_MUST_USE enum nav_status import_align_scan(const json_t *wish, struct imp_item *item,
                                               json_t **out_told, struct cfg_error *error);

/* Moves a surface by 16 numbers, T_image_scan. NAV_ERR_NOT_RIGID. */
NAV_MUST_USE enum nav_status import_align_surface(const json_t *matrix, float *vertices_mm,
                                                  size_t vertex_count, struct cfg_error *error);

#endif
