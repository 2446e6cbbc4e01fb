/* A second thread that draws sections while the caller draws the view. */
#include <pthread.h>
#include <stdlib.h>

#include "section_parts.h"

struct section_ahead {
    struct rnd_sections *sections;
    pthread_t thread;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t begun, ended;
    int next;    /* the section that nobody draws yet; RND_SECTION_COUNT: none is left */
    int drawing; /* how many are being drawn */
    bool stop;
};

/* Draws the next section that nobody draws yet; with the lock held before and after. False: none is
 * left. */
static bool draw_next(struct section_ahead *ahead)
{
    if (ahead->next == RND_SECTION_COUNT) {
        return false;
    }
    const enum rnd_section_kind kind = (enum rnd_section_kind)ahead->next++;
    ++ahead->drawing;
    (void)pthread_mutex_unlock(&ahead->lock);
    section_draw(ahead->sections, kind);
    (void)pthread_mutex_lock(&ahead->lock);
    --ahead->drawing;
    return true;
}

static void *run(void *context)
{
    struct section_ahead *ahead = context;
    (void)pthread_mutex_lock(&ahead->lock);
    while (!ahead->stop) {
        if (draw_next(ahead)) {
            continue;
        }
        (void)pthread_cond_signal(&ahead->ended);
        (void)pthread_cond_wait(&ahead->begun, &ahead->lock);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

struct section_ahead *section_ahead_create(struct rnd_sections *sections)
{
    struct section_ahead *ahead = calloc(1, sizeof(*ahead));
    if (ahead == NULL) {
        return NULL;
    }
    ahead->sections = sections;
    ahead->next = RND_SECTION_COUNT;
    (void)pthread_mutex_init(&ahead->lock, NULL);
    (void)pthread_cond_init(&ahead->begun, NULL);
    (void)pthread_cond_init(&ahead->ended, NULL);
    if (pthread_create(&ahead->thread, NULL, run, ahead) == 0) {
        return ahead;
    }
    (void)pthread_mutex_destroy(&ahead->lock);
    (void)pthread_cond_destroy(&ahead->begun);
    (void)pthread_cond_destroy(&ahead->ended);
    free(ahead);
    return NULL;
}

void section_ahead_destroy(struct section_ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    section_ahead_wait(ahead);
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    (void)pthread_cond_signal(&ahead->begun);
    (void)pthread_mutex_unlock(&ahead->lock);
    (void)pthread_join(ahead->thread, NULL);
    (void)pthread_mutex_destroy(&ahead->lock);
    (void)pthread_cond_destroy(&ahead->begun);
    (void)pthread_cond_destroy(&ahead->ended);
    free(ahead);
}

void section_ahead_begin(struct section_ahead *ahead)
{
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->next = 0;
    (void)pthread_cond_signal(&ahead->begun);
    (void)pthread_mutex_unlock(&ahead->lock);
}

void section_ahead_wait(struct section_ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&ahead->lock);
    while (draw_next(ahead)) {
    }
    while (ahead->drawing > 0) {
        (void)pthread_cond_wait(&ahead->ended, &ahead->lock);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
}
