#include "video_file.h"

#include <memory>

#include <opencv2/videoio.hpp>

#include "guard.hpp"
#include "picture.hpp"

struct cam_video {
    cv::VideoWriter writer;
    cv::Size size;
};

extern "C" nav_status cam_video_create(const char *path, int width_px, int height_px, double fps,
                                       cam_video **out_video, cam_error *out_error)
{
    return cam::guarded(path, out_error, [&]() -> nav_status {
        auto video = std::make_unique<cam_video>();
        video->size = cv::Size(width_px, height_px);
        if (!video->writer.open(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'),
                                fps, video->size)) {
            return cam::fail(out_error, NAV_ERR_IO,
                             "%s: cannot be written as video; does its folder exist?", path);
        }
        *out_video = video.release();
        return NAV_OK;
    });
}

extern "C" nav_status cam_video_add(cam_video *video, const cam_picture *picture,
                                    cam_error *out_error)
{
    return cam::guarded("video", out_error, [&]() -> nav_status {
        const cv::Mat mat = cam::view(*picture);
        if (mat.size() != video->size || mat.channels() != 3) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "video: a picture of another size");
        }
        video->writer.write(mat);
        return NAV_OK;
    });
}

extern "C" void cam_video_close(cam_video *video)
{
    delete video;
}
