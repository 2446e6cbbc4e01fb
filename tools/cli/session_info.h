/* Questions that `session info` and `session list` both ask. Thread: main. */
#ifndef TOOLS_SESSION_INFO_H
#define TOOLS_SESSION_INFO_H

#include <stdint.h>

struct sqlite3;

/* The first column of the first row; 0 when there is none. */
int64_t session_count_rows(struct sqlite3 *database, const char *query);

/* "2026-01-31T12:00:00Z"; "-" when it is not known. */
enum { SESSION_UTC_SIZE = 32 };
void session_utc_text(int64_t utc_ns, char out_text[SESSION_UTC_SIZE]);

#endif
