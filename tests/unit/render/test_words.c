#include "test_data.h"

#include "canvas.h"
#include "nav/alarm.h"
#include "words.h"

/* A screen of 1920 x 1080: one theme unit is one pixel. */
static int set_up(void **state)
{
    struct rnd_canvas *canvas = calloc(1, sizeof(*canvas));
    assert_non_null(canvas);
    assert_int_equal(rnd_canvas_resize(canvas, 1920, 1080), NAV_OK);
    *state = canvas;
    return 0;
}

static int tear_down(void **state)
{
    rnd_canvas_release(*state);
    free(*state);
    return 0;
}

static void expect_fits(const struct rnd_canvas *canvas, const char *text, enum rnd_field field,
                        const char *language)
{
    const struct rnd_field_size *size = &rnd_fields[field];
    const int width = rnd_width_of(canvas, text, size->type, size->bold);
    if (width > size->width) {
        fail_msg("%s: \"%s\" is %d wide, its field %d", language, text, width, size->width);
    }
}

static void test_no_string_is_missing_and_all_fit(void **state)
{
    for (unsigned language = 0; language < RND_LANGUAGE_COUNT; ++language) {
        const enum rnd_language spoken = (enum rnd_language)language;
        for (unsigned words = RND_SAY_NOTHING + 1; words < RND_WORDS_COUNT; ++words) {
            const char *text = rnd_say(spoken, (enum rnd_words)words);
            if (text == NULL || text[0] == '\0') {
                fail_msg("string %u has no words in %s", words, rnd_language_name(spoken));
            }
            expect_fits(*state, text, rnd_field_of((enum rnd_words)words),
                        rnd_language_name(spoken));
        }
    }
}

/* Everything that the core can say by a code. */
static void test_the_cores_codes_are_translated(void **state)
{
    for (unsigned language = 0; language < RND_LANGUAGE_COUNT; ++language) {
        const enum rnd_language spoken = (enum rnd_language)language;
        for (uint32_t reason = NAV_REASON_NONE + 1; reason < NAV_REASON_COUNT; ++reason) {
            const char *text = rnd_say_reason(spoken, reason);
            if (text == NULL || text[0] == '\0') {
                fail_msg("%s has no words in %s", nav_reason_name(reason),
                         rnd_language_name(spoken));
            }
            expect_fits(*state, text, RND_FIELD_REASON, rnd_language_name(spoken));
            if (spoken != RND_ENGLISH) {
                assert_string_not_equal(text, nav_reason_text(reason));
            }
        }
        for (uint32_t alarm = 0; alarm < NAV_ALARM_COUNT; ++alarm) {
            const char *cause = rnd_say_alarm(spoken, alarm);
            const char *remedy = rnd_say_remedy(spoken, alarm);
            if (cause == NULL || remedy == NULL || cause[0] == '\0' || remedy[0] == '\0') {
                fail_msg("%s has no words in %s", nav_alarm_name(alarm), rnd_language_name(spoken));
            }
            if (spoken != RND_ENGLISH) {
                assert_string_not_equal(remedy, nav_alarm_remedy(alarm));
                assert_true(strcmp(cause, nav_alarm_text(alarm)) != 0);
            }
            expect_fits(*state, cause, RND_FIELD_CAUSE, rnd_language_name(spoken));
            expect_fits(*state, remedy, RND_FIELD_REMEDY, rnd_language_name(spoken));
        }
    }
    assert_string_equal(rnd_say_reason(RND_GERMAN, NAV_REASON_COUNT), "?");
    assert_string_equal(rnd_say_alarm(RND_GERMAN, NAV_ALARM_COUNT), "?");
}

/* From two to three metres away: 24 of 1080 lines are the least. */
static void test_type_is_large_enough(void **state)
{
    (void)state;
    for (unsigned field = 0; field < RND_FIELD_COUNT; ++field) {
        assert_true(rnd_fields[field].type >= 24);
    }
}

static void test_languages_by_name(void **state)
{
    (void)state;
    enum rnd_language language = RND_ENGLISH;
    assert_true(rnd_language_find("de", &language));
    assert_int_equal(language, RND_GERMAN);
    assert_true(rnd_language_find("en", &language));
    assert_int_equal(language, RND_ENGLISH);
    assert_false(rnd_language_find("DE", &language));
    assert_false(rnd_language_find("", &language));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_string_is_missing_and_all_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_cores_codes_are_translated, set_up, tear_down),
        cmocka_unit_test(test_type_is_large_enough),
        cmocka_unit_test(test_languages_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
