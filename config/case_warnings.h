/* What is accepted in a case but should be looked at before the operation. */
#ifndef CFG_CASE_WARNINGS_H
#define CFG_CASE_WARNINGS_H

#include "case.h"

/* Called once a warning, in the file's order: `where` is a key path such as "models[2]", `text`
 * one line that says what and what to do. */
typedef void (*cfg_warning_fn)(void *context, const char *where, const char *text);

/* Reports the warnings of a loaded case; returns how many. Pure. Thread: any. */
size_t cfg_case_warnings(const struct cfg_case *loaded, cfg_warning_fn warn, void *context);

#endif
