/* A decoded pose as a sample: every number in its place, bit for bit, and the sender's words. */
#include "wire_test.h"

#include <math.h>

#include "wire_metadata.h"
#include "wire_pack.h"
#include "wire_sample.h"
#include "wire_tdata.h"

enum { KEPT_DEVICE = 7, KEPT_SOURCE = 9, KEPT_ARRIVAL = 11 };

static const int64_t utc_ns = INT64_C(1700000000500000000);

/* Twelve different numbers; R12 is a NaN with a payload, which must pass as it is. */
static void put_numbers(uint8_t content[WIRE_TRANSFORM_SIZE])
{
    for (size_t i = 0; i < 12; i++) {
        wire_store_f32(content + 4 * i, (float)i + 0.25F);
    }
    wire_store_u32(content + 12, 0x7fc12345U);
}

static void columns_become_rows_and_no_bit_is_lost(void **state)
{
    (void)state;
    uint8_t content[WIRE_TRANSFORM_SIZE];
    put_numbers(content);
    struct wire_transform pose;
    assert_int_equal(wire_transform_decode(content, sizeof(content), &pose), NAV_OK);
    for (size_t row = 0; row < 3; row++) {
        for (size_t column = 0; column < 3; column++) {
            uint32_t bits = 0;
            memcpy(&bits, &pose.R[3 * row + column], sizeof(bits));
            assert_int_equal(bits, wire_load_u32(content + 4 * (3 * column + row)));
        }
        assert_true(pose.t_mm[row] == (float)(9 + row) + 0.25F);
    }
    uint8_t again[WIRE_TRANSFORM_SIZE];
    struct wire_writer writer = wire_writer_of(again, sizeof(again));
    wire_transform_encode(&writer, &pose);
    assert_memory_equal(again, content, sizeof(content));
}

/* Bit for bit, whatever the numbers are: infinities, denormals, NaN with a payload. */
static void doubles_are_those_of_one_number_after_the_other(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int round = 0; round < 20000; round++) {
        uint8_t content[WIRE_TRANSFORM_SIZE];
        for (size_t i = 0; i < sizeof(content); i++) {
            random = random * 1664525 + 1013904223;
            /* ones and zeroes often, so that every kind of number comes */
            content[i] = (random >> 30) == 0 ? 0xff : (uint8_t)(random >> 16);
            content[i] = (random >> 29) == 3 ? 0x7f : content[i];
        }
        double sides[2][12];
        wire_transform_widen(content, sides[0], sides[0] + 9);
        wire_transform_widen_ref(content, sides[1], sides[1] + 9);
        assert_memory_equal(sides[0], sides[1], sizeof(sides[0]));
    }
}

struct taken {
    const char *tool; /* NULL: of the message */
    struct nav_pose_sample sample;
};

static uint64_t any_size(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return 4096;
}

static enum nav_status take(void *context, const struct wire_message *message)
{
    struct taken *taken = context;
    const enum nav_status status = wire_check_transform(message->content, message->content_size);
    wire_transform_widen(message->content, taken->sample.R, taken->sample.t_mm);
    wire_sample_words(message, taken->tool, &taken->sample);
    return status;
}

/* A TRANSFORM with these words, framed and made a sample. */
static struct nav_pose_sample sample_of(uint16_t version, const char *tool,
                                        const struct wire_metadata_entry *entries, size_t count)
{
    uint8_t bytes[1024];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack = wire_pack_begin(
        &writer,
        &(struct wire_pack_head){
            .version = version, .kind = WIRE_KIND_TRANSFORM, .device = "A", .utc_ns = utc_ns});
    uint8_t content[WIRE_TRANSFORM_SIZE];
    put_numbers(content);
    wire_write_bytes(&writer, content, sizeof(content));
    assert_int_equal(wire_pack_end(&pack, entries, count), NAV_OK);
    struct taken taken = {
        .tool = tool,
        .sample = {.device = KEPT_DEVICE, .source = KEPT_SOURCE, .arrival_ns = KEPT_ARRIVAL}};
    const struct wire_framer_config config = {
        .body_cap = any_size, .on_message = take, .context = &taken};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, bytes, writer.size), NAV_OK);
    assert_int_equal(wire_framer_stats(framer)->messages, 1);
    wire_framer_destroy(framer);
    return taken.sample;
}

static void the_receivers_part_is_left_alone(void **state)
{
    (void)state;
    const struct nav_pose_sample sample = sample_of(1, NULL, NULL, 0);
    assert_int_equal(sample.device, KEPT_DEVICE);
    assert_int_equal(sample.source, KEPT_SOURCE);
    assert_int_equal(sample.arrival_ns, KEPT_ARRIVAL);
    assert_int_equal(sample.device_ns, utc_ns);
    assert_int_equal(sample.status, NAV_SENDER_UNSTATED);
    assert_true(isnan(sample.error_mm));
    assert_true(isnan(sample.R[1]));
    for (size_t i = 0; i < 9; i++) {
        assert_true(i == 1 || sample.R[i] == (double)(i % 3 * 3 + i / 3) + 0.25);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(sample.t_mm[i] == (double)(9 + i) + 0.25);
    }
}

static void words_are_of_the_message_or_of_the_tool(void **state)
{
    (void)state;
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("TransformStatus", "OK"), wire_metadata_text("TransformError", "0.5"),
        wire_metadata_text("BStatus", "MISSING"), wire_metadata_text("BError", "2")};
    const struct nav_pose_sample whole = sample_of(2, NULL, entries, 4);
    assert_int_equal(whole.status, NAV_SENDER_OK);
    assert_true(whole.error_mm == 0.5F);
    const struct nav_pose_sample tool = sample_of(2, "B", entries, 4);
    assert_int_equal(tool.status, NAV_SENDER_MISSING);
    assert_true(tool.error_mm == 2.0F);
    assert_int_equal(sample_of(2, "C", entries, 4).status, NAV_SENDER_UNSTATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_become_rows_and_no_bit_is_lost),
        cmocka_unit_test(doubles_are_those_of_one_number_after_the_other),
        cmocka_unit_test(the_receivers_part_is_left_alone),
        cmocka_unit_test(words_are_of_the_message_or_of_the_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
