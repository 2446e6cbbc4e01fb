/* The body of a version-2 message: extended header, content, metadata, and all that is read from
 * metadata.
 *
 * Promises: what is handed on packs and frames again to the same entries; names are text; a
 * sender's error is never a small number that was not stated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/recode.h"
#include "wire_crc64.h"
#include "wire_framer.h"
#include "wire_header.h"
#include "wire_sender_status.h"
#include "wire_text.h"

struct run {
    uint64_t digest;
    size_t count;
    uint8_t *packed;
    size_t capacity;
    size_t packed_size;
};

static uint64_t cap_of(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return UINT64_C(1) << 24;
}

static enum nav_status take(void *context, const struct wire_message *message)
{
    struct run *run = context;
    run->count++;
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entry)) {
        run->digest = wire_crc64(run->digest, &entry.key_size, sizeof entry.key_size);
        run->digest = wire_crc64(run->digest, &entry.encoding, sizeof entry.encoding);
        run->digest = wire_crc64(run->digest, &entry.value_size, sizeof entry.value_size);
        run->digest = wire_crc64(run->digest, entry.key, entry.key_size);
        run->digest = wire_crc64(run->digest, entry.value, entry.value_size);
        double number = 0.0;
        if (wire_metadata_number(&entry, &number) == NAV_OK) {
            FUZZ_PROMISE(isfinite(number));
        }
        char shown[64];
        const size_t length = wire_text_escape(entry.value, entry.value_size, shown, sizeof shown);
        FUZZ_PROMISE(length < sizeof shown && wire_text_is_printable(shown, length));
    }
    (void)wire_sender_status_of_message(message);
    (void)wire_sender_status_of_tool(message, "Saw");
    const float error = wire_sender_error_mm(message, NULL);
    FUZZ_PROMISE(isnan(error) || error >= 0.0F);
    char name[64];
    if (wire_device_name(message, name, sizeof name) == NAV_OK) {
        FUZZ_PROMISE(name[0] != '\0' && wire_text_is_printable(name, strlen(name)));
    }
    struct wire_writer writer = wire_writer_of(run->packed, run->capacity);
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 2,
                                                          .kind = message->kind,
                                                          .device = message->device,
                                                          .message_id = message->message_id});
    wire_write_bytes(&writer, message->content, message->content_size);
    static struct wire_metadata_entry entries[RECODE_ENTRIES_MAX];
    size_t count = 0;
    walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entries[count])) {
        count++;
    }
    FUZZ_PROMISE(wire_pack_end(&pack, entries, count) == NAV_OK);
    run->packed_size = writer.size;
    return NAV_OK;
}

/* Frames one message; returns how many were handed on. */
static void frame(const uint8_t *bytes, size_t size, struct run *run)
{
    const struct wire_framer_config config = {
        .body_cap = cap_of, .on_message = take, .context = run};
    struct wire_framer *framer = NULL;
    FUZZ_PROMISE(wire_framer_create(&config, &framer) == NAV_OK);
    FUZZ_PROMISE(wire_framer_feed(framer, bytes, size) == NAV_OK);
    FUZZ_PROMISE(wire_framer_at_boundary(framer));
    wire_framer_destroy(framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run first = {.capacity = size + 256};
    struct run second = {.capacity = size + 256};
    uint8_t *bytes = malloc(WIRE_HEADER_SIZE + size);
    first.packed = malloc(first.capacity);
    second.packed = malloc(second.capacity);
    FUZZ_PROMISE(bytes != NULL && first.packed != NULL && second.packed != NULL);
    const struct wire_header header = {.version = 2,
                                       .type = "TRANSFORM",
                                       .device = "SawToTracker",
                                       .body_size = size,
                                       .crc = wire_crc64(0, data, size)};
    FUZZ_PROMISE(wire_header_encode(&header, bytes) == NAV_OK);
    if (size != 0) {
        memcpy(bytes + WIRE_HEADER_SIZE, data, size);
    }
    frame(bytes, WIRE_HEADER_SIZE + size, &first);
    if (first.count != 0) {
        frame(first.packed, first.packed_size, &second);
        FUZZ_PROMISE(second.count == 1 && second.digest == first.digest);
        FUZZ_PROMISE(second.packed_size == first.packed_size);
        FUZZ_PROMISE(memcmp(first.packed, second.packed, first.packed_size) == 0);
    }
    free(bytes);
    free(first.packed);
    free(second.packed);
    return 0;
}
