#include "vtk_mesh.hpp"

#include <algorithm>

#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkTypeInt32Array.h>

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
