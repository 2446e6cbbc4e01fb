/* An MR beside a CT in the list of sources: which CT it comes to, by what, and what goes with it.
 *
 * Keys of an item: `to` the name of the scan that stays, `transform` a file, "estimate" or
 * "same-frame", `maps` the way the file maps points; `with` the name of the scan that a structure
 * was drawn on. Thread: main. */
#ifndef TOOLS_CASE_ALIGN_H
#define TOOLS_CASE_ALIGN_H

#include <jansson.h>
#include <stdio.h>

#include "case_folder.h"
#include "cfg_error.h"

/* The order of a build: what stays, what is moved to it, what goes along. */
enum case_align_round { CASE_ALIGN_PLAIN = 0, CASE_ALIGN_SCAN, CASE_ALIGN_ALONG };

enum case_align_round case_align_round(const json_t *item);

/* Enters `transform: estimate` and `to` of every MR that says nothing and lies beside one CT;
 * "same-frame" where both are of one scene, which has placed them. */
void case_align_enter(json_t *sources);

/* Keeps what was built of a scan; `told` NULL: it stays. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status case_align_keep(json_t *scans, const char *name, const char *listed,
                                             const char *file, const char *modality,
                                             const json_t *told);

/* What the reader is to do with a scan: `align` of its request. NAV_ERR_NOT_FOUND: the scan that it
 * is to come to is not in the list, or is one of several. */
NAV_MUST_USE enum nav_status case_align_wish(const struct case_folder *folder, const json_t *scans,
                                             const json_t *item, json_t **out_wish,
                                             struct cfg_error *error);

/* What moves a structure with its scan: `moved` of the request; NULL where the scan stays. */
NAV_MUST_USE enum nav_status case_align_matrix(const struct case_folder *folder,
                                               const json_t *scans, const json_t *item,
                                               json_t **out_matrix, struct cfg_error *error);

/* The record of it for case.yaml, and for people. */
void case_align_write(FILE *file, const json_t *wish, const json_t *told, const char *by);
void case_align_print(const char *name, const json_t *wish, const json_t *told);

#endif
