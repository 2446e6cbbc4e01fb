#include "test_data.h"

#include "layout.h"

static bool inside(struct rnd_rect part, struct rnd_rect whole)
{
    return part.x >= whole.x && part.y >= whole.y && part.x + part.w <= whole.x + whole.w &&
           part.y + part.h <= whole.y + whole.h;
}

/* Every place of a layout, without what lies within another. */
static size_t list(const struct rnd_places *places, struct rnd_rect out[16])
{
    size_t count = 0;
    out[count++] = places->verdict;
    out[count++] = places->heartbeat;
    out[count++] = places->alarm;
    out[count++] = places->status;
    out[count++] = places->guide;
    out[count++] = places->structures;
    out[count++] = places->cuts;
    out[count++] = places->view;
    out[count++] = places->strip;
    if (!rnd_rect_is_empty(places->buttons)) {
        out[count++] = places->buttons;
    }
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        if (!rnd_rect_is_empty(places->sections[kind])) {
            out[count++] = places->sections[kind];
        }
    }
    return count;
}

/* No gap, no overlap; and the view never stands alone. */
static void test_places_tile_the_screen(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1280, 720}, {1920, 1080}, {3840, 2160}, {1280, 1024}};
    for (unsigned layout = 0; layout < RND_LAYOUT_COUNT; ++layout) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); ++s) {
            for (int mirrored = 0; mirrored < 4; ++mirrored) {
                const struct rnd_places places =
                    rnd_layout_places((enum rnd_layout)layout, (mirrored & 1) != 0,
                                      (mirrored & 2) != 0, sizes[s][0], sizes[s][1]);
                struct rnd_rect rects[16];
                const size_t count = list(&places, rects);
                const struct rnd_rect screen = {0, 0, sizes[s][0], sizes[s][1]};
                long area = 0;
                for (size_t i = 0; i < count; ++i) {
                    assert_true(inside(rects[i], screen));
                    area += (long)rects[i].w * rects[i].h;
                    for (size_t k = 0; k < i; ++k) {
                        assert_true(rnd_rect_is_empty(rnd_rect_both(rects[i], rects[k])));
                    }
                }
                assert_int_equal(area, (long)screen.w * screen.h);
                assert_true(count >= 11); /* at least two sections */
            }
        }
    }
}

/* Depth misleads the eye in any picture of 3D, the most in a camera's: whatever the layout,
 * sections and the cards with the numbers are beside it, large enough to be read. */
static void test_the_view_never_stands_alone(void **state)
{
    (void)state;
    for (unsigned layout = 0; layout < RND_LAYOUT_COUNT; ++layout) {
        for (int touch = 0; touch < 2; ++touch) {
            const struct rnd_places places =
                rnd_layout_places((enum rnd_layout)layout, false, touch != 0, 1920, 1080);
            int sections = 0;
            for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
                sections += places.sections[kind].w >= 300 && places.sections[kind].h >= 200;
            }
            assert_true(sections > 0);
            assert_true(places.guide.w >= 400 && places.guide.h >= 300);
            assert_true(places.structures.w >= 400 && places.structures.h >= 100);
        }
    }
}

/* What is looked for is in its place whatever the layout. */
static void test_numbers_stay_in_their_place(void **state)
{
    (void)state;
    const struct rnd_places first = rnd_layout_places(RND_LAYOUT_BEDSIDE, false, false, 1920, 1080);
    for (unsigned layout = 0; layout < RND_LAYOUT_COUNT; ++layout) {
        const struct rnd_places places =
            rnd_layout_places((enum rnd_layout)layout, false, false, 1920, 1080);
        assert_memory_equal(&places.verdict, &first.verdict, sizeof(first.verdict));
        assert_memory_equal(&places.alarm, &first.alarm, sizeof(first.alarm));
        assert_memory_equal(&places.guide, &first.guide, sizeof(first.guide));
        assert_memory_equal(&places.structures, &first.structures, sizeof(first.structures));
        assert_memory_equal(&places.strip, &first.strip, sizeof(first.strip));
    }
}

static void test_the_cut_is_large(void **state)
{
    (void)state;
    const struct rnd_places places = rnd_layout_places(RND_LAYOUT_CUT, false, false, 1920, 1080);
    const struct rnd_rect cut = places.sections[RND_SECTION_CUT];
    assert_true(cut.w > places.view.w && cut.h > places.view.h);
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RND_LAYOUT_COUNT; ++i) {
        enum rnd_layout found = RND_LAYOUT_COUNT;
        assert_true(rnd_layout_find(rnd_layout_name((enum rnd_layout)i), &found));
        assert_int_equal(found, i);
    }
    enum rnd_layout found = RND_LAYOUT_COUNT;
    assert_false(rnd_layout_find("roof", &found));
    assert_int_equal(found, RND_LAYOUT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_tile_the_screen),
        cmocka_unit_test(test_the_view_never_stands_alone),
        cmocka_unit_test(test_numbers_stay_in_their_place),
        cmocka_unit_test(test_the_cut_is_large),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
