/* The sandbox of osteonav-prepare: what it refuses, and what it must still allow. */
#include "test_data.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sandbox.h"

#ifdef IMPORT_WITHOUT_SANDBOX
enum { BUILT_IN = 0 };
#else
enum { BUILT_IN = 1 };
#endif

/* Runs `act` inside the sandbox in a process of its own; its exit code. */
static int inside(int (*act)(void))
{
    (void)fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (imp_sandbox_enter((size_t)512 << 20, 1) != NAV_OK) {
            _exit(100);
        }
        _exit(act());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM &&
                   socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM
               ? 0
               : 1;
}

static int run_program(void)
{
    char *const arguments[] = {"/bin/true", NULL};
    (void)execve("/bin/true", arguments, arguments + 1);
    return errno == EPERM ? 0 : 1;
}

static int fork_again(void)
{
    return fork() < 0 && errno == EPERM ? 0 : 1;
}

static int write_file(void)
{
    static const int ways[] = {O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_RDONLY | O_CREAT,
                               O_RDONLY | O_TRUNC};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); ++i) {
        if (open("/tmp/osteonav-sandbox-test", ways[i], 0600) >= 0 || errno != EPERM) {
            return 1;
        }
    }
    return unlink("/tmp/osteonav-sandbox-test") < 0 && errno == EPERM ? 0 : 2;
}

static int take_memory(void)
{
    return malloc((size_t)1 << 30) == NULL ? 0 : 1;
}

/* A core file would hold the patient. */
static int leave_a_core(void)
{
    struct rlimit core = {1, 1};
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 1;
}

static int spin(void)
{
    for (volatile unsigned i = 0;; ++i) {
    }
    return 1;
}

static void *add_one(void *number)
{
    ++*(int *)number;
    return NULL;
}

static int read_and_thread(void)
{
    char byte;
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &byte, 1) != 1 || close(fd) != 0) {
        return 1;
    }
    pthread_t thread;
    int number = 0;
    if (pthread_create(&thread, NULL, add_one, &number) != 0 || pthread_join(thread, NULL) != 0) {
        return 2;
    }
    void *memory = malloc((size_t)64 << 20);
    free(memory);
    return memory != NULL && number == 1 ? 0 : 3;
}

static void what_a_hostile_file_could_want_is_refused(void **state)
{
    (void)state;
    if (!BUILT_IN) {
        skip();
    }
    assert_int_equal(inside(open_socket), 0);
    assert_int_equal(inside(run_program), 0);
    assert_int_equal(inside(fork_again), 0);
    assert_int_equal(inside(write_file), 0);
    assert_int_equal(inside(take_memory), 0);
    assert_int_equal(inside(leave_a_core), 0);
}

static void what_never_ends_is_ended(void **state)
{
    (void)state;
    if (!BUILT_IN) {
        skip();
    }
    const int code = inside(spin);
    assert_true(code == 128 + SIGXCPU || code == 128 + SIGKILL);
}

static void reading_and_threads_go_on(void **state)
{
    (void)state;
    assert_int_equal(inside(read_and_thread), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_hostile_file_could_want_is_refused),
        cmocka_unit_test(what_never_ends_is_ended),
        cmocka_unit_test(reading_and_threads_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
