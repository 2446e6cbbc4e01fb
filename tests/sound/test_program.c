/* osteonav-sound beside a scene channel, with ALSA's file instead of a device: what alarms is
 * written, what is muted or acknowledged is not; without a device it says so once and stays. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "nav/scene_channel.h"
#include "nav/time.h"
#include "test_data.h"

enum { TICK_MS = 20, PATIENCE_MS = 20000 };

static struct nav_scene scene;
static struct nav_scene_writer *writer;
static char instance[32];
static char raw[64];
static char words[64];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(instance, sizeof(instance), "sound-%d", (int)getpid());
    (void)snprintf(raw, sizeof(raw), "/tmp/%s.raw", instance);
    (void)snprintf(words, sizeof(words), "/tmp/%s.err", instance);
    memset(&scene, 0, sizeof(scene));
    scene.withhold_ns = 3600 * NAV_NS_PER_S; /* this test is slow at times, not the core */
    return nav_scene_writer_create(instance, &writer) == NAV_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    nav_scene_writer_destroy(writer);
    (void)unlink(raw);
    (void)unlink(words);
    return 0;
}

static void publish_a_while(int64_t ms)
{
    const struct nav_clock clock = nav_clock_monotonic();
    for (const int64_t end_ns = nav_clock_now_ns(&clock) + ms * NAV_NS_PER_MS;
         nav_clock_now_ns(&clock) < end_ns;) {
        scene.time_ns = nav_clock_now_ns(&clock);
        (void)nav_scene_writer_publish(writer, &scene);
        struct timespec tick = {.tv_nsec = TICK_MS * NAV_NS_PER_MS};
        while (nanosleep(&tick, &tick) != 0 && errno == EINTR) {
        }
    }
}

static off_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : 0;
}

static pid_t start(const char *device)
{
    char program[512];
    (void)snprintf(program, sizeof(program), "%s/osteonav-sound", getenv("OSTEONAV_BIN"));
    publish_a_while(TICK_MS);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int fd = open(words, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        (void)dup2(fd, STDERR_FILENO);
        (void)execl(program, program, "--instance", instance, "--device", device, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void stop(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, WNOHANG), 0); /* it is still there */
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void what_alarms_is_heard(void **state)
{
    (void)state;
    char device[128];
    (void)snprintf(device, sizeof(device), "file:%s,raw", raw);
    const pid_t child = start(device);
    publish_a_while(300);
    assert_int_equal(size_of(raw), 0); /* nothing alarms */
    scene.alarm_count = 1;
    scene.alarms[0] = (struct nav_scene_alarm){.code = NAV_ALARM_STOP_DISTANCE, .active = 1};
    for (int waited = 0; size_of(raw) < 48000 && waited < PATIENCE_MS; waited += 100) {
        publish_a_while(100);
    }
    assert_true(size_of(raw) >= 48000); /* half a second and more */
    scene.muted = 1;
    publish_a_while(500);
    const off_t muted = size_of(raw);
    publish_a_while(500);
    assert_int_equal(size_of(raw), muted);
    stop(child);
}

static void without_a_device_it_says_so_once(void **state)
{
    (void)state;
    scene.alarm_count = 1;
    scene.alarms[0] = (struct nav_scene_alarm){.code = NAV_ALARM_STOP_DISTANCE, .active = 1};
    const pid_t child = start("no-such-device");
    char text[1024] = "";
    for (int waited = 0; size_of(words) == 0 && waited < PATIENCE_MS; waited += 100) {
        publish_a_while(100);
    }
    publish_a_while(300);
    FILE *file = fopen(words, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    assert_non_null(strstr(text, "alarms are seen, not heard"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    stop(child);
}

static void it_ends_with_the_core(void **state)
{
    (void)state;
    const pid_t child = start("null");
    publish_a_while(200);
    nav_scene_writer_destroy(writer);
    writer = NULL;
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_alarms_is_heard),
        TEST(without_a_device_it_says_so_once),
        TEST(it_ends_with_the_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
