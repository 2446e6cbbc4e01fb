extern "C" {
#include "nav/pose.h"
}

#include "align_itk.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>

#include <itkImage.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkMattesMutualInformationImageToImageMetricv4.h>
#include <itkRegularStepGradientDescentOptimizerv4.h>
#include <itkVersorRigid3DTransform.h>

namespace
{

using Image = itk::Image<float, 3>;
using Metric = itk::MattesMutualInformationImageToImageMetricv4<Image, Image>;
using Optimizer = itk::RegularStepGradientDescentOptimizerv4<double>;
using Transform = itk::VersorRigid3DTransform<double>;

constexpr unsigned cells = 32;
constexpr double lever_mm = 100.0;

Image::Pointer copy_of(const align_image &from)
{
    Image::Pointer image = Image::New();
    Image::SizeType size;
    Image::SpacingType spacing;
    Image::PointType origin;
    Image::DirectionType direction;
    for (unsigned k = 0; k < 3; ++k) {
        double square = 0.0;
        for (unsigned row = 0; row < 3; ++row) {
            const double value = from.T_image_voxel[4 * row + k];
            square += value * value;
        }
        spacing[k] = std::sqrt(square);
        size[k] = static_cast<itk::SizeValueType>(from.size[k]);
        origin[k] = from.T_image_voxel[4 * k + 3];
        for (unsigned row = 0; row < 3; ++row) {
            direction[row][k] = from.T_image_voxel[4 * row + k] / spacing[k];
        }
    }
    image->SetRegions(size);
    image->SetSpacing(spacing);
    image->SetOrigin(origin);
    image->SetDirection(direction);
    image->Allocate();
    const std::size_t count = size[0] * size[1] * size[2];
    std::copy(from.values, from.values + count, image->GetBufferPointer());
    return image;
}

} // namespace

struct align_itk {
    Image::Pointer reference, other;
    Metric::FixedSampledPointSetType::Pointer points;
};

namespace
{

/* The pose as a versor about the middle, and back. */
Transform::Pointer transform_of(const nav_pose &pose, const double middle_mm[3])
{
    Transform::Pointer transform = Transform::New();
    Transform::InputPointType centre;
    Transform::VersorType versor;
    Transform::OutputVectorType shift;
    double moved[3];
    nav_pose_apply(&pose, middle_mm, moved);
    versor.Set(pose.q[0], pose.q[1], pose.q[2], pose.q[3]);
    for (unsigned k = 0; k < 3; ++k) {
        centre[k] = middle_mm[k];
        shift[k] = moved[k] - middle_mm[k];
    }
    transform->SetCenter(centre);
    transform->SetRotation(versor);
    transform->SetTranslation(shift);
    return transform;
}

bool pose_of(const Transform &transform, nav_pose *out_pose)
{
    double R[9];
    double t_mm[3];
    for (unsigned row = 0; row < 3; ++row) {
        t_mm[row] = transform.GetOffset()[row];
        for (unsigned k = 0; k < 3; ++k) {
            R[3 * row + k] = transform.GetMatrix()[row][k];
        }
    }
    return nav_pose_from_matrix(R, t_mm, 1e-6, out_pose) == NAV_OK;
}

Metric::Pointer metric_of(const align_itk &itk, Transform &transform)
{
    Metric::Pointer metric = Metric::New();
    metric->SetFixedImage(itk.reference);
    metric->SetMovingImage(itk.other);
    metric->SetVirtualDomainFromImage(itk.reference);
    metric->SetMovingTransform(&transform);
    metric->SetNumberOfHistogramBins(cells);
    metric->SetFixedSampledPointSet(itk.points);
    metric->SetUseSampledPointSet(true);
    metric->SetUseFixedImageGradientFilter(false);
    metric->SetUseMovingImageGradientFilter(false);
    metric->SetMaximumNumberOfWorkUnits(1);
    metric->Initialize();
    return metric;
}

/* False: the climb left the overlap. */
bool climb(const align_itk &itk, const align_climb &steps, const double middle_mm[3],
           nav_pose *inout_pose, int *out_iterations, double *out_information)
{
    Transform::Pointer transform = transform_of(*inout_pose, middle_mm);
    Metric::Pointer metric = metric_of(itk, *transform);
    Optimizer::Pointer optimizer = Optimizer::New();
    Optimizer::ScalesType scales(Transform::ParametersDimension);
    scales.Fill(1.0);
    for (unsigned k = 0; k < 3; ++k) {
        scales[k] = 4.0 * lever_mm * lever_mm; /* a versor's part is the sine of half the angle */
    }
    optimizer->SetMetric(metric);
    optimizer->SetScales(scales);
    optimizer->SetDoEstimateScales(false);
    optimizer->SetDoEstimateLearningRateOnce(false);
    optimizer->SetDoEstimateLearningRateAtEachIteration(false);
    optimizer->SetLearningRate(steps.step_mm);
    optimizer->SetMinimumStepLength(steps.step_min_mm);
    optimizer->SetRelaxationFactor(0.7);
    optimizer->SetGradientMagnitudeTolerance(1e-9);
    optimizer->SetNumberOfIterations(static_cast<itk::SizeValueType>(steps.iterations_max));
    optimizer->SetReturnBestParametersAndValue(true);
    optimizer->SetNumberOfWorkUnits(1);
    try {
        optimizer->StartOptimization(false);
    } catch (const itk::ExceptionObject &) {
        return false; /* too few points lie in both */
    }
    *out_iterations = static_cast<int>(optimizer->GetCurrentIteration());
    *out_information = -optimizer->GetValue();
    return pose_of(*transform, inout_pose);
}

} // namespace

nav_status align_itk_create(const align_image *reference, const align_image *other,
                            const align_points *points, align_itk **out_itk)
{
    try {
        auto *itk = new align_itk;
        itk->reference = copy_of(*reference);
        itk->other = copy_of(*other);
        itk->points = Metric::FixedSampledPointSetType::New();
        for (std::size_t i = 0; i < points->count; ++i) {
            itk::Point<double, 3> p;
            for (unsigned k = 0; k < 3; ++k) {
                p[k] = points->p_mm[i][k];
            }
            itk->points->SetPoint(i, p);
        }
        *out_itk = itk;
        return NAV_OK;
    } catch (const std::bad_alloc &) {
        return NAV_ERR_MEMORY;
    } catch (const std::exception &) {
        return NAV_ERR_CONDITION;
    }
}

void align_itk_destroy(align_itk *itk)
{
    delete itk;
}

nav_status align_itk_climb(align_itk *itk, const align_climb *steps, const double middle_mm[3],
                           nav_pose *inout_T_other_reference, int *out_iterations,
                           double *out_information)
{
    try {
        nav_pose pose = *inout_T_other_reference;
        if (!climb(*itk, *steps, middle_mm, &pose, out_iterations, out_information)) {
            return NAV_ERR_NOT_FOUND;
        }
        *inout_T_other_reference = pose;
        return NAV_OK;
    } catch (const std::bad_alloc &) {
        return NAV_ERR_MEMORY;
    } catch (const std::exception &) {
        return NAV_ERR_CONDITION;
    }
}
