#include "headless.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encoder.h"
#include "image.h"
#include "nav/time.h"

static const int64_t frame_ns = NAV_NS_PER_S / 60;
static const int64_t slice_ns = 8 * NAV_NS_PER_MS;
/* A screenshot waits for the whole picture, but not for ever: a camera may never rest. */
static const int64_t settle_ns = 20 * NAV_NS_PER_S;

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
    moment.cut_map = moment.scene != NULL ? rnd_feed_cut_map(feed, scene) : NULL;
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
    uint8_t *shown = malloc(picture_size); /* the picture written last */
    struct rnd_encoder encoder = {.pipe_fd = -1};
    enum nav_status status =
        scene != NULL && rgb != NULL && shown != NULL ? NAV_OK : NAV_ERR_MEMORY;
    if (status == NAV_OK) {
        status = rnd_screen_resize(screen, options->width_px, options->height_px);
    }
    /* The first frame compiles shaders; time counts from when pictures can follow one another. */
    if (status == NAV_OK) {
        status = draw_frame(screen, feed, &clock, scene);
    }
    if (status == NAV_OK && options->video != NULL) {
        status = rnd_encoder_start(options->video, options->width_px, options->height_px,
                                   options->video_fps, &encoder);
    }
    const int64_t start_ns = nav_clock_now_ns(&clock);
    int64_t written = 0; /* video frames */
    while (status == NAV_OK && !*stop) {
        const int64_t now_ns = nav_clock_now_ns(&clock);
        status = draw_frame(screen, feed, &clock, scene);
        if (status != NAV_OK) {
            break;
        }
        const int64_t over_ns = now_ns - start_ns - options->after_ns;
        const bool shoot = options->screenshot != NULL && over_ns >= 0 &&
                           (!rnd_screen_is_behind(screen) || over_ns >= settle_ns);
        if (shoot || options->video != NULL) {
            rnd_screen_read(screen, rgb);
        }
        bool more = !shoot;
        if (shoot) {
            status = rnd_image_write_png(options->screenshot, rgb, options->width_px,
                                         options->height_px);
        }
        if (status == NAV_OK && options->video != NULL) {
            /* The video keeps the wall's time: a picture stays until the next one came. While one
             * was drawn slowly, the one before it is what was to be seen. */
            const int64_t elapsed_ns = nav_clock_now_ns(&clock) - start_ns;
            const int64_t span_ns =
                elapsed_ns < options->duration_ns ? elapsed_ns : options->duration_ns;
            const int64_t due = span_ns * options->video_fps / NAV_NS_PER_S;
            while (status == NAV_OK && written > 0 && written + 1 < due) {
                status = rnd_encoder_write(&encoder, shown, picture_size);
                ++written;
            }
            if (status == NAV_OK && (written == 0 || written < due)) {
                status = rnd_encoder_write(&encoder, rgb, picture_size);
                ++written;
                memcpy(shown, rgb, picture_size);
            }
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
        const enum nav_status finished = rnd_encoder_finish(&encoder);
        status = status == NAV_OK ? finished : status;
    }
    free(shown);
    free(rgb);
    free(scene);
    return status;
}
