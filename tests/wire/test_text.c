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
    /* Cut in the middle, with the rest of the character behind the end. */
    assert_false(wire_text_is_printable("\xc3\xa4", 1));
    assert_false(wire_text_is_printable("\xe9\xaa\xa8", 2));
    assert_false(wire_text_is_printable("\xf0\x9f\xa6\xb4", 3));
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

/* Random fields from few bytes, so that ends, controls and UTF-8 meet at every place. */
static void names_are_taken_as_byte_by_byte(void **state)
{
    (void)state;
    static const uint8_t letters[] = {'a', 'Z', ' ', '~', 0x7f, 0x1f, 0, 0xc3, 0xa4, 0x80, 0xff};
    uint32_t random = 12345;
    size_t good = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t field[WIRE_NAME_FIELD_SIZE];
        random = random * 1664525 + 1013904223;
        const uint32_t variety = 1 + (random >> 16) % sizeof letters;
        for (size_t i = 0; i < sizeof field; i++) {
            random = random * 1664525 + 1013904223;
            field[i] = (random >> 24) < 32 ? letters[(random >> 8) % sizeof letters]
                                           : letters[(random >> 16) % variety % 4];
        }
        char name[WIRE_NAME_FIELD_SIZE + 1];
        char expected[WIRE_NAME_FIELD_SIZE + 1];
        uint8_t length = 99;
        uint8_t expected_length = 99;
        const bool taken = wire_text_take_name(field, name, &length);
        assert_int_equal(wire_text_take_name_ref(field, expected, &expected_length), taken);
        assert_int_equal(length, expected_length);
        if (taken) {
            good++;
            assert_int_equal(strlen(name), length);
            assert_memory_equal(name, expected, sizeof name);
        }
    }
    assert_in_range(good, 1000, 199000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_text),
        cmocka_unit_test(what_is_not_text_is_told),
        cmocka_unit_test(escapes_show_every_byte),
        cmocka_unit_test(escapes_never_end_in_the_middle),
        cmocka_unit_test(names_are_taken_as_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
