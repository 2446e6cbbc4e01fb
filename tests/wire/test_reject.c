/* Everything that must be refused, by name. Contents lie in blocks of exactly their size, so that
 * the sanitizers and valgrind see a step outside. */
#include "wire_test.h"

#include <math.h>

#include "nav/pose.h"
#include "recode.h"

/* ---- framing ----------------------------------------------------------------------------------
 */

/* Feeds a header alone in one piece and then in single bytes; nothing may be reserved for it. */
static enum nav_status feed_header(uint16_t version, const uint8_t type[WIRE_TYPE_SIZE],
                                   uint64_t body_size)
{
    uint8_t header[WIRE_HEADER_SIZE] = {0};
    wire_store_u16(header, version);
    memcpy(header + 2, type, WIRE_TYPE_SIZE);
    memcpy(header + 14, "Stylus", 6);
    wire_store_u64(header + 42, body_size);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    const enum nav_status whole = wire_framer_feed(framer, header, sizeof header);
    assert_true(wire_framer_capacity(framer) <= 4096);
    wire_framer_destroy(framer);
    framer = collecting_framer(&collector);
    enum nav_status pieces = NAV_OK;
    for (size_t i = 0; i < sizeof header; i++) {
        pieces = wire_framer_feed(framer, header + i, 1);
    }
    assert_int_equal(pieces, whole);
    assert_int_equal(collector.count, 0);
    wire_framer_destroy(framer);
    return whole;
}

static const uint8_t type_transform[WIRE_TYPE_SIZE] = "TRANSFORM";
static const uint8_t type_unknown[WIRE_TYPE_SIZE] = "NEVERSEEN";

static const uint64_t hostile_sizes[] = {
    (UINT64_C(1) << 31) - 1, UINT64_C(1) << 31, UINT64_C(0x70000000), (UINT64_C(1) << 32) + 48,
    UINT64_C(1) << 63,       UINT64_MAX,        UINT64_MAX - 9,       UINT64_MAX - 57,
    UINT64_MAX - 58,         UINT64_C(65537)};

static void hostile_body_sizes_close_at_the_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile_sizes / sizeof hostile_sizes[0]; i++) {
        assert_int_equal(feed_header(1, type_transform, hostile_sizes[i]), NAV_ERR_TOO_LARGE);
        assert_int_equal(feed_header(2, type_transform, hostile_sizes[i]), NAV_ERR_TOO_LARGE);
        assert_int_equal(feed_header(1, type_unknown, hostile_sizes[i]),
                         hostile_sizes[i] <= SKIP_MAX ? NAV_OK : NAV_ERR_TOO_LARGE);
    }
}

/* Where even the cap allows anything, no sum of sizes may wrap. */
static void hostile_body_sizes_do_not_wrap_without_a_cap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile_sizes / sizeof hostile_sizes[0]; i++) {
        uint8_t stream[WIRE_HEADER_SIZE + 106];
        put_header(stream, 1, "TRANSFORM", "x", hostile_sizes[i], 0);
        memset(stream + WIRE_HEADER_SIZE, 0, 106);
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        collector.cap = UINT64_MAX;
        const enum nav_status status = wire_framer_feed(framer, stream, sizeof stream);
        assert_int_equal(status, hostile_sizes[i] > SIZE_MAX - WIRE_HEADER_SIZE ? NAV_ERR_TOO_LARGE
                                                                                : NAV_OK);
        assert_int_equal(collector.count, 0);
        assert_true(wire_framer_capacity(framer) <= 4096);
        wire_framer_destroy(framer);
    }
}

/* A size that a 32-bit receiver cuts to 0 must not let the next message pass for this one's body.
 */
static void a_message_behind_a_hostile_header_is_never_taken(void **state)
{
    (void)state;
    uint8_t stream[WIRE_HEADER_SIZE + 200];
    put_header(stream, 1, "TRANSFORM", "Stylus", UINT64_C(1) << 63, 0);
    const uint8_t zeros[48] = {0};
    const size_t size = WIRE_HEADER_SIZE + put_message(stream + WIRE_HEADER_SIZE, 1, "TRANSFORM",
                                                       "Stylus", zeros, sizeof zeros);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_ERR_TOO_LARGE);
    assert_int_equal(collector.count, 0);
    wire_framer_destroy(framer);
}

static void header_versions_other_than_1_and_2_close(void **state)
{
    (void)state;
    const uint16_t versions[] = {0, 3, 4, 256, 512, 65535};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        assert_int_equal(feed_header(versions[i], type_transform, 48), NAV_ERR_VERSION);
    }
}

static void types_that_are_not_types_close(void **state)
{
    (void)state;
    const uint8_t types[][WIRE_TYPE_SIZE] = {
        "",
        "TRANS\xc3\xa4",
        "TRANS FORM",
        "\x01TRANSFORM",
        "TRANSFORM\n",
        "AB\0C",
        "\0TRANSFORM",
        "TRANSFORM\x7f",
        {'T', 'R', 'A', 'N', 'S', 'F', 'O', 'R', 'M', 0, 0, 1},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_int_equal(feed_header(1, types[i], 48), NAV_ERR_ENCODING);
    }
}

static void an_unknown_type_is_skipped_and_the_stream_goes_on(void **state)
{
    (void)state;
    uint8_t stream[512];
    const uint8_t body[48] = {0};
    size_t size = put_message(stream, 1, "ABCDEFGHIJKL", "x", body, 33); /* all 12 letters */
    size += put_message(stream + size, 2, "CLIENTINFO", "x", body, 40);
    size += put_message(stream + size, 1, "transform", "x", body, 48); /* types have their case */
    size += put_message(stream + size, 1, "TRANSFORM", "x", body, 48);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_int_equal(collector.count, 1);
    assert_int_equal(wire_framer_stats(framer)->skipped, 3);
    wire_framer_destroy(framer);
}

static void a_partial_message_is_never_handed_on(void **state)
{
    (void)state;
    uint8_t stream[106];
    const uint8_t body[48] = {0};
    const size_t size = put_message(stream, 1, "TRANSFORM", "x", body, 48);
    for (size_t cut = 0; cut < size; cut++) {
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        assert_int_equal(wire_framer_feed(framer, stream, cut), NAV_OK);
        assert_int_equal(collector.count, 0);
        wire_framer_destroy(framer); /* the peer is gone */
    }
}

static void random_bytes_close_and_reserve_nothing(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252;
    for (int round = 0; round < 200; round++) {
        uint8_t bytes[512];
        for (size_t i = 0; i < sizeof bytes; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[i] = (uint8_t)random;
        }
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        assert_int_not_equal(wire_framer_feed(framer, bytes, sizeof bytes), NAV_OK);
        assert_int_equal(collector.count, 0);
        assert_int_equal(wire_framer_capacity(framer), 0);
        wire_framer_destroy(framer);
    }
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* Sends one TRANSFORM under a device field; returns how the table judges it, or NAV_ERR_ENCODING
 * when the framer drops it. */
static enum nav_status judge_device(const char *field, char out_device[WIRE_DEVICE_SIZE + 1])
{
    uint8_t stream[106];
    const uint8_t body[48] = {0};
    put_message(stream, 1, "TRANSFORM", "", body, 48);
    memcpy(stream + 14, field, WIRE_DEVICE_SIZE);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, stream, sizeof stream), NAV_OK);
    const struct wire_framer_stats stats = *wire_framer_stats(framer);
    wire_framer_destroy(framer);
    assert_int_equal(stats.malformed + stats.messages, 1);
    if (stats.malformed != 0) {
        return NAV_ERR_ENCODING;
    }
    memcpy(out_device, collector.seen[0].device, WIRE_DEVICE_SIZE + 1);
    return collector.seen[0].check;
}

static void names_of_20_characters_are_whole(void **state)
{
    (void)state;
    char device[WIRE_DEVICE_SIZE + 1];
    assert_int_equal(judge_device("ABCDEFGHIJKLMNOPQRST", device), NAV_OK);
    assert_string_equal(device, "ABCDEFGHIJKLMNOPQRST");
}

static void names_are_compared_bytewise(void **state)
{
    (void)state;
    char upper[WIRE_DEVICE_SIZE + 1];
    char lower[WIRE_DEVICE_SIZE + 1];
    const char fields[2][WIRE_DEVICE_SIZE] = {"Stylus", "stylus"};
    assert_int_equal(judge_device(fields[0], upper), NAV_OK);
    assert_int_equal(judge_device(fields[1], lower), NAV_OK);
    assert_string_not_equal(upper, lower);
}

static void an_empty_name_is_refused_for_poses(void **state)
{
    (void)state;
    char device[WIRE_DEVICE_SIZE + 1];
    const char nothing[WIRE_DEVICE_SIZE] = {0};
    assert_int_equal(judge_device(nothing, device), NAV_ERR_NOT_FOUND);
}

static void names_that_are_not_text_drop_the_message(void **state)
{
    (void)state;
    char device[WIRE_DEVICE_SIZE + 1];
    const char bad[][WIRE_DEVICE_SIZE] = {"Sty\x1b[2Jlus", "Stylus\n", "St\xffylus", "\xc3",
                                          "Stylus\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(judge_device(bad[i], device), NAV_ERR_ENCODING);
    }
    const char umlaut[WIRE_DEVICE_SIZE] = "S\xc3\xa4ge";
    assert_int_equal(judge_device(umlaut, device), NAV_OK);
    /* What stands behind the end of the name does not count. */
    const char junk[WIRE_DEVICE_SIZE] = "Saw\0\xff\x01";
    assert_int_equal(judge_device(junk, device), NAV_OK);
    assert_string_equal(device, "Saw");
}

/* ---- extended header and metadata -------------------------------------------------------------
 */

/* A version-2 STRING message from raw parts. Returns whether it was handed on. */
static bool passes(uint16_t extended_size, uint16_t metadata_header_size, uint32_t metadata_size,
                   const uint8_t *rest, size_t rest_size)
{
    const size_t body_size = WIRE_EXTENDED_HEADER_SIZE + rest_size;
    uint8_t *body = malloc(body_size);
    uint8_t *stream = malloc(WIRE_HEADER_SIZE + body_size);
    assert_non_null(body);
    assert_non_null(stream);
    wire_store_u16(body, extended_size);
    wire_store_u16(body + 2, metadata_header_size);
    wire_store_u32(body + 4, metadata_size);
    wire_store_u32(body + 8, 1);
    if (rest_size != 0) {
        memcpy(body + WIRE_EXTENDED_HEADER_SIZE, rest, rest_size);
    }
    const size_t size = put_message(stream, 2, "STRING", "x", body, body_size);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    const size_t count = collector.count;
    assert_int_equal(wire_framer_stats(framer)->malformed, count == 0 ? 1 : 0);
    wire_framer_destroy(framer);
    free(body);
    free(stream);
    return count == 1;
}

/* STRING "ab", then metadata k=v. */
static const uint8_t good_rest[] = {0, 3, 0, 2, 'a', 'b', 0, 1, 0, 1, 0, 3, 0, 0, 0, 1, 'k', 'v'};

static void extended_header_sizes_that_lie_drop_the_message(void **state)
{
    (void)state;
    assert_true(passes(12, 10, 2, good_rest, sizeof good_rest));
    const uint16_t sizes[] = {0, 1, 11, 40000, 65535, 19, 28, 29, 30, 31};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_false(passes(sizes[i], 10, 2, good_rest, sizeof good_rest));
    }
}

static void a_larger_extended_header_is_skipped_over(void **state)
{
    (void)state;
    for (uint16_t extra = 1; extra < 40; extra++) {
        uint8_t rest[64] = {0};
        memset(rest, 0xee, extra);
        memcpy(rest + extra, good_rest, sizeof good_rest);
        assert_true(passes((uint16_t)(WIRE_EXTENDED_HEADER_SIZE + extra), 10, 2, rest,
                           extra + sizeof good_rest));
    }
}

static void a_version_2_body_without_extended_header_is_dropped(void **state)
{
    (void)state;
    const uint8_t body[WIRE_EXTENDED_HEADER_SIZE] = {0, 12};
    for (size_t size = 0; size <= sizeof body; size++) {
        uint8_t stream[WIRE_HEADER_SIZE + sizeof body];
        const size_t total = put_message(stream, 2, "GET_STATUS", "x", body, size);
        struct collector collector;
        struct wire_framer *framer = collecting_framer(&collector);
        assert_int_equal(wire_framer_feed(framer, stream, total), NAV_OK);
        assert_int_equal(collector.count, size == sizeof body ? 1 : 0);
        wire_framer_destroy(framer);
    }
}

static void metadata_sizes_that_lie_drop_the_message(void **state)
{
    (void)state;
    const struct {
        uint16_t header;
        uint32_t data;
    } lies[] = {{60000, 2},       {65535, 2}, {9, 2},  {11, 2}, {2, 2},         {1, 2},
                {0, 2},           {0, 1},     {10, 0}, {10, 1}, {10, 3},        {10, UINT32_MAX},
                {10, 0x80000000}, {18, 2},    {16, 2}, {8, 4},  {0, UINT32_MAX}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        assert_false(passes(12, lies[i].header, lies[i].data, good_rest, sizeof good_rest));
    }
}

static void metadata_counts_that_lie_drop_the_message(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= UINT16_MAX; count += count < 16 ? 1 : 997) {
        uint8_t rest[sizeof good_rest];
        memcpy(rest, good_rest, sizeof rest);
        wire_store_u16(rest + 6, (uint16_t)count);
        assert_int_equal(passes(12, 10, 2, rest, sizeof rest), count == 1);
    }
    uint8_t rest[sizeof good_rest];
    memcpy(rest, good_rest, sizeof rest);
    wire_store_u16(rest + 6, UINT16_MAX);
    assert_false(passes(12, 10, 2, rest, sizeof rest));
}

static void metadata_entry_sizes_that_lie_drop_the_message(void **state)
{
    (void)state;
    const struct {
        uint16_t key;
        uint32_t value;
        bool good;
    } table[] = {{1, 1, true},           {2, 0, true},           {0, 2, true},
                 {1, UINT32_MAX, false}, {2, UINT32_MAX, false}, {UINT16_MAX, 1, false},
                 {1, 2, false},          {1, 0, false},          {3, UINT32_MAX, false},
                 {0, 0x80000002, false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t rest[sizeof good_rest];
        memcpy(rest, good_rest, sizeof rest);
        wire_store_u16(rest + 8, table[i].key);
        wire_store_u32(rest + 12, table[i].value);
        assert_int_equal(passes(12, 10, 2, rest, sizeof rest), table[i].good);
    }
}

/* Two sizes whose sum is right only in 32 bits. */
static void metadata_sums_are_formed_in_64_bits(void **state)
{
    (void)state;
    const uint8_t rest[] = {0,    3,    0, 0, 0, 2, 0, 0, 0, 3, 0xff, 0xff,
                            0xff, 0xff, 0, 0, 0, 3, 0, 0, 0, 3, 'k',  'v'};
    assert_false(passes(12, 18, 2, rest, sizeof rest));
}

static void as_many_entries_as_the_format_holds_pass(void **state)
{
    (void)state;
    enum { MANY = 8191, SIZE = 4 + 2 + 8 * MANY };
    uint8_t *rest = calloc(1, SIZE);
    assert_non_null(rest);
    wire_store_u16(rest, 3);
    wire_store_u16(rest + 4, MANY);
    const size_t body_size = WIRE_EXTENDED_HEADER_SIZE + SIZE;
    assert_true(body_size > TRACKING_CAP); /* so the cap is lifted for this one */
    uint8_t *body = calloc(1, body_size);
    uint8_t *stream = malloc(WIRE_HEADER_SIZE + body_size);
    assert_non_null(body);
    assert_non_null(stream);
    wire_store_u16(body, WIRE_EXTENDED_HEADER_SIZE);
    wire_store_u16(body + 2, 2 + 8 * MANY);
    memcpy(body + WIRE_EXTENDED_HEADER_SIZE, rest, SIZE);
    const size_t size = put_message(stream, 2, "STRING", "x", body, body_size);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    collector.cap = body_size;
    assert_int_equal(wire_framer_feed(framer, stream, size), NAV_OK);
    assert_int_equal(collector.count, 1);
    assert_int_equal(collector.seen[0].metadata_count, MANY);
    wire_framer_destroy(framer);
    free(rest);
    free(body);
    free(stream);
}

/* ---- contents ---------------------------------------------------------------------------------
 */

static enum nav_status check_exactly(enum wire_kind kind, const uint8_t *content, size_t size)
{
    uint8_t *block = malloc(size != 0 ? size : 1);
    assert_non_null(block);
    if (size != 0) {
        memcpy(block, content, size);
    }
    const struct wire_message message = {.kind = kind,
                                         .device = "x",
                                         .device_length = 1,
                                         .content = size != 0 ? block : NULL,
                                         .content_size = size};
    const enum nav_status status = wire_table_check(&message);
    uint8_t *again = malloc(2 * size + 64);
    assert_non_null(again);
    struct wire_writer writer = wire_writer_of(again, 2 * size + 64);
    const enum nav_status recoded = recode_of(kind)(message.content, size, &writer);
    if (status != NAV_OK) {
        assert_int_not_equal(recoded, NAV_OK); /* no decoder is laxer than its validator */
    }
    free(again);
    free(block);
    return status;
}

/* Lengths at which a content of zeros is legal; all others up to 400 are refused. */
static void wrong_content_lengths_are_refused(void **state)
{
    (void)state;
    const struct {
        enum wire_kind kind;
        size_t fixed;
        size_t each; /* entries of this size may follow */
    } table[] = {
        {WIRE_KIND_TRANSFORM, 48, 0},    {WIRE_KIND_TDATA, 0, 70},
        {WIRE_KIND_QTDATA, 0, 50},       {WIRE_KIND_STT_TDATA, 36, 0},
        {WIRE_KIND_STT_QTDATA, 36, 0},   {WIRE_KIND_RTS_TDATA, 1, 0},
        {WIRE_KIND_STP_TDATA, 0, 0},     {WIRE_KIND_GET_TRANSFORM, 0, 0},
        {WIRE_KIND_STATUS, 30, 1},       {WIRE_KIND_STRING, 4, 0},
        {WIRE_KIND_CAPABILITY, 0, 12},   {WIRE_KIND_COMMAND, 138, 0},
        {WIRE_KIND_RTS_COMMAND, 138, 0}, {WIRE_KIND_POINT, 0, 136},
        {WIRE_KIND_TRAJECTORY, 0, 150},  {WIRE_KIND_SENSOR, 10, 0},
        {WIRE_KIND_IMGMETA, 0, 260},     {WIRE_KIND_LBMETA, 0, 116},
        {WIRE_KIND_VIDEOMETA, 0, 322},   {WIRE_KIND_VIDEO, 76, 1},
        {WIRE_KIND_STT_VIDEO, 8, 0},     {WIRE_KIND_POLYDATA, 40, 0},
        {WIRE_KIND_STT_BIND, 8, 0},      {WIRE_KIND_RTS_IMAGE, 1, 0},
    };
    const uint8_t zeros[400] = {0};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (size_t size = 0; size <= sizeof zeros; size++) {
            const bool legal =
                table[i].each == 0
                    ? size == table[i].fixed
                    : size >= table[i].fixed && (size - table[i].fixed) % table[i].each == 0;
            const struct wire_message message = {.kind = table[i].kind,
                                                 .device = "x",
                                                 .device_length = 1,
                                                 .content = zeros,
                                                 .content_size = size};
            if ((wire_table_check(&message) == NAV_OK) != legal) {
                fail_msg("%s of %zu bytes", wire_kind_type(table[i].kind), size);
            }
        }
    }
}

static void positions_have_three_lengths(void **state)
{
    (void)state;
    const uint8_t zeros[64] = {0};
    for (size_t size = 0; size <= sizeof zeros; size++) {
        assert_int_equal(check_exactly(WIRE_KIND_POSITION, zeros, size),
                         size == 12 || size == 24 || size == 28 ? NAV_OK : NAV_ERR_LENGTH);
    }
}

static void unknown_kinds_are_refused(void **state)
{
    (void)state;
    const struct wire_message message = {.kind = WIRE_KIND_UNKNOWN};
    assert_int_equal(wire_table_check(&message), NAV_ERR_UNSUPPORTED);
    const struct wire_message outside = {.kind = WIRE_KINDS};
    assert_int_equal(wire_table_check(&outside), NAV_ERR_UNSUPPORTED);
}

static void a_string_longer_than_its_body_is_refused(void **state)
{
    (void)state;
    const uint8_t content[] = {0, 3, 0xff, 0xff, 'a', 'b', 'c', 'd'};
    assert_int_equal(check_exactly(WIRE_KIND_STRING, content, sizeof content), NAV_ERR_LENGTH);
    const uint8_t shorter[] = {0, 3, 0, 3, 'a', 'b', 'c', 'd'};
    assert_int_equal(check_exactly(WIRE_KIND_STRING, shorter, sizeof shorter), NAV_ERR_LENGTH);
}

static void a_command_longer_than_its_body_is_refused(void **state)
{
    (void)state;
    uint8_t content[140] = {0};
    const uint32_t lengths[] = {0, 1, 3, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        wire_store_u32(content + 134, lengths[i]);
        assert_int_equal(check_exactly(WIRE_KIND_COMMAND, content, sizeof content), NAV_ERR_LENGTH);
    }
    wire_store_u32(content + 134, 2);
    assert_int_equal(check_exactly(WIRE_KIND_COMMAND, content, sizeof content), NAV_OK);
}

static void a_sensor_with_more_values_than_bytes_is_refused(void **state)
{
    (void)state;
    uint8_t content[10 + 8 * 255] = {255};
    assert_int_equal(check_exactly(WIRE_KIND_SENSOR, content, 10), NAV_ERR_LENGTH);
    assert_int_equal(check_exactly(WIRE_KIND_SENSOR, content, sizeof content - 1), NAV_ERR_LENGTH);
    assert_int_equal(check_exactly(WIRE_KIND_SENSOR, content, sizeof content), NAV_OK);
}

static void a_colour_table_without_its_table_is_refused(void **state)
{
    (void)state;
    const uint8_t wide[2] = {5, 5};
    assert_int_equal(check_exactly(WIRE_KIND_COLORTABLE, wide, sizeof wide), NAV_ERR_LENGTH);
    uint8_t content[2 + 256 * 3] = {3, 19};
    assert_int_equal(check_exactly(WIRE_KIND_COLORTABLE, content, sizeof content), NAV_OK);
    assert_int_equal(check_exactly(WIRE_KIND_COLORTABLE, content, sizeof content - 1),
                     NAV_ERR_LENGTH);
    content[1] = 7;
    assert_int_equal(check_exactly(WIRE_KIND_COLORTABLE, content, sizeof content), NAV_ERR_RANGE);
    content[0] = 4;
    content[1] = 3;
    assert_int_equal(check_exactly(WIRE_KIND_COLORTABLE, content, sizeof content), NAV_ERR_RANGE);
}

/* An image header as the tests vary it. */
static void put_image_header(uint8_t content[72], uint8_t components, uint8_t scalar, uint16_t i,
                             uint16_t j, uint16_t k)
{
    memset(content, 0, 72);
    wire_store_u16(content, 1);
    content[2] = components;
    content[3] = scalar;
    content[4] = 2;
    content[5] = 2;
    const uint16_t size[3] = {i, j, k};
    for (size_t axis = 0; axis < 3; axis++) {
        wire_store_u16(content + 6 + 2 * axis, size[axis]);
        wire_store_u16(content + 66 + 2 * axis, size[axis]);
    }
}

static void an_image_larger_than_its_body_is_refused(void **state)
{
    (void)state;
    uint8_t content[72 + 200];
    put_image_header(content, 1, 3, 4096, 4096, 4096);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72), NAV_ERR_LENGTH);
    put_image_header(content, 255, 11, 65535, 65535, 65535);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72), NAV_ERR_LENGTH);
    /* Components and float pixels count: 4 x 3 x 1 of RGB, of float64. */
    memset(content, 0, sizeof content);
    put_image_header(content, 3, 3, 4, 3, 1);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72 + 12), NAV_ERR_LENGTH);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72 + 36), NAV_OK);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72 + 37), NAV_ERR_LENGTH);
    put_image_header(content, 1, 11, 4, 3, 1);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72), NAV_ERR_LENGTH);
    assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, 72 + 96), NAV_OK);
    for (size_t size = 0; size < 72; size++) {
        assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, size), NAV_ERR_LENGTH);
    }
}

static void image_codes_outside_their_lists_are_refused(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t value;
        enum nav_status status;
    } table[] = {{1, 0, NAV_ERR_VERSION}, {1, 3, NAV_ERR_VERSION}, {1, 2, NAV_OK},
                 {2, 0, NAV_ERR_RANGE},   {3, 0, NAV_ERR_RANGE},   {3, 8, NAV_ERR_RANGE},
                 {3, 13, NAV_ERR_RANGE},  {4, 0, NAV_ERR_RANGE},   {4, 3, NAV_ERR_RANGE},
                 {5, 0, NAV_ERR_RANGE},   {5, 3, NAV_ERR_RANGE},   {61, 1, NAV_ERR_RANGE},
                 {67, 0, NAV_ERR_RANGE},  {67, 3, NAV_ERR_RANGE}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t content[72 + 4] = {0};
        put_image_header(content, 1, 3, 2, 2, 1);
        content[table[i].at] = table[i].value;
        assert_int_equal(check_exactly(WIRE_KIND_IMAGE, content, sizeof content), table[i].status);
    }
}

static void arrays_whose_sizes_multiply_past_their_body_are_refused(void **state)
{
    (void)state;
    uint8_t content[2 + 2 * 255] = {11, 4};
    for (size_t i = 0; i < 255; i++) {
        wire_store_u16(content + 2 + 2 * i, 0x8000);
    }
    /* 0x8000^4 float64 = 2^63, 0x8000^5 = 2^75 wraps to 0 in 64 bits. */
    for (uint8_t dimensions = 1; dimensions != 0; dimensions++) {
        content[1] = dimensions;
        assert_int_equal(check_exactly(WIRE_KIND_NDARRAY, content, 2 + 2 * (size_t)dimensions),
                         NAV_ERR_LENGTH);
    }
    content[1] = 0;
    assert_int_equal(check_exactly(WIRE_KIND_NDARRAY, content, 2), NAV_ERR_RANGE);
    content[0] = 9;
    content[1] = 1;
    assert_int_equal(check_exactly(WIRE_KIND_NDARRAY, content, 4), NAV_ERR_RANGE);
    const uint8_t shorter[] = {11, 200, 0, 1};
    assert_int_equal(check_exactly(WIRE_KIND_NDARRAY, shorter, sizeof shorter), NAV_ERR_LENGTH);
}

/* A tetrahedron with one attribute per point; the numbers that tests bend have their places. */
enum {
    MESH_POINTS = 0,
    MESH_LINES_SIZE = 16,
    MESH_POLYGONS = 20,
    MESH_POLYGONS_SIZE = 24,
    MESH_ATTRIBUTES = 36,
    MESH_FIRST_CELL = 40 + 4 * 12,
    MESH_FIRST_INDEX = MESH_FIRST_CELL + 4,
    MESH_HEAD = MESH_FIRST_CELL + 4 * 16,
    MESH_NAME = MESH_HEAD + 6,
    MESH_SIZE = MESH_NAME + 2 + 4 * 4
};

static void put_mesh(uint8_t content[MESH_SIZE])
{
    const float points[12] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    const uint32_t triangles[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};
    memset(content, 0, MESH_SIZE);
    struct wire_writer writer = wire_writer_of(content, MESH_SIZE);
    wire_polydata_triangles_encode(&writer, points, 4, triangles, 4);
    assert_int_equal(writer.size, MESH_HEAD);
    wire_store_u32(content + MESH_ATTRIBUTES, 1);
    wire_write_u8(&writer, WIRE_ATTRIBUTE_SCALARS);
    wire_write_u8(&writer, 1);
    wire_write_u32(&writer, 4);
    wire_write_bytes(&writer, "a", 2);
    wire_write_room(&writer, 16);
    assert_int_equal(writer.size, MESH_SIZE);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
}

static void meshes_that_claim_more_than_they_have_are_refused(void **state)
{
    (void)state;
    uint8_t content[MESH_SIZE];
    put_mesh(content);
    assert_int_equal(check_exactly(WIRE_KIND_POLYDATA, content, sizeof content), NAV_OK);
    for (size_t size = 0; size < sizeof content; size++) {
        assert_int_not_equal(check_exactly(WIRE_KIND_POLYDATA, content, size), NAV_OK);
    }
    const struct {
        size_t at;
        uint32_t value;
    } lies[] = {{MESH_POINTS, 100000},
                {MESH_POINTS, 0x55555556},
                {MESH_POINTS, UINT32_MAX},
                {MESH_POINTS, 3},
                {MESH_LINES_SIZE, 1U << 28},
                {MESH_LINES_SIZE, 4},
                {MESH_POLYGONS, 5},
                {MESH_POLYGONS, 3},
                {MESH_POLYGONS_SIZE, 63},
                {MESH_POLYGONS_SIZE, UINT32_MAX},
                {MESH_POLYGONS_SIZE, 60},
                {MESH_ATTRIBUTES, 0},
                {MESH_ATTRIBUTES, 2},
                {MESH_ATTRIBUTES, 0x40000001},
                {MESH_ATTRIBUTES, UINT32_MAX},
                {MESH_FIRST_CELL, 0x40000001},
                {MESH_FIRST_CELL, UINT32_MAX},
                {MESH_FIRST_CELL, 2},
                {MESH_FIRST_INDEX, 4},
                {MESH_FIRST_INDEX, UINT32_MAX},
                {MESH_HEAD + 2, 0x40000001},
                {MESH_HEAD + 2, 3},
                {MESH_HEAD + 2, UINT32_MAX}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        put_mesh(content);
        wire_store_u32(content + lies[i].at, lies[i].value);
        if (check_exactly(WIRE_KIND_POLYDATA, content, sizeof content) == NAV_OK) {
            fail_msg("lie %zu at offset %zu", i, lies[i].at);
        }
    }
}

static void mesh_attributes_outside_their_lists_are_refused(void **state)
{
    (void)state;
    uint8_t content[MESH_SIZE];
    const struct {
        uint8_t type;
        uint8_t components;
    } bad[] = {{0, 0}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {0x20, 1}, {0xff, 1}, {1, 4}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_mesh(content);
        content[MESH_HEAD] = bad[i].type;
        content[MESH_HEAD + 1] = bad[i].components;
        assert_int_equal(check_exactly(WIRE_KIND_POLYDATA, content, sizeof content), NAV_ERR_RANGE);
    }
    put_mesh(content);
    content[MESH_HEAD] = WIRE_ATTRIBUTE_OF_CELLS; /* there are as many cells as points */
    assert_int_equal(check_exactly(WIRE_KIND_POLYDATA, content, sizeof content), NAV_OK);
    /* Fewer tuples than points, and exactly as many bytes as that needs. */
    put_mesh(content);
    wire_store_u32(content + MESH_HEAD + 2, 3);
    assert_int_equal(check_exactly(WIRE_KIND_POLYDATA, content, sizeof content - 4), NAV_ERR_RANGE);
    put_mesh(content);
    memset(content + MESH_NAME, 'a', sizeof content - MESH_NAME); /* a name without end */
    assert_int_equal(check_exactly(WIRE_KIND_POLYDATA, content, sizeof content), NAV_ERR_ENCODING);
}

static void binds_that_lie_are_refused(void **state)
{
    (void)state;
    const uint8_t ones[64] = {0xff, 0xff, 0xff, 0xff};
    for (size_t size = 1; size < 5; size++) {
        assert_int_not_equal(check_exactly(WIRE_KIND_BIND, ones, size), NAV_OK);
        assert_int_not_equal(check_exactly(WIRE_KIND_GET_BIND, ones, size), NAV_OK);
        assert_int_equal(check_exactly(WIRE_KIND_STT_BIND, ones, size), NAV_ERR_LENGTH);
    }
    assert_int_equal(check_exactly(WIRE_KIND_BIND, ones, 0), NAV_ERR_LENGTH);
    const uint8_t none[4] = {0};
    assert_int_equal(check_exactly(WIRE_KIND_BIND, none, 4), NAV_ERR_RANGE);

    uint8_t content[64];
    struct wire_writer writer = wire_writer_of(content, sizeof content);
    const struct wire_bind_child child = {
        .type = "STRING", .name = "abc", .content = ones, .content_size = 5};
    wire_bind_encode(&writer, &child, 1);
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_OK);
    for (size_t size = 0; size < writer.size; size++) {
        assert_int_not_equal(check_exactly(WIRE_KIND_BIND, content, size), NAV_OK);
    }
    const uint64_t sizes[] = {0,
                              4,
                              7,
                              1000,
                              INT64_MAX,
                              UINT64_MAX,
                              UINT64_MAX - 1,
                              UINT64_C(1) << 63,
                              (UINT64_C(1) << 32) + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        wire_store_u64(content + 14, sizes[i]);
        assert_int_not_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_OK);
    }
    wire_store_u64(content + 14, 5);
    memset(content + 24, 'x', 4); /* a name without end */
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_ERR_ENCODING);
    memcpy(content + 24, "abc", 4);
    content[2] = 0; /* no type */
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_ERR_ENCODING);
}

/* Sizes of two children that add up to the right one only in 64 bits. */
static void bind_sizes_do_not_wrap(void **state)
{
    (void)state;
    uint8_t content[128];
    struct wire_writer writer = wire_writer_of(content, sizeof content);
    const struct wire_bind_child children[2] = {
        {.type = "STRING", .name = "a", .content = content, .content_size = 8},
        {.type = "STRING", .name = "b", .content = content, .content_size = 8}};
    wire_bind_encode(&writer, children, 2);
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_OK);
    wire_store_u64(content + 14, UINT64_MAX - 1);
    wire_store_u64(content + 34, 18);
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_ERR_LENGTH);
    /* The padding of the largest odd size wraps to nothing, which is what there is. */
    writer = wire_writer_of(content, sizeof content);
    const struct wire_bind_child empty = {.type = "STRING", .name = "a"};
    wire_bind_encode(&writer, &empty, 1);
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_OK);
    wire_store_u64(content + 14, UINT64_MAX);
    assert_int_equal(check_exactly(WIRE_KIND_BIND, content, writer.size), NAV_ERR_LENGTH);
}

static void stream_requests_with_names_that_are_not_text_are_refused(void **state)
{
    (void)state;
    uint8_t content[36] = {0, 0, 0, 20, 'C', 'A', 'M', '\n'};
    assert_int_equal(check_exactly(WIRE_KIND_STT_TDATA, content, sizeof content), NAV_ERR_ENCODING);
    memset(content + 4, 'C', 32);
    assert_int_equal(check_exactly(WIRE_KIND_STT_TDATA, content, sizeof content), NAV_OK);
}

static void a_tool_without_a_name_is_dropped_and_its_neighbours_stay(void **state)
{
    (void)state;
    uint8_t content[3 * WIRE_TDATA_TOOL_SIZE];
    struct wire_writer writer = wire_writer_of(content, sizeof content);
    struct wire_tdata_tool tool = {.name = "Saw"};
    wire_tdata_tool_encode(&writer, &tool);
    wire_tdata_tool_encode(&writer, &(struct wire_tdata_tool){.name = ""});
    (void)snprintf(tool.name, sizeof tool.name, "ABCDEFGHIJKLMNOPQRST");
    wire_tdata_tool_encode(&writer, &tool);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
    struct wire_tdata_tool out;
    assert_int_equal(wire_tdata_tool_at(content, sizeof content, 0, &out), NAV_OK);
    assert_string_equal(out.name, "Saw");
    assert_int_equal(wire_tdata_tool_at(content, sizeof content, 1, &out), NAV_ERR_ENCODING);
    assert_int_equal(wire_tdata_tool_at(content, sizeof content, 2, &out), NAV_OK);
    assert_string_equal(out.name, "ABCDEFGHIJKLMNOPQRST");
    assert_int_equal(wire_tdata_tool_at(content, sizeof content, 3, &out), NAV_ERR_RANGE);
    content[WIRE_TDATA_TOOL_SIZE] = 0x1b;
    assert_int_equal(wire_tdata_tool_at(content, sizeof content, 1, &out), NAV_ERR_ENCODING);
}

/* ---- values -----------------------------------------------------------------------------------
 */

/* The wire hands on what was sent; the gate must refuse each of these. */
static void poses_with_a_good_checksum_that_are_no_poses(void **state)
{
    (void)state;
    const float good[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 10, 20, 30};
    const struct {
        size_t at;
        float value;
    } table[] = {{0, NAN},   {4, INFINITY}, {11, NAN},  {9, -INFINITY}, {0, 1e-40F},
                 {0, 1e38F}, {8, -1},       {0, 1.01F}, {1, 0.01F}};
    for (size_t i = 0; i <= sizeof table / sizeof table[0]; i++) {
        uint8_t content[WIRE_TRANSFORM_SIZE] = {0}; /* the last round: all zeros, checksum 0 */
        for (size_t k = 0; i < sizeof table / sizeof table[0] && k < 12; k++) {
            wire_store_f32(content + 4 * k, k == table[i].at ? table[i].value : good[k]);
        }
        struct wire_transform transform;
        assert_int_equal(wire_transform_decode(content, sizeof content, &transform), NAV_OK);
        double R[9];
        double t_mm[3];
        for (size_t k = 0; k < 9; k++) {
            R[k] = (double)transform.R[k];
        }
        for (size_t k = 0; k < 3; k++) {
            t_mm[k] = (double)transform.t_mm[k];
        }
        struct nav_pose pose;
        assert_int_not_equal(nav_pose_from_matrix(R, t_mm, 2e-3, &pose), NAV_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_body_sizes_close_at_the_header),
        cmocka_unit_test(hostile_body_sizes_do_not_wrap_without_a_cap),
        cmocka_unit_test(a_message_behind_a_hostile_header_is_never_taken),
        cmocka_unit_test(header_versions_other_than_1_and_2_close),
        cmocka_unit_test(types_that_are_not_types_close),
        cmocka_unit_test(an_unknown_type_is_skipped_and_the_stream_goes_on),
        cmocka_unit_test(a_partial_message_is_never_handed_on),
        cmocka_unit_test(random_bytes_close_and_reserve_nothing),
        cmocka_unit_test(names_of_20_characters_are_whole),
        cmocka_unit_test(names_are_compared_bytewise),
        cmocka_unit_test(an_empty_name_is_refused_for_poses),
        cmocka_unit_test(names_that_are_not_text_drop_the_message),
        cmocka_unit_test(extended_header_sizes_that_lie_drop_the_message),
        cmocka_unit_test(a_larger_extended_header_is_skipped_over),
        cmocka_unit_test(a_version_2_body_without_extended_header_is_dropped),
        cmocka_unit_test(metadata_sizes_that_lie_drop_the_message),
        cmocka_unit_test(metadata_counts_that_lie_drop_the_message),
        cmocka_unit_test(metadata_entry_sizes_that_lie_drop_the_message),
        cmocka_unit_test(metadata_sums_are_formed_in_64_bits),
        cmocka_unit_test(as_many_entries_as_the_format_holds_pass),
        cmocka_unit_test(wrong_content_lengths_are_refused),
        cmocka_unit_test(positions_have_three_lengths),
        cmocka_unit_test(unknown_kinds_are_refused),
        cmocka_unit_test(a_string_longer_than_its_body_is_refused),
        cmocka_unit_test(a_command_longer_than_its_body_is_refused),
        cmocka_unit_test(a_sensor_with_more_values_than_bytes_is_refused),
        cmocka_unit_test(a_colour_table_without_its_table_is_refused),
        cmocka_unit_test(an_image_larger_than_its_body_is_refused),
        cmocka_unit_test(image_codes_outside_their_lists_are_refused),
        cmocka_unit_test(arrays_whose_sizes_multiply_past_their_body_are_refused),
        cmocka_unit_test(meshes_that_claim_more_than_they_have_are_refused),
        cmocka_unit_test(mesh_attributes_outside_their_lists_are_refused),
        cmocka_unit_test(binds_that_lie_are_refused),
        cmocka_unit_test(bind_sizes_do_not_wrap),
        cmocka_unit_test(stream_requests_with_names_that_are_not_text_are_refused),
        cmocka_unit_test(a_tool_without_a_name_is_dropped_and_its_neighbours_stay),
        cmocka_unit_test(poses_with_a_good_checksum_that_are_no_poses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
