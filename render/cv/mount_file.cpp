#include "mount_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "storage.hpp"

namespace
{

constexpr double RIGID_TOLERANCE = 1e-4;
constexpr double REACH_MAX_MM = 2000; // a camera on a marker is not further away
constexpr double SMALL = 1e-9;

nav_status read_matrix(const char *path, const cv::FileStorage &storage, cam_mount &mount,
                       cam_error *error)
{
    cv::Mat matrix = cam::matrix_at(storage["T_marker_camera"]);
    if (matrix.rows != 4 || matrix.cols != 4 || matrix.channels() != 1) {
        return cam::fail(error, NAV_ERR_RANGE,
                         "%s: T_marker_camera: there is no 4 x 4 matrix of that name; give the "
                         "file that `osteonav calibrate handeye --out` wrote",
                         path);
    }
    matrix.convertTo(matrix, CV_64F);
    const cv::Matx44d T(matrix.ptr<double>());
    const double R[9] = {T(0, 0), T(0, 1), T(0, 2), T(1, 0), T(1, 1),
                         T(1, 2), T(2, 0), T(2, 1), T(2, 2)};
    const double t_mm[3] = {T(0, 3), T(1, 3), T(2, 3)};
    const bool last_row = std::abs(T(3, 0)) < SMALL && std::abs(T(3, 1)) < SMALL &&
                          std::abs(T(3, 2)) < SMALL && std::abs(T(3, 3) - 1) < SMALL;
    const double reach_mm = std::hypot(t_mm[0], t_mm[1], t_mm[2]);
    if (!last_row || !(reach_mm <= REACH_MAX_MM) ||
        nav_pose_from_matrix(R, t_mm, RIGID_TOLERANCE, &mount.T_marker_camera) != NAV_OK) {
        return cam::fail(error, NAV_ERR_RANGE,
                         "%s: T_marker_camera: not a rigid transform by rows, within %g mm", path,
                         REACH_MAX_MM);
    }
    return NAV_OK;
}

nav_status read_errors(const char *path, const cv::FileStorage &storage, cam_mount &mount,
                       cam_error *error)
{
    const struct {
        const char *name;
        double *out;
    } fields[] = {{"held_out_px", &mount.held_out_px},
                  {"held_out_mm", &mount.held_out_mm},
                  {"agree_deg", &mount.agree_deg},
                  {"agree_mm", &mount.agree_mm}};
    for (const auto &field : fields) {
        *field.out = cam::number_at(storage[field.name], std::numeric_limits<double>::quiet_NaN());
        if (!(*field.out >= 0 && std::isfinite(*field.out))) {
            return cam::fail(error, NAV_ERR_RANGE,
                             "%s: %s: must be a number from 0; without its errors a hand-eye is "
                             "not known, calibrate again",
                             path, field.name);
        }
    }
    mount.width_px = static_cast<int>(cam::number_at(storage["image_width"], 0));
    mount.height_px = static_cast<int>(cam::number_at(storage["image_height"], 0));
    if (mount.width_px <= 0 || mount.height_px <= 0) {
        return cam::fail(error, NAV_ERR_RANGE,
                         "%s: image_width, image_height: the resolution of the lens is missing",
                         path);
    }
    return NAV_OK;
}

} // namespace

extern "C" nav_status cam_mount_read(const char *path, cam_mount *out_mount, cam_error *out_error)
{
    return cam::guarded(path, out_error, [&]() -> nav_status {
        cv::FileStorage storage;
        nav_status status = cam::read_storage(path, "hand-eye", storage, out_error);
        cam_mount mount = {};
        if (status == NAV_OK) {
            status = read_matrix(path, storage, mount, out_error);
        }
        if (status == NAV_OK) {
            status = read_errors(path, storage, mount, out_error);
        }
        if (status == NAV_OK) {
            cam::text_at(storage["camera"], mount.camera);
            cam::text_at(storage["lens_time"], mount.lens_date);
            cam::text_at(storage["calibration_time"], mount.date);
            *out_mount = mount;
        }
        return status;
    });
}

extern "C" nav_status cam_mount_write(const char *path, const cam_mount *mount,
                                      cam_error *out_error)
{
    return cam::guarded(path, out_error, [&]() -> nav_status {
        cv::FileStorage storage(".yml", cv::FileStorage::WRITE | cv::FileStorage::MEMORY |
                                            cv::FileStorage::FORMAT_YAML);
        double R[9];
        nav_pose_rotation(&mount->T_marker_camera, R);
        const double *t = mount->T_marker_camera.t_mm;
        const cv::Matx44d T(R[0], R[1], R[2], t[0], R[3], R[4], R[5], t[1], R[6], R[7], R[8], t[2],
                            0, 0, 0, 1);
        storage << "camera" << std::string(mount->camera);
        storage << "calibration_time" << std::string(mount->date);
        storage << "lens_time" << std::string(mount->lens_date);
        storage << "image_width" << mount->width_px << "image_height" << mount->height_px;
        storage << "T_marker_camera" << cv::Mat(T);
        storage << "held_out_px" << mount->held_out_px << "held_out_mm" << mount->held_out_mm;
        storage << "agree_deg" << mount->agree_deg << "agree_mm" << mount->agree_mm;
        return cam::write_storage(path, storage, out_error);
    });
}

extern "C" nav_status cam_mount_judge(const cam_mount *mount, const rnd_lens *lens,
                                      double held_out_max_px, double held_out_max_mm,
                                      cam_error *out_error)
{
    if (mount->width_px != lens->width_px || mount->height_px != lens->height_px ||
        std::strcmp(mount->camera, lens->camera) != 0 ||
        std::strcmp(mount->lens_date, lens->date) != 0) {
        return cam::fail(out_error, NAV_ERR_REFUSED,
                         "the hand-eye was found with another lens (%s %s, %d x %d, not %s %s, "
                         "%d x %d); calibrate the hand-eye again",
                         mount->camera, mount->lens_date, mount->width_px, mount->height_px,
                         lens->camera, lens->date, lens->width_px, lens->height_px);
    }
    // What is not a number is not within the limits.
    if (!(mount->held_out_px <= held_out_max_px && mount->held_out_mm <= held_out_max_mm)) {
        return cam::fail(out_error, NAV_ERR_REFUSED,
                         "the hand-eye is %.2f px, %.2f mm off on pictures held out; %.2f px and "
                         "%.2f mm are allowed; calibrate it again",
                         mount->held_out_px, mount->held_out_mm, held_out_max_px, held_out_max_mm);
    }
    return NAV_OK;
}
