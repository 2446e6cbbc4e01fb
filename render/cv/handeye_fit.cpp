#include "handeye_fit.h"

#include <cmath>
#include <vector>

#include <opencv2/calib3d.hpp>

#include "guard.hpp"

namespace
{

constexpr size_t VIEWS_MIN = 6;
constexpr size_t HOLD_OUT_EACH = 4;
constexpr int UNKNOWNS = 12;
constexpr int STEPS_MAX = 60;
constexpr double DIFFERENCE = 1e-6; /* rad and mm */
constexpr double DONE = 1e-10;      /* relative gain of a step */

using Parameters = cv::Vec<double, UNKNOWNS>; /* X: turn, shift; Y: turn, shift */

struct Problem {
    const rnd_lens *lens;
    std::vector<const cam_view *> views;
    std::vector<nav_pose> T_body_tracker;
};

nav_pose pose_of(const double turn[3], const double shift[3])
{
    const double angle = std::sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2]);
    const double scale = angle > 1e-12 ? std::sin(angle / 2) / angle : 0.5;
    nav_pose pose = {};
    double norm = 0;
    for (int i = 0; i < 3; ++i) {
        pose.q[i] = turn[i] * scale;
        pose.t_mm[i] = shift[i];
        norm += pose.q[i] * pose.q[i];
    }
    pose.q[3] = std::cos(angle / 2);
    norm = std::sqrt(norm + pose.q[3] * pose.q[3]);
    for (double &component : pose.q) {
        component /= norm;
    }
    return pose;
}

void parameters_of(const nav_pose &pose, double turn[3], double shift[3])
{
    const double sign = pose.q[3] < 0 ? -1 : 1;
    const double sine =
        std::sqrt(pose.q[0] * pose.q[0] + pose.q[1] * pose.q[1] + pose.q[2] * pose.q[2]);
    const double angle = 2 * std::atan2(sine, sign * pose.q[3]);
    for (int i = 0; i < 3; ++i) {
        turn[i] = sine > 1e-12 ? sign * pose.q[i] / sine * angle : 0;
        shift[i] = pose.t_mm[i];
    }
}

/* Errors of one view's points: u, v, and the depth. False: a point is not before the camera. */
bool errors_of(const Problem &problem, const Parameters &at, size_t i, std::vector<cv::Vec3d> &out)
{
    const nav_pose X = pose_of(&at[0], &at[3]);
    const nav_pose Y = pose_of(&at[6], &at[9]);
    const nav_pose camera_body = nav_pose_inverse(&X);
    const nav_pose body_board = nav_pose_compose(&problem.T_body_tracker[i], &Y);
    const nav_pose camera_board = nav_pose_compose(&camera_body, &body_board);
    const cam_view &view = *problem.views[i];
    out.clear();
    for (size_t j = 0; j < view.count; ++j) {
        const double on_board[3] = {view.board_mm[j][0], view.board_mm[j][1], 0};
        double point_mm[3];
        double px[2];
        nav_pose_apply(&camera_board, on_board, point_mm);
        if (!rnd_lens_project(problem.lens, point_mm, px)) {
            return false;
        }
        out.emplace_back(px[0] - view.px[j][0], px[1] - view.px[j][1], point_mm[2]);
    }
    return true;
}

/* All errors of the views that are fitted, one below the other; empty: not before the camera. */
cv::Mat residuals(const Problem &problem, const Parameters &at)
{
    std::vector<double> all;
    std::vector<cv::Vec3d> some;
    for (size_t i = 0; i < problem.views.size(); ++i) {
        if (cam_handeye_holds_out(i)) {
            continue;
        }
        if (!errors_of(problem, at, i, some)) {
            return {};
        }
        for (const cv::Vec3d &error : some) {
            all.push_back(error[0]);
            all.push_back(error[1]);
        }
    }
    return cv::Mat(all, true);
}

double rms_of(const cv::Mat &residual)
{
    return std::sqrt(residual.dot(residual) / (0.5 * static_cast<double>(residual.total())));
}

bool step(const Problem &problem, Parameters &at, cv::Mat &residual, double &damping)
{
    cv::Mat jacobian(static_cast<int>(residual.total()), UNKNOWNS, CV_64F);
    for (int k = 0; k < UNKNOWNS; ++k) {
        Parameters beside = at;
        beside[k] += DIFFERENCE;
        const cv::Mat there = residuals(problem, beside);
        if (there.empty()) {
            return false;
        }
        jacobian.col(k) = (there - residual) / DIFFERENCE;
    }
    const cv::Mat square = jacobian.t() * jacobian;
    const cv::Mat slope = jacobian.t() * residual;
    while (damping < 1e12) {
        cv::Mat damped = square.clone();
        for (int k = 0; k < UNKNOWNS; ++k) {
            damped.at<double>(k, k) *= 1 + damping;
        }
        cv::Mat change;
        if (cv::solve(damped, -slope, change, cv::DECOMP_CHOLESKY)) {
            Parameters next = at;
            for (int k = 0; k < UNKNOWNS; ++k) {
                next[k] += change.at<double>(k);
            }
            const cv::Mat there = residuals(problem, next);
            if (!there.empty() && there.dot(there) < residual.dot(residual)) {
                const bool gained =
                    residual.dot(residual) - there.dot(there) > DONE * residual.dot(residual);
                at = next;
                residual = there;
                damping = std::max(damping / 10, 1e-9);
                return gained;
            }
        }
        damping *= 10;
    }
    return false;
}

/* Where the board stands, seen from the view whose board pose is the mean of all: simply the first
 * one's; the refinement does the rest. */
nav_pose board_in_tracker(const Problem &problem, const nav_pose &X, const nav_pose &camera_board)
{
    const nav_pose tracker_body = nav_pose_inverse(&problem.T_body_tracker[0]);
    const nav_pose tracker_camera = nav_pose_compose(&tracker_body, &X);
    return nav_pose_compose(&tracker_camera, &camera_board);
}

void judge_held_out(const Problem &problem, const Parameters &at, cam_handeye_fit &fit)
{
    double squares_px = 0;
    double squares_mm = 0;
    double sum_px = 0;
    size_t points = 0;
    std::vector<cv::Vec3d> errors;
    for (size_t i = 0; i < problem.views.size(); ++i) {
        if (!cam_handeye_holds_out(i)) {
            ++fit.used;
            continue;
        }
        ++fit.held_out;
        if (!errors_of(problem, at, i, errors)) {
            squares_px = HUGE_VAL;
            continue;
        }
        for (const cv::Vec3d &error : errors) {
            const double off_px = std::hypot(error[0], error[1]);
            const double off_mm = rnd_lens_mm_of_px(problem.lens, off_px, error[2]);
            squares_px += off_px * off_px;
            squares_mm += off_mm * off_mm;
            sum_px += off_px;
            ++points;
        }
    }
    const auto count = static_cast<double>(points);
    fit.held_out_px = points > 0 ? std::sqrt(squares_px / count) : std::nan("");
    fit.held_out_mm = points > 0 ? std::sqrt(squares_mm / count) : std::nan("");
    fit.held_out_mean_px = points > 0 ? sum_px / count : std::nan("");
}

} // namespace

extern "C" bool cam_handeye_holds_out(size_t i)
{
    return i % HOLD_OUT_EACH == HOLD_OUT_EACH - 1;
}

extern "C" nav_status cam_board_pose(const rnd_lens *lens, const cam_view *view,
                                     nav_pose *out_T_camera_board, double *out_px,
                                     cam_error *out_error)
{
    return cam::guarded("board", out_error, [&]() -> nav_status {
        std::vector<cv::Point3d> board;
        std::vector<cv::Point2d> px;
        for (size_t i = 0; i < view->count; ++i) {
            board.emplace_back(view->board_mm[i][0], view->board_mm[i][1], 0);
            px.emplace_back(view->px[i][0], view->px[i][1]);
        }
        const cv::Matx33d matrix(lens->fx_px, 0, lens->cx_px, 0, lens->fy_px, lens->cy_px, 0, 0, 1);
        const cv::Mat coefficients(1, RND_LENS_COEFFICIENTS, CV_64F, const_cast<double *>(lens->k));
        cv::Mat turn;
        cv::Mat shift;
        if (board.size() < 4 ||
            !cv::solvePnP(board, px, matrix, coefficients, turn, shift, false, cv::SOLVEPNP_IPPE)) {
            return cam::fail(out_error, NAV_ERR_NOT_FOUND, "board: its points give no pose");
        }
        cv::solvePnPRefineLM(board, px, matrix, coefficients, turn, shift);
        std::vector<cv::Point2d> expected;
        cv::projectPoints(board, turn, shift, matrix, coefficients, expected);
        double squares = 0;
        for (size_t i = 0; i < px.size(); ++i) {
            const cv::Point2d off = px[i] - expected[i];
            squares += off.dot(off);
        }
        *out_px = std::sqrt(squares / static_cast<double>(px.size()));
        *out_T_camera_board = pose_of(turn.ptr<double>(), shift.ptr<double>());
        return NAV_OK;
    });
}

extern "C" nav_status cam_handeye_refine(const rnd_lens *lens, const cam_view *const *views,
                                         const nav_pose *T_tracker_body, size_t count,
                                         const nav_pose *start_T_body_camera,
                                         struct cam_handeye_fit *out_fit, cam_error *out_error)
{
    return cam::guarded("hand-eye", out_error, [&]() -> nav_status {
        if (count < VIEWS_MIN) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "hand-eye: %zu views, %zu are needed",
                             count, VIEWS_MIN);
        }
        Problem problem = {lens, {views, views + count}, {}};
        for (size_t i = 0; i < count; ++i) {
            problem.T_body_tracker.push_back(nav_pose_inverse(&T_tracker_body[i]));
        }
        nav_pose camera_board;
        double board_px;
        const nav_status status =
            cam_board_pose(lens, views[0], &camera_board, &board_px, out_error);
        if (status != NAV_OK) {
            return status;
        }
        const nav_pose start_Y = board_in_tracker(problem, *start_T_body_camera, camera_board);
        Parameters at;
        parameters_of(*start_T_body_camera, &at[0], &at[3]);
        parameters_of(start_Y, &at[6], &at[9]);
        cv::Mat residual = residuals(problem, at);
        if (residual.empty()) {
            return cam::fail(out_error, NAV_ERR_CONDITION,
                             "hand-eye: the start puts the board behind the camera");
        }
        struct cam_handeye_fit fit = {};
        fit.start_px = rms_of(residual);
        double damping = 1e-3;
        for (int i = 0; i < STEPS_MAX && step(problem, at, residual, damping); ++i) {
        }
        fit.rms_px = rms_of(residual);
        fit.T_body_camera = pose_of(&at[0], &at[3]);
        fit.T_tracker_board = pose_of(&at[6], &at[9]);
        judge_held_out(problem, at, fit);
        *out_fit = fit;
        return NAV_OK;
    });
}
