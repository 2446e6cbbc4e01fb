#include "wire_test.h"

static void reads_follow_the_layout(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
                             0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x41, 0x20, 0x00, 0x00};
    struct wire_reader reader = wire_reader_of(bytes, sizeof bytes);
    assert_int_equal(wire_read_u8(&reader), 0x01);
    assert_int_equal(wire_read_u16(&reader), 0x0203);
    assert_int_equal(wire_read_u32(&reader), 0x04050607);
    assert_true(wire_read_u64(&reader) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_int_equal(wire_reader_end(&reader), NAV_ERR_LENGTH); /* not yet */
    assert_true(wire_read_f32(&reader) == 10.0F);
    assert_int_equal(wire_reader_end(&reader), NAV_OK);
}

static void a_read_past_the_end_fails_for_good_and_reads_zero(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0xff, 0xff, 0xff};
    struct wire_reader reader = wire_reader_of(bytes, sizeof bytes);
    assert_int_equal(wire_read_u32(&reader), 0);
    assert_int_equal(wire_read_u8(&reader), 0); /* though 3 bytes are left */
    assert_true(wire_read_f64(&reader) == 0.0);
    assert_null(wire_read_view(&reader, 0));
    assert_int_equal(wire_reader_end(&reader), NAV_ERR_LENGTH);
}

static void a_view_larger_than_memory_is_refused(void **state)
{
    (void)state;
    const uint8_t bytes[8] = {0};
    struct wire_reader reader = wire_reader_of(bytes, sizeof bytes);
    assert_non_null(wire_read_view(&reader, 8));
    assert_int_equal(wire_reader_end(&reader), NAV_OK);
    const uint64_t sizes[] = {9, UINT64_C(1) << 31, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        reader = wire_reader_of(bytes, sizeof bytes);
        assert_null(wire_read_view(&reader, sizes[i]));
        assert_int_equal(wire_reader_end(&reader), NAV_ERR_LENGTH);
    }
}

static void an_empty_reader_ends_well(void **state)
{
    (void)state;
    struct wire_reader reader = wire_reader_of(NULL, 0);
    (void)wire_read_view(&reader, 0);
    assert_int_equal(wire_reader_end(&reader), NAV_OK);
    assert_int_equal(wire_read_u8(&reader), 0);
    assert_int_equal(wire_reader_end(&reader), NAV_ERR_LENGTH);
}

static void fields_use_all_their_bytes(void **state)
{
    (void)state;
    const uint8_t bytes[] = {'a', 'b', 'c', 'd', 'e', 'f', 0, 'x'};
    char text[5];
    struct wire_reader reader = wire_reader_of(bytes, sizeof bytes);
    assert_int_equal(wire_read_field(&reader, 4, text), 4);
    assert_string_equal(text, "abcd");
    assert_int_equal(wire_read_field(&reader, 4, text), 2);
    assert_string_equal(text, "ef");
    assert_int_equal(wire_read_field(&reader, 4, text), 0);
    assert_string_equal(text, "");
    assert_true(reader.failed);
}

static void writes_mirror_reads(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    wire_write_u8(&writer, 0x12);
    wire_write_u16(&writer, 0x3456);
    wire_write_u32(&writer, 0x789abcde);
    wire_write_u64(&writer, UINT64_C(0xf0e1d2c3b4a59687));
    wire_write_f32(&writer, -2.5F);
    wire_write_f64(&writer, 1e300);
    wire_write_field(&writer, 4, "abcd");
    wire_write_field(&writer, 4, "e");
    wire_write_bytes(&writer, NULL, 0);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
    struct wire_reader reader = wire_reader_of(bytes, writer.size);
    char text[5];
    assert_int_equal(wire_read_u8(&reader), 0x12);
    assert_int_equal(wire_read_u16(&reader), 0x3456);
    assert_true(wire_read_u32(&reader) == 0x789abcde);
    assert_true(wire_read_u64(&reader) == UINT64_C(0xf0e1d2c3b4a59687));
    assert_true(wire_read_f32(&reader) == -2.5F);
    assert_true(wire_read_f64(&reader) == 1e300);
    wire_read_field(&reader, 4, text);
    assert_string_equal(text, "abcd");
    wire_read_field(&reader, 4, text);
    assert_string_equal(text, "e");
    assert_int_equal(wire_reader_end(&reader), NAV_OK);
}

static void a_full_writer_fails_and_writes_nothing(void **state)
{
    (void)state;
    uint8_t bytes[5] = {9, 9, 9, 9, 9};
    struct wire_writer writer = wire_writer_of(bytes, 4);
    wire_write_u16(&writer, 0);
    wire_write_u32(&writer, 0);
    assert_int_equal(wire_writer_end(&writer), NAV_ERR_FULL);
    assert_int_equal(writer.size, 2);
    wire_write_u16(&writer, 0); /* would fit, but the writer has failed */
    assert_int_equal(bytes[2], 9);
    assert_int_equal(bytes[4], 9);
    assert_null(wire_write_room(&writer, UINT64_MAX));
}

static void a_name_is_never_cut(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    wire_write_field(&writer, 4, "abcde");
    assert_int_equal(wire_writer_end(&writer), NAV_ERR_FULL);
    assert_int_equal(writer.size, 0);
}

static void checked_arithmetic_tells_a_wrap(void **state)
{
    (void)state;
    uint64_t out = 0;
    assert_true(wire_add_u64(UINT64_MAX - 1, 1, &out));
    assert_true(out == UINT64_MAX);
    assert_false(wire_add_u64(UINT64_MAX, 1, &out));
    assert_true(wire_multiply_u64(UINT32_MAX, UINT32_MAX, &out));
    assert_false(wire_multiply_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_follow_the_layout),
        cmocka_unit_test(a_read_past_the_end_fails_for_good_and_reads_zero),
        cmocka_unit_test(a_view_larger_than_memory_is_refused),
        cmocka_unit_test(an_empty_reader_ends_well),
        cmocka_unit_test(fields_use_all_their_bytes),
        cmocka_unit_test(writes_mirror_reads),
        cmocka_unit_test(a_full_writer_fails_and_writes_nothing),
        cmocka_unit_test(a_name_is_never_cut),
        cmocka_unit_test(checked_arithmetic_tells_a_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
