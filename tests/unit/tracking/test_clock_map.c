#include "tracking_fixture.h"

#include "clock_map.h"

static struct trk_clock_map map;

static struct trk_clock_reading read_at(uint32_t source, int64_t device_ns, int64_t arrival_ns)
{
    const struct trk_limits limits = fixture_limits();
    return trk_clock_map_read(&map, source, fixture_utc + device_ns, fixture_t0 + arrival_ns,
                              &limits);
}

static bool jumped(uint32_t source, int64_t now_ns)
{
    const struct trk_limits limits = fixture_limits();
    return trk_clock_map_jumped(&map, source, fixture_t0 + now_ns, &limits);
}

static void test_jitter_is_not_a_jump(void **state)
{
    (void)state;
    trk_clock_map_init(&map);
    assert_int_equal(trk_clock_map_id(&map, 4), 0);
    const uint32_t id = read_at(4, 0, 30 * MS).id;
    assert_int_not_equal(id, 0);
    for (int i = 1; i < 2000; ++i) {
        const int64_t jitter_ns = (i * 7919 % 40) * MS; /* 0 to 39 ms of delay */
        const struct trk_clock_reading reading = read_at(4, i * 16 * MS, i * 16 * MS + jitter_ns);
        assert_int_equal(reading.id, id);
        assert_false(reading.late);
    }
    assert_false(jumped(4, 32000 * MS));
}

static void test_drift_is_followed(void **state)
{
    (void)state;
    for (int direction = -1; direction <= 1; direction += 2) {
        trk_clock_map_init(&map);
        const uint32_t id = read_at(4, 0, 0).id;
        for (int64_t i = 1; i < 36000; ++i) { /* an hour at 10 Hz: 1.8 s apart in the end */
            const int64_t arrival_ns = i * 100 * MS;
            const int64_t drift_ns = direction * arrival_ns / 2000; /* 500 ppm */
            const struct trk_clock_reading reading = read_at(4, arrival_ns + drift_ns, arrival_ns);
            assert_int_equal(reading.id, id);
            assert_false(reading.late);
        }
    }
}

static void test_steps(void **state)
{
    (void)state;
    static const struct {
        int64_t step_ns; /* of the sender's clock */
        bool new_clock;
        bool late;
    } rows[] = {
        {49 * MS, false, false},   {51 * MS, true, false},
        {1000 * MS, true, false},  {3600 * NAV_NS_PER_S, true, false},
        {-49 * MS, false, false},  {-51 * MS, false, true},
        {-1000 * MS, false, true}, {-3600 * NAV_NS_PER_S, false, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        trk_clock_map_init(&map);
        const uint32_t id = read_at(4, 0, 0).id;
        const uint32_t other = read_at(5, 0, 0).id;
        assert_int_not_equal(id, other);
        const struct trk_clock_reading reading = read_at(4, 16 * MS + rows[i].step_ns, 16 * MS);
        assert_int_equal(reading.id != id, rows[i].new_clock);
        assert_int_equal(reading.late, rows[i].late);
        assert_int_equal(jumped(4, 16 * MS), rows[i].new_clock);
        if (rows[i].new_clock) {
            assert_true(jumped(4, 16 * MS + 2000 * MS));
            assert_false(jumped(4, 16 * MS + 2000 * MS + 1));
        }
        assert_false(jumped(5, 16 * MS));
        assert_int_equal(trk_clock_map_id(&map, 5), other);
    }
}

/* A clock put back by less than the time between two samples looks like delay; it is believed when
 * it stays. */
static void test_lasting_lateness_is_taken_over(void **state)
{
    (void)state;
    trk_clock_map_init(&map);
    const uint32_t id = read_at(4, 0, 0).id;
    int last_late = 0;
    for (int i = 1; i < 40; ++i) {
        const struct trk_clock_reading reading = read_at(4, i * 100 * MS - 80 * MS, i * 100 * MS);
        assert_int_equal(reading.id, id);
        if (reading.late) {
            assert_int_equal(i, last_late + 1);
            last_late = i;
        }
    }
    assert_int_equal(last_late, 21); /* from 100 ms on for 2000 ms */

    /* a stall, after which everything comes at once, is late and nothing more */
    trk_clock_map_init(&map);
    (void)read_at(4, 0, 0);
    for (int i = 1; i < 20; ++i) {
        assert_int_equal(read_at(4, i * 16 * MS, 20 * 16 * MS).late, (20 - i) * 16 > 50);
    }
    assert_false(jumped(4, 320 * MS));
}

static void test_rebase_and_forget(void **state)
{
    (void)state;
    trk_clock_map_init(&map);
    const uint32_t id = read_at(4, 0, 0).id;
    trk_clock_map_rebase(&map, 4, fixture_utc - 3600 * NAV_NS_PER_S, fixture_t0 + 16 * MS);
    const struct trk_clock_reading reading = read_at(4, 16 * MS - 3600 * NAV_NS_PER_S, 32 * MS);
    assert_int_not_equal(reading.id, id);
    assert_false(reading.late);
    assert_true(jumped(4, 32 * MS));
    trk_clock_map_forget(&map, 4);
    assert_int_equal(trk_clock_map_id(&map, 4), 0);
    assert_false(jumped(4, 32 * MS));
    assert_int_not_equal(read_at(4, 0, 48 * MS).id, reading.id); /* ids are not used again */
}

static void test_more_sources_than_places(void **state)
{
    (void)state;
    trk_clock_map_init(&map);
    uint32_t ids[NAV_DEVICES_MAX];
    for (uint32_t source = 0; source < NAV_DEVICES_MAX; ++source) {
        ids[source] = read_at(1000 + source, 0, 0).id;
    }
    assert_int_equal(read_at(1000, 16 * MS, 16 * MS).id, ids[0]); /* used last */
    (void)read_at(5000, 0, 0);
    assert_int_equal(trk_clock_map_id(&map, 1000), ids[0]);
    assert_int_equal(trk_clock_map_id(&map, 1001), 0); /* unused for longest */
    assert_int_equal(trk_clock_map_id(&map, 1002), ids[2]);
}

static void test_extreme_stamps(void **state)
{
    (void)state;
    const struct trk_limits limits = fixture_limits();
    const int64_t extremes[] = {INT64_MIN, -1, 1, INT64_MAX};
    trk_clock_map_init(&map);
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            (void)trk_clock_map_read(&map, 1, extremes[i], extremes[j], &limits);
        }
    }
    assert_int_not_equal(trk_clock_map_id(&map, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jitter_is_not_a_jump),
        cmocka_unit_test(test_drift_is_followed),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_lasting_lateness_is_taken_over),
        cmocka_unit_test(test_rebase_and_forget),
        cmocka_unit_test(test_more_sources_than_places),
        cmocka_unit_test(test_extreme_stamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
