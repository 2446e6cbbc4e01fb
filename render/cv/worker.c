#include "worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "nav/time.h"
#include "rectify.h"

/* One is written, one is ready, one is the owner's. */
enum { SLOTS = 3, NO_SLOT = -1 };

static const int64_t wait_ns = 20 * NAV_NS_PER_MS; /* how long the end may take */

struct cam_worker {
    struct cam_worker_config config;
    struct cam_source *source;
    struct cam_rectifier *rectifier;
    struct cam_markers *markers;
    pthread_t thread;
    bool has_thread;
    atomic_bool stop;

    struct cam_ready slots[SLOTS];
    int written; /* of the worker */
    int taken;   /* of the owner */

    pthread_mutex_t lock;
    int ready; /* under the lock; NO_SLOT: nothing new */
    int spare;
    int64_t newest_ns; /* of the picture made ready last; 0: none yet */
};

static int64_t now_of(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

static void make_ready(struct cam_worker *worker, const struct cam_frame *frame,
                       struct cam_ready *out)
{
    const int64_t start_ns = now_of();
    out->time_ns = frame->time_ns;
    out->serial = frame->serial;
    out->fits =
        cam_rectify(worker->rectifier, &frame->picture, out->bgra, out->stride, NULL) == NAV_OK;
    const int64_t between_ns = now_of();
    out->fits =
        out->fits && cam_markers_find(worker->markers, &frame->picture, out->found, NULL) == NAV_OK;
    cam_markers_corners(worker->markers, worker->config.body, &out->corners);
    out->rectify_ns = between_ns - start_ns;
    out->detect_ns = now_of() - between_ns;
}

/* Hands over what was written and takes a slot that nobody looks at. */
static void hand_over(struct cam_worker *worker)
{
    (void)pthread_mutex_lock(&worker->lock);
    const int before = worker->ready;
    worker->ready = worker->written;
    worker->newest_ns = worker->slots[worker->written].time_ns;
    if (before != NO_SLOT) {
        worker->written = before;
    } else {
        worker->written = worker->spare;
        worker->spare = NO_SLOT;
    }
    (void)pthread_mutex_unlock(&worker->lock);
    if (worker->config.wake != NULL) {
        worker->config.wake(worker->config.context);
    }
}

static void *run(void *context)
{
    struct cam_worker *worker = context;
    struct cam_frame frame;
    while (!atomic_load(&worker->stop)) {
        if (cam_source_wait(worker->source, wait_ns) &&
            cam_source_take(worker->source, &frame) == NAV_OK) {
            make_ready(worker, &frame, &worker->slots[worker->written]);
            hand_over(worker);
        }
    }
    return NULL;
}

enum nav_status cam_worker_create(const struct cam_worker_config *config,
                                  struct cam_worker **out_worker, struct cam_error *out_error)
{
    struct cam_worker *worker = calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return NAV_ERR_MEMORY;
    }
    worker->config = *config;
    worker->written = 0;
    worker->spare = 1;
    worker->taken = 2;
    worker->ready = NO_SLOT;
    atomic_init(&worker->stop, false);
    (void)pthread_mutex_init(&worker->lock, NULL);
    const size_t stride = 4 * (size_t)config->lens->width_px;
    enum nav_status status = cam_rectifier_create(config->lens, &worker->rectifier, out_error);
    if (status == NAV_OK) {
        status = cam_markers_create(config->bodies, config->lens, &config->limits, &worker->markers,
                                    out_error);
    }
    for (int i = 0; i < SLOTS && status == NAV_OK; ++i) {
        worker->slots[i].stride = stride;
        worker->slots[i].bgra = calloc((size_t)config->lens->height_px, stride);
        status = worker->slots[i].bgra != NULL ? NAV_OK : NAV_ERR_MEMORY;
    }
    if (status == NAV_OK) {
        status = cam_source_open(&config->source, &worker->source, out_error);
    }
    worker->config.lens = NULL;
    worker->config.bodies = NULL;
    worker->has_thread =
        status == NAV_OK && pthread_create(&worker->thread, NULL, run, worker) == 0;
    if (!worker->has_thread) {
        cam_worker_destroy(worker);
        return status != NAV_OK ? status : NAV_ERR_MEMORY;
    }
    *out_worker = worker;
    return NAV_OK;
}

void cam_worker_destroy(struct cam_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    if (worker->has_thread) {
        atomic_store(&worker->stop, true);
        (void)pthread_join(worker->thread, NULL);
    }
    cam_source_close(worker->source);
    cam_markers_destroy(worker->markers);
    cam_rectifier_destroy(worker->rectifier);
    for (int i = 0; i < SLOTS; ++i) {
        free(worker->slots[i].bgra);
    }
    (void)pthread_mutex_destroy(&worker->lock);
    free(worker);
}

const struct rnd_lens *cam_worker_lens(const struct cam_worker *worker)
{
    return cam_rectifier_lens(worker->rectifier);
}

struct cam_source *cam_worker_source(struct cam_worker *worker)
{
    return worker->source;
}

struct cam_ready *cam_worker_take(struct cam_worker *worker)
{
    (void)pthread_mutex_lock(&worker->lock);
    const bool news = worker->ready != NO_SLOT;
    if (news) {
        worker->spare = worker->taken;
        worker->taken = worker->ready;
        worker->ready = NO_SLOT;
    }
    (void)pthread_mutex_unlock(&worker->lock);
    return news ? &worker->slots[worker->taken] : NULL;
}

enum cam_health cam_worker_health(struct cam_worker *worker, int64_t now_ns)
{
    const enum cam_health health = cam_source_health(worker->source, now_ns);
    (void)pthread_mutex_lock(&worker->lock);
    const int64_t newest_ns = worker->newest_ns;
    (void)pthread_mutex_unlock(&worker->lock);
    if (health != CAM_HEALTH_GOOD) {
        return health;
    }
    if (newest_ns == 0) {
        return CAM_HEALTH_WAITING;
    }
    return now_ns - newest_ns > worker->config.source.silence_ns ? CAM_HEALTH_LOST : health;
}
