#include "flat_present.h"

#include <cairo-xlib.h>

#define GLFW_INCLUDE_NONE
#define GLFW_EXPOSE_NATIVE_X11
#include <GLFW/glfw3.h>
#include <GLFW/glfw3native.h>

void rnd_flat_present(struct GLFWwindow *window, const uint8_t *pixels, int stride, int width_px,
                      int height_px, const struct rnd_rect *rects, size_t count)
{
    Display *display = glfwGetX11Display();
    const Window handle = glfwGetX11Window(window);
    XWindowAttributes attributes;
    if (display == NULL || XGetWindowAttributes(display, handle, &attributes) == 0) {
        return;
    }
    cairo_surface_t *target =
        cairo_xlib_surface_create(display, handle, attributes.visual, width_px, height_px);
    /* Cairo takes what it only reads as writable, too. */
    cairo_surface_t *source = cairo_image_surface_create_for_data(
        (unsigned char *)(uintptr_t)pixels, CAIRO_FORMAT_RGB24, width_px, height_px, stride);
    cairo_t *cr = cairo_create(target);
    for (size_t i = 0; i < count; ++i) {
        cairo_rectangle(cr, rects[i].x, rects[i].y, rects[i].w, rects[i].h);
    }
    cairo_set_source_surface(cr, source, 0.0, 0.0);
    cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
    cairo_fill(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(source);
    cairo_surface_flush(target);
    cairo_surface_destroy(target);
    /* Waits for the server: a picture that it does not take is a frozen one. */
    (void)XSync(display, False);
}
