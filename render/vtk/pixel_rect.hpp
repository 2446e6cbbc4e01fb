// A rectangle of a picture.
#ifndef RND_PIXEL_RECT_HPP
#define RND_PIXEL_RECT_HPP

struct PixelRect {
    int x, y, w, h; // from the bottom left
};

#endif
