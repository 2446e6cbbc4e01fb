/* DICOM files by GDCM, one at a time, behind a plain C interface. No exception leaves it.
 * Thread: one at a time. */
#ifndef IMPORT_DICOM_GDCM_H
#define IMPORT_DICOM_GDCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DCM_TEXT_SIZE = 128 };

/* What is wanted of a file's data set; the zero struct where an attribute is missing. */
struct dcm_header {
    char series[DCM_TEXT_SIZE]; /* Series Instance UID (0020,000E) */
    char modality[DCM_TEXT_SIZE];
    char description[DCM_TEXT_SIZE]; /* of the series */
    char patient_name[DCM_TEXT_SIZE];
    char patient_id[DCM_TEXT_SIZE];
    bool has_geometry;
    double position[3];    /* (0020,0032), LPS mm, of the first pixel */
    double orientation[6]; /* (0020,0037), of a row, then of a column */
    double spacing[2];     /* (0028,0030), between rows, between columns */
    long rows, columns, frames;
    bool has_rescale; /* (0028,1053), (0028,1052); one file need not have them */
    double slope, intercept;
};

/* Reads up to the pixels. False: not a readable DICOM file. */
bool dcm_read_header(const char *path, struct dcm_header *out_header);

/* Decodes the pixels, whatever the transfer syntax, as stored values. False: they cannot be
 * decoded, are in colour, or are not `count`. */
bool dcm_read_pixels(const char *path, size_t count, int32_t *out_values);

/* Whether an uncompressed file has so many bytes of pixels: the library fills up what a cut file
 * lacks. */
bool dcm_holds_pixels(const char *path, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
