/* Scalar volumes (CT, MR) from files: strict readers that load a whole, exact file or refuse it.
 *
 * Formats: NRRD with its data attached (encoding raw or gzip; int16, uint16, uint8, float) and
 * NIfTI-1 in one file, plain or gzipped (int16, uint16, int32, uint8, float; sform, qform,
 * scl_slope). Sizes are checked before memory is taken, and compressed data may not grow beyond
 * what the header promises. Refused: detached data, sizes that do not match, trailing bytes, an
 * orientation that is missing, contradicts itself, is mirrored or sheared, numbers that are not
 * finite, spacings that no scanner has.
 *
 * Result: 16-bit values (CT: HU; others rounded to whole numbers) and where the middle of every
 * voxel is in image space, LPS mm; RAS files are turned. Formats: teem's NRRD 1-5, NIfTI-1.1.
 *
 * Label maps (`options.labels`) are looser in what they contain and stricter in what a value is:
 * one voxel across or one value throughout is a label map too, a fraction is none, NRRD may hold
 * several layers (a `list` axis that varies fastest, as 3D Slicer's .seg.nrrd) and int32, and
 * mirrored axes are put right by reversing the first.
 * Thread: any. Owner: the caller, cfg_volume_destroy. */
#ifndef CFG_VOLUME_H
#define CFG_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cfg_error.h"
#include "file_bytes.h"
#include "nav/status.h"

enum cfg_volume_format { CFG_VOLUME_NRRD = 0, CFG_VOLUME_NIFTI };

enum {
    CFG_VOLUME_SIDE_MIN = 2, /* voxels along an axis: less cannot be interpolated */
    CFG_VOLUME_SIDE_MAX = 4096,
    CFG_VOLUME_LAYERS_MAX = 64,
    CFG_VOLUME_VOXELS_MAX = 1 << 28,
    CFG_VOLUME_BYTES_MAX = 1 << 30
};

/* What the caller accepts. The zero struct has the ceilings above. */
struct cfg_volume_options {
    size_t voxels_max; /* 0 = CFG_VOLUME_VOXELS_MAX */
    size_t bytes_max;  /* 0 = CFG_VOLUME_BYTES_MAX */
    bool labels;       /* a label map, as above */
};

struct cfg_volume_report {
    enum cfg_volume_format format;
    int32_t size[3];             /* voxels along the file's axes, the first varies fastest */
    double spacing_mm[3];        /* along the same axes */
    double T_image_voxel[12];    /* row-major 3x4: LPS mm of the middle of voxel (i, j, k) */
    double min_mm[3], max_mm[3]; /* box around the middles of all voxels */
    int16_t lowest, highest;
    int32_t layers; /* values of every voxel: 1 but for label maps with overlaps */
    bool mirrored;  /* of a label map: the file's first axis was reversed to make it right-handed */
};

struct cfg_volume {
    int16_t *voxels; /* the first layer's voxels, then the next layer's */
    char *notes;     /* label maps from NRRD: the header's lines "key:=value\n"; else NULL */
    uint8_t sha256[CFG_SHA256_SIZE]; /* of the file's bytes */
    struct cfg_volume_report report;
};

/* Reads and checks one file; .nrrd, .nii or .nii.gz. `options` may be NULL. On failure `out_volume`
 * is untouched and `out_error` names file, line or field, and remedy. NAV_ERR_NOT_FOUND,
 * NAV_ERR_IO, NAV_ERR_UNSUPPORTED (format, type or encoding), NAV_ERR_SYNTAX, NAV_ERR_LENGTH
 * (truncated or trailing data), NAV_ERR_RANGE (sizes, spacing, values beyond 16 bits),
 * NAV_ERR_NOT_FINITE, NAV_ERR_REFUSED (orientation, detached data), NAV_ERR_CHECKSUM (of the
 * compressed data), NAV_ERR_TOO_LARGE (equality accepted), NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_volume_load(const char *path,
                                             const struct cfg_volume_options *options,
                                             struct cfg_volume **out_volume,
                                             struct cfg_error *out_error);

/* The same for bytes in memory, followed by one NUL that is not counted in `size`; `name` stands
 * for the file in messages. */
NAV_MUST_USE enum nav_status cfg_volume_parse(const uint8_t *bytes, size_t size, const char *name,
                                              const struct cfg_volume_options *options,
                                              struct cfg_volume **out_volume,
                                              struct cfg_error *out_error);

/* Writes a volume as NRRD: header attached, int16, raw, LPS mm: what a case keeps. The caller looks
 * at ferror(). */
void cfg_volume_write_nrrd(const struct cfg_volume *volume, FILE *file);

void cfg_volume_destroy(struct cfg_volume *volume); /* NULL is legal */

/* Memory for voxels, in large pages where the system has them: a section across a scan touches
 * another small page with nearly every pixel. free() gives it back; NULL: no memory. */
int16_t *cfg_voxels_alloc(size_t count);

const char *cfg_volume_format_name(enum cfg_volume_format format);

#endif
