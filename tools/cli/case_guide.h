/* What a checked case gives the guide: tools, plan and structures with their meshes.
 * Thread: any. Owner: the caller. */
#ifndef TOOLS_CASE_GUIDE_H
#define TOOLS_CASE_GUIDE_H

#include "case.h"
#include "guide.h"

struct case_guide {
    struct trk_guide_config config;
    size_t mesh_count;
    struct trk_mesh *meshes[NAV_STRUCTURES_MAX]; /* of the structures, in the case's order */
};

/* `loaded` must hold its meshes (cfg_case_load_meshes), which are copied. NAV_ERR_ARGUMENT: a model
 * without a triangle that is one; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status case_guide_create(const struct cfg_case *loaded,
                                               struct case_guide **out_guide);
void case_guide_destroy(struct case_guide *guide); /* NULL is legal */

#endif
