/* The display program itself: pictures without an X server, and its manners. */
#include "x_server.h"

#include <sys/stat.h>

/* A tetrahedron is patient enough for a program's manners. */
static const char tetrahedron[] = "solid t\n"
                                  "facet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 0 90 0\n"
                                  "vertex 90 0 0\nendloop\nendfacet\n"
                                  "facet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 90 0 0\n"
                                  "vertex 0 0 90\nendloop\nendfacet\n"
                                  "facet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 0 0 90\n"
                                  "vertex 0 90 0\nendloop\nendfacet\n"
                                  "facet normal 0 0 0\nouter loop\nvertex 90 0 0\nvertex 0 90 0\n"
                                  "vertex 0 0 90\nendloop\nendfacet\n"
                                  "endsolid t\n";
static const char case_text[] = "version: 1\n"
                                "name: Program test\n"
                                "patient: {pseudonym: PROGRAM-01}\n"
                                "frames: {image: LPS, unit: mm, reference: none}\n"
                                "models:\n"
                                "  - {file: t.stl, name: Bone, role: bone}\n"
                                "tools:\n"
                                "  - {name: Pointer, device: PointerToTracker, tip_mm: [0, 0, 0],\n"
                                "     axis: [0, 0, -1]}\n"
                                "displays:\n"
                                "  - {name: other side, layout: assistant, size: [640, 480]}\n";

static char folder[] = "/tmp/osteonav-display-test-XXXXXX";
static char case_path[128];

static void write_file(const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file("t.stl", tetrahedron);
    write_file("case.yaml", case_text);
    (void)snprintf(case_path, sizeof(case_path), "%s/case.yaml", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"t.stl", "case.yaml", "shot.png", "shot.mp4", "errors"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char path[160];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

/* Runs the display without DISPLAY; returns its exit code. */
static int run(const char *const *options)
{
    char program[4096];
    (void)snprintf(program, sizeof(program), "%s/osteonav-display", getenv("OSTEONAV_BIN"));
    const char *arguments[24] = {program};
    size_t count = 1;
    for (; options[count - 1] != NULL; ++count) {
        arguments[count] = options[count - 1];
    }
    (void)unsetenv("DISPLAY");
    (void)unsetenv("WAYLAND_DISPLAY");
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0), 0);
    char errors[160];
    (void)snprintf(errors, sizeof(errors), "%s/errors", folder);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    pid_t pid = 0;
    assert_int_equal(
        posix_spawn(&pid, program, &actions, NULL, (char *const *)(uintptr_t)arguments, environ),
        0);
    (void)posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void expect_error(const char *part)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/errors", folder);
    char text[4096] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    if (strstr(text, part) == NULL) {
        fail_msg("no '%s' in: %s", part, text);
    }
}

static void test_screenshot_without_a_screen(void **state)
{
    (void)state;
    char png[160];
    (void)snprintf(png, sizeof(png), "%s/shot.png", folder);
    assert_int_equal(RUN(case_path, "--instance", "test-nobody", "--offscreen", "320x180",
                         "--screenshot", png, "--after", "0"),
                     0);
    uint8_t head[24];
    FILE *file = fopen(png, "r");
    assert_non_null(file);
    assert_int_equal(fread(head, 1, sizeof(head), file), sizeof(head));
    assert_int_equal(fclose(file), 0);
    assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(head[18] << 8 | head[19], 320);
    assert_int_equal(head[22] << 8 | head[23], 180);
}

static void test_video(void **state)
{
    (void)state;
    char video[160];
    (void)snprintf(video, sizeof(video), "%s/shot.mp4", folder);
    assert_int_equal(RUN(case_path, "--instance", "test-nobody", "--display", "other side",
                         "--offscreen", "320x180", "--video", video, "--duration", "0.5", "--fps",
                         "10"),
                     0);
    struct stat information;
    assert_int_equal(stat(video, &information), 0);
    assert_true(information.st_size > 500);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(RUN("--help"), 0);
    assert_int_equal(RUN(case_path, "--screenshot", "x.png"), 2);
    expect_error("--offscreen");
    assert_int_equal(RUN(case_path, "--offscreen", "320"), 2);
    assert_int_equal(RUN(case_path, "--offscreen", "320x180", "--view", "sideways"), 2);
    assert_int_equal(RUN(case_path, "--offscreen", "320x180", "--display", "nobody"), 2);
    assert_int_equal(RUN(case_path, "--offscreen", "320x180", "--after", "soon"), 2);
    assert_int_equal(RUN("/nowhere/case.yaml", "--offscreen", "320x180"), 1);
    expect_error("/nowhere/case.yaml");
    assert_int_equal(RUN(case_path, "--offscreen", "320x180", "--screenshot", "/nowhere/shot.png",
                         "--after", "0"),
                     1);
    expect_error("/nowhere/shot.png");
    assert_int_equal(RUN(case_path), 1);
    expect_error("--offscreen");
}

/* Without OpenGL 3.2 there is a picture all the same: of verdict and numbers, and it says so. */
static void test_no_3d(void **state)
{
    (void)state;
    char png[160];
    (void)snprintf(png, sizeof(png), "%s/shot.png", folder);
    assert_int_equal(RUN(case_path, "--instance", "test-nobody", "--no-3d", "--offscreen",
                         "320x180", "--screenshot", png, "--after", "0"),
                     0);
    assert_int_equal(unlink(png), 0);
    (void)setenv("MESA_GL_VERSION_OVERRIDE", "2.1", 1);
    const int code = RUN(case_path, "--instance", "test-nobody", "--offscreen", "320x180",
                         "--screenshot", png, "--after", "0");
    (void)unsetenv("MESA_GL_VERSION_OVERRIDE");
    assert_int_equal(code, 0);
    expect_error("3D NOT AVAILABLE");
    assert_int_equal(unlink(png), 0);
}

/* The window system hangs in the middle of a frame: the display ends with its own code, so that
 * its supervisor starts it again. */
static void test_a_frozen_window_ends(void **state)
{
    (void)state;
    char display[16];
    const pid_t server = x_server_start("800x600x24", display);
    if (server == 0) {
        skip();
    }
    char errors[160];
    (void)snprintf(errors, sizeof(errors), "%s/errors", folder);
    const char *const options[] = {case_path, "--instance", "test-nobody", NULL};
    const pid_t pid = x_display_start(display, errors, options);
    x_log_expect(errors, "first picture", 1);
    for (int i = 0; i < 20; ++i) { /* the first frames of a size may take longer */
        x_pause_100_ms();
    }
    assert_int_equal(kill(server, SIGSTOP), 0);
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < 300 && ended == 0; ++i) {
        x_pause_100_ms();
        ended = waitpid(pid, &status, WNOHANG);
    }
    x_server_stop(server);
    if (ended == 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
    assert_int_equal(ended, pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 75);
    x_log_expect(errors, "no frame within 500 ms", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screenshot_without_a_screen),
        cmocka_unit_test(test_video),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_3d),
        cmocka_unit_test(test_a_frozen_window_ends),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
