#include "x_errors.h"

#include <X11/Xlib.h>
#include <stdatomic.h>

#include "nav/log.h"

static atomic_uint count;

static int on_error(Display *display, XErrorEvent *event)
{
    char text[128] = "";
    (void)XGetErrorText(display, event->error_code, text, sizeof(text));
    atomic_fetch_add(&count, 1U);
    nav_log_warning("display", "X server: %s (request %u.%u); drawn anew", text,
                    (unsigned)event->request_code, (unsigned)event->minor_code);
    return 0;
}

void rnd_x_errors_watch(void)
{
    (void)XSetErrorHandler(on_error);
}

unsigned rnd_x_errors_count(void)
{
    return atomic_load(&count);
}
