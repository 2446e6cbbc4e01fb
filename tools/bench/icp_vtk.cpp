#include "icp_vtk.h"

#include <new>

#include <vtkCellArray.h>
#include <vtkCellLocator.h>
#include <vtkIterativeClosestPointTransform.h>
#include <vtkLandmarkTransform.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>

struct icp_vtk {
    vtkNew<vtkPolyData> surface;
    vtkNew<vtkCellLocator> locator;
};

icp_vtk *icp_vtk_create(const float *vertices_mm, uint32_t vertex_count, const uint32_t *triangles,
                        uint32_t triangle_count)
{
    try {
        icp_vtk *icp = new icp_vtk;
        vtkNew<vtkPoints> points;
        points->SetDataTypeToDouble();
        for (uint32_t i = 0; i < vertex_count; ++i) {
            const float *p = vertices_mm + 3 * static_cast<size_t>(i);
            points->InsertNextPoint(p[0], p[1], p[2]);
        }
        vtkNew<vtkCellArray> cells;
        for (uint32_t i = 0; i < triangle_count; ++i) {
            const uint32_t *t = triangles + 3 * static_cast<size_t>(i);
            const vtkIdType ids[3] = {t[0], t[1], t[2]};
            cells->InsertNextCell(3, ids);
        }
        icp->surface->SetPoints(points);
        icp->surface->SetPolys(cells);
        icp->locator->SetDataSet(icp->surface);
        icp->locator->BuildLocator();
        return icp;
    } catch (...) {
        return nullptr;
    }
}

void icp_vtk_destroy(icp_vtk *icp)
{
    delete icp;
}

bool icp_vtk_register(icp_vtk *icp, const double *points_mm, uint32_t count, double out_matrix[16])
{
    try {
        vtkNew<vtkPoints> points;
        points->SetDataTypeToDouble();
        vtkNew<vtkCellArray> verts;
        for (uint32_t i = 0; i < count; ++i) {
            const vtkIdType id = points->InsertNextPoint(points_mm + 3 * static_cast<size_t>(i));
            verts->InsertNextCell(1, &id);
        }
        vtkNew<vtkPolyData> source;
        source->SetPoints(points);
        source->SetVerts(verts);
        vtkNew<vtkIterativeClosestPointTransform> transform;
        transform->SetSource(source);
        transform->SetTarget(icp->surface);
        transform->SetLocator(icp->locator);
        transform->GetLandmarkTransform()->SetModeToRigidBody();
        transform->SetMaximumNumberOfLandmarks(static_cast<int>(count));
        transform->SetMaximumNumberOfIterations(200);
        transform->CheckMeanDistanceOn();
        transform->SetMeanDistanceModeToRMS();
        transform->SetMaximumMeanDistance(1e-4);
        transform->Update();
        const vtkMatrix4x4 *matrix = transform->GetMatrix();
        for (int row = 0; row < 4; ++row) {
            for (int column = 0; column < 4; ++column) {
                out_matrix[4 * row + column] = matrix->GetElement(row, column);
            }
        }
        return true;
    } catch (...) {
        return false;
    }
}
