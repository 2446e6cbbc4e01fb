#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record_ring.h"
#include "session_check.h"
#include "session_db.h"
#include "session_facts.h"
#include "session_recover.h"
#include "session_salvage.h"

enum { NAMES_MAX = 1000 };

/* ---- a new file of what can be saved ---- */

struct rescue {
    const char *path; /* the damaged one */
    struct session_salvage salvage;
    struct store_codec *codec;
    struct session_writer *writer;
    struct session_repair *repair;
    uint64_t place; /* in the old stream: everything before is dealt with */
    int64_t last_ns;
};

/* The facts: as the table says, else as the first block does, else what a block's head tells. */
static void find_facts(struct rescue *rescue, struct session_facts *out_facts)
{
    struct session_error error;
    struct session_reader *reader = NULL;
    const struct salvaged *first = session_salvage_next(&rescue->salvage, 0);
    if (first->head.begin == 0) {
        struct store_block block;
        const uint8_t *stream;
        size_t size;
        size_t at = 0;
        struct store_record record;
        if (store_block_decode(rescue->codec, first->bytes, first->size, &block, &stream, &size) ==
                NAV_OK &&
            store_record_next(stream, size, &at, &record) == NAV_OK && record.kind == STORE_FACTS &&
            session_facts_read((const char *)record.content, record.size, out_facts) == NAV_OK) {
            return;
        }
    }
    if (session_reader_open(rescue->path, &reader, &error) == NAV_OK) {
        *out_facts = *session_reader_facts(reader);
        session_reader_close(reader);
        if (out_facts->id == rescue->salvage.session) {
            return;
        }
    }
    *out_facts = (struct session_facts){.id = rescue->salvage.session,
                                        .software = "unknown",
                                        .origin = "repaired, its beginning is lost",
                                        .start_ns = first->head.first_ns};
}

static enum nav_status append_gap(struct rescue *rescue, int64_t at_ns,
                                  struct session_error *out_error)
{
    static const uint8_t unknown[8] = {0}; /* nobody knows how many records */
    ++rescue->repair->holes;
    return session_writer_append(
        rescue->writer,
        &(struct store_record){
            .kind = STORE_GAP, .at_ns = at_ns, .content = unknown, .size = sizeof(unknown)},
        out_error);
}

/* Records of a block from `place` on; the facts are there already. */
static enum nav_status append_block(struct rescue *rescue, const struct salvaged *saved,
                                    struct session_error *out_error)
{
    struct store_block block;
    const uint8_t *stream;
    size_t size;
    enum nav_status status =
        store_block_decode(rescue->codec, saved->bytes, saved->size, &block, &stream, &size);
    if (status != NAV_OK) { /* its checksum is right and it lies: as if it were not there */
        rescue->place = saved->head.end;
        return append_gap(rescue, saved->head.first_ns, out_error);
    }
    if (block.begin > rescue->place) {
        status = append_gap(rescue, block.first_ns, out_error);
    }
    struct store_record record;
    size_t begin = 0;
    for (size_t at = 0; status == NAV_OK && store_record_next(stream, size, &at, &record) == NAV_OK;
         begin = at) {
        if (block.begin + begin < rescue->place || record.kind == STORE_FACTS) {
            continue;
        }
        status = session_writer_append(rescue->writer, &record, out_error);
        rescue->last_ns = record.at_ns;
        ++rescue->repair->records;
        rescue->repair->messages += record.kind == STORE_MESSAGE;
    }
    rescue->place = block.end;
    ++rescue->repair->blocks;
    return status;
}

/* Annotations have no other place: they are copied as far as they can be read. */
static void copy_annotations(const char *from, const char *to)
{
    struct session_error error;
    sqlite3 *source = NULL;
    sqlite3 *target = NULL;
    if (session_db_open(from, false, &source, &error) != NAV_OK) {
        return;
    }
    if (session_db_open(to, true, &target, &error) != NAV_OK) {
        (void)sqlite3_close(source);
        return;
    }
    sqlite3_stmt *row = session_db_prepare(
        source, "SELECT at_ns, made_utc_ns, author, text FROM annotations ORDER BY id");
    sqlite3_stmt *add =
        session_db_prepare(target, "INSERT INTO annotations(at_ns, made_utc_ns, author, text)"
                                   " VALUES(?1, ?2, ?3, ?4)");
    while (row != NULL && add != NULL && sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 0; i < 4; ++i) {
            (void)sqlite3_bind_value(add, i + 1, sqlite3_column_value(row, i));
        }
        (void)session_db_step(add);
    }
    (void)sqlite3_finalize(row);
    (void)sqlite3_finalize(add);
    (void)sqlite3_close(source);
    (void)sqlite3_close(target);
}

static enum nav_status write_all(struct rescue *rescue, session_progress_fn on_progress,
                                 void *context, struct session_error *out_error)
{
    enum nav_status status = NAV_OK;
    size_t done = 0;
    const struct salvaged *next;
    while (status == NAV_OK &&
           (next = session_salvage_next(&rescue->salvage, rescue->place)) != NULL) {
        status = append_block(rescue, next, out_error);
        if (on_progress != NULL) {
            on_progress(context, ++done, rescue->salvage.count);
        }
    }
    if (status != NAV_OK) {
        return status;
    }
    static const char words[] = "repaired: what was whole was saved";
    status = session_writer_append(rescue->writer,
                                   &(struct store_record){.kind = STORE_EVENT,
                                                          .source = STORE_EVENT_RECORDING,
                                                          .at_ns = rescue->last_ns,
                                                          .content = (const uint8_t *)words,
                                                          .size = sizeof(words) - 1},
                                   out_error);
    return status == NAV_OK ? session_writer_finish(rescue->writer, out_error) : status;
}

/* A name beside `path` that is free. */
static bool free_name(const char *path, const char *suffix, char out_name[SESSION_PATH_SIZE])
{
    for (int i = 1; i < NAMES_MAX; ++i) {
        const int length = snprintf(out_name, SESSION_PATH_SIZE, "%s.%s%d", path, suffix, i);
        if (length > 0 && length < SESSION_PATH_SIZE && access(out_name, F_OK) != 0) {
            return true;
        }
    }
    return false;
}

static void move_side_file(const char *from, const char *to, const char *suffix)
{
    char old_name[SESSION_PATH_SIZE + 8];
    char new_name[SESSION_PATH_SIZE + 8];
    (void)snprintf(old_name, sizeof(old_name), "%s%s", from, suffix);
    (void)snprintf(new_name, sizeof(new_name), "%s%s", to, suffix);
    (void)rename(old_name, new_name);
}

/* The damaged file gets another name, and the new one its name. */
static enum nav_status replace(struct rescue *rescue, const char *fresh,
                               struct session_error *out_error)
{
    char *kept = rescue->repair->kept;
    copy_annotations(rescue->path, fresh);
    if (!free_name(rescue->path, "damaged", kept) || rename(rescue->path, kept) != 0) {
        kept[0] = '\0';
        return session_say(out_error, NAV_ERR_IO, "%.400s: cannot be renamed: %m", rescue->path);
    }
    /* Its log belongs to it, and must not be taken for the new one's. */
    move_side_file(rescue->path, kept, "-wal");
    move_side_file(rescue->path, kept, "-shm");
    move_side_file(rescue->path, kept, "-journal");
    if (rename(fresh, rescue->path) != 0) {
        return session_say(out_error, NAV_ERR_IO, "%.400s: cannot be put in its place: %m", fresh);
    }
    return NAV_OK;
}

static enum nav_status rescue_into(struct rescue *rescue, const char *fresh,
                                   session_progress_fn on_progress, void *context,
                                   struct session_error *out_error)
{
    struct session_writer_config config = {.path = fresh, .durable = false};
    find_facts(rescue, &config.facts);
    rescue->last_ns = config.facts.start_ns;
    enum nav_status status = session_writer_create(&config, &rescue->writer, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = write_all(rescue, on_progress, context, out_error);
    session_writer_destroy(rescue->writer);
    if (status == NAV_OK) {
        status = replace(rescue, fresh, out_error);
    }
    if (status != NAV_OK) {
        (void)unlink(fresh);
    }
    return status;
}

static enum nav_status rescue_file(const char *path, session_progress_fn on_progress, void *context,
                                   struct session_repair *repair, struct session_error *out_error)
{
    struct rescue rescue = {.path = path, .repair = repair};
    char fresh[SESSION_PATH_SIZE];
    enum nav_status status = session_salvage_file(path, &rescue.salvage);
    if (status != NAV_OK) {
        return session_say(out_error, status, "%.400s: %s", path, nav_status_text(status));
    }
    if (rescue.salvage.count == 0) {
        session_salvage_finish(&rescue.salvage);
        return session_say(out_error, NAV_ERR_NOT_FOUND, "%.400s: no block in it is whole", path);
    }
    if (!free_name(path, "repair", fresh)) {
        status =
            session_say(out_error, NAV_ERR_IO, "%.400s: there is no name for a new file", path);
    } else {
        status = store_codec_create(&rescue.codec);
    }
    if (status == NAV_OK) {
        status = rescue_into(&rescue, fresh, on_progress, context, out_error);
    }
    store_codec_destroy(rescue.codec);
    session_salvage_finish(&rescue.salvage);
    repair->changed = status == NAV_OK;
    return status;
}

/* ---- what is to be done ---- */

/* Ends a session that is whole and was only not ended. */
static enum nav_status end_session(const char *path, struct session_error *out_error)
{
    struct session_writer *writer = NULL;
    enum nav_status status = session_writer_open(path, &writer, out_error);
    if (status == NAV_OK) {
        status = session_writer_finish(writer, out_error);
        session_writer_destroy(writer);
    }
    return status;
}

/* What would end the session without what is still in memory of it, which could then be let go. */
static bool must_come_first(enum nav_status recovered)
{
    return recovered == NAV_ERR_BUSY || recovered == NAV_ERR_IO || recovered == NAV_ERR_MEMORY;
}

enum nav_status session_repair_file(const char *path, session_progress_fn on_progress,
                                    void *context, struct session_repair *out_repair,
                                    struct session_error *out_error)
{
    *out_repair = (struct session_repair){.changed = false};
    struct session_reader *reader = NULL;
    struct session_recovered recovered;
    enum nav_status status = session_reader_open(path, &reader, out_error);
    if (status == NAV_OK) {
        const uint64_t id = session_reader_facts(reader)->id;
        const uint64_t end = session_reader_extent(reader).end;
        session_reader_close(reader);
        if (!record_ring_is_live(id) && session_salvage_sees_more(path, id, end)) {
            return rescue_file(path, on_progress, context, out_repair, out_error);
        }
        status = session_recover(id, &recovered, out_error);
        if (status == NAV_ERR_BUSY) {
            return session_say(out_error, status, "%.400s: %s", path,
                               record_ring_is_live(id) ? "is being recorded"
                                                       : "another program is recovering it");
        }
        if (must_come_first(status)) {
            return status;
        }
        if (status == NAV_OK) {
            out_repair->changed = true;
            out_repair->recovered = recovered.records;
        }
    } else if (status == NAV_ERR_NOT_FOUND || status == NAV_ERR_MEMORY) {
        return status;
    } else if ((status = session_recover_path(path, &recovered, out_error)) == NAV_OK) {
        out_repair->changed = true; /* its core was killed while the file was being made */
        out_repair->recovered = recovered.records;
    } else if (must_come_first(status)) {
        return status;
    }
    struct session_check check;
    status = session_check_file(path, NULL, NULL, &check, out_error);
    if (status != NAV_OK || check.clean) {
        return status;
    }
    if (check.opened && check.finding_count == 1 && !check.extent.ended && check.damaged == 0 &&
        check.missing == 0 && end_session(path, out_error) == NAV_OK) {
        out_repair->changed = true;
        return NAV_OK;
    }
    return rescue_file(path, on_progress, context, out_repair, out_error);
}
