/* Damaged session files: never a wrong record, and clean after repair.
 *
 * Every STRIDE-th byte or less is flipped and as many lengths tried; OSTEONAV_LONG=1 takes all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "session_check.h"
#include "session_support.h"
#include "wire_cursor.h"

enum { POSES = 400, STRIDE = 97, REPAIR_EVERY = 9 };

static char folder[256];
static char path[512];
static char victim[512];
static uint8_t *whole;
static size_t whole_size;
static uint8_t *whole_log; /* of a session that was not ended */
static size_t whole_log_size;

static size_t stride(size_t times)
{
    return getenv("OSTEONAV_LONG") != NULL ? 1 : STRIDE * times;
}

static uint8_t *read_file(const char *name, size_t *out_size)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        *out_size = 0;
        return NULL;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *out_size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*out_size + 1);
    assert_int_equal(fread(bytes, 1, *out_size, file), *out_size);
    (void)fclose(file);
    return bytes;
}

static void write_file(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void forget_victim(void)
{
    char name[600];
    static const char *const ends[] = {
        "",          "-wal",          "-shm",          "-journal",
        ".damaged1", ".damaged1-wal", ".damaged1-shm", ".damaged1-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
        (void)snprintf(name, sizeof(name), "%s%s", victim, ends[i]);
        (void)unlink(name);
    }
}

/* Small blocks, so that there is more to lose than everything. */
static void make_session(bool end)
{
    struct session_error error;
    struct session_writer *writer = NULL;
    const struct session_writer_config config = {
        .path = path, .facts = test_facts(), .durable = false};
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
    for (uint64_t i = 0; i < POSES; i += 40) {
        test_append_poses(writer, i, 40, 1000);
        assert_int_equal(session_writer_commit(writer, &error), NAV_OK);
    }
    if (end) {
        assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    } else {
        char log[600];
        (void)snprintf(log, sizeof(log), "%s-wal", path);
        whole_log = read_file(log, &whole_log_size);
        assert_non_null(whole_log);
    }
    whole = read_file(path, &whole_size);
    session_writer_destroy(writer);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/whole.session", test_folder(folder));
    (void)snprintf(victim, sizeof(victim), "%s/victim.session", folder);
    whole_log = NULL;
    whole_log_size = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(whole);
    free(whole_log);
    test_remove_folder(folder);
    return 0;
}

/* Every message that comes out is one that was put in, and in order. Returns how many. */
static size_t expect_nothing_wrong(void)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    struct session_error error;
    struct session_reader *reader = NULL;
    size_t count = 0;
    if (session_reader_open(victim, &reader, &error) != NAV_OK) {
        return 0;
    }
    int64_t last_ns = INT64_MIN;
    struct store_record record;
    enum nav_status status;
    size_t errors = 0;
    while ((status = session_reader_next(reader, &record)) != NAV_END && errors < 1000) {
        if (status != NAV_OK) {
            ++errors;
            continue;
        }
        if (record.kind != STORE_MESSAGE) {
            continue;
        }
        const int64_t since = record.at_ns - 1000;
        assert_true(since >= 0 && since % 2500000 == 0 && record.at_ns > last_ns);
        last_ns = record.at_ns;
        const uint64_t number = (uint64_t)since / 2500000;
        assert_true(number < POSES);
        uint8_t bytes[TEST_TRANSFORM_SIZE];
        test_transform(devices[number % 4], number, bytes);
        assert_int_equal(record.size, sizeof(bytes));
        assert_memory_equal(record.content, bytes, sizeof(bytes));
        ++count;
    }
    session_reader_close(reader);
    return count;
}

/* Repaired, it is clean and has at least what could be read before. */
static size_t expect_repairable(size_t readable)
{
    struct session_error error;
    struct session_repair repair;
    struct session_check check;
    const enum nav_status status = session_repair_file(victim, NULL, NULL, &repair, &error);
    if (status == NAV_ERR_NOT_FOUND) {
        assert_int_equal(readable, 0); /* no block was whole */
        return 0;
    }
    if (status != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(session_check_file(victim, NULL, NULL, &check, &error), NAV_OK);
    if (!check.clean) {
        fail_msg("after repair: %s", check.findings[0]);
    }
    const size_t saved = expect_nothing_wrong();
    assert_true(saved >= readable);
    return saved;
}

static bool victim_is_clean(void)
{
    struct session_error error;
    struct session_check check;
    assert_int_equal(session_check_file(victim, NULL, NULL, &check, &error), NAV_OK);
    return check.clean;
}

static void test_a_whole_file_is_clean(void **state)
{
    (void)state;
    make_session(true);
    write_file(victim, whole, whole_size);
    assert_true(victim_is_clean());
    assert_int_equal(expect_nothing_wrong(), POSES);
    struct session_error error;
    struct session_repair repair;
    assert_int_equal(session_repair_file(victim, NULL, NULL, &repair, &error), NAV_OK);
    assert_false(repair.changed);
}

static void test_every_byte_flipped(void **state)
{
    (void)state;
    make_session(true);
    size_t dirty = 0;
    size_t least = POSES;
    for (size_t at = 0, turn = 0; at < whole_size; at += stride(1), ++turn) {
        forget_victim();
        whole[at] ^= (uint8_t)(1U << (at % 8));
        write_file(victim, whole, whole_size);
        whole[at] ^= (uint8_t)(1U << (at % 8));
        const size_t readable = expect_nothing_wrong();
        const bool clean = victim_is_clean();
        /* What no finding tells of has lost nothing. */
        assert_true(!clean || readable == POSES);
        dirty += !clean;
        if (turn % REPAIR_EVERY == 0 || readable < POSES) {
            const size_t saved = expect_repairable(readable);
            least = saved < least ? saved : least;
        }
    }
    print_message("%zu flips found, at least %zu of %d messages saved\n", dirty, least, POSES);
    assert_true(dirty > 0);
}

static void test_every_truncation(void **state)
{
    (void)state;
    make_session(true);
    for (size_t size = 0; size < whole_size; size += stride(3)) {
        forget_victim();
        write_file(victim, whole, size);
        (void)expect_repairable(expect_nothing_wrong());
    }
}

/* A core that was killed leaves a log, whose end may be cut or damaged. */
static void test_every_truncation_of_the_log(void **state)
{
    (void)state;
    make_session(false);
    char log[600];
    (void)snprintf(log, sizeof(log), "%s-wal", victim);
    size_t last = 0;
    for (size_t size = 0; size <= whole_log_size; size += stride(5)) {
        forget_victim();
        write_file(victim, whole, whole_size);
        write_file(log, whole_log, size);
        const size_t readable = expect_nothing_wrong();
        assert_true(readable >= last); /* a longer log never says less */
        last = readable;
        (void)expect_repairable(readable);
    }
    assert_true(last >= POSES - 80);
}

static void test_every_byte_of_the_log_flipped(void **state)
{
    (void)state;
    make_session(false);
    char log[600];
    (void)snprintf(log, sizeof(log), "%s-wal", victim);
    size_t least = POSES;
    for (size_t at = 0; at < whole_log_size; at += stride(7)) {
        forget_victim();
        whole_log[at] ^= 0x10;
        write_file(victim, whole, whole_size);
        write_file(log, whole_log, whole_log_size);
        whole_log[at] ^= 0x10;
        const size_t saved = expect_repairable(expect_nothing_wrong());
        least = saved < least ? saved : least;
    }
    print_message("at least %zu of %d messages saved\n", least, POSES);
    assert_true(least >= POSES - 2 * 40); /* a flip costs one block, or two that share a page */
}

/* What the records say is said again in tables: a table that was changed is found and mended. */
static void test_a_changed_table_is_found(void **state)
{
    (void)state;
    make_session(true);
    write_file(victim, whole, whole_size);
    char command[900];
    (void)snprintf(command, sizeof(command), "%s", victim);
    struct session_error error;
    assert_int_equal(session_annotate(victim, 5, "me", "a note", &error), NAV_OK);
    assert_true(victim_is_clean());
    uint8_t *bytes;
    size_t size;
    bytes = read_file(victim, &size);
    uint8_t *name = memmem(bytes, size, "TRANSFORMSawToTracker", 21); /* a row of `devices` */
    assert_non_null(name);
    name[10] = 'C';
    write_file(victim, bytes, size);
    free(bytes);
    assert_false(victim_is_clean());
    assert_int_equal(expect_repairable(POSES), POSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_whole_file_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_byte_flipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation_of_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_byte_of_the_log_flipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_changed_table_is_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
