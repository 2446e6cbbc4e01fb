/* The monitor that a display is meant for, by GLFW: found by its name or number; where it is not
 * there the window stands on another one, and goes to its own when that comes.
 * Thread: main, after glfwInit. */
#ifndef RND_MONITOR_H
#define RND_MONITOR_H

#include <stdbool.h>

struct GLFWmonitor;
struct GLFWwindow;

/* Its name, or "1", "2", ...; NULL or empty: the primary one. NULL: there is no such monitor, or
 * none at all. */
struct GLFWmonitor *rnd_monitor_find(const char *name);

/* Whether a monitor is named and is not there. */
bool rnd_monitor_is_missing(const char *name);

/* Brings a window that is not full screen into the middle of a monitor; to the screen's origin
 * where that is NULL. */
void rnd_monitor_place(struct GLFWmonitor *monitor, struct GLFWwindow *window);

/* To the log: the named monitor is missing, and which ones there are. */
void rnd_monitor_log_missing(const char *name);

#endif
