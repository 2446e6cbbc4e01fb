/* The recorder is killed at random moments under load: everything it took is there afterwards.
 *
 * OSTEONAV_KILL_ROUNDS: how often (default 12). */
#include <pthread.h> /* the recorder has a thread: this runs under ThreadSanitizer, too */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "nav/time.h"
#include "record_ring.h"
#include "recorder.h"
#include "session_check.h"
#include "session_recover.h"
#include "session_support.h"

enum { DEFAULT_ROUNDS = 12, LONGEST_MS = 400, QUEUE = 4 << 20, PATIENCE = 500 };

struct witness {
    _Atomic uint64_t acknowledged; /* messages that the recorder has taken */
    _Atomic bool ready;
    char path[512];
};

static char folder[256];

static int set_up(void **state)
{
    (void)state;
    (void)test_folder(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_remove_folder(folder);
    return 0;
}

static struct srv_recorder_config config_of(const char *where)
{
    struct srv_recorder_config config = {.facts = test_facts(),
                                         .queue_bytes = QUEUE,
                                         .flush_ns = 20 * NAV_NS_PER_MS,
                                         .late_ns = 2000 * NAV_NS_PER_MS};
    (void)snprintf(config.folder, sizeof(config.folder), "%s", where);
    return config;
}

static void pause_ns(int64_t ns)
{
    const struct timespec time = {.tv_sec = ns / NAV_NS_PER_S, .tv_nsec = ns % NAV_NS_PER_S};
    (void)nanosleep(&time, NULL);
}

/* False: there was no room, as when the disk stands still for longer than the queue holds. */
static bool put(struct srv_recorder *recorder, uint64_t number)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    struct nav_scene_recording before;
    struct nav_scene_recording after;
    uint8_t bytes[TEST_TRANSFORM_SIZE];
    test_transform(devices[number % 4], number, bytes);
    srv_recorder_describe(recorder, 0, &before);
    srv_recorder_put(recorder, &(struct store_record){.kind = STORE_MESSAGE,
                                                      .source = 1,
                                                      .at_ns = (int64_t)number * 2500000,
                                                      .content = bytes,
                                                      .size = sizeof(bytes)});
    srv_recorder_describe(recorder, 0, &after);
    return after.dropped == before.dropped;
}

/* The child: records in bursts, some 40000 messages a second, until it is killed. */
static void record_for_ever(struct witness *witness)
{
    struct srv_recorder *recorder = NULL;
    const struct srv_recorder_config config = config_of(folder);
    if (srv_recorder_create(&config, &recorder) != NAV_OK) {
        _exit(1);
    }
    (void)snprintf(witness->path, sizeof(witness->path), "%s", srv_recorder_path(recorder));
    atomic_store(&witness->ready, true);
    for (uint64_t number = 0;;) {
        for (int i = 0; i < 40 && put(recorder, number); ++i) {
            atomic_store(&witness->acknowledged, ++number);
        }
        pause_ns(NAV_NS_PER_MS);
    }
}

/* Messages 0, 1, 2 ... each as it was put; how many. */
static uint64_t count_messages(const char *path)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    struct session_error error;
    struct session_reader *reader = NULL;
    if (session_reader_open(path, &reader, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    uint64_t number = 0;
    struct store_record record;
    enum nav_status status;
    while ((status = session_reader_next(reader, &record)) == NAV_OK) {
        if (record.kind != STORE_MESSAGE) {
            continue;
        }
        uint8_t bytes[TEST_TRANSFORM_SIZE];
        test_transform(devices[number % 4], number, bytes);
        assert_int_equal(record.at_ns, (int64_t)number * 2500000);
        assert_int_equal(record.size, sizeof(bytes));
        assert_memory_equal(record.content, bytes, sizeof(bytes));
        ++number;
    }
    assert_int_equal(status, NAV_END);
    session_reader_close(reader);
    return number;
}

static void expect_clean(const char *path)
{
    struct session_error error;
    struct session_check check;
    assert_int_equal(session_check_file(path, NULL, NULL, &check, &error), NAV_OK);
    if (!check.clean) {
        fail_msg("%s", check.findings[0]);
    }
}

static void kill_once(struct witness *witness, unsigned *dice, uint64_t *out_from_memory)
{
    memset(witness, 0, sizeof(*witness));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        record_for_ever(witness);
        _exit(0);
    }
    while (!atomic_load(&witness->ready)) {
        pause_ns(NAV_NS_PER_MS / 10);
    }
    pause_ns((int64_t)(rand_r(dice) % (LONGEST_MS * 1000)) * 1000);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    const uint64_t acknowledged = atomic_load(&witness->acknowledged);

    struct session_error error;
    struct session_repair repair = {.recovered = 0};
    /* Any core that starts recovers what it finds: another one may be at it just now. */
    enum nav_status status = NAV_ERR_BUSY;
    for (int i = 0; i < PATIENCE && status != NAV_OK; ++i) {
        if (access(witness->path, F_OK) != 0) { /* not even the file was made: the ring knows it */
            (void)session_recover_all(NULL, NULL);
        }
        status = session_repair_file(witness->path, NULL, NULL, &repair, &error);
        if (status != NAV_ERR_BUSY && status != NAV_ERR_NOT_FOUND) {
            break;
        }
        pause_ns(20 * NAV_NS_PER_MS);
    }
    if (status != NAV_OK) {
        fail_msg("%s", error.text);
    }
    *out_from_memory += repair.recovered;
    expect_clean(witness->path);
    const uint64_t found = count_messages(witness->path);
    if (found != acknowledged && found != acknowledged + 1) { /* put, and then killed */
        fail_msg("%llu acknowledged, %llu found, %llu of them from memory",
                 (unsigned long long)acknowledged, (unsigned long long)found,
                 (unsigned long long)repair.recovered);
    }
    (void)unlink(witness->path);
}

static void test_nothing_that_was_taken_is_lost(void **state)
{
    (void)state;
    const char *wanted = getenv("OSTEONAV_KILL_ROUNDS");
    const long rounds = wanted != NULL ? strtol(wanted, NULL, 10) : DEFAULT_ROUNDS;
    struct witness *witness =
        mmap(NULL, sizeof(*witness), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(witness != MAP_FAILED);
    unsigned dice = 20260101;
    uint64_t from_memory = 0;
    for (long i = 0; i < rounds; ++i) {
        kill_once(witness, &dice, &from_memory);
    }
    print_message("%ld kills, %llu records were only in memory\n", rounds,
                  (unsigned long long)from_memory);
    assert_true(from_memory > 0);
    (void)munmap(witness, sizeof(*witness));
}

/* ---- disks that refuse ---- */

static struct nav_scene_recording describe(const struct srv_recorder *recorder)
{
    const struct nav_clock clock = nav_clock_monotonic();
    struct nav_scene_recording recording;
    srv_recorder_describe(recorder, nav_clock_now_ns(&clock), &recording);
    return recording;
}

/* Puts on until the recording is in this state; false: it never was. */
static bool reaches(struct srv_recorder *recorder, uint32_t wanted, uint64_t *number)
{
    for (int i = 0; i < 3000; ++i) {
        for (int k = 0; k < 20; ++k) {
            (void)put(recorder, (*number)++);
        }
        if (describe(recorder).state == wanted &&
            (wanted != NAV_RECORDING_ON || describe(recorder).messages > 0)) {
            return true;
        }
        pause_ns(2 * NAV_NS_PER_MS);
    }
    return false;
}

static void test_a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    char where[300];
    (void)snprintf(where, sizeof(where), "%s/file", folder);
    FILE *file = fopen(where, "w"); /* a file stands where the folder is to be */
    assert_int_equal(fclose(file), 0);
    struct srv_recorder *recorder = NULL;
    const struct srv_recorder_config config = config_of(where);
    uint64_t number = 0;
    assert_int_equal(srv_recorder_create(&config, &recorder), NAV_OK);
    assert_true(reaches(recorder, NAV_RECORDING_FAILED, &number));
    assert_true(strlen(describe(recorder).reason) > 10);
    /* The way is cleared: what waited is recorded, nothing is lost. */
    assert_int_equal(unlink(where), 0);
    assert_true(reaches(recorder, NAV_RECORDING_ON, &number));
    char path[600];
    (void)snprintf(path, sizeof(path), "%s", srv_recorder_path(recorder));
    srv_recorder_destroy(recorder);
    expect_clean(path);
    assert_int_equal(count_messages(path), number);
    test_remove_folder(where);
}

/* Whether something of this session is left in memory. */
static bool has_ring(const char *path)
{
    uint64_t sessions[64];
    const size_t count = record_ring_list(sessions, 64);
    bool found = false;
    for (size_t i = 0; i < count; ++i) {
        struct record_ring_head head;
        found = found || (record_ring_peek(sessions[i], &head) && strcmp(head.path, path) == 0);
    }
    return found;
}

static void test_a_removed_folder_is_told(void **state)
{
    (void)state;
    char where[300];
    (void)snprintf(where, sizeof(where), "%s/gone", folder);
    struct srv_recorder *recorder = NULL;
    const struct srv_recorder_config config = config_of(where);
    uint64_t number = 0;
    assert_int_equal(srv_recorder_create(&config, &recorder), NAV_OK);
    assert_true(reaches(recorder, NAV_RECORDING_ON, &number));
    test_remove_folder(where);
    assert_true(reaches(recorder, NAV_RECORDING_FAILED, &number));
    char path[600];
    (void)snprintf(path, sizeof(path), "%s", srv_recorder_path(recorder));
    srv_recorder_destroy(recorder);
    assert_true(has_ring(path));           /* the end could not be written: kept */
    (void)session_recover_all(NULL, NULL); /* nothing to add it to: let go */
    assert_false(has_ring(path));
}

/* A limit on the file's size stands for a full disk: the same calls fail, and go on later. */
static void test_a_full_disk(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct srv_recorder *recorder = NULL;
    const struct srv_recorder_config config = config_of(folder);
    uint64_t number = 0;
    assert_int_equal(srv_recorder_create(&config, &recorder), NAV_OK);
    assert_true(reaches(recorder, NAV_RECORDING_ON, &number));
    const struct rlimit small = {.rlim_cur = 400 << 10, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_true(reaches(recorder, NAV_RECORDING_FAILED, &number));
    print_message("%s\n", describe(recorder).reason);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(reaches(recorder, NAV_RECORDING_ON, &number));
    assert_int_equal(describe(recorder).dropped, 0);
    char path[600];
    (void)snprintf(path, sizeof(path), "%s", srv_recorder_path(recorder));
    srv_recorder_destroy(recorder);
    expect_clean(path);
    assert_int_equal(count_messages(path), number);
}

/* A ring whose process is gone. */
static void leave_ring(const struct session_facts *facts)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct record_ring *ring = NULL;
        _exit(record_ring_create("/nowhere/of.session", facts, 4096, &ring) == NAV_OK ? 0 : 1);
    }
    int code = -1;
    assert_int_equal(waitpid(pid, &code, 0), pid);
    assert_int_equal(code, 0);
}

/* A program that opens the ring, as long as it takes; its exit says what came of it. */
static pid_t start_to_look(uint64_t session, enum nav_status expected,
                           struct record_ring *inherited)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        record_ring_close(inherited, false); /* the lock is of both until both have let go */
        struct record_ring *ring = NULL;
        _exit(record_ring_open(session, 20000, &ring) == expected ? 0 : 1);
    }
    (void)usleep(100000);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it waits */
    return pid;
}

static void expect_good_end(pid_t pid)
{
    int code = -1;
    assert_int_equal(waitpid(pid, &code, 0), pid);
    assert_int_equal(code, 0);
}

/* Every core that starts looks at what killed ones have left: nobody takes that for recording. */
static void test_who_looks_is_waited_for_and_records_nothing(void **state)
{
    (void)state;
    const struct session_facts facts = {.id = UINT64_C(0x7e57000000000000) | (uint64_t)getpid()};
    leave_ring(&facts);
    struct record_ring *mine = NULL, *other = NULL;
    assert_int_equal(record_ring_open(facts.id, 0, &mine), NAV_OK);
    assert_false(record_ring_is_live(facts.id));
    assert_int_equal(record_ring_open(facts.id, 0, &other), NAV_ERR_BUSY);
    pid_t waits = start_to_look(facts.id, NAV_OK, mine);
    record_ring_close(mine, false);
    expect_good_end(waits);

    assert_int_equal(record_ring_open(facts.id, 0, &mine), NAV_OK);
    waits = start_to_look(facts.id, NAV_ERR_NOT_FOUND, mine); /* taken meanwhile */
    record_ring_close(mine, true);
    expect_good_end(waits);

    assert_int_equal(record_ring_create("/nowhere/of.session", &facts, 4096, &mine), NAV_OK);
    assert_true(record_ring_is_live(facts.id));
    assert_int_equal(record_ring_open(facts.id, 0, &other), NAV_ERR_BUSY);
    record_ring_close(mine, true);
    assert_false(record_ring_is_live(facts.id));
}

/* More than the queue holds while the disk refuses: a gap that is told, and never a wrong order. */
/* What can never be written holds memory: only the newest few of it are kept. */
static void test_what_cannot_be_written_does_not_pile_up(void **state)
{
    (void)state;
    char paths[SESSION_RINGS_KEPT + 2][600];
    for (int i = 0; i < SESSION_RINGS_KEPT + 2; ++i) {
        char where[300];
        (void)snprintf(where, sizeof(where), "%s/file", folder);
        FILE *file = fopen(where, "w");
        assert_int_equal(fclose(file), 0);
        struct srv_recorder *recorder = NULL;
        const struct srv_recorder_config config = config_of(where);
        uint64_t number = 0;
        assert_int_equal(srv_recorder_create(&config, &recorder), NAV_OK);
        assert_true(reaches(recorder, NAV_RECORDING_FAILED, &number));
        (void)snprintf(paths[i], sizeof(paths[i]), "%s", srv_recorder_path(recorder));
        srv_recorder_destroy(recorder);
    }
    (void)session_recover_all(NULL, NULL);
    assert_false(has_ring(paths[0]));
    assert_false(has_ring(paths[1]));
    char where[300];
    (void)snprintf(where, sizeof(where), "%s/file", folder); /* now it can be */
    assert_int_equal(unlink(where), 0);
    assert_int_equal(mkdir(where, 0700), 0);
    (void)session_recover_all(NULL, NULL);
    for (int i = 2; i < SESSION_RINGS_KEPT + 2; ++i) {
        assert_false(has_ring(paths[i]));
    }
    expect_clean(paths[SESSION_RINGS_KEPT + 1]);
    test_remove_folder(where);
}

static void test_a_full_queue_leaves_a_gap(void **state)
{
    (void)state;
    char where[300];
    (void)snprintf(where, sizeof(where), "%s/file", folder);
    FILE *file = fopen(where, "w");
    assert_int_equal(fclose(file), 0);
    struct srv_recorder *recorder = NULL;
    const struct srv_recorder_config config = config_of(where);
    uint64_t number = 0;
    assert_int_equal(srv_recorder_create(&config, &recorder), NAV_OK);
    while (describe(recorder).dropped < 5000) {
        (void)put(recorder, number++);
    }
    const uint64_t dropped = describe(recorder).dropped;
    assert_int_equal(unlink(where), 0);
    assert_true(reaches(recorder, NAV_RECORDING_ON, &number));
    char path[600];
    (void)snprintf(path, sizeof(path), "%s", srv_recorder_path(recorder));
    const uint64_t lost = describe(recorder).dropped;
    srv_recorder_destroy(recorder);
    struct session_error error;
    struct session_check check;
    assert_int_equal(session_check_file(path, NULL, NULL, &check, &error), NAV_OK);
    assert_true(check.clean);
    assert_true(check.gaps >= 1);
    assert_true(lost >= dropped);
    assert_int_equal(check.lost, lost);
    assert_int_equal(check.extent.messages + check.lost, number);
    test_remove_folder(where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_that_was_taken_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_removed_folder_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_written_does_not_pile_up, set_up,
                                        tear_down),
        cmocka_unit_test(test_who_looks_is_waited_for_and_records_nothing),
        cmocka_unit_test_setup_teardown(test_a_full_queue_leaves_a_gap, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
