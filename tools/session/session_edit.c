#include "session_edit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_scratch.h"
#include "session_store.h"

enum { OPEN_PEERS_MAX = 64 };

/* One session that is read. */
struct source {
    const char *path;
    struct session_reader *reader;
    int64_t shift_ns;      /* added to its times */
    uint32_t peers_before; /* added to the numbers of its peers */
    uint32_t peer_max;     /* largest met so far */
    bool has_record;
    struct store_record record;
};

struct edit {
    struct session_writer *writer;
    struct ses_edit_count count;
    const struct ses_progress *progress;
    uint64_t done, total;
    struct session_error error;
};

static bool is_of_peer(enum store_kind kind)
{
    return kind == STORE_MESSAGE || kind == STORE_PEER_OPENED || kind == STORE_PEER_CLOSED;
}

static enum nav_status open_source(const char *path, struct source *source,
                                   struct session_error *error)
{
    *source = (struct source){.path = path};
    return session_reader_open(path, &source->reader, error);
}

/* The next record; damage is counted and passed over. NAV_END. */
static enum nav_status advance(struct source *source, struct edit *edit)
{
    for (;;) {
        const enum nav_status status = session_reader_next(source->reader, &source->record);
        if (status == NAV_OK || status == NAV_END) {
            source->has_record = status == NAV_OK;
            ++edit->done;
            if (edit->progress != NULL && edit->progress->step != NULL) {
                edit->progress->step(edit->progress->context, (size_t)edit->done,
                                     (size_t)edit->total);
            }
            return status;
        }
        ++edit->count.damaged;
    }
}

static enum nav_status copy_record(struct edit *edit, struct source *source,
                                   const struct store_record *record)
{
    if (record->kind == STORE_FACTS) {
        return NAV_OK; /* the new session has its own */
    }
    if (record->kind == STORE_SCENE) {
        ++edit->count.scenes;
        return NAV_OK;
    }
    struct store_record copy = *record;
    copy.at_ns += source->shift_ns;
    if (is_of_peer(record->kind)) {
        source->peer_max = record->source > source->peer_max ? record->source : source->peer_max;
        copy.source += source->peers_before;
    }
    ++edit->count.records;
    edit->count.messages += record->kind == STORE_MESSAGE ? 1 : 0;
    return session_writer_append(edit->writer, &copy, &edit->error);
}

/* Annotations are beside the stream. */
static enum nav_status copy_annotations(struct edit *edit, const struct source *source,
                                        const struct ses_span *span, const char *to)
{
    sqlite3_stmt *rows = NULL;
    sqlite3 *database = session_reader_database(source->reader);
    if (sqlite3_prepare_v2(database,
                           "SELECT at_ns, author, text FROM annotations WHERE at_ns >= ?1 AND "
                           "at_ns < ?2 ORDER BY at_ns, id",
                           -1, &rows, NULL) != SQLITE_OK) {
        (void)snprintf(edit->error.text, sizeof(edit->error.text), "%s: %s", source->path,
                       sqlite3_errmsg(database));
        return NAV_ERR_IO;
    }
    (void)sqlite3_bind_int64(rows, 1, span->from_ns);
    (void)sqlite3_bind_int64(rows, 2, span->to_ns);
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && sqlite3_step(rows) == SQLITE_ROW) {
        const char *author = (const char *)sqlite3_column_text(rows, 1);
        const char *text = (const char *)sqlite3_column_text(rows, 2);
        if (author == NULL || text == NULL) {
            status = NAV_ERR_MEMORY;
            break;
        }
        status = session_annotate(to, sqlite3_column_int64(rows, 0) + source->shift_ns, author,
                                  text, &edit->error);
        ++edit->count.annotations;
    }
    (void)sqlite3_finalize(rows);
    return status;
}

static enum nav_status create(const char *scratch, const struct session_facts *facts,
                              struct edit *edit)
{
    struct session_writer_config config = {.path = scratch, .facts = *facts, .durable = false};
    config.facts.id = session_new_id();
    config.facts.scene_version = 0;
    return session_writer_create(&config, &edit->writer, &edit->error);
}

/* ---- cut ------------------------------------------------------------------------------------ */

/* Peers that are connected: copies of their opening records. */
struct open_peers {
    size_t count;
    struct {
        uint32_t source;
        uint8_t *content;
        size_t size;
    } peers[OPEN_PEERS_MAX];
};

static void forget_peer(struct open_peers *open, uint32_t source)
{
    for (size_t i = 0; i < open->count; ++i) {
        if (open->peers[i].source == source) {
            free(open->peers[i].content);
            open->peers[i] = open->peers[--open->count];
            return;
        }
    }
}

static void note_peer(struct open_peers *open, const struct store_record *record)
{
    if (record->kind == STORE_PEER_CLOSED) {
        forget_peer(open, record->source);
    }
    if (record->kind != STORE_PEER_OPENED || open->count == OPEN_PEERS_MAX) {
        return;
    }
    uint8_t *content = malloc(record->size + 1);
    if (content != NULL) {
        memcpy(content, record->content, record->size);
        open->peers[open->count].source = record->source;
        open->peers[open->count].content = content;
        open->peers[open->count++].size = record->size;
    }
}

static enum nav_status write_open_peers(struct open_peers *open, struct edit *edit,
                                        struct source *source, int64_t at_ns)
{
    enum nav_status status = NAV_OK;
    for (size_t i = 0; i < open->count && status == NAV_OK; ++i) {
        const struct store_record record = {.kind = STORE_PEER_OPENED,
                                            .source = open->peers[i].source,
                                            .at_ns = at_ns,
                                            .content = open->peers[i].content,
                                            .size = open->peers[i].size};
        status = copy_record(edit, source, &record);
    }
    return status;
}

static enum nav_status copy_span(struct edit *edit, struct source *source,
                                 const struct ses_span *span)
{
    struct open_peers open = {.count = 0};
    bool inside = false;
    enum nav_status status;
    while ((status = advance(source, edit)) == NAV_OK) {
        const struct store_record *record = &source->record;
        if (record->at_ns >= span->to_ns) {
            break;
        }
        if (record->at_ns < span->from_ns) {
            note_peer(&open, record);
            continue;
        }
        if (!inside) {
            inside = true;
            status = write_open_peers(&open, edit, source, record->at_ns);
        }
        if (status == NAV_OK) {
            status = copy_record(edit, source, record);
        }
        if (status != NAV_OK) {
            break;
        }
    }
    while (open.count > 0) {
        forget_peer(&open, open.peers[0].source);
    }
    if ((status == NAV_OK || status == NAV_END) && edit->count.records == 0) {
        (void)snprintf(edit->error.text, sizeof(edit->error.text),
                       "nothing was recorded in that time");
        return NAV_ERR_NOT_FOUND;
    }
    return status == NAV_END ? NAV_OK : status;
}

static enum nav_status cut_to(const char *scratch, struct source *source,
                              const struct ses_span *span, struct edit *edit)
{
    struct session_facts facts = *session_reader_facts(source->reader);
    const int64_t begins_ns = span->from_ns > facts.start_ns ? span->from_ns : facts.start_ns;
    (void)snprintf(facts.origin, sizeof(facts.origin), "cut from session %016llx",
                   (unsigned long long)facts.id);
    if (facts.start_utc_ns != 0) {
        facts.start_utc_ns += begins_ns - facts.start_ns;
    }
    facts.start_ns = begins_ns;
    enum nav_status status = create(scratch, &facts, edit);
    if (status == NAV_OK) {
        status = copy_span(edit, source, span);
    }
    if (status == NAV_OK) {
        status = session_writer_finish(edit->writer, &edit->error);
    }
    session_writer_destroy(edit->writer);
    return status == NAV_OK ? copy_annotations(edit, source, span, scratch) : status;
}

enum nav_status ses_session_cut(const char *from, const char *to, const struct ses_span *span,
                                const struct ses_progress *progress,
                                struct ses_edit_count *out_count, struct cfg_error *out_error)
{
    char scratch[SESSION_PATH_SIZE];
    struct source source;
    struct edit edit = {.progress = progress};
    enum nav_status status = ses_scratch_name(to, scratch, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = open_source(from, &source, &edit.error);
    if (status == NAV_OK) {
        edit.total = session_reader_extent(source.reader).records;
        status = cut_to(scratch, &source, span, &edit);
        session_reader_close(source.reader);
    }
    if (status != NAV_OK) {
        ses_scratch_remove(scratch);
        return cfg_error_set(out_error, status, "%s: %s", from, edit.error.text);
    }
    *out_count = edit.count;
    return ses_scratch_keep(scratch, to, out_error);
}

/* ---- merge ---------------------------------------------------------------------------------- */

static enum nav_status align(struct source *sources, size_t count, enum ses_alignment alignment,
                             struct session_error *error)
{
    const struct session_facts *first = session_reader_facts(sources[0].reader);
    for (size_t i = 0; i < count; ++i) {
        const struct session_facts *facts = session_reader_facts(sources[i].reader);
        if (facts->case_id != 0 && first->case_id != 0 && facts->case_id != first->case_id) {
            (void)snprintf(error->text, sizeof(error->text), "is of another case than %s",
                           sources[0].path);
            return NAV_ERR_REFUSED;
        }
        if (alignment == SES_ALIGN_UTC && (facts->start_utc_ns == 0 || first->start_utc_ns == 0)) {
            (void)snprintf(error->text, sizeof(error->text),
                           "a session does not know the wall clock; align by start or clock");
            return NAV_ERR_REFUSED;
        }
        if (alignment == SES_ALIGN_UTC) {
            sources[i].shift_ns =
                facts->start_utc_ns - facts->start_ns - (first->start_utc_ns - first->start_ns);
        } else if (alignment == SES_ALIGN_START) {
            sources[i].shift_ns = session_reader_extent(sources[0].reader).first_ns -
                                  session_reader_extent(sources[i].reader).first_ns;
        }
    }
    return NAV_OK;
}

/* Peers' numbers of one session begin behind those of the one before. */
static enum nav_status number_peers(struct source *sources, size_t count)
{
    uint32_t before = 0;
    for (size_t i = 0; i < count; ++i) {
        sources[i].peers_before = before;
        sqlite3_stmt *row = NULL;
        sqlite3 *database = session_reader_database(sources[i].reader);
        if (sqlite3_prepare_v2(database,
                               "SELECT max(m) FROM (SELECT max(source) AS m FROM peers UNION ALL "
                               "SELECT max(source) FROM devices)",
                               -1, &row, NULL) != SQLITE_OK ||
            sqlite3_step(row) != SQLITE_ROW) {
            (void)sqlite3_finalize(row);
            return NAV_ERR_IO;
        }
        before += (uint32_t)sqlite3_column_int64(row, 0);
        (void)sqlite3_finalize(row);
    }
    return NAV_OK;
}

static enum nav_status interleave(struct source *sources, size_t count, struct edit *edit)
{
    for (size_t i = 0; i < count; ++i) {
        const enum nav_status status = advance(&sources[i], edit);
        if (status != NAV_OK && status != NAV_END) {
            return status;
        }
    }
    for (;;) {
        struct source *next = NULL;
        for (size_t i = 0; i < count; ++i) {
            if (sources[i].has_record &&
                (next == NULL || sources[i].record.at_ns + sources[i].shift_ns <
                                     next->record.at_ns + next->shift_ns)) {
                next = &sources[i];
            }
        }
        if (next == NULL) {
            return NAV_OK;
        }
        enum nav_status status = copy_record(edit, next, &next->record);
        if (status == NAV_OK) {
            status = advance(next, edit);
        }
        if (status != NAV_OK && status != NAV_END) {
            return status;
        }
    }
}

static enum nav_status merge_to(const char *scratch, struct source *sources, size_t count,
                                struct edit *edit)
{
    struct session_facts facts = *session_reader_facts(sources[0].reader);
    (void)snprintf(facts.origin, sizeof(facts.origin), "merged from %zu sessions", count);
    enum nav_status status = create(scratch, &facts, edit);
    if (status == NAV_OK) {
        status = interleave(sources, count, edit);
    }
    if (status == NAV_OK) {
        status = session_writer_finish(edit->writer, &edit->error);
    }
    session_writer_destroy(edit->writer);
    const struct ses_span all = SES_SPAN_ALL;
    for (size_t i = 0; i < count && status == NAV_OK; ++i) {
        status = copy_annotations(edit, &sources[i], &all, scratch);
    }
    return status;
}

enum nav_status ses_session_merge(const char *const *from, size_t count, const char *to,
                                  enum ses_alignment alignment, const struct ses_progress *progress,
                                  struct ses_edit_count *out_count, struct cfg_error *out_error)
{
    struct source sources[SES_MERGE_MAX];
    struct edit edit = {.progress = progress};
    char scratch[SESSION_PATH_SIZE];
    if (count < 2 || count > SES_MERGE_MAX) {
        return cfg_error_set(out_error, NAV_ERR_ARGUMENT, "name 2 to %d sessions", SES_MERGE_MAX);
    }
    enum nav_status status = ses_scratch_name(to, scratch, out_error);
    if (status != NAV_OK) {
        return status;
    }
    size_t opened = 0;
    for (; opened < count && status == NAV_OK; ++opened) {
        status = open_source(from[opened], &sources[opened], &edit.error);
        if (status != NAV_OK) {
            break;
        }
        edit.total += session_reader_extent(sources[opened].reader).records;
    }
    if (status == NAV_OK) {
        status = align(sources, count, alignment, &edit.error);
    }
    if (status == NAV_OK) {
        status = number_peers(sources, count);
    }
    if (status == NAV_OK) {
        status = merge_to(scratch, sources, count, &edit);
    }
    for (size_t i = 0; i < opened; ++i) {
        session_reader_close(sources[i].reader);
    }
    if (status != NAV_OK) {
        ses_scratch_remove(scratch);
        return cfg_error_set(out_error, status, "%s: %s", to,
                             edit.error.text[0] != '\0' ? edit.error.text
                                                        : nav_status_text(status));
    }
    *out_count = edit.count;
    return ses_scratch_keep(scratch, to, out_error);
}
