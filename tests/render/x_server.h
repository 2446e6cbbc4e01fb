/* An X server of a test's own, and the display program on it. */
#ifndef X_SERVER_H
#define X_SERVER_H

#include "test_data.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Xvfb of this size, on a number that it finds free; it ends with its last client. Returns its
 * process, 0 where there is none on this machine. */
static inline pid_t x_server_start(const char *screen, char out_display[16])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char number[16];
    (void)snprintf(number, sizeof(number), "%d", ends[1]);
    const char *const arguments[] = {"Xvfb", "-displayfd", number, "-screen",    "0",
                                     screen, "-nolisten",  "tcp",  "-terminate", NULL};
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = 0;
    const int failed = posix_spawnp(&pid, arguments[0], &actions, NULL,
                                    (char *const *)(uintptr_t)arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    /* To the end of its line: a server that cannot write the end of it gives up. */
    char answer[12] = "";
    for (size_t i = 0; failed == 0 && i + 1 < sizeof(answer) && strchr(answer, '\n') == NULL; ++i) {
        if (read(ends[0], &answer[i], 1) != 1) {
            break;
        }
    }
    (void)close(ends[0]);
    if (strchr(answer, '\n') == NULL) {
        return 0;
    }
    answer[strcspn(answer, "\n")] = '\0';
    (void)snprintf(out_display, 16, ":%s", answer);
    return pid;
}

static inline void x_server_stop(pid_t server)
{
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
}

/* Starts osteonav-display on that server; what it logs goes to a new file. */
static inline pid_t x_display_start(const char *display, const char *errors,
                                    const char *const *options)
{
    char program[4096];
    (void)snprintf(program, sizeof(program), "%s/osteonav-display", getenv("OSTEONAV_BIN"));
    const char *arguments[16] = {program};
    for (size_t count = 1; options[count - 1] != NULL; ++count) {
        assert_true(count < 15);
        arguments[count] = options[count - 1];
    }
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    (void)setenv("DISPLAY", display, 1);
    pid_t pid = 0;
    assert_int_equal(
        posix_spawn(&pid, program, &actions, NULL, (char *const *)(uintptr_t)arguments, environ),
        0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)unsetenv("DISPLAY");
    return pid;
}

/* How often the log says it so far. */
static inline unsigned x_log_count(const char *errors, const char *part)
{
    static char text[1 << 16];
    text[0] = '\0';
    FILE *file = fopen(errors, "r");
    if (file != NULL) {
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        (void)fclose(file);
    }
    unsigned count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        ++count;
    }
    return count;
}

static inline void x_pause_100_ms(void)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    (void)nanosleep(&pause, NULL);
}

/* Waits up to 60 s for the log to say it `times` times. */
static inline void x_log_expect(const char *errors, const char *part, unsigned times)
{
    for (int i = 0; i < 600 && x_log_count(errors, part) < times; ++i) {
        x_pause_100_ms();
    }
    if (x_log_count(errors, part) < times) {
        fail_msg("the display does not say '%s' %u times; see %s", part, times, errors);
    }
}

#endif
