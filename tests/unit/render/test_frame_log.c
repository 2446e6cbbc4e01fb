/* The log of pictures: what is written is what is read. */
#include "test_data.h"

#include "frame_log.h"

static void test_there_and_back(void **state)
{
    (void)state;
    char path[] = "/tmp/osteonav-frame-log-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    static const struct rnd_frame_line lines[2] = {{1, 2, 0, false, 0},
                                                   {INT64_MAX - 2, INT64_MAX - 1, 7, true, 12}};
    struct rnd_frame_log *log = NULL;
    assert_int_equal(rnd_frame_log_create(path, &log), NAV_OK);
    rnd_frame_log_add(log, &lines[0]);
    rnd_frame_log_add(log, &lines[1]);
    FILE *file = fopen(path, "r"); /* while it is still written */
    assert_non_null(file);
    char text[160];
    struct rnd_frame_line line;
    assert_non_null(fgets(text, sizeof(text), file));
    assert_false(rnd_frame_log_parse(text, &line));
    for (int i = 0; i < 2; ++i) {
        assert_non_null(fgets(text, sizeof(text), file));
        assert_true(rnd_frame_log_parse(text, &line));
        assert_int_equal(line.begun_ns, lines[i].begun_ns);
        assert_int_equal(line.shown_ns, lines[i].shown_ns);
        assert_int_equal(line.arrival_ns, lines[i].arrival_ns);
        assert_int_equal(line.whole, lines[i].whole);
        assert_int_equal(line.scene_seq, lines[i].scene_seq);
    }
    assert_int_equal(fclose(file), 0);
    rnd_frame_log_destroy(log);
    assert_int_equal(unlink(path), 0);
}

static void test_bad(void **state)
{
    (void)state;
    struct rnd_frame_log *log = NULL;
    struct rnd_frame_line line;
    assert_int_equal(rnd_frame_log_create("/nowhere/frames", &log), NAV_ERR_IO);
    rnd_frame_log_add(NULL, &(struct rnd_frame_line){0});
    rnd_frame_log_destroy(NULL);
    assert_false(rnd_frame_log_parse("", &line));
    assert_false(rnd_frame_log_parse("1 2 3\n", &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
