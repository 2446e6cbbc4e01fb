/* What is recorded, on its way from the loop to the writer's thread: a ring in shared memory.
 *
 * A POSIX shared memory object "/osteonav.<uid>.ring.<session id>" of mode 0600, all its pages
 * reserved at the start. It survives the death of the process (not of the machine): what was put
 * and not yet committed to the session file is taken from there by session_recover. The process
 * that records holds a lock on its first byte for its lifetime; whoever looks at what such a
 * process has left holds one on the second byte meanwhile. Every core that starts looks at all that
 * is left: so the two are told apart.
 *
 * One thread puts, one takes; neither waits. Putting is two copies at most: no allocation, no lock,
 * no system call. When it is full records are left out and counted; before the next one that fits a
 * STORE_GAP says how many. */
#ifndef RECORD_RING_H
#define RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "session_store.h"
#include "store_record.h"

struct record_ring;

/* What a ring says of its session. */
struct record_ring_head {
    char path[SESSION_PATH_SIZE]; /* of the session file */
    struct session_facts facts;
    uint64_t base; /* place in the stream of the ring's first byte; 0 = the file was not made yet */
};

/* Makes the ring, `capacity` bytes. NAV_ERR_IO: no shared memory, or not so much; NAV_ERR_EXISTS;
 * NAV_ERR_ARGUMENT. Thread: any. */
NAV_MUST_USE enum nav_status record_ring_create(const char *path, const struct session_facts *facts,
                                                size_t capacity, struct record_ring **out_ring);

/* Opens the ring of a session whose process is gone; waits up to `wait_ms` for others who look at
 * it. NAV_ERR_NOT_FOUND: there is none, or they took it; NAV_ERR_BUSY: its process lives
 * (record_ring_is_live) or they still do; NAV_ERR_VERSION: of another build; NAV_ERR_IO,
 * NAV_ERR_MEMORY. Thread: any. */
NAV_MUST_USE enum nav_status record_ring_open(uint64_t session, int wait_ms,
                                              struct record_ring **out_ring);

/* Whether a living process records this session. Thread: any. */
bool record_ring_is_live(uint64_t session);

/* What a session's ring says of itself, without taking it: disturbs nobody who records or recovers.
 * False: there is none, or it is not whole yet. Thread: any. */
bool record_ring_peek(uint64_t session, struct record_ring_head *out_head);

/* Sessions of this user that have a ring; at most `max` ids. Thread: any. */
size_t record_ring_list(uint64_t *out_sessions, size_t max);

/* Lets go of it; `remove`: nothing in it is needed any more. NULL is legal. */
void record_ring_close(struct record_ring *ring, bool remove);

const struct record_ring_head *record_ring_head(const struct record_ring *ring);

/* ---- who puts ---- */

/* False: left out. Thread: the loop's. */
bool record_ring_put(struct record_ring *ring, const struct store_record *record);

/* Says in the ring what was left out since the last record that fitted, when there is room: before
 * the end. Thread: the loop's. */
void record_ring_put_gap(struct record_ring *ring, int64_t at_ns);

/* Records left out that no STORE_GAP tells of yet. Thread: any. */
uint64_t record_ring_gap(const struct record_ring *ring);

/* Records left out so far. Thread: any. */
uint64_t record_ring_dropped(const struct record_ring *ring);

/* ---- who takes ---- */

/* The session file was made and the ring's first byte has this place in its stream. */
void record_ring_set_base(struct record_ring *ring, uint64_t place);

/* Copies whole records, at most `size` bytes of them, and moves on. One record larger than `size`
 * gives 0 and its size in `out_needed`; nothing there: 0 and 0. Thread: the writer's. */
size_t record_ring_take(struct record_ring *ring, uint8_t *out_bytes, size_t size,
                        size_t *out_needed);

/* Everything before this place is in the file: its room is free again. */
void record_ring_release(struct record_ring *ring, uint64_t place);

/* Goes to a place in the stream: where the file ends. NAV_ERR_RANGE: it is not in the ring. */
NAV_MUST_USE enum nav_status record_ring_seek(struct record_ring *ring, uint64_t place);

#endif
