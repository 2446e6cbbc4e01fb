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
#include <vtkMath.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOpenGLPolyDataMapper.h>
#include <vtkOpenGLRenderer.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>
#include <vtkPolyData.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkShaderProperty.h>
#include <vtkSmartPointer.h>
#include <vtkUniforms.h>

#include "cached_view.hpp"
#include "lamps.hpp"
#include "pick_pass.hpp"
#include "vtk_mesh.hpp"
extern "C" { // plain C without a guard of its own
#include "reduce.h"
}
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
// A blade's face looks straight into the lamp: its light must not add up to plain white.
constexpr Paint live_body = {{0.86, 0.91, 0.94}, 0.38, 0.42, 0.10, 30.0};
constexpr Paint live_accent = {{0.10, 0.74, 0.98}, 0.55, 0.32, 0.10, 30.0};
constexpr Paint ghost_paint = {{0.78, 0.66, 1.00}, 0.90, 0.10, 0.00, 1.0};
constexpr Paint path_paint = {{1.00, 0.89, 0.36}, 1.00, 0.00, 0.00, 1.0};
constexpr Paint late_paint = {{1.00, 0.69, 0.00}, 0.55, 0.50, 0.00, 1.0};
constexpr Paint cut_paint = {{0.62, 0.93, 1.00}, 0.85, 0.25, 0.00, 1.0};
constexpr Paint active_cut_paint = {{0.86, 0.98, 1.00}, 0.95, 0.15, 0.00, 1.0};
constexpr Paint other_cut_paint = {{0.27, 0.52, 0.62}, 0.80, 0.20, 0.00, 1.0};
constexpr double active_face_opacity = 0.22;
constexpr double other_face_opacity = 0.04;
constexpr double path_radius_mm = 0.5;
constexpr double cut_face_opacity = 0.10;

struct Structure {
    std::vector<double> points; // some of its vertices, 3 coordinates each
    double opacity = 1.0;       // as it was added
    bool translucent = false;   // likewise
    bool hidden = false;
    bool fades = false;   // in a keyhole
    float strength = 1.0; // of its opacity as it was added
};

struct Tool {
    vtkSmartPointer<vtkActor> solid_body, solid_grip; // live
    vtkSmartPointer<vtkActor> dashed;                 // late: both parts, cut into dashes
    vtkSmartPointer<vtkActor> ghost;                  // recorded: a wire frame
    vtkSmartPointer<vtkActor> path;                   // where it points; null: not known
    vtkSmartPointer<vtkMatrix4x4> matrix, path_matrix;
    double tip_mm[3] = {0.0, 0.0, 0.0};
    double axis[3] = {0.0, 0.0, 0.0};
    double path_mm = 0.0;

    std::vector<vtkActor *> Actors() const
    {
        std::vector<vtkActor *> all;
        for (vtkActor *actor : {this->solid_body.Get(), this->solid_grip.Get(), this->dashed.Get(),
                                this->ghost.Get(), this->path.Get()}) {
            if (actor != nullptr) {
                all.push_back(actor);
            }
        }
        return all;
    }
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
    std::vector<size_t> cut_structures; // the structure of each cut
    int active_cut = -1;
    struct rnd_bounds bounds;       // of everything static, for the clipping planes
    std::vector<double> frame;      // points that the default views show, 3 coordinates each
    struct rnd_camera camera;       // wanted
    struct rnd_camera shown_camera; // of the last picture
    double keyhole_radius_mm;       // 0: none
    double keyhole_mm[3];
    bool keyhole_open;
    mutable std::vector<struct rnd_rect> dirty;
    mutable bool drawing = false; // the picture is not finished
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

// Triangles of one static part: few enough that one of them fits into a slice of a frame.
constexpr size_t part_triangles = 8192;

// Triangles [first, first + count) of a mesh with the vertices that they use, and their normals.
class MeshPart
{
  public:
    MeshPart(const struct rnd_mesh &whole, size_t first, size_t count,
             std::vector<uint32_t> &scratch)
    {
        scratch.resize(whole.vertex_count, 0);
        this->triangles.reserve(3 * count);
        for (size_t i = 3 * first; i < 3 * (first + count); ++i) {
            uint32_t &known = scratch[whole.triangles[i]]; // 0: not yet, else index + 1
            if (known == 0) {
                const float *p = &whole.positions[3 * static_cast<size_t>(whole.triangles[i])];
                const float *n = &whole.normals[3 * static_cast<size_t>(whole.triangles[i])];
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

// Of a full redraw: lets the actor fade in a keyhole, after add_rim.
void add_keyhole(vtkActor *actor)
{
    float closed[4] = {0.0F, 0.0F, 0.0F, 0.0F};
    vtkShaderProperty *shader = actor->GetShaderProperty();
    shader->GetFragmentCustomUniforms()->SetUniform4f("navHole", closed);
    shader->AddFragmentShaderReplacement(
        "//VTK::Normal::Dec", true, std::string("//VTK::Normal::Dec\n") + keyhole_source, false);
    shader->AddFragmentShaderReplacement("//VTK::Light::Impl", true,
                                         "  opacity *= navKept(navHole, gl_FragCoord.xyz);\n"
                                         "//VTK::Light::Impl\n",
                                         false);
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

// Has the lamps computed the short way. Not where VTK draws everything, which is what we are
// compared with.
void light(rnd_view3d *view, vtkActor *actor)
{
    if (view->cached == nullptr) {
        return;
    }
    vtkProperty *property = actor->GetProperty();
    const double power = property->GetSpecular() > 0.0 ? property->GetSpecularPower() : 0.0;
    actor->GetShaderProperty()->AddFragmentShaderReplacement(
        "//VTK::Light::Impl", true, lamp_shader(static_cast<unsigned>(std::lround(power))), false);
}

// Takes a static actor in: it shows with the next whole picture.
void add_static(rnd_view3d *view, vtkActor *actor, bool translucent, Detail detail = Detail::any)
{
    const StaticPart part = {actor, translucent, view->structures.size() - 1,
                             view->structures.back().fades, detail};
    view->parts.push_back(part);
    view->counted = false;
    light(view, actor);
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

void add_tool_actor(rnd_view3d *view, vtkActor *actor)
{
    actor->VisibilityOff();
    actor->GetProperty()->BackfaceCullingOn(); // closed shapes: their back is never seen
    light(view, actor);
    if (view->cached == nullptr) {
        view->renderer->AddActor(actor);
    }
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
    tool.ghost = actor_of(body);
    paint(tool.ghost, ghost_paint);
    tool.ghost->GetProperty()->SetRepresentationToWireframe();
    for (vtkActor *actor : tool.Actors()) {
        actor->SetUserMatrix(tool.matrix);
        add_tool_actor(view, actor);
    }
    view->tools.push_back(tool);
    return NAV_OK;
}

// A rod of one millimetre from the tip where the tool points; its matrix gives it its length.
void add_path(rnd_view3d *view, const struct rnd_tool_shape &shape)
{
    Tool &tool = view->tools.back();
    std::copy_n(shape.tip_mm, 3, tool.tip_mm);
    std::copy_n(shape.axis, 3, tool.axis);
    double side[3] = {0.0, 0.0, 0.0};
    side[std::fabs(shape.axis[0]) < 0.9 ? 0 : 1] = 1.0;
    double across[2][3];
    vtkMath::Cross(shape.axis, side, across[0]);
    vtkMath::Normalize(across[0]);
    vtkMath::Cross(shape.axis, across[0], across[1]);
    constexpr unsigned sides = 6;
    std::vector<float> points;
    std::vector<uint32_t> triangles;
    for (unsigned i = 0; i < sides; ++i) {
        const double angle = 2.0 * vtkMath::Pi() * i / sides;
        for (unsigned end = 0; end < 2; ++end) {
            for (int k = 0; k < 3; ++k) {
                points.push_back(static_cast<float>(
                    end * shape.axis[k] + path_radius_mm * (std::cos(angle) * across[0][k] +
                                                            std::sin(angle) * across[1][k])));
            }
        }
        const uint32_t a = 2 * i;
        const uint32_t b = 2 * ((i + 1) % sides);
        triangles.insert(triangles.end(), {a, a + 1, b, b, a + 1, b + 1});
    }
    const struct rnd_mesh mesh = {points.size() / 3, triangles.size() / 3, points.data(), nullptr,
                                  triangles.data()};
    tool.path_matrix = vtkSmartPointer<vtkMatrix4x4>::New();
    tool.path = actor_of(&mesh);
    paint(tool.path, path_paint);
    tool.path->SetUserMatrix(tool.path_matrix);
    add_tool_actor(view, tool.path);
    tool.path->GetProperty()->BackfaceCullingOff(); // open at its ends
}

// T_image_tool after a stretch along the axis, from the tip.
void place_path(Tool &tool, bool live)
{
    if (tool.path == nullptr) {
        return;
    }
    tool.path->SetVisibility(live && tool.path_mm > 0.0);
    vtkNew<vtkMatrix4x4> stretch;
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            stretch->SetElement(row, column,
                                (row == column ? 1.0 : 0.0) +
                                    (tool.path_mm - 1.0) * tool.axis[row] * tool.axis[column]);
        }
        stretch->SetElement(row, 3, tool.tip_mm[row]);
    }
    vtkMatrix4x4::Multiply4x4(tool.matrix, stretch, tool.path_matrix);
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

// What the parts of one model have in common.
struct Surface {
    vtkProperty *property;
    bool translucent;
    float rim;
};

void add_parts(rnd_view3d *view, const struct rnd_mesh &mesh, const Surface &surface, Detail detail)
{
    std::vector<uint32_t> scratch;
    for (size_t first = 0; first < mesh.triangle_count; first += part_triangles) {
        const size_t count = std::min(part_triangles, mesh.triangle_count - first);
        const MeshPart part(mesh, first, count, scratch);
        const struct rnd_mesh part_mesh = part.Mesh();
        auto actor = actor_of(&part_mesh);
        actor->SetProperty(surface.property);
        add_rim(actor, surface.rim);
        if (view->cached == nullptr && view->structures.back().fades) {
            add_keyhole(actor);
        }
        // A rim of full opacity must not move the shell to the opaque parts.
        actor->SetForceTranslucent(surface.translucent);
        add_static(view, actor, surface.translucent, detail);
    }
}

// A mesh for a camera in motion; false where that saves too little to be worth its memory.
bool reduce(const struct rnd_mesh &mesh, struct rnd_mesh_buffer *out)
{
    // Three pixels of a picture of half the resolution that shows a whole pelvis.
    constexpr double cell_mm = 1.5;
    constexpr size_t small = 2000;
    if (mesh.triangle_count <= small) {
        return false;
    }
    const enum nav_status status = rnd_mesh_reduce(&mesh, cell_mm, out);
    if (status == NAV_ERR_MEMORY) {
        throw std::bad_alloc();
    }
    return status == NAV_OK && out->triangle_count < mesh.triangle_count / 2;
}

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
            if (chosen.gl_tools) {
                view->cached->DrawToolsByOpenGl();
            }
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
            for (vtkActor *actor : tool.Actors()) {
                actor->ReleaseGraphicsResources(view->window);
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
        view->structures.back().opacity = material->opacity;
        view->structures.back().translucent = translucent;
        view->structures.back().fades = material->fades;
        const struct rnd_mesh whole = {mesh->vertex_count, mesh->triangle_count, mesh->positions,
                                       normals, mesh->triangles};
        const Surface surface = {property, translucent, translucent ? material->rim : 0.0F};
        Buffers reduced;
        if (view->cached != nullptr && reduce(whole, &reduced.first)) {
            add_parts(view, whole, surface, Detail::fine);
            add_parts(view, rnd_mesh_of(&reduced.first), surface, Detail::coarse);
        } else {
            add_parts(view, whole, surface, Detail::any);
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
        status = add_tool(view, &body, &grip, &late);
        if (status == NAV_OK) {
            add_path(view, *shape);
        }
        return status;
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
        view->cut_structures.push_back(view->structures.size() - 1);
        add_static(view, rim_actor, false);
        add_static(view, face_actor, true);
        rnd_bounds_add_mesh(&view->bounds, &rim);
        add_to_frame(view, &rim);
        return NAV_OK;
    });
}

// Gives a structure's parts its opacity as it is now.
static void restyle(rnd_view3d *view, size_t structure)
{
    Structure &changed = view->structures[structure];
    const double faded = changed.opacity * static_cast<double>(changed.strength);
    const bool shell = changed.fades && view->keyhole_radius_mm > 0.0;
    changed.hidden = faded <= 0.0;
    for (StaticPart &part : view->parts) {
        if (part.structure != structure) {
            continue;
        }
        // Seen face on, an opaque shell stays opaque until it is faded.
        part.translucent = changed.translucent || changed.strength < 1.0F || shell;
        part.actor->GetProperty()->SetOpacity(faded);
        part.actor->GetProperty()->SetBackfaceCulling(!part.translucent);
        part.actor->SetForceTranslucent(part.translucent);
        part.actor->SetVisibility(!changed.hidden);
    }
}

static void renew_parts(rnd_view3d *view)
{
    view->counted = false;
    if (view->cached == nullptr) {
        return;
    }
    view->cached->parts.clear();
    for (const StaticPart &part : view->parts) {
        if (part.actor->GetVisibility() != 0) {
            view->cached->parts.push_back(part);
        }
    }
    view->cached->Renew();
}

void rnd_view3d_set_opacity(struct rnd_view3d *view, uint32_t structure, float opacity)
{
    if (structure >= view->structures.size()) {
        return;
    }
    view->structures[structure].strength = opacity;
    (void)guarded([&] {
        restyle(view, structure);
        renew_parts(view);
        return NAV_OK;
    });
}

void rnd_view3d_set_keyhole(struct rnd_view3d *view, const double *tip_mm_or_null, double radius_mm)
{
    const bool was_on = view->keyhole_radius_mm > 0.0;
    view->keyhole_radius_mm = radius_mm;
    view->keyhole_open = tip_mm_or_null != nullptr && radius_mm > 0.0;
    if (view->keyhole_open) {
        std::copy_n(tip_mm_or_null, 3, view->keyhole_mm);
    }
    if (was_on == (radius_mm > 0.0)) {
        return;
    }
    (void)guarded([&] {
        for (size_t i = 0; i < view->structures.size(); ++i) {
            if (view->structures[i].fades) {
                restyle(view, i);
            }
        }
        renew_parts(view);
        return NAV_OK;
    });
}

void rnd_view3d_set_active_cut(struct rnd_view3d *view, int cut)
{
    if (cut == view->active_cut) {
        return;
    }
    view->active_cut = cut;
    (void)guarded([&] {
        for (size_t i = 0; i < view->cut_structures.size(); ++i) {
            const bool active = static_cast<int>(i) == cut;
            for (const StaticPart &part : view->parts) {
                if (part.structure != view->cut_structures[i]) {
                    continue;
                }
                paint(part.actor, cut < 0  ? cut_paint
                                  : active ? active_cut_paint
                                           : other_cut_paint);
                if (part.translucent) {
                    part.actor->GetProperty()->SetOpacity(cut < 0  ? cut_face_opacity
                                                          : active ? active_face_opacity
                                                                   : other_face_opacity);
                }
            }
        }
        if (view->cached != nullptr) {
            view->cached->Renew();
        }
        return NAV_OK;
    });
}

void rnd_view3d_set_path(struct rnd_view3d *view, uint32_t tool, double length_mm)
{
    if (tool < view->tools.size()) {
        view->tools[tool].path_mm = length_mm;
    }
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
        shown.ghost->SetVisibility(drawn && look == RND_LOOK_GHOST);
        place_path(shown, drawn && look == RND_LOOK_LIVE);
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
        for (vtkActor *actor : tool.Actors()) {
            if (actor->GetVisibility() != 0) {
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

// The picture of the last draw, which may still be drawn while others have the processor.
void finish_picture(const rnd_view3d *view)
{
    if (!view->drawing) {
        return;
    }
    view->drawing = false;
    view->cached->Finish();
    for (const PixelRect &rect : view->cached->Dirty()) {
        view->dirty.push_back({rect.x, view->height_px - rect.y - rect.h, rect.w, rect.h});
    }
}

// Draws one structure once more, changing nothing, whatever stands in front of it: does it give
// fragments at all? What it lacks is then not shown, rather than hidden by something opaque.
bool gives_fragments(rnd_view3d *view, size_t structure)
{
    const Detail detail = view->cached != nullptr ? view->cached->ShownDetail() : Detail::fine;
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
        if (part.structure != structure || part.actor->GetVisibility() == 0 ||
            !part.BelongsTo(detail)) {
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
        if (!seen && !view->structures[i].hidden &&
            is_expected(view, view->structures[i], near_mm) && !gives_fragments(view, i)) {
            view->not_shown.push_back(static_cast<uint32_t>(i));
        }
    }
    view->counted = true;
}

// Of a full redraw: the keyhole in the shaders of what may fade.
void open_keyhole(rnd_view3d *view)
{
    const Keyhole hole = project_keyhole(view->wanted, view->keyhole_mm,
                                         view->keyhole_open ? view->keyhole_radius_mm : 0.0,
                                         view->width_px, view->height_px);
    float values[4] = {hole.x, hole.y, hole.radius, hole.depth};
    for (const StaticPart &part : view->parts) {
        if (part.fades) {
            part.actor->GetShaderProperty()->GetFragmentCustomUniforms()->SetUniform4f("navHole",
                                                                                       values);
        }
    }
}

void draw_full(rnd_view3d *view)
{
    open_keyhole(view);
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
    finish_picture(view); // its rectangles are not lost when nobody took it over
    const struct rnd_camera asked = view->camera;
    view->cached->SetKeyhole(view->keyhole_mm, view->keyhole_open ? view->keyhole_radius_mm : 0.0);
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
    // Software OpenGL then draws the tools while the caller is busy with something else.
    glFlush();
    view->drawing = true;
}

} // namespace

// Wire frames are as thick on a large screen as on a small one.
static void widen_wires(const rnd_view3d *view)
{
    constexpr double of_height = 1.0 / 400.0;
    const auto width = static_cast<float>(std::max(1.0, of_height * view->height_px));
    for (const Tool &tool : view->tools) {
        tool.ghost->GetProperty()->SetLineWidth(width);
        tool.dashed->GetProperty()->SetLineWidth(width);
    }
}

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
            widen_wires(view);
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

// What a click may land on: drawn strongly enough to be seen.
static std::vector<const StaticPart *> pickable_parts(const rnd_view3d *view)
{
    constexpr double least_opacity = 0.05;
    std::vector<const StaticPart *> parts;
    for (const StaticPart &part : view->parts) {
        const bool film =
            part.translucent && std::count(view->cut_structures.begin(), view->cut_structures.end(),
                                           part.structure) > 0;
        if (part.actor->GetVisibility() != 0 && part.BelongsTo(Detail::fine) && !film &&
            part.actor->GetProperty()->GetOpacity() >= least_opacity) {
            parts.push_back(&part);
        }
    }
    return parts;
}

enum nav_status rnd_view3d_pick(struct rnd_view3d *view, double x, double y, double out_mm[3],
                                uint32_t *out_structure)
{
    if (view->width_px == 0 ||
        !(x >= 0.0 && y >= 0.0 && x < view->width_px && y < view->height_px)) {
        return NAV_ERR_ARGUMENT;
    }
    return guarded([&] {
        vtkCamera *camera =
            view->cached != nullptr ? view->cached->ShownCamera() : view->wanted.Get();
        view->renderer->SetActiveCamera(camera);
        const int column = static_cast<int>(x);
        const int row = view->height_px - 1 - static_cast<int>(y);
        const Picked picked = pick_pixel(view->renderer, pickable_parts(view), view->width_px,
                                         view->height_px, column, row);
        if (!picked.hit) {
            return NAV_ERR_NOT_FOUND;
        }
        const double aspect = static_cast<double>(view->width_px) / view->height_px;
        vtkNew<vtkMatrix4x4> from_clip;
        vtkMatrix4x4::Invert(camera->GetCompositeProjectionTransformMatrix(aspect, -1.0, 1.0),
                             from_clip);
        const double clip[4] = {2.0 * (column + 0.5) / view->width_px - 1.0,
                                2.0 * (row + 0.5) / view->height_px - 1.0,
                                2.0 * static_cast<double>(picked.depth) - 1.0, 1.0};
        double image[4];
        from_clip->MultiplyPoint(clip, image);
        for (int axis = 0; axis < 3; ++axis) {
            out_mm[axis] = image[axis] / image[3];
        }
        *out_structure = static_cast<uint32_t>(picked.structure);
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

bool rnd_view3d_is_reduced(const struct rnd_view3d *view)
{
    return view->cached != nullptr && view->cached->ShownDetail() == Detail::coarse;
}

const struct rnd_rect *rnd_view3d_dirty(const struct rnd_view3d *view, size_t *out_count)
{
    finish_picture(view);
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
        view->cached->BuildNext();
    }
}

const uint32_t *rnd_view3d_not_shown(const struct rnd_view3d *view, size_t *out_count)
{
    *out_count = view->not_shown.size();
    return view->not_shown.data();
}

enum rnd_words rnd_view3d_warning(const struct rnd_view3d *view)
{
    if (view->gl_failed || (view->cached != nullptr && view->cached->Incomplete())) {
        return RND_SAY_PICTURE_INCOMPLETE;
    }
    return view->cached == nullptr ? RND_SAY_PICTURE_SLOW : RND_SAY_NOTHING;
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

void rnd_view3d_wait(struct rnd_view3d *view)
{
    finish_picture(view);
    glFinish();
}

enum nav_status rnd_view3d_read(struct rnd_view3d *view, uint8_t *out_rgb)
{
    if (view->width_px == 0) {
        return NAV_ERR_ARGUMENT;
    }
    finish_picture(view);
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
    finish_picture(view);
    return view->cached != nullptr ? static_cast<uint32_t>(view->cached->Framebuffer())
                                   : view->window->PictureFramebuffer()->GetFBOIndex();
}
