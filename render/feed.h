/* The display's end of the scene channel: a thread that follows the core, whenever there is one.
 *
 * It waits on the channel, keeps the newest scene, notices the core's end, and finds the next core
 * by itself. The display never waits for it.
 * Thread: create, listen, take and destroy belong to one thread; `wake` and `on_scene` are called
 * on the feed's. */
#ifndef RND_FEED_H
#define RND_FEED_H

#include <stdbool.h>

#include "nav/cut_map.h"
#include "nav/scene.h"
#include "nav/status.h"

struct rnd_feed;

/* `wake` (may be NULL) is called after a new scene has come or the core has come or gone; it must
 * be quick and callable from another thread. `instance` as in nav/scene_channel.h.
 * NAV_ERR_ARGUMENT: bad instance; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_feed_create(const char *instance, void (*wake)(void *context),
                                             void *context, struct rnd_feed **out_feed);

/* Has `on_scene` called with every scene that is read, the ones between two takes too: for who
 * keeps their poses. On the feed's thread; must be quick. Until then, or NULL: nobody. */
void rnd_feed_listen(struct rnd_feed *feed,
                     void (*on_scene)(void *context, const struct nav_scene *scene), void *context);

/* Ends the thread; waits for it, at most one waiting period. NULL is legal. */
void rnd_feed_destroy(struct rnd_feed *feed);

/* Copies the newest scene of the present core. NAV_AGAIN: none yet; `out_scene` untouched.
 * `out_core_alive` is set in either case: a core held the channel when last asked, which is at
 * most 20 ms ago. */
NAV_MUST_USE enum nav_status rnd_feed_take(struct rnd_feed *feed, struct nav_scene *out_scene,
                                           bool *out_core_alive);

/* The newest map of what was cut of the scene's active cut; NULL: none. Valid until the next call.
 */
const struct nav_cut_map *rnd_feed_cut_map(struct rnd_feed *feed, const struct nav_scene *scene);

#endif
