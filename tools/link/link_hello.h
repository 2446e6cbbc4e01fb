/* Messages that the tool itself sends. Thread: any. */
#ifndef LINK_HELLO_H
#define LINK_HELLO_H

#include <stdint.h>

#include "link_peer.h"
#include "wire_kind.h"

/* STATUS with header version 2: PlusServer sends metadata, and with it the validity of poses, only
 * to clients that have sent such a header. */
NAV_MUST_USE enum nav_status link_send_hello(const struct link_peer *peer);

/* A request without content. */
NAV_MUST_USE enum nav_status link_send_request(const struct link_peer *peer, enum wire_kind kind,
                                               uint16_t version);

/* STT_TDATA with this resolution. */
NAV_MUST_USE enum nav_status link_send_stream_start(const struct link_peer *peer,
                                                    uint32_t resolution_ms, uint16_t version);

#endif
