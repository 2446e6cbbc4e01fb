/* Builds whole messages: header, content, metadata, sizes and checksum.
 *
 *   struct wire_writer writer = wire_writer_of(buffer, sizeof buffer);
 *   struct wire_pack pack = wire_pack_begin(&writer, &(struct wire_pack_head){
 *       .version = 2, .kind = WIRE_KIND_TRANSFORM, .device = "StylusToTracker", .utc_ns = now});
 *   wire_transform_encode(&writer, &transform);
 *   status = wire_pack_end(&pack, entries, count);
 *
 * Several messages may follow each other in one buffer. No allocation. Thread: any. */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_kind.h"
#include "wire_metadata.h"

struct wire_pack_head {
    uint16_t version; /* 1, or 2 for message id and metadata */
    enum wire_kind kind;
    const char *device;  /* at most 20 bytes; NULL = empty */
    int64_t utc_ns;      /* time of acquisition, 0 = none */
    uint64_t stamp;      /* 32.32; used instead of `utc_ns` when not 0 */
    uint32_t message_id; /* version 2 */
};

struct wire_pack {
    struct wire_writer *writer;
    size_t start; /* of the header */
    size_t body;  /* of the body */
    uint16_t version;
};

/* Writes the header with the sizes left open. A name that does not fit, or a version other than 1
 * and 2, fails the writer. */
struct wire_pack wire_pack_begin(struct wire_writer *writer, const struct wire_pack_head *head);

/* Writes the metadata (version 2 only) and fills in sizes and checksum. NAV_ERR_FULL when
 * something did not fit (the writer then ends where the message began and may be used on, the
 * message is gone); NAV_ERR_ARGUMENT for metadata in version 1; NAV_ERR_TOO_LARGE for metadata that
 * the format cannot hold. After an error nothing of the message is left. */
NAV_MUST_USE enum nav_status wire_pack_end(const struct wire_pack *pack,
                                           const struct wire_metadata_entry *metadata,
                                           size_t metadata_count);

#endif
