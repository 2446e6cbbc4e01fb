/* Sends a source's frames to an OpenIGTLink server at their time.
 *
 * Frames go out at absolute times, start + offset / speed, so that delays do not add up. Stamps are
 * the wall clock at the start plus the same offset: they match the moment of sending however the
 * wall clock is set meanwhile. All messages of a frame leave in one write. What the peer sends is
 * read and dropped. A peer that does not read makes the sender drop whole frames, as a tracker's
 * server does; it is counted.
 *
 * Blocks; one thread. No signal handling but `stop` and `signal_mask`. */
#ifndef SIM_SENDER_H
#define SIM_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"
#include "sim_frame.h"
#include "sim_pack.h"

struct sim_sender_config {
    const char *host;
    const char *port;
    bool retry;          /* connect again for ever, at first and whenever the peer is gone */
    double speed;        /* > 0; 0 = as fast as the peer takes it, stamps at the recorded rate */
    uint64_t frames_max; /* 0 = all */
    int64_t duration_ns; /* ends before the first frame at or after this time; 0 = none */
    struct sim_pack_config pack;
    const volatile sig_atomic_t *stop; /* ends the sending when not 0 */
    const sigset_t *signal_mask;       /* while waiting; NULL = unchanged */
    void (*on_frame)(void *context, const struct sim_frame *frame, int64_t stamp_ns); /* or NULL */
    void (*on_event)(void *context, const char *text); /* connected, lost; or NULL */
    void *context;
};

struct sim_sender_stats {
    uint64_t frames;         /* sent, frames without a pose to send included */
    uint64_t frames_dropped; /* peer not reading, or not connected */
    uint64_t bytes;
    uint64_t connections;
    struct sim_pack_count packed;
    int64_t elapsed_ns;  /* first frame due to last frame sent */
    int64_t late_sum_ns; /* sent - due, over frames */
    int64_t late_max_ns;
};

/* Runs until the source ends, a limit or `stop`. `stats` is kept up to date while it runs and may
 * be read by the callbacks. NAV_ERR_NOT_FOUND: host unknown; NAV_ERR_IO: no connection, or the peer
 * closed it (both not with `retry`); NAV_ERR_RANGE: a device name that cannot be sent. `out_why`
 * (at least 160 bytes) gets one line for people on failure. */
NAV_MUST_USE enum nav_status sim_sender_run(const struct sim_sender_config *config,
                                            const struct sim_source *source,
                                            struct sim_sender_stats *stats, char *out_why,
                                            size_t why_size);

#endif
