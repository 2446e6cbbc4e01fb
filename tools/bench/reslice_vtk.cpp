#include "reslice_vtk.h"

#include <vtkImageData.h>
#include <vtkImageMapToWindowLevelColors.h>
#include <vtkImageReslice.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkShortArray.h>

struct reslice_vtk {
    vtkNew<vtkShortArray> values;
    vtkNew<vtkImageData> image;
    vtkNew<vtkImageReslice> reslice;
    vtkNew<vtkImageMapToWindowLevelColors> colours;
};

struct reslice_vtk *reslice_vtk_create(const int16_t *voxels, const int size[3],
                                       const double spacing_mm[3], const double origin_mm[3],
                                       int width, int height, double pixel_mm, double level,
                                       double window)
try {
    auto *made = new reslice_vtk;
    const vtkIdType count = static_cast<vtkIdType>(size[0]) * size[1] * size[2];
    made->values->SetArray(const_cast<int16_t *>(voxels), count, 1);
    made->image->SetDimensions(size);
    made->image->SetSpacing(spacing_mm);
    made->image->SetOrigin(origin_mm);
    made->image->GetPointData()->SetScalars(made->values);
    made->reslice->SetInputData(made->image);
    made->reslice->SetOutputDimensionality(2);
    made->reslice->SetInterpolationModeToLinear();
    made->reslice->SetOutputSpacing(pixel_mm, pixel_mm, 1.0);
    made->reslice->SetOutputExtent(0, width - 1, 0, height - 1, 0, 0);
    made->reslice->SetOutputOrigin(0.0, 0.0, 0.0);
    made->reslice->SetBackgroundLevel(level - window);
    made->colours->SetInputConnection(made->reslice->GetOutputPort());
    made->colours->SetWindow(window);
    made->colours->SetLevel(level);
    made->colours->SetOutputFormatToLuminance();
    return made;
} catch (...) {
    return nullptr;
}

void reslice_vtk_destroy(struct reslice_vtk *reslice)
{
    delete reslice;
}

const uint8_t *reslice_vtk_draw(struct reslice_vtk *reslice, const double first_pixel_mm[3],
                                const double right[3], const double down[3])
try {
    const double through[3] = {right[1] * down[2] - right[2] * down[1],
                               right[2] * down[0] - right[0] * down[2],
                               right[0] * down[1] - right[1] * down[0]};
    vtkNew<vtkMatrix4x4> axes;
    for (int i = 0; i < 3; ++i) {
        axes->SetElement(i, 0, right[i]);
        axes->SetElement(i, 1, down[i]);
        axes->SetElement(i, 2, through[i]);
        axes->SetElement(i, 3, first_pixel_mm[i]);
    }
    reslice->reslice->SetResliceAxes(axes);
    reslice->colours->Update();
    return static_cast<const uint8_t *>(reslice->colours->GetOutput()->GetScalarPointer());
} catch (...) {
    return nullptr;
}
