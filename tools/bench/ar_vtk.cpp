#include "ar_vtk.h"

#include <cstring>

#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkImageData.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOpenGLPolyDataMapper.h>
#include <vtkOpenGLRenderer.h>
#include <vtkOpenGLState.h>
#include <vtkOpenGLTexture.h>
#include <vtkPointData.h>
#include <vtkProperty.h>
#include <vtkUnsignedCharArray.h>
#include <vtk_glew.h>

#include "lamps.hpp"
#include "vtk_mesh.hpp"
#include "vtk_window.hpp"

namespace
{

constexpr double near_mm = 20;
constexpr double far_mm = 2000;

} // namespace

struct ar_vtk {
    rnd_lens lens = {};
    vtkNew<NavRenderWindow> window;
    vtkNew<vtkOpenGLRenderer> renderer;
    vtkNew<vtkOpenGLTexture> texture;
    vtkNew<vtkImageData> image;
    vtkNew<vtkMatrix4x4> tool_at;
};

struct ar_vtk *ar_vtk_create(const rnd_lens *lens, int peels)
try {
    auto *made = new ar_vtk;
    made->lens = *lens;
    made->window->SetOwnContext(0);
    made->window->SetIsCurrent(true);
    made->window->SetMultiSamples(0);
    made->window->SwapBuffersOff();
    made->window->SetSize(16, 16);
    if (!made->window->HasUsableContext()) {
        delete made;
        return nullptr;
    }
    made->window->SetAlphaBitPlanes(1);
    made->window->AddRenderer(made->renderer);
    made->window->SetSize(lens->width_px, lens->height_px);
    made->renderer->SetUseDepthPeeling(1);
    made->renderer->SetMaximumNumberOfPeels(peels);
    light_scene(made->renderer);
    made->image->SetDimensions(lens->width_px, lens->height_px, 1);
    made->image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
    made->texture->SetInputData(made->image);
    made->renderer->SetBackgroundTexture(made->texture);
    made->renderer->TexturedBackgroundOn();
    return made;
} catch (...) {
    return nullptr;
}

void ar_vtk_destroy(ar_vtk *ar)
{
    if (ar != nullptr) {
        ar->window->Finalize();
    }
    delete ar;
}

bool ar_vtk_add_model(ar_vtk *ar, const rnd_mesh *mesh, const rnd_material *material)
try {
    vtkNew<vtkOpenGLPolyDataMapper> mapper;
    mapper->SetInputData(poly_data(mesh));
    vtkNew<vtkActor> actor;
    actor->SetMapper(mapper);
    actor->GetProperty()->SetColor(material->colour[0], material->colour[1], material->colour[2]);
    actor->GetProperty()->SetOpacity(material->opacity);
    ar->renderer->AddActor(actor);
    return true;
} catch (...) {
    return false;
}

bool ar_vtk_add_tool(ar_vtk *ar, const rnd_mesh *mesh)
try {
    vtkNew<vtkOpenGLPolyDataMapper> mapper;
    mapper->SetInputData(poly_data(mesh));
    vtkNew<vtkActor> actor;
    actor->SetMapper(mapper);
    actor->SetUserMatrix(ar->tool_at);
    actor->GetProperty()->SetColor(0.10, 0.74, 0.98);
    ar->renderer->AddActor(actor);
    return true;
} catch (...) {
    return false;
}

bool ar_vtk_draw(ar_vtk *ar, const uint8_t *bgra, const nav_pose *T_image_camera,
                 const nav_pose *T_image_tool, uint8_t *out_rgb)
try {
    const int width = ar->lens.width_px;
    const int height = ar->lens.height_px;
    auto *pixels = static_cast<uint8_t *>(ar->image->GetScalarPointer());
    for (int y = 0; y < height; ++y) {
        const uint8_t *from = bgra + 4 * static_cast<size_t>(width) * y;
        uint8_t *to = pixels + 3 * static_cast<size_t>(width) * (height - 1 - y);
        for (int x = 0; x < width; ++x) {
            to[3 * x] = from[4 * x + 2];
            to[3 * x + 1] = from[4 * x + 1];
            to[3 * x + 2] = from[4 * x];
        }
    }
    ar->image->Modified();
    double R[9];
    nav_pose_rotation(T_image_tool, R);
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            ar->tool_at->SetElement(row, column, R[3 * row + column]);
        }
        ar->tool_at->SetElement(row, 3, T_image_tool->t_mm[row]);
    }
    double P[16];
    rnd_lens_projection(&ar->lens, near_mm, far_mm, P);
    vtkNew<vtkMatrix4x4> projection;
    projection->DeepCopy(P);
    const double forward[3] = {0, 0, 1};
    const double up[3] = {0, -1, 0};
    double ahead[3];
    double above[3];
    nav_pose_rotate(T_image_camera, forward, ahead);
    nav_pose_rotate(T_image_camera, up, above);
    vtkCamera *camera = ar->renderer->GetActiveCamera();
    camera->SetPosition(T_image_camera->t_mm);
    camera->SetFocalPoint(T_image_camera->t_mm[0] + ahead[0], T_image_camera->t_mm[1] + ahead[1],
                          T_image_camera->t_mm[2] + ahead[2]);
    camera->SetViewUp(above);
    camera->SetExplicitProjectionTransformMatrix(projection);
    camera->UseExplicitProjectionTransformMatrixOn();
    camera->SetClippingRange(near_mm, far_mm);
    ar->window->GetState()->Reset();
    ar->window->Render();
    glBindFramebuffer(GL_READ_FRAMEBUFFER, ar->window->PictureFramebuffer()->GetFBOIndex());
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, out_rgb);
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, 0);
    return true;
} catch (...) {
    return false;
}
