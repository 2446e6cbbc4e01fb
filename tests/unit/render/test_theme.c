#include "test_data.h"

#include <math.h>

#include "theme.h"

static void expect_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance)) {
        fail_msg("%.12g is not %.12g within %g", value, wanted, tolerance);
    }
}

static void test_every_text_stands_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RND_PAIR_COUNT; ++i) {
        const double contrast = rnd_contrast(rnd_pairs[i].text, rnd_pairs[i].ground);
        if (contrast < 7.0) {
            fail_msg("pair %u: contrast %.2f", i, contrast);
        }
    }
}

static void test_known_contrasts(void **state)
{
    (void)state;
    const struct rnd_colour black = RND_RGB(0x000000);
    const struct rnd_colour white = RND_RGB(0xffffff);
    const struct rnd_colour grey = RND_RGB(0x777777);
    expect_near(rnd_contrast(black, white), 21.0, 1e-9);
    expect_near(rnd_contrast(white, grey), 4.48, 0.005);
}

static void test_type_is_large(void **state)
{
    (void)state;
    assert_true(RND_TYPE_SMALL >= 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_stands_out),
        cmocka_unit_test(test_known_contrasts),
        cmocka_unit_test(test_type_is_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
