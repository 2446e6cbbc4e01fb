/* A picture's bytes as OpenCV wants them. */
#ifndef CAM_PICTURE_HPP
#define CAM_PICTURE_HPP

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "board.h"

namespace cam
{

/* The picture itself, not a copy. Throws what cannot be one. */
inline cv::Mat view(const cam_picture &picture)
{
    if (picture.width_px <= 0 || picture.height_px <= 0 || picture.bytes == nullptr ||
        (picture.channels != 1 && picture.channels != 3) ||
        picture.stride < static_cast<size_t>(picture.width_px) * picture.channels) {
        CV_Error(cv::Error::StsBadArg, "not a picture of 1 or 3 channels");
    }
    return cv::Mat(picture.height_px, picture.width_px, CV_8UC(picture.channels),
                   const_cast<uint8_t *>(picture.bytes), picture.stride);
}

inline cv::Mat grey(const cam_picture &picture)
{
    const cv::Mat bytes = view(picture);
    if (picture.channels == 1) {
        return bytes;
    }
    cv::Mat converted;
    cv::cvtColor(bytes, converted, cv::COLOR_BGR2GRAY);
    return converted;
}

} // namespace cam

#endif
