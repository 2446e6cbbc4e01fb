/* The session file: what goes in comes out, in order and bit for bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "session_support.h"

static char folder[256];
static char path[512];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/a.session", test_folder(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_remove_folder(folder);
    return 0;
}

static struct session_writer *create(void)
{
    struct session_writer *writer = NULL;
    struct session_error error = {""};
    const struct session_writer_config config = {
        .path = path, .facts = test_facts(), .durable = false};
    if (session_writer_create(&config, &writer, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return writer;
}

static struct session_reader *open_reader(void)
{
    struct session_reader *reader = NULL;
    struct session_error error = {""};
    if (session_reader_open(path, &reader, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return reader;
}

static void append(struct session_writer *writer, enum store_kind kind, uint32_t source,
                   int64_t at_ns, const char *text)
{
    struct session_error error;
    const struct store_record record = {.kind = kind,
                                        .source = source,
                                        .at_ns = at_ns,
                                        .content = (const uint8_t *)text,
                                        .size = strlen(text)};
    assert_int_equal(session_writer_append(writer, &record, &error), NAV_OK);
}

static sqlite3_int64 ask(struct session_reader *reader, const char *question)
{
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_prepare_v2(session_reader_database(reader), question, -1, &row, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const sqlite3_int64 answer = sqlite3_column_int64(row, 0);
    (void)sqlite3_finalize(row);
    return answer;
}

static void expect_poses(struct session_reader *reader, uint64_t first, uint64_t count)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    for (uint64_t i = first; i < first + count;) {
        struct store_record record;
        assert_int_equal(session_reader_next(reader, &record), NAV_OK);
        if (record.kind != STORE_MESSAGE) {
            continue;
        }
        uint8_t bytes[TEST_TRANSFORM_SIZE];
        test_transform(devices[i % 4], i, bytes);
        assert_int_equal(record.size, sizeof(bytes));
        assert_memory_equal(record.content, bytes, sizeof(bytes));
        assert_int_equal(record.at_ns, 1000 + (int64_t)i * 2500000);
        ++i;
    }
}

static void test_what_goes_in_comes_out(void **state)
{
    (void)state;
    enum { POSES = 20000 };
    struct session_error error;
    struct session_writer *writer = create();
    append(writer, STORE_PEER_OPENED, 1, 1000, "127.0.0.1:5000");
    for (uint64_t i = 0; i < POSES; i += 100) {
        test_append_poses(writer, i, 100, 1000);
        assert_int_equal(session_writer_commit(writer, &error), NAV_OK);
    }
    append(writer, STORE_COMMAND, 0, 2000, "{\"command\": \"status\"}");
    append(writer, STORE_EVENT, STORE_EVENT_TRUST, 3000, "caution: tool late");
    append(writer, STORE_PEER_CLOSED, 1, 4000, "the peer left");
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);

    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);

    struct session_reader *reader = open_reader();
    const struct session_extent extent = session_reader_extent(reader);
    assert_int_equal(extent.messages, POSES);
    assert_int_equal(extent.records, POSES + 5);
    assert_true(extent.ended);
    assert_int_equal(session_reader_facts(reader)->id, test_facts().id);
    assert_string_equal(session_reader_facts(reader)->case_path, test_facts().case_path);
    expect_poses(reader, 0, POSES);
    struct store_record record;
    assert_int_equal(session_reader_next(reader, &record), NAV_OK);
    assert_int_equal(record.kind, STORE_COMMAND);
    assert_int_equal(session_reader_next(reader, &record), NAV_OK);
    assert_int_equal(session_reader_next(reader, &record), NAV_OK);
    assert_int_equal(session_reader_next(reader, &record), NAV_END);

    assert_int_equal(ask(reader, "SELECT count(*) FROM devices"), 4);
    assert_int_equal(ask(reader, "SELECT sum(messages) FROM devices"), POSES);
    assert_int_equal(ask(reader, "SELECT count(*) FROM commands"), 1);
    assert_int_equal(ask(reader, "SELECT closed_ns FROM peers WHERE reason = 'the peer left'"),
                     4000);
    assert_int_equal(ask(reader, "SELECT at_ns FROM events WHERE kind = 'trust'"), 3000);
    session_reader_close(reader);
}

static void test_small_commits_become_large_blocks(void **state)
{
    (void)state;
    struct session_error error;
    struct session_writer *writer = create();
    for (uint64_t i = 0; i < 16000; i += 20) { /* 40 s in commits of 50 ms */
        test_append_poses(writer, i, 20, 1000);
        assert_int_equal(session_writer_commit(writer, &error), NAV_OK);
    }
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    struct session_reader *reader = open_reader();
    assert_true(session_reader_extent(reader).blocks < 20);
    assert_true(session_reader_extent(reader).bytes < 16000 * 60);
    session_reader_close(reader);
}

static void test_a_time_is_found(void **state)
{
    (void)state;
    struct session_error error;
    struct session_writer *writer = create();
    test_append_poses(writer, 0, 20000, 1000);
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    struct session_reader *reader = open_reader();
    const int64_t wanted = 1000 + INT64_C(15000) * 2500000;
    assert_int_equal(session_reader_seek_time(reader, wanted), NAV_OK);
    struct store_record record;
    assert_int_equal(session_reader_next(reader, &record), NAV_OK);
    assert_true(record.at_ns <= wanted);
    assert_true(record.at_ns > wanted - 10 * NAV_NS_PER_S);
    while (record.at_ns < wanted) {
        assert_int_equal(session_reader_next(reader, &record), NAV_OK);
    }
    assert_int_equal(record.at_ns, wanted);
    const uint64_t place = session_reader_place(reader);
    assert_int_equal(session_reader_seek_place(reader, 0), NAV_OK);
    expect_poses(reader, 0, 10);
    assert_int_equal(session_reader_seek_place(reader, place), NAV_OK);
    expect_poses(reader, 15001, 10);
    session_reader_close(reader);
}

static void test_a_session_goes_on(void **state)
{
    (void)state;
    struct session_error error;
    struct session_writer *writer = create();
    test_append_poses(writer, 0, 333, 1000);
    assert_int_equal(session_writer_commit(writer, &error), NAV_OK);
    session_writer_destroy(writer); /* not finished */
    assert_int_equal(session_writer_open(path, &writer, &error), NAV_OK);
    assert_int_equal(session_writer_stats(writer).messages, 333);
    test_append_poses(writer, 333, 100, 1000);
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    struct session_reader *reader = open_reader();
    expect_poses(reader, 0, 433);
    assert_int_equal(ask(reader, "SELECT sum(messages) FROM devices"), 433);
    session_reader_close(reader);
    assert_int_equal(session_writer_open(path, &writer, &error), NAV_ERR_REFUSED); /* it ended */
}

static void test_what_is_no_session_is_refused(void **state)
{
    (void)state;
    struct session_error error;
    struct session_reader *reader = NULL;
    assert_int_equal(session_reader_open(path, &reader, &error), NAV_ERR_NOT_FOUND);
    FILE *file = fopen(path, "w");
    fputs("NRRD0005\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(session_reader_open(path, &reader, &error), NAV_ERR_SYNTAX);
    struct session_writer *writer = NULL;
    const struct session_writer_config config = {.path = path, .facts = test_facts()};
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_ERR_EXISTS);
}

static void test_annotations(void **state)
{
    (void)state;
    struct session_error error;
    struct session_writer *writer = create();
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    assert_int_equal(session_annotate(path, 77, "teacher", "too deep", &error), NAV_OK);
    struct session_reader *reader = open_reader();
    assert_int_equal(ask(reader, "SELECT at_ns FROM annotations WHERE text = 'too deep'"), 77);
    session_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_goes_in_comes_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_commits_become_large_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_time_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_session_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_session_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_annotations, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
