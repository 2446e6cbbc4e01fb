/* The loss of power at any moment: what the disk then holds is everything that was synced, and of
 * what was written since any part, in any order, torn at sectors.
 *
 * A shim between SQLite and the files keeps every write and sync; states of the disk are made of
 * that. Whatever the state: every message that a commit has confirmed is read, in order and as it
 * was, nothing wrong is, and after repair the file is clean. OSTEONAV_LONG=1 tries ten times as
 * many states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "session_check.h"
#include "session_support.h"

enum { OPS_MAX = 20000, COMMITS = 60, A_COMMIT = 37, STATES = 60, SECTOR = 512, FILES = 2 };

enum op_kind { OP_WRITE, OP_TRUNCATE, OP_SYNC };

struct op {
    enum op_kind kind;
    int file; /* 0: the database, 1: its log */
    int64_t at;
    int size;
    uint8_t *bytes;
};

static struct op ops[OPS_MAX];
static size_t op_count;
static bool keeping;

static char folder[256];
static char path[512];
static char victim[512];

/* ---- the shim ---- */

struct shim_file {
    sqlite3_file base;
    int id; /* -1: not kept */
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)(void *)file)->real;
}

static void keep(sqlite3_file *file, enum op_kind kind, int64_t at, const void *bytes, int size)
{
    const int id = ((struct shim_file *)(void *)file)->id;
    if (!keeping || id < 0) {
        return;
    }
    assert_true(op_count < OPS_MAX);
    struct op *op = &ops[op_count++];
    *op = (struct op){.kind = kind, .file = id, .at = at, .size = size};
    if (size > 0) {
        op->bytes = malloc((size_t)size);
        assert_non_null(op->bytes);
        memcpy(op->bytes, bytes, (size_t)size);
    }
}

static int shim_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    const int code = real->pMethods->xClose(real);
    free(real);
    return code;
}

static int shim_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    keep(file, OP_WRITE, at, bytes, size);
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    keep(file, OP_TRUNCATE, size, NULL, 0);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    keep(file, OP_SYNC, 0, NULL, 0);
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_check_lock(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int shim_control(sqlite3_file *file, int op, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int shim_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int shim_traits(sqlite3_file *file)
{
    (void)file;
    return 0; /* nothing is promised of the disk */
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **to)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, to);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    (void)vfs;
    struct shim_file *shim = (struct shim_file *)(void *)file;
    shim->base.pMethods = NULL;
    shim->real = calloc(1, (size_t)real_vfs->szOsFile);
    shim->id = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? 0 : (flags & SQLITE_OPEN_WAL) != 0 ? 1 : -1;
    const int code = real_vfs->xOpen(real_vfs, name, shim->real, flags, out_flags);
    if (code == SQLITE_OK) {
        shim->base.pMethods = &methods;
    } else {
        free(shim->real);
    }
    return code;
}

static void put_shim_in(void)
{
    static sqlite3_vfs shim;
    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "shim";
    shim.szOsFile = (int)sizeof(struct shim_file);
    shim.xOpen = shim_open;
    shim.pNext = NULL;
    assert_int_equal(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

/* ---- states of the disk ---- */

struct image {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

static void grow(struct image *image, size_t size)
{
    if (size > image->capacity) {
        image->capacity = 2 * size;
        image->bytes = realloc(image->bytes, image->capacity);
        assert_non_null(image->bytes);
    }
    if (size > image->size) {
        memset(image->bytes + image->size, 0, size - image->size);
        image->size = size;
    }
}

/* A write, or the sectors of it that `dice` lets through; NULL: all. */
static void apply(struct image *image, const struct op *op, unsigned *dice)
{
    if (op->kind == OP_TRUNCATE) {
        grow(image, (size_t)op->at);
        image->size = (size_t)op->at;
        return;
    }
    if (op->kind != OP_WRITE) {
        return;
    }
    for (int at = 0; at < op->size;) {
        const int64_t place = op->at + at;
        const int rest = SECTOR - (int)(place % SECTOR);
        const int size = rest < op->size - at ? rest : op->size - at;
        if (dice == NULL || rand_r(dice) % 4 != 0) {
            grow(image, (size_t)(place + size));
            memcpy(image->bytes + place, op->bytes + at, (size_t)size);
        }
        at += size;
    }
}

/* The files as they may be when the power fails before operation `moment`. */
static void make_state(size_t moment, unsigned *dice)
{
    static const char *const ends[FILES] = {"", "-wal"};
    for (int file = 0; file < FILES; ++file) {
        size_t synced = 0;
        for (size_t i = 0; i < moment; ++i) {
            synced = ops[i].file == file && ops[i].kind == OP_SYNC ? i : synced;
        }
        struct image image = {.size = 0};
        for (size_t i = 0; i < moment; ++i) {
            if (ops[i].file == file && i < synced) {
                apply(&image, &ops[i], NULL);
            } else if (ops[i].file == file && rand_r(dice) % 3 != 0) {
                apply(&image, &ops[i], rand_r(dice) % 2 != 0 ? dice : NULL);
            }
        }
        char name[600];
        (void)snprintf(name, sizeof(name), "%s%s", victim, ends[file]);
        FILE *out = fopen(name, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(image.bytes, 1, image.size, out), image.size);
        assert_int_equal(fclose(out), 0);
        free(image.bytes);
    }
}

static void forget_victim(void)
{
    static const char *const ends[] = {"",          "-wal",          "-shm",         "-journal",
                                       ".damaged1", ".damaged1-wal", ".damaged1-shm"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        char name[600];
        (void)snprintf(name, sizeof(name), "%s%s", victim, ends[i]);
        (void)unlink(name);
    }
}

/* Messages 0, 1, 2 ... up to the first hole; how many. Behind a hole, which repair has marked, may
 * be what was written and never synced. */
static uint64_t count_messages(void)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    struct session_error error;
    struct session_reader *reader = NULL;
    if (session_reader_open(victim, &reader, &error) != NAV_OK) {
        return 0;
    }
    uint64_t number = 0;
    struct store_record record;
    while (session_reader_next(reader, &record) == NAV_OK && record.kind != STORE_GAP) {
        if (record.kind != STORE_MESSAGE) {
            continue;
        }
        uint8_t bytes[TEST_TRANSFORM_SIZE];
        test_transform(devices[number % 4], number, bytes);
        assert_int_equal(record.size, sizeof(bytes));
        assert_memory_equal(record.content, bytes, sizeof(bytes));
        ++number;
    }
    session_reader_close(reader);
    return number;
}

/* ---- the test ---- */

struct confirmed {
    size_t moment; /* operations before the commit returned */
    uint64_t messages;
};

static size_t record_session(struct confirmed *confirmed)
{
    struct session_error error;
    struct session_writer *writer = NULL;
    const struct session_writer_config config = {
        .path = path, .facts = test_facts(), .durable = true};
    size_t count = 0;
    keeping = true;
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
    confirmed[count++] = (struct confirmed){.moment = op_count};
    for (uint64_t i = 0; i < COMMITS; ++i) {
        /* 40 s a commit now and then: small blocks are written anew as a full one. */
        test_append_poses(writer, i * A_COMMIT, A_COMMIT, 1000 + (int64_t)(i / 8) * 5000000000);
        assert_int_equal(session_writer_commit(writer, &error), NAV_OK);
        confirmed[count++] = (struct confirmed){.moment = op_count, .messages = (i + 1) * A_COMMIT};
    }
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    keeping = false;
    session_writer_destroy(writer);
    return count;
}

static void test_any_state_of_the_disk_is_readable(void **state)
{
    (void)state;
    static struct confirmed confirmed[COMMITS + 2];
    (void)snprintf(path, sizeof(path), "%s/a.session", test_folder(folder));
    (void)snprintf(victim, sizeof(victim), "%s/victim.session", folder);
    put_shim_in();
    const size_t commits = record_session(confirmed);
    const int states = getenv("OSTEONAV_LONG") != NULL ? 10 * STATES : STATES;
    unsigned dice = 4711;
    uint64_t more = 0;
    for (int i = 0; i < states; ++i) {
        const size_t from = confirmed[0].moment;
        const size_t moment = from + (size_t)rand_r(&dice) % (op_count - from);
        uint64_t promised = 0;
        for (size_t k = 0; k < commits && confirmed[k].moment <= moment; ++k) {
            promised = confirmed[k].messages;
        }
        forget_victim();
        make_state(moment, &dice);
        const uint64_t found = count_messages();
        if (found < promised) {
            fail_msg("state %d before operation %zu: %llu messages of %llu that were confirmed", i,
                     moment, (unsigned long long)found, (unsigned long long)promised);
        }
        more += found - promised;
        struct session_error error;
        struct session_repair repair;
        struct session_check check;
        assert_int_equal(session_repair_file(victim, NULL, NULL, &repair, &error), NAV_OK);
        assert_int_equal(session_check_file(victim, NULL, NULL, &check, &error), NAV_OK);
        assert_true(check.clean);
        assert_true(count_messages() >= promised);
    }
    print_message("%zu operations, %d states; %llu messages more than promised\n", op_count, states,
                  (unsigned long long)more);
    for (size_t i = 0; i < op_count; ++i) {
        free(ops[i].bytes);
    }
    test_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_state_of_the_disk_is_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
