#include "wire_test.h"

#include "wire_time.h"

enum { BILLION = 1000000000 };

static void worked_values(void **state)
{
    (void)state;
    assert_true(wire_time_from_ns(500000000) == UINT64_C(0x80000000));
    assert_true(wire_time_from_ns(INT64_C(1234567890) * BILLION) == UINT64_C(0x499602d200000000));
    assert_int_equal(wire_time_to_ns(UINT64_C(0x80000000)), 500000000);
    assert_int_equal(wire_time_to_ns(UINT64_C(0x499602d280000000)),
                     INT64_C(1234567890) * BILLION + 500000000);
    /* A quarter of a nanosecond below the next second rounds up into it. */
    assert_int_equal(wire_time_to_ns(UINT64_C(0x00000001ffffffff)), INT64_C(2) * BILLION);
}

static void none_stays_none(void **state)
{
    (void)state;
    assert_int_equal(wire_time_to_ns(0), 0);
    assert_true(wire_time_from_ns(0) == 0);
    assert_true(wire_time_from_ns(-1) == 0);
    assert_true(wire_time_from_ns(INT64_MIN) == 0);
}

static void every_nanosecond_survives(void **state)
{
    (void)state;
    const int64_t starts[] = {0, INT64_C(1700000000) * BILLION, INT64_C(4294967295) * BILLION};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        /* A stride that is prime to 10^9 visits all residues of small moduli. */
        for (int64_t ns = 1; ns < BILLION; ns += 997) {
            assert_int_equal(wire_time_to_ns(wire_time_from_ns(starts[i] + ns)), starts[i] + ns);
        }
        for (int64_t ns = 1; ns < 20000; ns++) {
            assert_int_equal(wire_time_to_ns(wire_time_from_ns(starts[i] + ns)), starts[i] + ns);
            assert_int_equal(wire_time_to_ns(wire_time_from_ns(starts[i] + BILLION - ns)),
                             starts[i] + BILLION - ns);
        }
    }
}

static void order_is_kept(void **state)
{
    (void)state;
    uint64_t stamp = UINT64_C(0x6553f100fffff000);
    int64_t before = wire_time_to_ns(stamp);
    for (int i = 0; i < 8192; i++) {
        const int64_t ns = wire_time_to_ns(++stamp);
        assert_true(ns >= before);
        before = ns;
    }
}

static void the_range_ends_in_2106(void **state)
{
    (void)state;
    const int64_t last = INT64_C(4294967295) * BILLION + 999999999;
    assert_true(wire_time_from_ns(last) != 0);
    assert_true(wire_time_from_ns(last + 1) == 0);
    assert_true(wire_time_from_ns(INT64_MAX) == 0);
    assert_true(wire_time_to_ns(UINT64_MAX) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_values),
        cmocka_unit_test(none_stays_none),
        cmocka_unit_test(every_nanosecond_survives),
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(the_range_ends_in_2106),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
