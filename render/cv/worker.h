/* A camera's pictures made ready beside the display: taken, undistorted and searched for markers
 * in a thread of their own, so that drawing waits for none of it. Newest wins at both ends.
 *
 * The source has its thread, the worker a second one; the owner takes what is ready. A worker that
 * falls behind skips pictures; one that hangs is noticed by the age of what it gave last.
 * Thread: the owner's, one at a time; `wake` is called from the worker. */
#ifndef CAM_WORKER_H
#define CAM_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cv_error.h"
#include "frame_source.h"
#include "lens.h"
#include "markers.h"
#include "nav/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cam_worker_config {
    struct cam_source_config source;
    const struct rnd_lens *lens; /* copied */
    const struct cam_bodies *bodies;
    struct cam_marker_limits limits;
    size_t body;                 /* whose corners are kept, for a check against another pose */
    void (*wake)(void *context); /* a picture is ready; NULL: nobody waits */
    void *context;
};

/* A picture with what is in it. */
struct cam_ready {
    int64_t time_ns; /* of the picture, as cam_frame */
    uint64_t serial;
    bool fits;     /* has the lens's resolution; else nothing below is set */
    uint8_t *bgra; /* undistorted, of cam_worker_lens, top row first; the owner may draw on it */
    size_t stride;
    struct cam_body_pose found[CAM_BODIES_MAX];
    struct cam_corners corners;    /* of the body asked for */
    int64_t rectify_ns, detect_ns; /* what it took */
};

struct cam_worker;

/* Opens the source and starts both threads. Statuses as cam_source_open, cam_markers_create. */
NAV_MUST_USE enum nav_status cam_worker_create(const struct cam_worker_config *config,
                                               struct cam_worker **out_worker,
                                               struct cam_error *out_error);
void cam_worker_destroy(struct cam_worker *worker); /* ends the threads; NULL is legal */

/* The lens of the pictures that come out. */
const struct rnd_lens *cam_worker_lens(const struct cam_worker *worker);

/* To push pictures to, where the address is "push:". */
struct cam_source *cam_worker_source(struct cam_worker *worker);

/* The newest picture that is ready, the owner's until the next call. NULL: none that was not taken
 * before; the one before stays valid then. */
struct cam_ready *cam_worker_take(struct cam_worker *worker);

/* Of the source; lost, too, while pictures come and none is made ready. */
enum cam_health cam_worker_health(struct cam_worker *worker, int64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif
