/* Pictures of a camera: one interface to files, image sequences, V4L2 devices and whoever pushes
 * pictures in (OpenIGTLink's IMAGE arrives so).
 *
 * A reader gives every picture in order, for calibration. A source has its own thread and gives the
 * newest picture only, for the overlay, and says when the camera is lost (no picture for
 * `silence_ns`) or frozen (bit-equal pictures for as long: a sensor's noise never repeats).
 *
 * Addresses: a video file; a folder or a pattern (*, ?, []) of images, in the order of their names;
 * "v4l2:/dev/video0" or "v4l2:0"; "push:" for a source that is pushed to. Times are monotonic, of
 * the arrival in this process; files keep their rate (`fps` where they have none).
 * Thread: as each part says below. */
#ifndef CAM_FRAME_SOURCE_H
#define CAM_FRAME_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "cv_error.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cam_source_config {
    const char *address;
    double fps;   /* of image sequences, and of videos that state none; 0 = 30 */
    bool paced;   /* videos, too, go at `fps` */
    bool loop;    /* files begin again at their end */
    bool awaited; /* of a source: what is not there, or fails, is opened again each second */
    int width_px; /* asked of a V4L2 device; 0 = its own choice */
    int height_px;
    int64_t silence_ns; /* without a new picture for longer: lost; unchanged: frozen */
};

struct cam_frame {
    struct cam_picture picture; /* 3 channels */
    int64_t time_ns;            /* reader: since the beginning; source: monotonic arrival */
    uint64_t serial;            /* counts from 1 */
    char name[256];             /* of an image file; else empty */
};

/* ---- one after the other; thread: one at a time ------------------------------------------------
 */
struct cam_reader;

/* NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_UNSUPPORTED (an address of no known kind, a push: one). */
NAV_MUST_USE enum nav_status cam_reader_open(const struct cam_source_config *config,
                                             struct cam_reader **out_reader,
                                             struct cam_error *out_error);
void cam_reader_close(struct cam_reader *reader); /* NULL is legal */

/* The next picture, valid until the next call. NAV_END: there is none; NAV_ERR_IO: a file that is
 * no picture, named, or a device that is gone. */
NAV_MUST_USE enum nav_status cam_reader_next(struct cam_reader *reader, struct cam_frame *out_frame,
                                             struct cam_error *out_error);

/* ---- newest wins; thread: the owner's, except cam_source_push from any one other ---------------
 */
enum cam_health {
    CAM_HEALTH_WAITING = 0, /* no picture yet */
    CAM_HEALTH_GOOD,
    CAM_HEALTH_FROZEN, /* pictures come and do not change */
    CAM_HEALTH_LOST    /* no picture comes any more */
};

struct cam_source;

/* Starts the thread. Statuses as cam_reader_open; NAV_OK of one that is awaited and not there yet,
 * with `out_error` saying so. `out_error` is empty otherwise. */
NAV_MUST_USE enum nav_status cam_source_open(const struct cam_source_config *config,
                                             struct cam_source **out_source,
                                             struct cam_error *out_error);
void cam_source_close(struct cam_source *source); /* ends the thread; NULL is legal */

/* The newest picture, valid until the next call. NAV_AGAIN: none that was not taken before. */
NAV_MUST_USE enum nav_status cam_source_take(struct cam_source *source,
                                             struct cam_frame *out_frame);

/* Waits for a picture that was not taken before, `wait_ns` at most. False: there is none. */
bool cam_source_wait(struct cam_source *source, int64_t wait_ns);

enum cam_health cam_source_health(struct cam_source *source, int64_t now_ns);

/* Gives a picture to a "push:" source; copied. NAV_ERR_ARGUMENT: not a picture, or another kind of
 * source; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cam_source_push(struct cam_source *source,
                                             const struct cam_picture *picture, int64_t time_ns);

#ifdef __cplusplus
}
#endif

#endif
