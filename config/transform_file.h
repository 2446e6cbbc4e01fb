/* Linear transforms that other programs saved, in the terms in which those programs mean them.
 *
 * Formats, told apart by the file name's end: .tfm and .txt (ITK text), .mat (ITK, Matlab level 4).
 * Read are AffineTransform and MatrixOffsetTransformBase of three dimensions, float or double.
 * Such a file holds a matrix A, a translation t and a centre c; it maps
 *     y = A (x - c) + c + t
 * in LPS mm, and for resampling it runs from the parent space to the saved node's space.
 * Thread: any. */
#ifndef CFG_TRANSFORM_FILE_H
#define CFG_TRANSFORM_FILE_H

#include "cfg_error.h"
#include "file_bytes.h"
#include "nav/pose.h"
#include "nav/status.h"

/* Reads a file as it stands: row-major y = M x with the centre worked in, last row 0 0 0 1.
 * `out_sha256` is of the file's bytes. On failure nothing is written and `out_error` names file,
 * line or offset, and remedy. NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_UNSUPPORTED (format, kind of
 * transform), NAV_ERR_SYNTAX, NAV_ERR_LENGTH, NAV_ERR_NOT_FINITE, NAV_ERR_TOO_LARGE,
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_transform_load(const char *path, double out_matrix[16],
                                                uint8_t out_sha256[CFG_SHA256_SIZE],
                                                struct cfg_error *out_error);

/* The same for bytes in memory, followed by one NUL that is not counted. */
NAV_MUST_USE enum nav_status cfg_transform_parse(const uint8_t *bytes, size_t size,
                                                 const char *name, double out_matrix[16],
                                                 struct cfg_error *out_error);

/* T_image_device from what 3D Slicer saves of a linear transform node "DeviceToRas".
 *
 * Slicer's node maps a point d of the device's own frame to RAS: r = N d. It saves
 * A = F N^-1 F with F = diag(-1, -1, 1), as if the device's frame were RAS too. In LPS,
 * p = F r = F N d = A^-1 F d; hence T_image_device = A^-1 F. (Between two image spaces the same
 * file means A^-1.) `saved` is rigid; the result is as rigid as it. */
struct nav_pose cfg_transform_from_slicer(const struct nav_pose *saved);

#endif
