#include "window.h"

#include <epoxy/gl.h>
#include <epoxy/glx.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blanking.h"
#include "flat_present.h"
#include "image.h"
#include "nav/log.h"
#include "nav/time.h"
#include "watchdog.h"

static const int64_t frame_ns = NAV_NS_PER_S / 60;
static const int64_t idle_ns = 50 * NAV_NS_PER_MS;
static const int64_t slice_ns = 8 * NAV_NS_PER_MS;
static const int64_t writing_ns = 10 * NAV_NS_PER_S; /* a screenshot on a slow disk */

struct rnd_window {
    struct rnd_window_options options;
    GLFWwindow *handle;
    atomic_bool wake_pending;
    bool frame_wanted;
    bool partial;              /* parts of the back buffer are shown, it is never swapped */
    bool back_buffer_lost;     /* its content is not the last picture */
    struct rnd_screen *screen; /* while it runs */
    int width_px, height_px;   /* of the last frame */
    double cursor_x, cursor_y;
    int windowed[4]; /* position and size to come back to from full screen */
    unsigned screenshots;
    bool shown;                    /* a picture, at least once */
    struct rnd_watchdog *watchdog; /* while it runs */
};

static GLFWmonitor *find_monitor(const char *name)
{
    int count = 0;
    GLFWmonitor **monitors = glfwGetMonitors(&count);
    if (name == NULL || name[0] == '\0') {
        return glfwGetPrimaryMonitor();
    }
    for (int i = 0; i < count; ++i) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%d", i + 1);
        if (strcmp(name, glfwGetMonitorName(monitors[i])) == 0 || strcmp(name, number) == 0) {
            return monitors[i];
        }
    }
    return NULL;
}

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

static void toggle_fullscreen(struct rnd_window *window)
{
    if (glfwGetWindowMonitor(window->handle) != NULL) {
        glfwSetWindowMonitor(window->handle, NULL, window->windowed[0], window->windowed[1],
                             window->windowed[2], window->windowed[3], GLFW_DONT_CARE);
        return;
    }
    GLFWmonitor *monitor = find_monitor(window->options.monitor);
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

static void on_key(GLFWwindow *handle, int key, int scancode, int action, int modifiers)
{
    (void)scancode;
    (void)modifiers;
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    if (action == GLFW_RELEASE || window->screen == NULL) {
        return;
    }
    window->frame_wanted = true;
    const double turn_px = 24.0;
    switch (key) {
    case GLFW_KEY_R:
    case GLFW_KEY_HOME:
        rnd_screen_reset_view(window->screen);
        break;
    case GLFW_KEY_SPACE:
    case GLFW_KEY_PAGE_DOWN:
        rnd_screen_next_view(window->screen);
        break;
    case GLFW_KEY_C:
        rnd_screen_next_cut(window->screen);
        break;
    case GLFW_KEY_S:
        rnd_screen_toggle_sections(window->screen);
        break;
    case GLFW_KEY_H:
    case GLFW_KEY_F1:
    case GLFW_KEY_SLASH:
        rnd_screen_toggle_help(window->screen);
        break;
    case GLFW_KEY_F:
    case GLFW_KEY_F11:
        if (action == GLFW_PRESS) {
            toggle_fullscreen(window);
        }
        break;
    case GLFW_KEY_P:
        if (action == GLFW_PRESS) {
            save_screenshot(window);
        }
        break;
    case GLFW_KEY_EQUAL:
    case GLFW_KEY_KP_ADD:
        rnd_screen_zoom(window->screen, 1.0);
        break;
    case GLFW_KEY_MINUS:
    case GLFW_KEY_KP_SUBTRACT:
        rnd_screen_zoom(window->screen, -1.0);
        break;
    case GLFW_KEY_LEFT:
        rnd_screen_orbit(window->screen, -turn_px, 0.0);
        break;
    case GLFW_KEY_RIGHT:
        rnd_screen_orbit(window->screen, turn_px, 0.0);
        break;
    case GLFW_KEY_UP:
        rnd_screen_orbit(window->screen, 0.0, -turn_px);
        break;
    case GLFW_KEY_DOWN:
        rnd_screen_orbit(window->screen, 0.0, turn_px);
        break;
    default:
        break;
    }
}

static void on_cursor(GLFWwindow *handle, double x, double y)
{
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    int width = 0;
    int height = 0;
    int pixels_wide = 0;
    int pixels_high = 0;
    glfwGetWindowSize(handle, &width, &height);
    glfwGetFramebufferSize(handle, &pixels_wide, &pixels_high);
    const double scale = width > 0 ? (double)pixels_wide / width : 1.0;
    const double right = (x - window->cursor_x) * scale;
    const double down = (y - window->cursor_y) * scale;
    window->cursor_x = x;
    window->cursor_y = y;
    if (window->screen == NULL) {
        return;
    }
    if (glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS) {
        rnd_screen_orbit(window->screen, right, down);
        window->frame_wanted = true;
    } else if (glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_MIDDLE) == GLFW_PRESS ||
               glfwGetMouseButton(handle, GLFW_MOUSE_BUTTON_RIGHT) == GLFW_PRESS) {
        rnd_screen_pan(window->screen, right, down);
        window->frame_wanted = true;
    }
}

static void on_scroll(GLFWwindow *handle, double x, double y)
{
    (void)x;
    struct rnd_window *window = glfwGetWindowUserPointer(handle);
    if (window->screen != NULL) {
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
    atomic_init(&window->wake_pending, false);
    (void)glfwSetErrorCallback(on_error);
    if (!glfwInit()) {
        free(window);
        return NAV_ERR_NOT_FOUND;
    }
    GLFWmonitor *monitor = find_monitor(options->monitor);
    if (monitor == NULL) {
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
    (void)glfwSetKeyCallback(window->handle, on_key);
    (void)glfwSetCursorPosCallback(window->handle, on_cursor);
    (void)glfwSetScrollCallback(window->handle, on_scroll);
    (void)glfwSetWindowRefreshCallback(window->handle, on_refresh);
    glfwGetCursorPos(window->handle, &window->cursor_x, &window->cursor_y);
    if (!options->flat) {
        glfwMakeContextCurrent(window->handle);
        glfwSwapInterval(1);
        window->partial = can_present_parts();
    }
    window->back_buffer_lost = true;
    if (options->fullscreen) {
        go_fullscreen(window, monitor);
    }
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
    if (window->handle != NULL) {
        glfwDestroyWindow(window->handle);
    }
    glfwTerminate();
    free(window);
}

void rnd_window_wake(void *window)
{
    struct rnd_window *self = window;
    if (!atomic_exchange(&self->wake_pending, true)) {
        glfwPostEmptyEvent();
    }
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
        return;
    }
    Display *display = glXGetCurrentDisplay();
    const GLXDrawable drawable = glXGetCurrentDrawable();
    for (size_t i = 0; i < count; ++i) {
        glXCopySubBufferMESA(display, drawable, rects[i].x, height - rects[i].y - rects[i].h,
                             rects[i].w, rects[i].h);
    }
}

static enum nav_status draw_frame(struct rnd_window *window, struct rnd_feed *feed,
                                  const struct nav_clock *clock, struct nav_scene *scene)
{
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
    }
    enum nav_status status = rnd_screen_resize(window->screen, width, height);
    if (status != NAV_OK) {
        return status;
    }
    rnd_watchdog_promise(window->watchdog, rnd_screen_patience_ns(window->screen));
    struct rnd_moment moment = {.utc_ns = nav_utc_now_ns(), .clock = clock, .budget_ns = slice_ns};
    moment.scene = rnd_feed_take(feed, scene, &moment.core_alive) == NAV_OK ? scene : NULL;
    moment.now_ns = nav_clock_now_ns(clock);
    status = rnd_screen_draw(window->screen, &moment);
    if (status != NAV_OK) {
        return status == NAV_AGAIN ? NAV_OK : status;
    }
    present(window, width, height);
    if (!window->shown) {
        window->shown = true;
        nav_log_info("display", "first picture, %d x %d, drawn by %s", width, height,
                     window->options.flat ? "Cairo, without 3D" : rnd_view3d_renderer());
    }
    rnd_screen_presented(window->screen, nav_clock_now_ns(clock));
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
    window->frame_wanted = true;
    int64_t next_ns = nav_clock_now_ns(&clock);
    int64_t asked_ns = 0;
    while (status == NAV_OK && !glfwWindowShouldClose(window->handle) && !*stop) {
        int64_t now_ns = nav_clock_now_ns(&clock);
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
        next_ns = now_ns + frame_ns;
        status = draw_frame(window, feed, &clock, scene);
        rnd_watchdog_promise(window->watchdog, rnd_screen_patience_ns(screen));
        window->frame_wanted = rnd_screen_is_behind(screen);
    }
    rnd_screen_finished(screen, nav_clock_now_ns(&clock));
    window->screen = NULL;
    rnd_watchdog_destroy(window->watchdog);
    window->watchdog = NULL;
    free(scene);
    return status;
}
