#include "encoder.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum nav_status rnd_encoder_start(const char *path, int width_px, int height_px, int fps,
                                  struct rnd_encoder *out_encoder)
{
    char size[32];
    char rate[16];
    (void)snprintf(size, sizeof(size), "%dx%d", width_px, height_px);
    (void)snprintf(rate, sizeof(rate), "%d", fps);
    char *const arguments[] = {"ffmpeg",
                               "-hide_banner",
                               "-loglevel",
                               "error",
                               "-y",
                               "-f",
                               "rawvideo",
                               "-pix_fmt",
                               "rgb24",
                               "-s",
                               size,
                               "-r",
                               rate,
                               "-i",
                               "pipe:0",
                               "-an",
                               "-vf",
                               "pad=ceil(iw/2)*2:ceil(ih/2)*2",
                               "-c:v",
                               "libx264",
                               "-preset",
                               "veryfast",
                               "-crf",
                               "20",
                               "-pix_fmt",
                               "yuv420p",
                               "-movflags",
                               "+faststart",
                               (char *)(uintptr_t)path,
                               NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return NAV_ERR_IO;
    }
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    pid_t pid = 0;
    const int failed = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[0]);
    if (failed != 0) {
        (void)close(ends[1]);
        return NAV_ERR_IO;
    }
    *out_encoder = (struct rnd_encoder){.pid = pid, .pipe_fd = ends[1]};
    return NAV_OK;
}

enum nav_status rnd_encoder_write(struct rnd_encoder *encoder, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(encoder->pipe_fd, bytes, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return NAV_ERR_IO;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return NAV_OK;
}

enum nav_status rnd_encoder_finish(struct rnd_encoder *encoder)
{
    (void)close(encoder->pipe_fd);
    int state = 0;
    while (waitpid(encoder->pid, &state, 0) < 0) {
        if (errno != EINTR) {
            return NAV_ERR_IO;
        }
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0 ? NAV_OK : NAV_ERR_IO;
}
