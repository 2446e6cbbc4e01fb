// Tools drawn by the processor into a cache's picture, where OpenGL is software anyway: what
// soft_tools.h does, with what VTK's actors and a StaticCache hold.
#ifndef RND_SOFT_VIEW_HPP
#define RND_SOFT_VIEW_HPP

#include <memory>
#include <vector>

#include <vtkActor.h>
#include <vtkCamera.h>

#include "pixel_rect.hpp"
#include "static_cache.hpp"
extern "C" { // plain C without a guard of its own
#include "soft_tools.h"
}

class SoftView
{
  public:
    // Whether OpenGL is software here, so that this is quicker.
    static bool Wanted();

    // Begins to draw the tools over the picture of the cache, which is left alone until Finish;
    // OpenGL may be used meanwhile, but for its fragments. `afresh`: others have drawn into the
    // texture. False: one of the tools cannot be drawn like this, nothing was begun, and the next
    // one is to be afresh.
    bool Begin(const StaticCache &cache, const std::vector<vtkActor *> &tools, bool afresh);

    bool IsBegun() const
    {
        return this->drawn_of != nullptr;
    }

    // Brings what was begun, if anything was, into a texture of the picture's size, and tells what
    // has changed there since the last Finish.
    void Finish(GLuint texture, std::vector<PixelRect> &changed);

  private:
    struct CanvasEnd {
        void operator()(struct rnd_soft_canvas *canvas) const
        {
            rnd_soft_canvas_destroy(canvas);
        }
    };

    void TakeOver(const StaticCache &cache);
    bool TakeShapes(const StaticCache &cache, const std::vector<vtkActor *> &tools);
    void Upload(GLuint texture, const std::vector<PixelRect> &rects) const;
    void AddCovered();
    std::vector<PixelRect> Touched();

    StillPicture still;
    uint64_t taken = 0; // number of the picture that `still` is
    std::vector<struct rnd_soft_shape> shapes;
    const StaticCache *drawn_of = nullptr; // what was begun; null: nothing
    bool all_changed = false;
    std::vector<uint64_t> touched; // a mask for each band of rows: since the last Finish
    // The last one, so that it goes first: its thread may be drawing from the others.
    std::unique_ptr<struct rnd_soft_canvas, CanvasEnd> canvas;
};

#endif
