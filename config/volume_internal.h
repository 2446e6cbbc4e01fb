/* Between the parts of the volume reader. Thread: any. */
#ifndef CFG_VOLUME_INTERNAL_H
#define CFG_VOLUME_INTERNAL_H

#include <stdbool.h>

#include "volume.h"

enum cfg_voxel_type {
    CFG_VOXEL_UINT8 = 0,
    CFG_VOXEL_INT16,
    CFG_VOXEL_UINT16,
    CFG_VOXEL_INT32,
    CFG_VOXEL_FLOAT
};

struct cfg_volume_source {
    const uint8_t *bytes; /* `size` of them and a NUL */
    size_t size;
    const char *name;
    size_t voxels_max;
    bool labels;
    struct cfg_error *error;
};

/* What a header says. */
struct cfg_volume_header {
    enum cfg_volume_format format;
    enum cfg_voxel_type type;
    bool big_endian;
    int64_t size[3];
    int64_t layers; /* values that follow each other for every voxel */
    double T_image_voxel[12];
    double slope, intercept; /* value = slope * stored + intercept */
};

size_t cfg_voxel_bytes(enum cfg_voxel_type type);

/* Sizes within the limits, then the orientation: finite, plausible spacing, right-handed,
 * rectangular. Fills `out_report` but its values. */
NAV_MUST_USE enum nav_status cfg_volume_examine(const struct cfg_volume_source *source,
                                                const struct cfg_volume_header *header,
                                                struct cfg_volume_report *out_report);

/* Turns RAS rows into LPS. */
void cfg_volume_turn(double T[12]);

/* A stream of bytes that is plain or gzip, read piece by piece: never more than was asked for. */
struct cfg_stream;

NAV_MUST_USE enum nav_status cfg_stream_create(const struct cfg_volume_source *source,
                                               size_t offset, bool gzip,
                                               struct cfg_stream **out_stream);
void cfg_stream_destroy(struct cfg_stream *stream); /* NULL is legal */

/* Exactly `size` bytes, or NAV_ERR_LENGTH, NAV_ERR_CHECKSUM. */
NAV_MUST_USE enum nav_status cfg_stream_read(struct cfg_stream *stream, uint8_t *out_bytes,
                                             size_t size);

/* Whether `size` more bytes can be in what is left: before memory is taken for them. */
bool cfg_stream_may_hold(const struct cfg_stream *stream, size_t size);

/* Nothing is left, and the checksum holds. */
NAV_MUST_USE enum nav_status cfg_stream_end(struct cfg_stream *stream);

/* Reads the voxels that `header` promises, to the end of the stream. */
NAV_MUST_USE enum nav_status cfg_volume_fill(const struct cfg_volume_source *source,
                                             const struct cfg_volume_header *header,
                                             struct cfg_stream *stream, struct cfg_volume *volume);

NAV_MUST_USE enum nav_status cfg_nrrd_read(const struct cfg_volume_source *source,
                                           struct cfg_volume *volume);
NAV_MUST_USE enum nav_status cfg_nifti_read(const struct cfg_volume_source *source,
                                            struct cfg_volume *volume);

#endif
