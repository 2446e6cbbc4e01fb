/* A recorded session as a source of frames: every frame with its recorded offset and validity. */
#ifndef SIM_RECORDING_H
#define SIM_RECORDING_H

#include "sequence.h"
#include "sim_frame.h"

struct sim_recording {
    const struct srv_sequence *sequence;
    bool loop;
    size_t pick_count;
    size_t picks[SRV_SEQUENCE_TRANSFORMS_MAX]; /* transforms that are sent, in the given order */
    size_t next;                               /* frame that follows */
    int64_t base_ns;                           /* offset of the current round's first frame */
    int64_t round_ns; /* from a round's first frame to the next round's first */
};

/* Prepares the replay of `sequence`, which stays the caller's and must outlive it. `names`: comma
 * separated transforms to send, NULL = all. With `loop` the recording starts over for ever, one
 * mean frame interval after its last frame, and offsets go on growing.
 * NAV_ERR_NOT_FOUND: a name that the recording does not have, copied to `out_missing`;
 * NAV_ERR_ARGUMENT: an empty or repeated name, or no transform at all (`out_missing` says which).
 */
NAV_MUST_USE enum nav_status sim_recording_init(struct sim_recording *recording,
                                                const struct srv_sequence *sequence,
                                                const char *names, bool loop,
                                                char out_missing[NAV_NAME_SIZE]);

struct sim_source sim_recording_source(struct sim_recording *recording);

#endif
