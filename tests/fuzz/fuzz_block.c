/* A block of a session. The first byte chooses whether the checksum is put right, which lets the
 * fuzzer get behind it.
 *
 * Promises: what is taken apart is whole records of the announced place and number; encoding them
 * again gives a block that says the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store_block.h"
#include "wire_crc64.h"
#include "wire_cursor.h"

enum { AT_STORED = 60, AT_CRC = 72, SIZE_MAX_FUZZED = 1 << 20 };

static void mend(uint8_t *block, size_t size)
{
    if (size < STORE_BLOCK_HEAD) {
        return;
    }
    wire_store_u32(block + AT_STORED, (uint32_t)(size - STORE_BLOCK_HEAD));
    wire_store_u64(block + AT_CRC, 0);
    wire_store_u64(block + AT_CRC, wire_crc64(0, block, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > SIZE_MAX_FUZZED) {
        return 0;
    }
    struct store_codec *codec = NULL;
    struct store_codec *again = NULL;
    FUZZ_PROMISE(store_codec_create(&codec) == NAV_OK && store_codec_create(&again) == NAV_OK);
    uint8_t *block = malloc(size);
    FUZZ_PROMISE(block != NULL);
    memcpy(block, data + 1, size - 1);
    if ((data[0] & 1) != 0) {
        mend(block, size - 1);
    }
    struct store_block head;
    const uint8_t *stream;
    size_t stream_size;
    if (store_block_decode(codec, block, size - 1, &head, &stream, &stream_size) == NAV_OK) {
        struct store_record record;
        uint32_t count = 0;
        enum nav_status status;
        size_t at = 0;
        while ((status = store_record_next(stream, stream_size, &at, &record)) == NAV_OK) {
            FUZZ_PROMISE(record.at_ns >= head.first_ns && record.at_ns <= head.last_ns);
            ++count;
        }
        FUZZ_PROMISE(status == NAV_END && count == head.count);
        FUZZ_PROMISE(stream_size == head.end - head.begin);
        const uint8_t *bytes;
        size_t bytes_size;
        struct store_block second;
        const uint8_t *second_stream;
        size_t second_size;
        FUZZ_PROMISE(store_block_encode(again, head.session, head.begin, stream, stream_size,
                                        &bytes, &bytes_size) == NAV_OK);
        uint8_t *copy = malloc(bytes_size);
        FUZZ_PROMISE(copy != NULL);
        memcpy(copy, bytes, bytes_size);
        FUZZ_PROMISE(store_block_decode(again, copy, bytes_size, &second, &second_stream,
                                        &second_size) == NAV_OK);
        FUZZ_PROMISE(second_size == stream_size && second.count == head.count &&
                     memcmp(second_stream, stream, stream_size) == 0);
        free(copy);
    }
    free(block);
    store_codec_destroy(codec);
    store_codec_destroy(again);
    return 0;
}
