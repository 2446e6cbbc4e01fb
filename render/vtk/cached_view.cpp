#include "cached_view.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
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

bool same_camera(vtkCamera *a, vtkCamera *b)
{
    return a != nullptr && std::equal(a->GetPosition(), a->GetPosition() + 3, b->GetPosition()) &&
           std::equal(a->GetFocalPoint(), a->GetFocalPoint() + 3, b->GetFocalPoint()) &&
           std::equal(a->GetViewUp(), a->GetViewUp() + 3, b->GetViewUp()) &&
           a->GetViewAngle() == b->GetViewAngle();
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
      back(std::make_unique<StaticCache>(shared_renderer))
{
}

bool CachedView::Resize(int new_width, int new_height)
{
    if (new_width == this->width && new_height == this->height) {
        return true;
    }
    this->valid = false;
    this->building = false;
    try {
        this->depth = make_depth_texture(new_width, new_height);
        this->picture = make_target(new_width, new_height, this->depth);
    } catch (const std::bad_alloc &) {
        return false;
    }
    this->width = new_width;
    this->height = new_height;
    return this->front->Resize(new_width, new_height);
}

void CachedView::Build(vtkCamera *camera)
{
    this->building = false;
    this->front->Begin(&this->parts, copy_of(camera), this->background, this->smoothing);
    while (!this->front->Step()) {
    }
    this->valid = true;
}

// True when a build got finished and is now what is shown.
bool CachedView::BuildSome(vtkCamera *camera, int64_t budget_ns)
{
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::nanoseconds(budget_ns);
    if (!this->building) {
        if (!this->back->Resize(this->width, this->height)) {
            throw std::bad_alloc();
        }
        this->back->Begin(&this->parts, copy_of(camera), this->background, this->smoothing);
        this->building = true;
    }
    do {
        if (this->back->Step()) {
            std::swap(this->front, this->back);
            this->building = false;
            return true;
        }
        // Software OpenGL works when it is asked for results: without this nothing is measured.
        glFinish();
    } while (clock::now() < end);
    return false;
}

PixelRect CachedView::Covered(vtkActor *actor) const
{
    vtkCamera *camera = this->front->Camera();
    const double aspect = static_cast<double>(this->width) / this->height;
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
            return this->Whole(); // reaches behind the eye
        }
        const double at[2] = {(clip[0] / clip[3] * 0.5 + 0.5) * this->width,
                              (clip[1] / clip[3] * 0.5 + 0.5) * this->height};
        for (int axis = 0; axis < 2; ++axis) {
            low[axis] = std::min(low[axis], at[axis]);
            high[axis] = std::max(high[axis], at[axis]);
        }
    }
    const auto clamp = [](double value, int most) {
        return static_cast<int>(std::min(std::max(value, 0.0), static_cast<double>(most)));
    };
    const int x0 = clamp(std::floor(low[0]) - margin_px, this->width);
    const int y0 = clamp(std::floor(low[1]) - margin_px, this->height);
    const int x1 = clamp(std::ceil(high[0]) + margin_px, this->width);
    const int y1 = clamp(std::ceil(high[1]) + margin_px, this->height);
    return {x0, y0, x1 - x0, y1 - y0};
}

void CachedView::DrawTools(const std::vector<vtkActor *> &tools)
{
    auto *window = static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow());
    vtkOpenGLState *state = window->GetState();
    this->renderer->SetActiveCamera(this->front->Camera());
    window->GetShaderCache()->ReleaseCurrentShader();
    this->behind_pass->TakeLights(this->renderer);
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, this->picture.framebuffer);
    state->vtkglViewport(0, 0, this->width, this->height);
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglDisable(GL_BLEND);
    state->vtkglEnable(GL_DEPTH_TEST);
    state->vtkglDepthFunc(GL_LEQUAL);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglColorMask(1, 1, 1, 1);
    this->front->BindLists();
    for (vtkActor *actor : tools) {
        const PixelRect rect = this->Covered(actor);
        if (rect.w > 0 && rect.h > 0) {
            this->tool_rects.push_back(rect);
            this->behind_pass->Draw(this->renderer, actor, false);
        }
    }
}

bool CachedView::Draw(vtkCamera *camera, const std::vector<vtkActor *> &tools, int64_t budget_ns)
{
    auto *window = static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow());
    // Others have used the context since: take its state as it is.
    window->GetState()->Reset();
    bool whole = false;
    if (!this->valid) {
        this->Build(camera);
        whole = true;
    } else if (this->building || !same_camera(this->front->Camera(), camera)) {
        whole = this->BuildSome(camera, budget_ns);
    }
    this->behind = !same_camera(this->front->Camera(), camera);

    this->dirty.clear();
    if (whole) {
        this->tool_rects.clear();
        this->dirty.push_back(this->Whole());
        this->front->Restore(this->picture.framebuffer, 0, 0, this->width, this->height);
    }
    for (const PixelRect &rect : this->tool_rects) {
        this->dirty.push_back(rect);
        this->front->Restore(this->picture.framebuffer, rect.x, rect.y, rect.w, rect.h);
    }
    this->tool_rects.clear();
    this->DrawTools(tools);
    if (!whole) {
        this->dirty.insert(this->dirty.end(), this->tool_rects.begin(), this->tool_rects.end());
    }
    return whole;
}
