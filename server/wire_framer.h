/* Bytes of a stream to whole, checked OpenIGTLink messages.
 *
 * Incremental: takes bytes in any pieces and calls back once for each whole message with a good
 * CRC. Caps before it allocates: the body size is judged against the type's limit when the header
 * is complete. A type that is not wanted is skipped in constant memory (its CRC is still checked).
 * Any loss of framing (version, a size over the cap) is final: the caller closes the stream.
 * Thread: loop. Memory: one buffer, grown only to the largest accepted body, never above
 * `WIRE_HEADER_SIZE` + the cap. */
#ifndef WIRE_FRAMER_H
#define WIRE_FRAMER_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_message.h"

/* What to do with a type: the largest body accepted; 0 = skip without storing. */
typedef uint64_t (*wire_body_cap_fn)(void *context, const char *type);

/* Receives a whole message. What it returns is counted by the framer as `malformed` when negative;
 * it does not end the stream. */
typedef enum nav_status (*wire_message_fn)(void *context, const struct wire_message *message);

struct wire_framer_stats {
    uint64_t messages;   /* whole, good CRC, handed on */
    uint64_t bytes;      /* consumed */
    uint64_t crc_errors; /* dropped, framing kept */
    uint64_t malformed;  /* good CRC but extended header or metadata lie, or the callback refused */
    uint64_t skipped;    /* not wanted */
};

struct wire_framer_config {
    wire_body_cap_fn body_cap;
    wire_message_fn on_message;
    void *context;
    uint64_t skip_max; /* largest body that is skipped rather than refused */
};

struct wire_framer;

NAV_MUST_USE enum nav_status wire_framer_create(const struct wire_framer_config *config,
                                                struct wire_framer **out_framer);
void wire_framer_destroy(struct wire_framer *framer); /* NULL is legal */

/* Consumes all bytes. NAV_OK; final errors, after which the framer takes nothing more:
 * NAV_ERR_VERSION (header version not 1 or 2), NAV_ERR_TOO_LARGE, NAV_ERR_ENCODING (type not
 * printable ASCII), NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status wire_framer_feed(struct wire_framer *framer, const uint8_t *bytes,
                                              size_t size);

const struct wire_framer_stats *wire_framer_stats(const struct wire_framer *framer);

/* True between messages: nothing of a next message has arrived. */
int wire_framer_at_boundary(const struct wire_framer *framer);

#endif
