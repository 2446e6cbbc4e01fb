#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_db.h"
#include "session_store.h"

struct session_reader {
    sqlite3 *database;
    struct session_facts facts;
    bool ended;
    sqlite3_stmt *next_block; /* the first at or behind a place */
    sqlite3_stmt *find_time;  /* the newest that begins before a time */
    sqlite3_stmt *extent;
    struct store_codec *codec;

    const uint8_t *stream; /* of the block in work; NULL = none */
    size_t size;
    size_t at;
    uint64_t begin; /* place of stream[0], or where to go on without one */
};

enum nav_status session_reader_open(const char *path, struct session_reader **out_reader,
                                    struct session_error *out_error)
{
    struct session_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL || store_codec_create(&reader->codec) != NAV_OK) {
        free(reader);
        return session_say(out_error, NAV_ERR_MEMORY, "%s", nav_status_text(NAV_ERR_MEMORY));
    }
    enum nav_status status = session_db_open(path, false, &reader->database, out_error);
    if (status != NAV_OK) {
        session_reader_close(reader);
        return status;
    }
    reader->next_block = session_db_prepare(
        reader->database,
        "SELECT place, data FROM blocks WHERE place >= ?1 ORDER BY place LIMIT 1");
    reader->find_time =
        session_db_prepare(reader->database, "SELECT max(place) FROM blocks WHERE first_ns <= ?1");
    reader->extent = session_db_prepare(
        reader->database, "SELECT count(*), min(first_ns), max(last_ns), sum(records),"
                          " sum(messages), sum(length(data)) FROM blocks");
    if (reader->next_block == NULL || reader->find_time == NULL || reader->extent == NULL) {
        status = session_db_fail(reader->database, path, "read the session", out_error);
        session_reader_close(reader);
        return status;
    }
    if (session_db_facts(reader->database, &reader->facts, &reader->ended) != NAV_OK) {
        session_reader_close(reader);
        return session_say(out_error, NAV_ERR_SYNTAX,
                           "%.400s: its facts are damaged; run `osteonav session repair`", path);
    }
    *out_reader = reader;
    return NAV_OK;
}

void session_reader_close(struct session_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    (void)sqlite3_finalize(reader->next_block);
    (void)sqlite3_finalize(reader->find_time);
    (void)sqlite3_finalize(reader->extent);
    (void)sqlite3_close(reader->database);
    store_codec_destroy(reader->codec);
    free(reader);
}

const struct session_facts *session_reader_facts(const struct session_reader *reader)
{
    return &reader->facts;
}

struct sqlite3 *session_reader_database(const struct session_reader *reader)
{
    return reader->database;
}

/* End of the stream, which the last block says. */
static uint64_t end_of_stream(const struct session_reader *reader)
{
    uint64_t end = 0;
    sqlite3_stmt *row =
        session_db_prepare(reader->database, "SELECT data FROM blocks ORDER BY place DESC LIMIT 1");
    struct store_block block;
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW &&
        store_block_check(sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0),
                          &block) == NAV_OK) {
        end = block.end;
    }
    (void)sqlite3_finalize(row);
    return end;
}

struct session_extent session_reader_extent(const struct session_reader *reader)
{
    struct session_extent extent = {.ended = reader->ended};
    sqlite3_stmt *row = reader->extent;
    if (sqlite3_step(row) == SQLITE_ROW) {
        extent.blocks = (uint64_t)sqlite3_column_int64(row, 0);
        extent.first_ns = sqlite3_column_int64(row, 1);
        extent.last_ns = sqlite3_column_int64(row, 2);
        extent.records = (uint64_t)sqlite3_column_int64(row, 3);
        extent.messages = (uint64_t)sqlite3_column_int64(row, 4);
        extent.bytes = (uint64_t)sqlite3_column_int64(row, 5);
    }
    (void)sqlite3_reset(row);
    extent.end = end_of_stream(reader);
    return extent;
}

/* The block at or behind `place`. A block that is damaged is passed over, with its status. */
static enum nav_status load_block(struct session_reader *reader, uint64_t place)
{
    sqlite3_stmt *row = reader->next_block;
    reader->stream = NULL;
    (void)sqlite3_bind_int64(row, 1, (sqlite3_int64)place);
    const int code = sqlite3_step(row);
    if (code != SQLITE_ROW) {
        (void)sqlite3_reset(row);
        return code == SQLITE_DONE ? NAV_END : NAV_ERR_IO;
    }
    const uint64_t found = (uint64_t)sqlite3_column_int64(row, 0);
    struct store_block block;
    enum nav_status status = store_block_decode(reader->codec, sqlite3_column_blob(row, 1),
                                                (size_t)sqlite3_column_bytes(row, 1), &block,
                                                &reader->stream, &reader->size);
    (void)sqlite3_reset(row);
    if (status == NAV_OK && (block.session != reader->facts.id || block.begin != found)) {
        status = NAV_ERR_CHECKSUM; /* a good block in a wrong place */
    }
    if (status != NAV_OK) {
        reader->stream = NULL;
        reader->begin = found + 1;
        return status;
    }
    reader->begin = found;
    reader->at = 0;
    return found == place || place == 0 ? NAV_OK : NAV_ERR_LENGTH; /* something is missing */
}

enum nav_status session_reader_next(struct session_reader *reader, struct store_record *out_record)
{
    if (reader->stream == NULL || reader->at == reader->size) {
        const uint64_t place =
            reader->stream == NULL ? reader->begin : reader->begin + reader->size;
        const enum nav_status status = load_block(reader, place);
        if (status == NAV_END) {
            reader->begin = place;
        }
        if (status != NAV_OK) {
            return status;
        }
    }
    return store_record_next(reader->stream, reader->size, &reader->at, out_record);
}

uint64_t session_reader_place(const struct session_reader *reader)
{
    return reader->stream == NULL ? reader->begin : reader->begin + reader->at;
}

enum nav_status session_reader_seek_time(struct session_reader *reader, int64_t at_ns)
{
    sqlite3_stmt *row = reader->find_time;
    (void)sqlite3_bind_int64(row, 1, at_ns);
    const int code = sqlite3_step(row);
    const uint64_t place = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
    (void)sqlite3_reset(row);
    reader->stream = NULL;
    reader->begin = place;
    return code == SQLITE_ROW ? NAV_OK : NAV_ERR_IO;
}

enum nav_status session_reader_seek_place(struct session_reader *reader, uint64_t place)
{
    if (reader->stream != NULL && place >= reader->begin && place <= reader->begin + reader->size) {
        reader->at = (size_t)(place - reader->begin);
        return NAV_OK;
    }
    sqlite3_stmt *row = session_db_prepare(
        reader->database, "SELECT coalesce(max(place), 0) FROM blocks WHERE place <= ?1");
    if (row == NULL) {
        return NAV_ERR_IO;
    }
    (void)sqlite3_bind_int64(row, 1, (sqlite3_int64)place);
    const uint64_t found =
        sqlite3_step(row) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
    (void)sqlite3_finalize(row);
    const enum nav_status status = load_block(reader, found);
    if (status == NAV_END || status != NAV_OK) {
        reader->begin = place;
        return status == NAV_END ? NAV_OK : status;
    }
    if (place < reader->begin || place > reader->begin + reader->size) {
        reader->stream = NULL;
        return NAV_ERR_NOT_FOUND;
    }
    reader->at = (size_t)(place - reader->begin);
    return NAV_OK;
}

enum nav_status session_annotate(const char *path, int64_t at_ns, const char *author,
                                 const char *text, struct session_error *out_error)
{
    sqlite3 *database = NULL;
    enum nav_status status = session_db_open(path, true, &database, out_error);
    if (status != NAV_OK) {
        return status;
    }
    sqlite3_stmt *add = session_db_prepare(
        database,
        "INSERT INTO annotations(at_ns, made_utc_ns, author, text) VALUES(?1, ?2, ?3, ?4)");
    int code = SQLITE_ERROR;
    if (add != NULL) {
        (void)sqlite3_bind_int64(add, 1, at_ns);
        (void)sqlite3_bind_int64(add, 2, nav_utc_now_ns());
        session_db_bind_text(add, 3, author, strlen(author));
        session_db_bind_text(add, 4, text, strlen(text));
        code = session_db_step(add);
    }
    if (code != SQLITE_DONE) {
        status = session_db_fail(database, path, "annotate the session", out_error);
    }
    (void)sqlite3_finalize(add);
    (void)sqlite3_close(database);
    return status;
}
