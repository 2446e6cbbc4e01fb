#include "cached_view.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include <vtkMapper.h>
#include <vtkMatrix4x4.h>
#include <vtkOpenGLRenderWindow.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>

namespace
{

// Pixels around a tool's box: rounding of the rasteriser.
constexpr int margin_px = 2;

int64_t area(const PixelRect &rect)
{
    return static_cast<int64_t>(rect.w) * rect.h;
}

// Makes one of two rectangles where that is no more to copy, or `slack` times as much: boxes of one
// tool's parts, and of where it was, mostly overlap, and each copy costs something by itself.
void merge(std::vector<PixelRect> &rects, double slack = 1.0)
{
    for (size_t i = 0; i < rects.size(); ++i) {
        for (size_t k = i + 1; k < rects.size();) {
            const PixelRect &a = rects[i];
            const PixelRect &b = rects[k];
            const int x = std::min(a.x, b.x);
            const int y = std::min(a.y, b.y);
            const PixelRect both = {x, y, std::max(a.x + a.w, b.x + b.w) - x,
                                    std::max(a.y + a.h, b.y + b.h) - y};
            if (static_cast<double>(area(both)) <= slack * static_cast<double>(area(a) + area(b))) {
                rects[i] = both;
                rects.erase(rects.begin() + static_cast<std::ptrdiff_t>(k));
                k = i + 1; // what did not fit before may fit now
            } else {
                ++k;
            }
        }
    }
}

// The same until there are few enough for those who take them over one by one.
void merge_to_few(std::vector<PixelRect> &rects)
{
    constexpr size_t few = 20;
    for (double slack = 1.0; slack < 4.0 && rects.size() > few; slack *= 1.15) {
        merge(rects, slack);
    }
}

int64_t now_ns()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

vtkSmartPointer<vtkCamera> copy_of(vtkCamera *camera)
{
    auto copy = vtkSmartPointer<vtkCamera>::Take(camera->NewInstance());
    copy->DeepCopy(camera);
    return copy;
}

} // namespace

CachedView::CachedView(vtkOpenGLRenderer *shared_renderer)
    : renderer(shared_renderer), behind_pass(vtkSmartPointer<BehindPass>::New()),
      front(std::make_unique<StaticCache>(shared_renderer)),
      back(std::make_unique<StaticCache>(shared_renderer)),
      reduced(std::make_unique<StaticCache>(shared_renderer)),
      whole_cost_ns(std::numeric_limits<int64_t>::max()) // not known yet
{
    if (SoftView::Wanted()) {
        this->soft = std::make_unique<SoftView>();
    }
}

void CachedView::Canvas::Resize(int new_width, int new_height)
{
    this->depth = make_depth_texture(new_width, new_height);
    this->picture = make_target(new_width, new_height, this->depth);
    this->width = new_width;
    this->height = new_height;
    this->tool_rects.clear();
}

bool CachedView::Resize(int new_width, int new_height)
{
    if (new_width == this->whole.width && new_height == this->whole.height) {
        return true;
    }
    this->Finish();
    this->Invalidate();
    try {
        this->whole.Resize(new_width, new_height);
        this->half.Resize((new_width + 1) / 2, (new_height + 1) / 2);
    } catch (const std::bad_alloc &) {
        return false;
    }
    return this->front->Resize(this->whole.width, this->whole.height) &&
           this->reduced->Resize(this->half.width, this->half.height);
}

void CachedView::Invalidate()
{
    this->Renew();
    this->shown = Detail::any;
}

void CachedView::Renew()
{
    this->front->Outdate();
    this->reduced->Outdate();
    this->work = Work::none; // what was begun is of the former parts
    this->behind = true;
}

void CachedView::BuildNext()
{
    this->whole_next = true;
}

void CachedView::BuildReduced()
{
    this->work = Work::none;
    this->reduced->Begin(&this->parts, Detail::coarse, this->wanted, this->background,
                         this->smoothing);
    this->reduced->Finish();
    this->shown = Detail::coarse;
}

void CachedView::BuildWhole()
{
    this->work = Work::none;
    this->whole_next = false;
    const int64_t start_ns = now_ns();
    this->front->Begin(&this->parts, Detail::fine, this->wanted, this->background, this->smoothing);
    this->front->Finish();
    glFinish();
    this->whole_cost_ns = now_ns() - start_ns;
    this->shown = Detail::fine;
}

// The reduced picture first, so that the new view is there soon; then the whole one.
void CachedView::BeginWork()
{
    this->work_ns = 0;
    if (!this->reduced->IsCurrent(this->wanted)) {
        this->work = Work::coarse;
        this->reduced->Begin(&this->parts, Detail::coarse, this->wanted, this->background,
                             this->smoothing);
        return;
    }
    if (!this->back->Resize(this->whole.width, this->whole.height)) {
        throw std::bad_alloc();
    }
    this->work = Work::fine;
    this->back->Begin(&this->parts, Detail::fine, this->wanted, this->background, this->smoothing);
}

// True when a picture got finished and is now what is shown.
bool CachedView::WorkFor(int64_t budget_ns)
{
    StaticCache &cache = this->work == Work::coarse ? *this->reduced : *this->back;
    const int64_t start_ns = now_ns();
    bool finished = false;
    int64_t spent_ns = 0;
    do {
        finished = cache.Step();
        // Software OpenGL works when it is asked for results: without this nothing is measured.
        glFinish();
        spent_ns = now_ns() - start_ns;
    } while (!finished && spent_ns < budget_ns);
    this->work_ns += spent_ns;
    if (!finished) {
        return false;
    }
    if (this->work == Work::fine) {
        this->whole_cost_ns = this->work_ns;
        std::swap(this->front, this->back);
    }
    this->shown = this->work == Work::fine ? Detail::fine : Detail::coarse;
    this->work = Work::none;
    return true;
}

// Works on the picture that is wanted; true when another one is shown than before.
bool CachedView::Advance(bool moved, int64_t budget_ns)
{
    if (this->whole_next) {
        this->BuildWhole();
        return true;
    }
    const Detail before = this->shown;
    if (this->front->IsCurrent(this->wanted)) {
        this->work = Work::none;
        this->shown = Detail::fine;
        return before != Detail::fine;
    }
    if (this->whole_cost_ns <= budget_ns) {
        this->BuildWhole();
        return true;
    }
    if (this->reduced->IsCurrent(this->wanted) && before != Detail::coarse) {
        this->work = Work::none;
        this->shown = Detail::coarse;
        return true;
    }
    // A first step away from a finished picture may be a jump to another view, during which the
    // tools are to move on; after the second one it is motion, in which old views are of no use.
    const bool in_motion = moved && this->behind;
    const bool spent = before == Detail::coarse && !this->reduced->IsCurrent(this->wanted);
    if (before == Detail::any || in_motion || spent) {
        this->BuildReduced();
        return true;
    }
    if (moved || this->work == Work::none) {
        this->BeginWork();
    }
    return this->WorkFor(budget_ns);
}

void CachedView::SetKeyhole(const double tip_mm[3], double radius_mm)
{
    std::copy_n(tip_mm, 3, this->keyhole_mm);
    this->keyhole_radius_mm = radius_mm;
}

Keyhole CachedView::KeyholeOn(const Canvas &canvas) const
{
    return project_keyhole(this->ShownCamera(), this->keyhole_mm, this->keyhole_radius_mm,
                           canvas.width, canvas.height);
}

// Draws the keyhole into the picture; it moves with the tool, so that its place is one of the
// tools'.
void CachedView::OpenKeyhole(Canvas &canvas)
{
    const Keyhole hole = this->KeyholeOn(canvas);
    this->behind_pass->keyhole = hole;
    if (hole.radius <= 0.0F) {
        return;
    }
    const int x0 = std::max(0, static_cast<int>(std::floor(hole.x - hole.radius)));
    const int y0 = std::max(0, static_cast<int>(std::floor(hole.y - hole.radius)));
    const int x1 = std::min(canvas.width, static_cast<int>(std::ceil(hole.x + hole.radius)) + 1);
    const int y1 = std::min(canvas.height, static_cast<int>(std::ceil(hole.y + hole.radius)) + 1);
    if (x1 <= x0 || y1 <= y0) {
        return;
    }
    this->Shown().Open(canvas.picture.framebuffer, hole, x0, y0, x1 - x0, y1 - y0);
    canvas.tool_rects.push_back({x0, y0, x1 - x0, y1 - y0});
}

PixelRect CachedView::Covered(const Canvas &canvas, vtkActor *actor) const
{
    vtkCamera *camera = this->ShownCamera();
    const double aspect = static_cast<double>(this->whole.width) / this->whole.height;
    vtkMatrix4x4 *to_clip = camera->GetCompositeProjectionTransformMatrix(aspect, -1.0, 1.0);
    double bounds[6];
    actor->GetMapper()->GetBounds(bounds);
    double low[2] = {1e9, 1e9};
    double high[2] = {-1e9, -1e9};
    for (unsigned corner = 0; corner < 8; ++corner) {
        const double local[4] = {bounds[corner & 1U], bounds[2 + ((corner >> 1) & 1U)],
                                 bounds[4 + (corner >> 2)], 1.0};
        double image[4];
        double clip[4];
        actor->GetMatrix()->MultiplyPoint(local, image);
        to_clip->MultiplyPoint(image, clip);
        if (clip[3] <= 1e-6) {
            return canvas.All(); // reaches behind the eye
        }
        const double at[2] = {(clip[0] / clip[3] * 0.5 + 0.5) * canvas.width,
                              (clip[1] / clip[3] * 0.5 + 0.5) * canvas.height};
        for (int axis = 0; axis < 2; ++axis) {
            low[axis] = std::min(low[axis], at[axis]);
            high[axis] = std::max(high[axis], at[axis]);
        }
    }
    const auto clamp = [](double value, int most) {
        return static_cast<int>(std::min(std::max(value, 0.0), static_cast<double>(most)));
    };
    const int x0 = clamp(std::floor(low[0]) - margin_px, canvas.width);
    const int y0 = clamp(std::floor(low[1]) - margin_px, canvas.height);
    const int x1 = clamp(std::ceil(high[0]) + margin_px, canvas.width);
    const int y1 = clamp(std::ceil(high[1]) + margin_px, canvas.height);
    return {x0, y0, x1 - x0, y1 - y0};
}

void CachedView::DrawTools(Canvas &canvas, const std::vector<vtkActor *> &tools)
{
    auto *window = static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow());
    vtkOpenGLState *state = window->GetState();
    this->renderer->SetActiveCamera(this->ShownCamera());
    window->GetShaderCache()->ReleaseCurrentShader();
    this->behind_pass->TakeLights(this->renderer);
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, canvas.picture.framebuffer);
    state->vtkglViewport(0, 0, canvas.width, canvas.height);
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglDisable(GL_BLEND);
    state->vtkglEnable(GL_DEPTH_TEST);
    state->vtkglDepthFunc(GL_LEQUAL);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglColorMask(1, 1, 1, 1);
    this->Shown().BindLists();
    for (vtkActor *actor : tools) {
        const PixelRect rect = this->Covered(canvas, actor);
        if (rect.w > 0 && rect.h > 0) {
            canvas.tool_rects.push_back(rect);
            this->behind_pass->Draw(this->renderer, actor, false);
        }
    }
}

// Brings a rectangle of the half picture to the whole one.
void CachedView::Enlarge(const PixelRect &rect)
{
    vtkOpenGLState *state =
        static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow())->GetState();
    state->vtkglBindFramebuffer(GL_READ_FRAMEBUFFER, this->half.picture.framebuffer);
    state->vtkglBindFramebuffer(GL_DRAW_FRAMEBUFFER, this->whole.picture.framebuffer);
    // Of an odd side the last column or row falls outside. Smoothing would cost as much again as
    // software OpenGL takes for a tenth of the whole frame.
    glBlitFramebuffer(rect.x, rect.y, rect.x + rect.w, rect.y + rect.h, 2 * rect.x, 2 * rect.y,
                      2 * (rect.x + rect.w), 2 * (rect.y + rect.h), GL_COLOR_BUFFER_BIT,
                      GL_NEAREST);
}

// Has the processor draw the tools over the whole picture; false where it cannot.
bool CachedView::DrawSoftly(Canvas &canvas, const std::vector<vtkActor *> &tools, bool other)
{
    const bool can =
        this->soft != nullptr && this->shown == Detail::fine && this->keyhole_radius_mm <= 0.0;
    const bool afresh = other || !this->drawn_softly;
    this->drawn_softly = can && this->soft->Begin(*this->front, tools, afresh);
    if (this->drawn_softly) {
        canvas.tool_rects.clear();
    }
    return this->drawn_softly;
}

void CachedView::Finish()
{
    if (this->soft != nullptr && this->soft->IsBegun()) {
        this->soft->Finish(this->whole.picture.colour, this->dirty);
        merge_to_few(this->dirty);
    }
}

bool CachedView::Draw(vtkCamera *camera, const std::vector<vtkActor *> &tools, int64_t budget_ns)
{
    auto *window = static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow());
    this->Finish(); // of a picture that nobody asked for
    // Others have used the context since: take its state as it is.
    window->GetState()->Reset();
    const bool moved = !same_camera(this->wanted, camera);
    if (moved) {
        this->wanted = copy_of(camera);
    }
    const bool other_picture = this->Advance(moved, budget_ns);
    this->behind = this->shown != Detail::fine || !this->front->IsCurrent(this->wanted);

    Canvas &canvas = this->shown == Detail::coarse ? this->half : this->whole;
    this->dirty.clear();
    const bool was_softly = this->drawn_softly;
    if (this->DrawSoftly(canvas, tools, other_picture)) {
        return other_picture;
    }
    const bool other = other_picture || was_softly;
    if (other) {
        this->dirty.push_back(canvas.All());
    } else {
        this->dirty = canvas.tool_rects;
        merge(this->dirty);
    }
    for (const PixelRect &rect : this->dirty) {
        this->Shown().Restore(canvas.picture.framebuffer, rect.x, rect.y, rect.w, rect.h);
    }
    canvas.tool_rects.clear();
    this->OpenKeyhole(canvas);
    this->DrawTools(canvas, tools);
    if (!other) {
        this->dirty.insert(this->dirty.end(), canvas.tool_rects.begin(), canvas.tool_rects.end());
        merge(this->dirty);
    }
    if (this->shown == Detail::coarse) {
        for (PixelRect &rect : this->dirty) {
            this->Enlarge(rect);
            rect = {2 * rect.x, 2 * rect.y, std::min(2 * rect.w, this->whole.width - 2 * rect.x),
                    std::min(2 * rect.h, this->whole.height - 2 * rect.y)};
        }
    }
    return other_picture;
}
