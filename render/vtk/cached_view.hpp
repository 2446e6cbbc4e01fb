// A picture of static parts and moving tools in which only the tools are drawn from frame to frame.
//
// Two caches: one serves the tools while the other is built for a new camera, a slice a frame.
#ifndef RND_CACHED_VIEW_HPP
#define RND_CACHED_VIEW_HPP

#include <memory>
#include <vector>

#include "static_cache.hpp"

struct PixelRect {
    int x, y, w, h; // from the bottom left
};

class CachedView
{
  public:
    explicit CachedView(vtkOpenGLRenderer *renderer);

    // False: no memory for the pictures.
    bool Resize(int width, int height);

    void SetBackground(const Background &colours)
    {
        this->background = colours;
    }
    void SetSmoothing(bool smooth)
    {
        this->smoothing = smooth;
    }

    // The static parts, in the order of drawing; a change shows with the next whole build.
    std::vector<StaticPart> parts;

    // Makes the next Draw build everything before it returns.
    void Invalidate()
    {
        this->valid = false;
    }

    // Draws the tools where they are now; works for at most about `budget_ns` on a picture for
    // `camera` if that is another one than is shown. True when the shown camera changed.
    bool Draw(vtkCamera *camera, const std::vector<vtkActor *> &tools, int64_t budget_ns);

    // Whether the picture shown is not yet the one for the camera given last.
    bool Behind() const
    {
        return this->behind;
    }
    vtkCamera *ShownCamera() const
    {
        return this->front->Camera();
    }
    bool Incomplete() const
    {
        return this->front->Incomplete();
    }
    uint64_t FragmentCount() const
    {
        return this->front->FragmentCount();
    }
    bool Shows(size_t structure) const
    {
        return this->front->Shows(structure);
    }
    GLuint Framebuffer() const
    {
        return this->picture.framebuffer;
    }
    // What the last Draw changed.
    const std::vector<PixelRect> &Dirty() const
    {
        return this->dirty;
    }

  private:
    void Build(vtkCamera *camera);
    bool BuildSome(vtkCamera *camera, int64_t budget_ns);
    PixelRect Whole() const
    {
        return {0, 0, this->width, this->height};
    }
    PixelRect Covered(vtkActor *actor) const;
    void DrawTools(const std::vector<vtkActor *> &tools);

    vtkOpenGLRenderer *renderer;
    vtkSmartPointer<BehindPass> behind_pass;
    std::unique_ptr<StaticCache> front, back;
    Background background = {};
    bool smoothing = true;
    bool valid = false;
    bool building = false;
    bool behind = false;
    int width = 0, height = 0;
    GlTexture depth;
    GlTarget picture;
    std::vector<PixelRect> tool_rects; // what the tools cover in the picture
    std::vector<PixelRect> dirty;
};

#endif
