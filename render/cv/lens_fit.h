/* Calibrates a lens from views of a board, and says how far that may be believed.
 *
 * Z. Zhang's method (IEEE PAMI 22, 2000) as OpenCV does it. Views whose reprojection error stands
 * out (more than `outlier_factor` times the median, and above the limit) are left out and named,
 * then the lens is fitted again. Held out: with each fifth of the views left out in turn, the lens
 * of the others gives, by every other point of a view, its pose, and is judged on the points
 * between: what pictures that the fit has not seen will show. Thread: any. Allocates. */
#ifndef CAM_LENS_FIT_H
#define CAM_LENS_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "cv_error.h"
#include "lens.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CAM_FIT_VIEWS_MAX = 200,
    CAM_FIT_COVER_COLUMNS = 8, /* the picture in cells, for where points were seen */
    CAM_FIT_COVER_ROWS = 6
};

struct cam_fit_limits {
    int views_min;
    double rms_max_px;
    double held_out_max_px;
    double coverage_min;   /* share of cells in which a point was seen */
    double tilt_min_deg;   /* between the boards of the two most different views */
    double outlier_factor; /* of the median view's error */
    bool rational;         /* k4 k5 k6 too: wide lenses */
};

enum cam_fit_refusal {
    CAM_FIT_TOO_FEW = 1 << 0,
    CAM_FIT_RMS = 1 << 1,
    CAM_FIT_HELD_OUT = 1 << 2,
    CAM_FIT_COVERAGE = 1 << 3,
    CAM_FIT_FLAT = 1 << 4 /* all boards parallel: focal length and distance cannot be told apart */
};

struct cam_calibration {
    struct rnd_lens lens; /* camera and date are empty */
    size_t views;
    double view_rms_px[CAM_FIT_VIEWS_MAX]; /* by the lens without the bad ones */
    bool bad[CAM_FIT_VIEWS_MAX];           /* left out */
    size_t used;
    double rms_px;       /* over all points of the used views */
    double first_rms_px; /* over all views, before any was left out */
    double held_out_px;
    double coverage;
    int cells[CAM_FIT_COVER_ROWS][CAM_FIT_COVER_COLUMNS]; /* points seen in each */
    double tilt_deg;
    double focal_sd_px; /* standard deviation of fx, as the fit estimates it */
    uint32_t refusals;  /* bits of enum cam_fit_refusal; 0 = accepted */
};

/* `views` of one board, in pictures of width x height. NAV_OK: complete, accepted or not.
 * NAV_ERR_ARGUMENT: fewer than 3 views or more than CAM_FIT_VIEWS_MAX, no size; NAV_ERR_MEMORY,
 * NAV_ERR_SYNTAX (the fit failed). */
NAV_MUST_USE enum nav_status cam_lens_calibrate(const struct cam_view *const *views, size_t count,
                                                int width_px, int height_px,
                                                const struct cam_fit_limits *limits,
                                                struct cam_calibration *out_fit,
                                                struct cam_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
