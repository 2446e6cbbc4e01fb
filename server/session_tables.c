#include "session_tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "session_db.h"
#include "wire_cursor.h"
#include "wire_message.h"

enum {
    DEVICES_MAX = 1024, /* more are in the blocks, and not in the table */
    KEY_SIZE = 32,      /* type and device of an OpenIGTLink header */
    AT_TYPE = 2
};

struct device {
    uint32_t source;
    uint8_t key[KEY_SIZE];
    bool changed; /* since the last commit */
    uint64_t messages;
    uint64_t bytes;
    int64_t first_ns;
    int64_t last_ns;
};

enum statement { ADD_PEER, END_PEER, ADD_DEVICE, ADD_COMMAND, ADD_EVENT, ADD_GAP, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [ADD_PEER] = "INSERT INTO peers(source, address, opened_ns, closed_ns, reason)"
                 " VALUES(?1, ?2, ?3, ?4, ?5)",
    [END_PEER] = "UPDATE peers SET closed_ns = ?2, reason = ?3"
                 " WHERE source = ?1 AND closed_ns IS NULL",
    [ADD_DEVICE] = "INSERT OR REPLACE INTO devices VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ADD_COMMAND] = "INSERT OR REPLACE INTO commands VALUES(?1, ?2, ?3)",
    [ADD_EVENT] = "INSERT OR REPLACE INTO events VALUES(?1, ?2, ?3, ?4)",
    [ADD_GAP] = "INSERT OR REPLACE INTO gaps VALUES(?1, ?2, ?3)",
};

struct session_tables {
    sqlite3_stmt *statements[STATEMENTS];
    uint32_t device_count;
    uint32_t committed_count;
    uint32_t last_device; /* mostly the next one is the same or the one after */
    struct device devices[DEVICES_MAX];
    struct device committed[DEVICES_MAX];
};

/* What an earlier writer of the file counted. */
static void load_devices(struct session_tables *tables, sqlite3 *database)
{
    sqlite3_stmt *row = session_db_prepare(
        database, "SELECT source, type, device, messages, bytes, first_ns, last_ns FROM devices");
    while (row != NULL && tables->device_count < DEVICES_MAX && sqlite3_step(row) == SQLITE_ROW) {
        struct device *device = &tables->devices[tables->device_count++];
        *device = (struct device){.source = (uint32_t)sqlite3_column_int64(row, 0),
                                  .messages = (uint64_t)sqlite3_column_int64(row, 3),
                                  .bytes = (uint64_t)sqlite3_column_int64(row, 4),
                                  .first_ns = sqlite3_column_int64(row, 5),
                                  .last_ns = sqlite3_column_int64(row, 6)};
        const int type = sqlite3_column_bytes(row, 1);
        const int name = sqlite3_column_bytes(row, 2);
        if (type > 0 && type <= WIRE_TYPE_SIZE) {
            memcpy(device->key, sqlite3_column_blob(row, 1), (size_t)type);
        }
        if (name > 0 && name <= WIRE_DEVICE_SIZE) {
            memcpy(device->key + WIRE_TYPE_SIZE, sqlite3_column_blob(row, 2), (size_t)name);
        }
    }
    (void)sqlite3_finalize(row);
    session_tables_committed(tables);
}

struct session_tables *session_tables_create(sqlite3 *database)
{
    struct session_tables *tables = calloc(1, sizeof(*tables));
    if (tables == NULL) {
        return NULL;
    }
    for (int i = 0; i < STATEMENTS; ++i) {
        tables->statements[i] = session_db_prepare(database, sql[i]);
        if (tables->statements[i] == NULL) {
            session_tables_destroy(tables);
            return NULL;
        }
    }
    load_devices(tables, database);
    return tables;
}

void session_tables_destroy(struct session_tables *tables)
{
    if (tables == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; ++i) {
        (void)sqlite3_finalize(tables->statements[i]);
    }
    free(tables);
}

void session_tables_committed(struct session_tables *tables)
{
    for (uint32_t i = 0; i < tables->device_count; ++i) {
        tables->devices[i].changed = false;
    }
    memcpy(tables->committed, tables->devices, tables->device_count * sizeof(struct device));
    tables->committed_count = tables->device_count;
}

void session_tables_rolled_back(struct session_tables *tables)
{
    memcpy(tables->devices, tables->committed, tables->committed_count * sizeof(struct device));
    tables->device_count = tables->committed_count;
    tables->last_device = 0;
}

/* ---- devices ---- */

static bool is_device(const struct device *device, const struct store_record *record)
{
    return device->source == record->source &&
           memcmp(device->key, record->content + AT_TYPE, KEY_SIZE) == 0;
}

static struct device *find_device(struct session_tables *tables, const struct store_record *record)
{
    for (uint32_t i = 0; i < tables->device_count; ++i) {
        const uint32_t index = (tables->last_device + i) % tables->device_count;
        if (is_device(&tables->devices[index], record)) {
            tables->last_device = index;
            return &tables->devices[index];
        }
    }
    if (tables->device_count == DEVICES_MAX) {
        return NULL;
    }
    struct device *device = &tables->devices[tables->device_count++];
    *device = (struct device){
        .source = record->source, .first_ns = record->at_ns, .last_ns = record->at_ns};
    memcpy(device->key, record->content + AT_TYPE, KEY_SIZE);
    return device;
}

static void count_message(struct session_tables *tables, const struct store_record *record)
{
    if (record->size < WIRE_HEADER_SIZE) {
        return;
    }
    struct device *device = find_device(tables, record);
    if (device == NULL) {
        return;
    }
    device->changed = true;
    ++device->messages;
    device->bytes += record->size;
    device->last_ns = record->at_ns > device->last_ns ? record->at_ns : device->last_ns;
}

static int write_devices(struct session_tables *tables)
{
    sqlite3_stmt *add = tables->statements[ADD_DEVICE];
    for (uint32_t i = 0; i < tables->device_count; ++i) {
        const struct device *device = &tables->devices[i];
        if (!device->changed) {
            continue;
        }
        const char *key = (const char *)device->key;
        (void)sqlite3_bind_int64(add, 1, device->source);
        session_db_bind_text(add, 2, key, strnlen(key, WIRE_TYPE_SIZE));
        session_db_bind_text(add, 3, key + WIRE_TYPE_SIZE,
                             strnlen(key + WIRE_TYPE_SIZE, WIRE_DEVICE_SIZE));
        (void)sqlite3_bind_int64(add, 4, (sqlite3_int64)device->messages);
        (void)sqlite3_bind_int64(add, 5, (sqlite3_int64)device->bytes);
        (void)sqlite3_bind_int64(add, 6, device->first_ns);
        (void)sqlite3_bind_int64(add, 7, device->last_ns);
        const int code = session_db_step(add);
        if (code != SQLITE_DONE) {
            return code;
        }
    }
    return SQLITE_OK;
}

/* ---- rows ---- */

static void bind_content(sqlite3_stmt *statement, int at, const struct store_record *record)
{
    session_db_bind_text(statement, at, (const char *)record->content, record->size);
}

static int add_peer(struct session_tables *tables, const struct store_record *record, bool refused)
{
    sqlite3_stmt *add = tables->statements[ADD_PEER];
    (void)sqlite3_clear_bindings(add);
    (void)sqlite3_bind_int64(add, 1, record->source);
    bind_content(add, 2, record);
    if (refused) {
        (void)sqlite3_bind_int64(add, 4, record->at_ns);
        session_db_bind_text(add, 5, "refused", strlen("refused"));
    } else {
        (void)sqlite3_bind_int64(add, 3, record->at_ns);
    }
    return session_db_step(add);
}

static int end_peer(struct session_tables *tables, const struct store_record *record)
{
    sqlite3_stmt *end = tables->statements[END_PEER];
    (void)sqlite3_bind_int64(end, 1, record->source);
    (void)sqlite3_bind_int64(end, 2, record->at_ns);
    bind_content(end, 3, record);
    return session_db_step(end);
}

static int add_at(sqlite3_stmt *add, uint64_t place, const struct store_record *record)
{
    (void)sqlite3_bind_int64(add, 1, (sqlite3_int64)place);
    (void)sqlite3_bind_int64(add, 2, record->at_ns);
    return session_db_step(add);
}

static int add_row(struct session_tables *tables, const struct store_record *record, uint64_t place)
{
    sqlite3_stmt *add;
    switch (record->kind) {
    case STORE_MESSAGE:
        count_message(tables, record);
        return SQLITE_DONE;
    case STORE_PEER_OPENED:
        return add_peer(tables, record, false);
    case STORE_PEER_REFUSED:
        return add_peer(tables, record, true);
    case STORE_PEER_CLOSED:
        return end_peer(tables, record);
    case STORE_COMMAND:
        add = tables->statements[ADD_COMMAND];
        bind_content(add, 3, record);
        return add_at(add, place, record);
    case STORE_EVENT:
        add = tables->statements[ADD_EVENT];
        session_db_bind_text(add, 3, store_event_name(record->source),
                             strlen(store_event_name(record->source)));
        bind_content(add, 4, record);
        return add_at(add, place, record);
    case STORE_GAP:
        add = tables->statements[ADD_GAP];
        (void)sqlite3_bind_int64(
            add, 3,
            record->size == sizeof(uint64_t) ? (sqlite3_int64)wire_load_u64(record->content) : 0);
        return add_at(add, place, record);
    default:
        return SQLITE_DONE;
    }
}

int session_tables_add(struct session_tables *tables, const uint8_t *stream, size_t size,
                       uint64_t place)
{
    struct store_record record;
    size_t at = 0;
    for (size_t begin = 0; store_record_next(stream, size, &at, &record) == NAV_OK; begin = at) {
        const int code = add_row(tables, &record, place + begin);
        if (code != SQLITE_DONE) {
            return code;
        }
    }
    return write_devices(tables);
}
