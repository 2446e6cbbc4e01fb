// Which structure a pixel shows first, and how deep: the static parts drawn once more into one
// pixel, each structure counted. The context is current in every call.
#ifndef RND_PICK_PASS_HPP
#define RND_PICK_PASS_HPP

#include <vector>

#include "static_cache.hpp"

struct Picked {
    bool hit;
    size_t structure;
    float depth; // of the depth buffer, 0 to 1
};

// A part that may be picked at all, of a picture of that size, from the renderer's active camera;
// pixels count from the bottom left.
Picked pick_pixel(vtkOpenGLRenderer *renderer, const std::vector<const StaticPart *> &parts,
                  int width, int height, int x, int y);

#endif
