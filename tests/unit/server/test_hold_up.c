/* Bytes that may have waited get the older time. */
#include "hold_up.h"

#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

static void now_is_right_while_the_loop_looks_often(void **state)
{
    (void)state;
    struct srv_hold_up hold_up;
    srv_hold_up_init(&hold_up, 100 * MS, 1000 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 1020 * MS), 1020 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 1100 * MS), 1100 * MS); /* equality */
    srv_hold_up_looked(&hold_up, 1100 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 1200 * MS), 1200 * MS);
}

static void after_a_hold_up_the_last_look_counts(void **state)
{
    (void)state;
    struct srv_hold_up hold_up;
    srv_hold_up_init(&hold_up, 100 * MS, 1000 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 5000 * MS), 1000 * MS);
    /* The iteration that was held up may have looked at nothing. */
    srv_hold_up_looked(&hold_up, 5001 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 5002 * MS), 1000 * MS);
    /* The one after it has. */
    srv_hold_up_looked(&hold_up, 5003 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 5004 * MS), 5004 * MS);
    srv_hold_up_looked(&hold_up, 5005 * MS);
    assert_int_equal(srv_hold_up_arrival(&hold_up, 6000 * MS), 5005 * MS);
}

/* A loop that is always too slow never claims to be in time, yet goes on looking. */
static void a_loop_that_stays_slow_stays_honest(void **state)
{
    (void)state;
    struct srv_hold_up hold_up;
    srv_hold_up_init(&hold_up, 100 * MS, 0);
    for (int64_t now_ns = 200 * MS; now_ns < 4000 * MS; now_ns += 200 * MS) {
        const int64_t arrival_ns = srv_hold_up_arrival(&hold_up, now_ns);
        assert_true(arrival_ns <= now_ns - 200 * MS);
        assert_true(arrival_ns >= now_ns - 400 * MS);
        srv_hold_up_looked(&hold_up, now_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_right_while_the_loop_looks_often),
        cmocka_unit_test(after_a_hold_up_the_last_look_counts),
        cmocka_unit_test(a_loop_that_stays_slow_stays_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
