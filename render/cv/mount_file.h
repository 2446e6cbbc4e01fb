/* Where a camera sits in the marker that carries it, as a file of OpenCV's YAML: what
 * `osteonav calibrate handeye --out` writes and a case names as `cameras[].handeye`.
 *
 * T_marker_camera maps points of the camera's frame (render/lens.h) into the marker's, mm. With it
 * goes how far pictures were off that the fit had not seen: a file without that is no hand-eye, and
 * a reader judges it by its own limits. The lens's camera, date and resolution are kept too: with
 * another lens the hand-eye is not known. Thread: any. */
#ifndef CAM_MOUNT_FILE_H
#define CAM_MOUNT_FILE_H

#ifdef __cplusplus
extern "C" { /* some headers below are plain C without a guard of their own */
#endif

#include "cv_error.h"
#include "lens.h"
#include "nav/pose.h"
#include "nav/status.h"

struct cam_mount {
    struct nav_pose T_marker_camera;
    double held_out_px, held_out_mm; /* rms of pictures held out; mm at the board's depth */
    double agree_deg, agree_mm;      /* between the two methods */
    int width_px, height_px;         /* of the lens that it was found with */
    char camera[NAV_NAME_SIZE];      /* as the lens's file said; may be empty */
    char lens_date[NAV_NAME_SIZE];
    char date[NAV_NAME_SIZE];
};

/* NAV_ERR_NOT_FOUND, NAV_ERR_IO; NAV_ERR_SYNTAX: no such file format; NAV_ERR_RANGE: something is
 * missing, not finite, or not rigid; the field is named. */
NAV_MUST_USE enum nav_status cam_mount_read(const char *path, struct cam_mount *out_mount,
                                            struct cam_error *out_error);

/* Replaces a file only when all is written. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status cam_mount_write(const char *path, const struct cam_mount *mount,
                                             struct cam_error *out_error);

/* Whether the hand-eye may be used with this lens: errors within the limits (equality is good), and
 * the same lens. NAV_ERR_REFUSED with the reason. */
NAV_MUST_USE enum nav_status cam_mount_judge(const struct cam_mount *mount,
                                             const struct rnd_lens *lens, double held_out_max_px,
                                             double held_out_max_mm, struct cam_error *out_error);

#ifdef __cplusplus
}
#endif

#endif
