/* Percentiles of the ages that pictures are shown with. */
#include "test_data.h"

#include "frame_ages.h"
#include "nav/time.h"

static const int64_t window_ns = 60 * NAV_NS_PER_S;
static struct rnd_frame_ages ages;

static int set_up(void **state)
{
    (void)state;
    memset(&ages, 0, sizeof(ages));
    return 0;
}

/* Shown at `at_ms`, `age_ms` after the pose's arrival. */
static void show(int64_t at_ms, int64_t age_ms)
{
    rnd_frame_ages_add(&ages, at_ms * NAV_NS_PER_MS, (at_ms - age_ms) * NAV_NS_PER_MS);
}

static void test_nothing_is_unknown(void **state)
{
    (void)state;
    const struct rnd_frame_age_summary none = rnd_frame_ages_summary(&ages, 0, window_ns);
    assert_int_equal(none.count, 0);
    assert_int_equal(none.p50_ns, -1);
    assert_int_equal(none.p99_ns, -1);
    rnd_frame_ages_add(&ages, NAV_NS_PER_S, 0); /* a picture without a pose */
    assert_int_equal(ages.count, 0);
}

static void test_nearest_rank(void **state)
{
    (void)state;
    for (int i = 0; i < 200; ++i) {
        show(1000 + i * 10, 1 + (i * 37) % 200); /* 1 to 200 ms, each once, in disorder */
    }
    const struct rnd_frame_age_summary all =
        rnd_frame_ages_summary(&ages, 3000 * NAV_NS_PER_MS, window_ns);
    assert_int_equal(all.count, 200);
    assert_int_equal(all.p50_ns, 100 * NAV_NS_PER_MS);
    assert_int_equal(all.p99_ns, 198 * NAV_NS_PER_MS);
}

static void test_the_same_pose_again_is_no_entry(void **state)
{
    (void)state;
    show(1000, 10);
    show(1016, 26);
    show(1033, 43);
    assert_int_equal(ages.count, 1);
    show(1050, 9);
    assert_int_equal(ages.count, 2);
}

static void test_only_the_last_minute_counts(void **state)
{
    (void)state;
    show(1000, 500);
    show(61000, 10);
    struct rnd_frame_age_summary summary =
        rnd_frame_ages_summary(&ages, 61000 * NAV_NS_PER_MS - 1, window_ns);
    assert_int_equal(summary.p99_ns, 500 * NAV_NS_PER_MS);
    summary = rnd_frame_ages_summary(&ages, 61000 * NAV_NS_PER_MS, window_ns);
    assert_int_equal(summary.count, 1);
    assert_int_equal(summary.p99_ns, 10 * NAV_NS_PER_MS);
}

static void test_the_oldest_give_way(void **state)
{
    (void)state;
    for (int i = 0; i < RND_FRAME_AGES_MAX + 10; ++i) {
        show(1000 + i, i < 10 ? 900 : 5);
    }
    const struct rnd_frame_age_summary summary =
        rnd_frame_ages_summary(&ages, 6000 * NAV_NS_PER_MS, window_ns);
    assert_int_equal(summary.count, RND_FRAME_AGES_MAX);
    assert_int_equal(summary.p99_ns, 5 * NAV_NS_PER_MS);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_is_unknown),
        CASE(test_nearest_rank),
        CASE(test_the_same_pose_again_is_no_entry),
        CASE(test_only_the_last_minute_counts),
        CASE(test_the_oldest_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
