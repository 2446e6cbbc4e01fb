#include "markers.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "dictionary.hpp"
#include "guard.hpp"
#include "picture.hpp"

extern "C" {
#include "nav/time.h"
}

namespace
{

int64_t now_ns()
{
    const nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* A corner is looked for within this share of a marker's cell: beyond it begins what is not the
 * corner. */
constexpr double CORNER_WINDOW_CELLS = 0.7;
constexpr int CORNER_WINDOW_MIN_PX = 1;
constexpr int CORNER_WINDOW_MAX_PX = 5;
constexpr uint64_t WHOLE_EVERY = 8;  /* pictures are searched whole, for markers that are small */
constexpr double SIDE_LEAST_PX = 40; /* of a marker that is found at half the resolution */

/* Corners of a body that a picture shows. */
struct Seen {
    std::vector<cv::Point3d> body_mm;
    std::vector<cv::Point2d> px;
    int markers = 0;
};

double rms(const std::vector<cv::Point2d> &a, const std::vector<cv::Point2d> &b)
{
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const cv::Point2d off = a[i] - b[i];
        sum += off.dot(off);
    }
    return a.empty() ? std::nan("") : std::sqrt(sum / static_cast<double>(a.size()));
}

bool pose_of(const cv::Mat &turn, const cv::Mat &shift, nav_pose &out)
{
    cv::Mat rotation;
    cv::Rodrigues(turn, rotation);
    rotation.convertTo(rotation, CV_64F);
    const cv::Matx33d R(rotation.ptr<double>());
    const cv::Vec3d t(shift.ptr<double>());
    return t[2] > 0 && nav_pose_from_matrix(R.val, t.val, 1e-6, &out) == NAV_OK;
}

} // namespace

struct cam_markers {
    cam_bodies bodies = {};
    rnd_lens lens = {};
    cam_marker_limits limits = {};
    cv::Matx33d matrix;
    cv::Mat coefficients;
    cv::Ptr<cv::aruco::Dictionary> dictionary;
    cv::Ptr<cv::aruco::DetectorParameters> parameters;
    std::vector<Seen> seen;
    uint64_t pictures = 0;
    size_t known = 0; /* markers of the bodies in the picture before */
    int64_t detect_ns = 0, pose_ns = 0;
};

namespace
{

/* Corners to a fraction of a pixel; `cells` of the marker's code lie along a side. */
void refine(const cv::Mat &grey, int cells, std::vector<cv::Point2f> &corners)
{
    double side_px = INFINITY;
    for (size_t i = 0; i < 4; ++i) {
        side_px = std::min(side_px, cv::norm(corners[(i + 1) % 4] - corners[i]));
    }
    const int window = std::clamp(static_cast<int>(CORNER_WINDOW_CELLS * side_px / cells),
                                  CORNER_WINDOW_MIN_PX, CORNER_WINDOW_MAX_PX);
    cv::cornerSubPix(grey, corners, cv::Size(window, window), cv::Size(-1, -1),
                     cv::TermCriteria(cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 30, 0.01));
}

/* Markers of a picture, and their corners to a pixel or two. */
struct Found {
    std::vector<int> ids;
    std::vector<std::vector<cv::Point2f>> corners;
};

Found search(const cam_markers &markers, const cv::Mat &grey)
{
    Found found;
    cv::aruco::detectMarkers(grey, markers.dictionary, found.corners, found.ids,
                             markers.parameters);
    return found;
}

/* How many of the markers are a body's. */
size_t known_of(const cam_markers &markers, const Found &found)
{
    size_t count = 0;
    for (const int id : found.ids) {
        for (size_t b = 0; b < markers.bodies.count; ++b) {
            const cam_body &body = markers.bodies.bodies[b];
            count += static_cast<size_t>(
                std::count_if(body.markers, body.markers + body.marker_count,
                              [id](const cam_marker &marker) { return marker.id == id; }));
        }
    }
    return count;
}

/* Searched at half the resolution, which takes a third of the time. False: less was found than last
 * time, so that a marker may be too small for it; or one was, whose corners may be too far off. */
bool search_half(const cam_markers &markers, const cv::Mat &grey, Found &found)
{
    cv::Mat half;
    cv::resize(grey, half, cv::Size(grey.cols / 2, grey.rows / 2), 0, 0, cv::INTER_AREA);
    found = search(markers, half);
    const size_t known = known_of(markers, found);
    if (known == 0 || known < markers.known) {
        return false;
    }
    for (std::vector<cv::Point2f> &corners : found.corners) {
        for (cv::Point2f &corner : corners) {
            corner = cv::Point2f(2 * corner.x + 0.5F, 2 * corner.y + 0.5F);
        }
        if (cv::arcLength(corners, true) < 4 * SIDE_LEAST_PX) {
            return false;
        }
    }
    return true;
}

void collect(cam_markers &markers, const cv::Mat &grey)
{
    Found found;
    if (markers.pictures++ % WHOLE_EVERY == 0 || !search_half(markers, grey, found)) {
        found = search(markers, grey);
    }
    markers.known = known_of(markers, found);
    const std::vector<int> &ids = found.ids;
    std::vector<std::vector<cv::Point2f>> &corners = found.corners;
    const int cells = markers.dictionary->markerSize + 2;
    for (std::vector<cv::Point2f> &marker : corners) {
        refine(grey, cells, marker);
    }
    markers.seen.assign(markers.bodies.count, Seen());
    for (size_t i = 0; i < ids.size(); ++i) {
        for (size_t b = 0; b < markers.bodies.count; ++b) {
            const cam_body &body = markers.bodies.bodies[b];
            for (size_t m = 0; m < body.marker_count; ++m) {
                if (body.markers[m].id != ids[i]) {
                    continue;
                }
                Seen &seen = markers.seen[b];
                ++seen.markers;
                for (size_t corner = 0; corner < 4; ++corner) {
                    const double *at = body.markers[m].corners_mm[corner];
                    seen.body_mm.emplace_back(at[0], at[1], at[2]);
                    seen.px.emplace_back(corners[i][corner].x, corners[i][corner].y);
                }
            }
        }
    }
}

double error_of(const cam_markers &markers, const Seen &seen, const cv::Mat &turn,
                const cv::Mat &shift)
{
    std::vector<cv::Point2d> expected;
    cv::projectPoints(seen.body_mm, turn, shift, markers.matrix, markers.coefficients, expected);
    return rms(seen.px, expected);
}

/* Both poses that a flat body may have, the better one first; or the only one. */
cam_body_pose solve(const cam_markers &markers, const Seen &seen)
{
    cam_body_pose found = {};
    found.error_px = std::nan("");
    found.error_mm = std::nan("");
    found.markers = seen.markers;
    if (seen.markers == 0) {
        return found;
    }
    std::vector<cv::Mat> turns;
    std::vector<cv::Mat> shifts;
    if (seen.markers == 1) {
        cv::solvePnPGeneric(seen.body_mm, seen.px, markers.matrix, markers.coefficients, turns,
                            shifts, false, cv::SOLVEPNP_IPPE);
    } else {
        turns.emplace_back();
        shifts.emplace_back();
        cv::solvePnP(seen.body_mm, seen.px, markers.matrix, markers.coefficients, turns[0],
                     shifts[0], false, cv::SOLVEPNP_SQPNP);
    }
    std::vector<double> errors;
    for (size_t i = 0; i < turns.size(); ++i) {
        cv::solvePnPRefineLM(seen.body_mm, seen.px, markers.matrix, markers.coefficients, turns[i],
                             shifts[i]);
        errors.push_back(error_of(markers, seen, turns[i], shifts[i]));
    }
    if (errors.empty()) {
        return found;
    }
    const size_t best = errors.size() > 1 && errors[1] < errors[0] ? 1 : 0;
    if (!pose_of(turns[best], shifts[best], found.T_camera_body)) {
        return found;
    }
    found.error_px = errors[best];
    found.error_mm = rnd_lens_mm_of_px(&markers.lens, found.error_px, found.T_camera_body.t_mm[2]);
    /* Two starts that ended in one pose are no ambiguity. */
    const bool two = errors.size() > 1 && cv::norm(turns[0], turns[1]) > 1e-3;
    if (!(found.error_px <= markers.limits.error_max_px)) {
        found.state = CAM_BODY_POOR;
    } else if (two && !(errors[best] <= markers.limits.ambiguity_max * errors[1 - best])) {
        found.state = CAM_BODY_AMBIGUOUS;
    } else {
        found.state = CAM_BODY_VALID;
    }
    return found;
}

} // namespace

extern "C" nav_status cam_markers_create(const cam_bodies *bodies, const rnd_lens *lens,
                                         const cam_marker_limits *limits, cam_markers **out_markers,
                                         cam_error *out_error)
{
    return cam::guarded("markers", out_error, [&]() -> nav_status {
        auto markers = std::make_unique<cam_markers>();
        markers->bodies = *bodies;
        markers->lens = *lens;
        markers->limits = *limits;
        markers->dictionary = cam::dictionary(bodies->dictionary);
        if (markers->dictionary.empty() || !rnd_lens_is_valid(lens)) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "markers: no dictionary '%s' (such as DICT_5X5_100), or no lens",
                             bodies->dictionary);
        }
        markers->matrix =
            cv::Matx33d(lens->fx_px, 0, lens->cx_px, 0, lens->fy_px, lens->cy_px, 0, 0, 1);
        markers->coefficients =
            cv::Mat(1, RND_LENS_COEFFICIENTS, CV_64F, const_cast<double *>(lens->k)).clone();
        markers->parameters = cv::aruco::DetectorParameters::create();
        markers->parameters->cornerRefinementMethod = cv::aruco::CORNER_REFINE_NONE;
        *out_markers = markers.release();
        return NAV_OK;
    });
}

extern "C" void cam_markers_destroy(cam_markers *markers)
{
    delete markers;
}

extern "C" nav_status cam_markers_find(cam_markers *markers, const cam_picture *picture,
                                       cam_body_pose *out_poses, cam_error *out_error)
{
    return cam::guarded("markers", out_error, [&]() -> nav_status {
        if (picture->width_px != markers->lens.width_px ||
            picture->height_px != markers->lens.height_px) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "the picture has %d x %d, the lens was calibrated at %d x %d; "
                             "calibrate again, or say --rescale if it is the same sensor read out "
                             "whole",
                             picture->width_px, picture->height_px, markers->lens.width_px,
                             markers->lens.height_px);
        }
        const int64_t start_ns = now_ns();
        collect(*markers, cam::grey(*picture));
        const int64_t between_ns = now_ns();
        for (size_t i = 0; i < markers->bodies.count; ++i) {
            out_poses[i] = solve(*markers, markers->seen[i]);
        }
        markers->detect_ns = between_ns - start_ns;
        markers->pose_ns = now_ns() - between_ns;
        return NAV_OK;
    });
}

extern "C" void cam_markers_times(const cam_markers *markers, int64_t *out_detect_ns,
                                  int64_t *out_pose_ns)
{
    *out_detect_ns = markers->detect_ns;
    *out_pose_ns = markers->pose_ns;
}

extern "C" void cam_markers_corners(const cam_markers *markers, size_t body,
                                    cam_corners *out_corners)
{
    out_corners->count = 0;
    if (body >= markers->seen.size()) {
        return;
    }
    const Seen &seen = markers->seen[body];
    const size_t most = sizeof(out_corners->px) / sizeof(out_corners->px[0]);
    const size_t count = std::min(seen.px.size(), most);
    for (size_t i = 0; i < count; ++i) {
        out_corners->body_mm[i][0] = seen.body_mm[i].x;
        out_corners->body_mm[i][1] = seen.body_mm[i].y;
        out_corners->body_mm[i][2] = seen.body_mm[i].z;
        out_corners->px[i][0] = seen.px[i].x;
        out_corners->px[i][1] = seen.px[i].y;
    }
    out_corners->count = count;
}

extern "C" bool cam_corners_check(const cam_corners *corners, const rnd_lens *lens,
                                  const nav_pose *T_camera_body, double *out_px, double *out_mm)
{
    *out_px = std::nan("");
    *out_mm = std::nan("");
    if (corners->count == 0) {
        return false;
    }
    double sum_px = 0;
    double sum_mm = 0;
    for (size_t i = 0; i < corners->count; ++i) {
        double point_mm[3];
        double px[2];
        nav_pose_apply(T_camera_body, corners->body_mm[i], point_mm);
        if (!rnd_lens_project(lens, point_mm, px)) {
            *out_px = HUGE_VAL; /* where the pose puts it, the camera could not see it */
            *out_mm = HUGE_VAL;
            return true;
        }
        const double off_px = std::hypot(px[0] - corners->px[i][0], px[1] - corners->px[i][1]);
        const double off_mm = rnd_lens_mm_of_px(lens, off_px, point_mm[2]);
        sum_px += off_px * off_px;
        sum_mm += off_mm * off_mm;
    }
    *out_px = std::sqrt(sum_px / static_cast<double>(corners->count));
    *out_mm = std::sqrt(sum_mm / static_cast<double>(corners->count));
    return true;
}

extern "C" bool cam_markers_check(const cam_markers *markers, size_t body,
                                  const nav_pose *T_camera_body, double *out_px, double *out_mm)
{
    cam_corners corners;
    cam_markers_corners(markers, body, &corners);
    return cam_corners_check(&corners, &markers->lens, T_camera_body, out_px, out_mm);
}
