#include "watchdog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nav/log.h"
#include "nav/time.h"

static const int64_t look_ns = 20 * NAV_NS_PER_MS;  /* how often the thread looks */
static const int64_t late_ns = 100 * NAV_NS_PER_MS; /* later than this it was held up itself */

struct rnd_watchdog {
    pthread_t thread;
    int64_t created_ns;
    pthread_mutex_t mutex;
    pthread_cond_t ended_changed;
    bool ended;                /* under mutex */
    _Atomic int64_t due_ns;    /* 0: no promise */
    _Atomic int64_t within_ns; /* of that promise */
};

static int64_t now_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* The log takes no lock: what hangs may hold any. */
_Noreturn static void bark(int64_t within_ns)
{
    nav_log_error("display",
                  "no frame within %lld ms; the display ends with code %d, to be started again",
                  (long long)(within_ns / NAV_NS_PER_MS), RND_EXIT_FROZEN);
    _exit(RND_EXIT_FROZEN);
}

static void *watch(void *context)
{
    struct rnd_watchdog *self = context;
    (void)pthread_mutex_lock(&self->mutex);
    int64_t held_up_ns = 0; /* for how long the promise is extended */
    int64_t judged_due_ns = 0;
    int64_t last_ns = self->created_ns; /* which may be long before this thread first runs */
    while (!self->ended) {
        const int64_t wake_ns = now_ns() + look_ns;
        const struct timespec at = {.tv_sec = (time_t)(wake_ns / NAV_NS_PER_S),
                                    .tv_nsec = (long)(wake_ns % NAV_NS_PER_S)};
        (void)pthread_cond_timedwait(&self->ended_changed, &self->mutex, &at);
        const int64_t after_ns = now_ns();
        const int64_t due_ns = atomic_load(&self->due_ns);
        if (due_ns != judged_due_ns) {
            judged_due_ns = due_ns;
            held_up_ns = 0;
        }
        /* Counted from look to look, so that no moment is missed in which it may be stopped. */
        if (after_ns - last_ns > look_ns + late_ns) {
            held_up_ns += after_ns - last_ns + atomic_load(&self->within_ns);
        }
        last_ns = after_ns;
        if (!self->ended && due_ns != 0 && after_ns > due_ns + held_up_ns) {
            bark(atomic_load(&self->within_ns));
        }
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return NULL;
}

enum nav_status rnd_watchdog_create(struct rnd_watchdog **out_watchdog)
{
    struct rnd_watchdog *watchdog = calloc(1, sizeof(*watchdog));
    if (watchdog == NULL) {
        return NAV_ERR_MEMORY;
    }
    watchdog->created_ns = now_ns();
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watchdog->ended_changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&watchdog->mutex, NULL);
    if (pthread_create(&watchdog->thread, NULL, watch, watchdog) != 0) {
        (void)pthread_cond_destroy(&watchdog->ended_changed);
        (void)pthread_mutex_destroy(&watchdog->mutex);
        free(watchdog);
        return NAV_ERR_MEMORY;
    }
    *out_watchdog = watchdog;
    return NAV_OK;
}

void rnd_watchdog_destroy(struct rnd_watchdog *watchdog)
{
    if (watchdog == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&watchdog->mutex);
    watchdog->ended = true;
    (void)pthread_cond_signal(&watchdog->ended_changed);
    (void)pthread_mutex_unlock(&watchdog->mutex);
    (void)pthread_join(watchdog->thread, NULL);
    (void)pthread_cond_destroy(&watchdog->ended_changed);
    (void)pthread_mutex_destroy(&watchdog->mutex);
    free(watchdog);
}

void rnd_watchdog_promise(struct rnd_watchdog *watchdog, int64_t within_ns)
{
    if (watchdog == NULL) {
        return;
    }
    /* In this order a look in between judges the new time with the old words, never too early. */
    atomic_store(&watchdog->due_ns, within_ns > 0 ? now_ns() + within_ns : 0);
    atomic_store(&watchdog->within_ns, within_ns);
}
