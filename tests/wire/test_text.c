#include "wire_test.h"

#include "wire_text.h"

static bool printable(const char *text)
{
    return wire_text_is_printable(text, strlen(text));
}

static void text_is_text(void **state)
{
    (void)state;
    assert_true(printable(""));
    assert_true(printable("Stylus To-Tracker_1"));
    assert_true(printable("S\xc3\xa4ge"));      /* 2 bytes */
    assert_true(printable("\xe9\xaa\xa8"));     /* 3 bytes */
    assert_true(printable("\xf0\x9f\xa6\xb4")); /* 4 bytes */
    assert_true(printable("\xf4\x8f\xbf\xbf")); /* U+10FFFF */
    assert_true(printable("\xed\x9f\xbf"));     /* the last before the surrogates */
    assert_true(printable("\xc2\xa0"));         /* the first behind the control characters */
}

static void what_is_not_text_is_told(void **state)
{
    (void)state;
    assert_false(printable("a\nb"));
    assert_false(printable("\x1b[31m"));
    assert_false(printable("\x7f"));
    assert_false(printable("\xc2\x85")); /* a control character of two bytes */
    assert_false(printable("\xff"));
    assert_false(printable("\x80")); /* a tail without a head */
    assert_false(printable("\xc3")); /* a head without its tail */
    assert_false(printable("\xe9\xaa"));
    assert_false(printable("\xc0\xaf"));         /* overlong */
    assert_false(printable("\xe0\x80\x80"));     /* overlong */
    assert_false(printable("\xf0\x80\x80\x80")); /* overlong */
    assert_false(printable("\xed\xa0\x80"));     /* surrogate */
    assert_false(printable("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(printable("\xe9\x41\xa8"));
    assert_false(wire_text_is_printable("a\0b", 3));
}

static void escapes_show_every_byte(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(wire_text_escape("a\n\xff\xc3\xa4", 5, out, sizeof out), 11);
    assert_string_equal(out, "a\\x0a\\xff\xc3\xa4");
    assert_int_equal(wire_text_escape(NULL, 0, out, sizeof out), 0);
    assert_string_equal(out, "");
}

static void escapes_never_end_in_the_middle(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(wire_text_escape("ab\xc3\xa4", 4, out, 4), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(wire_text_escape("ab\xc3\xa4", 4, out, 5), 4);
    assert_int_equal(wire_text_escape("\n\n", 2, out, 8), 4);
    assert_string_equal(out, "\\x0a");
    assert_int_equal(wire_text_escape("abc", 3, out, 1), 0);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_text),
        cmocka_unit_test(what_is_not_text_is_told),
        cmocka_unit_test(escapes_show_every_byte),
        cmocka_unit_test(escapes_never_end_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
