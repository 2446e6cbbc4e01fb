#include "ar_view.h"

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include <vtkActor.h>
#include <vtkAutoInit.h>
#include <vtkCamera.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOpenGLPolyDataMapper.h>
#include <vtkOpenGLRenderer.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>
#include <vtkProperty.h>
#include <vtkShaderProperty.h>
#include <vtkSmartPointer.h>

#include "gl_objects.hpp"
#include "lamps.hpp"
#include "layer_pass.hpp"
#include "vtk_mesh.hpp"
#include "vtk_window.hpp"

extern "C" {
#include "nav/time.h"
#include "reduce.h"
}

VTK_MODULE_INIT(vtkRenderingOpenGL2);

namespace
{

constexpr double near_least_mm = 20.0;
constexpr double far_empty_mm = 2000.0; // where there is no anatomy
constexpr double margin_mm = 5.0;
constexpr double tool_reach_mm = 250.0; // beyond the anatomy

// Of meshes thinned out: on a surface that curves with radius R a cell of c lies within c^2 / 8R,
// so that a nerve of 3 mm and a bone of 20 mm stay where they are to a tenth of a millimetre.
constexpr double model_cell_mm = 1.5;
constexpr double bone_cell_mm = 4.0;
constexpr size_t small_mesh = 1000;

// Pixels from the bottom left; right and top lie outside.
struct Rect {
    int left, bottom, right, top;
};

struct Tool {
    vtkSmartPointer<vtkActor> actor;
    vtkSmartPointer<vtkMatrix4x4> matrix;
};

int64_t now_ns()
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

template <typename Body> enum nav_status guarded(Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return NAV_ERR_MEMORY;
    } catch (...) {
        return NAV_ERR_IO;
    }
}

GlTexture make_depth(int width, int height)
{
    GLuint name = 0;
    glGenTextures(1, &name);
    GlTexture texture(name);
    glBindTexture(GL_TEXTURE_2D, name);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_DEPTH_COMPONENT32F, width, height);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glBindTexture(GL_TEXTURE_2D, 0);
    return texture;
}

// For pictures that come as blue, green, red: kept so, a copy is all that an upload takes.
GlTarget make_picture(int width, int height)
{
    GlTarget target;
    GLuint name = 0;
    glGenTextures(1, &name);
    target.colour = GlTexture(name);
    glBindTexture(GL_TEXTURE_2D, name);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_BGRA, GL_UNSIGNED_BYTE, nullptr);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glBindTexture(GL_TEXTURE_2D, 0);
    glGenFramebuffers(1, &name);
    target.framebuffer = GlFramebuffer(name);
    glBindFramebuffer(GL_FRAMEBUFFER, name);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target.colour, 0);
    const bool complete = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    if (!complete) {
        throw std::bad_alloc();
    }
    return target;
}

// The mesh itself, or one that a camera in motion cannot tell from it: kept in `out`.
struct rnd_mesh thinned(const struct rnd_mesh &mesh, double cell_mm, struct rnd_mesh_buffer *out)
{
    if (mesh.triangle_count <= small_mesh) {
        return mesh;
    }
    struct rnd_mesh with_normals = mesh;
    std::vector<float> normals;
    if (mesh.normals == nullptr) {
        normals.resize(3 * mesh.vertex_count);
        rnd_mesh_normals(&mesh, normals.data());
        with_normals.normals = normals.data();
    }
    return rnd_mesh_reduce(&with_normals, cell_mm, out) == NAV_OK ? rnd_mesh_of(out) : mesh;
}

vtkSmartPointer<vtkActor> actor_of(const struct rnd_mesh *mesh)
{
    vtkNew<vtkOpenGLPolyDataMapper> mapper;
    mapper->SetInputData(poly_data(mesh));
    mapper->ScalarVisibilityOff();
    mapper->StaticOn();
    auto actor = vtkSmartPointer<vtkActor>::New();
    actor->SetMapper(mapper);
    actor->GetProperty()->BackfaceCullingOn();
    return actor;
}

// The lamps computed the short way, without a highlight.
void light(vtkActor *actor)
{
    actor->GetShaderProperty()->AddFragmentShaderReplacement("//VTK::Light::Impl", true,
                                                             lamp_shader(0), false);
}

void copy_pose(vtkMatrix4x4 *matrix, const struct nav_pose &pose)
{
    double R[9];
    nav_pose_rotation(&pose, R);
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            matrix->SetElement(row, column, R[3 * row + column]);
        }
        matrix->SetElement(row, 3, pose.t_mm[row]);
    }
}

} // namespace

struct rnd_ar_view {
    struct rnd_lens lens = {};
    struct rnd_bounds bounds = rnd_bounds_empty();
    vtkSmartPointer<NavRenderWindow> window;
    vtkSmartPointer<vtkOpenGLRenderer> renderer;
    vtkSmartPointer<vtkCamera> camera;
    vtkNew<BehindPass> lights; // of which only the lights are used
    std::vector<vtkSmartPointer<vtkActor>> bones, models;
    std::vector<Tool> tools;
    std::vector<uint8_t> colour;
    std::vector<float> depth, bone_depth;
    GlTexture bone_depths, depths;
    GlTarget bone_layer, model_layer; // of the lens's size
    Rect drawn = {};
    GlTarget picture; // of the lens's size
    GlTarget shown;   // of the size asked for
    int shown_width = 0, shown_height = 0;
    struct rnd_ar_times times = {};
};

namespace
{

// Near and far plane that hold everything before the camera.
void clip(const rnd_ar_view &view, const struct nav_pose &T_camera_image, double &near_mm,
          double &far_mm)
{
    double corners[8][3];
    const size_t count = rnd_bounds_corners(&view.bounds, corners);
    if (count == 0) {
        near_mm = near_least_mm;
        far_mm = far_empty_mm;
        return;
    }
    near_mm = 1e6;
    far_mm = near_least_mm;
    for (size_t i = 0; i < count; ++i) {
        double at[3];
        nav_pose_apply(&T_camera_image, corners[i], at);
        near_mm = std::min(near_mm, at[2]);
        far_mm = std::max(far_mm, at[2]);
    }
    near_mm = std::max(near_least_mm, near_mm - margin_mm - tool_reach_mm);
    far_mm = std::max(2 * near_mm, far_mm + margin_mm + tool_reach_mm);
}

void aim(rnd_ar_view &view, const struct nav_pose &T_image_camera)
{
    const struct nav_pose T_camera_image = nav_pose_inverse(&T_image_camera);
    double near_mm = 0;
    double far_mm = 0;
    clip(view, T_camera_image, near_mm, far_mm);
    double P[16];
    rnd_lens_projection(&view.lens, near_mm, far_mm, P);
    vtkNew<vtkMatrix4x4> projection;
    projection->DeepCopy(P);
    const double forward[3] = {0, 0, 1};
    const double up[3] = {0, -1, 0};
    double ahead[3];
    double above[3];
    nav_pose_rotate(&T_image_camera, forward, ahead);
    nav_pose_rotate(&T_image_camera, up, above);
    vtkCamera *camera = view.camera;
    camera->SetPosition(T_image_camera.t_mm);
    camera->SetFocalPoint(T_image_camera.t_mm[0] + ahead[0], T_image_camera.t_mm[1] + ahead[1],
                          T_image_camera.t_mm[2] + ahead[2]);
    camera->SetViewUp(above);
    camera->SetExplicitProjectionTransformMatrix(projection);
    camera->UseExplicitProjectionTransformMatrixOn();
    camera->SetClippingRange(near_mm, far_mm);
}

// Pixels from the bottom left.
Rect whole_of(const rnd_ar_view &view)
{
    return {0, 0, view.lens.width_px, view.lens.height_px};
}

// Where in the picture something may appear: all of it where a corner lies behind the near plane.
void cover(const rnd_ar_view &view, const struct nav_pose &T_camera_image, const double bounds[6],
           Rect &io_rect)
{
    for (int i = 0; i < 8; ++i) {
        const double corner[3] = {bounds[i & 1], bounds[2 + (i >> 1 & 1)], bounds[4 + (i >> 2)]};
        double at[3];
        nav_pose_apply(&T_camera_image, corner, at);
        if (!(at[2] > near_least_mm)) {
            io_rect = whole_of(view);
            return;
        }
        const double x = view.lens.fx_px * at[0] / at[2] + view.lens.cx_px;
        const double y = view.lens.height_px - (view.lens.fy_px * at[1] / at[2] + view.lens.cy_px);
        io_rect.left = std::min(io_rect.left, static_cast<int>(std::clamp(x, -1e6, 1e6)) - 3);
        io_rect.right = std::max(io_rect.right, static_cast<int>(std::clamp(x, -1e6, 1e6)) + 3);
        io_rect.bottom = std::min(io_rect.bottom, static_cast<int>(std::clamp(y, -1e6, 1e6)) - 3);
        io_rect.top = std::max(io_rect.top, static_cast<int>(std::clamp(y, -1e6, 1e6)) + 3);
    }
}

// The part of the picture that the models and the shown tools lie in.
Rect covered(const rnd_ar_view &view, const struct nav_pose &T_image_camera)
{
    const struct nav_pose T_camera_image = nav_pose_inverse(&T_image_camera);
    Rect rect = {1 << 20, 1 << 20, -(1 << 20), -(1 << 20)};
    for (vtkActor *model : view.models) {
        cover(view, T_camera_image, model->GetBounds(), rect);
    }
    for (const Tool &tool : view.tools) {
        if (tool.actor->GetVisibility() != 0) {
            cover(view, T_camera_image, tool.actor->GetBounds(), rect);
        }
    }
    const Rect whole = whole_of(view);
    rect.left = std::clamp(rect.left, 0, whole.right);
    rect.bottom = std::clamp(rect.bottom, 0, whole.top);
    rect.right = std::clamp(rect.right, rect.left, whole.right);
    rect.top = std::clamp(rect.top, rect.bottom, whole.top);
    return rect;
}

// As if nothing were there, where something was drawn last.
void forget(rnd_ar_view &view)
{
    const Rect &rect = view.drawn;
    for (int y = rect.bottom; y < rect.top; ++y) {
        const size_t at = static_cast<size_t>(y) * static_cast<size_t>(view.lens.width_px) +
                          static_cast<size_t>(rect.left);
        const auto count = static_cast<size_t>(rect.right - rect.left);
        std::fill_n(view.colour.begin() + 4 * static_cast<ptrdiff_t>(at), 4 * count, uint8_t{0});
        std::fill_n(view.depth.begin() + static_cast<ptrdiff_t>(at), count, 1.0F);
        std::fill_n(view.bone_depth.begin() + static_cast<ptrdiff_t>(at), count, 1.0F);
    }
}

void read(const rnd_ar_view &view, const Rect &rect, GLenum format, GLenum type, void *out)
{
    glPixelStorei(GL_PACK_ROW_LENGTH, view.lens.width_px);
    glPixelStorei(GL_PACK_SKIP_PIXELS, rect.left);
    glPixelStorei(GL_PACK_SKIP_ROWS, rect.bottom);
    glReadPixels(rect.left, rect.bottom, rect.right - rect.left, rect.top - rect.bottom, format,
                 type, out);
    glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    glPixelStorei(GL_PACK_SKIP_PIXELS, 0);
    glPixelStorei(GL_PACK_SKIP_ROWS, 0);
}

void begin(rnd_ar_view &view, const GlTarget &target, const Rect &rect)
{
    vtkOpenGLState *state = view.window->GetState();
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer);
    state->vtkglViewport(0, 0, view.lens.width_px, view.lens.height_px);
    state->vtkglEnable(GL_SCISSOR_TEST);
    state->vtkglScissor(rect.left, rect.bottom, rect.right - rect.left, rect.top - rect.bottom);
    state->vtkglDisable(GL_BLEND);
    state->vtkglEnable(GL_DEPTH_TEST);
    state->vtkglDepthFunc(GL_LEQUAL);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglColorMask(1, 1, 1, 1);
    state->vtkglClearColor(0, 0, 0, 0);
    state->vtkglClearDepth(1.0);
    state->vtkglClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
}

// Others have used the context since: its state is taken as it is. Every stage ends before the next
// one begins, so that its time is its own; what follows waits for the layers anyway.
void draw_layers(rnd_ar_view &view, const struct nav_pose &T_image_camera)
{
    vtkOpenGLState *state = view.window->GetState();
    state->Reset();
    view.window->GetShaderCache()->ReleaseCurrentShader();
    view.lights->TakeLights(view.renderer);
    forget(view);
    const Rect rect = covered(view, T_image_camera);
    view.drawn = rect;
    view.times = {};
    if (rect.left == rect.right || rect.bottom == rect.top) {
        return;
    }
    const int64_t start_ns = now_ns();
    begin(view, view.bone_layer, rect);
    state->vtkglColorMask(0, 0, 0, 0);
    for (vtkActor *bone : view.bones) {
        bone->RenderOpaqueGeometry(view.renderer);
    }
    glFinish();
    const int64_t bones_ns = now_ns();
    read(view, rect, GL_DEPTH_COMPONENT, GL_FLOAT, view.bone_depth.data());
    const int64_t bones_read_ns = now_ns();
    begin(view, view.model_layer, rect);
    for (vtkActor *model : view.models) {
        model->RenderOpaqueGeometry(view.renderer);
    }
    glFinish();
    const int64_t models_ns = now_ns();
    for (const Tool &tool : view.tools) {
        if (tool.actor->GetVisibility() != 0) {
            tool.actor->RenderOpaqueGeometry(view.renderer);
        }
    }
    glFinish();
    const int64_t tools_ns = now_ns();
    read(view, rect, GL_DEPTH_COMPONENT, GL_FLOAT, view.depth.data());
    read(view, rect, GL_BGRA, GL_UNSIGNED_BYTE, view.colour.data());
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, 0);
    view.times = {bones_ns - start_ns + models_ns - bones_read_ns, tools_ns - models_ns,
                  bones_read_ns - bones_ns + now_ns() - tools_ns};
}

} // namespace

enum nav_status rnd_ar_view_create(const struct rnd_lens *lens, struct rnd_ar_view **out_view)
{
    return guarded([&] {
        auto view = std::make_unique<rnd_ar_view>();
        view->lens = *lens;
        view->window = vtkSmartPointer<NavRenderWindow>::New();
        view->window->SetOwnContext(0);
        view->window->SetIsCurrent(true);
        view->window->SetMultiSamples(0);
        view->window->SwapBuffersOff();
        view->window->SetSize(16, 16);
        if (!view->window->HasUsableContext()) {
            return NAV_ERR_UNSUPPORTED;
        }
        view->renderer = vtkSmartPointer<vtkOpenGLRenderer>::New();
        view->renderer->SetBackground(0, 0, 0);
        view->camera = vtkSmartPointer<vtkCamera>::Take(view->renderer->MakeCamera());
        view->renderer->SetActiveCamera(view->camera);
        view->window->AddRenderer(view->renderer);
        light_scene(view->renderer);
        const size_t pixels =
            static_cast<size_t>(lens->width_px) * static_cast<size_t>(lens->height_px);
        view->colour.resize(4 * pixels);
        view->depth.resize(pixels, 1.0F);
        view->bone_depth.resize(pixels, 1.0F);
        view->window->SetSize(lens->width_px, lens->height_px);
        view->picture = make_picture(lens->width_px, lens->height_px);
        view->bone_depths = make_depth(lens->width_px, lens->height_px);
        view->depths = make_depth(lens->width_px, lens->height_px);
        view->bone_layer = make_target(lens->width_px, lens->height_px, view->bone_depths);
        view->model_layer = make_target(lens->width_px, lens->height_px, view->depths);
        *out_view = view.release();
        return NAV_OK;
    });
}

void rnd_ar_view_destroy(struct rnd_ar_view *view)
{
    if (view != nullptr) {
        view->window->Finalize();
    }
    delete view;
}

enum nav_status rnd_ar_view_add_model(struct rnd_ar_view *view, const struct rnd_mesh *mesh,
                                      const float colour[3], bool bone)
{
    return guarded([&] {
        struct Buffer {
            struct rnd_mesh_buffer mesh = {};
            ~Buffer()
            {
                rnd_mesh_buffer_finish(&this->mesh);
            }
        } buffer;
        const struct rnd_mesh shown =
            thinned(*mesh, bone ? bone_cell_mm : model_cell_mm, &buffer.mesh);
        const vtkSmartPointer<vtkActor> actor = actor_of(&shown);
        vtkProperty *property = actor->GetProperty();
        property->SetColor(colour[0], colour[1], colour[2]);
        property->SetAmbient(0.35);
        property->SetDiffuse(0.75);
        if (bone) {
            property->LightingOff(); // only its depth is kept
        } else {
            light(actor);
        }
        rnd_bounds_add_mesh(&view->bounds, mesh);
        (bone ? view->bones : view->models).push_back(actor);
        return NAV_OK;
    });
}

enum nav_status rnd_ar_view_add_tool(struct rnd_ar_view *view, const struct rnd_mesh *mesh)
{
    return guarded([&] {
        Tool tool = {actor_of(mesh), vtkSmartPointer<vtkMatrix4x4>::New()};
        tool.actor->SetUserMatrix(tool.matrix);
        tool.actor->VisibilityOff();
        tool.actor->GetProperty()->SetColor(0.10, 0.74, 0.98);
        tool.actor->GetProperty()->SetAmbient(0.5);
        light(tool.actor);
        view->tools.push_back(tool);
        return NAV_OK;
    });
}

void rnd_ar_view_set_tool(struct rnd_ar_view *view, uint32_t tool,
                          const struct nav_pose *T_image_tool)
{
    if (tool >= view->tools.size()) {
        return;
    }
    view->tools[tool].actor->SetVisibility(T_image_tool != nullptr);
    if (T_image_tool != nullptr) {
        copy_pose(view->tools[tool].matrix, *T_image_tool);
    }
}

enum nav_status rnd_ar_view_draw(struct rnd_ar_view *view, const struct nav_pose *T_image_camera,
                                 struct rnd_ar_layers *out_layers)
{
    return guarded([&] {
        aim(*view, *T_image_camera);
        draw_layers(*view, *T_image_camera);
        *out_layers = {view->colour.data(), view->depth.data(), view->bone_depth.data()};
        return NAV_OK;
    });
}

void rnd_ar_view_times(const struct rnd_ar_view *view, struct rnd_ar_times *out_times)
{
    *out_times = view->times;
}

bool rnd_ar_view_read(struct rnd_ar_view *view, uint8_t *out_bgra)
{
    if (view->shown_width == 0) {
        return false;
    }
    glBindFramebuffer(GL_READ_FRAMEBUFFER, view->shown.framebuffer);
    glReadPixels(0, 0, view->shown_width, view->shown_height, GL_BGRA, GL_UNSIGNED_BYTE, out_bgra);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, 0);
    return true;
}

uint32_t rnd_ar_view_show(struct rnd_ar_view *view, const uint8_t *picture, int width_px,
                          int height_px)
{
    const enum nav_status status = guarded([&] {
        if (width_px != view->shown_width || height_px != view->shown_height) {
            view->shown = make_target(width_px, height_px, 0);
            view->shown_width = width_px;
            view->shown_height = height_px;
        }
        return NAV_OK;
    });
    if (status != NAV_OK) {
        return 0;
    }
    const int w = view->lens.width_px;
    const int h = view->lens.height_px;
    glBindTexture(GL_TEXTURE_2D, view->picture.colour);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, w, h, GL_BGRA, GL_UNSIGNED_BYTE, picture);
    glBindTexture(GL_TEXTURE_2D, 0);
    const double scale =
        std::min(static_cast<double>(width_px) / w, static_cast<double>(height_px) / h);
    const int shown_w = static_cast<int>(w * scale);
    const int shown_h = static_cast<int>(h * scale);
    const int x = (width_px - shown_w) / 2;
    const int y = (height_px - shown_h) / 2;
    glBindFramebuffer(GL_READ_FRAMEBUFFER, view->picture.framebuffer);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, view->shown.framebuffer);
    glDisable(GL_SCISSOR_TEST);
    if (shown_w < width_px || shown_h < height_px) {
        glClearColor(0, 0, 0, 1);
        glClear(GL_COLOR_BUFFER_BIT);
    }
    // The texture's first row is the picture's top: turned over on the way.
    glBlitFramebuffer(0, 0, w, h, x, y + shown_h, x + shown_w, y, GL_COLOR_BUFFER_BIT,
                      shown_w == w && shown_h == h ? GL_NEAREST : GL_LINEAR);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    return view->shown.framebuffer;
}
