#include "test_data.h"

#include <locale.h>
#include <math.h>

#include "nav/time.h"
#include "text.h"

static void expect_number(double value, unsigned width, unsigned decimals, const char *wanted)
{
    char text[RND_NUMBER_SIZE];
    rnd_text_number(value, width, decimals, text);
    assert_string_equal(text, wanted);
}

static void test_numbers(void **state)
{
    (void)state;
    expect_number(0.0, 7, 1, "    0.0");
    expect_number(-0.04, 7, 1, "    0.0");
    expect_number(-0.05, 7, 1, "   -0.1");
    expect_number(8.5, 7, 1, "    8.5");
    expect_number(-123.45, 7, 1, " -123.5");
    expect_number(99999.9, 7, 1, "99999.9");
    expect_number(0.049, 5, 2, " 0.05");
    expect_number(12.0, 3, 0, " 12");
    expect_number(0.0, 3, 0, "  0");
    expect_number(1234.5678, 12, 3, "    1234.568");
}

static void test_what_is_no_number_is_dashes(void **state)
{
    (void)state;
    expect_number((double)NAN, 7, 1, "   --.-");
    expect_number((double)INFINITY, 7, 1, "   --.-");
    expect_number(-(double)INFINITY, 5, 2, "--.--");
    expect_number((double)NAN, 3, 0, " --");
    /* A digit too many must not fall off: the whole number goes. */
    expect_number(100000.0, 7, 1, "   --.-");
    expect_number(-10000.0, 7, 1, "   --.-");
    expect_number(99999.96, 7, 1, "   --.-");
    expect_number(1e300, 7, 1, "   --.-");
}

/* Every number that fits comes back from its text, and all have the same width. */
static void test_round_trip(void **state)
{
    (void)state;
    char text[RND_NUMBER_SIZE];
    for (int tenth = -99999; tenth <= 99999; tenth += 7) {
        rnd_text_number(tenth / 10.0, 7, 1, text);
        assert_int_equal(strlen(text), 7);
        char *end = NULL;
        assert_int_equal(lround(strtod(text, &end) * 10.0), tenth);
        assert_int_equal(*end, '\0');
    }
}

static void test_locale_changes_nothing(void **state)
{
    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        skip();
    }
    assert_string_equal(localeconv()->decimal_point, ",");
    expect_number(-12.34, 7, 1, "  -12.3");
    (void)setlocale(LC_ALL, "C");
}

static void expect_age(int64_t age_ns, const char *wanted)
{
    char text[RND_AGE_SIZE];
    rnd_text_age(age_ns, text);
    assert_string_equal(text, wanted);
}

static void test_ages_never_look_younger(void **state)
{
    (void)state;
    expect_age(-1, "-- ms");
    expect_age(0, "0 ms");
    expect_age(1, "10 ms");
    expect_age(10 * NAV_NS_PER_MS, "10 ms");
    expect_age(10 * NAV_NS_PER_MS + 1, "20 ms");
    expect_age(990 * NAV_NS_PER_MS, "990 ms");
    expect_age(990 * NAV_NS_PER_MS + 1, "1.0 s");
    expect_age(1001 * NAV_NS_PER_MS, "1.1 s");
    expect_age(99900 * NAV_NS_PER_MS, "99.9 s");
    expect_age(99901 * NAV_NS_PER_MS, "> 99 s");
    expect_age(INT64_MAX, "> 99 s");
}

static void test_append_keeps_characters_whole(void **state)
{
    (void)state;
    char text[6] = "abc";
    rnd_text_append(text, sizeof(text), "\xc3\xa4\xc3\xb6");
    assert_string_equal(text, "abc\xc3\xa4");
    rnd_text_append(text, sizeof(text), "x");
    assert_string_equal(text, "abc\xc3\xa4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_no_number_is_dashes),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_locale_changes_nothing),
        cmocka_unit_test(test_ages_never_look_younger),
        cmocka_unit_test(test_append_keeps_characters_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
