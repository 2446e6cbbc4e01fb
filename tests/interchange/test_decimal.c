/* Decimals as integers: exact both ways, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decimal.h"

static void expect(const char *text, int places, int64_t value)
{
    int64_t got = 77;
    assert_true(srv_decimal_parse(text, strlen(text), places, &got));
    assert_int_equal(got, value);
}

static void expect_none(const char *text, int places)
{
    int64_t got = 77;
    assert_false(srv_decimal_parse(text, strlen(text), places, &got));
    assert_int_equal(got, 77);
}

static void text_becomes_the_exact_integer(void **state)
{
    (void)state;
    expect("1700000000.123456789", 9, INT64_C(1700000000123456789));
    expect("7356.711700", 9, INT64_C(7356711700000));
    expect("-0.5", 9, -500000000);
    expect("+3", 9, INT64_C(3000000000));
    expect("3.", 0, 3);
    expect(".25", 2, 25);
    expect("1.4", 0, 1);
    expect("1.5", 0, 2);
    expect("-1.5", 0, -2);
    expect("280.4611428572264", 9, INT64_C(280461142857));
    expect("280.4611428577264", 9, INT64_C(280461142858));
    expect("0.9999999999", 9, 1000000000);
    expect("9223372036854775807", 0, INT64_MAX);
}

static void what_is_not_a_decimal_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",   ".",    "-",   "+.",   "1e3", "nan", " 1",
        "1 ", "1.2.", "--1", "0x10", "1,5", "inf", "9223372036854775808"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); ++i) {
        expect_none(none[i], 0);
    }
    expect_none("9223372037", 9);
    expect_none("9223372036854775807.9", 0);
}

static void printing_is_the_way_back(void **state)
{
    (void)state;
    static const int64_t values[] = {0,
                                     1,
                                     -1,
                                     999999999,
                                     1000000000,
                                     -1500000000,
                                     INT64_C(1700000000123456789),
                                     INT64_MAX,
                                     INT64_MIN + 1};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); ++i) {
        for (int places = 0; places <= SRV_DECIMAL_PLACES_MAX; ++places) {
            char text[SRV_DECIMAL_SIZE];
            srv_decimal_print(values[i], places, text);
            expect(text, places, values[i]);
        }
    }
    char text[SRV_DECIMAL_SIZE];
    srv_decimal_print(INT64_C(1500000000), 9, text);
    assert_string_equal(text, "1.5");
    srv_decimal_print(INT64_C(-20), 9, text);
    assert_string_equal(text, "-0.00000002");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_the_exact_integer),
        cmocka_unit_test(what_is_not_a_decimal_is_refused),
        cmocka_unit_test(printing_is_the_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
