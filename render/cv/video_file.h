/* Pictures into a video file, one after the other. Thread: one at a time. */
#ifndef CAM_VIDEO_FILE_H
#define CAM_VIDEO_FILE_H

#include "board.h"
#include "cv_error.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cam_video;

/* Motion JPEG in AVI: each picture stands alone, and every player reads it. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status cam_video_create(const char *path, int width_px, int height_px,
                                              double fps, struct cam_video **out_video,
                                              struct cam_error *out_error);
/* 3 channels, of the video's size. */
NAV_MUST_USE enum nav_status cam_video_add(struct cam_video *video,
                                           const struct cam_picture *picture,
                                           struct cam_error *out_error);
void cam_video_close(struct cam_video *video); /* NULL is legal */

#ifdef __cplusplus
}
#endif

#endif
