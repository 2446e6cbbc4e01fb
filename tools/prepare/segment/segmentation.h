/* Segmentations: which voxels belong to which named structure.
 *
 * Read are label maps (NIfTI, NRRD; the values' names from a table beside them) and 3D Slicer's
 * .seg.nrrd (names, colours and layers in its header: structures of different layers may overlap
 * and share a value). Or bone is made from a CT by a threshold, for a quick start.
 *
 * Frame: voxels, x fastest, and T_image_voxel of the volume: LPS mm. Thread: any. Owner: the
 * caller, prep_segmentation_finish. */
#ifndef PREPARE_SEGMENTATION_H
#define PREPARE_SEGMENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "label_names.h"
#include "nav/limits.h"
#include "nav/status.h"
#include "volume.h"

enum { PREP_SEGMENTS_MAX = 4096, PREP_SEGMENT_TAGS_SIZE = 1024 };

/* One structure. Its voxels are those of `layer` with `value`. */
struct prep_segment {
    char name[NAV_NAME_SIZE];
    char id[NAV_NAME_SIZE]; /* of a .seg.nrrd; else empty */
    char
        tags[PREP_SEGMENT_TAGS_SIZE]; /* of a .seg.nrrd, "key:value|...", terminology; else empty */
    int32_t layer;
    int32_t value;
    bool coloured;
    uint8_t colour[3];
    size_t voxels;           /* 0: named, but nothing of it is in the volume */
    int32_t low[3], high[3]; /* voxels, both included; meaningless when there are none */
};

struct prep_segmentation {
    struct cfg_volume *volume;
    struct prep_segment *segments; /* by layer and value */
    size_t count;
    double voxel_mm3;
};

/* Reads `path`. `names_path` names the values of a label map; NULL: "label_7" and so on. Values of
 * the volume that the table does not name are called so too; values that only the table has stay
 * as empty segments. A .seg.nrrd names itself and takes no table. On failure `out_segmentation` is
 * untouched. Statuses of cfg_volume_load and prep_names_load, and NAV_ERR_REFUSED: no structure in
 * it, names or values twice, keys that contradict the voxels, a table for what names itself. */
NAV_MUST_USE enum nav_status prep_segmentation_load(const char *path, const char *names_path,
                                                    struct prep_segmentation *out_segmentation,
                                                    struct cfg_error *out_error);

/* The same for a .seg.nrrd or label map in memory, followed by one NUL that is not counted; no
 * more than `voxels_max` (0: the reader's own ceiling). */
NAV_MUST_USE enum nav_status prep_segmentation_parse(const uint8_t *bytes, size_t size,
                                                     const char *name, size_t voxels_max,
                                                     struct prep_segmentation *out_segmentation,
                                                     struct cfg_error *out_error);

/* Bone of a CT: everything denser than `hu`, its largest connected piece (over faces), cavities
 * filled. One segment, "bone". The volume is changed to the label map and belongs to the
 * segmentation from then on, also on failure. NAV_ERR_REFUSED: nothing is that dense. */
NAV_MUST_USE enum nav_status prep_segmentation_threshold(struct cfg_volume *ct, const char *name,
                                                         int16_t hu,
                                                         struct prep_segmentation *out_segmentation,
                                                         struct cfg_error *out_error);

void prep_segmentation_finish(struct prep_segmentation *segmentation);

/* The segment of that name (any letter case) or, in a .seg.nrrd, that ID; NULL: none. */
const struct prep_segment *prep_segmentation_find(const struct prep_segmentation *segmentation,
                                                  const char *name);

/* Between the parts of the reader: fills `out_segments` (room for PREP_SEGMENTS_MAX) from the
 * header's notes of a .seg.nrrd; names and places only. */
NAV_MUST_USE enum nav_status prep_seg_notes_read(const struct cfg_volume *volume, const char *name,
                                                 struct prep_segment *out_segments,
                                                 size_t *out_count, struct cfg_error *out_error);

#endif
