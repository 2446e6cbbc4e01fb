#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nav/scene_channel.h"
#include "nav/time.h"

static const int64_t wait_ns = 20 * NAV_NS_PER_MS;
static const int64_t search_ns = 50 * NAV_NS_PER_MS;

struct rnd_feed {
    char instance[NAV_NAME_SIZE];
    bool named;
    void (*wake)(void *context);
    void *context;
    pthread_t thread;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t stopped;
    bool stop;
    bool core_alive;
    bool has_scene;
    struct nav_scene scene;
    void (*on_scene)(void *context, const struct nav_scene *scene);
    void *scene_context;

    /* Of the drawing thread. */
    struct nav_cut_map_reader *maps;
    bool has_map;
    struct nav_cut_map map;
};

static void publish_state(struct rnd_feed *feed, bool alive, const struct nav_scene *scene)
{
    (void)pthread_mutex_lock(&feed->lock);
    const bool changed = feed->core_alive != alive || scene != NULL;
    feed->core_alive = alive;
    if (scene != NULL) {
        feed->scene = *scene;
        feed->has_scene = true;
        if (feed->on_scene != NULL) {
            feed->on_scene(feed->scene_context, scene);
        }
    }
    (void)pthread_mutex_unlock(&feed->lock);
    if (changed && feed->wake != NULL) {
        feed->wake(feed->context);
    }
}

static bool must_stop(struct rnd_feed *feed)
{
    (void)pthread_mutex_lock(&feed->lock);
    const bool stop = feed->stop;
    (void)pthread_mutex_unlock(&feed->lock);
    return stop;
}

static void pause_search(struct rnd_feed *feed)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    const int64_t end_ns = (int64_t)until.tv_nsec + search_ns;
    until.tv_sec += (time_t)(end_ns / NAV_NS_PER_S);
    until.tv_nsec = (long)(end_ns % NAV_NS_PER_S);
    (void)pthread_mutex_lock(&feed->lock);
    if (!feed->stop) {
        (void)pthread_cond_timedwait(&feed->stopped, &feed->lock, &until);
    }
    (void)pthread_mutex_unlock(&feed->lock);
}

/* Follows one core until it ends or the feed does. */
static void follow(struct rnd_feed *feed, struct nav_scene_reader *reader, struct nav_scene *scene)
{
    uint64_t seen = 0;
    publish_state(feed, true, NULL);
    while (!must_stop(feed)) {
        const bool newer = nav_scene_reader_wait(reader, seen, wait_ns);
        const bool alive = nav_scene_reader_core_alive(reader);
        if (newer && nav_scene_reader_take(reader, scene) == NAV_OK) {
            seen = scene->seq;
            publish_state(feed, alive, scene);
        }
        if (!alive) {
            break;
        }
    }
    publish_state(feed, false, NULL);
}

static void *run(void *context)
{
    struct rnd_feed *feed = context;
    struct nav_scene *scene = calloc(1, sizeof(*scene));
    while (scene != NULL && !must_stop(feed)) {
        struct nav_scene_reader *reader = NULL;
        if (nav_scene_reader_create(feed->named ? feed->instance : NULL, &reader) == NAV_OK) {
            follow(feed, reader, scene);
            nav_scene_reader_destroy(reader);
        }
        pause_search(feed);
    }
    free(scene);
    return NULL;
}

enum nav_status rnd_feed_create(const char *instance, void (*wake)(void *context), void *context,
                                struct rnd_feed **out_feed)
{
    struct rnd_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL) {
        return NAV_ERR_MEMORY;
    }
    if (instance != NULL) {
        const size_t length = strnlen(instance, sizeof(feed->instance));
        if (length == 0 || length == sizeof(feed->instance)) {
            free(feed);
            return NAV_ERR_ARGUMENT;
        }
        memcpy(feed->instance, instance, length);
        feed->named = true;
    }
    feed->wake = wake;
    feed->context = context;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&feed->stopped, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&feed->lock, NULL);
    if (pthread_create(&feed->thread, NULL, run, feed) != 0) {
        (void)pthread_mutex_destroy(&feed->lock);
        (void)pthread_cond_destroy(&feed->stopped);
        free(feed);
        return NAV_ERR_MEMORY;
    }
    *out_feed = feed;
    return NAV_OK;
}

void rnd_feed_listen(struct rnd_feed *feed,
                     void (*on_scene)(void *context, const struct nav_scene *scene), void *context)
{
    (void)pthread_mutex_lock(&feed->lock);
    feed->on_scene = on_scene;
    feed->scene_context = context;
    (void)pthread_mutex_unlock(&feed->lock);
}

void rnd_feed_destroy(struct rnd_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&feed->lock);
    feed->stop = true;
    (void)pthread_cond_signal(&feed->stopped);
    (void)pthread_mutex_unlock(&feed->lock);
    (void)pthread_join(feed->thread, NULL);
    (void)pthread_mutex_destroy(&feed->lock);
    (void)pthread_cond_destroy(&feed->stopped);
    nav_cut_map_reader_destroy(feed->maps);
    free(feed);
}

enum nav_status rnd_feed_take(struct rnd_feed *feed, struct nav_scene *out_scene,
                              bool *out_core_alive)
{
    (void)pthread_mutex_lock(&feed->lock);
    *out_core_alive = feed->core_alive;
    const bool has_scene = feed->has_scene;
    if (has_scene) {
        *out_scene = feed->scene;
    }
    (void)pthread_mutex_unlock(&feed->lock);
    return has_scene ? NAV_OK : NAV_AGAIN;
}

/* Takes the newest map of a cut, if there is one. */
static void take_map(struct rnd_feed *feed, uint32_t cut)
{
    if (feed->maps != NULL && !nav_cut_map_reader_core_alive(feed->maps)) {
        nav_cut_map_reader_destroy(feed->maps); /* another core has another object */
        feed->maps = NULL;
        feed->has_map = false;
    }
    if (feed->maps == NULL &&
        nav_cut_map_reader_create(feed->named ? feed->instance : NULL, &feed->maps) != NAV_OK) {
        return;
    }
    if (nav_cut_map_reader_take(feed->maps, cut, &feed->map) == NAV_OK) {
        feed->has_map = true;
    }
}

const struct nav_cut_map *rnd_feed_cut_map(struct rnd_feed *feed, const struct nav_scene *scene)
{
    uint32_t active = 0;
    while (active < scene->cut_count && active < NAV_CUTS_MAX &&
           scene->cuts[active].state != NAV_CUT_ACTIVE) {
        ++active;
    }
    if (active >= scene->cut_count || active >= NAV_CUTS_MAX ||
        scene->cuts[active].map_revision == 0) {
        return NULL;
    }
    const bool newest = feed->has_map && feed->map.cut == active &&
                        feed->map.revision == scene->cuts[active].map_revision;
    if (!newest) {
        take_map(feed, active);
    }
    return feed->has_map && feed->map.cut == active && feed->map.case_id == scene->case_id
               ? &feed->map
               : NULL;
}
