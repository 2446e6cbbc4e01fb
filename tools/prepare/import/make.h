/* The canonical file of an item: binary PLY of a model, raw NRRD of a scan, nothing of the rest.
 * Thread: one at a time. */
#ifndef IMPORT_MAKE_H
#define IMPORT_MAKE_H

#include "import.h"
#include "segment.h"

struct imp_made {
    char *bytes; /* owned */
    size_t size;
};

/* Of an item that is whole in memory. */
NAV_MUST_USE enum nav_status imp_make(const struct imp_item *item, struct imp_made *out_made,
                                      struct cfg_error *error);

/* Of a surface that was made of voxels. */
NAV_MUST_USE enum nav_status imp_make_surface(const struct prep_segment_surface *surface,
                                              struct imp_made *out_made, struct cfg_error *error);
void imp_made_finish(struct imp_made *made);

#endif
