#include "lens_fit.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/calib3d.hpp>

#include "guard.hpp"

namespace
{

constexpr int FOLDS = 5;
constexpr size_t SOLVE_POINTS_MIN = 6;

struct Views {
    std::vector<std::vector<cv::Point3f>> board;
    std::vector<std::vector<cv::Point2f>> px;
    cv::Size size;
    int flags;
};

struct Fit {
    cv::Mat matrix;
    cv::Mat coefficients;
    std::vector<cv::Mat> turns;
    std::vector<cv::Mat> shifts;
    double rms_px = 0;
    double focal_sd_px = 0;
};

Views take(const cam_view *const *views, size_t count, cv::Size size, bool rational)
{
    Views taken;
    taken.size = size;
    taken.flags = rational ? cv::CALIB_RATIONAL_MODEL : 0;
    for (size_t i = 0; i < count; ++i) {
        std::vector<cv::Point3f> board;
        std::vector<cv::Point2f> px;
        for (size_t j = 0; j < views[i]->count; ++j) {
            board.emplace_back(static_cast<float>(views[i]->board_mm[j][0]),
                               static_cast<float>(views[i]->board_mm[j][1]), 0.0F);
            px.emplace_back(static_cast<float>(views[i]->px[j][0]),
                            static_cast<float>(views[i]->px[j][1]));
        }
        taken.board.push_back(std::move(board));
        taken.px.push_back(std::move(px));
    }
    return taken;
}

Fit fit(const Views &views, const std::vector<size_t> &chosen)
{
    std::vector<std::vector<cv::Point3f>> board;
    std::vector<std::vector<cv::Point2f>> px;
    for (const size_t i : chosen) {
        board.push_back(views.board[i]);
        px.push_back(views.px[i]);
    }
    Fit fitted;
    cv::Mat deviations;
    fitted.rms_px =
        cv::calibrateCamera(board, px, views.size, fitted.matrix, fitted.coefficients, fitted.turns,
                            fitted.shifts, deviations, cv::noArray(), cv::noArray(), views.flags);
    fitted.focal_sd_px = deviations.at<double>(0);
    return fitted;
}

double rms(const std::vector<cv::Point2f> &seen, const std::vector<cv::Point2f> &expected)
{
    double sum = 0;
    for (size_t i = 0; i < seen.size(); ++i) {
        const cv::Point2f off = seen[i] - expected[i];
        sum += off.dot(off);
    }
    return seen.empty() ? 0 : std::sqrt(sum / static_cast<double>(seen.size()));
}

/* Error of one view with the pose that suits it best. */
double view_rms(const Views &views, size_t i, const Fit &fitted)
{
    cv::Mat turn;
    cv::Mat shift;
    std::vector<cv::Point2f> expected;
    cv::solvePnP(views.board[i], views.px[i], fitted.matrix, fitted.coefficients, turn, shift);
    cv::projectPoints(views.board[i], turn, shift, fitted.matrix, fitted.coefficients, expected);
    return rms(views.px[i], expected);
}

/* Sum of squares and count on the points that neither the lens nor the pose was fitted to. */
void judge_unseen(const Views &views, size_t i, const Fit &fitted, double &io_sum, size_t &io_count)
{
    std::vector<cv::Point3f> pose_board;
    std::vector<cv::Point2f> pose_px;
    std::vector<cv::Point3f> other_board;
    std::vector<cv::Point2f> other_px;
    for (size_t j = 0; j < views.board[i].size(); ++j) {
        (j % 2 == 0 ? pose_board : other_board).push_back(views.board[i][j]);
        (j % 2 == 0 ? pose_px : other_px).push_back(views.px[i][j]);
    }
    if (pose_board.size() < SOLVE_POINTS_MIN || other_board.empty()) {
        return;
    }
    cv::Mat turn;
    cv::Mat shift;
    std::vector<cv::Point2f> expected;
    cv::solvePnP(pose_board, pose_px, fitted.matrix, fitted.coefficients, turn, shift);
    cv::projectPoints(other_board, turn, shift, fitted.matrix, fitted.coefficients, expected);
    const double error = rms(other_px, expected);
    io_sum += error * error * static_cast<double>(other_px.size());
    io_count += other_px.size();
}

double held_out(const Views &views, const std::vector<size_t> &used)
{
    double sum = 0;
    size_t count = 0;
    for (size_t fold = 0; fold < FOLDS && fold < used.size(); ++fold) {
        std::vector<size_t> others;
        for (size_t i = 0; i < used.size(); ++i) {
            if (i % FOLDS != fold) {
                others.push_back(used[i]);
            }
        }
        if (others.size() < 3) {
            return std::nan("");
        }
        const Fit fitted = fit(views, others);
        for (size_t i = fold; i < used.size(); i += FOLDS) {
            judge_unseen(views, used[i], fitted, sum, count);
        }
    }
    return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : std::nan("");
}

void cover(const Views &views, const std::vector<size_t> &used, cam_calibration &out)
{
    for (const size_t i : used) {
        for (const cv::Point2f &px : views.px[i]) {
            const int column = static_cast<int>(px.x * CAM_FIT_COVER_COLUMNS / views.size.width);
            const int row = static_cast<int>(px.y * CAM_FIT_COVER_ROWS / views.size.height);
            if (column >= 0 && column < CAM_FIT_COVER_COLUMNS && row >= 0 &&
                row < CAM_FIT_COVER_ROWS) {
                ++out.cells[row][column];
            }
        }
    }
    int seen = 0;
    for (const auto &row : out.cells) {
        seen += static_cast<int>(
            std::count_if(std::begin(row), std::end(row), [](int points) { return points > 0; }));
    }
    out.coverage = static_cast<double>(seen) / (CAM_FIT_COVER_ROWS * CAM_FIT_COVER_COLUMNS);
}

double tilt_deg(const Fit &fitted)
{
    std::vector<cv::Vec3d> normals;
    for (const cv::Mat &turn : fitted.turns) {
        cv::Mat rotation;
        cv::Rodrigues(turn, rotation);
        normals.emplace_back(rotation.at<double>(0, 2), rotation.at<double>(1, 2),
                             rotation.at<double>(2, 2));
    }
    double smallest = 1;
    for (size_t i = 0; i < normals.size(); ++i) {
        for (size_t j = i + 1; j < normals.size(); ++j) {
            smallest = std::min(smallest, std::abs(normals[i].dot(normals[j])));
        }
    }
    return std::acos(std::min(1.0, smallest)) * 180 / CV_PI;
}

/* The views whose error does not stand out. */
std::vector<size_t> without_bad(const Views &views, const Fit &fitted, const cam_fit_limits &limits,
                                cam_calibration &out)
{
    std::vector<double> errors;
    for (size_t i = 0; i < out.views; ++i) {
        out.view_rms_px[i] = view_rms(views, i, fitted);
        errors.push_back(out.view_rms_px[i]);
    }
    std::nth_element(errors.begin(), errors.begin() + static_cast<ptrdiff_t>(errors.size() / 2),
                     errors.end());
    const double median = errors[errors.size() / 2];
    std::vector<size_t> kept;
    for (size_t i = 0; i < out.views; ++i) {
        out.bad[i] = out.view_rms_px[i] > limits.outlier_factor * median &&
                     out.view_rms_px[i] > limits.rms_max_px;
        if (!out.bad[i]) {
            kept.push_back(i);
        }
    }
    return kept;
}

uint32_t refusals(const cam_calibration &fitted, const cam_fit_limits &limits)
{
    uint32_t refused = 0;
    const auto unless = [&refused](bool good, cam_fit_refusal why) {
        if (!good) {
            refused |= static_cast<uint32_t>(why);
        }
    };
    unless(fitted.used >= static_cast<size_t>(limits.views_min), CAM_FIT_TOO_FEW);
    unless(fitted.rms_px <= limits.rms_max_px, CAM_FIT_RMS);
    unless(fitted.held_out_px <= limits.held_out_max_px, CAM_FIT_HELD_OUT);
    unless(fitted.coverage >= limits.coverage_min, CAM_FIT_COVERAGE);
    unless(fitted.tilt_deg >= limits.tilt_min_deg, CAM_FIT_FLAT);
    return refused;
}

rnd_lens lens_of(const Fit &fitted, cv::Size size)
{
    rnd_lens lens = {};
    lens.width_px = size.width;
    lens.height_px = size.height;
    lens.fx_px = fitted.matrix.at<double>(0, 0);
    lens.fy_px = fitted.matrix.at<double>(1, 1);
    lens.cx_px = fitted.matrix.at<double>(0, 2);
    lens.cy_px = fitted.matrix.at<double>(1, 2);
    for (size_t i = 0; i < fitted.coefficients.total() && i < RND_LENS_COEFFICIENTS; ++i) {
        lens.k[i] = fitted.coefficients.ptr<double>()[i];
    }
    lens.rms_px = fitted.rms_px;
    return lens;
}

} // namespace

extern "C" nav_status cam_lens_calibrate(const cam_view *const *views, size_t count, int width_px,
                                         int height_px, const cam_fit_limits *limits,
                                         struct cam_calibration *out_fit, cam_error *out_error)
{
    return cam::guarded("calibration", out_error, [&]() -> nav_status {
        if (count < 3 || count > CAM_FIT_VIEWS_MAX || width_px <= 0 || height_px <= 0) {
            return cam::fail(
                out_error, NAV_ERR_ARGUMENT,
                "calibration: the board was found in %zu pictures; 3 to %d are needed, "
                "%d or more should be given",
                count, CAM_FIT_VIEWS_MAX, limits->views_min);
        }
        const Views all = take(views, count, cv::Size(width_px, height_px), limits->rational);
        struct cam_calibration result = {};
        result.views = count;
        std::vector<size_t> used(count);
        for (size_t i = 0; i < count; ++i) {
            used[i] = i;
        }
        Fit fitted = fit(all, used);
        result.first_rms_px = fitted.rms_px;
        const std::vector<size_t> kept = without_bad(all, fitted, *limits, result);
        if (kept.size() < used.size() && kept.size() >= 3) {
            used = kept;
            fitted = fit(all, used);
            for (size_t i = 0; i < count; ++i) {
                result.view_rms_px[i] = view_rms(all, i, fitted);
            }
        } else {
            std::fill(std::begin(result.bad), std::end(result.bad), false); // too few to do without
        }
        result.used = used.size();
        result.lens = lens_of(fitted, all.size);
        result.rms_px = fitted.rms_px;
        result.focal_sd_px = fitted.focal_sd_px;
        result.held_out_px = held_out(all, used);
        result.tilt_deg = tilt_deg(fitted);
        cover(all, used, result);
        result.refusals = refusals(result, *limits);
        *out_fit = result;
        return NAV_OK;
    });
}
