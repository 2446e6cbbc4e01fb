/* A stream in pieces. The first byte chooses the pieces and whether checksums are put right, which
 * lets the fuzzer get behind them.
 *
 * Promises: the pieces do not matter; memory stays bounded; every message handed on can be taken
 * apart; after a final error nothing is taken. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/recode.h"
#include "wire_crc64.h"
#include "wire_framer.h"

enum { CAP = 4096, SKIP_MAX = 8192, AT_BODY_SIZE = 42, AT_CRC = 50 };

struct run {
    uint64_t digest;
    size_t count;
};

static uint64_t cap_of(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    FUZZ_PROMISE(wire_kind_of(type) == kind);
    return wire_kind_cap(kind) != WIRE_CAP_NONE ? CAP : 0;
}

static enum nav_status take(void *context, const struct wire_message *message)
{
    static uint8_t bytes[2 * CAP + 1024];
    struct run *run = context;
    run->count++;
    run->digest = wire_crc64(run->digest, message->raw, message->raw_size);
    run->digest = wire_crc64(run->digest, message->content, message->content_size);
    run->digest = wire_crc64(run->digest, message->device, message->device_length);
    FUZZ_PROMISE(strlen(message->device) == message->device_length);
    FUZZ_PROMISE(message->content >= message->raw + WIRE_HEADER_SIZE);
    FUZZ_PROMISE(message->content + message->content_size <= message->raw + message->raw_size);
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    unsigned entries = 0;
    while (wire_metadata_next(&walk, &entry)) {
        run->digest = wire_crc64(run->digest, entry.key, entry.key_size);
        run->digest = wire_crc64(run->digest, entry.value, entry.value_size);
        entries++;
    }
    FUZZ_PROMISE(entries == message->metadata_count);
    const enum nav_status status = wire_table_check(message);
    if (status == NAV_OK) {
        struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
        (void)recode_message(message, &writer);
        run->digest = wire_crc64(run->digest, bytes, writer.size);
    }
    return status;
}

/* Makes the checksum of every whole message of the stream right. */
static void mend_checksums(uint8_t *stream, size_t size)
{
    for (size_t at = 0; size - at >= WIRE_HEADER_SIZE;) {
        const uint64_t body = wire_load_u64(stream + at + AT_BODY_SIZE);
        if (body > size - at - WIRE_HEADER_SIZE) {
            return;
        }
        wire_store_u64(stream + at + AT_CRC,
                       wire_crc64(0, stream + at + WIRE_HEADER_SIZE, (size_t)body));
        at += WIRE_HEADER_SIZE + (size_t)body;
    }
}

static void feed(const uint8_t *stream, size_t size, size_t piece, struct run *out_run,
                 struct wire_framer_stats *out_stats, enum nav_status *out_status)
{
    *out_run = (struct run){0};
    const struct wire_framer_config config = {
        .body_cap = cap_of, .on_message = take, .context = out_run, .skip_max = SKIP_MAX};
    struct wire_framer *framer = NULL;
    FUZZ_PROMISE(wire_framer_create(&config, &framer) == NAV_OK);
    *out_status = NAV_OK;
    for (size_t at = 0; at < size;) {
        const size_t used = size - at < piece ? size - at : piece;
        const bool was_broken = wire_framer_phase(framer) == WIRE_PHASE_BROKEN;
        const size_t count = out_run->count;
        *out_status = wire_framer_feed(framer, stream + at, used);
        FUZZ_PROMISE(wire_framer_capacity(framer) <= WIRE_HEADER_SIZE + CAP);
        FUZZ_PROMISE(!was_broken || (*out_status != NAV_OK && out_run->count == count));
        at += used;
    }
    *out_stats = *wire_framer_stats(framer);
    wire_framer_destroy(framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const uint8_t choice = data[0];
    const size_t stream_size = size - 1;
    uint8_t *stream = malloc(stream_size != 0 ? stream_size : 1);
    FUZZ_PROMISE(stream != NULL);
    memcpy(stream, data + 1, stream_size);
    if ((choice & 1) != 0) {
        mend_checksums(stream, stream_size);
    }
    struct run whole;
    struct run pieces;
    struct wire_framer_stats whole_stats;
    struct wire_framer_stats pieces_stats;
    enum nav_status whole_status = NAV_OK;
    enum nav_status pieces_status = NAV_OK;
    feed(stream, stream_size, stream_size != 0 ? stream_size : 1, &whole, &whole_stats,
         &whole_status);
    feed(stream, stream_size, 1 + (size_t)choice / 2, &pieces, &pieces_stats, &pieces_status);
    FUZZ_PROMISE(whole_status == pieces_status);
    FUZZ_PROMISE(whole.count == pieces.count && whole.digest == pieces.digest);
    FUZZ_PROMISE(whole_stats.messages == pieces_stats.messages);
    FUZZ_PROMISE(whole_stats.skipped == pieces_stats.skipped);
    FUZZ_PROMISE(whole_stats.malformed == pieces_stats.malformed);
    FUZZ_PROMISE(whole_stats.crc_errors == pieces_stats.crc_errors);
    free(stream);
    return 0;
}
