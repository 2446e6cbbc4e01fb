/* The session file: one SQLite database that holds one session.
 *
 * The truth in it is the record stream (store_record.h), cut into checked blocks (store_block.h) in
 * the table `blocks`; every other table is made from the stream again by `session repair`, except
 * `annotations`. docs/recording.md has the schema and the guarantees.
 *
 * Writing is appending: session_writer_append keeps a record in memory, session_writer_commit makes
 * everything appended so far survive the loss of power. Small commits give small blocks; when
 * STORE_BLOCK_STREAM bytes or STORE_BLOCK_NS are together they are written anew as one, in one
 * transaction, so that a slow stream is packed as tightly as a fast one.
 *
 * Files are made with mode 0600. Thread: a writer or a reader belongs to one thread at a time.
 * Owner: the caller. Statuses: NAV_ERR_IO with a text unless said otherwise. */
#ifndef SESSION_STORE_H
#define SESSION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/status.h"
#include "nav/time.h"
#include "store_block.h"
#include "store_record.h"

#define SESSION_SUFFIX ".session"
#define STORE_BLOCK_NS (10 * NAV_NS_PER_S)

enum {
    STORE_BLOCK_STREAM = 256 * 1024, /* stream bytes of a full block */
    SESSION_FORMAT = 1,              /* user_version of the database */
    SESSION_HASH_SIZE = 65,          /* a SHA-256 in hexadecimal, with its NUL */
    SESSION_PATH_SIZE = 4096
};

struct session_error {
    char text[640]; /* what, where, what to do */
};

/* What is known of a session from its beginning. */
struct session_facts {
    uint64_t id;                       /* random, never 0 */
    char software[NAV_NAME_SIZE];      /* "osteonav 0.1.0" */
    char origin[NAV_TEXT_SIZE];        /* "recorded", or what it was imported from */
    char case_name[NAV_NAME_SIZE];     /* empty = none */
    char case_path[NAV_TEXT_SIZE * 4]; /* empty = none */
    char case_hash[SESSION_HASH_SIZE]; /* of the case's lock; empty = not locked */
    uint64_t case_id;                  /* as in scenes; 0 = none */
    char pseudonym[NAV_NAME_SIZE];
    uint32_t mode;          /* enum nav_mode */
    uint32_t scene_version; /* NAV_SCENE_VERSION of its hashes; 0 = it has no scenes */
    int64_t start_ns;       /* one instant on the stream's clock ... */
    int64_t start_utc_ns;   /* ... and on the wall's; 0 = not known */
};

/* A new id for a session. Thread: any. */
uint64_t session_new_id(void);

/* ---- writing ---- */

struct session_writer;

struct session_writer_config {
    const char *path; /* must not exist */
    struct session_facts facts;
    bool durable; /* commits wait for the disk; else only session_writer_finish does */
};

struct session_writer_stats {
    uint64_t place;    /* end of the stream as it is committed */
    uint64_t messages; /* committed */
    uint64_t bytes;    /* of blocks written so far, small ones again in large ones included */
};

/* Makes the file. NAV_ERR_EXISTS; NAV_ERR_IO; NAV_ERR_MEMORY. The first record, STORE_FACTS, is
 * appended. */
NAV_MUST_USE enum nav_status session_writer_create(const struct session_writer_config *config,
                                                   struct session_writer **out_writer,
                                                   struct session_error *out_error);

/* Opens a session that was not ended, to go on where its committed stream ends. */
NAV_MUST_USE enum nav_status session_writer_open(const char *path,
                                                 struct session_writer **out_writer,
                                                 struct session_error *out_error);

/* Takes one record. Commits by itself after some megabytes; what that gives is returned, and the
 * record is kept all the same. NAV_ERR_FULL: commits have failed for so long that no more is kept;
 * NAV_ERR_TOO_LARGE: the content is over STORE_CONTENT_MAX; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status session_writer_append(struct session_writer *writer,
                                                   const struct store_record *record,
                                                   struct session_error *out_error);

/* The same for whole records as bytes of the stream. */
NAV_MUST_USE enum nav_status session_writer_append_stream(struct session_writer *writer,
                                                          const uint8_t *stream, size_t size,
                                                          struct session_error *out_error);

/* On failure nothing of it is in the file and all of it is kept for the next attempt. */
NAV_MUST_USE enum nav_status session_writer_commit(struct session_writer *writer,
                                                   struct session_error *out_error);

/* Commits, notes that the session ended, makes one file of the database. The writer is then only to
 * be destroyed. */
NAV_MUST_USE enum nav_status session_writer_finish(struct session_writer *writer,
                                                   struct session_error *out_error);

/* Without finish: the file stays as the last commit left it. NULL is legal. */
void session_writer_destroy(struct session_writer *writer);

struct session_writer_stats session_writer_stats(const struct session_writer *writer);
const struct session_facts *session_writer_facts(const struct session_writer *writer);

/* ---- reading ---- */

struct session_reader;
struct sqlite3;

struct session_extent {
    int64_t first_ns; /* of all records; 0 in an empty session */
    int64_t last_ns;
    uint64_t end; /* of the stream */
    uint64_t blocks;
    uint64_t records;
    uint64_t messages;
    uint64_t bytes; /* of all blocks */
    bool ended;     /* session_writer_finish was reached */
};

/* Opens for reading; also while it is being recorded. NAV_ERR_NOT_FOUND; NAV_ERR_UNSUPPORTED: not a
 * session; NAV_ERR_VERSION: of a newer program; NAV_ERR_SYNTAX: damaged, `session repair` may help;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status session_reader_open(const char *path,
                                                 struct session_reader **out_reader,
                                                 struct session_error *out_error);
void session_reader_close(struct session_reader *reader); /* NULL is legal */

const struct session_facts *session_reader_facts(const struct session_reader *reader);
struct session_extent session_reader_extent(const struct session_reader *reader);

/* The next record, from the beginning or from where was sought. Its content is a view until the
 * next call. NAV_END; NAV_ERR_CHECKSUM or another error: a block is damaged or missing, and the
 * next call goes on behind it. */
NAV_MUST_USE enum nav_status session_reader_next(struct session_reader *reader,
                                                 struct store_record *out_record);

/* Place of the record that the next call gives. */
uint64_t session_reader_place(const struct session_reader *reader);

/* Goes to the first record of the newest block that begins before `at_ns`: records of an earlier
 * time come first. */
NAV_MUST_USE enum nav_status session_reader_seek_time(struct session_reader *reader, int64_t at_ns);

/* Goes to the record at this place, 0 or as session_reader_place gave it. */
NAV_MUST_USE enum nav_status session_reader_seek_place(struct session_reader *reader,
                                                       uint64_t place);

/* The database, for questions to its other tables. Belongs to the reader. */
struct sqlite3 *session_reader_database(const struct session_reader *reader);

/* ---- words added later ---- */

/* Adds an annotation at an instant of the stream's clock. */
NAV_MUST_USE enum nav_status session_annotate(const char *path, int64_t at_ns, const char *author,
                                              const char *text, struct session_error *out_error);

#endif
