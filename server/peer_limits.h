/* What one peer, and all peers together, may cost. Plain values; the program fills them from the
 * case's limits. Every bound is inclusive. */
#ifndef SRV_PEER_LIMITS_H
#define SRV_PEER_LIMITS_H

#include <stdint.h>

struct srv_peer_limits {
    uint32_t connections_max;         /* in total */
    uint32_t connections_per_address; /* from one address */
    int64_t header_timeout_ns;        /* a started header must be whole within */
    uint64_t body_rate_min;           /* bytes per second of a body after the header's time */
    uint64_t body_max_tracking;       /* largest body of a message we take */
    uint64_t body_max_skip;           /* largest body of a message we skip */
    uint64_t body_max_image;          /* largest image or video frame that is recorded; 0 = none */
    uint64_t unproven_bytes_max;      /* bytes taken before the first valid message */
    uint32_t crc_errors_max;          /* bad checksums within crc_window_ns that close a peer */
    int64_t crc_window_ns;
    int64_t peer_dead_ns;    /* a peer that acknowledges nothing is closed after */
    int64_t accept_pause_ns; /* no accepting for so long when descriptors or memory run out */
};

#endif
