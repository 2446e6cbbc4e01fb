/* Tables that `osteonav session sql` makes when a question names them: what is in the blocks of a
 * session (messages, poses), and what a replay of it gives (scenes, tips, distances, cuts, alarms).
 * They are temporary: the session is not changed. docs/recording.md has their columns.
 * Thread: main. */
#ifndef TOOLS_SESSION_SQL_TABLES_H
#define TOOLS_SESSION_SQL_TABLES_H

#include <stdbool.h>

#include "session_store.h"

struct sql_source {
    const char *path;
    const char *case_path; /* NULL: the one that the session names */
    struct session_reader *reader;
    bool quiet;
    bool replayed; /* the tables of the replay are there */
};

/* Makes the table, and what comes with it. NAV_ERR_NOT_FOUND: it is not one of these; other errors
 * have been said on stderr. */
NAV_MUST_USE enum nav_status sql_make_table(struct sql_source *source, const char *table);

#endif
