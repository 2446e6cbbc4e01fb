/* What the tests of the wire share: a collector behind a framer, and messages made from parts. */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H

#include "test_data.h"

#include "wire_crc64.h"
#include "wire_cursor.h"
#include "wire_framer.h"
#include "wire_header.h"
#include "wire_table.h"

enum { COLLECTED_MAX = 64, TRACKING_CAP = 65536, SKIP_MAX = 1 << 26 };

/* Remembers what a framer hands on: enough to tell two runs apart. */
struct collector {
    size_t count;
    struct {
        char type[WIRE_TYPE_SIZE + 1];
        char device[WIRE_DEVICE_SIZE + 1];
        int64_t device_ns;
        uint32_t message_id;
        uint64_t content_crc;
        size_t content_size;
        size_t metadata_size;
        uint16_t metadata_count;
        uint64_t raw_crc;
        size_t raw_size;
        enum nav_status check;
    } seen[COLLECTED_MAX];
    enum nav_status answer; /* what the callback returns */
    uint64_t cap;           /* of known types; unknown ones are skipped */
};

static inline uint64_t collector_cap(void *context, enum wire_kind kind, const char *type)
{
    const struct collector *collector = context;
    assert_int_equal(wire_kind_of(type), kind);
    return kind != WIRE_KIND_UNKNOWN ? collector->cap : 0;
}

static inline enum nav_status collector_take(void *context, const struct wire_message *message)
{
    struct collector *collector = context;
    assert_true(collector->count < COLLECTED_MAX);
    const size_t i = collector->count++;
    memset(&collector->seen[i], 0, sizeof collector->seen[i]);
    memcpy(collector->seen[i].type, message->type, sizeof message->type);
    memcpy(collector->seen[i].device, message->device, sizeof message->device);
    collector->seen[i].device_ns = message->device_ns;
    collector->seen[i].message_id = message->message_id;
    collector->seen[i].content_crc = wire_crc64_ref(0, message->content, message->content_size);
    collector->seen[i].content_size = message->content_size;
    collector->seen[i].metadata_size = message->metadata_size;
    collector->seen[i].metadata_count = message->metadata_count;
    collector->seen[i].raw_crc = wire_crc64_ref(0, message->raw, message->raw_size);
    collector->seen[i].raw_size = message->raw_size;
    collector->seen[i].check = wire_table_check(message);
    return collector->answer;
}

static inline struct wire_framer *collecting_framer(struct collector *collector)
{
    memset(collector, 0, sizeof *collector);
    collector->cap = TRACKING_CAP;
    const struct wire_framer_config config = {.body_cap = collector_cap,
                                              .on_message = collector_take,
                                              .context = collector,
                                              .skip_max = SKIP_MAX};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    return framer;
}

/* Writes a header whose claims may be lies. Returns its size. */
static inline size_t put_header(uint8_t *out, uint16_t version, const char *type,
                                const char *device, uint64_t body_size, uint64_t crc)
{
    struct wire_header header = {.version = version, .body_size = body_size, .crc = crc};
    memcpy(header.type, type, strnlen(type, WIRE_TYPE_SIZE));
    memcpy(header.device, device, strnlen(device, WIRE_DEVICE_SIZE));
    assert_int_equal(wire_header_encode(&header, out), NAV_OK);
    return WIRE_HEADER_SIZE;
}

/* Writes a message with a true size and checksum around any body. Returns its size. */
static inline size_t put_message(uint8_t *out, uint16_t version, const char *type,
                                 const char *device, const uint8_t *body, size_t body_size)
{
    put_header(out, version, type, device, body_size, wire_crc64_ref(0, body, body_size));
    if (body_size != 0) {
        memcpy(out + WIRE_HEADER_SIZE, body, body_size);
    }
    return WIRE_HEADER_SIZE + body_size;
}

/* Reads a whole file of the data folder; the test is skipped when it is missing. */
static inline size_t read_data(const char *relative, uint8_t *out, size_t capacity)
{
    char path[1024];
    test_data_path(relative, path, sizeof path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(out, 1, capacity, file);
    assert_true(size < capacity);
    fclose(file);
    return size;
}

#endif
