/* The tables of a session that are made from its records: peers, devices, commands, events, gaps.
 * Rows are written inside the transaction of the blocks they come from. Thread: the writer's. */
#ifndef SESSION_TABLES_H
#define SESSION_TABLES_H

#include <stdint.h>

#include <sqlite3.h>

#include "store_record.h"

struct session_tables;

/* Prepares for a database that has the schema; NULL: no memory, or not the schema. */
struct session_tables *session_tables_create(sqlite3 *database);
void session_tables_destroy(struct session_tables *tables); /* NULL is legal */

/* Adds what the records of `stream` say, which begins at `place`. SQLITE_OK or SQLite's code. */
int session_tables_add(struct session_tables *tables, const uint8_t *stream, size_t size,
                       uint64_t place);

/* The transaction of everything added since the last call was committed, or taken back. */
void session_tables_committed(struct session_tables *tables);
void session_tables_rolled_back(struct session_tables *tables);

#endif
