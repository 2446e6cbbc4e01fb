/* The phantom as a CT (HU) and a label map on one grid.
 *
 * Label of a voxel: 1 + enum phantom_structure of the structure its centre lies in, 0 outside.
 * Where structures overlap by design the dural sac goes before roots, roots before the tumour.
 * The CT is contrast-enhanced, in the venous phase, with partial volumes at surfaces and noise that
 * depends only on seed and voxel. Thread: any; uses its own worker threads. */
#ifndef PREPARE_PHANTOM_VOLUME_H
#define PREPARE_PHANTOM_VOLUME_H

#include "nrrd.h"
#include "phantom_sdf.h"
#include "progress.h"

/* Both volumes belong to the caller (prep_volume_finish). `progress` gets one step per slab. */
NAV_MUST_USE enum nav_status phantom_volume_make(const struct phantom *phantom, int threads,
                                                 struct progress *progress,
                                                 struct prep_volume *out_ct,
                                                 struct prep_volume *out_labels);

/* Number of progress steps that phantom_volume_make takes. */
int phantom_volume_steps(const struct phantom *phantom);

#endif
