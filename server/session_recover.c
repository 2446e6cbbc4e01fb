#include "session_recover.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record_ring.h"
#include "session_db.h"
#include "wire_cursor.h"

enum {
    RINGS_MAX = 64,
    CHUNK = STORE_BLOCK_STREAM,
    WORDS_SIZE = 128,
    OTHERS_MS = 10000 /* another program may be recovering the same: it is waited for so long */
};

/* A file that was being made when the core was killed has nothing of the ring in it. */
static enum nav_status make_anew(struct record_ring *ring, struct session_writer **out_writer,
                                 struct session_error *out_error)
{
    const struct record_ring_head *head = record_ring_head(ring);
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        char name[SESSION_PATH_SIZE + 16];
        (void)snprintf(name, sizeof(name), "%s%s", head->path, ends[i]);
        (void)unlink(name);
    }
    const struct session_writer_config config = {
        .path = head->path, .facts = head->facts, .durable = true};
    return session_writer_create(&config, out_writer, out_error);
}

/* The session's writer: of its file, or of a new one where it was not made. */
static enum nav_status open_writer(struct record_ring *ring, struct session_writer **out_writer,
                                   struct session_error *out_error)
{
    const struct record_ring_head *head = record_ring_head(ring);
    enum nav_status status = session_writer_open(head->path, out_writer, out_error);
    if (status == NAV_OK && session_writer_facts(*out_writer)->id != head->facts.id) {
        session_writer_destroy(*out_writer);
        *out_writer = NULL;
        return session_say(out_error, NAV_ERR_EXISTS, "%.400s: another session has taken its place",
                           head->path);
    }
    const bool tried_again = status == NAV_ERR_BUSY || status == NAV_ERR_MEMORY;
    if (status != NAV_OK && status != NAV_ERR_REFUSED && !tried_again && head->base == 0) {
        status = make_anew(ring, out_writer, out_error);
    }
    if (status == NAV_OK && head->base == 0) {
        record_ring_set_base(ring, session_writer_stats(*out_writer).place);
    }
    return status;
}

/* Appends what the file has not got. */
static enum nav_status drain(struct record_ring *ring, struct session_writer *writer,
                             uint64_t *out_records, struct session_error *out_error)
{
    if (record_ring_seek(ring, session_writer_stats(writer).place) != NAV_OK) {
        return session_say(out_error, NAV_ERR_RANGE,
                           "%.400s: the file does not go with what is left of it in memory",
                           record_ring_head(ring)->path);
    }
    size_t capacity = CHUNK;
    uint8_t *bytes = malloc(capacity);
    enum nav_status status = bytes != NULL ? NAV_OK : NAV_ERR_MEMORY;
    int64_t last_ns = record_ring_head(ring)->facts.start_ns;
    while (status == NAV_OK) {
        size_t needed;
        const size_t size = record_ring_take(ring, bytes, capacity, &needed);
        if (size == 0 && needed == 0) {
            break;
        }
        if (size == 0) {
            uint8_t *larger = realloc(bytes, needed);
            status = larger != NULL ? NAV_OK : NAV_ERR_MEMORY;
            bytes = larger != NULL ? larger : bytes;
            capacity = larger != NULL ? needed : capacity;
            continue;
        }
        struct store_record record;
        for (size_t at = 0; store_record_next(bytes, size, &at, &record) == NAV_OK;) {
            ++*out_records;
            last_ns = record.at_ns;
        }
        status = session_writer_append_stream(writer, bytes, size, out_error);
    }
    free(bytes);
    if (status != NAV_OK) {
        return status;
    }
    if (record_ring_gap(ring) > 0) {
        uint8_t count[8];
        wire_store_u64(count, record_ring_gap(ring));
        status = session_writer_append(
            writer,
            &(struct store_record){
                .kind = STORE_GAP, .at_ns = last_ns, .content = count, .size = sizeof(count)},
            out_error);
        if (status != NAV_OK) {
            return status;
        }
    }
    char words[WORDS_SIZE];
    (void)snprintf(words, sizeof(words),
                   "the recording program was killed; %llu records were recovered from memory",
                   (unsigned long long)*out_records);
    return session_writer_append(writer,
                                 &(struct store_record){.kind = STORE_EVENT,
                                                        .source = STORE_EVENT_RECORDING,
                                                        .at_ns = last_ns,
                                                        .content = (const uint8_t *)words,
                                                        .size = strlen(words)},
                                 out_error);
}

/* Closes the ring. */
static enum nav_status recover(struct record_ring *ring, struct session_recovered *out_recovered,
                               struct session_error *out_error)
{
    struct session_recovered recovered = {.records = 0};
    (void)snprintf(recovered.path, sizeof(recovered.path), "%s", record_ring_head(ring)->path);
    struct session_writer *writer = NULL;
    enum nav_status status = open_writer(ring, &writer, out_error);
    if (status == NAV_OK) {
        status = drain(ring, writer, &recovered.records, out_error);
    }
    if (status == NAV_OK) {
        status = session_writer_finish(writer, out_error);
    }
    session_writer_destroy(writer);
    /* An ended session needs nothing more (it died between its end and the ring's removal), nor
     * does one whose file somebody has removed. */
    record_ring_close(ring,
                      status == NAV_OK || status == NAV_ERR_REFUSED || status == NAV_ERR_NOT_FOUND);
    if (status == NAV_OK) {
        *out_recovered = recovered;
    }
    return status;
}

static enum nav_status recover_within(uint64_t session, int wait_ms,
                                      struct session_recovered *out_recovered,
                                      struct session_error *out_error)
{
    struct record_ring *ring = NULL;
    const enum nav_status status = record_ring_open(session, wait_ms, &ring);
    if (status != NAV_OK) {
        return session_say(out_error, status, "%s", nav_status_text(status));
    }
    return recover(ring, out_recovered, out_error);
}

enum nav_status session_recover(uint64_t session, struct session_recovered *out_recovered,
                                struct session_error *out_error)
{
    return recover_within(session, OTHERS_MS, out_recovered, out_error);
}

enum nav_status session_recover_path(const char *path, struct session_recovered *out_recovered,
                                     struct session_error *out_error)
{
    uint64_t sessions[RINGS_MAX];
    char wanted[PATH_MAX];
    const size_t count = record_ring_list(sessions, RINGS_MAX);
    if (realpath(path, wanted) == NULL) {
        return session_say(out_error, NAV_ERR_NOT_FOUND, "%.400s: %m", path);
    }
    for (size_t i = 0; i < count; ++i) {
        struct record_ring_head head;
        char its[PATH_MAX];
        if (record_ring_peek(sessions[i], &head) && realpath(head.path, its) != NULL &&
            strcmp(its, wanted) == 0) {
            return session_recover(sessions[i], out_recovered, out_error);
        }
    }
    return session_say(out_error, NAV_ERR_NOT_FOUND, "%.400s: nothing of it is left in memory",
                       path);
}

/* A session that is left in memory because it cannot be written. */
struct left {
    uint64_t session;
    int64_t start_utc_ns;
};

static int newest_first(const void *a, const void *b)
{
    const struct left *first = a;
    const struct left *second = b;
    return (first->start_utc_ns < second->start_utc_ns) -
           (first->start_utc_ns > second->start_utc_ns);
}

/* Adds a session that could not be written just now. */
static size_t note_left(uint64_t session, struct left *left, size_t count)
{
    struct record_ring_head head;
    if (!record_ring_peek(session, &head)) {
        return count;
    }
    left[count] = (struct left){.session = session, .start_utc_ns = head.facts.start_utc_ns};
    return count + 1;
}

static void let_go(uint64_t session, struct session_recovered *out_recovered)
{
    struct record_ring *ring = NULL;
    *out_recovered = (struct session_recovered){.let_go = true};
    if (record_ring_open(session, 0, &ring) == NAV_OK) {
        (void)snprintf(out_recovered->path, sizeof(out_recovered->path), "%s",
                       record_ring_head(ring)->path);
        record_ring_close(ring, true);
    }
}

size_t session_recover_all(void (*on_done)(void *context,
                                           const struct session_recovered *recovered),
                           void *context)
{
    uint64_t sessions[RINGS_MAX];
    struct left left[RINGS_MAX];
    size_t left_count = 0;
    const size_t count = record_ring_list(sessions, RINGS_MAX);
    size_t done = 0;
    struct session_recovered recovered;
    for (size_t i = 0; i < count; ++i) {
        struct session_error error;
        /* What another program is recovering needs nobody else. */
        const enum nav_status status = recover_within(sessions[i], 0, &recovered, &error);
        if (status == NAV_ERR_IO) {
            left_count = note_left(sessions[i], left, left_count);
        }
        if (status == NAV_OK) {
            ++done;
            if (on_done != NULL) {
                on_done(context, &recovered);
            }
        }
    }
    qsort(left, left_count, sizeof(left[0]), newest_first);
    for (size_t i = SESSION_RINGS_KEPT; i < left_count; ++i) {
        let_go(left[i].session, &recovered);
        if (on_done != NULL) {
            on_done(context, &recovered);
        }
    }
    return done;
}
