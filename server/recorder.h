/* The recorder: everything the engine takes in, to a session file, without the loop ever waiting.
 *
 * The loop puts records into a ring in shared memory (record_ring.h) and reads how it stands; a
 * thread of its own makes the folder and the file, writes, commits every `flush_ns`, and tries
 * again every second what has failed. Records that were put are not lost when the process is
 * killed; what the disk confirmed is not lost when the power fails. When something is lost or is
 * about to be, nav_scene_recording says so (NAV_RECORDING_FAILED, with the reason) from the next
 * scene on, and navigation goes on.
 *
 * Thread: the loop's, but for the writer that is inside. */
#ifndef SRV_RECORDER_H
#define SRV_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include "nav/scene.h"
#include "nav/status.h"
#include "session_store.h"
#include "store_record.h"

struct srv_recorder_config {
    char folder[SESSION_PATH_SIZE]; /* made where it is missing; empty: no recording */
    struct session_facts facts;     /* case, mode ...; id, software, times are set */
    size_t queue_bytes;             /* of the ring: what waits for a slow disk */
    int64_t flush_ns;               /* between commits */
    int64_t late_ns;                /* unsaved for longer: NOT RECORDING */
};

struct srv_recorder;

/* Begins. What the folder or the disk refuses is no failure here but a state of the recording.
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_recorder_create(const struct srv_recorder_config *config,
                                                 struct srv_recorder **out_recorder);

/* Writes what is left and ends the session; gives up after some seconds on a disk that does not
 * answer: then the ring stays, and session_recover finds it. NULL is legal. */
void srv_recorder_destroy(struct srv_recorder *recorder);

/* Records. No allocation, no lock, no system call. */
void srv_recorder_put(struct srv_recorder *recorder, const struct store_record *record);

/* How it stands at `now_ns`. */
void srv_recorder_describe(const struct srv_recorder *recorder, int64_t now_ns,
                           struct nav_scene_recording *out_recording);

/* Path of the session file. */
const char *srv_recorder_path(const struct srv_recorder *recorder);

#endif
