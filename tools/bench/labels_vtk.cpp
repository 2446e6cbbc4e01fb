#include "labels_vtk.h"

#include <cstdlib>
#include <new>

#include <vtkCellArray.h>
#include <vtkCellArrayIterator.h>
#include <vtkDecimatePro.h>
#include <vtkDiscreteFlyingEdges3D.h>
#include <vtkExtractVOI.h>
#include <vtkImageConstantPad.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkSMPTools.h>
#include <vtkShortArray.h>
#include <vtkSmartPointer.h>
#include <vtkWindowedSincPolyDataFilter.h>

struct labels_vtk {
    vtkNew<vtkImageData> image;
    vtkSmartPointer<vtkPolyData> surface;
};

namespace
{

vtkSmartPointer<vtkPolyData> smoothed(vtkPolyData *input, bool gentle)
{
    vtkNew<vtkWindowedSincPolyDataFilter> smooth;
    smooth->SetInputData(input);
    smooth->SetNumberOfIterations(gentle ? 20 : 40);
    smooth->SetPassBand(gentle ? 0.1 : 0.01);
    smooth->BoundarySmoothingOff();
    smooth->FeatureEdgeSmoothingOff();
    smooth->NonManifoldSmoothingOn();
    smooth->NormalizeCoordinatesOn();
    smooth->Update();
    return smooth->GetOutput();
}

vtkSmartPointer<vtkPolyData> decimated(vtkPolyData *input, double reduction)
{
    vtkNew<vtkDecimatePro> decimate;
    decimate->SetInputData(input);
    decimate->SetFeatureAngle(60.0);
    decimate->SplittingOff();
    decimate->PreserveTopologyOn();
    decimate->SetMaximumError(1.0);
    decimate->SetTargetReduction(reduction);
    decimate->Update();
    return decimate->GetOutput();
}

} // namespace

labels_vtk *labels_vtk_create(const int16_t *voxels, const int32_t size[3])
{
    try {
        labels_vtk *labels = new labels_vtk;
        vtkNew<vtkShortArray> values;
        const vtkIdType count = static_cast<vtkIdType>(size[0]) * size[1] * size[2];
        values->SetArray(const_cast<int16_t *>(voxels), count, 1);
        labels->image->SetDimensions(size[0], size[1], size[2]);
        labels->image->GetPointData()->SetScalars(values);
        return labels;
    } catch (...) {
        return nullptr;
    }
}

void labels_vtk_destroy(labels_vtk *labels)
{
    delete labels;
}

bool labels_vtk_run(labels_vtk *labels, int16_t value, const int32_t low[3], const int32_t high[3],
                    double reduction, labels_vtk_way way)
{
    try {
        vtkNew<vtkExtractVOI> crop;
        crop->SetInputData(labels->image);
        crop->SetVOI(low[0], high[0], low[1], high[1], low[2], high[2]);
        vtkNew<vtkImageConstantPad> pad;
        pad->SetInputConnection(crop->GetOutputPort());
        pad->SetConstant(0);
        pad->SetOutputWholeExtent(low[0] - 1, high[0] + 1, low[1] - 1, high[1] + 1, low[2] - 1,
                                  high[2] + 1);
        vtkNew<vtkDiscreteFlyingEdges3D> edges;
        edges->SetInputConnection(pad->GetOutputPort());
        edges->SetValue(0, value);
        edges->ComputeNormalsOff();
        edges->ComputeGradientsOff();
        edges->ComputeScalarsOff();
        edges->Update();
        labels->surface =
            way == LABELS_VTK_DECIMATE_FIRST
                ? smoothed(decimated(edges->GetOutput(), reduction), false)
                : decimated(smoothed(edges->GetOutput(), way == LABELS_VTK_GENTLE), reduction);
        return labels->surface->GetNumberOfPolys() > 0;
    } catch (...) {
        return false;
    }
}

bool labels_vtk_copy(const labels_vtk *labels, const double T[12], prep_surface *out_surface)
{
    try {
        vtkPolyData *data = labels->surface;
        prep_surface surface = {};
        surface.point_count = static_cast<size_t>(data->GetNumberOfPoints());
        surface.triangle_count = static_cast<size_t>(data->GetNumberOfPolys());
        surface.points =
            static_cast<float *>(std::malloc((3 * surface.point_count + 1) * sizeof(float)));
        surface.triangles = static_cast<uint32_t *>(
            std::malloc((3 * surface.triangle_count + 1) * sizeof(uint32_t)));
        if (surface.points == nullptr || surface.triangles == nullptr) {
            prep_surface_finish(&surface);
            return false;
        }
        for (size_t i = 0; i < surface.point_count; ++i) {
            double u[3];
            data->GetPoint(static_cast<vtkIdType>(i), u);
            for (size_t row = 0; row < 3; ++row) {
                const double *t = T + 4 * row;
                surface.points[3 * i + row] =
                    static_cast<float>(t[0] * u[0] + t[1] * u[1] + t[2] * u[2] + t[3]);
            }
        }
        auto cells = vtk::TakeSmartPointer(data->GetPolys()->NewIterator());
        size_t at = 0;
        for (cells->GoToFirstCell(); !cells->IsDoneWithTraversal(); cells->GoToNextCell()) {
            vtkIdType corners = 0;
            const vtkIdType *ids = nullptr;
            cells->GetCurrentCell(corners, ids);
            for (vtkIdType k = 0; k < 3 && corners == 3; ++k) {
                surface.triangles[at++] = static_cast<uint32_t>(ids[k]);
            }
        }
        surface.triangle_count = at / 3;
        *out_surface = surface;
        return true;
    } catch (...) {
        return false;
    }
}

const char *labels_vtk_backend(int *out_threads)
{
    *out_threads = vtkSMPTools::GetEstimatedNumberOfThreads();
    return vtkSMPTools::GetBackend();
}
