/* Brings a flat screen's picture to a window without OpenGL: Cairo on X11. Thread: main. */
#ifndef RND_FLAT_PRESENT_H
#define RND_FLAT_PRESENT_H

#include <stddef.h>
#include <stdint.h>

#include "rect.h"

struct GLFWwindow;

/* `pixels` as of CAIRO_FORMAT_RGB24, of the window's size; copies the rectangles. */
void rnd_flat_present(struct GLFWwindow *window, const uint8_t *pixels, int stride, int width_px,
                      int height_px, const struct rnd_rect *rects, size_t count);

#endif
