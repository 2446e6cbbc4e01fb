/* DICOM Segmentation objects by GDCM, behind a plain C interface. No exception leaves it.
 *
 * Attributes: PS3.3 A.51 (Segmentation IOD), C.8.20 (Segmentation Image), C.7.6.16 (functional
 * groups). What stands in the file is handed on as it is; read_dicom_seg.c checks it.
 * Thread: one at a time. */
#ifndef IMPORT_DICOM_SEG_H
#define IMPORT_DICOM_SEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dicom_gdcm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An entry of Segment Sequence (0062,0002). */
struct dcm_segment {
    long number; /* 0: missing */
    char label[DCM_TEXT_SIZE];
    char scheme[DCM_TEXT_SIZE], code[DCM_TEXT_SIZE], meaning[DCM_TEXT_SIZE]; /* of its type */
    bool has_colour;
    uint16_t lab[3]; /* (0062,000D) */
};

/* An entry of the Per-Frame Functional Groups (5200,9230), with what is shared filled in. */
struct dcm_frame {
    long segment; /* 0: missing */
    bool has_position, has_orientation, has_spacing;
    double position[3], orientation[6], spacing[2];
    double between_mm, thickness_mm; /* 0: not stated */
};

struct dcm_seg {
    char type[DCM_TEXT_SIZE];              /* BINARY, FRACTIONAL */
    char referenced_series[DCM_TEXT_SIZE]; /* UID; empty: not stated */
    long rows, columns, samples, bits_allocated, bits_stored;
    double frames_stated; /* Number of Frames */
    bool encapsulated;
    size_t segment_count, frame_count;
    struct dcm_segment *segments;
    struct dcm_frame *frames;
    uint8_t *pixels; /* as stored */
    size_t pixel_bytes;
};

/* Reads all of a file. False: it is no DICOM, or cut. */
bool dcm_seg_read(const char *path, struct dcm_seg *out_seg);
void dcm_seg_finish(struct dcm_seg *seg);

#ifdef __cplusplus
}
#endif

#endif
