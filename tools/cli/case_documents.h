/* What a case tells other programs that ask: its models, landmarks and planned cuts as whole
 * OpenIGTLink messages, packed once.
 *
 *   GET_POLYDATA  one message a model of the case, device name = the model's name (20 bytes)
 *   GET_POINT     "Landmarks": all landmarks, group Landmark
 *   GET_TRAJ      "Cuts": for each planned cut a path of its depth, from the middle of the entry
 *                 edge along the cutting direction v = normal x u; group Cut
 * Coordinates are image space, LPS mm. Thread: main. */
#ifndef TOOLS_CASE_DOCUMENTS_H
#define TOOLS_CASE_DOCUMENTS_H

#include <stddef.h>

#include "case.h"
#include "nav/status.h"
#include "subscriber.h"

struct case_documents {
    size_t count;
    struct srv_document items[SRV_DOCUMENTS_MAX];
};

/* Of a case whose meshes are loaded (cfg_case_load_meshes); copies what it needs. NAV_ERR_MEMORY,
 * NAV_ERR_TOO_LARGE: a model that POLYDATA cannot hold. */
NAV_MUST_USE enum nav_status case_documents_create(const struct cfg_case *loaded,
                                                   struct case_documents **out_documents);
void case_documents_destroy(struct case_documents *documents); /* NULL is legal */

#endif
