#include "session_db.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "session_facts.h"
#include "session_schema.h"

enum { BUSY_MS = 2000 };

enum nav_status session_say(struct session_error *out_error, enum nav_status status,
                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(out_error->text, sizeof(out_error->text), format, arguments);
    va_end(arguments);
    return status;
}

static const char *remedy(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; free space on the disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "; check that the folder exists and may be written";
    case SQLITE_IOERR:
        return "; the disk, or a limit on the size of files, refuses it";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program writes to it, try again";
    case SQLITE_CORRUPT:
        return "; `osteonav session repair` saves what is whole";
    case SQLITE_NOTADB:
        return "; no session, or its beginning is damaged: `osteonav session import` reads other "
               "programs' recordings, `osteonav session repair` saves what is whole";
    default:
        return "";
    }
}

enum nav_status session_db_fail(sqlite3 *database, const char *path, const char *doing,
                                struct session_error *out_error)
{
    const int code = database != NULL ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    const int system = database != NULL ? sqlite3_system_errno(database) : 0;
    const char *words = database != NULL ? sqlite3_errmsg(database) : "out of memory";
    char why[128] = "";
    if (system != 0) {
        char buffer[96];
        (void)snprintf(why, sizeof(why), " (%s)", strerror_r(system, buffer, sizeof(buffer)));
    }
    (void)snprintf(out_error->text, sizeof(out_error->text), "%.300s: cannot %s: %s%s%s", path,
                   doing, words, why, remedy(code));
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return NAV_ERR_SYNTAX;
    case SQLITE_NOMEM:
        return NAV_ERR_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return NAV_ERR_BUSY;
    default:
        return NAV_ERR_IO;
    }
}

sqlite3_stmt *session_db_prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) ==
                   SQLITE_OK
               ? statement
               : NULL;
}

int session_db_step(sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return code;
}

void session_db_bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size)
{
    (void)sqlite3_bind_text(statement, at, text, (int)size, SQLITE_TRANSIENT);
}

static int read_pragma(sqlite3 *database, const char *sql, int *out_value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *out_value = sqlite3_column_int(statement, 0);
            code = SQLITE_OK;
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* Whether the open file is a session that we can read. */
static enum nav_status check_kind(sqlite3 *database, const char *path,
                                  struct session_error *out_error)
{
    int application = 0;
    int format = 0;
    if (read_pragma(database, "PRAGMA application_id", &application) != SQLITE_OK ||
        read_pragma(database, "PRAGMA user_version", &format) != SQLITE_OK) {
        return session_db_fail(database, path, "read the session", out_error);
    }
    if (application != SESSION_APPLICATION_ID) {
        return session_say(out_error, NAV_ERR_UNSUPPORTED,
                           "%.400s: not a session of osteonav; `osteonav session import` reads "
                           "sequences of other programs",
                           path);
    }
    if (format != SESSION_FORMAT) {
        return session_say(out_error, NAV_ERR_VERSION,
                           "%.400s: a session of format %d, this program reads %d; use the program "
                           "that wrote it",
                           path, format, SESSION_FORMAT);
    }
    return NAV_OK;
}

enum nav_status session_db_open(const char *path, bool writable, sqlite3 **out_database,
                                struct session_error *out_error)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return session_say(out_error, NAV_ERR_NOT_FOUND, "%.400s: no such session: %m", path);
    }
    if (S_ISDIR(info.st_mode)) {
        return session_say(out_error, NAV_ERR_UNSUPPORTED,
                           "%.400s: is a folder; `osteonav session list` shows the sessions in it",
                           path);
    }
    sqlite3 *database = NULL;
    int code = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK && !writable) {
        (void)sqlite3_close(database);
        code = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    }
    if (code != SQLITE_OK) {
        const enum nav_status status =
            session_db_fail(database, path, "open the session", out_error);
        (void)sqlite3_close(database);
        return status;
    }
    (void)sqlite3_busy_timeout(database, BUSY_MS);
    /* Who only reads leaves the file as it was found. */
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, writable ? 0 : 1, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    const enum nav_status status = check_kind(database, path, out_error);
    if (status != NAV_OK) {
        (void)sqlite3_close(database);
        return status;
    }
    *out_database = database;
    return NAV_OK;
}

static void copy_column(sqlite3_stmt *row, int at, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, at);
    (void)snprintf(to, size, "%s", text != NULL ? (const char *)text : "");
}

static uint64_t hex_column(sqlite3_stmt *row, int at)
{
    char text[32];
    copy_column(row, at, text, sizeof(text));
    return strtoull(text, NULL, 16);
}

enum nav_status session_db_facts(sqlite3 *database, struct session_facts *out_facts,
                                 bool *out_ended)
{
    sqlite3_stmt *row = session_db_prepare(
        database, "SELECT id, software, origin, case_name, case_path, case_hash, case_id,"
                  " pseudonym, mode, scene_version, start_ns, start_utc_ns, ended FROM session");
    if (row == NULL || sqlite3_step(row) != SQLITE_ROW) {
        (void)sqlite3_finalize(row);
        return NAV_ERR_SYNTAX;
    }
    char mode[NAV_NAME_SIZE];
    struct session_facts facts = {.id = hex_column(row, 0), .case_id = hex_column(row, 6)};
    copy_column(row, 1, facts.software, sizeof(facts.software));
    copy_column(row, 2, facts.origin, sizeof(facts.origin));
    copy_column(row, 3, facts.case_name, sizeof(facts.case_name));
    copy_column(row, 4, facts.case_path, sizeof(facts.case_path));
    copy_column(row, 5, facts.case_hash, sizeof(facts.case_hash));
    copy_column(row, 7, facts.pseudonym, sizeof(facts.pseudonym));
    copy_column(row, 8, mode, sizeof(mode));
    facts.mode = session_mode_of(mode);
    facts.scene_version = (uint32_t)sqlite3_column_int64(row, 9);
    facts.start_ns = sqlite3_column_int64(row, 10);
    facts.start_utc_ns = sqlite3_column_int64(row, 11);
    *out_ended = sqlite3_column_int(row, 12) != 0;
    (void)sqlite3_finalize(row);
    *out_facts = facts;
    return NAV_OK;
}
