/* The scene's way between processes: one writer, any number of readers, newest wins.
 *
 * A channel of nav/channel.h with a single topic: the shared memory object
 * "/osteonav.<uid>.<instance>", its locking and its promises are told there. The writer lives in
 * the core: a writer that is alive is a core that is alive.
 *
 * `instance` is 1 to 32 of [A-Za-z0-9_-]; NULL means "default".
 * Thread: a writer or a reader belongs to one thread at a time. */
#ifndef NAV_SCENE_CHANNEL_H
#define NAV_SCENE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/scene.h"
#include "nav/status.h"

struct nav_scene_writer;
struct nav_scene_reader;

/* Whether `instance` can be one: programs say so before they start anything. Thread: any. */
bool nav_scene_instance_is_valid(const char *instance);

/* Creates or takes over the object. NAV_ERR_BUSY: another core holds this instance;
 * NAV_ERR_ARGUMENT: bad instance name; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status nav_scene_writer_create(const char *instance,
                                                     struct nav_scene_writer **out_writer);

/* Removes the object's name, so that new readers find no core. NULL is legal. */
void nav_scene_writer_destroy(struct nav_scene_writer *writer);

/* Publishes a copy: sets seq, version and size in it, wakes waiting readers. No allocation, no
 * lock, no wait. Returns the sequence number given. */
uint64_t nav_scene_writer_publish(struct nav_scene_writer *writer, const struct nav_scene *scene);

/* Opens a running core's channel. NAV_ERR_NOT_FOUND: no such object, or no core holds it;
 * NAV_ERR_VERSION: another build's layout; NAV_ERR_IO, NAV_ERR_MEMORY, NAV_ERR_ARGUMENT. */
NAV_MUST_USE enum nav_status nav_scene_reader_create(const char *instance,
                                                     struct nav_scene_reader **out_reader);
void nav_scene_reader_destroy(struct nav_scene_reader *reader); /* NULL is legal */

/* Copies the newest scene. NAV_AGAIN: nothing published yet, or (practically never) the writer
 * overtook every attempt; `out_scene` is then untouched. */
NAV_MUST_USE enum nav_status nav_scene_reader_take(struct nav_scene_reader *reader,
                                                   struct nav_scene *out_scene);

/* Monotonic time at which the scene last taken was published: from then on any reader could take
 * it. 0 before the first. For measuring; ages count from the scene's own time_ns. */
int64_t nav_scene_reader_published_ns(const struct nav_scene_reader *reader);

/* Waits until a scene newer than `seen_seq` is published or `timeout_ns` has passed.
 * True: there is a newer one. May wake early without one (then false). */
bool nav_scene_reader_wait(struct nav_scene_reader *reader, uint64_t seen_seq, int64_t timeout_ns);

/* Whether a core still holds the channel. False after its end or death, however it died. */
bool nav_scene_reader_core_alive(const struct nav_scene_reader *reader);

#endif
