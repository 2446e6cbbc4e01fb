#include "wire_test.h"

static uint64_t random_state = UINT64_C(0x243F6A8885A308D3);

static uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void fill_random(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(random_u64() >> 32);
    }
}

static void check_value_is_that_of_the_definition(void **state)
{
    (void)state;
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        if (variants[i].supported) {
            assert_true(variants[i].function(0, "123456789", 9) == UINT64_C(0x6c40df5f0b497347));
        }
    }
    assert_true(wire_crc64(0, "123456789", 9) == UINT64_C(0x6c40df5f0b497347));
    assert_true(wire_crc64(0, NULL, 0) == 0);
    assert_true(wire_crc64(42, NULL, 0) == 42);
}

static void every_length_alignment_and_initial_value_agrees(void **state)
{
    (void)state;
    enum { LENGTH_MAX = 1300, ALIGNMENTS = 17 };
    static uint8_t bytes[LENGTH_MAX + ALIGNMENTS];
    fill_random(bytes, sizeof bytes);
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t length = 0; length <= LENGTH_MAX; length++) {
        const uint8_t *at = bytes + length % ALIGNMENTS;
        const uint64_t initial = length % 3 == 0 ? 0 : random_u64();
        const uint64_t expected = wire_crc64_ref(initial, at, length);
        for (size_t i = 1; i < count; i++) {
            if (variants[i].supported && variants[i].function(initial, at, length) != expected) {
                fail_msg("%s differs at length %zu", variants[i].name, length);
            }
        }
    }
    for (size_t alignment = 0; alignment < ALIGNMENTS; alignment++) {
        const uint64_t expected = wire_crc64_ref(7, bytes + alignment, LENGTH_MAX);
        for (size_t i = 1; i < count; i++) {
            if (variants[i].supported &&
                variants[i].function(7, bytes + alignment, LENGTH_MAX) != expected) {
                fail_msg("%s differs at alignment %zu", variants[i].name, alignment);
            }
        }
    }
}

/* The exact block that a sanitizer guards: no variant reads outside, before or behind. */
static void no_variant_reads_outside(void **state)
{
    (void)state;
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t length = 1; length <= 600; length++) {
        uint8_t *bytes = malloc(length);
        assert_non_null(bytes);
        fill_random(bytes, length);
        const uint64_t expected = wire_crc64_ref(0, bytes, length);
        for (size_t i = 1; i < count; i++) {
            if (variants[i].supported) {
                assert_true(variants[i].function(0, bytes, length) == expected);
            }
        }
        free(bytes);
    }
}

static void an_image_agrees(void **state)
{
    (void)state;
    enum { SIZE = 307272 };
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    fill_random(bytes, SIZE);
    const uint64_t expected = wire_crc64_ref(0, bytes, SIZE);
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t i = 1; i < count; i++) {
        if (variants[i].supported) {
            assert_true(variants[i].function(0, bytes, SIZE) == expected);
        }
    }
    free(bytes);
}

static void pieces_give_the_same_as_the_whole(void **state)
{
    (void)state;
    static uint8_t bytes[2000];
    fill_random(bytes, sizeof bytes);
    const uint64_t expected = wire_crc64_ref(0, bytes, sizeof bytes);
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t i = 0; i < count; i++) {
        for (int round = 0; variants[i].supported && round < 100; round++) {
            uint64_t crc = 0;
            for (size_t at = 0; at < sizeof bytes;) {
                const size_t left = sizeof bytes - at;
                const size_t piece = random_u64() % 700;
                const size_t size = piece < left ? piece : left;
                crc = variants[i].function(crc, bytes + at, size);
                at += size;
            }
            assert_true(crc == expected);
        }
    }
}

static void a_body_of_zeros_has_the_checksum_zero(void **state)
{
    (void)state;
    const uint8_t zeros[48] = {0};
    assert_true(wire_crc64(0, zeros, sizeof zeros) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_value_is_that_of_the_definition),
        cmocka_unit_test(every_length_alignment_and_initial_value_agrees),
        cmocka_unit_test(no_variant_reads_outside),
        cmocka_unit_test(an_image_agrees),
        cmocka_unit_test(pieces_give_the_same_as_the_whole),
        cmocka_unit_test(a_body_of_zeros_has_the_checksum_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
