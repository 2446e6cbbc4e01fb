#include "blanking.h"

#include <X11/extensions/scrnsaver.h>

#define GLFW_INCLUDE_NONE
#define GLFW_EXPOSE_NATIVE_X11
#include <GLFW/glfw3.h>
#include <GLFW/glfw3native.h>

bool rnd_blanking_inhibit(void)
{
    Display *display = glfwGetX11Display();
    int event_base = 0;
    int error_base = 0;
    int major = 0;
    int minor = 0;
    if (display == NULL || !XScreenSaverQueryExtension(display, &event_base, &error_base) ||
        XScreenSaverQueryVersion(display, &major, &minor) == 0) {
        return false;
    }
    /* Suspending came with version 1.1 of the extension. */
    if (major < 1 || (major == 1 && minor < 1)) {
        return false;
    }
    XScreenSaverSuspend(display, True);
    (void)XFlush(display);
    return true;
}
