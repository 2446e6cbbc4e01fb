/* Timed pictures of a board: where it was before the camera, and when.
 *
 * Times are those of the recording that the pictures are compared with: of a video `start_s` plus
 * its own time, of images by a table "file name,seconds" (a heading is skipped). Thread: main. */
#ifndef TOOLS_SHOTS_H
#define TOOLS_SHOTS_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "camera.h"
#include "nav/pose.h"

enum { SHOTS_MAX = 4000 };

struct shots {
    size_t count, looked_at;
    struct cam_view **views; /* NULL where only poses are kept */
    struct nav_pose *T_camera_board;
    double *error_px;
    int64_t *time_ns;
};

struct shots_request {
    const char *verb;
    const char *images;
    const char *times; /* table; NULL: of a video */
    double start_s;
    double every; /* of a video: each nth picture */
    const char *lens;
    bool rescale;
    bool keep_views;
    struct cam_board board;
};

/* False with an error told. The lens is the one for these pictures. */
bool shots_take(const struct shots_request *request, struct rnd_lens *out_lens,
                struct shots *out_shots);
void shots_finish(struct shots *shots);

#endif
