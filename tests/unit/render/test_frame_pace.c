/* When the next picture is begun, beside a monitor that is made up. */
#include "test_data.h"

#include "frame_pace.h"
#include "nav/time.h"

static const int64_t ms = NAV_NS_PER_MS;
static const int64_t period_ns = NAV_NS_PER_S / 60;

/* The monitor's next beginning at or after a time. */
static int64_t beginning_after(int64_t time_ns)
{
    return (time_ns + period_ns - 1) / period_ns * period_ns;
}

/* Draws one picture at the time that the pace allows; returns how old its input is when shown. */
static int64_t draw(struct rnd_pace *pace, int64_t *now_ns, int64_t cost_ns)
{
    const int64_t begun_ns = rnd_pace_next_ns(pace) > *now_ns ? rnd_pace_next_ns(pace) : *now_ns;
    const int64_t ready_ns = begun_ns + cost_ns;
    *now_ns = beginning_after(ready_ns);
    rnd_pace_shown(pace, begun_ns, ready_ns, *now_ns);
    return *now_ns - begun_ns;
}

static void test_drawn_as_late_as_can_be(void **state)
{
    (void)state;
    struct rnd_pace pace = {.period_ns = period_ns};
    int64_t now_ns = 5 * ms;
    (void)draw(&pace, &now_ns, 4 * ms);
    int64_t shown_ns = now_ns;
    for (int i = 0; i < 200; ++i) {
        const int64_t cost_ns = (3 + i % 3) * ms;
        const int64_t age_ns = draw(&pace, &now_ns, cost_ns);
        assert_int_equal(now_ns - shown_ns, period_ns); /* none is missed */
        shown_ns = now_ns;
        if (i > 3) {
            assert_true(age_ns <= 7 * ms); /* the dearest, 5 ms, and 2 */
        }
    }
}

/* One dear picture makes the next ones begin earlier, for a while. */
static void test_a_dear_picture_is_remembered(void **state)
{
    (void)state;
    struct rnd_pace pace = {.period_ns = period_ns};
    int64_t now_ns = 5 * ms;
    for (int i = 0; i < 40; ++i) {
        (void)draw(&pace, &now_ns, 3 * ms);
    }
    (void)draw(&pace, &now_ns, 12 * ms);
    int64_t age_ns = draw(&pace, &now_ns, 3 * ms);
    assert_true(age_ns >= 13 * ms && age_ns <= 14 * ms);
    for (int i = 0; i < RND_PACE_KEPT; ++i) {
        age_ns = draw(&pace, &now_ns, 3 * ms);
    }
    assert_true(age_ns <= 5 * ms);
}

/* Dearer than a period: begun at once, never before the last was shown. */
static void test_too_dear_for_the_monitor(void **state)
{
    (void)state;
    struct rnd_pace pace = {.period_ns = period_ns};
    int64_t now_ns = 0;
    for (int i = 0; i < 50; ++i) {
        const int64_t before_ns = now_ns;
        (void)draw(&pace, &now_ns, 20 * ms);
        assert_true(rnd_pace_next_ns(&pace) == now_ns);
        assert_true(now_ns - before_ns <= 2 * period_ns);
    }
}

static void test_not_held(void **state)
{
    (void)state;
    struct rnd_pace pace = {0};
    assert_true(rnd_pace_next_ns(&pace) <= 0);
    rnd_pace_shown(&pace, 100 * ms, 104 * ms, 105 * ms);
    assert_int_equal(rnd_pace_next_ns(&pace), 110 * ms); /* from its beginning */
    rnd_pace_shown(&pace, 200 * ms, 230 * ms, 231 * ms);
    assert_true(rnd_pace_next_ns(&pace) <= 231 * ms); /* a slow one is followed at once */
    /* A monitor is there, and yet the swap is not held: as soon as there is something to show. */
    struct rnd_pace loose = {.period_ns = period_ns};
    rnd_pace_shown(&loose, 100 * ms, 104 * ms, 104 * ms);
    assert_int_equal(rnd_pace_next_ns(&loose), 104 * ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn_as_late_as_can_be),
        cmocka_unit_test(test_a_dear_picture_is_remembered),
        cmocka_unit_test(test_too_dear_for_the_monitor),
        cmocka_unit_test(test_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
