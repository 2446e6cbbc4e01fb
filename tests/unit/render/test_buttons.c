/* Buttons: large enough, side by side, each where it is drawn; and the names of keys. */
#include "test_data.h"

#include "buttons.h"
#include "layout.h"

/* From 1080 lines on no side is below 60 px: a finger in a glove. */
static void test_large_enough_and_side_by_side(void **state)
{
    (void)state;
    const struct rnd_rect bar =
        rnd_layout_places(RND_LAYOUT_BEDSIDE, false, true, 1920, 1080).buttons;
    int next = bar.x;
    for (size_t i = 0; i < RND_BUTTON_COUNT; ++i) {
        const struct rnd_rect rect = rnd_button_rect(bar, i);
        assert_true(rect.w >= 60 && rect.h >= 60);
        assert_int_equal(rect.x, next);
        next = rect.x + rect.w;
        assert_int_equal(rnd_button_at(bar, rect.x, rect.y), rnd_buttons[i].act);
        assert_int_equal(rnd_button_at(bar, rect.x + rect.w - 0.5, rect.y + rect.h - 0.5),
                         rnd_buttons[i].act);
    }
    assert_int_equal(next, bar.x + bar.w);
    assert_int_equal(rnd_button_at(bar, bar.x, bar.y - 1), NAV_ACT_NONE);
    assert_int_equal(rnd_button_at(bar, bar.x + bar.w, bar.y), NAV_ACT_NONE);
}

static void test_without_a_bar_there_is_no_button(void **state)
{
    (void)state;
    const struct rnd_rect bar =
        rnd_layout_places(RND_LAYOUT_BEDSIDE, false, false, 1920, 1080).buttons;
    assert_true(rnd_rect_is_empty(bar));
    assert_int_equal(rnd_button_at(bar, 0.0, 0.0), NAV_ACT_NONE);
}

static void test_names_of_keys(void **state)
{
    (void)state;
    struct nav_key_map keys = nav_key_map_default();
    char text[64] = "";
    rnd_keys_of(&keys, RND_ENGLISH, NAV_ACT_NEXT_VIEW, 2, text, sizeof(text));
    assert_string_equal(text, "Space, Page down");
    keys.act[NAV_KEY_PAD_0] = NAV_ACT_NEXT_VIEW; /* a pedal's comes first, as it is printed */
    keys.own[NAV_KEY_PAD_0] = true;
    keys.act[NAV_KEY_SPACE] = NAV_ACT_ACKNOWLEDGE;
    text[0] = '\0';
    rnd_keys_of(&keys, RND_GERMAN, NAV_ACT_NEXT_VIEW, 2, text, sizeof(text));
    assert_string_equal(text, "PAD 0, Bild ab");
    text[0] = '\0';
    rnd_keys_of(&keys, RND_ENGLISH, NAV_ACT_MOVE, 2, text, sizeof(text));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_enough_and_side_by_side),
        cmocka_unit_test(test_without_a_bar_there_is_no_button),
        cmocka_unit_test(test_names_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
