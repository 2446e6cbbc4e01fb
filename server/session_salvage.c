#include "session_salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session_db.h"
#include "wire_cursor.h"

enum {
    PAGE = 4096, /* as session_writer makes them */
    FILE_HEADER = 100,
    LEAF_TABLE = 0x0d,
    LEAF_HEADER = 8,
    WAL_HEADER = 32,
    FRAME_HEADER = 24,
    LOCAL_MAX = PAGE - 35,
    LOCAL_MIN = (PAGE - 12) * 32 / 255 - 23,
    OVERFLOW_DATA = PAGE - 4,
    MAGIC_WITHIN = 64, /* a block begins after the row's few numbers */
    PAYLOAD_MAX = STORE_BLOCK_STREAM_MAX
};

struct bytes {
    uint8_t *data;
    size_t size;
};

/* How much of the log is believed. */
enum log_use { LOG_CURRENT = 0, LOG_ANY, LOG_NONE, LOG_USES };

/* The pages of a database as they are seen: its file, with the log's newest over it. */
struct view {
    struct bytes file;
    struct bytes log;
    size_t *newest; /* of each page: its place in the log, or 0 */
    size_t pages;
};

static enum nav_status read_file(const char *path, struct bytes *out_bytes)
{
    *out_bytes = (struct bytes){.data = NULL};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
    }
    struct stat info;
    enum nav_status status = fstat(fd, &info) == 0 ? NAV_OK : NAV_ERR_IO;
    const size_t size = status == NAV_OK ? (size_t)info.st_size : 0;
    uint8_t *data = malloc(size + 1);
    size_t have = 0;
    while (data != NULL && status == NAV_OK && have < size) {
        const ssize_t count = read(fd, data + have, size - have);
        if (count <= 0) {
            break; /* what can be read is taken */
        }
        have += (size_t)count;
    }
    (void)close(fd);
    if (data == NULL) {
        return NAV_ERR_MEMORY;
    }
    *out_bytes = (struct bytes){.data = data, .size = have};
    return status;
}

/* Page numbers begin with 1. */
static const uint8_t *page_at(const struct view *view, size_t number)
{
    if (number == 0 || number > view->pages) {
        return NULL;
    }
    if (view->newest[number] != 0) {
        return view->log.data + view->newest[number];
    }
    return number * PAGE <= view->file.size ? view->file.data + (number - 1) * PAGE : NULL;
}

static enum nav_status lay_log(struct view *view, enum log_use use)
{
    const size_t frame = FRAME_HEADER + PAGE;
    const size_t frames = view->log.size > WAL_HEADER ? (view->log.size - WAL_HEADER) / frame : 0;
    view->pages = view->file.size / PAGE + frames + 1;
    view->newest = calloc(view->pages + 1, sizeof(*view->newest));
    if (view->newest == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (size_t i = 0; i < frames && use != LOG_NONE; ++i) {
        const size_t at = WAL_HEADER + i * frame;
        const uint32_t number = wire_load_u32(view->log.data + at);
        /* A frame of an older turn of the log has another salt than its header. */
        const bool current =
            use == LOG_ANY || memcmp(view->log.data + at + 8, view->log.data + 16, 8) == 0;
        if (current && number > 0 && number <= view->pages) {
            view->newest[number] = at + FRAME_HEADER;
        }
    }
    return NAV_OK;
}

/* ---- rows ---- */

/* SQLite's numbers of 1 to 9 bytes. 0: it does not end before `size`. */
static size_t read_varint(const uint8_t *bytes, size_t size, uint64_t *out_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size && i < 9; ++i) {
        if (i == 8) {
            *out_value = value << 8 | bytes[i];
            return 9;
        }
        value = value << 7 | (bytes[i] & 0x7f);
        if ((bytes[i] & 0x80) == 0) {
            *out_value = value;
            return i + 1;
        }
    }
    return 0;
}

static size_t local_size(size_t payload)
{
    if (payload <= LOCAL_MAX) {
        return payload;
    }
    const size_t size = LOCAL_MIN + (payload - LOCAL_MIN) % OVERFLOW_DATA;
    return size <= LOCAL_MAX ? size : LOCAL_MIN;
}

/* The row at `cell` into `row`. Returns its size; 0: it is none. */
static size_t read_row(const struct view *view, const uint8_t *page, size_t cell, struct bytes *row)
{
    uint64_t payload;
    uint64_t id;
    const size_t first = read_varint(page + cell, PAGE - cell, &payload);
    const size_t second =
        first != 0 ? read_varint(page + cell + first, PAGE - cell - first, &id) : 0;
    const size_t at = cell + first + second;
    if (second == 0 || payload > PAYLOAD_MAX || payload < STORE_BLOCK_HEAD) {
        return 0;
    }
    size_t have = local_size((size_t)payload);
    if (at + have + (have < payload ? 4 : 0) > PAGE) {
        return 0;
    }
    /* Look before reserving: most rows hold no block. */
    if (memmem(page + at, have < MAGIC_WITHIN ? have : MAGIC_WITHIN, "ONB1", 4) == NULL) {
        return 0;
    }
    if (row->size < payload) {
        uint8_t *data = realloc(row->data, (size_t)payload);
        if (data == NULL) {
            return 0;
        }
        *row = (struct bytes){.data = data, .size = (size_t)payload};
    }
    memcpy(row->data, page + at, have);
    uint32_t next = have < payload ? wire_load_u32(page + at + have) : 0;
    while (have < payload) {
        const uint8_t *more = page_at(view, next);
        if (more == NULL) {
            return 0;
        }
        const size_t rest = (size_t)payload - have;
        const size_t size = rest < OVERFLOW_DATA ? rest : OVERFLOW_DATA;
        memcpy(row->data + have, more + 4, size);
        have += size;
        next = wire_load_u32(more);
    }
    return have;
}

static bool is_known(const struct session_salvage *salvage, const struct store_block *head)
{
    for (size_t i = salvage->count; i-- > 0;) {
        const struct store_block *known = &salvage->blocks[i].head;
        if (known->begin == head->begin && known->end == head->end &&
            known->session == head->session) {
            return true;
        }
    }
    return false;
}

static enum nav_status keep(struct session_salvage *salvage, const struct store_block *head,
                            const uint8_t *bytes, size_t size)
{
    if (salvage->count == salvage->capacity) {
        const size_t capacity = salvage->capacity == 0 ? 64 : 2 * salvage->capacity;
        struct salvaged *blocks = realloc(salvage->blocks, capacity * sizeof(*blocks));
        if (blocks == NULL) {
            return NAV_ERR_MEMORY;
        }
        salvage->blocks = blocks;
        salvage->capacity = capacity;
    }
    uint8_t *copy = malloc(size);
    if (copy == NULL) {
        return NAV_ERR_MEMORY;
    }
    memcpy(copy, bytes, size);
    salvage->blocks[salvage->count++] =
        (struct salvaged){.head = *head, .bytes = copy, .size = size};
    return NAV_OK;
}

static enum nav_status search_page(const struct view *view, size_t number, struct bytes *row,
                                   struct session_salvage *salvage)
{
    const uint8_t *page = page_at(view, number);
    const size_t header = number == 1 ? FILE_HEADER : 0;
    if (page == NULL || page[header] != LEAF_TABLE) {
        return NAV_OK;
    }
    const size_t cells = wire_load_u16(page + header + 3);
    for (size_t i = 0; i < cells && header + LEAF_HEADER + 2 * i + 2 <= PAGE; ++i) {
        const size_t cell = wire_load_u16(page + header + LEAF_HEADER + 2 * i);
        if (cell < header + LEAF_HEADER || cell >= PAGE) {
            continue;
        }
        const size_t size = read_row(view, page, cell, row);
        const uint8_t *block = size > 0 ? memmem(row->data, size, "ONB1", 4) : NULL;
        struct store_block head;
        if (block == NULL ||
            store_block_check(block, size - (size_t)(block - row->data), &head) != NAV_OK ||
            is_known(salvage, &head)) {
            continue;
        }
        const enum nav_status status =
            keep(salvage, &head, block, size - (size_t)(block - row->data));
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* ---- all of it ---- */

/* Blocks of another session that had the pages before are not this one's. */
static void choose_session(struct session_salvage *salvage)
{
    size_t best = 0;
    for (size_t i = 0; i < salvage->count; ++i) {
        size_t same = 0;
        for (size_t k = 0; k < salvage->count; ++k) {
            same += salvage->blocks[k].head.session == salvage->blocks[i].head.session;
        }
        if (same > best) {
            best = same;
            salvage->session = salvage->blocks[i].head.session;
        }
        if (2 * same > salvage->count) {
            break;
        }
    }
}

static int by_place(const void *a, const void *b)
{
    const struct store_block *first = &((const struct salvaged *)a)->head;
    const struct store_block *second = &((const struct salvaged *)b)->head;
    if (first->begin != second->begin) {
        return first->begin < second->begin ? -1 : 1;
    }
    return (first->end < second->end) - (first->end > second->end);
}

static enum nav_status search(struct view *view, struct session_salvage *salvage)
{
    struct bytes row = {.data = NULL};
    enum nav_status status = NAV_OK;
    for (enum log_use use = LOG_CURRENT; use < LOG_USES && status == NAV_OK; ++use) {
        status = lay_log(view, use);
        for (size_t number = 1; number <= view->pages && status == NAV_OK; ++number) {
            status = search_page(view, number, &row, salvage);
        }
        free(view->newest);
        view->newest = NULL;
    }
    free(row.data);
    return status;
}

/* What SQLite gives: of a log it knows which frames were committed, which no page tells. */
static enum nav_status ask_database(const char *path, struct session_salvage *salvage)
{
    sqlite3 *database = NULL;
    struct session_error error;
    if (session_db_open(path, false, &database, &error) != NAV_OK) {
        return NAV_OK; /* then only the pages */
    }
    sqlite3_stmt *row = session_db_prepare(database, "SELECT data FROM blocks ORDER BY place");
    enum nav_status status = NAV_OK;
    while (row != NULL && status == NAV_OK && sqlite3_step(row) == SQLITE_ROW) {
        const uint8_t *bytes = sqlite3_column_blob(row, 0);
        const size_t size = (size_t)sqlite3_column_bytes(row, 0);
        struct store_block head;
        if (store_block_check(bytes, size, &head) == NAV_OK && !is_known(salvage, &head)) {
            status = keep(salvage, &head, bytes, size);
        }
    }
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(database);
    return status;
}

enum nav_status session_salvage_file(const char *path, struct session_salvage *out_salvage)
{
    char log_path[SESSION_PATH_SIZE + 8];
    (void)snprintf(log_path, sizeof(log_path), "%s-wal", path);
    struct view view = {.pages = 0};
    struct session_salvage salvage = {.count = 0};
    enum nav_status status = read_file(path, &view.file);
    if (status == NAV_OK) {
        const enum nav_status log = read_file(log_path, &view.log);
        status = log == NAV_ERR_MEMORY ? log : NAV_OK;
    }
    if (status == NAV_OK) {
        status = ask_database(path, &salvage);
    }
    if (status == NAV_OK) {
        status = search(&view, &salvage);
    }
    free(view.file.data);
    free(view.log.data);
    if (status != NAV_OK) {
        session_salvage_finish(&salvage);
        return status;
    }
    choose_session(&salvage);
    if (salvage.count > 0) {
        qsort(salvage.blocks, salvage.count, sizeof(salvage.blocks[0]), by_place);
    }
    *out_salvage = salvage;
    return NAV_OK;
}

void session_salvage_finish(struct session_salvage *salvage)
{
    for (size_t i = 0; i < salvage->count; ++i) {
        free(salvage->blocks[i].bytes);
    }
    free(salvage->blocks);
    *salvage = (struct session_salvage){.count = 0};
}

const struct salvaged *session_salvage_next(const struct session_salvage *salvage, uint64_t place)
{
    const struct salvaged *best = NULL;
    for (size_t i = 0; i < salvage->count; ++i) {
        const struct salvaged *block = &salvage->blocks[i];
        if (block->head.session != salvage->session || block->head.end <= place) {
            continue;
        }
        const uint64_t begin = block->head.begin > place ? block->head.begin : place;
        const uint64_t best_begin =
            best != NULL && best->head.begin > place ? best->head.begin : place;
        if (best == NULL || begin < best_begin ||
            (begin == best_begin && block->head.end > best->head.end)) {
            best = block;
        }
    }
    return best;
}

bool session_salvage_sees_more(const char *path, uint64_t session, uint64_t end)
{
    char log_path[SESSION_PATH_SIZE + 8];
    (void)snprintf(log_path, sizeof(log_path), "%s-wal", path);
    struct stat info;
    struct session_salvage salvage;
    if (stat(log_path, &info) != 0 || info.st_size == 0 ||
        session_salvage_file(path, &salvage) != NAV_OK) {
        return false;
    }
    bool more = false;
    for (size_t i = 0; i < salvage.count; ++i) {
        const struct store_block *head = &salvage.blocks[i].head;
        more = more || (head->session == session && head->end > end);
    }
    session_salvage_finish(&salvage);
    return more;
}
