/* A whole file in memory, read once: what is hashed, checked and used are the same bytes.
 *
 * Only regular files; a size cap before memory is taken. Thread: any. */
#ifndef CFG_FILE_BYTES_H
#define CFG_FILE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/status.h"

enum { CFG_SHA256_SIZE = 32 };

struct cfg_file_bytes {
    uint8_t *bytes; /* `size` bytes and one more NUL that is not counted */
    size_t size;
    uint8_t sha256[CFG_SHA256_SIZE];
};

/* Reads `path` (at most `size_max` bytes, equality accepted) and hashes it. NAV_ERR_NOT_FOUND,
 * NAV_ERR_IO (not a regular file, unreadable, changed while reading), NAV_ERR_TOO_LARGE,
 * NAV_ERR_MEMORY; `out_error` begins with the path. The caller frees with cfg_file_bytes_finish. */
NAV_MUST_USE enum nav_status cfg_file_bytes_read(const char *path, size_t size_max,
                                                 struct cfg_file_bytes *out_file,
                                                 struct cfg_error *out_error);
void cfg_file_bytes_finish(struct cfg_file_bytes *file);

/* SHA-256 of `size` bytes. NAV_ERR_MEMORY when the library cannot. */
NAV_MUST_USE enum nav_status cfg_sha256(const void *bytes, size_t size,
                                        uint8_t out_digest[CFG_SHA256_SIZE]);

#endif
