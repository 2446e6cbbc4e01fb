/* Numbers as text: the same as by trying ever more digits, and read back to the bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number_print.h"

static void expect_text(double value, const char *expected)
{
    char text[SRV_NUMBER_SIZE];
    assert_int_equal(srv_number_print(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

/* As by trying, except where trying misses the shorter one of two: then it still reads back. */
static void expect_as_by_trying(double value)
{
    char text[SRV_NUMBER_SIZE], tried[SRV_NUMBER_SIZE];
    const size_t length = srv_number_print(value, text);
    assert_int_equal(strlen(text), length);
    const size_t tried_length = srv_number_print_ref(value, tried);
    assert_int_equal(tried_length, length);
    assert_string_equal(text, tried);
    const double back = strtod(text, NULL);
    assert_memory_equal(&back, &value, sizeof(back));
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_known_numbers(void **state)
{
    (void)state;
    expect_text(0.0, "0");
    expect_text(-0.0, "-0");
    expect_text(1.0, "1");
    expect_text(-1.5, "-1.5");
    expect_text(0.1, "0.1");
    expect_text(0.3, "0.3");
    expect_text(0.1 + 0.2, "0.30000000000000004");
    expect_text(1.0 / 3.0, "0.3333333333333333");
    expect_text((double)0.1f, "0.10000000149011612");
    expect_text(100000.0, "100000");
    expect_text(1000000.0, "1e+06");
    expect_text(1234567.0, "1234567");
    expect_text(0.0001, "0.0001");
    expect_text(0.00001, "1e-05");
    expect_text(123456789012345.0, "123456789012345");
    expect_text(9007199254740993.0, "9007199254740992");
    expect_text(5e-324, "4.94066e-324");
    expect_text((double)INFINITY, "inf");
}

static void test_numbers_of_every_kind(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 100000; ++i) {
        const uint64_t bits = next(&random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            expect_as_by_trying(value); /* of any size */
        }
        const double unit = (double)(bits >> 11) * 0x1p-53;
        expect_as_by_trying(2.0 * unit - 1.0);
        expect_as_by_trying((double)(float)(2000.0 * unit - 1000.0)); /* as trackers send */
        expect_as_by_trying((double)(int64_t)(bits >> (i % 60)));
        expect_as_by_trying(round(unit * 1e6) / 1e3); /* of few digits */
        expect_as_by_trying(ldexp(1.0 + unit, (int)(bits % 70) - 20));
    }
}

static void test_numbers_beside_the_round_ones(void **state)
{
    (void)state;
    for (int exponent = -60; exponent <= 60; ++exponent) {
        const double round_ones[] = {ldexp(1.0, exponent), pow(10.0, exponent / 3), 0.5 * exponent,
                                     ldexp(1.0, exponent) + ldexp(1.0, exponent - 17)};
        for (size_t i = 0; i < sizeof(round_ones) / sizeof(round_ones[0]); ++i) {
            double above = round_ones[i], below = above;
            for (int step = 0; step < 40; ++step) {
                expect_as_by_trying(above);
                expect_as_by_trying(-below);
                above = nextafter(above, (double)INFINITY);
                below = nextafter(below, -(double)INFINITY);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_numbers),
        cmocka_unit_test(test_numbers_of_every_kind),
        cmocka_unit_test(test_numbers_beside_the_round_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
