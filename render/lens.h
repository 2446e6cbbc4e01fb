/* The lens of a camera: a pinhole with the distortion of Brown and Conrady as OpenCV writes it.
 *
 * Camera frame: x right, y down, z forward, mm; it is where T_camera_x maps points to. Pixels:
 * (0, 0) is the middle of the top left pixel, as in OpenCV; OpenGL's pixel middles lie half a pixel
 * further, which rnd_lens_projection takes into account.
 *
 * x' = x/z, y' = y/z, r2 = x'^2 + y'^2,
 * d = (1 + k1 r2 + k2 r2^2 + k3 r2^3) / (1 + k4 r2 + k5 r2^2 + k6 r2^3)
 * u = fx (x' d + 2 p1 x' y' + p2 (r2 + 2 x'^2)) + cx
 * v = fy (y' d + p1 (r2 + 2 y'^2) + 2 p2 x' y') + cy
 * (D. Brown, Photogrammetric Engineering 37, 1971; the denominator: OpenCV's rational model.)
 * Pure. Thread: any. */
#ifndef RND_LENS_H
#define RND_LENS_H

#include <stdbool.h>

#include "nav/limits.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RND_LENS_COEFFICIENTS = 8 };

struct rnd_lens {
    int width_px, height_px; /* of the pictures that it is for */
    double fx_px, fy_px;
    double cx_px, cy_px;
    double k[RND_LENS_COEFFICIENTS]; /* k1 k2 p1 p2 k3 k4 k5 k6; zeros: none */
    double rms_px;                   /* reprojection error of its calibration; NaN = not stated */
    char camera[NAV_NAME_SIZE];      /* which camera; empty = not stated */
    char date[NAV_NAME_SIZE];        /* when calibrated, as written in its file */
};

/* Sizes and focal lengths positive, everything finite, the centre within the picture's size of its
 * middle. */
bool rnd_lens_is_valid(const struct rnd_lens *lens);

/* A point in front of the camera to its pixel. False, and NaN: on or behind the camera's plane, or
 * so far outside that the distortion folds back. */
bool rnd_lens_project(const struct rnd_lens *lens, const double point_mm[3], double out_px[2]);

/* The ray of a pixel: x' and y' without distortion. False: there is none. */
bool rnd_lens_undistort(const struct rnd_lens *lens, const double px[2], double out_ray[2]);

/* The same camera without distortion, whose pictures are wholly filled by rectified ones: the
 * largest field of view that every row and column of the original covers. */
struct rnd_lens rnd_lens_rectified(const struct rnd_lens *lens);

/* For pictures of another resolution of the same sensor. NAV_ERR_REFUSED: of another shape (the
 * sides' ratio differs by more than 1 %), so that something was cut away. */
NAV_MUST_USE enum nav_status rnd_lens_scaled(const struct rnd_lens *lens, int width_px,
                                             int height_px, struct rnd_lens *out_lens);

/* OpenGL's projection matrix by rows, for a lens without distortion: what lies between near_mm and
 * far_mm in front of the camera, with y up and looking along -z. */
void rnd_lens_projection(const struct rnd_lens *lens, double near_mm, double far_mm,
                         double out_matrix[16]);

/* What an error in the picture means at a depth: mm beside the ray. */
double rnd_lens_mm_of_px(const struct rnd_lens *lens, double error_px, double depth_mm);

#ifdef __cplusplus
}
#endif

#endif
