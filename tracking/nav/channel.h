/* Newest-wins hand-over between processes: what nav/scene_channel and nav/cut_map are made of.
 *
 * A POSIX shared memory object "/osteonav.<uid>.<instance><suffix>" of mode 0600 holds a header
 * and, for every topic, a few slots, each guarded by its own sequence number (a seqlock copied in
 * relaxed 64-bit atomics). Topics are independent: each has its own newest. The writer never waits
 * for a reader; a reader maps the object read-only, so it can neither block nor corrupt the writer.
 * The writer holds an exclusive lock on the object for its lifetime, so that a second one is
 * refused and a reader can tell a dead writer from a quiet one.
 *
 * `instance` is 1 to 32 of [A-Za-z0-9_-]; NULL means "default".
 * Thread: a writer or a reader belongs to one thread at a time. */
#ifndef NAV_CHANNEL_H
#define NAV_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

/* What goes over a channel. Constant data that outlives every writer and reader of it. */
struct nav_channel_kind {
    uint64_t magic;
    uint32_t version; /* of the payload's layout: another one is refused */
    uint32_t size;    /* of a payload, bytes; a multiple of 8 */
    uint32_t topics;
    uint32_t slots; /* of a topic; a reader is overtaken only if it sleeps through all but one */
    const char *suffix;
};

struct nav_channel_writer;
struct nav_channel_reader;

/* Whether `instance` can be one. Thread: any. */
bool nav_channel_instance_is_valid(const char *instance);

/* Creates or takes over the object. NAV_ERR_BUSY: another writer holds it; NAV_ERR_ARGUMENT: bad
 * instance name; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status nav_channel_writer_create(const char *instance,
                                                       const struct nav_channel_kind *kind,
                                                       struct nav_channel_writer **out_writer);

/* Removes the object's name, so that new readers find no writer. NULL is legal. */
void nav_channel_writer_destroy(struct nav_channel_writer *writer);

/* The number that the next payload of a topic will have; counts from 1. `topic` < kind's topics. */
uint64_t nav_channel_writer_next(const struct nav_channel_writer *writer, uint32_t topic);

/* Publishes a copy of kind->size bytes and wakes waiting readers. No allocation, no lock, no wait.
 */
void nav_channel_writer_publish(struct nav_channel_writer *writer, uint32_t topic,
                                const void *payload);

/* Opens a running writer's channel. NAV_ERR_NOT_FOUND: no such object, or nobody holds it;
 * NAV_ERR_VERSION: another build's layout; NAV_ERR_IO, NAV_ERR_MEMORY, NAV_ERR_ARGUMENT. */
NAV_MUST_USE enum nav_status nav_channel_reader_create(const char *instance,
                                                       const struct nav_channel_kind *kind,
                                                       struct nav_channel_reader **out_reader);
void nav_channel_reader_destroy(struct nav_channel_reader *reader); /* NULL is legal */

/* Copies a topic's newest payload. NAV_AGAIN: nothing published yet, or (practically never) the
 * writer overtook every attempt; the payload is then untouched. */
NAV_MUST_USE enum nav_status nav_channel_reader_take(struct nav_channel_reader *reader,
                                                     uint32_t topic, void *out_payload);

/* Monotonic time at which the payload last taken was published. 0 before the first. */
int64_t nav_channel_reader_published_ns(const struct nav_channel_reader *reader);

/* Waits until a payload of the topic newer than `seen` is published or `timeout_ns` has passed.
 * True: there is a newer one. May wake early without one (then false). */
bool nav_channel_reader_wait(struct nav_channel_reader *reader, uint32_t topic, uint64_t seen,
                             int64_t timeout_ns);

/* Whether a writer still holds the channel. False after its end or death, however it died. */
bool nav_channel_reader_alive(const struct nav_channel_reader *reader);

#endif
