// The finished picture of everything that does not move, taken apart by depth: what is opaque
// (colour and depth) and, for every pixel, the translucent fragments in front of it, sorted. A tool
// is then drawn into it exactly, at the cost of its own pixels.
//
// A build goes in steps, each a few milliseconds, so that tools keep moving meanwhile. Needs
// OpenGL 4.3. The context is current in every call; rectangles count from the bottom left.
#ifndef RND_STATIC_CACHE_HPP
#define RND_STATIC_CACHE_HPP

#include <cstdint>
#include <vector>

#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkOpenGLRenderer.h>
#include <vtkSmartPointer.h>

#include "gl_objects.hpp"
#include "layer_pass.hpp"

// A piece of a static structure, small enough to be drawn within one step.
struct StaticPart {
    vtkSmartPointer<vtkActor> actor;
    bool translucent;
    size_t structure; // that it belongs to
};

struct Background {
    float bottom[3], top[3]; // sRGB
};

class StaticCache
{
  public:
    // Whether the current context can do it.
    static bool Supported();

    explicit StaticCache(vtkOpenGLRenderer *renderer);

    // Drops what was built. False: no memory for the pictures.
    bool Resize(int width, int height);

    // Begins a build; parts and camera are kept until it is done.
    void Begin(const std::vector<StaticPart> *parts, vtkCamera *camera,
               const Background &background, bool smooth);

    // One step; true when the build is done.
    bool Step();

    bool Ready() const
    {
        return this->phase == Phase::ready;
    }
    vtkCamera *Camera() const
    {
        return this->camera;
    }
    // Lists that were too long or fragments that found no place: something is not shown.
    bool Incomplete() const
    {
        return this->incomplete;
    }
    uint64_t FragmentCount() const
    {
        return this->fragment_count;
    }

    // Whether a structure has fragments in the picture: not behind what was opaque when its turn
    // came.
    bool Shows(size_t structure) const
    {
        return structure < this->shown.size() && this->shown[structure] > 0;
    }

    // Copies colour and depth of a rectangle into a framebuffer of the same formats.
    void Restore(GLuint framebuffer, int x, int y, int width, int height) const;

    // Binds the lists for BehindPass.
    void BindLists() const;

    StaticCache(const StaticCache &) = delete;
    StaticCache &operator=(const StaticCache &) = delete;

  private:
    enum class Phase { empty, opaque, capture, check, resolve, smooth, ready };

    void UseTarget(const GlTarget &target) const;
    void Clear();
    bool DrawNextPart(bool translucent);
    void Check();
    void ResolveBand();
    void SmoothBand();
    bool NextBand();
    void ReserveNodes(uint64_t count);
    vtkOpenGLState *State() const;

    vtkOpenGLRenderer *renderer;
    vtkSmartPointer<CapturePass> capture;
    vtkSmartPointer<vtkCamera> camera;
    const std::vector<StaticPart> *parts = nullptr;
    Background background = {};
    bool smoothing = false;

    int width = 0, height = 0;
    Phase phase = Phase::empty;
    size_t next_part = 0;
    int next_band = 0;
    bool incomplete = false;
    uint64_t fragment_count = 0;
    uint64_t node_capacity = 0;

    GlTexture depth;          // of what is opaque
    GlTexture heads;          // first node of each pixel
    GlTarget opaque;          // what is opaque, with `depth`
    GlTarget blended;         // everything
    GlTarget finished;        // everything, edges smoothed, with `depth`
    GlBuffer nodes, counters; // counters: nodes asked for, lists too long
    GlQuery captured;         // fragments that passed the depth test
    uint64_t passed = 0;
    std::vector<uint64_t> shown; // fragments of each structure
    GlProgram background_program, resolve_program, smooth_program;
    GlVertexArray no_vertices;
};

// Depth of every framebuffer that Restore copies to.
GlTexture make_depth_texture(int width, int height);

#endif
