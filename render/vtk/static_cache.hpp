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

// Which pictures a part belongs to: those of a camera at rest, those of a camera in motion.
enum class Detail { any, fine, coarse };

// A piece of a static structure, small enough to be drawn within one step.
struct StaticPart {
    vtkSmartPointer<vtkActor> actor;
    bool translucent;
    size_t structure;   // that it belongs to
    bool fades = false; // in a keyhole
    Detail detail = Detail::any;

    bool BelongsTo(Detail picture) const
    {
        return this->detail == Detail::any || this->detail == picture;
    }
};

struct Background {
    float bottom[3], top[3]; // sRGB
};

// What soft_tools.h asks for, but for the fragments themselves; rows from the bottom.
struct StillPicture {
    int width = 0, height = 0;
    std::vector<uint32_t> colour, heads;
    std::vector<float> depth;
};

class StaticCache
{
  public:
    // Whether the current context can do it.
    static bool Supported();

    explicit StaticCache(vtkOpenGLRenderer *renderer);

    // Drops what was built. False: no memory for the pictures.
    bool Resize(int width, int height);

    // Begins a build of the parts of that detail; parts and camera are kept until it is done.
    void Begin(const std::vector<StaticPart> *parts, Detail detail, vtkCamera *camera,
               const Background &background, bool smooth);

    // One step; true when the build is done.
    bool Step();

    // All that is left of a build, without small steps.
    void Finish();

    // Whether what was built shows the parts as they are, from this camera.
    bool IsCurrent(vtkCamera *seen_from) const;

    // The parts have changed since.
    void Outdate()
    {
        this->outdated = true;
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

    // Draws a rectangle of the picture with a keyhole into a framebuffer of its size: to the
    // finished colours is added what fading changes.
    void Open(GLuint framebuffer, const Keyhole &keyhole, int x, int y, int width,
              int height) const;

    // Another number for every picture that got ready, of whichever cache.
    uint64_t Number() const
    {
        return this->number;
    }

    // Reads a picture that is ready.
    void Read(StillPicture &out) const;

    // Its fragments, index 0 unused, as long as they are mapped; null: they cannot be.
    const uint32_t *MapNodes(size_t *out_count) const;
    void UnmapNodes() const;

    StaticCache(const StaticCache &) = delete;
    StaticCache &operator=(const StaticCache &) = delete;

  private:
    enum class Phase { empty, opaque, capture, check, resolve, smooth, ready };

    void UseTarget(const GlTarget &target) const;
    void Clear();
    bool DrawNextPart(bool translucent);
    void CountFragments();
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
    Detail detail = Detail::fine;
    Background background = {};
    bool smoothing = false;
    bool outdated = false;
    bool at_once = false;

    int width = 0, height = 0;
    Phase phase = Phase::empty;
    size_t next_part = 0;
    int next_band = 0;
    bool incomplete = false;
    uint64_t number = 0;
    uint64_t fragment_count = 0;
    uint64_t node_capacity = 0;

    GlTexture depth;             // of what is opaque
    GlTexture heads;             // first node of each pixel
    GlTarget opaque;             // what is opaque, with `depth`
    GlTarget blended;            // everything
    GlTarget finished;           // everything, edges smoothed, with `depth`
    GlBuffer nodes, counters;    // counters: nodes asked for, lists too long
    std::vector<GlQuery> drawn;  // of each part: fragments that passed the depth test
    uint64_t passed = 0;         // of all translucent parts
    std::vector<uint64_t> shown; // fragments of each structure
    GlProgram background_program, resolve_program, smooth_program, keyhole_program;
    GlVertexArray no_vertices;
};

// Whether two cameras give the same picture; `a` may be null.
bool same_camera(vtkCamera *a, vtkCamera *b);

// A keyhole of that radius around a place of the patient, in a picture of that size; closed where
// the place is behind the eye.
Keyhole project_keyhole(vtkCamera *camera, const double tip_mm[3], double radius_mm, int width,
                        int height);

// Depth of every framebuffer that Restore copies to.
GlTexture make_depth_texture(int width, int height);

#endif
