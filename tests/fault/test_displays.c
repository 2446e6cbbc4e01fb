/* Displays die; the core does not notice and starts them again. */
#include "fault_support.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { STARTS_MAX = 16 };

struct start {
    pid_t pid;
    int64_t at_ns;
    char arguments[512];
};

static char folder[FAULT_PATH_SIZE]; /* of the notes */
static char notes[FAULT_PATH_SIZE];

static size_t read_starts(struct start starts[STARTS_MAX])
{
    FILE *file = fopen(notes, "re");
    size_t count = 0;
    char line[768];
    while (file != NULL && count < STARTS_MAX && fgets(line, sizeof(line), file) != NULL) {
        int pid = 0;
        long long at_ns = 0;
        int used = 0;
        if (sscanf(line, "%d %lld %n", &pid, &at_ns, &used) == 2) {
            starts[count] = (struct start){.pid = pid, .at_ns = at_ns};
            (void)snprintf(starts[count].arguments, sizeof(starts[count].arguments), "%.500s",
                           line + used);
            ++count;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

static size_t wait_for_starts(struct start starts[STARTS_MAX], size_t wanted, int timeout_ms)
{
    const int64_t deadline_ns = fault_now_ns() + timeout_ms * NAV_NS_PER_MS;
    size_t count = 0;
    while ((count = read_starts(starts)) < wanted) {
        if (fault_now_ns() > deadline_ns) {
            fail_msg("only %zu of %zu display starts within %d ms", count, wanted, timeout_ms);
        }
        fault_sleep_ms(5);
    }
    return count;
}

static bool is_running(pid_t pid)
{
    char path[64];
    char state = 'Z';
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    const int found = fscanf(file, "%*d %*s %c", &state);
    (void)fclose(file);
    return found == 1 && state != 'Z' && state != 'X';
}

static void wait_until_gone(pid_t pid, int timeout_ms)
{
    const int64_t deadline_ns = fault_now_ns() + timeout_ms * NAV_NS_PER_MS;
    while (is_running(pid)) {
        if (fault_now_ns() > deadline_ns) {
            (void)kill(pid, SIGKILL);
            fail_msg("a display outlived its core");
        }
        fault_sleep_ms(5);
    }
}

static void start_core(struct fault_core *core, const char *displays, const char *behaviour)
{
    char program[FAULT_PATH_SIZE];
    if (folder[0] == '\0') {
        fault_make_folder(folder);
        (void)snprintf(notes, sizeof(notes), "%.200s/notes", folder);
    }
    (void)unlink(notes);
    (void)snprintf(program, sizeof(program), "%.200s/fake_display", getenv("OSTEONAV_TEST_BIN"));
    assert_int_equal(setenv("OSTEONAV_DISPLAY_PROGRAM", program, 1), 0);
    assert_int_equal(setenv("FAKE_DISPLAY_NOTES", notes, 1), 0);
    assert_int_equal(setenv("FAKE_DISPLAY_BEHAVIOUR", behaviour, 1), 0);
    (void)unsetenv("DISPLAY");
    (void)unsetenv("WAYLAND_DISPLAY");
    fault_core_start(core, &(struct fault_options){.displays = displays,
                                                   .with_displays = true,
                                                   .arguments = {"--offscreen", "640x480"}});
}

/* Killed: back within 3 s; meanwhile the scene never pauses for more than 100 ms. */
static void a_killed_display_comes_back_and_the_core_goes_on(void **state)
{
    (void)state;
    struct fault_core core;
    start_core(&core, "[{name: bedside}, {name: second}]", "stay");
    struct start starts[STARTS_MAX];
    assert_int_equal(wait_for_starts(starts, 2, 3000), 2);
    /* They write their notes in any order. */
    if (strstr(starts[0].arguments, "--display second") != NULL) {
        const struct start first = starts[0];
        starts[0] = starts[1];
        starts[1] = first;
    }
    const struct start bedside = starts[0];
    const struct start second = starts[1];
    assert_non_null(strstr(bedside.arguments, "case.yaml --instance fault-"));
    assert_non_null(strstr(bedside.arguments, "--display bedside --offscreen 640x480"));
    assert_non_null(strstr(second.arguments, "--display second"));

    const int64_t killed_ns = fault_now_ns();
    fault_witness_start();
    assert_int_equal(kill(bedside.pid, SIGKILL), 0);
    const int64_t longest_ns = fault_longest_pause_ns(&core, 1500);
    const int64_t machine_ns = fault_witness_stop_ns();
    wait_for_starts(starts, 3, 3000);
    print_message("display back after %lld ms, longest pause of the scene %lld us, of a witness "
                  "%lld us\n",
                  (long long)((starts[2].at_ns - killed_ns) / NAV_NS_PER_MS),
                  (long long)(longest_ns / 1000), (long long)(machine_ns / 1000));
    assert_true(starts[2].at_ns - killed_ns < 3 * NAV_NS_PER_S);
    assert_true(longest_ns <= 100 * NAV_NS_PER_MS + machine_ns);
    assert_non_null(strstr(starts[2].arguments, "--display bedside"));
    assert_true(is_running(second.pid));
    /* the other display has said so: the alarm stays until somebody acknowledges it */
    static struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_int_equal(scene.alarm_count, 1);
    assert_int_equal(scene.alarms[0].code, NAV_ALARM_DISPLAY);
    assert_string_equal(scene.alarms[0].text, "bedside: display does not answer");
    fault_core_stop(&core);
    wait_until_gone(second.pid, 2000);
    wait_until_gone(starts[2].pid, 2000);
}

/* Dying at once: started again and again, slower, but never more than 3 s apart. */
static void a_display_that_cannot_start_is_tried_with_patience(void **state)
{
    (void)state;
    struct fault_core core;
    start_core(&core, "[{name: bedside}]", "die");
    struct start starts[STARTS_MAX];
    const size_t count = wait_for_starts(starts, 5, 10000);
    for (size_t i = 1; i < count; ++i) {
        const int64_t wait_ns = starts[i].at_ns - starts[i - 1].at_ns;
        print_message("start %zu after %lld ms\n", i, (long long)(wait_ns / NAV_NS_PER_MS));
        assert_true(wait_ns >= 450 * NAV_NS_PER_MS);
        assert_true(wait_ns < 3 * NAV_NS_PER_S);
    }
    assert_true(starts[3].at_ns - starts[2].at_ns >= 1900 * NAV_NS_PER_MS);
    fault_core_stop(&core);
    fault_sleep_ms(100);
    assert_int_equal(read_starts(starts), count);
}

/* The core is preferred to the programs that draw, as far as the system permits. */
static void the_core_goes_before_its_displays(void **state)
{
    (void)state;
    struct fault_core core;
    start_core(&core, "[{name: bedside}]", "stay");
    struct start starts[STARTS_MAX];
    wait_for_starts(starts, 1, 3000);
    const int own = getpriority(PRIO_PROCESS, 0);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)core.pid), fault_core_nice());
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)starts[0].pid), own > 0 ? own : 0);
    fault_core_stop(&core);
}

static void displays_end_with_a_killed_core(void **state)
{
    (void)state;
    struct fault_core core;
    start_core(&core, "[{name: bedside}]", "stay");
    struct start starts[STARTS_MAX];
    wait_for_starts(starts, 1, 3000);
    assert_true(is_running(starts[0].pid));
    assert_int_equal(kill(core.pid, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(core.pid, &status, 0), core.pid);
    wait_until_gone(starts[0].pid, 1000);
    fault_core_forget(&core);
}

/* Live with files that may change unseen is possible and said; a simulation may. */
static void a_live_case_that_is_not_locked_is_noted(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    assert_true(fault_log_has(&core, "the case is not locked"));
    fault_core_stop(&core);
    fault_core_start(&core, &(struct fault_options){.arguments = {"--mode", "simulation"}});
    assert_false(fault_log_has(&core, "the case is not locked"));
    fault_core_stop(&core);
}

static void without_a_screen_the_core_runs_alone_and_says_so(void **state)
{
    (void)state;
    (void)unsetenv("DISPLAY");
    (void)unsetenv("WAYLAND_DISPLAY");
    struct fault_core core;
    fault_core_start(
        &core, &(struct fault_options){.displays = "[{name: bedside}]", .with_displays = true});
    assert_true(fault_log_has(&core, "no screen here"));
    struct nav_scene scene;
    fault_scene(&core, &scene);
    (void)nav_scene_reader_wait(core.reader, scene.seq, 100 * NAV_NS_PER_MS);
    assert_false(fault_log_has(&core, "started"));
    fault_core_stop(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_display_comes_back_and_the_core_goes_on),
        cmocka_unit_test(a_display_that_cannot_start_is_tried_with_patience),
        cmocka_unit_test(the_core_goes_before_its_displays),
        cmocka_unit_test(displays_end_with_a_killed_core),
        cmocka_unit_test(a_live_case_that_is_not_locked_is_noted),
        cmocka_unit_test(without_a_screen_the_core_runs_alone_and_says_so),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fault_remove_folder(folder);
    return failed;
}
