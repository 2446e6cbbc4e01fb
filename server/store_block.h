/* A block: a piece of the record stream, made small, with everything needed to trust it.
 *
 *   head, 80 bytes; every number is big-endian:
 *     0  "ONB1"        4 u16 version, 1      6 u16 zero
 *     8  u64 session   the session's id
 *    16  u64 begin     place of its first record in the stream
 *    24  u64 end       place behind its last one
 *    32  i64 first_ns  least at_ns          40 i64 last_ns  greatest at_ns
 *    48  u32 count     records              52 u32 messages of them
 *    56  u32 columns   bytes after decompression
 *    60  u32 stored    bytes that follow
 *    64  u64 zero
 *    72  u64 crc       CRC-64 (wire_crc64.h) of the block with this field zero
 *   stored: zstd of the columns
 *
 * Columns: records of the same kind, source, flags, size and (messages) OpenIGTLink header up to
 * the device name are one class; their bytes are stored transposed, all first bytes, then all
 * second bytes, because poses of one device differ least in the same byte. A message's CRC-64 is
 * left out where it is that of its body, and formed again; its time stamp is stored as a
 * difference. Decoding gives the stream's bytes exactly.
 *
 *   u32 classes; for each: u16 kind, u16 flags, u32 source, u32 size, u32 rows, u32 form
 *   u16 class of each record, two planes
 *   u64 at_ns of each record minus that of the one before (first: minus first_ns), zigzag, 8 planes
 *   for each class its rows, transposed
 *
 * Bytes from outside are refused unless everything agrees. Thread: one at a time. */
#ifndef STORE_BLOCK_H
#define STORE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "store_record.h"

enum {
    STORE_BLOCK_HEAD = 80,
    STORE_BLOCK_CLASSES_MAX = 4096,
    STORE_BLOCK_RECORDS_MAX = 1 << 20,
    STORE_BLOCK_STREAM_MAX = STORE_CONTENT_MAX + (8 << 20)
};

struct store_block {
    uint64_t session;
    uint64_t begin;
    uint64_t end;
    int64_t first_ns;
    int64_t last_ns;
    uint32_t count;
    uint32_t messages;
    uint32_t columns;
    uint32_t stored;
};

/* Memory for encoding and decoding, reused. */
struct store_codec;

NAV_MUST_USE enum nav_status store_codec_create(struct store_codec **out_codec);
void store_codec_destroy(struct store_codec *codec); /* NULL is legal */

/* Encodes whole records, at least one. The result belongs to the codec until its next use.
 * NAV_ERR_ARGUMENT: not whole records; NAV_ERR_FULL: more than a block may hold; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status store_block_encode(struct store_codec *codec, uint64_t session,
                                                uint64_t begin, const uint8_t *stream, size_t size,
                                                const uint8_t **out_bytes, size_t *out_size);

/* Reads and checks the head and the checksum of the whole block, without taking it apart. */
NAV_MUST_USE enum nav_status store_block_check(const uint8_t *bytes, size_t size,
                                               struct store_block *out_block);

/* Takes a block apart into the stream's bytes, which belong to the codec until its next use.
 * NAV_ERR_LENGTH, NAV_ERR_VERSION, NAV_ERR_CHECKSUM, NAV_ERR_SYNTAX (the columns lie),
 * NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status store_block_decode(struct store_codec *codec, const uint8_t *bytes,
                                                size_t size, struct store_block *out_block,
                                                const uint8_t **out_stream, size_t *out_size);

#endif
