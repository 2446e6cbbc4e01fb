/* Two scans in one picture: each is told from the other, and each can be seen alone. */
#include "test_data.h"

#include "fusion.h"

static void test_every_way_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < RND_FUSION_COUNT; ++i) {
        enum rnd_fusion found = RND_FUSION_COUNT;
        assert_true(rnd_fusion_find(rnd_fusion_name((enum rnd_fusion)i), &found));
        assert_int_equal(found, i);
    }
    enum rnd_fusion kept = RND_FUSION_SECOND;
    assert_false(rnd_fusion_find("CT", &kept));
    assert_int_equal(kept, RND_FUSION_SECOND);
}

static void test_alone_each_is_grey(void **state)
{
    (void)state;
    assert_int_equal(rnd_fuse(RND_FUSION_FIRST, 0x80, 0xff, 0, 0, 1), 0x808080);
    assert_int_equal(rnd_fuse(RND_FUSION_SECOND, 0xff, 0x40, 0, 0, 1), 0x404040);
}

/* Where both are seen the second is orange: more red than green, more green than blue. */
static void test_together_they_are_told_apart(void **state)
{
    (void)state;
    const uint32_t blend = rnd_fuse(RND_FUSION_BLEND, 0, 200, 0, 0, 1);
    assert_true((blend >> 16) > (blend >> 8 & 0xff) && (blend >> 8 & 0xff) > (blend & 0xff));
    const uint32_t first = rnd_fuse(RND_FUSION_BLEND, 200, 0, 0, 0, 1);
    assert_true(first > 0 && first >> 16 == (first & 0xff));
    assert_int_equal(rnd_fuse(RND_FUSION_BLEND, 255, 255, 0, 0, 1) >> 24, 0);
}

static void test_squares_go_by_turns(void **state)
{
    (void)state;
    enum { SIDE = 7 };
    for (int y = 0; y < 3 * SIDE; ++y) {
        for (int x = 0; x < 3 * SIDE; ++x) {
            const uint32_t word = rnd_fuse(RND_FUSION_SQUARES, 90, 180, x, y, SIDE);
            const bool first = (x / SIDE + y / SIDE) % 2 == 0;
            assert_true(first ? word == 0x5a5a5a : (word >> 16) > (word & 0xff));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_has_its_word),
        cmocka_unit_test(test_alone_each_is_grey),
        cmocka_unit_test(test_together_they_are_told_apart),
        cmocka_unit_test(test_squares_go_by_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
