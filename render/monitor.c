#include "monitor.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <stdio.h>
#include <string.h>

#include "nav/log.h"
#include "text.h"

static bool is_named(const char *name)
{
    return name != NULL && name[0] != '\0';
}

GLFWmonitor *rnd_monitor_find(const char *name)
{
    int count = 0;
    GLFWmonitor **monitors = glfwGetMonitors(&count);
    if (!is_named(name)) {
        return glfwGetPrimaryMonitor();
    }
    for (int i = 0; i < count; ++i) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%d", i + 1);
        const char *own = glfwGetMonitorName(monitors[i]);
        if ((own != NULL && strcmp(name, own) == 0) || strcmp(name, number) == 0) {
            return monitors[i];
        }
    }
    return NULL;
}

bool rnd_monitor_is_missing(const char *name)
{
    return is_named(name) && rnd_monitor_find(name) == NULL;
}

void rnd_monitor_place(GLFWmonitor *monitor, GLFWwindow *window)
{
    int x = 0;
    int y = 0;
    int room[2] = {0, 0};
    int size[2] = {0, 0};
    if (monitor != NULL) {
        glfwGetMonitorWorkarea(monitor, &x, &y, &room[0], &room[1]);
    }
    glfwGetWindowSize(window, &size[0], &size[1]);
    const int right = room[0] > size[0] ? (room[0] - size[0]) / 2 : 0;
    const int down = room[1] > size[1] ? (room[1] - size[1]) / 2 : 0;
    glfwSetWindowPos(window, x + right, y + down);
}

void rnd_monitor_log_missing(const char *name)
{
    char known[512] = "";
    int count = 0;
    GLFWmonitor **monitors = glfwGetMonitors(&count);
    for (int i = 0; i < count; ++i) {
        const char *own = glfwGetMonitorName(monitors[i]);
        rnd_text_append(known, sizeof(known), i > 0 ? ", " : "");
        rnd_text_append(known, sizeof(known), own != NULL ? own : "?");
    }
    nav_log_warning("display",
                    "the display's monitor %s is not there (there is: %s); the display is in a "
                    "window on another one and moves when its own comes; plug it in, or correct "
                    "the case",
                    name, known[0] != '\0' ? known : "none");
}
