#include "board.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <opencv2/aruco/charuco.hpp>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "dictionary.hpp"
#include "guard.hpp"
#include "picture.hpp"

namespace
{

constexpr size_t POINTS_MIN = 6;

cv::Ptr<cv::aruco::CharucoBoard> charuco(const cam_board &board)
{
    return cv::aruco::CharucoBoard::create(
        board.columns, board.rows, static_cast<float>(board.square_mm),
        static_cast<float>(board.marker_mm), cam::dictionary(board.dictionary));
}

std::vector<cv::Point2f> find_chessboard(const cam_board &board, const cv::Mat &grey)
{
    const cv::Size size(board.columns, board.rows);
    std::vector<cv::Point2f> corners;
    const int flags =
        cv::CALIB_CB_ADAPTIVE_THRESH | cv::CALIB_CB_NORMALIZE_IMAGE | cv::CALIB_CB_FAST_CHECK;
    if (!cv::findChessboardCorners(grey, size, corners, flags)) {
        return {};
    }
    cv::cornerSubPix(grey, corners, cv::Size(11, 11), cv::Size(-1, -1),
                     cv::TermCriteria(cv::TermCriteria::EPS + cv::TermCriteria::COUNT, 60, 1e-4));
    return corners;
}

void add(cam_view &view, int id, double x_mm, double y_mm, const cv::Point2f &px)
{
    if (view.count < CAM_BOARD_POINTS_MAX) {
        view.ids[view.count] = id;
        view.board_mm[view.count][0] = x_mm;
        view.board_mm[view.count][1] = y_mm;
        view.px[view.count][0] = px.x;
        view.px[view.count][1] = px.y;
        ++view.count;
    }
}

void find_on_chessboard(const cam_board &board, const cv::Mat &grey, cam_view &view)
{
    const std::vector<cv::Point2f> corners = find_chessboard(board, grey);
    for (size_t i = 0; i < corners.size(); ++i) {
        const int id = static_cast<int>(i);
        add(view, id, id % board.columns * board.square_mm, id / board.columns * board.square_mm,
            corners[i]);
    }
}

void find_on_charuco(const cam_board &board, const cv::Mat &grey, cam_view &view)
{
    const cv::Ptr<cv::aruco::CharucoBoard> sheet = charuco(board);
    std::vector<int> marker_ids;
    std::vector<std::vector<cv::Point2f>> markers;
    std::vector<std::vector<cv::Point2f>> rejected;
    cv::Ptr<cv::aruco::DetectorParameters> parameters = cv::aruco::DetectorParameters::create();
    cv::aruco::detectMarkers(grey, sheet->dictionary, markers, marker_ids, parameters, rejected);
    if (markers.empty()) {
        return;
    }
    std::vector<cv::Point2f> corners;
    std::vector<int> ids;
    cv::aruco::interpolateCornersCharuco(markers, marker_ids, grey, sheet, corners, ids);
    for (size_t i = 0; i < corners.size(); ++i) {
        const cv::Point3f &place = sheet->chessboardCorners[static_cast<size_t>(ids[i])];
        add(view, ids[i], place.x, place.y, corners[i]);
    }
}

} // namespace

extern "C" nav_status cam_board_check(const cam_board *board, cam_error *out_error)
{
    return cam::guarded("board", out_error, [&]() -> nav_status {
        const bool squares = board->kind == CAM_BOARD_CHARUCO;
        if (board->columns < 3 || board->rows < 3 || board->columns > 64 || board->rows > 64 ||
            board->columns * board->rows > CAM_BOARD_POINTS_MAX) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "board: %d x %d is no board; give 3 to 64 %s each way", board->columns,
                             board->rows, squares ? "squares" : "inner corners");
        }
        if (!(board->square_mm > 0.1) || !(board->square_mm < 1000)) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "board: squares of %g mm; measure one with a ruler and give it in mm",
                             board->square_mm);
        }
        if (!squares) {
            return NAV_OK;
        }
        if (!(board->marker_mm > 0) || !(board->marker_mm < board->square_mm)) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "board: markers of %g mm do not fit into squares of %g mm",
                             board->marker_mm, board->square_mm);
        }
        if (cam::dictionary(board->dictionary).empty()) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT,
                             "board: no dictionary '%s'; such as DICT_5X5_100", board->dictionary);
        }
        return NAV_OK;
    });
}

extern "C" nav_status cam_board_find(const cam_board *board, const cam_picture *picture,
                                     cam_view *out_view, cam_error *out_error)
{
    return cam::guarded("board", out_error, [&]() -> nav_status {
        const nav_status status = cam_board_check(board, out_error);
        if (status != NAV_OK) {
            return status;
        }
        const cv::Mat grey = cam::grey(*picture);
        std::memset(out_view, 0, sizeof(*out_view));
        if (board->kind == CAM_BOARD_CHESS) {
            find_on_chessboard(*board, grey, *out_view);
        } else {
            find_on_charuco(*board, grey, *out_view);
        }
        if (out_view->count < POINTS_MIN) {
            return cam::fail(
                out_error, NAV_ERR_NOT_FOUND,
                "no board of %d x %d in this picture (%zu points seen); is all of it in "
                "view, sharp and evenly lit?",
                board->columns, board->rows, out_view->count);
        }
        return NAV_OK;
    });
}

extern "C" nav_status cam_board_draw(const cam_board *board, double dots_per_mm, int *out_width_px,
                                     int *out_height_px, uint8_t **out_bytes, cam_error *out_error)
{
    return cam::guarded("board", out_error, [&]() -> nav_status {
        const nav_status status = cam_board_check(board, out_error);
        if (status != NAV_OK) {
            return status;
        }
        const int square_px = static_cast<int>(board->square_mm * dots_per_mm + 0.5);
        if (square_px < 4 || square_px > 2000) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "board: %g dots a mm cannot be drawn",
                             dots_per_mm);
        }
        const bool squares = board->kind == CAM_BOARD_CHARUCO;
        const int columns = squares ? board->columns : board->columns + 1;
        const int rows = squares ? board->rows : board->rows + 1;
        cv::Mat sheet((rows + 2) * square_px, (columns + 2) * square_px, CV_8U, cv::Scalar(255));
        if (squares) {
            charuco(*board)->draw(sheet.size(), sheet, square_px, 1);
        } else {
            for (int row = 0; row < rows; ++row) {
                for (int column = row % 2; column < columns; column += 2) {
                    sheet(cv::Rect((column + 1) * square_px, (row + 1) * square_px, square_px,
                                   square_px)) = 0;
                }
            }
        }
        const size_t size = sheet.total();
        auto *bytes = static_cast<uint8_t *>(std::malloc(size));
        if (bytes == nullptr || !sheet.isContinuous()) {
            std::free(bytes);
            return cam::fail(out_error, NAV_ERR_MEMORY, "board: out of memory");
        }
        std::memcpy(bytes, sheet.data, size);
        *out_width_px = sheet.cols;
        *out_height_px = sheet.rows;
        *out_bytes = bytes;
        return NAV_OK;
    });
}

extern "C" nav_status cam_marker_draw(const char *name, int id, int side_px, uint8_t *out_bytes,
                                      cam_error *out_error)
{
    return cam::guarded("marker", out_error, [&]() -> nav_status {
        const cv::Ptr<cv::aruco::Dictionary> dictionary = cam::dictionary(name);
        if (dictionary.empty() || id < 0 || id >= dictionary->bytesList.rows || side_px < 8) {
            return cam::fail(out_error, NAV_ERR_ARGUMENT, "marker: '%s' has no marker %d", name,
                             id);
        }
        cv::Mat marker(side_px, side_px, CV_8U, out_bytes);
        cv::aruco::drawMarker(dictionary, id, side_px, marker, 1);
        return NAV_OK;
    });
}
