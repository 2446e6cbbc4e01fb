/* The plan on the phantom, computed from its distance fields: cuts, landmarks, registration.
 *
 * Everything in image space, LPS mm. Cut conventions are those of the case file: the rectangle
 * starts at `point` (middle of the entry edge), spans size[0] along u and size[1] along
 * v = normal x u, the cutting direction. Thread: any. */
#ifndef PREPARE_PHANTOM_PLAN_H
#define PREPARE_PHANTOM_PLAN_H

#include <stdbool.h>

#include "phantom_sdf.h"

enum { PHANTOM_CUTS = 4, PHANTOM_LANDMARKS = 9 };

struct phantom_cut {
    const char *name;
    double point[3], normal[3], u[3], v[3];
    double size[2];
    double depth; /* along v from the entry edge to the sacrum's far cortex, deepest over u */
    double depth_middle;  /* the same on the middle line only */
    double tumour_margin; /* smallest distance of the tumour's surface to the whole plane */
    /* Smallest distance of a root's surface to the rectangle; 0 where the rectangle crosses it. */
    double root_distance[PHANTOM_ROOTS];
    bool root_crossed[PHANTOM_ROOTS];
};

struct phantom_landmark {
    const char *name;
    double position[3];
};

struct phantom_plan {
    struct phantom_cut cuts[PHANTOM_CUTS];
    struct phantom_landmark landmarks[PHANTOM_LANDMARKS];
    double T_image_reference[16]; /* row-major, rigid; exact by definition, so its FRE is 0 */
};

NAV_MUST_USE enum nav_status phantom_plan_make(const struct phantom *phantom,
                                               struct phantom_plan *out_plan);

#endif
