#include "wire_test.h"

#include "wire_pack.h"
#include "wire_tdata.h"
#include "wire_transform.h"

/* Three messages: version 1, a type that is skipped, version 2 with metadata. */
static size_t make_stream(uint8_t *out, size_t capacity)
{
    struct wire_writer writer = wire_writer_of(out, capacity);
    const struct wire_transform pose = {.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .t_mm = {1, 2, 3}};
    struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1,
                                                          .kind = WIRE_KIND_TRANSFORM,
                                                          .device = "StylusToTracker",
                                                          .utc_ns = 1700000000123456789});
    wire_transform_encode(&writer, &pose);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);

    uint8_t unknown[100];
    memset(unknown, 0xa5, sizeof unknown);
    writer.size += put_message(out + writer.size, 1, "NEVERSEEN", "x", unknown, sizeof unknown);

    pack = wire_pack_begin(&writer, &(struct wire_pack_head){.version = 2,
                                                             .kind = WIRE_KIND_TDATA,
                                                             .device = "TDATA_2Elem",
                                                             .utc_ns = 1700000000223456789,
                                                             .message_id = 77});
    struct wire_tdata_tool tool = {.name = "Saw", .instrument = 2, .pose = pose};
    wire_tdata_tool_encode(&writer, &tool);
    (void)snprintf(tool.name, sizeof tool.name, "ABCDEFGHIJKLMNOPQRST");
    wire_tdata_tool_encode(&writer, &tool);
    const struct wire_metadata_entry entries[] = {wire_metadata_text("SawStatus", "OK"),
                                                  wire_metadata_text("Other", "")};
    assert_int_equal(wire_pack_end(&pack, entries, 2), NAV_OK);
    return writer.size;
}

static void assert_stream_arrived(const struct collector *collector,
                                  const struct wire_framer *framer)
{
    assert_int_equal(collector->count, 2);
    assert_string_equal(collector->seen[0].type, "TRANSFORM");
    assert_string_equal(collector->seen[0].device, "StylusToTracker");
    assert_int_equal(collector->seen[0].device_ns, 1700000000123456789);
    assert_int_equal(collector->seen[0].content_size, 48);
    assert_string_equal(collector->seen[1].type, "TDATA");
    assert_int_equal(collector->seen[1].message_id, 77);
    assert_int_equal(collector->seen[1].content_size, 140);
    assert_int_equal(collector->seen[1].metadata_count, 2);
    assert_int_equal(collector->seen[1].metadata_size, 16);
    assert_int_equal(collector->seen[0].check, NAV_OK);
    assert_int_equal(collector->seen[1].check, NAV_OK);
    const struct wire_framer_stats *stats = wire_framer_stats(framer);
    assert_int_equal(stats->messages, 2);
    assert_int_equal(stats->skipped, 1);
    assert_int_equal(stats->crc_errors, 0);
    assert_int_equal(stats->malformed, 0);
    assert_true(wire_framer_at_boundary(framer));
}

static void every_split_point_decodes_alike(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector whole;
    struct wire_framer *framer = collecting_framer(&whole);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_stream_arrived(&whole, framer);
    assert_int_equal(wire_framer_stats(framer)->bytes, size);
    wire_framer_destroy(framer);
    for (size_t split = 0; split <= size; split++) {
        struct collector collector;
        framer = collecting_framer(&collector);
        assert_int_equal(wire_framer_feed(framer, stream, split), NAV_OK);
        assert_int_equal(wire_framer_feed(framer, stream + split, size - split), NAV_OK);
        assert_stream_arrived(&collector, framer);
        assert_memory_equal(collector.seen, whole.seen, sizeof whole.seen);
        assert_int_equal(wire_framer_stats(framer)->bytes, size);
        wire_framer_destroy(framer);
    }
}

static void pairs_of_split_points_decode_alike(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector whole;
    struct wire_framer *framer = collecting_framer(&whole);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    wire_framer_destroy(framer);
    for (size_t first = 0; first <= size; first += 7) {
        for (size_t second = first; second <= size; second += 5) {
            struct collector collector;
            framer = collecting_framer(&collector);
            assert_int_equal(wire_framer_feed(framer, stream, first), NAV_OK);
            assert_int_equal(wire_framer_feed(framer, stream + first, second - first), NAV_OK);
            assert_int_equal(wire_framer_feed(framer, stream + second, size - second), NAV_OK);
            assert_memory_equal(collector.seen, whole.seen, sizeof whole.seen);
            wire_framer_destroy(framer);
        }
    }
}

static void byte_by_byte_decodes_alike(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    for (size_t i = 0; i < size; i++) {
        /* A block of its own for each byte, so that sanitizers see any step outside. */
        uint8_t *byte = malloc(1);
        assert_non_null(byte);
        *byte = stream[i];
        assert_int_equal(wire_framer_feed(framer, byte, 1), NAV_OK);
        free(byte);
    }
    assert_stream_arrived(&collector, framer);
    wire_framer_destroy(framer);
}

static void many_messages_in_one_read_decode_alike(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    static uint8_t many[65536];
    const size_t rounds = 30;
    for (size_t i = 0; i < rounds; i++) {
        memcpy(many + i * size, stream, size);
    }
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, many, rounds * size), NAV_OK);
    assert_int_equal(collector.count, 2 * rounds);
    assert_int_equal(wire_framer_stats(framer)->skipped, rounds);
    assert_int_equal(wire_framer_capacity(framer), 0); /* whole messages are never copied */
    wire_framer_destroy(framer);
}

struct view_probe {
    const uint8_t *low;
    const uint8_t *high;
    size_t inside;
};

static uint64_t probe_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return TRACKING_CAP;
}

static enum nav_status probe_take(void *context, const struct wire_message *message)
{
    struct view_probe *probe = context;
    probe->inside += message->raw >= probe->low && message->content < probe->high &&
                     message->raw + message->raw_size <= probe->high;
    return NAV_OK;
}

/* Every message of `parts` alone, with a framer that has seen nothing before. */
static void assert_as_alone(const struct collector *together, const uint8_t *stream,
                            const size_t *ends, size_t parts)
{
    size_t seen = 0;
    for (size_t i = 0; i < parts; i++) {
        const size_t begin = i > 0 ? ends[i - 1] : 0;
        struct collector alone;
        struct wire_framer *framer = collecting_framer(&alone);
        assert_int_equal(wire_framer_feed(framer, stream + begin, ends[i] - begin), NAV_OK);
        if (alone.count != 0) {
            assert_memory_equal(&together->seen[seen], &alone.seen[0], sizeof alone.seen[0]);
            seen++;
        }
        wire_framer_destroy(framer);
    }
    assert_int_equal(together->count, seen);
}

/* The framer remembers version, type and device of the last message; none of it may stay where
 * the next one says something else. */
static void nothing_of_a_message_is_left_in_the_next(void **state)
{
    (void)state;
    enum { PARTS = 14 };
    uint8_t stream[4096];
    size_t ends[PARTS];
    size_t size = 0;
    uint8_t content[48] = {1};
    const struct wire_metadata_entry entry = wire_metadata_text("TransformStatus", "OK");
    const struct {
        uint16_t version; /* 2: with metadata */
        const char *type;
        const char *device;
    } parts[PARTS] = {{1, "TRANSFORM", "A"},  {2, "TRANSFORM", "A"},    {1, "TRANSFORM", "A"},
                      {1, "TRANSFORM", "AB"}, {1, "TRANSFORM", "\x01"}, {1, "TRANSFORM", "AB"},
                      {1, "NEVERSEEN", "AB"}, {1, "TRANSFORM", "AB"},   {1, "NEVERSEEN", "A"},
                      {1, "TRANSFORM", "A"},  {1, "TRANSFORMS", "A"},   {1, "POSITION", "A"},
                      {2, "POSITION", "A"},   {1, "TRANSFORM", ""}};
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].version == 1) {
            size += put_message(stream + size, 1, parts[i].type, parts[i].device, content,
                                sizeof content);
        } else {
            struct wire_writer writer = wire_writer_of(stream + size, sizeof stream - size);
            const struct wire_pack pack = wire_pack_begin(
                &writer, &(struct wire_pack_head){.version = 2,
                                                  .kind = wire_kind_of(parts[i].type),
                                                  .device = parts[i].device,
                                                  .utc_ns = 1700000000123456789,
                                                  .message_id = 7});
            wire_write_bytes(&writer, content, sizeof content);
            assert_int_equal(wire_pack_end(&pack, &entry, 1), NAV_OK);
            size += writer.size;
        }
        ends[i] = size;
    }
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_as_alone(&collector, stream, ends, PARTS);
    assert_int_equal(wire_framer_stats(framer)->malformed, 1);
    wire_framer_destroy(framer);
}

static void whole_messages_are_handed_on_in_place(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct view_probe probe = {.low = stream, .high = stream + size};
    const struct wire_framer_config config = {
        .body_cap = probe_cap, .on_message = probe_take, .context = &probe};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_int_equal(probe.inside, 3);
    assert_int_equal(wire_framer_capacity(framer), 0);
    wire_framer_destroy(framer);
}

static void phases_tell_where_the_stream_stands(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_BOUNDARY);
    assert_int_equal(wire_framer_feed(framer, stream, 1), NAV_OK);
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_HEADER);
    assert_false(wire_framer_at_boundary(framer));
    assert_int_equal(wire_framer_feed(framer, stream + 1, 57), NAV_OK);
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_BODY);
    assert_int_equal(wire_framer_feed(framer, stream + 58, 48), NAV_OK);
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_BOUNDARY);
    assert_int_equal(wire_framer_feed(framer, stream + 106, 60), NAV_OK); /* in the skipped body */
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_BODY);
    assert_int_equal(wire_framer_feed(framer, stream + 166, size - 166), NAV_OK);
    assert_true(wire_framer_at_boundary(framer));
    const uint8_t bad[WIRE_HEADER_SIZE] = {0, 9};
    assert_int_equal(wire_framer_feed(framer, bad, sizeof bad), NAV_ERR_VERSION);
    assert_int_equal(wire_framer_phase(framer), WIRE_PHASE_BROKEN);
    wire_framer_destroy(framer);
}

static void a_bad_checksum_drops_the_message_and_keeps_the_framing(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    stream[WIRE_HEADER_SIZE + 5] ^= 1;       /* TRANSFORM */
    stream[106 + WIRE_HEADER_SIZE + 5] ^= 1; /* the skipped one */
    for (size_t split = 0; split <= size; split++) {
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        assert_int_equal(wire_framer_feed(framer, stream, split), NAV_OK);
        assert_int_equal(wire_framer_feed(framer, stream + split, size - split), NAV_OK);
        assert_int_equal(collector.count, 1);
        assert_string_equal(collector.seen[0].type, "TDATA");
        assert_int_equal(wire_framer_stats(framer)->crc_errors, 2);
        assert_int_equal(wire_framer_stats(framer)->skipped, 0);
        wire_framer_destroy(framer);
    }
}

static void a_refusing_callback_is_counted_and_ends_nothing(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    collector.answer = NAV_ERR_LENGTH;
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_int_equal(collector.count, 2);
    assert_int_equal(wire_framer_stats(framer)->malformed, 2);
    wire_framer_destroy(framer);
}

static void a_final_error_stays(void **state)
{
    (void)state;
    uint8_t stream[1024];
    const size_t size = make_stream(stream, sizeof stream);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    const uint8_t bad[WIRE_HEADER_SIZE] = {0, 3};
    assert_int_equal(wire_framer_feed(framer, bad, sizeof bad), NAV_ERR_VERSION);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_ERR_VERSION);
    assert_int_equal(collector.count, 0);
    wire_framer_destroy(framer);
}

static void a_body_at_the_cap_is_taken_and_one_byte_more_is_not(void **state)
{
    (void)state;
    static uint8_t body[1001];
    uint8_t stream[1100];
    for (size_t extra = 0; extra < 2; extra++) {
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        collector.cap = 1000;
        const size_t size = put_message(stream, 1, "STRING", "x", body, 1000 + extra);
        assert_int_equal(wire_framer_feed(framer, stream, size),
                         extra == 0 ? NAV_OK : NAV_ERR_TOO_LARGE);
        assert_int_equal(collector.count, 1 - extra);
        wire_framer_destroy(framer);
    }
}

/* Feeds one large message, reading into the framer's own room where it offers one. */
static size_t feed_through_room(struct wire_framer *framer, const uint8_t *stream, size_t size)
{
    size_t rooms = 0;
    for (size_t at = 0; at < size;) {
        size_t room_size = 0;
        uint8_t *room = wire_framer_room(framer, &room_size);
        size_t piece = size - at < 10000 ? size - at : 10000;
        if (room != NULL) {
            rooms++;
            piece = piece < room_size ? piece : room_size;
            memcpy(room, stream + at, piece);
            assert_int_equal(wire_framer_feed(framer, room, piece), NAV_OK);
        } else {
            assert_int_equal(wire_framer_feed(framer, stream + at, piece), NAV_OK);
        }
        at += piece;
    }
    return rooms;
}

static void large_bodies_may_be_read_into_the_framers_room(void **state)
{
    (void)state;
    enum { BODY = 3000000 };
    uint8_t *stream = malloc(BODY + WIRE_HEADER_SIZE);
    assert_non_null(stream);
    uint8_t *body = stream + WIRE_HEADER_SIZE;
    for (size_t i = 0; i < BODY; i++) {
        body[i] = (uint8_t)(i * 7 + i / 251);
    }
    const uint64_t crc = wire_crc64(0, body, BODY);
    put_header(stream, 1, "STRING", "x", BODY, crc);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    collector.cap = BODY;
    assert_int_equal(wire_framer_read_size(framer, BODY), BODY);
    assert_true(feed_through_room(framer, stream, BODY + WIRE_HEADER_SIZE) > 100);
    assert_int_equal(collector.count, 1);
    /* Of a next one like it only the beginning is to be read elsewhere; a small one undoes that. */
    assert_true(wire_framer_read_size(framer, BODY) < BODY / 100);
    assert_int_equal(wire_framer_read_size(framer, 100), 100);
    uint8_t small[100];
    const size_t small_size = put_message(small, 1, "STRING", "x", body, 10);
    assert_int_equal(wire_framer_feed(framer, small, small_size), NAV_OK);
    assert_int_equal(collector.count, 2);
    assert_int_equal(wire_framer_read_size(framer, BODY), BODY);
    assert_true(collector.seen[0].content_crc == crc);
    assert_true(wire_framer_capacity(framer) <= WIRE_FRAMER_KEEP);
    wire_framer_destroy(framer);
    free(stream);
}

static void memory_follows_the_bytes_that_arrive(void **state)
{
    (void)state;
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    collector.cap = UINT64_C(1) << 40;
    uint8_t header[WIRE_HEADER_SIZE];
    put_header(header, 1, "STRING", "x", UINT64_C(1) << 39, 0);
    assert_int_equal(wire_framer_feed(framer, header, sizeof header), NAV_OK);
    assert_true(wire_framer_capacity(framer) <= 4096);
    static const uint8_t piece[1000];
    size_t arrived = WIRE_HEADER_SIZE;
    for (int i = 0; i < 500; i++) {
        assert_int_equal(wire_framer_feed(framer, piece, sizeof piece), NAV_OK);
        arrived += sizeof piece;
        assert_true(wire_framer_capacity(framer) <= 4096 ||
                    wire_framer_capacity(framer) <= 2 * arrived);
    }
    wire_framer_destroy(framer);
}

static void skipping_takes_no_memory(void **state)
{
    (void)state;
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    uint8_t header[WIRE_HEADER_SIZE];
    put_header(header, 1, "NEVERSEEN", "x", 1000000, 0);
    assert_int_equal(wire_framer_feed(framer, header, sizeof header), NAV_OK);
    static const uint8_t zeros[1000];
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(wire_framer_feed(framer, zeros, sizeof zeros), NAV_OK);
    }
    assert_int_equal(wire_framer_stats(framer)->skipped, 1);
    assert_int_equal(wire_framer_capacity(framer), 0);
    wire_framer_destroy(framer);
}

static void missing_callbacks_are_refused(void **state)
{
    (void)state;
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&(struct wire_framer_config){0}, &framer),
                     NAV_ERR_ARGUMENT);
    assert_null(framer);
    wire_framer_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_point_decodes_alike),
        cmocka_unit_test(pairs_of_split_points_decode_alike),
        cmocka_unit_test(byte_by_byte_decodes_alike),
        cmocka_unit_test(many_messages_in_one_read_decode_alike),
        cmocka_unit_test(nothing_of_a_message_is_left_in_the_next),
        cmocka_unit_test(whole_messages_are_handed_on_in_place),
        cmocka_unit_test(phases_tell_where_the_stream_stands),
        cmocka_unit_test(a_bad_checksum_drops_the_message_and_keeps_the_framing),
        cmocka_unit_test(a_refusing_callback_is_counted_and_ends_nothing),
        cmocka_unit_test(a_final_error_stays),
        cmocka_unit_test(a_body_at_the_cap_is_taken_and_one_byte_more_is_not),
        cmocka_unit_test(large_bodies_may_be_read_into_the_framers_room),
        cmocka_unit_test(memory_follows_the_bytes_that_arrive),
        cmocka_unit_test(skipping_takes_no_memory),
        cmocka_unit_test(missing_callbacks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
