#include "headless.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image.h"
#include "nav/time.h"

extern char **environ;

static const int64_t frame_ns = NAV_NS_PER_S / 60;
static const int64_t slice_ns = 8 * NAV_NS_PER_MS;

/* ffmpeg as a child that reads raw pictures from a pipe. */
struct encoder {
    pid_t pid;
    int pipe_fd;
};

static enum nav_status encoder_start(const struct rnd_headless_options *options,
                                     struct encoder *out_encoder)
{
    char size[32];
    char rate[16];
    (void)snprintf(size, sizeof(size), "%dx%d", options->width_px, options->height_px);
    (void)snprintf(rate, sizeof(rate), "%d", options->video_fps);
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
                               (char *)(uintptr_t)options->video,
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
    *out_encoder = (struct encoder){.pid = pid, .pipe_fd = ends[1]};
    return NAV_OK;
}

static enum nav_status encoder_write(struct encoder *encoder, const uint8_t *bytes, size_t size)
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

static enum nav_status encoder_finish(struct encoder *encoder)
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

static void sleep_until(int64_t at_ns)
{
    const struct timespec at = {.tv_sec = (time_t)(at_ns / NAV_NS_PER_S),
                                .tv_nsec = (long)(at_ns % NAV_NS_PER_S)};
    /* Woken early by a signal is as good: the caller looks at its flag. */
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static enum nav_status draw_frame(struct rnd_screen *screen, struct rnd_feed *feed,
                                  const struct nav_clock *clock, struct nav_scene *scene)
{
    struct rnd_moment moment = {.utc_ns = nav_utc_now_ns(), .clock = clock, .budget_ns = slice_ns};
    moment.scene = rnd_feed_take(feed, scene, &moment.core_alive) == NAV_OK ? scene : NULL;
    moment.now_ns = nav_clock_now_ns(clock);
    const enum nav_status status = rnd_screen_draw(screen, &moment);
    if (status == NAV_OK) {
        rnd_screen_presented(screen, nav_clock_now_ns(clock));
    }
    return status == NAV_AGAIN ? NAV_OK : status;
}

enum nav_status rnd_headless_run(const struct rnd_headless_options *options,
                                 struct rnd_screen *screen, struct rnd_feed *feed,
                                 const volatile sig_atomic_t *stop)
{
    const struct nav_clock clock = nav_clock_monotonic();
    const size_t picture_size = (size_t)options->width_px * (size_t)options->height_px * 3;
    struct nav_scene *scene = calloc(1, sizeof(*scene));
    uint8_t *rgb = malloc(picture_size);
    struct encoder encoder = {.pipe_fd = -1};
    enum nav_status status = scene != NULL && rgb != NULL ? NAV_OK : NAV_ERR_MEMORY;
    if (status == NAV_OK) {
        status = rnd_screen_resize(screen, options->width_px, options->height_px);
    }
    /* The first frame compiles shaders; time counts from when pictures can follow one another. */
    if (status == NAV_OK) {
        status = draw_frame(screen, feed, &clock, scene);
    }
    if (status == NAV_OK && options->video != NULL) {
        status = encoder_start(options, &encoder);
    }
    const int64_t start_ns = nav_clock_now_ns(&clock);
    int64_t written = 0; /* video frames */
    while (status == NAV_OK && !*stop) {
        const int64_t now_ns = nav_clock_now_ns(&clock);
        status = draw_frame(screen, feed, &clock, scene);
        if (status != NAV_OK) {
            break;
        }
        const bool shoot = options->screenshot != NULL && now_ns - start_ns >= options->after_ns;
        if (shoot || options->video != NULL) {
            rnd_screen_read(screen, rgb);
        }
        bool more = !shoot;
        if (shoot) {
            status = rnd_image_write_png(options->screenshot, rgb, options->width_px,
                                         options->height_px);
        }
        if (status == NAV_OK && options->video != NULL) {
            /* A picture stays until the next one: the video keeps the wall's time. */
            const int64_t elapsed_ns = nav_clock_now_ns(&clock) - start_ns;
            const int64_t span_ns =
                elapsed_ns < options->duration_ns ? elapsed_ns : options->duration_ns;
            const int64_t due = span_ns * options->video_fps / NAV_NS_PER_S;
            do {
                status = encoder_write(&encoder, rgb, picture_size);
                ++written;
            } while (status == NAV_OK && written < due);
            more = elapsed_ns < options->duration_ns;
        }
        if (status != NAV_OK || !more) {
            break;
        }
        const int64_t period_ns =
            options->video != NULL ? NAV_NS_PER_S / options->video_fps : frame_ns;
        sleep_until(now_ns + period_ns);
    }
    rnd_screen_finished(screen, nav_clock_now_ns(&clock));
    if (encoder.pipe_fd >= 0) {
        const enum nav_status finished = encoder_finish(&encoder);
        status = status == NAV_OK ? finished : status;
    }
    free(rgb);
    free(scene);
    return status;
}
