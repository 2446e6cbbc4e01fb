/* A pelvis of simple closed surfaces, for benchmarks that draw: bones, tumour, dural sac, roots,
 * vessels. Image space, LPS mm. Thread: any. */
#ifndef PELVIS_H
#define PELVIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view3d.h"

enum { PELVIS_SURFACES = 11, PELVIS_BONES = 3 /* the first ones */ };

struct pelvis_part {
    struct rnd_mesh mesh;
    struct rnd_material material;
    float *positions;
    uint32_t *corners;
};

/* Its share of about `triangles` in all. False: no memory. */
bool pelvis_make(size_t which, size_t triangles, struct pelvis_part *out);
void pelvis_finish(struct pelvis_part *part);

#endif
