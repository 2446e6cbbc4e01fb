#include "window.h"

#include <epoxy/gl.h>
#include <epoxy/glx.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blanking.h"
#include "flat_present.h"
#include "frame_log.h"
#include "frame_pace.h"
#include "image.h"
#include "monitor.h"
#include "nav/log.h"
#include "nav/time.h"
#include "watchdog.h"
#include "x_errors.h"

static const int64_t asking_ns = 5 * NAV_NS_PER_MS; /* where there was nothing new to show */
static const int64_t idle_ns = 50 * NAV_NS_PER_MS;
static const int64_t slice_ns = 8 * NAV_NS_PER_MS;
static const int64_t failing_ns = 2 * NAV_NS_PER_S;  /* that each frame may fail at the X server */
static const int64_t writing_ns = 10 * NAV_NS_PER_S; /* a screenshot on a slow disk */

struct rnd_window {
    struct rnd_window_options options;
    GLFWwindow *handle;
    atomic_bool wake_pending;
    bool frame_wanted;
    bool partial;                /* parts of the back buffer are shown, it is never swapped */
    unsigned swaps_due;          /* frames until the back buffer has the window's size */
    bool back_buffer_lost;       /* its content is not the last picture */
    struct rnd_screen *screen;   /* while it runs */
    int width_px, height_px;     /* of the last frame */
    double cursor_x, cursor_y;   /* of the window, not its pixels */
    double pressed_x, pressed_y; /* where a button went down */
    bool dragged;                /* farther from there than a click goes */
    enum nav_act on_button;      /* pressed, until it is let go */
    int64_t scrolled_ns;
    int windowed[4];   /* position and size to come back to from full screen */
    bool missing;      /* the monitor that it is meant for is not there */
    unsigned x_errors; /* at the last frame */
    int64_t good_ns;   /* the last frame that came without a new one; 0: none yet */
    unsigned screenshots;
    bool shown;                    /* a picture, at least once */
    struct rnd_watchdog *watchdog; /* while it runs */
    struct rnd_frame_log *log;     /* NULL: none is kept */
    struct rnd_pace pace;
};

static void go_fullscreen(struct rnd_window *window, GLFWmonitor *monitor)
{
    const GLFWvidmode *mode = glfwGetVideoMode(monitor);
    if (mode == NULL) {
        return;
    }
    glfwGetWindowPos(window->handle, &window->windowed[0], &window->windowed[1]);
    glfwGetWindowSize(window->handle, &window->windowed[2], &window->windowed[3]);
    glfwSetWindowMonitor(window->handle, monitor, 0, 0, mode->width, mode->height,
                         mode->refreshRate);
}

/* The window that monitors come and go for: GLFW tells nobody in particular. */
static struct rnd_window *watching;

/* To its monitor, in full screen or not as it was asked for; where that is not there, into a window
 * on what there is, which must not hide another display. */
static void go_to_monitor(struct rnd_window *window)
{
    const char *name = window->options.monitor;
    GLFWmonitor *monitor = rnd_monitor_find(name);
    const bool missing = rnd_monitor_is_missing(name);
    if (missing && !window->missing) {
        rnd_monitor_log_missing(name);
    }
    window->missing = missing;
    if (window->screen != NULL) {
        rnd_screen_set_missing_monitor(window->screen, missing ? name : NULL);
    }
    if (glfwGetWindowMonitor(window->handle) != NULL) {
        return;
    }
    if (monitor != NULL && window->options.fullscreen) {
        go_fullscreen(window, monitor);
        return;
    }
    if (missing) { /* not as large as the monitor that was lost, nor where GLFW leaves it then */
        glfwSetWindowSize(window->handle, window->options.width_px, window->options.height_px);
    }
    rnd_monitor_place(monitor != NULL ? monitor : glfwGetPrimaryMonitor(), window->handle);
}

/* A monitor that is unplugged leaves the window without GLFW's full screen. */
static void on_monitor(GLFWmonitor *monitor, int event)
{
    struct rnd_window *window = watching;
    if (window == NULL) {
        return;
    }
    const char *name = glfwGetMonitorName(monitor);
    nav_log_warning("display", "monitor %s %s", name != NULL ? name : "?",
                    event == GLFW_CONNECTED ? "connected" : "disconnected");
    window->frame_wanted = true;
    window->back_buffer_lost = true;
    if (window->screen != NULL) {
        rnd_screen_invalidate(window->screen);
    }
    go_to_monitor(window);
}

static void toggle_fullscreen(struct rnd_window *window)
{
    if (glfwGetWindowMonitor(window->handle) != NULL) {
        glfwSetWindowMonitor(window->handle, NULL, window->windowed[0], window->windowed[1],
                             window->windowed[2], window->windowed[3], GLFW_DONT_CARE);
        return;
    }
    GLFWmonitor *monitor = rnd_monitor_find(window->options.monitor);
    if (monitor != NULL) {
        go_fullscreen(window, monitor);
    }
}

static void save_screenshot(struct rnd_window *window)
{
    int width = 0;
    int height = 0;
    glfwGetFramebufferSize(window->handle, &width, &height);
    if (width < 1 || height < 1) {
        return;
    }
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    if (rgb == NULL) {
        return;
    }
    rnd_screen_read(window->screen, rgb);
    char path[4096];
    const time_t now = time(NULL);
    rnd_watchdog_promise(window->watchdog, writing_ns);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    char stamp[32];
    (void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
    (void)snprintf(path, sizeof(path), "%s/osteonav-%s-%u.png", window->options.screenshot_folder,
                   stamp, ++window->screenshots);
    if (rnd_image_write_png(path, rgb, width, height) == NAV_OK) {
        nav_log_info("display", "screenshot saved: %s", path);
    } else {
        nav_log_error("display", "cannot write the screenshot %s", path);
    }
    free(rgb);
}

static enum nav_key key_of(int key)
{
    static const struct {
        int first, last; /* of GLFW, one after the other */
        enum nav_key key;
    } rows[] = {
        {GLFW_KEY_A, GLFW_KEY_Z, NAV_KEY_A},
        {GLFW_KEY_0, GLFW_KEY_9, NAV_KEY_0},
        {GLFW_KEY_F1, GLFW_KEY_F24, NAV_KEY_F1},
        {GLFW_KEY_KP_0, GLFW_KEY_KP_9, NAV_KEY_PAD_0},
        {GLFW_KEY_SPACE, GLFW_KEY_SPACE, NAV_KEY_SPACE},
        {GLFW_KEY_ENTER, GLFW_KEY_ENTER, NAV_KEY_ENTER},
        {GLFW_KEY_TAB, GLFW_KEY_TAB, NAV_KEY_TAB},
        {GLFW_KEY_BACKSPACE, GLFW_KEY_BACKSPACE, NAV_KEY_BACKSPACE},
        {GLFW_KEY_INSERT, GLFW_KEY_INSERT, NAV_KEY_INSERT},
        {GLFW_KEY_DELETE, GLFW_KEY_DELETE, NAV_KEY_DELETE},
        {GLFW_KEY_HOME, GLFW_KEY_HOME, NAV_KEY_HOME},
        {GLFW_KEY_END, GLFW_KEY_END, NAV_KEY_END},
        {GLFW_KEY_PAGE_UP, GLFW_KEY_PAGE_UP, NAV_KEY_PAGE_UP},
        {GLFW_KEY_PAGE_DOWN, GLFW_KEY_PAGE_DOWN, NAV_KEY_PAGE_DOWN},
        {GLFW_KEY_LEFT, GLFW_KEY_LEFT, NAV_KEY_LEFT},
        {GLFW_KEY_RIGHT, GLFW_KEY_RIGHT, NAV_KEY_RIGHT},
        {GLFW_KEY_UP, GLFW_KEY_UP, NAV_KEY_UP},
        {GLFW_KEY_DOWN, GLFW_KEY_DOWN, NAV_KEY_DOWN},
        {GLFW_KEY_MINUS, GLFW_KEY_MINUS, NAV_KEY_MINUS},
        {GLFW_KEY_EQUAL, GLFW_KEY_EQUAL, NAV_KEY_PLUS},
        {GLFW_KEY_COMMA, GLFW_KEY_COMMA, NAV_KEY_COMMA},
        {GLFW_KEY_PERIOD, GLFW_KEY_PERIOD, NAV_KEY_PERIOD},
        {GLFW_KEY_SLASH, GLFW_KEY_SLASH, NAV_KEY_SLASH},
        {GLFW_KEY_KP_ADD, GLFW_KEY_KP_ADD, NAV_KEY_PAD_PLUS},
        {GLFW_KEY_KP_SUBTRACT, GLFW_KEY_KP_SUBTRACT, NAV_KEY_PAD_MINUS},
        {GLFW_KEY_KP_ENTER, GLFW_KEY_KP_ENTER, NAV_KEY_PAD_ENTER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        if (key >= rows[i].first && key <= rows[i].last) {
            return (enum nav_key)((int)rows[i].key + key - rows[i].first);
        }
    }
    return NAV_KEY_NONE;
}

/* What a key, a pedal or a button asks for; `again`: it is held down, which repeats only what goes
 * by steps. */
static void act(struct rnd_window *window, enum nav_act asked, bool again)
{
    window->frame_wanted = true;
    if (rnd_screen_act(window->screen, asked, again) || again) {
        return;
    }
    switch (asked) {
    case NAV_ACT_FULL_SCREEN:
        toggle_fullscreen(window);
        break;
    case NAV_ACT_SCREENSHOT:
        save_screenshot(window);
        break;
    case NAV_ACT_ACKNOWLEDGE:
        if (window->options.acknowledge != NULL) {
            window->options.acknowledge(window->options.acknowledge_context);
        }
        break;
    default:
        break;
    }
}

static void on_key(GLFWwindow *handle, int key, int scancode, int action, int modifiers)
{
    (void)scancode;
    (void)modifiers;
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    if (action != GLFW_RELEASE && window->screen != NULL) {
        act(window, (enum nav_act)window->options.keys.act[key_of(key)], action == GLFW_REPEAT);
    }
}

/* A hand shakes a little: it drags from a few pixels on. Then all of the way counts, and the state
 * before is what undo comes back to. */
static bool begins_to_drag(struct rnd_window *window)
{
    static const double click_px = 6.0;
    const double way =
        hypot(window->cursor_x - window->pressed_x, window->cursor_y - window->pressed_y);
    bool down = false;
    for (int button = GLFW_MOUSE_BUTTON_LEFT; button <= GLFW_MOUSE_BUTTON_MIDDLE; ++button) {
        down = down || glfwGetMouseButton(window->handle, button) == GLFW_PRESS;
    }
    if (window->on_button != NAV_ACT_NONE) {
        return false;
    }
    if (down && !window->dragged && way > click_px) {
        window->dragged = true;
        rnd_screen_keep(window->screen);
    }
    return down && window->dragged;
}

/* Pixels of the picture for one of the window. */
static double pixel_scale(GLFWwindow *handle)
{
    int width = 0;
    int height = 0;
    int pixels_wide = 0;
    int pixels_high = 0;
    glfwGetWindowSize(handle, &width, &height);
    glfwGetFramebufferSize(handle, &pixels_wide, &pixels_high);
    return width > 0 ? (double)pixels_wide / width : 1.0;
}

static void on_cursor(GLFWwindow *handle, double x, double y)
{
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    const double scale = pixel_scale(handle);
    const double right = (x - window->cursor_x) * scale;
    const double down = (y - window->cursor_y) * scale;
    window->cursor_x = x;
    window->cursor_y = y;
    if (window->screen == NULL) {
        return;
    }
    if (!begins_to_drag(window)) {
        return;
    }
    if (glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS) {
        rnd_screen_drag(window->screen, right, down);
        window->frame_wanted = true;
    } else if (glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_MIDDLE) == GLFW_PRESS ||
               glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_RIGHT) == GLFW_PRESS) {
        rnd_screen_pan(window->screen, right, down);
        window->frame_wanted = true;
    }
}

/* A click is a press that was not dragged. */
static void on_button(GLFWwindow *handle, int button, int action, int modifiers)
{
    (void)modifiers;
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    if (window->screen == NULL) {
        return;
    }
    const double scale = pixel_scale(handle);
    const double x = window->cursor_x * scale;
    const double y = window->cursor_y * scale;
    if (action == GLFW_PRESS) {
        window->pressed_x = window->cursor_x;
        window->pressed_y = window->cursor_y;
        window->dragged = false;
        window->on_button = rnd_screen_button_at(window->screen, x, y);
        return;
    }
    const enum nav_act button_pressed = window->on_button;
    window->on_button = NAV_ACT_NONE;
    if (button_pressed != NAV_ACT_NONE) {
        if (rnd_screen_button_at(window->screen, x, y) == button_pressed) {
            act(window, button_pressed, false);
        }
    } else if (button == GLFW_MOUSE_BUTTON_LEFT && !window->dragged) {
        (void)rnd_screen_measure_at(window->screen, x, y);
        window->frame_wanted = true;
    }
}

static void on_scroll(GLFWwindow *handle, double x, double y)
{
    (void)x;
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    if (window->screen != NULL) {
        /* One turn of the wheel, however many steps, is one change for undo. */
        const struct nav_clock clock = nav_clock_monotonic();
        const int64_t now_ns = nav_clock_now_ns(&clock);
        if (now_ns - window->scrolled_ns > NAV_NS_PER_S) {
            rnd_screen_keep(window->screen);
        }
        window->scrolled_ns = now_ns;
        rnd_screen_zoom(window->screen, y);
        window->frame_wanted = true;
    }
}

static void on_refresh(GLFWwindow *handle)
{
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    window->frame_wanted = true;
    window->back_buffer_lost = true;
    if (window->screen != NULL) {
        rnd_screen_invalidate(window->screen);
    }
}

static void on_error(int code, const char *text)
{
    nav_log_warning("display", "window system: %s (0x%x)", text, (unsigned)code);
}

static GLFWwindow *open_window(const struct rnd_window_options *options, int major, int minor)
{
    glfwDefaultWindowHints();
    /* A size is meant for a monitor of the usual density: type is as large on any other. */
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    if (options->flat) {
        glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
        return glfwCreateWindow(options->width_px, options->height_px, "osteonav", NULL, NULL);
    }
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, major);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, minor);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_DEPTH_BITS, 0);
    glfwWindowHint(GLFW_STENCIL_BITS, 0);
    return glfwCreateWindow(options->width_px, options->height_px, "osteonav", NULL, NULL);
}

/* Whether parts of the back buffer can be shown without giving it away. Worth it only where copies
 * are the processor's work. */
static bool can_present_parts(void)
{
    const char *renderer = (const char *)glGetString(GL_RENDERER);
    if (renderer == NULL ||
        (strstr(renderer, "llvmpipe") == NULL && strstr(renderer, "softpipe") == NULL)) {
        return false;
    }
    Display *display = glXGetCurrentDisplay(); /* NULL where the context is not GLX's */
    return display != NULL &&
           epoxy_has_glx_extension(display, DefaultScreen(display), "GLX_MESA_copy_sub_buffer");
}

enum nav_status rnd_window_create(const struct rnd_window_options *options,
                                  struct rnd_window **out_window)
{
    struct rnd_window *window = calloc(1, sizeof(*window));
    if (window == NULL) {
        return NAV_ERR_MEMORY;
    }
    window->options = *options;
    if (options->frame_log != NULL) {
        const enum nav_status status = rnd_frame_log_create(options->frame_log, &window->log);
        if (status != NAV_OK) {
            free(window);
            return status;
        }
    }
    atomic_init(&window->wake_pending, false);
    (void)glfwSetErrorCallback(on_error);
    if (!glfwInit()) {
        rnd_window_destroy(window);
        return NAV_ERR_NOT_FOUND;
    }
    window->handle = open_window(options, 4, 3);
    if (window->handle == NULL && !options->flat) {
        window->handle = open_window(options, 3, 2);
    }
    if (window->handle == NULL) {
        rnd_window_destroy(window);
        return NAV_ERR_UNSUPPORTED;
    }
    glfwSetWindowUserPointer(window->handle, window);
    watching = window;
    (void)glfwSetMonitorCallback(on_monitor);
    (void)glfwSetKeyCallback(window->handle, on_key);
    (void)glfwSetCursorPosCallback(window->handle, on_cursor);
    (void)glfwSetMouseButtonCallback(window->handle, on_button);
    (void)glfwSetScrollCallback(window->handle, on_scroll);
    (void)glfwSetWindowRefreshCallback(window->handle, on_refresh);
    glfwGetCursorPos(window->handle, &window->cursor_x, &window->cursor_y);
    if (!options->flat) {
        glfwMakeContextCurrent(window->handle);
        glfwSwapInterval(1);
        window->partial = can_present_parts();
    }
    window->back_buffer_lost = true;
    go_to_monitor(window);
    if (!rnd_blanking_inhibit()) {
        nav_log_warning("display", "the X server does not let blanking be inhibited; switch screen "
                                   "saver and power saving off");
    }
    *out_window = window;
    return NAV_OK;
}

void rnd_window_destroy(struct rnd_window *window)
{
    if (window == NULL) {
        return;
    }
    if (watching == window) {
        watching = NULL;
    }
    if (window->handle != NULL) {
        glfwDestroyWindow(window->handle);
    }
    glfwTerminate();
    rnd_frame_log_destroy(window->log);
    free(window);
}

void rnd_window_wake(void *window)
{
    struct rnd_window *self = window;
    if (!atomic_exchange(&self->wake_pending, true)) {
        glfwPostEmptyEvent();
    }
}

/* How long the window's monitor shows a picture; 0: swaps are not held for it. */
static int64_t monitor_period_ns(const struct rnd_window *window)
{
    if (window->partial || window->options.flat) {
        return 0;
    }
    GLFWmonitor *monitor = glfwGetWindowMonitor(window->handle);
    monitor = monitor != NULL ? monitor : glfwGetPrimaryMonitor();
    const GLFWvidmode *mode = monitor != NULL ? glfwGetVideoMode(monitor) : NULL;
    return mode != NULL && mode->refreshRate > 0 ? NAV_NS_PER_S / mode->refreshRate : 0;
}

/* Brings the picture to the window. Where OpenGL is software, only what changed: a copy of it from
 * the back buffer, which then always holds the last picture. */
static void present(struct rnd_window *window, int width, int height)
{
    size_t count = 0;
    const struct rnd_rect *rects = rnd_screen_damage(window->screen, &count);
    const struct rnd_rect all = {0, 0, width, height};
    if (window->back_buffer_lost || (!window->partial && !window->options.flat)) {
        window->back_buffer_lost = false;
        rects = &all;
        count = 1;
    }
    if (window->options.flat) {
        int stride = 0;
        const uint8_t *pixels = rnd_screen_pixels(window->screen, &stride);
        if (pixels != NULL) {
            rnd_flat_present(window->handle, pixels, stride, width, height, rects, count);
        }
        return;
    }
    rnd_screen_present(window->screen, 0, rects, count);
    if (!window->partial) {
        glfwSwapBuffers(window->handle);
        glFinish(); /* what is shown is shown now: drivers let swaps queue up */
        return;
    }
    if (window->swaps_due > 0) { /* only after a swap does Mesa look for a new size */
        --window->swaps_due;
        glfwSwapBuffers(window->handle);
        window->back_buffer_lost = true;
        rnd_screen_invalidate(window->screen);
        return;
    }
    Display *display = glXGetCurrentDisplay();
    const GLXDrawable drawable = glXGetCurrentDrawable();
    for (size_t i = 0; i < count; ++i) {
        glXCopySubBufferMESA(display, drawable, rects[i].x, height - rects[i].y - rects[i].h,
                             rects[i].w, rects[i].h);
    }
}

/* How long the next frame may take. The first ones of a new size go to the window whole. */
static int64_t patience_ns(const struct rnd_window *window)
{
    static const int64_t resizing_ns = 20 * NAV_NS_PER_S;
    return window->swaps_due > 0 ? resizing_ns : rnd_screen_patience_ns(window->screen);
}

/* What the X server did not take is not on the screen: everything again. NAV_ERR_IO: it takes
 * nothing any more. */
static enum nav_status look_for_x_errors(struct rnd_window *window, int64_t now_ns)
{
    rnd_x_errors_watch();
    const unsigned errors = rnd_x_errors_count();
    if (errors == window->x_errors || window->good_ns == 0) {
        window->good_ns = now_ns;
        window->x_errors = errors;
        return NAV_OK;
    }
    window->x_errors = errors;
    window->back_buffer_lost = true;
    rnd_screen_invalidate(window->screen);
    return now_ns - window->good_ns > failing_ns ? NAV_ERR_IO : NAV_OK;
}

static enum nav_status draw_frame(struct rnd_window *window, struct rnd_feed *feed,
                                  const struct nav_clock *clock, struct nav_scene *scene)
{
    enum nav_status status = look_for_x_errors(window, nav_clock_now_ns(clock));
    if (status != NAV_OK) {
        return status;
    }
    int width = 0;
    int height = 0;
    glfwGetFramebufferSize(window->handle, &width, &height);
    if (width < 1 || height < 1) {
        return NAV_OK; /* minimised: nothing to draw on */
    }
    if (width != window->width_px || height != window->height_px) {
        window->width_px = width;
        window->height_px = height;
        window->back_buffer_lost = true;
        window->swaps_due = 2;
    }
    status = rnd_screen_resize(window->screen, width, height);
    if (status != NAV_OK) {
        return status;
    }
    rnd_watchdog_promise(window->watchdog, patience_ns(window));
    struct rnd_moment moment = {.utc_ns = nav_utc_now_ns(), .clock = clock, .budget_ns = slice_ns};
    moment.scene = rnd_feed_take(feed, scene, &moment.core_alive) == NAV_OK ? scene : NULL;
    moment.cut_map = moment.scene != NULL ? rnd_feed_cut_map(feed, scene) : NULL;
    moment.now_ns = nav_clock_now_ns(clock);
    status = rnd_screen_draw(window->screen, &moment);
    if (status != NAV_OK) {
        return status == NAV_AGAIN ? NAV_OK : status;
    }
    const int64_t ready_ns = nav_clock_now_ns(clock);
    present(window, width, height);
    if (!window->shown) {
        window->shown = true;
        nav_log_info("display", "first picture, %d x %d, drawn by %s", width, height,
                     window->options.flat ? "Cairo, without 3D" : rnd_view3d_renderer());
    }
    const struct rnd_frame_line line = {
        .begun_ns = moment.now_ns,
        .shown_ns = nav_clock_now_ns(clock),
        .arrival_ns = rnd_screen_arrival_ns(window->screen),
        .whole = !rnd_screen_is_behind(window->screen),
        .scene_seq = moment.scene != NULL ? moment.scene->seq : 0,
    };
    rnd_screen_presented(window->screen, line.shown_ns);
    rnd_frame_log_add(window->log, &line);
    rnd_pace_shown(&window->pace, line.begun_ns, ready_ns, line.shown_ns);
    return NAV_OK;
}

enum nav_status rnd_window_run(struct rnd_window *window, struct rnd_screen *screen,
                               struct rnd_feed *feed, const volatile sig_atomic_t *stop)
{
    const struct nav_clock clock = nav_clock_monotonic();
    struct nav_scene *scene = calloc(1, sizeof(*scene));
    if (scene == NULL) {
        return NAV_ERR_MEMORY;
    }
    enum nav_status status = rnd_watchdog_create(&window->watchdog);
    if (status != NAV_OK) {
        free(scene);
        return status;
    }
    window->screen = screen;
    rnd_screen_set_missing_monitor(screen, window->missing ? window->options.monitor : NULL);
    window->frame_wanted = true;
    int64_t asked_ns = 0;
    while (status == NAV_OK && !glfwWindowShouldClose(window->handle) && !*stop) {
        int64_t now_ns = nav_clock_now_ns(&clock);
        const int64_t pace_ns = rnd_pace_next_ns(&window->pace);
        const int64_t next_ns = pace_ns > asked_ns + asking_ns ? pace_ns : asked_ns + asking_ns;
        const int64_t due_ns = window->frame_wanted ? next_ns : asked_ns + idle_ns;
        if (due_ns > now_ns) {
            glfwWaitEventsTimeout((double)(due_ns - now_ns) / (double)NAV_NS_PER_S);
        } else {
            glfwPollEvents();
        }
        if (atomic_exchange(&window->wake_pending, false)) {
            window->frame_wanted = true;
        }
        now_ns = nav_clock_now_ns(&clock);
        if (now_ns - asked_ns >= idle_ns) {
            window->frame_wanted = true;
        }
        if (!window->frame_wanted || now_ns < next_ns) {
            continue;
        }
        window->frame_wanted = false;
        asked_ns = now_ns;
        window->pace.period_ns = monitor_period_ns(window);
        status = draw_frame(window, feed, &clock, scene);
        rnd_watchdog_promise(window->watchdog, patience_ns(window));
        window->frame_wanted = rnd_screen_is_behind(screen);
    }
    rnd_screen_finished(screen, nav_clock_now_ns(&clock));
    window->screen = NULL;
    rnd_watchdog_destroy(window->watchdog);
    window->watchdog = NULL;
    free(scene);
    return status;
}
