#include "distance_vtk.h"

#include <cmath>

#include <vtkCellArray.h>
#include <vtkImplicitPolyDataDistance.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkStaticCellLocator.h>

struct distance_vtk {
    vtkNew<vtkPolyData> surface;
    vtkNew<vtkImplicitPolyDataDistance> distance;
    vtkNew<vtkStaticCellLocator> locator;
};

distance_vtk *distance_vtk_create(const float *vertices_mm, uint32_t vertex_count,
                                  const uint32_t *triangles, uint32_t triangle_count)
{
    try {
        distance_vtk *distance = new distance_vtk;
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
        distance->surface->SetPoints(points);
        distance->surface->SetPolys(cells);
        distance->distance->SetInput(distance->surface);
        distance->locator->SetDataSet(distance->surface);
        distance->locator->BuildLocator();
        return distance;
    } catch (...) {
        return nullptr;
    }
}

void distance_vtk_destroy(distance_vtk *distance)
{
    delete distance;
}

double distance_vtk_at(distance_vtk *distance, const double point_mm[3])
{
    try {
        double point[3] = {point_mm[0], point_mm[1], point_mm[2]};
        return distance->distance->EvaluateFunction(point);
    } catch (...) {
        return NAN;
    }
}

double distance_vtk_ray(distance_vtk *distance, const double from_mm[3], const double to_mm[3])
{
    try {
        double t = 0.0, x[3], coordinates[3];
        int sub = 0;
        vtkIdType cell = -1;
        if (distance->locator->IntersectWithLine(from_mm, to_mm, 1e-9, t, x, coordinates, sub,
                                                 cell) == 0) {
            return NAN;
        }
        const double way[3] = {x[0] - from_mm[0], x[1] - from_mm[1], x[2] - from_mm[2]};
        return std::sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2]);
    } catch (...) {
        return NAN;
    }
}
