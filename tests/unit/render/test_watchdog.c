/* The frame watchdog, in processes of its own: what it does ends one. */
#include "test_data.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "nav/time.h"
#include "watchdog.h"

static const int64_t promise_ns = 200 * NAV_NS_PER_MS;

static void pause_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* Runs `body` in a child under a watchdog; returns its exit code, what it wrote to standard error,
 * and how long it lived. */
static int run(void (*body)(struct rnd_watchdog *), char *out_text, size_t size, int *out_ms)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t start_ns = nav_clock_now_ns(&clock);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        struct rnd_watchdog *watchdog = NULL;
        if (rnd_watchdog_create(&watchdog) != NAV_OK) {
            _exit(9);
        }
        body(watchdog);
        rnd_watchdog_destroy(watchdog);
        _exit(0);
    }
    (void)close(ends[1]);
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length + 1 < size; length += (size_t)(got > 0 ? got : 0)) {
        got = read(ends[0], out_text + length, size - 1 - length);
    }
    out_text[length] = '\0';
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    *out_ms = (int)((nav_clock_now_ns(&clock) - start_ns) / NAV_NS_PER_MS);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void draw_and_hang(struct rnd_watchdog *watchdog)
{
    rnd_watchdog_promise(watchdog, promise_ns);
    pause_ms(50);
    rnd_watchdog_promise(watchdog, promise_ns);
    pause_ms(20000); /* as a swap that never comes back */
}

static void test_a_frozen_display_ends(void **state)
{
    (void)state;
    char text[512];
    int ms = 0;
    assert_int_equal(run(draw_and_hang, text, sizeof(text), &ms), RND_EXIT_FROZEN);
    assert_non_null(strstr(text, "no frame within 200 ms"));
    assert_in_range(ms, 240, 10000);
}

static void hang_with_the_log_locked(struct rnd_watchdog *watchdog)
{
    flockfile(stderr);
    rnd_watchdog_promise(watchdog, promise_ns);
    pause_ms(20000);
}

static void test_it_needs_nothing_of_who_hangs(void **state)
{
    (void)state;
    char text[512];
    int ms = 0;
    assert_int_equal(run(hang_with_the_log_locked, text, sizeof(text), &ms), RND_EXIT_FROZEN);
    assert_true(ms < 10000);
}

static void keep_drawing(struct rnd_watchdog *watchdog)
{
    for (int i = 0; i < 30; ++i) {
        rnd_watchdog_promise(watchdog, 5 * promise_ns);
        pause_ms(50);
    }
    rnd_watchdog_promise(watchdog, 0); /* minimised, say: nothing is promised */
    pause_ms(400);
}

static void test_a_display_that_draws_goes_on(void **state)
{
    (void)state;
    char text[512];
    int ms = 0;
    assert_int_equal(run(keep_drawing, text, sizeof(text), &ms), 0);
    assert_string_equal(text, "");
}

static void be_stopped_and_go_on(struct rnd_watchdog *watchdog)
{
    /* Somebody else wakes this process up again. */
    const pid_t self = getpid();
    const pid_t waker = fork();
    if (waker == 0) {
        pause_ms(1500);
        (void)kill(self, SIGCONT);
        _exit(0);
    }
    rnd_watchdog_promise(watchdog, 3 * promise_ns);
    (void)kill(self, SIGSTOP);
    pause_ms(50);
    rnd_watchdog_promise(watchdog, 0);
    pause_ms(100);
    (void)waitpid(waker, NULL, 0);
}

static void test_a_stopped_process_is_not_frozen(void **state)
{
    (void)state;
    char text[512];
    int ms = 0;
    assert_int_equal(run(be_stopped_and_go_on, text, sizeof(text), &ms), 0);
    assert_true(ms > 1400);
}

static void test_no_watchdog_is_no_trouble(void **state)
{
    (void)state;
    rnd_watchdog_promise(NULL, promise_ns);
    rnd_watchdog_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frozen_display_ends),
        cmocka_unit_test(test_it_needs_nothing_of_who_hangs),
        cmocka_unit_test(test_a_display_that_draws_goes_on),
        cmocka_unit_test(test_a_stopped_process_is_not_frozen),
        cmocka_unit_test(test_no_watchdog_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
