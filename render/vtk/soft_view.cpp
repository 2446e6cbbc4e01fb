#include "soft_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

#include <vtkCellArray.h>
#include <vtkDataArray.h>
#include <vtkFloatArray.h>
#include <vtkMapper.h>
#include <vtkMatrix4x4.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkProperty.h>
#include <vtkTypeInt32Array.h>

#include "lamps.hpp"

namespace
{

constexpr int band_rows = 32;

// The actor's surface and look; false: it is none of opaque triangles.
bool shape_of(vtkActor *actor, struct rnd_soft_shape *out)
{
    vtkProperty *property = actor->GetProperty();
    auto *mesh = vtkPolyData::SafeDownCast(actor->GetMapper()->GetInput());
    if (mesh == nullptr || property->GetRepresentation() != VTK_SURFACE ||
        property->GetOpacity() < 1.0 || mesh->GetPoints() == nullptr) {
        return false;
    }
    auto *points = vtkFloatArray::SafeDownCast(mesh->GetPoints()->GetData());
    auto *normals = vtkFloatArray::SafeDownCast(mesh->GetPointData()->GetNormals());
    vtkCellArray *cells = mesh->GetPolys();
    if (points == nullptr || normals == nullptr || cells->IsStorage64Bit()) {
        return false;
    }
    out->vertex_count = static_cast<size_t>(points->GetNumberOfTuples());
    out->triangle_count = static_cast<size_t>(cells->GetNumberOfCells());
    out->positions = points->GetPointer(0);
    out->normals = normals->GetPointer(0);
    out->triangles = cells->GetConnectivityArray32()->GetPointer(0);
    const double ambient = property->GetAmbient();
    const double diffuse = property->GetDiffuse();
    const double specular = property->GetSpecular();
    for (int c = 0; c < 3; ++c) {
        out->ambient[c] = static_cast<float>(ambient * property->GetAmbientColor()[c]);
        out->diffuse[c] = static_cast<float>(diffuse * property->GetDiffuseColor()[c]);
        out->specular[c] = static_cast<float>(specular * property->GetSpecularColor()[c]);
    }
    out->power =
        specular > 0.0 ? static_cast<unsigned>(std::lround(property->GetSpecularPower())) : 0;
    out->one_sided = property->GetBackfaceCulling() != 0;
    return cells->GetNumberOfConnectivityIds() == 3 * cells->GetNumberOfCells();
}

// Runs of a band's blocks as rectangles.
void add_runs(uint64_t mask, int block_px, PixelRect band, std::vector<PixelRect> &rects)
{
    int from = -1;
    for (int block = 0; block <= 64; ++block) {
        const bool set = block < 64 && (mask >> block & 1U) != 0;
        if (set && from < 0) {
            from = block;
        } else if (!set && from >= 0) {
            const int end = std::min(block * block_px, band.w);
            rects.push_back({from * block_px, band.y, end - from * block_px, band.h});
            from = -1;
        }
    }
}

} // namespace

bool SoftView::Wanted()
{
    const auto *name = reinterpret_cast<const char *>(glGetString(GL_RENDERER));
    return name != nullptr &&
           (std::strstr(name, "llvmpipe") != nullptr || std::strstr(name, "softpipe") != nullptr);
}

// The picture as it is now, and a canvas of its size.
void SoftView::TakeOver(const StaticCache &cache)
{
    const int width = this->still.width;
    const int height = this->still.height;
    cache.Read(this->still);
    this->taken = cache.Number();
    if (this->canvas != nullptr && width == this->still.width && height == this->still.height) {
        return;
    }
    struct rnd_soft_canvas *made = nullptr;
    if (rnd_soft_canvas_create(this->still.width, this->still.height, &made) != NAV_OK) {
        this->taken = 0;
        throw std::bad_alloc();
    }
    this->canvas.reset(made);
    this->touched.assign(static_cast<size_t>((this->still.height + band_rows - 1) / band_rows), 0);
}

// Adds where tools are now to what has been touched.
void SoftView::AddCovered()
{
    for (int row = 0; row < this->still.height; ++row) {
        this->touched[static_cast<size_t>(row / band_rows)] |=
            rnd_soft_covered(this->canvas.get(), row);
    }
}

void SoftView::Upload(GLuint texture, const std::vector<PixelRect> &rects) const
{
    const uint32_t *pixels = rnd_soft_pixels(this->canvas.get());
    glBindTexture(GL_TEXTURE_2D, texture);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, this->still.width);
    for (const PixelRect &rect : rects) {
        const size_t at = static_cast<size_t>(rect.y) * static_cast<size_t>(this->still.width) +
                          static_cast<size_t>(rect.x);
        glTexSubImage2D(GL_TEXTURE_2D, 0, rect.x, rect.y, rect.w, rect.h, GL_RGBA, GL_UNSIGNED_BYTE,
                        pixels + at);
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    glBindTexture(GL_TEXTURE_2D, 0);
}

// Where tools are and were, as rectangles; nothing is touched after.
std::vector<PixelRect> SoftView::Touched()
{
    std::vector<PixelRect> rects;
    for (size_t band = 0; band < this->touched.size(); ++band) {
        const int y = static_cast<int>(band) * band_rows;
        add_runs(this->touched[band], rnd_soft_block_px(this->canvas.get()),
                 {0, y, this->still.width, std::min(band_rows, this->still.height - y)}, rects);
        this->touched[band] = 0;
    }
    return rects;
}

bool SoftView::TakeShapes(const StaticCache &cache, const std::vector<vtkActor *> &tools)
{
    static const std::array<struct rnd_soft_lamp, RND_SOFT_LAMPS> lamps = lamp_list();
    const double aspect = static_cast<double>(this->still.width) / this->still.height;
    vtkCamera *camera = cache.Camera();
    this->shapes.assign(tools.size(), {});
    for (size_t i = 0; i < tools.size(); ++i) {
        struct rnd_soft_shape &shape = this->shapes[i];
        if (!shape_of(tools[i], &shape)) {
            return false;
        }
        vtkMatrix4x4::Multiply4x4(camera->GetViewTransformMatrix()->GetData(),
                                  tools[i]->GetMatrix()->GetData(), shape.view_from_model);
        std::copy_n(camera->GetProjectionTransformMatrix(aspect, -1.0, 1.0)->GetData(), 16,
                    shape.clip_from_view);
        shape.lamps = lamps.data();
    }
    return true;
}

bool SoftView::Begin(const StaticCache &cache, const std::vector<vtkActor *> &tools, bool afresh)
{
    const bool drawable = std::all_of(tools.begin(), tools.end(), [](vtkActor *actor) {
        struct rnd_soft_shape shape = {};
        return shape_of(actor, &shape);
    });
    if (!drawable) {
        return false;
    }
    this->all_changed = afresh || this->taken != cache.Number();
    if (this->taken != cache.Number()) {
        this->TakeOver(cache);
    }
    size_t node_count = 0;
    const uint32_t *nodes = cache.MapNodes(&node_count);
    if (nodes == nullptr) {
        return false;
    }
    this->drawn_of = &cache;
    const struct rnd_soft_still picture = {this->still.width,
                                           this->still.height,
                                           this->still.colour.data(),
                                           this->still.depth.data(),
                                           this->still.heads.data(),
                                           nodes,
                                           node_count};
    this->AddCovered();
    if (!this->TakeShapes(cache, tools) ||
        rnd_soft_begin(this->canvas.get(), &picture, this->shapes.data(), this->shapes.size(),
                       this->all_changed) != NAV_OK) {
        cache.UnmapNodes();
        this->drawn_of = nullptr;
        this->taken = 0; // whatever is next begins with the whole picture
        return false;
    }
    return true;
}

void SoftView::Finish(GLuint texture, std::vector<PixelRect> &changed)
{
    if (this->drawn_of == nullptr) {
        return;
    }
    rnd_soft_finish(this->canvas.get());
    this->drawn_of->UnmapNodes();
    this->drawn_of = nullptr;
    this->AddCovered();
    changed = this->Touched();
    if (this->all_changed) {
        changed.assign(1, {0, 0, this->still.width, this->still.height});
    }
    this->Upload(texture, changed);
}
