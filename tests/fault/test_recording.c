/* The whole program records: what it saw is there afterwards, however it ended, and gives the same
 * scenes again; when it cannot record it says so and navigates. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault_support.h"
#include "nav/scene.h"
#include "nav/scene_channel.h"

enum { OUTPUT = 16384 };

static char folder[FAULT_PATH_SIZE];
static char output[OUTPUT];

static int set_up(void **state)
{
    (void)state;
    fault_make_folder(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fault_remove_folder(folder);
    return 0;
}

/* The only session of the folder. */
static void find_session(char out_path[FAULT_PATH_SIZE])
{
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    unsigned found = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        const char *end = strstr(entry->d_name, ".session");
        if (end != NULL && end[8] == '\0') {
            (void)snprintf(out_path, FAULT_PATH_SIZE, "%.120s/%.120s", folder, entry->d_name);
            ++found;
        }
    }
    (void)closedir(entries);
    assert_int_equal(found, 1);
}

/* Runs a verb and expects it to succeed. */
static void run_verb(const char *const *arguments)
{
    const int code = fault_run(arguments, output, sizeof(output));
    if (code != 0) {
        fail_msg("%s %s: exit %d: %s", arguments[0], arguments[1], code, output);
    }
}

/* A number of the JSON that was printed. */
static double number(const char *key)
{
    char quoted[64];
    (void)snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
    const char *at = strstr(output, quoted);
    assert_non_null(at);
    return strtod(at + strlen(quoted), NULL);
}

static bool is_recording(const struct nav_scene *scene)
{
    return scene->recording.state == NAV_RECORDING_ON && scene->recording.messages > 0;
}

static bool is_on(const struct nav_scene *scene)
{
    return scene->recording.state == NAV_RECORDING_ON;
}

static bool is_not_recording(const struct nav_scene *scene)
{
    return scene->recording.state == NAV_RECORDING_FAILED;
}

static bool is_tracked(const struct nav_scene *scene)
{
    return scene->tools[0].state == NAV_TOOL_TRACKED;
}

static void give_command(const struct fault_core *core, const char *word, const char *argument)
{
    const char *const arguments[] = {"command", "--instance", core->instance, word, argument, NULL};
    (void)fault_run(arguments, output, sizeof(output)); /* refusals are recorded, too */
}

/* Poses, commands and everything that goes wrong, for a second or two. */
static void live_through_faults(const struct fault_core *core)
{
    unsigned step = 0;
    const int good = fault_connect(core);
    fault_send_until(core, good, &step, is_recording, "recording");
    give_command(core, "landmark start", "name=Tip");
    const int garbage = fault_connect(core);
    char bytes[4000];
    memset(bytes, 0x5a, sizeof(bytes));
    (void)fault_send_quietly(garbage, bytes, sizeof(bytes));
    fault_send_frames_for(good, &step, 200);
    (void)close(garbage);
    const int second = fault_connect(core); /* also sends the devices of the first */
    unsigned other = 1000;
    for (int i = 0; i < 20; ++i) {
        fault_send_frame(good, step++);
        fault_send_frame(second, other++);
    }
    fault_sleep_ms(400); /* a drop-out */
    fault_send_frames_for(good, &step, 300);
    (void)close(good); /* its devices go to the second */
    fault_send_frames_for(second, &other, 300);
    give_command(core, "landmark cancel", NULL);
    (void)close(second);
    fault_sleep_ms(300);
}

static void test_a_live_run_is_replayed_bit_for_bit(void **state)
{
    (void)state;
    struct fault_core core;
    const struct fault_options options = {.record = folder};
    fault_core_start(&core, &options);
    live_through_faults(&core);
    assert_int_equal(kill(core.pid, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(core.pid, &status, 0), core.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    char session[FAULT_PATH_SIZE];
    find_session(session);
    struct stat info;
    assert_int_equal(stat(session, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);

    run_verb((const char *const[]){"session", "check", session, NULL});
    run_verb((const char *const[]){"replay", session, "--verify", "--json", NULL});
    assert_non_null(strstr(output, "\"verified\": true"));
    assert_true(number("scenes") > 50);
    assert_true(number("commands") == 2);
    char digest[64];
    const char *at = strstr(output, "\"digest\": ");
    assert_non_null(at);
    (void)snprintf(digest, sizeof(digest), "%.28s", at);

    static const char *const speeds[] = {"max", "50", "20"};
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); ++i) {
        char instance[32];
        (void)snprintf(instance, sizeof(instance), "replay-%d-%zu", (int)getpid(), i);
        run_verb((const char *const[]){"replay", session, "--speed", speeds[i], "--json",
                                       "--instance", instance, NULL});
        assert_non_null(strstr(output, digest)); /* of what was played */
    }
    fault_core_forget(&core); /* with the case, which the replay needed */
}

/* kill -9: the next core appends what was only in memory. */
static void test_a_killed_core_loses_nothing(void **state)
{
    (void)state;
    struct fault_core core;
    const struct fault_options options = {.record = folder};
    fault_core_start(&core, &options);
    unsigned step = 0;
    const int good = fault_connect(&core);
    fault_send_until(&core, good, &step, is_recording, "recording");
    fault_send_frames_for(good, &step, 150);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    const uint64_t seen = scene.peers[0].messages;
    assert_int_equal(kill(core.pid, SIGKILL), 0);
    assert_int_equal(waitpid(core.pid, NULL, 0), core.pid);
    fault_core_forget(&core);
    (void)close(good);

    char session[FAULT_PATH_SIZE];
    find_session(session);
    run_verb((const char *const[]){"session", "repair", session, NULL});
    run_verb((const char *const[]){"session", "check", session, "--json", NULL});
    assert_non_null(strstr(output, "\"clean\": true"));
    assert_true(number("messages") >= (double)seen);
    assert_true(number("lost") == 0);
}

/* Starts `osteonav replay`; its scene is there when this returns. */
static pid_t start_replay(const char *session, const char *instance,
                          struct nav_scene_reader **out_reader)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(fault_program(), "osteonav", "replay", session, "--paused", "--publish", "0",
                    "--quiet", "--instance", instance, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; ++i) {
        if (nav_scene_reader_create(instance, out_reader) == NAV_OK) {
            return pid;
        }
        fault_sleep_ms(20);
    }
    fail_msg("the replay did not start");
    return pid;
}

static void command_replay(const char *instance, int expected, const char *word,
                           const char *argument)
{
    const char *const arguments[] = {"command", "--instance", instance, word, argument, NULL};
    const int code = fault_run(arguments, output, sizeof(output));
    if (code != expected) {
        fail_msg("%s: exit %d: %s", word, code, output);
    }
}

static void test_a_replay_is_marked_and_decides_nothing(void **state)
{
    (void)state;
    struct fault_core core;
    const struct fault_options options = {.record = folder};
    fault_core_start(&core, &options);
    unsigned step = 0;
    const int good = fault_connect(&core);
    fault_send_until(&core, good, &step, is_recording, "recording");
    fault_send_until(&core, good, &step, is_tracked, "tracked");
    (void)close(good);
    assert_int_equal(kill(core.pid, SIGTERM), 0);
    assert_int_equal(waitpid(core.pid, NULL, 0), core.pid);
    char session[FAULT_PATH_SIZE];
    find_session(session);

    /* The theatre's port is refused. */
    const char *const live[] = {"replay", session, "--publish", "18944", NULL};
    assert_int_equal(fault_run(live, output, sizeof(output)), 1);
    assert_non_null(strstr(output, "18944"));

    char instance[32];
    (void)snprintf(instance, sizeof(instance), "marked-%d", (int)getpid());
    struct nav_scene_reader *reader = NULL;
    const pid_t replay = start_replay(session, instance, &reader);
    struct nav_scene scene;
    assert_true(nav_scene_reader_wait(reader, 0, 10 * NAV_NS_PER_S));
    assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_OK);
    const int64_t first_ns =
        scene.replay.at_ns; /* a core that starts slowly has no earlier scene */
    const int64_t latest_ns = first_ns > 200 * NAV_NS_PER_MS ? first_ns : 200 * NAV_NS_PER_MS;
    command_replay(instance, 0, "replay step", "by=3");
    command_replay(instance, 0, "replay seek", "to=0.2");
    assert_int_equal(nav_scene_reader_take(reader, &scene), NAV_OK);
    assert_int_equal(scene.mode, NAV_MODE_REPLAY);
    assert_int_equal(scene.replay.paused, 1);
    assert_true(scene.replay.at_ns <= latest_ns && scene.replay.length_ns > 0);
    assert_true(strstr(session, scene.replay.session) != NULL);
    command_replay(instance, 0, "replay speed", "x=0.5");
    command_replay(instance, 0, "replay step", "by=3");
    command_replay(instance, 0, "replay play", NULL);
    command_replay(instance, 1, "landmark start", "name=Tip"); /* nothing that decides */
    assert_non_null(strstr(output, "replay"));
    command_replay(instance, 1, "replay speed", "x=1000");
    assert_int_equal(kill(replay, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(replay, &status, 0), replay);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    nav_scene_reader_destroy(reader);
    fault_core_forget(&core);
}

/* Ctrl-C twice, and once more: the session is ended all the same. */
static void test_asked_twice_it_still_ends_the_session(void **state)
{
    (void)state;
    for (int round = 0; round < 5; ++round) {
        struct fault_core core;
        const struct fault_options options = {.record = folder};
        fault_core_start(&core, &options);
        fault_wait(&core, is_on, 5000, "recording");
        for (int i = 0; i < 40; ++i) { /* until it is gone */
            (void)kill(core.pid, SIGINT);
            fault_sleep_ms(1);
        }
        assert_int_equal(waitpid(core.pid, NULL, 0), core.pid);
        char session[FAULT_PATH_SIZE];
        find_session(session);
        run_verb((const char *const[]){"session", "check", session, NULL});
        assert_int_equal(unlink(session), 0);
        fault_core_forget(&core);
    }
}

static void test_not_recording_is_shown_and_disturbs_nobody(void **state)
{
    (void)state;
    char blocked[FAULT_PATH_SIZE];
    (void)snprintf(blocked, sizeof(blocked), "%.200s/blocked", folder);
    FILE *file = fopen(blocked, "w"); /* no folder can be made here */
    assert_non_null(file);
    (void)fclose(file);
    struct fault_core core;
    const struct fault_options options = {.record = blocked};
    fault_core_start(&core, &options);
    unsigned step = 0;
    const int good = fault_connect(&core);
    fault_send_until(&core, good, &step, is_not_recording, "NOT RECORDING");
    fault_send_until(&core, good, &step, is_tracked, "tracked");
    struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_true(strlen(scene.recording.reason) > 10);
    assert_true(fault_log_has(&core, "NOT RECORDING"));
    assert_int_equal(unlink(blocked), 0); /* the way is cleared: what waited is recorded */
    fault_send_until(&core, good, &step, is_recording, "recording again");
    fault_core_stop(&core);
    (void)close(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_live_run_is_replayed_bit_for_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_killed_core_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_asked_twice_it_still_ends_the_session, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_replay_is_marked_and_decides_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_not_recording_is_shown_and_disturbs_nobody, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
