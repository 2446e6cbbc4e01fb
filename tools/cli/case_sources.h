/* The list of what a case is made of: FOLDER.sources.yaml, written by `case import`, read by `case
 * build`, and between the two open to be corrected by hand.
 *
 * In memory it is JSON with the same keys; numbers stay text until they are used. Keys:
 *   version: 1
 *   sources:
 *     - file, series, space, unit, as, names, modality, error_mm   as given on the command line
 *       items: [{part, becomes, name, role, colour, opacity, caution_mm, stop_mm, entry, depth_mm,
 *                kerf_mm, modality, to, transform, maps, with}]
 * Thread: main. */
#ifndef TOOLS_CASE_SOURCES_H
#define TOOLS_CASE_SOURCES_H

#include <jansson.h>

#include "cfg_error.h"

/* An empty list; NULL: no memory. */
json_t *case_sources_new(void);

/* Reads a list. NAV_ERR_NOT_FOUND: there is none; statuses of the YAML reader; NAV_ERR_SYNTAX: a
 * key that is not known, or a value of the wrong kind, with file and line. */
NAV_MUST_USE enum nav_status case_sources_load(const char *path, json_t **out_sources,
                                               struct cfg_error *error);
NAV_MUST_USE enum nav_status case_sources_save(const char *path, const json_t *sources,
                                               struct cfg_error *error);

/* Adds a source, which is taken over; one of the same file and series is replaced. */
void case_sources_put(json_t *sources, json_t *source);

/* Text of a key; NULL: there is none. */
const char *case_sources_text(const json_t *object, const char *key);

#endif
