#include "session_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "record_ring.h"
#include "session_db.h"
#include "session_facts.h"
#include "session_salvage.h"
#include "session_schema.h"
#include "session_tables.h"
#include "wire_cursor.h"

/* ---- findings ---- */

static void find(struct session_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void find(struct session_check *check, const char *format, ...)
{
    check->clean = false;
    if (check->finding_count < SESSION_FINDINGS_MAX) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(check->findings[check->finding_count], SESSION_FINDING_SIZE, format,
                        arguments);
        va_end(arguments);
    }
    ++check->finding_count;
}

/* ---- the database ---- */

static void check_database(sqlite3 *database, struct session_check *check)
{
    sqlite3_stmt *row = session_db_prepare(database, "PRAGMA integrity_check(8)");
    int code = SQLITE_ERROR;
    while (row != NULL && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *words = (const char *)sqlite3_column_text(row, 0);
        if (words == NULL || strcmp(words, "ok") != 0) {
            find(check, "database: %.150s", words != NULL ? words : "?");
        }
    }
    if (code != SQLITE_DONE) {
        find(check, "database: %.150s", sqlite3_errmsg(database));
    }
    (void)sqlite3_finalize(row);
}

/* ---- blocks ---- */

/* A table made anew from the records, to compare the file's with. */
static sqlite3 *open_scratch(struct session_tables **out_tables)
{
    sqlite3 *scratch = NULL;
    if (sqlite3_open(":memory:", &scratch) != SQLITE_OK ||
        sqlite3_exec(scratch, SESSION_SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        (*out_tables = session_tables_create(scratch)) == NULL) {
        (void)sqlite3_close(scratch);
        return NULL;
    }
    return scratch;
}

static void check_first_record(const uint8_t *stream, size_t size,
                               const struct session_facts *facts, struct session_check *check)
{
    struct store_record record;
    struct session_facts recorded;
    size_t at = 0;
    if (store_record_next(stream, size, &at, &record) != NAV_OK || record.kind != STORE_FACTS ||
        session_facts_read((const char *)record.content, record.size, &recorded) != NAV_OK) {
        find(check, "the first record does not hold the session's facts");
        return;
    }
    char said[SESSION_FACTS_SIZE];
    const size_t length = session_facts_write(facts, said);
    if (length != record.size || memcmp(said, record.content, length) != 0) {
        find(check, "the table `session` does not say what was recorded of the session");
    }
}

static void count_gaps(const uint8_t *stream, size_t size, struct session_check *check)
{
    struct store_record record;
    for (size_t at = 0; store_record_next(stream, size, &at, &record) == NAV_OK;) {
        if (record.kind == STORE_GAP) {
            ++check->gaps;
            check->lost += record.size == sizeof(uint64_t) ? wire_load_u64(record.content) : 0;
        }
    }
}

static bool row_agrees(sqlite3_stmt *row, const struct store_block *block)
{
    return (uint64_t)sqlite3_column_int64(row, 0) == block->begin &&
           sqlite3_column_int64(row, 1) == block->first_ns &&
           sqlite3_column_int64(row, 2) == block->last_ns &&
           sqlite3_column_int64(row, 3) == block->count &&
           sqlite3_column_int64(row, 4) == block->messages;
}

struct walk {
    struct session_check *check;
    const struct session_facts *facts;
    struct store_codec *codec;
    struct session_tables *tables;
    uint64_t expected; /* place of the next block */
};

static void check_block(struct walk *walk, sqlite3_stmt *row)
{
    struct session_check *check = walk->check;
    const long long place = sqlite3_column_int64(row, 0);
    struct store_block block;
    const uint8_t *stream;
    size_t size;
    const enum nav_status status =
        store_block_decode(walk->codec, sqlite3_column_blob(row, 5),
                           (size_t)sqlite3_column_bytes(row, 5), &block, &stream, &size);
    if (status != NAV_OK) {
        ++check->damaged;
        find(check, "block %lld: %s", place, nav_status_text(status));
        return;
    }
    if (block.session != walk->facts->id) {
        ++check->damaged;
        find(check, "block %lld: of another session", place);
        return;
    }
    if (!row_agrees(row, &block)) {
        find(check, "block %lld: its row does not say what it holds", place);
    }
    if (block.begin != walk->expected) {
        ++check->missing;
        find(check, "something is missing between %llu and %llu",
             (unsigned long long)walk->expected, (unsigned long long)block.begin);
    }
    if (block.begin == 0) {
        check_first_record(stream, size, walk->facts, check);
    }
    count_gaps(stream, size, check);
    (void)session_tables_add(walk->tables, stream, size, block.begin);
    walk->expected = block.end;
}

static void check_blocks(sqlite3 *database, struct walk *walk, session_progress_fn on_progress,
                         void *context)
{
    sqlite3_stmt *row = session_db_prepare(
        database, "SELECT place, first_ns, last_ns, records, messages, data FROM blocks "
                  "ORDER BY place");
    size_t done = 0;
    int code = SQLITE_ERROR;
    while (row != NULL && (code = sqlite3_step(row)) == SQLITE_ROW) {
        check_block(walk, row);
        if (on_progress != NULL) {
            on_progress(context, ++done, (size_t)walk->check->extent.blocks);
        }
    }
    if (code != SQLITE_DONE) {
        find(walk->check, "blocks: %.150s", sqlite3_errmsg(database));
    }
    (void)sqlite3_finalize(row);
    if (walk->expected == 0) {
        find(walk->check, "there is no block that can be read");
    }
}

/* ---- tables ---- */

static bool rows_are_equal(sqlite3_stmt *a, sqlite3_stmt *b)
{
    const int columns = sqlite3_column_count(a);
    for (int i = 0; i < columns; ++i) {
        const int size = sqlite3_column_bytes(a, i);
        const void *first = sqlite3_column_blob(a, i);
        const void *second = sqlite3_column_blob(b, i);
        if (sqlite3_column_type(a, i) != sqlite3_column_type(b, i) ||
            size != sqlite3_column_bytes(b, i) ||
            (size > 0 && memcmp(first, second, (size_t)size) != 0)) {
            return false;
        }
    }
    return true;
}

/* Whether both databases answer a question alike. */
static bool answers_agree(sqlite3 *database, sqlite3 *scratch, const char *sql)
{
    sqlite3_stmt *a = session_db_prepare(database, sql);
    sqlite3_stmt *b = session_db_prepare(scratch, sql);
    bool equal = a != NULL && b != NULL;
    while (equal) {
        const int first = sqlite3_step(a);
        const int second = sqlite3_step(b);
        equal = first == second && (first == SQLITE_ROW || first == SQLITE_DONE);
        if (first != SQLITE_ROW || !equal) {
            break;
        }
        equal = rows_are_equal(a, b);
    }
    (void)sqlite3_finalize(a);
    (void)sqlite3_finalize(b);
    return equal;
}

static void compare_table(sqlite3 *database, sqlite3 *scratch, const char *table,
                          struct session_check *check)
{
    char sql[64];
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY 1, 2, 3", table);
    if (!answers_agree(database, scratch, sql)) {
        find(check, "the table `%s` does not say what the records say", table);
    }
}

/* A changed description of a table lets everything in it be read as something else, or not at all:
 * SQLite takes it as it stands. */
static void check_schema(sqlite3 *database, sqlite3 *scratch, struct session_check *check)
{
    if (!answers_agree(database, scratch,
                       "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type = 'table' "
                       "OR type = 'index' OR sql IS NOT NULL ORDER BY 1, 2")) {
        find(check, "the descriptions of the tables are not those of a session");
    }
}

static void check_tables(sqlite3 *database, sqlite3 *scratch, struct session_check *check)
{
    static const char *const tables[] = {"peers", "devices", "commands", "events", "gaps"};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); ++i) {
        compare_table(database, scratch, tables[i], check);
    }
    sqlite3_stmt *row = session_db_prepare(
        database, "SELECT id, at_ns, made_utc_ns, author, text FROM annotations LIMIT 1");
    if (row == NULL) {
        find(check, "the table `annotations` cannot be read");
    }
    (void)sqlite3_finalize(row);
}

/* ---- all of it ---- */

static enum nav_status check_open(const char *path, struct session_reader *reader,
                                  session_progress_fn on_progress, void *context,
                                  struct session_check *check)
{
    struct walk walk = {.check = check, .facts = session_reader_facts(reader)};
    sqlite3 *database = session_reader_database(reader);
    check->opened = true;
    check->live = record_ring_is_live(walk.facts->id);
    check_database(database, check);
    check->extent = session_reader_extent(reader);
    sqlite3 *scratch = open_scratch(&walk.tables);
    if (scratch == NULL || store_codec_create(&walk.codec) != NAV_OK) {
        session_tables_destroy(scratch != NULL ? walk.tables : NULL);
        (void)sqlite3_close(scratch);
        return NAV_ERR_MEMORY;
    }
    check_schema(database, scratch, check);
    check_blocks(database, &walk, on_progress, context);
    if (check->damaged == 0 && check->missing == 0) {
        check_tables(database, scratch, check);
    }
    session_tables_destroy(walk.tables);
    (void)sqlite3_close(scratch);
    store_codec_destroy(walk.codec);
    if (!check->live && session_salvage_sees_more(path, walk.facts->id, check->extent.end)) {
        ++check->missing;
        find(check, "the write-ahead log is damaged: what is behind the damage is not seen");
    }
    struct record_ring *ring = NULL;
    if (!check->extent.ended && !check->live) {
        const bool left = record_ring_open(walk.facts->id, 0, &ring) == NAV_OK;
        record_ring_close(ring, false);
        find(check,
             "the recording program was killed%s; `osteonav session repair` ends the session",
             left ? ", and what it had not written yet is still in memory" : "");
    }
    return NAV_OK;
}

enum nav_status session_check_file(const char *path, session_progress_fn on_progress, void *context,
                                   struct session_check *out_check, struct session_error *out_error)
{
    *out_check = (struct session_check){.clean = true};
    struct session_reader *reader = NULL;
    const enum nav_status status = session_reader_open(path, &reader, out_error);
    if (status == NAV_ERR_NOT_FOUND || status == NAV_ERR_MEMORY) {
        return status;
    }
    if (status != NAV_OK) {
        find(out_check, "%.180s", out_error->text);
        return NAV_OK;
    }
    const enum nav_status checked = check_open(path, reader, on_progress, context, out_check);
    session_reader_close(reader);
    return checked == NAV_OK ? NAV_OK
                             : session_say(out_error, checked, "%s", nav_status_text(checked));
}
