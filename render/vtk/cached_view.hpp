// A picture of static parts and moving tools in which only the tools are drawn from frame to frame.
//
// Two caches of the whole detail: one serves the tools while the other is built for a new camera, a
// slice a frame. A third one, of reduced meshes and half as wide and high, shows a camera in
// motion, and new content until its whole detail is ready: it has the same order of transparency,
// the same structures and the same camera as the picture that replaces it. Where a whole picture
// costs no more than a slice, as on a graphics card, it is built at once instead.
#ifndef RND_CACHED_VIEW_HPP
#define RND_CACHED_VIEW_HPP

#include <memory>
#include <vector>

#include "pixel_rect.hpp"
#include "soft_view.hpp"
#include "static_cache.hpp"

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

    // Also where OpenGL is software.
    void DrawToolsByOpenGl()
    {
        this->soft.reset();
    }

    // The static parts, in the order of drawing; a change shows with the next whole build.
    std::vector<StaticPart> parts;

    // There are other static parts: nothing that was built may be shown any more.
    void Invalidate();

    // The static parts look differently: the picture as it is keeps serving the tools until a new
    // one is ready.
    void Renew();

    // Makes the next Draw build the picture in its whole detail before it returns.
    void BuildNext();

    // Parts that may fade do so around this place of the patient and in front of it; 0 mm: nowhere.
    void SetKeyhole(const double tip_mm[3], double radius_mm);

    // Draws the tools where they are now; works for about `budget_ns` on a picture for `camera` if
    // that is another one than is shown, or shows it reduced at once where the camera is in motion.
    // True when another static picture is shown than before.
    bool Draw(vtkCamera *camera, const std::vector<vtkActor *> &tools, int64_t budget_ns);

    // The picture of the last Draw is whole, and Dirty tells of it, only after this.
    void Finish();

    // Whether the picture shown is not yet the one for the camera given last in its whole detail.
    bool Behind() const
    {
        return this->behind;
    }
    Detail ShownDetail() const
    {
        return this->shown;
    }
    vtkCamera *ShownCamera() const
    {
        return this->Shown().Camera();
    }
    bool Incomplete() const
    {
        return this->Shown().Incomplete();
    }
    uint64_t FragmentCount() const
    {
        return this->Shown().FragmentCount();
    }
    bool Shows(size_t structure) const
    {
        return this->Shown().Shows(structure);
    }
    GLuint Framebuffer() const
    {
        return this->whole.picture.framebuffer;
    }
    // What the last Draw changed.
    const std::vector<PixelRect> &Dirty() const
    {
        return this->dirty;
    }

  private:
    // Where tools are drawn over a cache of the same size.
    struct Canvas {
        int width = 0, height = 0;
        GlTexture depth;
        GlTarget picture;
        std::vector<PixelRect> tool_rects; // what the tools cover

        void Resize(int width, int height);
        PixelRect All() const
        {
            return {0, 0, this->width, this->height};
        }
    };
    enum class Work { none, coarse, fine };

    const StaticCache &Shown() const
    {
        return this->shown == Detail::coarse ? *this->reduced : *this->front;
    }
    void BuildReduced();
    void BuildWhole();
    void BeginWork();
    bool WorkFor(int64_t budget_ns);
    bool Advance(bool moved, int64_t budget_ns);
    Keyhole KeyholeOn(const Canvas &canvas) const;
    void OpenKeyhole(Canvas &canvas);
    PixelRect Covered(const Canvas &canvas, vtkActor *actor) const;
    bool DrawSoftly(Canvas &canvas, const std::vector<vtkActor *> &tools, bool other);
    void DrawTools(Canvas &canvas, const std::vector<vtkActor *> &tools);
    void Enlarge(const PixelRect &rect);

    vtkOpenGLRenderer *renderer;
    vtkSmartPointer<BehindPass> behind_pass;
    std::unique_ptr<StaticCache> front, back, reduced;
    std::unique_ptr<SoftView> soft; // null: OpenGL draws the tools
    bool drawn_softly = false;      // the picture as it is
    double keyhole_mm[3] = {0.0, 0.0, 0.0};
    double keyhole_radius_mm = 0.0;
    Background background = {};
    bool smoothing = true;
    Detail shown = Detail::any;        // any: nothing yet
    vtkSmartPointer<vtkCamera> wanted; // of the last Draw
    Work work = Work::none;
    int64_t work_ns = 0;     // spent on it
    int64_t whole_cost_ns;   // of the last picture in its whole detail
    bool whole_next = false; // build before the next Draw returns
    bool behind = true;
    Canvas whole, half;
    std::vector<PixelRect> dirty;
};

#endif
