/* DICOM Segmentation objects as label maps. Thread: one at a time. */
#ifndef IMPORT_READ_DICOM_SEG_H
#define IMPORT_READ_DICOM_SEG_H

#include "dicom_gdcm.h"
#include "dicom_seg.h"
#include "import.h"

/* A slice of a scan that lies beside it. */
struct imp_dicom_slice {
    const struct dcm_header *header;
};

/* Reads a segmentation, one item a structure. `slices` are those of the scans that came with it:
 * where the one is among them that it was drawn on, the places must agree. NAV_ERR_UNSUPPORTED
 * (fractional, compressed), NAV_ERR_SYNTAX, NAV_ERR_LENGTH, NAV_ERR_RANGE, NAV_ERR_REFUSED (no one
 * grid, another scan's), NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY; statuses of imp_read_labels. */
NAV_MUST_USE enum nav_status imp_read_dicom_seg(const struct imp_request *request, const char *path,
                                                const struct imp_dicom_slice *slices,
                                                size_t slice_count, struct imp_source *source,
                                                struct cfg_error *error);

/* The same of what stands in a file, which may be anything; `dicom` stays the caller's. */
NAV_MUST_USE enum nav_status imp_take_dicom_seg(const struct imp_request *request, const char *path,
                                                const struct dcm_seg *dicom,
                                                const struct imp_dicom_slice *slices,
                                                size_t slice_count, struct imp_source *source,
                                                struct cfg_error *error);

#endif
