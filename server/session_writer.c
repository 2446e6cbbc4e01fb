#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session_db.h"
#include "session_facts.h"
#include "session_schema.h"
#include "session_store.h"
#include "session_tables.h"

enum {
    COMMIT_STREAM = 16 * STORE_BLOCK_STREAM, /* bytes after which append commits by itself */
    KEPT_MAX = 4 * COMMIT_STREAM,            /* bytes kept while commits fail */
    SESSION_MODE = 0600
};

enum statement { BEGIN, COMMIT, ROLLBACK, ADD_BLOCK, DROP_BLOCKS, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [ADD_BLOCK] = "INSERT INTO blocks VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [DROP_BLOCKS] = "DELETE FROM blocks WHERE place >= ?1",
};

struct session_writer {
    sqlite3 *database;
    char path[SESSION_PATH_SIZE];
    bool durable;
    bool failing; /* the last commit did not succeed: only an explicit one tries again */
    struct session_facts facts;
    struct session_tables *tables;
    sqlite3_stmt *statements[STATEMENTS];
    struct store_codec *codec;

    /* The stream since the last full block. */
    uint8_t *stream;
    size_t capacity;
    size_t size;
    size_t committed;  /* of it, as small blocks */
    uint64_t begin;    /* place of stream[0] */
    int64_t oldest_ns; /* at_ns of its first record */
    struct session_writer_stats stats;
};

/* ---- appending ---- */

static enum nav_status make_room(struct session_writer *writer, size_t size)
{
    if (writer->size > KEPT_MAX) {
        return NAV_ERR_FULL;
    }
    const size_t wanted = writer->size + size;
    if (wanted <= writer->capacity) {
        return NAV_OK;
    }
    const size_t capacity = wanted < STORE_BLOCK_STREAM ? STORE_BLOCK_STREAM : wanted + wanted / 4;
    uint8_t *stream = realloc(writer->stream, capacity);
    if (stream == NULL) {
        return NAV_ERR_MEMORY;
    }
    writer->stream = stream;
    writer->capacity = capacity;
    return NAV_OK;
}

static enum nav_status refuse(enum nav_status status, struct session_error *out_error)
{
    return session_say(out_error, status, "cannot keep more of the session in memory: %s",
                       nav_status_text(status));
}

static void put(struct session_writer *writer, const struct store_record *record)
{
    uint8_t *to = writer->stream + writer->size;
    const size_t whole = store_record_size(record->size);
    if (writer->size == 0) {
        writer->oldest_ns = record->at_ns;
    }
    store_record_head(record, to);
    memset(to + whole - 8, 0, record->size > 0 ? 8 : 0);
    if (record->size > 0) {
        memcpy(to + STORE_HEAD_SIZE, record->content, record->size);
    }
    writer->size += whole;
}

enum nav_status session_writer_append(struct session_writer *writer,
                                      const struct store_record *record,
                                      struct session_error *out_error)
{
    if (record->size > STORE_CONTENT_MAX) {
        return session_say(out_error, NAV_ERR_TOO_LARGE, "a record of %zu bytes is over the %d",
                           record->size, (int)STORE_CONTENT_MAX);
    }
    const enum nav_status status = make_room(writer, store_record_size(record->size));
    if (status != NAV_OK) {
        return refuse(status, out_error);
    }
    put(writer, record);
    return writer->size - writer->committed >= COMMIT_STREAM && !writer->failing
               ? session_writer_commit(writer, out_error)
               : NAV_OK;
}

enum nav_status session_writer_append_stream(struct session_writer *writer, const uint8_t *stream,
                                             size_t size, struct session_error *out_error)
{
    struct store_record record;
    enum nav_status status;
    enum nav_status committed = NAV_OK;
    for (size_t at = 0; (status = store_record_next(stream, size, &at, &record)) == NAV_OK;) {
        const enum nav_status appended = session_writer_append(writer, &record, out_error);
        if (appended == NAV_ERR_FULL || appended == NAV_ERR_MEMORY) {
            return appended;
        }
        committed = appended != NAV_OK ? appended : committed;
    }
    if (status != NAV_END) {
        return session_say(out_error, status, "not whole records: %s", nav_status_text(status));
    }
    return committed;
}

/* ---- committing ---- */

static int insert_block(struct session_writer *writer, const uint8_t *bytes, size_t size)
{
    struct store_block block;
    if (store_block_check(bytes, size, &block) != NAV_OK) {
        return SQLITE_INTERNAL;
    }
    sqlite3_stmt *add = writer->statements[ADD_BLOCK];
    (void)sqlite3_bind_int64(add, 1, (sqlite3_int64)block.begin);
    (void)sqlite3_bind_int64(add, 2, block.first_ns);
    (void)sqlite3_bind_int64(add, 3, block.last_ns);
    (void)sqlite3_bind_int64(add, 4, block.count);
    (void)sqlite3_bind_int64(add, 5, block.messages);
    (void)sqlite3_bind_blob(add, 6, bytes, (int)size, SQLITE_STATIC);
    const int code = session_db_step(add);
    (void)sqlite3_clear_bindings(add);
    writer->stats.bytes += size;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Place of the first record at or behind `wanted`, at most `end`; both count from `from`, where a
 * record begins. */
static size_t record_at(const struct session_writer *writer, size_t from, size_t wanted, size_t end)
{
    struct store_record record;
    size_t at = from;
    while (at < wanted && store_record_next(writer->stream, end, &at, &record) == NAV_OK) {
    }
    return at;
}

/* Records from `from` to `end` as one block, or as several where one cannot hold so many classes.
 */
static int add_block(struct session_writer *writer, size_t from, size_t end)
{
    const uint8_t *bytes;
    size_t size;
    const enum nav_status status =
        store_block_encode(writer->codec, writer->facts.id, writer->begin + from,
                           writer->stream + from, end - from, &bytes, &size);
    if (status == NAV_OK) {
        return insert_block(writer, bytes, size);
    }
    const size_t middle = record_at(writer, from, from + (end - from) / 2, end);
    if (status != NAV_ERR_FULL || middle == end) {
        return SQLITE_NOMEM;
    }
    const int code = add_block(writer, from, middle);
    return code == SQLITE_OK ? add_block(writer, middle, end) : code;
}

static int drop_small_blocks(struct session_writer *writer)
{
    sqlite3_stmt *drop = writer->statements[DROP_BLOCKS];
    (void)sqlite3_bind_int64(drop, 1, (sqlite3_int64)writer->begin);
    const int code = session_db_step(drop);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Time of the newest record; they come nearly in order. */
static int64_t newest_ns(const struct session_writer *writer)
{
    struct store_record record = {.at_ns = writer->oldest_ns};
    size_t at = writer->committed;
    while (store_record_next(writer->stream, writer->size, &at, &record) == NAV_OK) {
    }
    return record.at_ns;
}

/* What is not in the file yet: full blocks, the first of them with the small ones that are, and a
 * small one of the rest. Where full blocks end: `out_full`. */
static int write_blocks(struct session_writer *writer, bool last, size_t *out_full)
{
    int code =
        session_tables_add(writer->tables, writer->stream + writer->committed,
                           writer->size - writer->committed, writer->begin + writer->committed);
    const bool old = last || newest_ns(writer) - writer->oldest_ns >= STORE_BLOCK_NS;
    size_t full = 0;
    while (code == SQLITE_OK && full < writer->size &&
           (old || writer->size - full >= STORE_BLOCK_STREAM)) {
        if (full == 0 && writer->committed > 0) {
            code = drop_small_blocks(writer);
        }
        const size_t end = record_at(writer, full, full + STORE_BLOCK_STREAM, writer->size);
        code = code == SQLITE_OK ? add_block(writer, full, end) : code;
        full = end;
    }
    const size_t rest = full > writer->committed ? full : writer->committed;
    if (code == SQLITE_OK && rest < writer->size) {
        code = add_block(writer, rest, writer->size);
    }
    *out_full = full;
    return code;
}

static uint64_t count_messages(const struct session_writer *writer, size_t from)
{
    uint64_t count = 0;
    struct store_record record;
    for (size_t at = from;
         store_record_next(writer->stream, writer->size, &at, &record) == NAV_OK;) {
        count += record.kind == STORE_MESSAGE;
    }
    return count;
}

/* Full blocks need not be kept any longer. */
static void take_committed(struct session_writer *writer, size_t full)
{
    writer->stats.place = writer->begin + writer->size;
    writer->stats.messages += count_messages(writer, writer->committed);
    memmove(writer->stream, writer->stream + full, writer->size - full);
    writer->begin += full;
    writer->size -= full;
    writer->committed = writer->size;
    struct store_record record;
    size_t at = 0;
    if (store_record_next(writer->stream, writer->size, &at, &record) == NAV_OK) {
        writer->oldest_ns = record.at_ns;
    }
}

static enum nav_status roll_back(struct session_writer *writer, struct session_error *out_error)
{
    const enum nav_status status =
        session_db_fail(writer->database, writer->path, "write to the session", out_error);
    (void)session_db_step(writer->statements[ROLLBACK]);
    session_tables_rolled_back(writer->tables);
    writer->failing = true;
    return status;
}

static enum nav_status commit(struct session_writer *writer, bool last,
                              struct session_error *out_error)
{
    if (writer->committed == writer->size && !(last && writer->size > 0)) {
        return NAV_OK;
    }
    size_t full = 0;
    if (session_db_step(writer->statements[BEGIN]) != SQLITE_DONE ||
        write_blocks(writer, last, &full) != SQLITE_OK ||
        session_db_step(writer->statements[COMMIT]) != SQLITE_DONE) {
        return roll_back(writer, out_error);
    }
    session_tables_committed(writer->tables);
    take_committed(writer, full);
    writer->failing = false;
    return NAV_OK;
}

enum nav_status session_writer_commit(struct session_writer *writer,
                                      struct session_error *out_error)
{
    return commit(writer, false, out_error);
}

/* ---- beginning and end ---- */

static enum nav_status prepare(struct session_writer *writer, struct session_error *out_error)
{
    for (int i = 0; i < STATEMENTS; ++i) {
        writer->statements[i] = session_db_prepare(writer->database, sql[i]);
        if (writer->statements[i] == NULL) {
            return session_db_fail(writer->database, writer->path, "prepare the session",
                                   out_error);
        }
    }
    writer->tables = session_tables_create(writer->database);
    if (writer->tables == NULL) {
        return session_db_fail(writer->database, writer->path, "prepare the session", out_error);
    }
    return NAV_OK;
}

static int run(struct session_writer *writer, const char *statement)
{
    return sqlite3_exec(writer->database, statement, NULL, NULL, NULL);
}

static int add_facts(struct session_writer *writer)
{
    const struct session_facts *facts = &writer->facts;
    sqlite3_stmt *add =
        session_db_prepare(writer->database, "INSERT INTO session VALUES(printf('%016llx', ?1), ?2,"
                                             " ?3, ?4, ?5, ?6, printf('%016llx', ?7), ?8, ?9, ?10,"
                                             " ?11, ?12, 0)");
    if (add == NULL) {
        return SQLITE_ERROR;
    }
    const char *texts[] = {facts->software, facts->origin, facts->case_name, facts->case_path,
                           facts->case_hash};
    (void)sqlite3_bind_int64(add, 1, (sqlite3_int64)facts->id);
    for (int i = 0; i < 5; ++i) {
        session_db_bind_text(add, 2 + i, texts[i], strlen(texts[i]));
    }
    (void)sqlite3_bind_int64(add, 7, (sqlite3_int64)facts->case_id);
    session_db_bind_text(add, 8, facts->pseudonym, strlen(facts->pseudonym));
    session_db_bind_text(add, 9, nav_mode_name(facts->mode), strlen(nav_mode_name(facts->mode)));
    (void)sqlite3_bind_int64(add, 10, facts->scene_version);
    (void)sqlite3_bind_int64(add, 11, facts->start_ns);
    (void)sqlite3_bind_int64(add, 12, facts->start_utc_ns);
    const int code = session_db_step(add);
    (void)sqlite3_finalize(add);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The tables of a file that is still empty, in one transaction. */
static enum nav_status make_tables(struct session_writer *writer, struct session_error *out_error)
{
    char pragmas[128];
    (void)snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                   SESSION_APPLICATION_ID, SESSION_FORMAT);
    if (run(writer, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;") != SQLITE_OK ||
        run(writer, writer->durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF") !=
            SQLITE_OK ||
        run(writer, "BEGIN IMMEDIATE") != SQLITE_OK || run(writer, pragmas) != SQLITE_OK ||
        run(writer, SESSION_SCHEMA) != SQLITE_OK || add_facts(writer) != SQLITE_OK ||
        run(writer, "COMMIT") != SQLITE_OK) {
        return session_db_fail(writer->database, writer->path, "begin the session", out_error);
    }
    return NAV_OK;
}

static enum nav_status allocate(const char *path, struct session_writer **out_writer,
                                struct session_error *out_error)
{
    if (strlen(path) >= SESSION_PATH_SIZE) {
        return session_say(out_error, NAV_ERR_ARGUMENT, "the path of the session is too long");
    }
    struct session_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL || store_codec_create(&writer->codec) != NAV_OK) {
        free(writer);
        return session_say(out_error, NAV_ERR_MEMORY, "%s", nav_status_text(NAV_ERR_MEMORY));
    }
    (void)snprintf(writer->path, sizeof(writer->path), "%s", path);
    *out_writer = writer;
    return NAV_OK;
}

static enum nav_status begin_session(struct session_writer *writer, struct session_error *out_error)
{
    if (sqlite3_open_v2(writer->path, &writer->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return session_db_fail(writer->database, writer->path, "open the session", out_error);
    }
    enum nav_status status = make_tables(writer, out_error);
    if (status == NAV_OK) {
        status = prepare(writer, out_error);
    }
    if (status != NAV_OK) {
        return status;
    }
    char text[SESSION_FACTS_SIZE];
    const struct store_record record = {.kind = STORE_FACTS,
                                        .at_ns = writer->facts.start_ns,
                                        .content = (const uint8_t *)text,
                                        .size = session_facts_write(&writer->facts, text)};
    status = session_writer_append(writer, &record, out_error);
    return status == NAV_OK ? session_writer_commit(writer, out_error) : status;
}

enum nav_status session_writer_create(const struct session_writer_config *config,
                                      struct session_writer **out_writer,
                                      struct session_error *out_error)
{
    struct session_writer *writer = NULL;
    enum nav_status status = allocate(config->path, &writer, out_error);
    if (status != NAV_OK) {
        return status;
    }
    writer->facts = config->facts;
    writer->durable = config->durable;
    /* Made by us and with our mode, before SQLite opens it. */
    const int fd = open(config->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, SESSION_MODE);
    if (fd < 0) {
        status = session_say(out_error, errno == EEXIST ? NAV_ERR_EXISTS : NAV_ERR_IO,
                             "%.400s: the session cannot be made: %m; check that the folder exists "
                             "and may be written",
                             config->path);
        session_writer_destroy(writer);
        return status;
    }
    (void)close(fd);
    status = begin_session(writer, out_error);
    if (status != NAV_OK) {
        session_writer_destroy(writer);
        (void)unlink(config->path);
        return status;
    }
    *out_writer = writer;
    return NAV_OK;
}

static enum nav_status resume(struct session_writer *writer, struct session_error *out_error)
{
    bool ended = false;
    if (session_db_facts(writer->database, &writer->facts, &ended) != NAV_OK) {
        return session_say(out_error, NAV_ERR_SYNTAX,
                           "%.400s: its facts are damaged; run `osteonav session repair`",
                           writer->path);
    }
    if (ended) {
        return session_say(out_error, NAV_ERR_REFUSED, "%.400s: the session has ended",
                           writer->path);
    }
    if (run(writer, "PRAGMA synchronous=FULL") != SQLITE_OK) {
        return session_db_fail(writer->database, writer->path, "open the session", out_error);
    }
    struct session_reader *reader = NULL;
    const enum nav_status status = session_reader_open(writer->path, &reader, out_error);
    if (status != NAV_OK) {
        return status;
    }
    const struct session_extent extent = session_reader_extent(reader);
    session_reader_close(reader);
    writer->begin = extent.end;
    writer->stats = (struct session_writer_stats){
        .place = extent.end, .messages = extent.messages, .bytes = extent.bytes};
    return prepare(writer, out_error);
}

enum nav_status session_writer_open(const char *path, struct session_writer **out_writer,
                                    struct session_error *out_error)
{
    struct session_writer *writer = NULL;
    enum nav_status status = allocate(path, &writer, out_error);
    if (status != NAV_OK) {
        return status;
    }
    writer->durable = true;
    status = session_db_open(path, true, &writer->database, out_error);
    if (status == NAV_OK) {
        status = resume(writer, out_error);
    }
    if (status != NAV_OK) {
        session_writer_destroy(writer);
        return status;
    }
    *out_writer = writer;
    return NAV_OK;
}

enum nav_status session_writer_finish(struct session_writer *writer,
                                      struct session_error *out_error)
{
    const enum nav_status status = commit(writer, true, out_error);
    if (status != NAV_OK) {
        return status;
    }
    if (run(writer, "PRAGMA synchronous=FULL; UPDATE session SET ended = 1;"
                    "PRAGMA wal_checkpoint(TRUNCATE);") != SQLITE_OK) {
        return session_db_fail(writer->database, writer->path, "end the session", out_error);
    }
    /* A reader that has it open keeps the log's files for a while; that is no fault. */
    (void)run(writer, "PRAGMA journal_mode=DELETE");
    return NAV_OK;
}

void session_writer_destroy(struct session_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    session_tables_destroy(writer->tables);
    for (int i = 0; i < STATEMENTS; ++i) {
        (void)sqlite3_finalize(writer->statements[i]);
    }
    (void)sqlite3_close(writer->database);
    store_codec_destroy(writer->codec);
    free(writer->stream);
    free(writer);
}

struct session_writer_stats session_writer_stats(const struct session_writer *writer)
{
    return writer->stats;
}

const struct session_facts *session_writer_facts(const struct session_writer *writer)
{
    return &writer->facts;
}
