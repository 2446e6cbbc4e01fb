/* What writer, reader and repair of sessions share of SQLite: opening, statements, words for
 * failures. Thread: one at a time for a database. */
#ifndef SESSION_DB_H
#define SESSION_DB_H

#include <stdint.h>

#include <sqlite3.h>

#include "session_store.h"

/* Says in `out_error` what failed with the file, why, and what to do; returns a status for it. */
enum nav_status session_db_fail(sqlite3 *database, const char *path, const char *doing,
                                struct session_error *out_error);

/* As above for what is no failure of SQLite. Returns `status`. */
enum nav_status session_say(struct session_error *out_error, enum nav_status status,
                            const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prepares; NULL on failure. */
sqlite3_stmt *session_db_prepare(sqlite3 *database, const char *sql);

/* Runs a statement that gives no rows and makes it ready for the next time. */
int session_db_step(sqlite3_stmt *statement);

void session_db_bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size);

/* Opens an existing session and checks that it is one. `writable`: for reading and writing. */
NAV_MUST_USE enum nav_status session_db_open(const char *path, bool writable,
                                             sqlite3 **out_database,
                                             struct session_error *out_error);

/* The row of table `session`. */
NAV_MUST_USE enum nav_status session_db_facts(sqlite3 *database, struct session_facts *out_facts,
                                              bool *out_ended);

#endif
