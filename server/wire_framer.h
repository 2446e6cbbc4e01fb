/* Bytes of a stream to whole, checked OpenIGTLink messages.
 *
 * Incremental: takes bytes in any pieces and calls back once for each whole message with a good
 * CRC. Caps before it allocates: the body size is judged against the type's limit when the header
 * is complete. A type that is not wanted is skipped in constant memory (its CRC is still checked).
 * Any loss of framing (version, type, a size over the cap) is final: the caller closes the stream.
 *
 * Thread: loop. Memory: messages that lie whole in the fed bytes are handed on from there, without
 * copy or allocation. A message in pieces is collected in one buffer, which grows with the bytes
 * that have really arrived (at most twice as many, 4 kB at least), never above header + body; so a
 * header alone reserves nothing. Up to WIRE_FRAMER_KEEP bytes are kept for the next message.
 *
 * What a version-2 body must satisfy (else `malformed`): extended header size >= 12, what is more
 * is skipped; extended header + metadata header + metadata <= body; metadata header = 2 + 8 * count
 * or absent; sizes of keys and values add up to the metadata. Sums are formed in 64 bits.
 * A device name that is not text (wire_text.h) makes a message malformed too. */
#ifndef WIRE_FRAMER_H
#define WIRE_FRAMER_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_message.h"

enum { WIRE_FRAMER_KEEP = 1 << 20 };

/* What to do with a type: the largest body accepted; 0 = skip without storing. Equality is
 * accepted. `type` is its name, for types that are not in our list (WIRE_KIND_UNKNOWN). Asked when
 * a header's type is another one than the last, not for every message. */
typedef uint64_t (*wire_body_cap_fn)(void *context, enum wire_kind kind, const char *type);

/* Receives a whole message. What it returns is counted by the framer as `malformed` when negative;
 * it does not end the stream. It must neither feed nor destroy the framer. */
typedef enum nav_status (*wire_message_fn)(void *context, const struct wire_message *message);

/* Sees what is not handed on: `why` is NAV_ERR_CHECKSUM, NAV_ERR_LENGTH (extended header or
 * metadata lie) or NAV_ERR_ENCODING (device name) with the whole message; or the final error with
 * the header that caused it. For people who look for a fault; nothing may be decided by it. Skipped
 * bodies are not stored and not shown. */
typedef void (*wire_rejected_fn)(void *context, enum nav_status why, const uint8_t *raw,
                                 size_t size);

struct wire_framer_stats {
    uint64_t messages;   /* whole, good CRC, handed on */
    uint64_t bytes;      /* consumed */
    uint64_t crc_errors; /* dropped, framing kept */
    uint64_t malformed;  /* good CRC but extended header, metadata or device name lie, or the
                            callback refused */
    uint64_t skipped;    /* not wanted */
};

struct wire_framer_config {
    wire_body_cap_fn body_cap;
    wire_message_fn on_message;
    wire_rejected_fn on_rejected; /* NULL = nobody looks */
    void *context;
    uint64_t skip_max; /* largest body that is skipped rather than refused */
};

/* Where in a message the stream stands: what time limits apply to. */
enum wire_framer_phase {
    WIRE_PHASE_BOUNDARY = 0, /* nothing of a next message has arrived */
    WIRE_PHASE_HEADER,       /* a header has begun */
    WIRE_PHASE_BODY,         /* the header is whole, its body is being collected or skipped */
    WIRE_PHASE_BROKEN        /* a final error was returned */
};

struct wire_framer;

NAV_MUST_USE enum nav_status wire_framer_create(const struct wire_framer_config *config,
                                                struct wire_framer **out_framer);
void wire_framer_destroy(struct wire_framer *framer); /* NULL is legal */

/* Consumes all bytes. NAV_OK; final errors, after which the framer takes nothing more and returns
 * the same again: NAV_ERR_VERSION (header version not 1 or 2), NAV_ERR_TOO_LARGE, NAV_ERR_ENCODING
 * (type not printable ASCII), NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status wire_framer_feed(struct wire_framer *framer, const uint8_t *bytes,
                                              size_t size);

/* For large bodies: room in the framer's own buffer for the bytes that come next, to be read into
 * and then fed from there, which saves the copy. NULL when there is none (between messages, in
 * small messages, while skipping, or without memory): read into any other buffer then. Valid until
 * the next call. */
uint8_t *wire_framer_room(struct wire_framer *framer, size_t *out_size);

/* How much to read at once where there is no room, at most `size`: little after a message that
 * had room, so that of the next such one only the beginning has to be copied. */
size_t wire_framer_read_size(const struct wire_framer *framer, size_t size);

const struct wire_framer_stats *wire_framer_stats(const struct wire_framer *framer);

enum wire_framer_phase wire_framer_phase(const struct wire_framer *framer);

/* True between messages: nothing of a next message has arrived. */
int wire_framer_at_boundary(const struct wire_framer *framer);

/* Bytes that the framer's buffer holds now. */
size_t wire_framer_capacity(const struct wire_framer *framer);

#endif
