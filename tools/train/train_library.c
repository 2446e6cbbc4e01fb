#include "train_library.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x4f4e5432 /* "ONT2" */, FORMAT = 1, BUSY_MS = 5000 };

static const mode_t file_mode = 0600; /* how people did is nobody else's business */

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE attempts("
    " id INTEGER PRIMARY KEY, made_utc_ns INTEGER NOT NULL, trainee TEXT NOT NULL,"
    " exercise TEXT NOT NULL, case_name TEXT NOT NULL, case_hash TEXT NOT NULL,"
    " source TEXT NOT NULL, points REAL NOT NULL, passed INTEGER NOT NULL, seconds REAL NOT NULL,"
    " details TEXT NOT NULL);"
    "CREATE INDEX attempts_by_trainee ON attempts(trainee, exercise, made_utc_ns);"
    "PRAGMA application_id = 1330533426; PRAGMA user_version = 1; COMMIT";

_Static_assert(APPLICATION_ID == 1330533426, "the schema says the same");

struct train_library {
    sqlite3 *database;
    char path[1024];
};

static enum nav_status failed(const struct train_library *library, struct cfg_error *out_error)
{
    return cfg_error_set(out_error, NAV_ERR_IO, "%s: %s", library->path,
                         sqlite3_errmsg(library->database));
}

static int64_t pragma(sqlite3 *database, const char *query)
{
    sqlite3_stmt *row = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(database, query, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        value = sqlite3_column_int64(row, 0);
    }
    (void)sqlite3_finalize(row);
    return value;
}

static enum nav_status prepare(struct train_library *library, struct cfg_error *out_error)
{
    (void)sqlite3_busy_timeout(library->database, BUSY_MS);
    const int64_t application = pragma(library->database, "PRAGMA application_id");
    const int64_t tables = pragma(library->database, "SELECT count(*) FROM sqlite_schema");
    if (tables < 0) {
        return failed(library, out_error);
    }
    if (tables == 0 && application == 0) {
        return sqlite3_exec(library->database, schema, NULL, NULL, NULL) == SQLITE_OK
                   ? NAV_OK
                   : failed(library, out_error);
    }
    if (application != APPLICATION_ID) {
        return cfg_error_set(out_error, NAV_ERR_UNSUPPORTED,
                             "%s: is another program's database; name a new file with --library",
                             library->path);
    }
    if (pragma(library->database, "PRAGMA user_version") != FORMAT) {
        return cfg_error_set(out_error, NAV_ERR_VERSION,
                             "%s: was made by a newer osteonav; use that", library->path);
    }
    return NAV_OK;
}

enum nav_status train_library_open(const char *path, struct train_library **out_library,
                                   struct cfg_error *out_error)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (fd < 0) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be opened: %s", path,
                             strerror(errno));
    }
    (void)close(fd);
    struct train_library *library = calloc(1, sizeof(*library));
    if (library == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
    }
    (void)snprintf(library->path, sizeof(library->path), "%s", path);
    enum nav_status status = NAV_OK;
    if (sqlite3_open_v2(path, &library->database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        status = failed(library, out_error);
    } else {
        status = prepare(library, out_error);
    }
    if (status != NAV_OK) {
        train_library_close(library);
        return status;
    }
    *out_library = library;
    return NAV_OK;
}

void train_library_close(struct train_library *library)
{
    if (library != NULL) {
        (void)sqlite3_close(library->database);
        free(library);
    }
}

enum nav_status train_library_add(struct train_library *library, struct train_attempt *attempt,
                                  const char *details, struct cfg_error *out_error)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(library->database,
                           "INSERT INTO attempts(made_utc_ns, trainee, exercise, case_name, "
                           "case_hash, source, points, passed, seconds, details) "
                           "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                           -1, &row, NULL) != SQLITE_OK) {
        return failed(library, out_error);
    }
    const char *const texts[] = {attempt->trainee, attempt->exercise, attempt->case_name,
                                 attempt->case_hash, attempt->source};
    (void)sqlite3_bind_int64(row, 1, attempt->made_utc_ns);
    for (int i = 0; i < 5; ++i) {
        (void)sqlite3_bind_text(row, 2 + i, texts[i], -1, SQLITE_STATIC);
    }
    (void)sqlite3_bind_double(row, 7, attempt->points);
    (void)sqlite3_bind_int(row, 8, attempt->passed ? 1 : 0);
    (void)sqlite3_bind_double(row, 9, attempt->seconds);
    (void)sqlite3_bind_text(row, 10, details, -1, SQLITE_STATIC);
    const bool done = sqlite3_step(row) == SQLITE_DONE;
    (void)sqlite3_finalize(row);
    if (!done) {
        return failed(library, out_error);
    }
    attempt->id = sqlite3_last_insert_rowid(library->database);
    return NAV_OK;
}

static void take_text(sqlite3_stmt *row, int column, char *out_text, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    (void)snprintf(out_text, size, "%s", text != NULL ? text : "");
}

static void take_row(sqlite3_stmt *row, struct train_attempt *out)
{
    *out = (struct train_attempt){.id = sqlite3_column_int64(row, 0),
                                  .made_utc_ns = sqlite3_column_int64(row, 1),
                                  .points = sqlite3_column_double(row, 7),
                                  .passed = sqlite3_column_int(row, 8) != 0,
                                  .seconds = sqlite3_column_double(row, 9)};
    take_text(row, 2, out->trainee, sizeof(out->trainee));
    take_text(row, 3, out->exercise, sizeof(out->exercise));
    take_text(row, 4, out->case_name, sizeof(out->case_name));
    take_text(row, 5, out->case_hash, sizeof(out->case_hash));
    take_text(row, 6, out->source, sizeof(out->source));
}

enum nav_status train_library_list(struct train_library *library, const char *trainee,
                                   const char *exercise, struct train_attempt **out_attempts,
                                   size_t *out_count, struct cfg_error *out_error)
{
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(library->database,
                           "SELECT id, made_utc_ns, trainee, exercise, case_name, case_hash, "
                           "source, points, passed, seconds FROM attempts "
                           "WHERE (?1 IS NULL OR trainee = ?1) AND (?2 IS NULL OR exercise = ?2) "
                           "ORDER BY made_utc_ns, id",
                           -1, &rows, NULL) != SQLITE_OK) {
        return failed(library, out_error);
    }
    (void)sqlite3_bind_text(rows, 1, trainee, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(rows, 2, exercise, -1, SQLITE_STATIC);
    struct train_attempt *attempts = NULL;
    size_t count = 0;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct train_attempt *grown = realloc(attempts, (count + 1) * sizeof(*grown));
        if (grown == NULL) {
            code = SQLITE_NOMEM;
            break;
        }
        attempts = grown;
        take_row(rows, &attempts[count++]);
    }
    (void)sqlite3_finalize(rows);
    if (code != SQLITE_DONE) {
        free(attempts);
        return code == SQLITE_NOMEM
                   ? cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", library->path)
                   : failed(library, out_error);
    }
    *out_attempts = attempts;
    *out_count = count;
    return NAV_OK;
}
