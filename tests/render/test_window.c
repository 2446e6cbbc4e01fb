/* The display's window on a real X server: any size, and monitors that are not there, come, and go;
 * the display is always somewhere, and says so. Xvfb's only monitor is taken away by switching its
 * controller off. */
#include "x_server.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/Xrandr.h>

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
                                "name: Monitor test\n"
                                "patient: {pseudonym: MONITOR-01}\n"
                                "frames: {image: LPS, unit: mm, reference: none}\n"
                                "models:\n"
                                "  - {file: t.stl, name: Bone, role: bone}\n"
                                "tools:\n"
                                "  - {name: Pointer, device: PointerToTracker, tip_mm: [0, 0, 0],\n"
                                "     axis: [0, 0, -1]}\n"
                                "displays:\n"
                                "  - {name: full, monitor: screen, fullscreen: true,\n"
                                "     size: [640, 480]}\n"
                                "  - {name: small, size: [640, 480]}\n"
                                "  - {name: other, monitor: DP-7, fullscreen: true,\n"
                                "     size: [640, 480]}\n";

enum { SCREEN_WIDTH = 3840, SCREEN_HEIGHT = 2160 };

static char folder[] = "/tmp/osteonav-window-test-XXXXXX";
static char case_path[128];
static char errors[128];

struct bench {
    pid_t server, program;
    char display[16];
    Display *x;
};

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
    (void)snprintf(errors, sizeof(errors), "%s/errors", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"t.stl", "case.yaml", "errors"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char path[160];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

/* Plugs the only monitor in, or out. */
static void plug(const struct bench *bench, bool in)
{
    XRRScreenResources *all = XRRGetScreenResources(bench->x, DefaultRootWindow(bench->x));
    assert_true(all != NULL && all->ncrtc == 1 && all->noutput == 1);
    XRROutputInfo *output = XRRGetOutputInfo(bench->x, all, all->outputs[0]);
    assert_string_equal(output->name, "screen");
    assert_int_equal(XRRSetCrtcConfig(bench->x, all, all->crtcs[0], CurrentTime, 0, 0,
                                      in ? output->modes[0] : None, RR_Rotate_0,
                                      in ? all->outputs : NULL, in ? 1 : 0),
                     RRSetConfigSuccess);
    (void)XSync(bench->x, False);
    XRRFreeOutputInfo(output);
    XRRFreeScreenResources(all);
}

/* The display's window as X sees it; its place and size in the screen. */
static Window find_window(const struct bench *bench, XWindowAttributes *out)
{
    Window root = 0;
    Window parent = 0;
    Window *children = NULL;
    Window found = 0;
    unsigned count = 0;
    assert_true(
        XQueryTree(bench->x, DefaultRootWindow(bench->x), &root, &parent, &children, &count) != 0);
    for (unsigned i = 0; i < count; ++i) {
        if (XGetWindowAttributes(bench->x, children[i], out) != 0 && out->map_state == IsViewable &&
            out->width > 100) {
            found = children[i];
            break;
        }
    }
    (void)XFree(children);
    if (found != 0) {
        assert_true(XGetWindowAttributes(bench->x, found, out) != 0);
    }
    return found;
}

static void expect_size(const struct bench *bench, int width, int height)
{
    XWindowAttributes shape = {0};
    for (int i = 0; i < 200; ++i) {
        if (find_window(bench, &shape) != 0 && shape.width == width && shape.height == height) {
            return;
        }
        x_pause_100_ms();
    }
    fail_msg("the window is %d x %d instead of %d x %d", shape.width, shape.height, width, height);
}

/* Amber pixels in the strip at the bottom: a caution is said there. */
static long amber_in_strip(const struct bench *bench)
{
    XWindowAttributes shape = {0};
    if (find_window(bench, &shape) == 0) {
        return -1;
    }
    const int tall = shape.height / 11;
    XImage *image = XGetImage(bench->x, DefaultRootWindow(bench->x), 0, 0, SCREEN_WIDTH,
                              SCREEN_HEIGHT, AllPlanes, ZPixmap);
    assert_non_null(image);
    long count = 0;
    const int bottom = shape.y + shape.height;
    const int right = shape.x + shape.width;
    for (int y = bottom > tall ? bottom - tall : 0; y < bottom && y < SCREEN_HEIGHT; ++y) {
        for (int x = shape.x > 0 ? shape.x : 0; x < right && x < SCREEN_WIDTH; ++x) {
            const unsigned long word = XGetPixel(image, x, y);
            const unsigned long red = word >> 16 & 0xff;
            const unsigned long green = word >> 8 & 0xff;
            const unsigned long blue = word & 0xff;
            count += red > 150 && green > red / 2 && green < red * 9 / 10 && blue < red / 2;
        }
    }
    (void)XDestroyImage(image);
    return count;
}

static void expect_amber(const struct bench *bench, bool wanted)
{
    long amber = 0;
    for (int i = 0; i < 100; ++i) {
        amber = amber_in_strip(bench);
        if (amber >= 0 && (amber > 20) == wanted) {
            return;
        }
        x_pause_100_ms();
    }
    fail_msg("%ld amber pixels in the strip", amber);
}

static int open_server(void **state)
{
    static struct bench bench;
    memset(&bench, 0, sizeof(bench));
    bench.server = x_server_start("3840x2160x24", bench.display);
    if (bench.server != 0) {
        bench.x = XOpenDisplay(bench.display);
        assert_non_null(bench.x);
    }
    *state = &bench;
    return 0;
}

static int close_server(void **state)
{
    struct bench *bench = *state;
    if (bench->program != 0) {
        (void)kill(bench->program, SIGKILL);
        (void)waitpid(bench->program, NULL, 0);
    }
    if (bench->server != 0) {
        (void)XCloseDisplay(bench->x);
        x_server_stop(bench->server);
    }
    return 0;
}

static void start(struct bench *bench, const char *name)
{
    const char *const options[] = {case_path, "--instance", "test-nobody", "--display", name, NULL};
    bench->program = x_display_start(bench->display, errors, options);
}

static void stop(struct bench *bench)
{
    int status = 0;
    assert_int_equal(waitpid(bench->program, &status, WNOHANG), 0); /* it has survived it all */
    assert_int_equal(kill(bench->program, SIGTERM), 0);
    assert_int_equal(waitpid(bench->program, &status, 0), bench->program);
    bench->program = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Its monitor is missing at the start: a window where there is room, and said so; it goes to its
 * own in full screen when that comes, survives its loss, and goes there again. */
static void test_it_goes_to_its_monitor_when_that_comes(void **state)
{
    struct bench *bench = *state;
    if (bench->server == 0) {
        skip();
    }
    plug(bench, false);
    start(bench, "full");
    x_log_expect(errors, "monitor screen is not there (there is: none)", 1);
    x_log_expect(errors, "first picture", 1);
    expect_size(bench, 640, 480);
    expect_amber(bench, true);
    for (unsigned round = 1; round <= 2; ++round) {
        plug(bench, true);
        x_log_expect(errors, "monitor screen connected", round);
        expect_size(bench, SCREEN_WIDTH, SCREEN_HEIGHT);
        expect_amber(bench, false);
        plug(bench, false);
        x_log_expect(errors, "monitor screen disconnected", round);
        x_log_expect(errors, "monitor screen is not there", round + 1);
        expect_amber(bench, true);
    }
    stop(bench);
}

static void colour_at(const struct bench *bench, int x, int y, int out[3])
{
    XImage *image =
        XGetImage(bench->x, DefaultRootWindow(bench->x), x, y, 1, 1, AllPlanes, ZPixmap);
    assert_non_null(image);
    const unsigned long word = XGetPixel(image, 0, 0);
    for (int i = 0; i < 3; ++i) {
        out[i] = (int)(word >> (16 - 8 * i) & 0xff);
    }
    (void)XDestroyImage(image);
}

/* The red bar reaches both upper corners, the strip's ground both lower ones. */
static bool is_whole(const struct bench *bench, int width, int height)
{
    static const int red[3] = {0x9b, 0x12, 0x12};
    int corner[4][3];
    for (int i = 0; i < 4; ++i) {
        colour_at(bench, i % 2 == 0 ? 2 : width - 3, i / 2 == 0 ? 2 : height - 3, corner[i]);
    }
    bool whole = true;
    for (int i = 0; i < 3; ++i) {
        whole = whole && abs(corner[0][i] - red[i]) < 40 && corner[1][i] == corner[0][i] &&
                corner[2][i] > 4 && corner[2][i] < 64 && corner[3][i] == corner[2][i];
    }
    return whole;
}

/* Without a usable OpenGL the window shows verdict and numbers, at every size, too. */
static void test_without_opengl(void **state)
{
    struct bench *bench = *state;
    if (bench->server == 0) {
        skip();
    }
    (void)setenv("MESA_GL_VERSION_OVERRIDE", "2.1", 1);
    start(bench, "small");
    (void)unsetenv("MESA_GL_VERSION_OVERRIDE");
    x_log_expect(errors, "3D NOT AVAILABLE", 1);
    x_log_expect(errors, "drawn by Cairo, without 3D", 1);
    XWindowAttributes shape = {0};
    const Window window = find_window(bench, &shape);
    assert_true(window != 0);
    (void)XMoveWindow(bench->x, window, 0, 0);
    static const int sizes[][2] = {{1, 1}, {1920, 1080}};
    bool whole = false;
    for (size_t i = 0; i < 2; ++i) {
        (void)XResizeWindow(bench->x, window, (unsigned)sizes[i][0], (unsigned)sizes[i][1]);
        (void)XSync(bench->x, False);
        for (int k = 0; k < 300 && !whole; ++k) {
            x_pause_100_ms();
            assert_int_equal(waitpid(bench->program, NULL, WNOHANG), 0);
            if (i == 0 && k > 5) {
                break;
            }
            whole = i > 0 && is_whole(bench, sizes[i][0], sizes[i][1]);
        }
    }
    assert_true(whole);
    stop(bench);
}

/* The X server takes no picture any more, here because the window is gone: it is logged, and the
 * display ends by itself, to be started again. */
static void test_what_the_server_refuses(void **state)
{
    struct bench *bench = *state;
    if (bench->server == 0) {
        skip();
    }
    start(bench, "small");
    x_log_expect(errors, "first picture", 1);
    XWindowAttributes shape = {0};
    const Window window = find_window(bench, &shape);
    assert_true(window != 0);
    (void)XDestroyWindow(bench->x, window);
    (void)XSync(bench->x, False);
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < 300 && ended == 0; ++i) {
        x_pause_100_ms();
        ended = waitpid(bench->program, &status, WNOHANG);
    }
    assert_int_equal(ended, bench->program);
    bench->program = 0;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    x_log_expect(errors, "X server: ", 2);
    x_log_expect(errors, "the picture cannot be drawn", 1);
}

/* Another monitor is there instead: the window does not cover it, where another display may be. */
static void test_it_does_not_take_another_monitor(void **state)
{
    struct bench *bench = *state;
    if (bench->server == 0) {
        skip();
    }
    start(bench, "other");
    x_log_expect(errors, "monitor DP-7 is not there (there is: screen)", 1);
    x_log_expect(errors, "first picture", 1);
    expect_size(bench, 640, 480);
    expect_amber(bench, true);
    stop(bench);
}

/* Nothing that a window manager does to the window's size ends the display, and its picture fills
 * the window. */
static void test_any_size(void **state)
{
    struct bench *bench = *state;
    if (bench->server == 0) {
        skip();
    }
    static const int sizes[][2] = {{1, 1},     {2, 700},  {900, 3},     {64, 64},
                                   {640, 480}, {700, 40}, {3840, 2160}, {1280, 720}};
    start(bench, "small");
    x_log_expect(errors, "first picture", 1);
    XWindowAttributes shape = {0};
    const Window window = find_window(bench, &shape);
    assert_true(window != 0);
    (void)XMoveWindow(bench->x, window, 0, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        const int width = sizes[i][0];
        const int height = sizes[i][1];
        (void)XResizeWindow(bench->x, window, (unsigned)width, (unsigned)height);
        (void)XSync(bench->x, False);
        bool whole = false;
        for (int k = 0; k < 300 && !whole; ++k) {
            x_pause_100_ms();
            int status = 0;
            if (waitpid(bench->program, &status, WNOHANG) != 0) {
                bench->program = 0;
                fail_msg("at %d x %d the display ended: %d", width, height, WEXITSTATUS(status));
            }
            whole = width < 640 || height < 480 ? k > 5 : is_whole(bench, width, height);
        }
        if (!whole) {
            fail_msg("the picture does not fill %d x %d", width, height);
        }
    }
    stop(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_goes_to_its_monitor_when_that_comes, open_server,
                                        close_server),
        cmocka_unit_test_setup_teardown(test_without_opengl, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_what_the_server_refuses, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_any_size, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_it_does_not_take_another_monitor, open_server,
                                        close_server),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
