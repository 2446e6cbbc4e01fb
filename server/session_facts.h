/* A session's facts as text, one `key=value` a line, and back. The first record of a stream holds
 * them, so that blocks alone say which session they are of. Pure. Thread: any. */
#ifndef SESSION_FACTS_H
#define SESSION_FACTS_H

#include <stddef.h>

#include "nav/status.h"
#include "session_store.h"

enum { SESSION_FACTS_SIZE = 2048 };

/* Returns the length. Line ends inside values become spaces. */
size_t session_facts_write(const struct session_facts *facts, char out_text[SESSION_FACTS_SIZE]);

/* Unknown keys are left alone. NAV_ERR_SYNTAX: a line without `=`, or no id. */
NAV_MUST_USE enum nav_status session_facts_read(const char *text, size_t size,
                                                struct session_facts *out_facts);

/* enum nav_mode of a name; NAV_MODE_LIVE for none. */
unsigned session_mode_of(const char *name);

#endif
