#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "nav/scene_channel.h"
#include "nav/time.h"

/* Instances of this run only, so that tests in parallel do not meet. */
static char instance[33];
static char object[80];

static int name_instance(void **state)
{
    (void)state;
    static int number;
    (void)snprintf(instance, sizeof(instance), "test-%ld-%d", (long)getpid(), ++number);
    (void)snprintf(object, sizeof(object), "/osteonav.%lu.%s", (unsigned long)getuid(), instance);
    return 0;
}

static int remove_object(void **state)
{
    (void)state;
    (void)shm_unlink(object);
    return 0;
}

/* A scene whose every word tells its number: a torn copy cannot pass for a whole one. */
static void fill_scene(struct nav_scene *scene, uint64_t number)
{
    uint64_t words[sizeof(*scene) / sizeof(uint64_t)];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        words[i] = number;
    }
    memcpy(scene, words, sizeof(*scene));
}

static bool scene_is_whole(const struct nav_scene *scene, uint64_t *out_number)
{
    struct nav_scene expected;
    const uint64_t number = (uint64_t)scene->time_ns;
    fill_scene(&expected, number);
    expected.version = NAV_SCENE_VERSION;
    expected.size = sizeof(expected);
    expected.seq = scene->seq;
    *out_number = number;
    return memcmp(&expected, scene, sizeof(expected)) == 0;
}

static void test_newest_wins(void **state)
{
    (void)state;
    struct nav_scene_reader *reader = NULL;
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_ERR_NOT_FOUND);

    struct nav_scene_writer *writer = NULL;
    assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_OK);

    struct nav_scene scene;
    memset(&scene, 0x5a, sizeof(scene));
    struct nav_scene untouched = scene;
    assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_AGAIN);
    assert_memory_equal(&scene, &untouched, sizeof(scene));
    assert_false(nav_scene_reader_wait(reader, 0, 0));

    for (uint64_t i = 1; i <= 10; ++i) {
        struct nav_scene published;
        fill_scene(&published, 1000 + i);
        assert_int_equal(nav_scene_writer_publish(writer, &published), i);
    }
    uint64_t number;
    assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_OK);
    assert_true(scene_is_whole(&scene, &number));
    assert_int_equal(number, 1010);
    assert_int_equal(scene.seq, 10);
    assert_true(nav_scene_reader_wait(reader, 9, NAV_NS_PER_S));
    assert_false(nav_scene_reader_wait(reader, 10, NAV_NS_PER_MS));
    assert_true(nav_scene_reader_core_alive(reader));

    nav_scene_writer_destroy(writer);
    assert_false(nav_scene_reader_core_alive(reader));
    nav_scene_reader_destroy(reader);
    reader = NULL;
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_ERR_NOT_FOUND);
    nav_scene_writer_destroy(NULL);
    nav_scene_reader_destroy(NULL);
}

static void test_names(void **state)
{
    (void)state;
    const char *const bad[] = {"",    "a/b",         "..",
                               "a b", "caf\xc3\xa9", "0123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        struct nav_scene_writer *writer = NULL;
        struct nav_scene_reader *reader = NULL;
        assert_int_equal(nav_scene_writer_create(bad[i], &writer), NAV_ERR_ARGUMENT);
        assert_int_equal(nav_scene_reader_create(bad[i], &reader), NAV_ERR_ARGUMENT);
        assert_null(writer);
        assert_null(reader);
    }
}

static void test_object_is_private(void **state)
{
    (void)state;
    const mode_t old = umask(0);
    struct nav_scene_writer *writer = NULL;
    assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
    (void)umask(old);
    const int fd = shm_open(object, O_RDONLY, 0);
    assert_true(fd >= 0);
    struct stat information;
    assert_int_equal(fstat(fd, &information), 0);
    assert_int_equal(information.st_mode & 07777, 0600);
    (void)close(fd);

    /* a reader's mapping is read-only: /proc/self/maps says so */
    struct nav_scene_reader *reader = NULL;
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_OK);
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    char line[512];
    int read_only = 0;
    int writable = 0;
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, object + 1) != NULL) {
            read_only += strstr(line, " r--s ") != NULL;
            writable += strstr(line, " rw-s ") != NULL;
        }
    }
    (void)fclose(maps);
    assert_int_equal(read_only, 1); /* the reader's */
    assert_int_equal(writable, 1);  /* the writer's */
    nav_scene_reader_destroy(reader);
    nav_scene_writer_destroy(writer);
}

/* A child that publishes one scene for each byte it reads, and without pause once the byte is 'f',
 * until it is killed. Answers each byte with one of its own. */
static pid_t start_writer(int out_pipe[2])
{
    int commands[2];
    int answers[2];
    assert_int_equal(pipe(commands), 0);
    assert_int_equal(pipe(answers), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct nav_scene_writer *writer = NULL;
        struct nav_scene scene;
        char command = ' ';
        if (nav_scene_writer_create(instance, &writer) != NAV_OK) {
            _exit(1);
        }
        for (uint64_t i = 1; read(commands[0], &command, 1) == 1; ++i) {
            do {
                fill_scene(&scene, i);
                (void)nav_scene_writer_publish(writer, &scene);
            } while (command == 'f');
            if (write(answers[1], "r", 1) != 1) {
                _exit(1);
            }
        }
        _exit(1);
    }
    (void)close(commands[0]);
    (void)close(answers[1]);
    out_pipe[0] = answers[0];
    out_pipe[1] = commands[1];
    return child;
}

static void let_publish(const int channel[2])
{
    char byte;
    assert_int_equal(write(channel[1], "p", 1), 1);
    assert_int_equal(read(channel[0], &byte, 1), 1);
}

static void test_killed_writer_is_noticed_and_replaced(void **state)
{
    (void)state;
    for (int round = 0; round < 3; ++round) {
        int channel[2];
        const pid_t child = start_writer(channel);
        let_publish(channel);

        struct nav_scene_reader *reader = NULL;
        assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_OK);
        assert_true(nav_scene_reader_core_alive(reader));
        struct nav_scene_writer *second = NULL;
        assert_int_equal(nav_scene_writer_create(instance, &second), NAV_ERR_BUSY);
        assert_null(second);

        uint64_t seen = 0;
        for (int i = 0; i < 20; ++i) {
            struct nav_scene scene;
            uint64_t number;
            let_publish(channel);
            assert_true(nav_scene_reader_wait(reader, seen, NAV_NS_PER_S));
            assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_OK);
            assert_true(scene_is_whole(&scene, &number));
            assert_true(scene.seq > seen);
            seen = scene.seq;
        }
        /* killed in the midst of writing */
        assert_int_equal(write(channel[1], "f", 1), 1);
        while (nav_scene_reader_wait(reader, seen + 100, NAV_NS_PER_MS) == false) {
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_false(nav_scene_reader_core_alive(reader));
        (void)close(channel[0]);
        (void)close(channel[1]);

        /* a new reader finds no core, though the object is still there */
        struct nav_scene_reader *late = NULL;
        assert_int_equal(nav_scene_reader_create(instance, &late), NAV_ERR_NOT_FOUND);

        /* a new core takes over: numbers go on, the dead core's scenes are gone */
        struct nav_scene_writer *writer = NULL;
        assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
        assert_true(nav_scene_reader_core_alive(reader));
        struct nav_scene scene;
        assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_AGAIN);
        fill_scene(&scene, 7);
        assert_true(nav_scene_writer_publish(writer, &scene) > seen + 100);
        assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_OK);
        assert_int_equal(scene.time_ns, 7);
        nav_scene_writer_destroy(writer);
        nav_scene_reader_destroy(reader);
    }
}

static void test_other_layout_is_refused(void **state)
{
    (void)state;
    struct nav_scene_writer *writer = NULL;
    struct nav_scene_reader *reader = NULL;
    assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
    const int fd = shm_open(object, O_RDWR, 0);
    assert_true(fd >= 0);
    const uint32_t other_version = NAV_SCENE_VERSION + 1;
    assert_int_equal(pwrite(fd, &other_version, sizeof(other_version), sizeof(uint64_t)),
                     sizeof(other_version));
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_ERR_VERSION);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(nav_scene_reader_create(instance, &reader), NAV_ERR_VERSION);
    assert_null(reader);
    (void)close(fd);
    nav_scene_writer_destroy(writer);
}

/* ---------------------------------------------------------------------------- torn reads */

static atomic_bool stop_readers;

struct reader_result {
    uint64_t taken;
    uint64_t torn;
    uint64_t backwards;
};

static void *read_without_pause(void *argument)
{
    struct reader_result *result = argument;
    struct nav_scene_reader *reader = NULL;
    if (nav_scene_reader_create(instance, &reader) != NAV_OK) {
        result->torn = 1;
        return NULL;
    }
    uint64_t newest = 0;
    while (!atomic_load(&stop_readers)) {
        struct nav_scene scene;
        uint64_t number;
        if (nav_scene_reader_take(reader, &scene) != NAV_OK) {
            continue;
        }
        ++result->taken;
        result->torn += !scene_is_whole(&scene, &number);
        result->backwards += scene.seq < newest;
        newest = scene.seq;
    }
    nav_scene_reader_destroy(reader);
    return NULL;
}

static void test_no_torn_reads(void **state)
{
    (void)state;
    enum { READERS = 2 };
    struct nav_scene_writer *writer = NULL;
    assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
    pthread_t threads[READERS];
    struct reader_result results[READERS] = {{0}};
    atomic_store(&stop_readers, false);
    for (int i = 0; i < READERS; ++i) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_without_pause, &results[i]), 0);
    }
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t end_ns = nav_clock_now_ns(&clock) + 600 * NAV_NS_PER_MS;
    uint64_t published = 0;
    while (nav_clock_now_ns(&clock) < end_ns) {
        struct nav_scene scene;
        fill_scene(&scene, ++published);
        (void)nav_scene_writer_publish(writer, &scene);
    }
    atomic_store(&stop_readers, true);
    for (int i = 0; i < READERS; ++i) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(results[i].torn, 0);
        assert_int_equal(results[i].backwards, 0);
        assert_true(results[i].taken > 0);
    }
    assert_true(published > 100);
    nav_scene_writer_destroy(writer);
}

/* A reader that stands still holds nothing up: the writer's own time tells. */
static void test_stopped_reader_does_not_block(void **state)
{
    (void)state;
    struct nav_scene_writer *writer = NULL;
    assert_int_equal(nav_scene_writer_create(instance, &writer), NAV_OK);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct nav_scene_reader *reader = NULL;
        struct nav_scene scene;
        if (nav_scene_reader_create(instance, &reader) != NAV_OK || write(ready[1], "r", 1) != 1) {
            _exit(1);
        }
        while (nav_scene_reader_take(reader, &scene) >= NAV_OK) {
        }
        _exit(1);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGSTOP), 0);
    struct nav_scene scene;
    fill_scene(&scene, 1);
    for (uint64_t i = 1; i <= 1000; ++i) {
        assert_int_equal(nav_scene_writer_publish(writer, &scene), i);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(ready[0]);
    (void)close(ready[1]);
    nav_scene_writer_destroy(writer);
}

int main(void)
{
#define CHANNEL_TEST(test) cmocka_unit_test_setup_teardown(test, name_instance, remove_object)
    const struct CMUnitTest tests[] = {
        CHANNEL_TEST(test_newest_wins),
        CHANNEL_TEST(test_names),
        CHANNEL_TEST(test_object_is_private),
        CHANNEL_TEST(test_killed_writer_is_noticed_and_replaced),
        CHANNEL_TEST(test_other_layout_is_refused),
        CHANNEL_TEST(test_no_torn_reads),
        CHANNEL_TEST(test_stopped_reader_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
