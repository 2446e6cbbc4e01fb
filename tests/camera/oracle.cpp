#include "oracle.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <opencv2/calib3d.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace
{

cv::Matx33d matrix_of(const rnd_lens &lens)
{
    return {lens.fx_px, 0, lens.cx_px, 0, lens.fy_px, lens.cy_px, 0, 0, 1};
}

cv::Mat coefficients_of(const rnd_lens &lens)
{
    return cv::Mat(1, RND_LENS_COEFFICIENTS, CV_64F, const_cast<double *>(lens.k)).clone();
}

unsigned char *copy_of(const cv::Mat &grey)
{
    auto *bytes = static_cast<unsigned char *>(std::malloc(grey.total()));
    const cv::Mat whole = grey.isContinuous() ? grey : grey.clone();
    std::memcpy(bytes, whole.data, whole.total());
    return bytes;
}

} // namespace

extern "C" void oracle_project(const rnd_lens *lens, const double point_mm[3], double out_px[2])
{
    const std::vector<cv::Point3d> points = {{point_mm[0], point_mm[1], point_mm[2]}};
    std::vector<cv::Point2d> px;
    cv::projectPoints(points, cv::Vec3d(), cv::Vec3d(), matrix_of(*lens), coefficients_of(*lens),
                      px);
    out_px[0] = px[0].x;
    out_px[1] = px[0].y;
}

extern "C" unsigned char *oracle_photograph(const rnd_lens *lens, const cam_board *board,
                                            const double T_camera_board[12], double noise,
                                            unsigned seed)
{
    const double dots_per_mm = 8;
    int sheet_width = 0;
    int sheet_height = 0;
    uint8_t *sheet_bytes = nullptr;
    if (cam_board_draw(board, dots_per_mm, &sheet_width, &sheet_height, &sheet_bytes, nullptr) !=
        NAV_OK) {
        std::abort();
    }
    const cv::Mat sheet(sheet_height, sheet_width, CV_8U, sheet_bytes);
    const double square_px = std::floor(board->square_mm * dots_per_mm + 0.5);
    /* Print's origin of the board's frame: one square of margin, and for a chessboard one more. */
    const double origin_px = (board->kind == CAM_BOARD_CHESS ? 2 : 1) * square_px - 0.5;
    const double scale = square_px / board->square_mm;

    /* For every pixel, the ray without distortion, met with the board's plane. */
    cv::Mat pixels(lens->height_px, lens->width_px, CV_64FC2);
    for (int v = 0; v < lens->height_px; ++v) {
        for (int u = 0; u < lens->width_px; ++u) {
            pixels.at<cv::Vec2d>(v, u) = cv::Vec2d(u, v);
        }
    }
    cv::Mat rays;
    cv::undistortPoints(
        pixels.reshape(2, 1), rays, matrix_of(*lens), coefficients_of(*lens), cv::noArray(),
        cv::noArray(),
        cv::TermCriteria(cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 200, 1e-10));
    const double *T = T_camera_board;
    const cv::Matx33d plane(T[0], T[1], T[3], T[4], T[5], T[7], T[8], T[9], T[11]);
    const cv::Matx33d back = plane.inv();
    cv::Mat map(lens->height_px, lens->width_px, CV_32FC2);
    for (int i = 0; i < static_cast<int>(rays.total()); ++i) {
        const auto &ray = rays.at<cv::Vec2d>(i);
        const cv::Vec3d on_board = back * cv::Vec3d(ray[0], ray[1], 1);
        map.at<cv::Vec2f>(i / lens->width_px, i % lens->width_px) =
            cv::Vec2f(static_cast<float>(on_board[0] / on_board[2] * scale + origin_px),
                      static_cast<float>(on_board[1] / on_board[2] * scale + origin_px));
    }
    cv::Mat soft;
    cv::GaussianBlur(sheet, soft, cv::Size(0, 0), 2.0);
    cv::Mat picture;
    cv::remap(soft, picture, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_CONSTANT,
              cv::Scalar(128));
    std::free(sheet_bytes);
    if (noise > 0) {
        cv::RNG random(seed);
        cv::Mat grain(picture.size(), CV_16S);
        random.fill(grain, cv::RNG::NORMAL, 0, noise);
        cv::Mat wide;
        picture.convertTo(wide, CV_16S);
        wide += grain;
        wide.convertTo(picture, CV_8U);
    }
    return copy_of(picture);
}

extern "C" unsigned char *oracle_read_image(const char *path, int *out_width_px, int *out_height_px)
{
    const cv::Mat grey = cv::imread(path, cv::IMREAD_GRAYSCALE);
    if (grey.empty()) {
        return nullptr;
    }
    *out_width_px = grey.cols;
    *out_height_px = grey.rows;
    return copy_of(grey);
}

extern "C" void oracle_write_image(const char *path, int width_px, int height_px,
                                   const unsigned char *grey)
{
    const cv::Mat picture(height_px, width_px, CV_8U, const_cast<unsigned char *>(grey));
    if (!cv::imwrite(path, picture)) {
        std::abort();
    }
}
