/* Writes a 3D volume as NRRD (attached header, gzip data), readable by 3D Slicer, ITK and VTK.
 *
 * Voxels x fastest; axis aligned; `space: left-posterior-superior`, mm. The bytes depend on nothing
 * but the arguments. Thread: any. */
#ifndef PREPARE_NRRD_H
#define PREPARE_NRRD_H

#include <stddef.h>

#include "nav/status.h"

enum prep_voxel { PREP_VOXEL_U8, PREP_VOXEL_I16 };

struct prep_volume {
    int size[3];
    double spacing[3]; /* mm */
    double origin[3];  /* LPS mm of the first voxel's centre */
    enum prep_voxel type;
    void *voxels; /* native byte order, malloc'ed */
};

/* Header lines "KEY:=VALUE" that go along, may be NULL. NAV_ERR_IO with errno set,
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status prep_nrrd_write(const struct prep_volume *volume,
                                             const char *key_values, const char *path);

size_t prep_volume_count(const struct prep_volume *volume);
void prep_volume_finish(struct prep_volume *volume);

#endif
