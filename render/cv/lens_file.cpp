#include "lens_file.h"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>

#include "storage.hpp"

namespace
{

cv::FileNode first_of(const cv::FileStorage &storage, std::initializer_list<const char *> names)
{
    for (const char *name : names) {
        const cv::FileNode node = storage[name];
        if (!node.empty()) {
            return node;
        }
    }
    return {};
}

nav_status read_numbers(const char *path, const cv::FileStorage &storage, rnd_lens &lens,
                        cam_error *error)
{
    cv::Mat matrix = cam::matrix_at(
        first_of(storage, {"camera_matrix", "Camera_Matrix", "cameraMatrix", "K", "M1"}));
    cv::Mat coefficients = cam::matrix_at(first_of(
        storage, {"distortion_coefficients", "Distortion_Coefficients", "distCoeffs", "D1"}));
    if (matrix.rows != 3 || matrix.cols != 3) {
        return cam::fail(error, NAV_ERR_SYNTAX,
                         "%s: camera_matrix: there is no 3 x 3 matrix of that name; give a file "
                         "that OpenCV's calibration or `osteonav calibrate camera` wrote",
                         path);
    }
    matrix.convertTo(matrix, CV_64F);
    const cv::Matx33d k(matrix.ptr<double>());
    if (std::abs(k(0, 1)) > 1e-9 || std::abs(k(1, 0)) > 1e-9 || std::abs(k(2, 0)) > 1e-9 ||
        std::abs(k(2, 1)) > 1e-9 || std::abs(k(2, 2) - 1) > 1e-9) {
        return cam::fail(error, NAV_ERR_RANGE,
                         "%s: camera_matrix: not fx 0 cx, 0 fy cy, 0 0 1; a skewed or transposed "
                         "matrix cannot be used",
                         path);
    }
    lens.fx_px = k(0, 0);
    lens.fy_px = k(1, 1);
    lens.cx_px = k(0, 2);
    lens.cy_px = k(1, 2);
    coefficients.convertTo(coefficients, CV_64F);
    const size_t count = coefficients.total();
    for (size_t i = 0; i < count; ++i) {
        const double value = coefficients.ptr<double>()[i];
        if (i < RND_LENS_COEFFICIENTS) {
            lens.k[i] = value;
        } else if (value != 0) {
            return cam::fail(error, NAV_ERR_RANGE,
                             "%s: distortion_coefficients: %zu of them; the thin prism and tilted "
                             "models are not known here, calibrate with at most 8",
                             path, count);
        }
    }
    return NAV_OK;
}

nav_status read_size(const char *path, const cv::FileStorage &storage, const int said[2],
                     rnd_lens &lens, cam_error *error)
{
    cv::FileNode pair = first_of(storage, {"image_size", "imageSize"});
    int width =
        static_cast<int>(cam::number_at(first_of(storage, {"image_width", "image_Width"}), 0));
    int height =
        static_cast<int>(cam::number_at(first_of(storage, {"image_height", "image_Height"}), 0));
    if (width == 0 && pair.isSeq() && pair.size() == 2) {
        width = static_cast<int>(cam::number_at(pair[0], 0));
        height = static_cast<int>(cam::number_at(pair[1], 0));
    }
    const bool stated = width != 0 || height != 0;
    if (!stated && (said[0] <= 0 || said[1] <= 0)) {
        return cam::fail(error, NAV_ERR_REFUSED,
                         "%s: image_width, image_height: the file does not say for which "
                         "resolution it is; say it with --size WxH",
                         path);
    }
    if (stated && said[0] > 0 && (said[0] != width || said[1] != height)) {
        return cam::fail(error, NAV_ERR_REFUSED,
                         "%s: the lens was calibrated at %d x %d, not %d x %d; calibrate again, or "
                         "say --rescale if it is the same sensor read out whole",
                         path, width, height, said[0], said[1]);
    }
    lens.width_px = stated ? width : said[0];
    lens.height_px = stated ? height : said[1];
    return NAV_OK;
}

} // namespace

extern "C" nav_status cam_lens_read(const char *path, const int size_px[2], rnd_lens *out_lens,
                                    cam_error *out_error)
{
    return cam::guarded(path, out_error, [&]() -> nav_status {
        cv::FileStorage storage;
        nav_status status = cam::read_storage(path, "lens", storage, out_error);
        if (status != NAV_OK) {
            return status;
        }
        rnd_lens lens = {};
        status = read_numbers(path, storage, lens, out_error);
        if (status == NAV_OK) {
            status = read_size(path, storage, size_px, lens, out_error);
        }
        if (status != NAV_OK) {
            return status;
        }
        lens.rms_px = cam::number_at(
            first_of(storage, {"avg_reprojection_error", "Avg_Reprojection_Error", "rms"}),
            std::numeric_limits<double>::quiet_NaN());
        cam::text_at(first_of(storage, {"calibration_time", "calibration_Time", "date"}),
                     lens.date);
        cam::text_at(first_of(storage, {"camera", "camera_name"}), lens.camera);
        if (!rnd_lens_is_valid(&lens)) {
            return cam::fail(out_error, NAV_ERR_RANGE,
                             "%s: camera_matrix: fx %g, fy %g, centre %g %g are no lens for a "
                             "picture of %d x %d",
                             path, lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, lens.width_px,
                             lens.height_px);
        }
        *out_lens = lens;
        return NAV_OK;
    });
}

extern "C" nav_status cam_lens_write(const char *path, const rnd_lens *lens, cam_error *out_error)
{
    return cam::guarded(path, out_error, [&]() -> nav_status {
        if (!rnd_lens_is_valid(lens)) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "%s: not a lens: nothing written", path);
        }
        cv::FileStorage storage(".yml", cv::FileStorage::WRITE | cv::FileStorage::MEMORY |
                                            cv::FileStorage::FORMAT_YAML);
        const cv::Matx33d matrix(lens->fx_px, 0, lens->cx_px, 0, lens->fy_px, lens->cy_px, 0, 0, 1);
        storage << "camera" << std::string(lens->camera);
        storage << "calibration_time" << std::string(lens->date);
        storage << "image_width" << lens->width_px << "image_height" << lens->height_px;
        storage << "camera_matrix" << cv::Mat(matrix);
        storage << "distortion_coefficients"
                << cv::Mat(1, RND_LENS_COEFFICIENTS, CV_64F, const_cast<double *>(lens->k));
        if (std::isfinite(lens->rms_px)) {
            storage << "avg_reprojection_error" << lens->rms_px;
        }
        return cam::write_storage(path, storage, out_error);
    });
}
