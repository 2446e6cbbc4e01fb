#include "view3d.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <vtkActor.h>
#include <vtkAutoInit.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkLight.h>
#include <vtkMath.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOpenGLPolyDataMapper.h>
#include <vtkOpenGLRenderer.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkShaderProperty.h>
#include <vtkSmartPointer.h>
#include <vtkTypeInt32Array.h>

#include "cached_view.hpp"
#include "vtk_window.hpp"

VTK_MODULE_INIT(vtkRenderingOpenGL2);

namespace
{

// Peels of the full redraw: enough for the pelvis seen through translucent bone.
constexpr int default_peels = 12;
constexpr double cut_bar_mm = 0.9;

// Colours of what the display itself adds to the anatomy (sRGB).
struct Paint {
    double colour[3];
    double ambient, diffuse, specular, power;
};
constexpr Paint live_body = {{0.92, 0.97, 1.00}, 0.45, 0.70, 0.40, 40.0};
constexpr Paint live_accent = {{0.10, 0.74, 0.98}, 0.75, 0.35, 0.15, 30.0};
constexpr Paint late_paint = {{1.00, 0.69, 0.00}, 0.55, 0.50, 0.00, 1.0};
constexpr Paint cut_paint = {{0.62, 0.93, 1.00}, 0.85, 0.25, 0.00, 1.0};
constexpr double cut_face_opacity = 0.10;

struct Structure {
    std::vector<double> points; // some of its vertices, 3 coordinates each
};

struct Tool {
    vtkSmartPointer<vtkActor> solid_body, solid_grip; // live
    vtkSmartPointer<vtkActor> dashed;                 // late: both parts, cut into dashes
    vtkSmartPointer<vtkMatrix4x4> matrix;
};

} // namespace

struct rnd_view3d {
    vtkSmartPointer<NavRenderWindow> window;
    vtkSmartPointer<vtkOpenGLRenderer> renderer;
    vtkSmartPointer<vtkCamera> wanted;
    std::unique_ptr<CachedView> cached; // null: VTK draws everything each time
    std::vector<StaticPart> parts;      // everything static
    std::vector<Structure> structures;  // models and cuts
    std::vector<uint32_t> not_shown;    // of the last picture
    bool counted;                       // not_shown is about the picture as it is
    std::vector<Tool> tools;
    struct rnd_bounds bounds;       // of everything static, for the clipping planes
    std::vector<double> frame;      // points that the default views show, 3 coordinates each
    struct rnd_camera camera;       // wanted
    struct rnd_camera shown_camera; // of the last picture
    std::vector<struct rnd_rect> dirty;
    bool gl_failed; // an OpenGL error while VTK drew everything: translucent parts may be missing
    int width_px, height_px;
};

namespace
{

// Runs `body` and turns whatever it throws into a status.
template <typename Body> enum nav_status guarded(Body body)
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return NAV_ERR_MEMORY;
    } catch (...) {
        return NAV_ERR_IO;
    }
}

vtkSmartPointer<vtkPolyData> poly_data(const struct rnd_mesh *mesh)
{
    vtkNew<vtkFloatArray> positions;
    positions->SetNumberOfComponents(3);
    positions->SetNumberOfTuples(static_cast<vtkIdType>(mesh->vertex_count));
    std::copy_n(mesh->positions, mesh->vertex_count * 3, positions->GetPointer(0));
    vtkNew<vtkPoints> points;
    points->SetData(positions);

    vtkNew<vtkFloatArray> normals;
    normals->SetNumberOfComponents(3);
    normals->SetNumberOfTuples(static_cast<vtkIdType>(mesh->vertex_count));
    if (mesh->normals != nullptr) {
        std::copy_n(mesh->normals, mesh->vertex_count * 3, normals->GetPointer(0));
    } else {
        rnd_mesh_normals(mesh, normals->GetPointer(0));
    }

    vtkNew<vtkTypeInt32Array> offsets;
    offsets->SetNumberOfValues(static_cast<vtkIdType>(mesh->triangle_count + 1));
    for (size_t i = 0; i <= mesh->triangle_count; ++i) {
        offsets->SetValue(static_cast<vtkIdType>(i), static_cast<vtkTypeInt32>(3 * i));
    }
    vtkNew<vtkTypeInt32Array> corners;
    corners->SetNumberOfValues(static_cast<vtkIdType>(3 * mesh->triangle_count));
    std::copy_n(mesh->triangles, 3 * mesh->triangle_count, corners->GetPointer(0));
    vtkNew<vtkCellArray> cells;
    cells->SetData(offsets, corners);

    auto data = vtkSmartPointer<vtkPolyData>::New();
    data->SetPoints(points);
    data->GetPointData()->SetNormals(normals);
    data->SetPolys(cells);
    return data;
}

// Triangles of one static part: few enough that one of them fits into a slice of a frame.
constexpr size_t part_triangles = 8192;

// Triangles [first, first + count) of a mesh with the vertices that they use.
class MeshPart
{
  public:
    MeshPart(const struct rnd_mesh &whole, const float *normals, size_t first, size_t count,
             std::vector<uint32_t> &scratch)
    {
        scratch.resize(whole.vertex_count, 0);
        this->triangles.reserve(3 * count);
        for (size_t i = 3 * first; i < 3 * (first + count); ++i) {
            uint32_t &known = scratch[whole.triangles[i]]; // 0: not yet, else index + 1
            if (known == 0) {
                const float *p = &whole.positions[3 * static_cast<size_t>(whole.triangles[i])];
                const float *n = &normals[3 * static_cast<size_t>(whole.triangles[i])];
                this->positions.insert(this->positions.end(), p, p + 3);
                this->part_normals.insert(this->part_normals.end(), n, n + 3);
                known = static_cast<uint32_t>(this->positions.size() / 3);
            }
            this->triangles.push_back(known - 1);
        }
        for (size_t i = 3 * first; i < 3 * (first + count); ++i) {
            scratch[whole.triangles[i]] = 0;
        }
    }

    struct rnd_mesh Mesh() const
    {
        return {this->positions.size() / 3, this->triangles.size() / 3, this->positions.data(),
                this->part_normals.data(), this->triangles.data()};
    }

  private:
    std::vector<float> positions, part_normals;
    std::vector<uint32_t> triangles;
};

vtkSmartPointer<vtkActor> actor_of(const struct rnd_mesh *mesh)
{
    vtkNew<vtkOpenGLPolyDataMapper> mapper;
    mapper->SetInputData(poly_data(mesh));
    mapper->ScalarVisibilityOff();
    mapper->StaticOn();
    auto actor = vtkSmartPointer<vtkActor>::New();
    actor->SetMapper(mapper);
    actor->GetProperty()->SetInterpolationToPhong();
    return actor;
}

void paint(vtkActor *actor, const Paint &look)
{
    vtkProperty *property = actor->GetProperty();
    property->SetColor(look.colour[0], look.colour[1], look.colour[2]);
    property->SetSpecularColor(1.0, 1.0, 1.0);
    property->SetAmbient(look.ambient);
    property->SetDiffuse(look.diffuse);
    property->SetSpecular(look.specular);
    property->SetSpecularPower(look.power);
}

// Draws a shell's silhouette: where it is seen edge on it gets denser and, a little, darker. The
// middle then lets the eye through while the form stays readable. Per fragment, hence exact with
// any order-independent transparency.
void add_rim(vtkActor *actor, float rim)
{
    const std::string amount = std::to_string(rim);
    const std::string code =
        "//VTK::Normal::Impl\n"
        "  float navEdge = 1.0 - abs(dot(normalize(vertexVC.xyz), normalVCVSOutput));\n"
        "  navEdge *= navEdge;\n"
        "  opacity = min(1.0, opacity + " +
        amount +
        " * navEdge);\n"
        "  ambientColor *= 1.0 - 0.45 * navEdge;\n"
        "  diffuseColor *= 1.0 - 0.45 * navEdge;\n";
    actor->GetShaderProperty()->AddFragmentShaderReplacement("//VTK::Normal::Impl", true, code,
                                                             false);
}

void add_light(vtkRenderer *renderer, double x, double y, double z, double intensity,
               const double (&colour)[3])
{
    vtkNew<vtkLight> light;
    light->SetLightTypeToCameraLight();
    light->SetPosition(x, y, z);
    light->SetFocalPoint(0.0, 0.0, 0.0);
    light->SetIntensity(intensity);
    light->SetColor(colour);
    renderer->AddLight(light);
}

void light_scene(vtkRenderer *renderer)
{
    static const double neutral[3] = {1.0, 1.0, 1.0};
    static const double cool[3] = {0.80, 0.88, 1.0};
    renderer->AutomaticLightCreationOff();
    renderer->RemoveAllLights();
    add_light(renderer, -0.55, 0.75, 1.0, 0.88, neutral); // key: above left, as a theatre lamp
    add_light(renderer, 0.0, 0.0, 1.0, 0.30, neutral);    // from the eye: no black side
    add_light(renderer, 0.9, -0.3, 0.2, 0.38, cool);      // fill: edges stand out
}

void place(Tool &tool, const struct nav_pose &pose)
{
    double R[9];
    nav_pose_rotation(&pose, R);
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            tool.matrix->SetElement(row, column, R[3 * row + column]);
        }
        tool.matrix->SetElement(row, 3, pose.t_mm[row]);
    }
}

// Keeps about `kept` of a mesh's vertices.
void keep_points(const struct rnd_mesh *mesh, size_t kept, std::vector<double> &points)
{
    const size_t stride = mesh->vertex_count / kept + 1;
    for (size_t i = 0; i < mesh->vertex_count; i += stride) {
        const float *p = &mesh->positions[3 * i];
        points.insert(points.end(), {p[0], p[1], p[2]});
    }
}

// Enough to find a view in which all of the mesh shows.
void add_to_frame(rnd_view3d *view, const struct rnd_mesh *mesh)
{
    keep_points(mesh, 2000, view->frame);
}

// Begins a structure; the static actors that follow are its parts.
void begin_structure(rnd_view3d *view, const struct rnd_mesh *mesh)
{
    view->structures.emplace_back();
    keep_points(mesh, 256, view->structures.back().points);
}

// Takes a static actor in: it shows with the next whole picture.
void add_static(rnd_view3d *view, vtkActor *actor, bool translucent)
{
    const StaticPart part = {actor, translucent, view->structures.size() - 1};
    view->parts.push_back(part);
    view->counted = false;
    if (view->cached == nullptr) {
        view->renderer->AddActor(actor);
        return;
    }
    view->cached->parts.push_back(part);
    view->cached->Invalidate();
}

void apply_camera(rnd_view3d *view)
{
    vtkCamera *camera = view->wanted;
    camera->SetPosition(view->camera.eye_mm);
    camera->SetFocalPoint(view->camera.target_mm);
    camera->SetViewUp(view->camera.up);
    camera->SetViewAngle(vtkMath::DegreesFromRadians(view->camera.view_angle_rad));
    struct rnd_bounds reach = view->bounds;
    if (rnd_bounds_is_empty(&reach)) {
        reach = {{-100.0, -100.0, -100.0}, {100.0, 100.0, 100.0}};
    }
    // Room for the tools: a tool in front of the anatomy must not be cut away by the near plane.
    constexpr double tool_reach_mm = 250.0;
    for (int axis = 0; axis < 3; ++axis) {
        reach.min_mm[axis] -= tool_reach_mm;
        reach.max_mm[axis] += tool_reach_mm;
    }
    double near_mm = 0.0;
    double far_mm = 0.0;
    rnd_camera_clip(&view->camera, &reach, &near_mm, &far_mm);
    camera->SetClippingRange(near_mm, far_mm);
}

enum nav_status add_tool(rnd_view3d *view, const struct rnd_mesh *body, const struct rnd_mesh *grip,
                         const struct rnd_mesh *dashed)
{
    Tool tool;
    tool.matrix = vtkSmartPointer<vtkMatrix4x4>::New();
    tool.solid_body = actor_of(body);
    paint(tool.solid_body, live_body);
    if (grip->triangle_count > 0) {
        tool.solid_grip = actor_of(grip);
        paint(tool.solid_grip, live_accent);
    }
    tool.dashed = actor_of(dashed);
    paint(tool.dashed, late_paint);
    for (vtkActor *actor : {tool.solid_body.Get(), tool.solid_grip.Get(), tool.dashed.Get()}) {
        if (actor != nullptr) {
            actor->SetUserMatrix(tool.matrix);
            actor->VisibilityOff();
            actor->GetProperty()->BackfaceCullingOn(); // closed shapes: their back is never seen
            if (view->cached == nullptr) {
                view->renderer->AddActor(actor);
            }
        }
    }
    view->tools.push_back(tool);
    return NAV_OK;
}

// Owns the meshes of one tool or cut while they are handed to VTK.
struct Buffers {
    struct rnd_mesh_buffer first = {}, second = {};
    Buffers() = default;
    Buffers(const Buffers &) = delete;
    Buffers &operator=(const Buffers &) = delete;
    ~Buffers()
    {
        rnd_mesh_buffer_finish(&first);
        rnd_mesh_buffer_finish(&second);
    }
};

} // namespace

namespace
{

// Whole steps of 255, half a step off: VTK cuts its background's colours down to bytes.
constexpr Background background = {{9.5F / 255.0F, 13.5F / 255.0F, 18.5F / 255.0F},
                                   {24.5F / 255.0F, 32.5F / 255.0F, 42.5F / 255.0F}};

// Everything by VTK's own means.
void set_up_full_redraw(rnd_view3d *view, const struct rnd_view3d_options &options)
{
    const double bottom[3] = {background.bottom[0], background.bottom[1], background.bottom[2]};
    const double top[3] = {background.top[0], background.top[1], background.top[2]};
    view->renderer->GradientBackgroundOn();
    view->renderer->SetBackground(bottom);
    view->renderer->SetBackground2(top);
    view->renderer->UseDepthPeelingOn();
    view->renderer->SetMaximumNumberOfPeels(options.peels > 0 ? options.peels : default_peels);
    view->renderer->SetOcclusionRatio(0.0);
    view->renderer->SetUseFXAA(!options.rough);
}

} // namespace

enum nav_status rnd_view3d_create(const struct rnd_view3d_options *options,
                                  struct rnd_view3d **out_view)
{
    return guarded([&] {
        const struct rnd_view3d_options chosen =
            options != nullptr ? *options : rnd_view3d_options{};
        auto view = std::make_unique<rnd_view3d>();
        view->bounds = rnd_bounds_empty();
        view->window = vtkSmartPointer<NavRenderWindow>::New();
        view->window->SetOwnContext(0);
        view->window->SetIsCurrent(true);
        // Several samples and depth peeling together lose every translucent surface in VTK 9.1.
        view->window->SetMultiSamples(0);
        view->window->SwapBuffersOff();
        view->window->SetSize(16, 16);
        if (!view->window->HasUsableContext()) {
            return NAV_ERR_UNSUPPORTED;
        }
        view->renderer = vtkSmartPointer<vtkOpenGLRenderer>::New();
        view->wanted = vtkSmartPointer<vtkCamera>::Take(view->renderer->MakeCamera());
        view->renderer->SetActiveCamera(view->wanted);
        view->window->AddRenderer(view->renderer);
        light_scene(view->renderer);
        if (chosen.full_redraw || !StaticCache::Supported()) {
            set_up_full_redraw(view.get(), chosen);
        } else {
            view->cached = std::make_unique<CachedView>(view->renderer);
            Background bytes = background;
            for (float *colour : {bytes.bottom, bytes.top}) {
                for (int channel = 0; channel < 3; ++channel) {
                    colour[channel] = std::floor(colour[channel] * 255.0F) / 255.0F;
                }
            }
            view->cached->SetBackground(bytes);
            view->cached->SetSmoothing(!chosen.rough);
        }
        view->camera = rnd_camera_fit(RND_PRESET_POSTERIOR, RND_SIDE_FOOT, nullptr, 0, 1.0);
        view->shown_camera = view->camera;
        *out_view = view.release();
        return NAV_OK;
    });
}

void rnd_view3d_destroy(struct rnd_view3d *view)
{
    if (view == nullptr) {
        return;
    }
    (void)guarded([&] {
        const std::unique_ptr<rnd_view3d> owner(view);
        for (const StaticPart &part : view->parts) {
            part.actor->ReleaseGraphicsResources(view->window);
        }
        for (const Tool &tool : view->tools) {
            for (vtkActor *actor :
                 {tool.solid_body.Get(), tool.solid_grip.Get(), tool.dashed.Get()}) {
                if (actor != nullptr) {
                    actor->ReleaseGraphicsResources(view->window);
                }
            }
        }
        view->cached.reset();
        view->window->Finalize();
        return NAV_OK;
    });
}

enum nav_status rnd_view3d_add_model(struct rnd_view3d *view, const struct rnd_mesh *mesh,
                                     const struct rnd_material *material, bool framed)
{
    return guarded([&] {
        const bool translucent = material->opacity < 1.0F;
        vtkNew<vtkProperty> property;
        property->SetInterpolationToPhong();
        property->SetColor(material->colour[0], material->colour[1], material->colour[2]);
        property->SetSpecularColor(1.0, 1.0, 1.0);
        property->SetAmbient(0.18);
        property->SetDiffuse(0.95);
        property->SetSpecular(material->specular);
        property->SetSpecularPower(28.0);
        property->SetOpacity(material->opacity);
        property->SetBackfaceCulling(!translucent);
        std::vector<float> own_normals;
        const float *normals = mesh->normals;
        if (normals == nullptr) {
            own_normals.resize(3 * mesh->vertex_count);
            rnd_mesh_normals(mesh, own_normals.data());
            normals = own_normals.data();
        }
        begin_structure(view, mesh);
        std::vector<uint32_t> scratch;
        for (size_t first = 0; first < mesh->triangle_count; first += part_triangles) {
            const size_t count = std::min(part_triangles, mesh->triangle_count - first);
            const MeshPart part(*mesh, normals, first, count, scratch);
            const struct rnd_mesh part_mesh = part.Mesh();
            auto actor = actor_of(&part_mesh);
            actor->SetProperty(property);
            add_rim(actor, translucent ? material->rim : 0.0F);
            // A rim of full opacity must not move the shell to the opaque parts.
            actor->SetForceTranslucent(translucent);
            add_static(view, actor, translucent);
        }
        rnd_bounds_add_mesh(&view->bounds, mesh);
        if (framed) {
            add_to_frame(view, mesh);
        }
        return NAV_OK;
    });
}

enum nav_status rnd_view3d_add_tool(struct rnd_view3d *view, const struct rnd_tool_shape *shape)
{
    return guarded([&] {
        Buffers solid;
        Buffers dashed;
        enum nav_status status = rnd_tool_mesh(shape, false, &solid.first, &solid.second);
        if (status == NAV_OK) {
            status = rnd_tool_mesh(shape, true, &dashed.first, &dashed.first);
        }
        if (status != NAV_OK) {
            return status;
        }
        const struct rnd_mesh body = rnd_mesh_of(&solid.first);
        const struct rnd_mesh grip = rnd_mesh_of(&solid.second);
        const struct rnd_mesh late = rnd_mesh_of(&dashed.first);
        return add_tool(view, &body, &grip, &late);
    });
}

enum nav_status rnd_view3d_add_tool_mesh(struct rnd_view3d *view, const struct rnd_mesh *mesh)
{
    return guarded([&] {
        const struct rnd_mesh none = {};
        const enum nav_status status = add_tool(view, mesh, &none, mesh);
        if (status == NAV_OK) {
            // A given mesh cannot be cut into dashes: its late look is a wire frame.
            view->tools.back().dashed->GetProperty()->SetRepresentationToWireframe();
        }
        return status;
    });
}

enum nav_status rnd_view3d_add_cut(struct rnd_view3d *view, const struct rnd_cut_shape *cut)
{
    return guarded([&] {
        Buffers buffers;
        const enum nav_status status =
            rnd_cut_mesh(cut, cut_bar_mm, &buffers.first, &buffers.second);
        if (status != NAV_OK) {
            return status;
        }
        const struct rnd_mesh rim = rnd_mesh_of(&buffers.first);
        const struct rnd_mesh face = rnd_mesh_of(&buffers.second);
        auto rim_actor = actor_of(&rim);
        paint(rim_actor, cut_paint);
        auto face_actor = actor_of(&face);
        paint(face_actor, cut_paint);
        face_actor->GetProperty()->SetOpacity(cut_face_opacity);
        begin_structure(view, &rim);
        add_static(view, rim_actor, false);
        add_static(view, face_actor, true);
        rnd_bounds_add_mesh(&view->bounds, &rim);
        add_to_frame(view, &rim);
        return NAV_OK;
    });
}

void rnd_view3d_set_tool(struct rnd_view3d *view, uint32_t tool, enum rnd_look look,
                         const struct nav_pose *T_image_tool)
{
    if (tool >= view->tools.size()) {
        return;
    }
    (void)guarded([&] {
        Tool &shown = view->tools[tool];
        const bool drawn = T_image_tool != nullptr;
        if (drawn) {
            place(shown, *T_image_tool);
        }
        shown.solid_body->SetVisibility(drawn && look == RND_LOOK_LIVE);
        if (shown.solid_grip != nullptr) {
            shown.solid_grip->SetVisibility(drawn && look == RND_LOOK_LIVE);
        }
        shown.dashed->SetVisibility(drawn && look == RND_LOOK_LATE);
        return NAV_OK;
    });
}

void rnd_view3d_set_camera(struct rnd_view3d *view, const struct rnd_camera *camera)
{
    view->camera = *camera;
}

struct rnd_camera rnd_view3d_fit(const struct rnd_view3d *view, enum rnd_preset preset,
                                 enum rnd_side side, double aspect)
{
    if (!view->frame.empty()) {
        return rnd_camera_fit(preset, side, view->frame.data(), view->frame.size() / 3, aspect);
    }
    double corners[8][3];
    const size_t count = rnd_bounds_corners(&view->bounds, corners);
    return rnd_camera_fit(preset, side, &corners[0][0], count, aspect);
}

namespace
{

std::vector<vtkActor *> visible_tools(const rnd_view3d *view)
{
    std::vector<vtkActor *> visible;
    for (const Tool &tool : view->tools) {
        for (vtkActor *actor : {tool.solid_body.Get(), tool.solid_grip.Get(), tool.dashed.Get()}) {
            if (actor != nullptr && actor->GetVisibility() != 0) {
                visible.push_back(actor);
            }
        }
    }
    return visible;
}

// Whether so much of a structure lies within the shown picture that it cannot be missed there.
bool is_expected(const rnd_view3d *view, const Structure &structure, double near_mm)
{
    constexpr double border = 0.02; // of the picture: what touches it only may have no pixel inside
    constexpr double least_px = 12.0;
    constexpr int least_points = 3;
    const double aspect = static_cast<double>(view->width_px) / view->height_px;
    const struct rnd_axes axes = rnd_camera_axes(&view->shown_camera);
    double low[2] = {1e9, 1e9};
    double high[2] = {-1e9, -1e9};
    int inside = 0;
    for (size_t i = 0; i + 2 < structure.points.size(); i += 3) {
        const double *point = &structure.points[i];
        double deep = 0.0;
        for (int axis = 0; axis < 3; ++axis) {
            deep += (point[axis] - view->shown_camera.eye_mm[axis]) * axes.forward[axis];
        }
        double at[2];
        if (deep <= near_mm || !rnd_camera_project(&view->shown_camera, aspect, point, at) ||
            at[0] < border || at[0] > 1.0 - border || at[1] < border || at[1] > 1.0 - border) {
            continue;
        }
        ++inside;
        for (int k = 0; k < 2; ++k) {
            low[k] = std::min(low[k], at[k]);
            high[k] = std::max(high[k], at[k]);
        }
    }
    return inside >= least_points && std::max((high[0] - low[0]) * view->width_px,
                                              (high[1] - low[1]) * view->height_px) >= least_px;
}

// Draws one structure once more, changing nothing, whatever stands in front of it: does it give
// fragments at all? What it lacks is then not shown, rather than hidden by something opaque.
bool gives_fragments(rnd_view3d *view, size_t structure)
{
    vtkOpenGLState *state = view->window->GetState();
    view->window->GetShaderCache()->ReleaseCurrentShader();
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, rnd_view3d_framebuffer(view));
    state->vtkglViewport(0, 0, view->width_px, view->height_px);
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglDisable(GL_DEPTH_TEST); // which also leaves the depths as they are
    state->vtkglColorMask(0, 0, 0, 0);
    GLuint query = 0;
    glGenQueries(1, &query);
    glBeginQuery(GL_SAMPLES_PASSED, query);
    for (const StaticPart &part : view->parts) {
        if (part.structure != structure || part.actor->GetVisibility() == 0) {
            continue;
        }
        if (part.translucent) {
            part.actor->RenderTranslucentPolygonalGeometry(view->renderer);
        } else {
            part.actor->RenderOpaqueGeometry(view->renderer);
        }
    }
    glEndQuery(GL_SAMPLES_PASSED);
    GLuint samples = 0;
    glGetQueryObjectuiv(query, GL_QUERY_RESULT, &samples);
    glDeleteQueries(1, &query);
    state->vtkglColorMask(1, 1, 1, 1);
    state->vtkglEnable(GL_DEPTH_TEST);
    return samples > 0;
}

// Which structures should be in the picture and are not.
void count_structures(rnd_view3d *view)
{
    view->not_shown.clear();
    vtkCamera *shown = view->cached != nullptr ? view->cached->ShownCamera() : view->wanted.Get();
    const double near_mm = shown->GetClippingRange()[0];
    view->renderer->SetActiveCamera(shown);
    for (size_t i = 0; i < view->structures.size(); ++i) {
        const bool seen = view->cached != nullptr && view->cached->Shows(i);
        if (!seen && is_expected(view, view->structures[i], near_mm) && !gives_fragments(view, i)) {
            view->not_shown.push_back(static_cast<uint32_t>(i));
        }
    }
    view->counted = true;
}

void draw_full(rnd_view3d *view)
{
    while (glGetError() != GL_NO_ERROR) {
    }
    view->renderer->SetActiveCamera(view->wanted);
    view->window->Render();
    view->gl_failed = glGetError() != GL_NO_ERROR;
    if (!view->counted ||
        std::memcmp(&view->shown_camera, &view->camera, sizeof(view->camera)) != 0) {
        view->shown_camera = view->camera;
        count_structures(view);
    }
    view->dirty.assign(1, {0, 0, view->width_px, view->height_px});
}

void draw_cached(rnd_view3d *view, int64_t budget_ns)
{
    const struct rnd_camera asked = view->camera;
    const bool whole = view->cached->Draw(view->wanted, visible_tools(view), budget_ns);
    const auto read = [](const double *from, double *to) { std::copy_n(from, 3, to); };
    vtkCamera *shown = view->cached->ShownCamera();
    read(shown->GetPosition(), view->shown_camera.eye_mm);
    read(shown->GetFocalPoint(), view->shown_camera.target_mm);
    read(shown->GetViewUp(), view->shown_camera.up);
    view->shown_camera.view_angle_rad = asked.view_angle_rad;
    if (whole) {
        count_structures(view);
    }
    for (const PixelRect &rect : view->cached->Dirty()) {
        view->dirty.push_back({rect.x, view->height_px - rect.y - rect.h, rect.w, rect.h});
    }
}

} // namespace

enum nav_status rnd_view3d_draw(struct rnd_view3d *view, int width_px, int height_px,
                                int64_t budget_ns)
{
    if (width_px < 1 || height_px < 1) {
        return NAV_ERR_ARGUMENT;
    }
    return guarded([&] {
        if (width_px != view->width_px || height_px != view->height_px) {
            view->window->SetSize(width_px, height_px);
            view->counted = false;
            view->width_px = width_px;
            view->height_px = height_px;
            if (view->cached != nullptr) {
                // Lets VTK set up its own side; nothing of ours is in its renderer.
                view->window->Render();
                if (!view->cached->Resize(width_px, height_px)) {
                    view->width_px = 0;
                    return NAV_ERR_MEMORY;
                }
            }
        }
        apply_camera(view);
        if (view->cached != nullptr) {
            draw_cached(view, budget_ns);
        } else {
            draw_full(view);
        }
        return NAV_OK;
    });
}

const struct rnd_camera *rnd_view3d_shown_camera(const struct rnd_view3d *view)
{
    return &view->shown_camera;
}

bool rnd_view3d_is_behind(const struct rnd_view3d *view)
{
    return view->cached != nullptr && view->cached->Behind();
}

const struct rnd_rect *rnd_view3d_dirty(const struct rnd_view3d *view, size_t *out_count)
{
    *out_count = view->dirty.size();
    return view->dirty.data();
}

void rnd_view3d_taken_over(struct rnd_view3d *view)
{
    view->dirty.clear();
}

void rnd_view3d_invalidate(struct rnd_view3d *view)
{
    if (view->cached != nullptr) {
        view->cached->Invalidate();
    }
}

const uint32_t *rnd_view3d_not_shown(const struct rnd_view3d *view, size_t *out_count)
{
    *out_count = view->not_shown.size();
    return view->not_shown.data();
}

const char *rnd_view3d_warning(const struct rnd_view3d *view)
{
    if (view->gl_failed || (view->cached != nullptr && view->cached->Incomplete())) {
        return "PICTURE INCOMPLETE";
    }
    return view->cached == nullptr ? "SLOW: NO OPENGL 4.3" : nullptr;
}

bool rnd_view3d_is_slow(const struct rnd_view3d *view)
{
    return view->cached == nullptr;
}

const char *rnd_view3d_renderer(void)
{
    const auto *name = reinterpret_cast<const char *>(glGetString(GL_RENDERER));
    return name != nullptr ? name : "unknown";
}

void rnd_view3d_wait(struct rnd_view3d *)
{
    glFinish();
}

enum nav_status rnd_view3d_read(struct rnd_view3d *view, uint8_t *out_rgb)
{
    if (view->width_px == 0) {
        return NAV_ERR_ARGUMENT;
    }
    glBindFramebuffer(GL_READ_FRAMEBUFFER, rnd_view3d_framebuffer(view));
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, view->width_px, view->height_px, GL_RGB, GL_UNSIGNED_BYTE, out_rgb);
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, 0);
    return NAV_OK;
}

uint32_t rnd_view3d_framebuffer(const struct rnd_view3d *view)
{
    if (view->width_px == 0) {
        return 0;
    }
    return view->cached != nullptr ? static_cast<uint32_t>(view->cached->Framebuffer())
                                   : view->window->PictureFramebuffer()->GetFBOIndex();
}
