/* Iso surface by VTK, behind the C header. No exception leaves. */
extern "C" {
#include "surface.h"
}

#include <cstdlib>
#include <cstring>
#include <new>

#include <vtkCellArray.h>
#include <vtkCellArrayIterator.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkSmartPointer.h>

namespace
{

vtkSmartPointer<vtkPolyData> extract(const prep_field *field)
{
    const vtkIdType count =
        static_cast<vtkIdType>(field->size[0]) * field->size[1] * field->size[2];
    vtkNew<vtkFloatArray> values;
    values->SetArray(field->values, count, 1); /* 1: the field keeps its memory */
    vtkNew<vtkImageData> image;
    image->SetDimensions(field->size);
    image->SetOrigin(field->origin);
    image->SetSpacing(field->step, field->step, field->step);
    image->GetPointData()->SetScalars(values);
    vtkNew<vtkFlyingEdges3D> edges;
    edges->SetInputData(image);
    edges->SetValue(0, 0.0);
    edges->ComputeNormalsOff();
    edges->ComputeScalarsOff();
    edges->Update();
    return edges->GetOutput();
}

nav_status copy_out(vtkPolyData *data, prep_surface *out_surface)
{
    prep_surface surface = {};
    surface.point_count = static_cast<size_t>(data->GetNumberOfPoints());
    surface.triangle_count = static_cast<size_t>(data->GetNumberOfPolys());
    surface.points =
        static_cast<float *>(std::malloc((3 * surface.point_count + 1) * sizeof(float)));
    surface.triangles =
        static_cast<uint32_t *>(std::malloc((3 * surface.triangle_count + 1) * sizeof(uint32_t)));
    if (surface.points == nullptr || surface.triangles == nullptr) {
        prep_surface_finish(&surface);
        return NAV_ERR_MEMORY;
    }
    for (size_t i = 0; i < surface.point_count; ++i) {
        double p[3];
        data->GetPoint(static_cast<vtkIdType>(i), p);
        for (size_t a = 0; a < 3; ++a) {
            surface.points[3 * i + a] = static_cast<float>(p[a]);
        }
    }
    auto cells = vtk::TakeSmartPointer(data->GetPolys()->NewIterator());
    size_t at = 0;
    for (cells->GoToFirstCell(); !cells->IsDoneWithTraversal(); cells->GoToNextCell()) {
        vtkIdType corners = 0;
        const vtkIdType *ids = nullptr;
        cells->GetCurrentCell(corners, ids);
        if (corners != 3) {
            prep_surface_finish(&surface);
            return NAV_ERR_UNSUPPORTED;
        }
        for (int k = 0; k < 3; ++k) {
            /* VTK winds towards growing values reversed: outside must be outside */
            surface.triangles[at++] = static_cast<uint32_t>(ids[2 - k]);
        }
    }
    *out_surface = surface;
    return NAV_OK;
}

} // namespace

extern "C" nav_status prep_surface_extract(const prep_field *field, prep_surface *out_surface)
{
    try {
        const vtkSmartPointer<vtkPolyData> whole = extract(field);
        return copy_out(whole, out_surface);
    } catch (const std::bad_alloc &) {
        return NAV_ERR_MEMORY;
    }
}
