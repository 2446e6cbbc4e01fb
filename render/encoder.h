/* A film of pictures: ffmpeg as a child that reads them from a pipe. Thread: one at a time. */
#ifndef RND_ENCODER_H
#define RND_ENCODER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nav/status.h"

struct rnd_encoder {
    pid_t pid;
    int pipe_fd;
};

/* H.264 in the container of the path's ending. NAV_ERR_IO: ffmpeg cannot be started. The caller
 * ignores SIGPIPE. */
NAV_MUST_USE enum nav_status rnd_encoder_start(const char *path, int width_px, int height_px,
                                               int fps, struct rnd_encoder *out_encoder);

/* Pictures as RGB bytes, top row first. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status rnd_encoder_write(struct rnd_encoder *encoder, const uint8_t *bytes,
                                               size_t size);

/* Waits for the end. NAV_ERR_IO: ffmpeg failed. */
NAV_MUST_USE enum nav_status rnd_encoder_finish(struct rnd_encoder *encoder);

#endif
