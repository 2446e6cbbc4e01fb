#include "rectify.h"

#include <memory>

#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "guard.hpp"
#include "picture.hpp"

struct cam_rectifier {
    rnd_lens lens = {};
    rnd_lens flat = {};
    cv::Mat whole; /* whole pixels ... */
    cv::Mat parts; /* ... and their fractions, as OpenCV's fixed-point remapping has them */
    cv::Mat colour;
};

extern "C" nav_status cam_rectifier_create(const rnd_lens *lens, cam_rectifier **out_rectifier,
                                           cam_error *out_error)
{
    return cam::guarded("lens", out_error, [&]() -> nav_status {
        if (!rnd_lens_is_valid(lens)) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "lens: not calibrated");
        }
        auto rectifier = std::make_unique<cam_rectifier>();
        rectifier->lens = *lens;
        rectifier->flat = rnd_lens_rectified(lens);
        const rnd_lens &flat = rectifier->flat;
        const cv::Matx33d matrix(lens->fx_px, 0, lens->cx_px, 0, lens->fy_px, lens->cy_px, 0, 0, 1);
        const cv::Matx33d flat_matrix(flat.fx_px, 0, flat.cx_px, 0, flat.fy_px, flat.cy_px, 0, 0,
                                      1);
        const cv::Mat coefficients(1, RND_LENS_COEFFICIENTS, CV_64F, const_cast<double *>(lens->k));
        cv::initUndistortRectifyMap(matrix, coefficients, cv::noArray(), flat_matrix,
                                    cv::Size(lens->width_px, lens->height_px), CV_16SC2,
                                    rectifier->whole, rectifier->parts);
        *out_rectifier = rectifier.release();
        return NAV_OK;
    });
}

extern "C" void cam_rectifier_destroy(cam_rectifier *rectifier)
{
    delete rectifier;
}

extern "C" const rnd_lens *cam_rectifier_lens(const cam_rectifier *rectifier)
{
    return &rectifier->flat;
}

extern "C" nav_status cam_rectify(cam_rectifier *rectifier, const cam_picture *picture,
                                  uint8_t *out_bgra, size_t stride, cam_error *out_error)
{
    return cam::guarded("camera", out_error, [&]() -> nav_status {
        const rnd_lens &lens = rectifier->lens;
        if (picture->width_px != lens.width_px || picture->height_px != lens.height_px) {
            return cam::fail(out_error, NAV_ERR_RANGE,
                             "the picture has %d x %d, the lens was calibrated at %d x %d",
                             picture->width_px, picture->height_px, lens.width_px, lens.height_px);
        }
        cv::cvtColor(cam::view(*picture), rectifier->colour,
                     picture->channels == 3 ? cv::COLOR_BGR2BGRA : cv::COLOR_GRAY2BGRA);
        cv::Mat out(lens.height_px, lens.width_px, CV_8UC4, out_bgra, stride);
        cv::remap(rectifier->colour, out, rectifier->whole, rectifier->parts, cv::INTER_LINEAR,
                  cv::BORDER_REPLICATE);
        return NAV_OK;
    });
}
