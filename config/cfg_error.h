/* One complete message about a refused file: what, where (file, line or offset, key), what to do.
 *
 * Written once, by the first error found. Thread: any; the memory is the caller's. */
#ifndef CFG_ERROR_H
#define CFG_ERROR_H

#include "nav/status.h"

struct cfg_error {
    char text[1024];
};

/* Formats `text` (control characters become '?') and returns `status`, so that a refusal is one
 * statement. `out_error` may be NULL. A message that does not fit ends in "...". */
enum nav_status cfg_error_set(struct cfg_error *out_error, enum nav_status status,
                              const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
