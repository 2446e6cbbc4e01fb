/* Boards with known points: printed, laid under the camera, found in its pictures.
 *
 * A chessboard is counted in inner corners; it is found whole or not at all. A ChArUco board is
 * counted in squares; any part of it may be seen. The board's frame: x right and y down along the
 * print, z into the paper, origin at the first inner corner (ChArUco: at the corner of its first
 * square, as OpenCV has it); mm. Thread: any. */
#ifndef CAM_BOARD_H
#define CAM_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "cv_error.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CAM_BOARD_POINTS_MAX = 1024 };

enum cam_board_kind { CAM_BOARD_CHESS = 0, CAM_BOARD_CHARUCO };

struct cam_board {
    enum cam_board_kind kind;
    int columns, rows; /* inner corners of a chessboard, squares of a ChArUco board */
    double square_mm;
    double marker_mm;    /* ChArUco: side of its markers */
    char dictionary[32]; /* ChArUco: "DICT_5X5_100" ... */
};

/* A picture as bytes: rows of `stride` bytes, grey (1 channel) or blue, green, red (3). */
struct cam_picture {
    int width_px, height_px, channels;
    size_t stride;
    const uint8_t *bytes;
};

/* What was found of a board in one picture. */
struct cam_view {
    size_t count;
    int ids[CAM_BOARD_POINTS_MAX];            /* which point of the board, from 0 by rows */
    double board_mm[CAM_BOARD_POINTS_MAX][2]; /* in the board's frame; z is 0 */
    double px[CAM_BOARD_POINTS_MAX][2];
};

/* NAV_ERR_ARGUMENT with what is wrong with it. */
NAV_MUST_USE enum nav_status cam_board_check(const struct cam_board *board,
                                             struct cam_error *out_error);

/* NAV_ERR_NOT_FOUND: no board, or fewer than 6 points of it; NAV_ERR_ARGUMENT. */
NAV_MUST_USE enum nav_status cam_board_find(const struct cam_board *board,
                                            const struct cam_picture *picture,
                                            struct cam_view *out_view, struct cam_error *out_error);

/* The board as it is to be printed: grey bytes, `dots_per_mm` of them a mm, with its margin. The
 * caller frees `*out_bytes`. */
NAV_MUST_USE enum nav_status cam_board_draw(const struct cam_board *board, double dots_per_mm,
                                            int *out_width_px, int *out_height_px,
                                            uint8_t **out_bytes, struct cam_error *out_error);

/* A marker without its white margin: `side_px` squared grey bytes, 0 or 255. NAV_ERR_ARGUMENT: no
 * such dictionary or id, a side below 8. */
NAV_MUST_USE enum nav_status cam_marker_draw(const char *dictionary, int id, int side_px,
                                             uint8_t *out_bytes, struct cam_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
