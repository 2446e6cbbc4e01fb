/* The example programs that come with the distribution's libOpenIGTLink, as they are: a tracker
 * that sends random poses to the core, a receiver that prints what the simulator sends. */
#include "test_data.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "fault_support.h"
#include "hand_case.h"

static const char *example_path(const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", getenv("INTEROP_BIN"), name);
    return path;
}

static pid_t start_example(const char *name, const char *const *arguments, const char *log_path)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const char *argv[8] = {example_path(name)};
        for (size_t i = 0; i < 6 && arguments[i] != NULL; ++i) {
            argv[i + 1] = arguments[i];
        }
        const int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        (void)execv(argv[0], (char **)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static void end_example(pid_t pid)
{
    int status = 0;
    (void)kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it ran until now: it neither ended nor crashed by itself */
}

static bool example_has_arrived(const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        if (strcmp(scene->tools[i].name, "Example") == 0) {
            return scene->tools[i].accepted >= 30;
        }
    }
    return false;
}

static void core_takes_the_example_tracker(void **state)
{
    (void)state;
    struct hand_folder folder;
    hand_folder_init(&folder, NULL,
                     "  - {name: Example, device: Tracker, tip_mm: [0, 0, 10], axis: [0, 0, 1]}\n");
    struct fault_core core;
    const struct fault_options options = {.case_path = folder.case_path};
    fault_core_start(&core, &options);
    char port[16];
    char log[HAND_PATH_SIZE];
    (void)snprintf(port, sizeof(port), "%u", (unsigned)core.port);
    (void)snprintf(log, sizeof(log), "%s/example.log", folder.path);
    const char *arguments[] = {"127.0.0.1", port, "100", NULL};
    const pid_t tracker = start_example("TrackerClient", arguments, log);
    fault_wait(&core, example_has_arrived, 10000, "poses of the example tracker");
    static struct nav_scene scene;
    fault_scene(&core, &scene);
    for (uint32_t i = 0; i < scene.tool_count; ++i) {
        assert_int_equal(scene.tools[i].rejected, 0);
    }
    assert_int_equal(scene.peers[0].crc_errors, 0);
    assert_int_equal(scene.peers[0].malformed, 0);
    assert_int_equal(scene.peers[0].skipped, 0);
    end_example(tracker);
    fault_core_stop(&core);
    hand_folder_finish(&folder);
}

/* How often `word` occurs in a file. */
static size_t count_in_file(const char *path, const char *word)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *line = NULL;
    size_t capacity = 0;
    size_t count = 0;
    while (getline(&line, &capacity, file) > 0) {
        count += strstr(line, word) != NULL;
    }
    free(line);
    (void)fclose(file);
    return count;
}

static void example_receiver_takes_the_simulator(void **state)
{
    (void)state;
    struct hand_folder folder;
    char log[HAND_PATH_SIZE];
    char path[1024];
    test_data_path("sessions/plus/ReferenceToRASCalibration.igs.mha", path, sizeof(path));
    hand_folder_init(&folder, NULL, NULL);
    (void)snprintf(log, sizeof(log), "%s/example.log", folder.path);
    /* Out of the range from which the system takes ports for connections. */
    const char *const port = "18999";
    const char *arguments[] = {port, NULL};
    const pid_t receiver = start_example("ReceiveServer", arguments, log);
    char text[4096];
    char to[64];
    (void)snprintf(to, sizeof(to), "127.0.0.1:%s", port);
    int code = 1;
    for (int attempt = 0; code != 0 && attempt < 40; ++attempt) {
        fault_sleep_ms(50);
        const char *simulate[] = {"simulate",         "--sequence", path,      "--to", to,
                                  "--count",          "40",         "--speed", "20",   "--quiet",
                                  "--header-version", "1",          NULL};
        code = fault_run(simulate, text, sizeof(text));
    }
    if (code != 0) {
        fail_msg("%s", text);
    }
    size_t received = 0;
    for (int i = 0; received < 80 && i < 100; ++i) {
        fault_sleep_ms(20);
        received = count_in_file(log, "Receiving TRANSFORM data type.");
    }
    end_example(receiver);
    assert_int_equal(received, 80);
    hand_folder_finish(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_takes_the_example_tracker),
        cmocka_unit_test(example_receiver_takes_the_simulator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
