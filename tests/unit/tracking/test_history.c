#include "tracking_fixture.h"

#include "history.h"

/* An entry at x = `arrival` in ms, so that an answer shows where it comes from. */
static struct trk_entry entry_at(uint32_t source, uint32_t clock, int64_t device_ns,
                                 int64_t arrival_ns)
{
    struct trk_entry entry = {
        .pose = nav_pose_identity(),
        .arrival_ns = arrival_ns,
        .device_ns = device_ns,
        .source = source,
        .clock = clock,
        .flags = TRK_FLAG_VALID | TRK_FLAG_VERIFIED,
        .error_mm = 0.25,
    };
    entry.pose.t_mm[0] = (double)(clock != 0 ? device_ns : arrival_ns) / (double)MS;
    return entry;
}

static void fill(struct trk_history *history, uint32_t clock, const int64_t *times_ms, size_t count)
{
    trk_history_clear(history);
    for (size_t i = 0; i < count; ++i) {
        const struct trk_entry entry =
            entry_at(3, clock, clock != 0 ? times_ms[i] * MS : 0, times_ms[i] * MS);
        trk_history_push(history, &entry);
    }
}

struct row {
    int64_t at_ms;
    enum trk_answer answer;
    double x; /* where the answer comes from */
};

static void check_rows(const struct trk_history *history, uint32_t source, uint32_t clock,
                       const struct row *rows, size_t count)
{
    const struct trk_limits limits = fixture_limits();
    for (size_t i = 0; i < count; ++i) {
        const struct trk_entry at =
            entry_at(source, clock, clock != 0 ? rows[i].at_ms * MS : 0, rows[i].at_ms * MS);
        const struct trk_lookup lookup = trk_history_at(history, &at, &limits);
        if (lookup.answer != rows[i].answer) {
            fail_msg("at %d ms: answer %d instead of %d", (int)rows[i].at_ms, (int)lookup.answer,
                     (int)rows[i].answer);
        }
        if (lookup.answer != TRK_ANSWER_NONE) {
            assert_near(lookup.pose.t_mm[0], rows[i].x, 1e-9);
            assert_near(lookup.error_mm, 0.25, 0.0);
        } else {
            assert_true(isnan(lookup.error_mm));
            assert_int_equal(lookup.flags, 0);
        }
    }
}

#define CHECK(history, source, clock, rows)                                                        \
    check_rows(history, source, clock, rows, sizeof(rows) / sizeof((rows)[0]))

static struct trk_history history;

static void test_on_the_senders_clock(void **state)
{
    (void)state;
    /* gaps of 16, 50 (may be interpolated), 51 (may not) and 100 ms */
    const int64_t times_ms[] = {1000, 1016, 1066, 1117, 1217};
    fill(&history, 7, times_ms, 5);
    const struct row rows[] = {
        {1000, TRK_ANSWER_EXACT, 1000},
        {1066, TRK_ANSWER_EXACT, 1066},
        {1217, TRK_ANSWER_EXACT, 1217},
        {1004, TRK_ANSWER_INTERPOLATED, 1004},
        {1041, TRK_ANSWER_INTERPOLATED, 1041}, /* the gap's end is included */
        {1086, TRK_ANSWER_HELD, 1066},         /* so is join_max */
        {1087, TRK_ANSWER_NONE, 0},            /* 21 and 30 away */
        {1097, TRK_ANSWER_HELD, 1117},
        {1137, TRK_ANSWER_HELD, 1117},
        {1138, TRK_ANSWER_NONE, 0},
        {1196, TRK_ANSWER_NONE, 0},
        {1197, TRK_ANSWER_HELD, 1217},
        {1237, TRK_ANSWER_HELD, 1217}, /* never extrapolated */
        {1238, TRK_ANSWER_NONE, 0},
        {980, TRK_ANSWER_HELD, 1000},
        {979, TRK_ANSWER_NONE, 0},
    };
    CHECK(&history, 3, 7, rows);
}

static void test_by_arrival(void **state)
{
    (void)state;
    const int64_t times_ms[] = {1000, 1016, 1060};
    const struct row rows[] = {
        {1000, TRK_ANSWER_HELD, 1000}, /* not even the same arrival is called exact */
        {1007, TRK_ANSWER_HELD, 1000}, {1008, TRK_ANSWER_HELD, 1016}, /* equally near: the later */
        {1036, TRK_ANSWER_HELD, 1016}, {1037, TRK_ANSWER_NONE, 0},    {1080, TRK_ANSWER_HELD, 1060},
        {1081, TRK_ANSWER_NONE, 0},    {979, TRK_ANSWER_NONE, 0},
    };
    /* no stamps at all; stamps, but of another sender; stamps on one side only */
    fill(&history, 0, times_ms, 3);
    CHECK(&history, 3, 0, rows);
    CHECK(&history, 3, 7, rows);
    const struct row other[] = {{1007, TRK_ANSWER_HELD, 1000}, {1037, TRK_ANSWER_NONE, 0}};
    fill(&history, 7, times_ms, 3);
    CHECK(&history, 4, 8, other);
    CHECK(&history, 3, 0, other);
}

/* After the sender's clock was set, its earlier stamps mean nothing. */
static void test_clocks_are_kept_apart(void **state)
{
    (void)state;
    const int64_t times_ms[] = {1000, 1016};
    fill(&history, 7, times_ms, 2);
    const struct row other_clock[] = {{1000, TRK_ANSWER_NONE, 0}, {1008, TRK_ANSWER_NONE, 0}};
    CHECK(&history, 3, 8, other_clock);
    const struct trk_entry entry = entry_at(3, 8, 1005 * MS, 1033 * MS);
    trk_history_push(&history, &entry);
    const struct row both[] = {{1005, TRK_ANSWER_EXACT, 1005}, {1016, TRK_ANSWER_HELD, 1005}};
    CHECK(&history, 3, 8, both);
    const struct row first[] = {{1016, TRK_ANSWER_EXACT, 1016},
                                {1008, TRK_ANSWER_INTERPOLATED, 1008}};
    CHECK(&history, 3, 7, first);
}

static void test_ring(void **state)
{
    (void)state;
    trk_history_clear(&history);
    assert_null(trk_history_entry(&history, 0));
    const struct trk_limits limits = fixture_limits();
    struct trk_entry entry = entry_at(3, 7, 1000 * MS, 1000 * MS);
    assert_int_equal(trk_history_at(&history, &entry, &limits).answer, TRK_ANSWER_NONE);
    const int count = 3 * NAV_HISTORY_MAX + 5;
    for (int i = 0; i < count; ++i) {
        entry = entry_at(3, 7, i * MS, i * MS);
        trk_history_push(&history, &entry);
        const uint32_t kept = i + 1 < NAV_HISTORY_MAX ? (uint32_t)i + 1 : NAV_HISTORY_MAX;
        assert_int_equal(history.count, kept);
        assert_int_equal(trk_history_entry(&history, 0)->device_ns, i * MS);
        assert_int_equal(trk_history_entry(&history, kept - 1)->device_ns,
                         (i + 1 - (int)kept) * MS);
        assert_null(trk_history_entry(&history, kept));
    }
}

static void test_interpolation_adds_doubt(void **state)
{
    (void)state;
    const struct trk_limits limits = fixture_limits();
    struct trk_entry before = entry_at(3, 7, 1000 * MS, 1100 * MS);
    struct trk_entry after = entry_at(3, 7, 1040 * MS, 1140 * MS);
    const struct trk_entry at = entry_at(3, 7, 1010 * MS, 1110 * MS);
    before.flags = TRK_FLAG_VALID | TRK_FLAG_LATE;
    before.error_mm = 0.5;
    after.pose = (struct nav_pose){.q = {sin(0.4), 0, 0, cos(0.4)}, .t_mm = {1040, 8, 0}};
    trk_history_clear(&history);
    trk_history_push(&history, &before);
    trk_history_push(&history, &after);
    struct trk_lookup lookup = trk_history_at(&history, &at, &limits);
    assert_int_equal(lookup.answer, TRK_ANSWER_INTERPOLATED);
    assert_int_equal(lookup.flags, TRK_FLAG_VALID | TRK_FLAG_LATE);
    assert_int_equal(lookup.arrival_ns, 1140 * MS);
    assert_near(lookup.error_mm, 0.5, 0.0);
    assert_near(lookup.pose.t_mm[0], 1010.0, 1e-12);
    assert_near(lookup.pose.t_mm[1], 2.0, 1e-12);
    assert_near(lookup.pose.q[0], sin(0.1), 1e-12);

    for (int which = 0; which < 2; ++which) {
        before.error_mm = which == 0 ? NAN : 0.5;
        after.error_mm = which == 1 ? NAN : 0.5;
        trk_history_clear(&history);
        trk_history_push(&history, &before);
        trk_history_push(&history, &after);
        lookup = trk_history_at(&history, &at, &limits);
        assert_true(isnan(lookup.error_mm));
    }
}

static void test_extreme_times(void **state)
{
    (void)state;
    assert_true(trk_time_difference(INT64_MAX, -1) == INT64_MAX);
    assert_true(trk_time_difference(INT64_MIN, 1) == INT64_MIN);
    assert_true(trk_time_difference(5, 7) == -2);
    const struct trk_limits limits = fixture_limits();
    const int64_t extremes[] = {INT64_MIN, -1, 1, INT64_MAX};
    for (int i = 0; i < 4; ++i) {
        trk_history_clear(&history);
        const struct trk_entry entry = entry_at(3, 7, extremes[i], extremes[i]);
        trk_history_push(&history, &entry);
        for (int j = 0; j < 4; ++j) {
            const struct trk_entry at = entry_at(3, 7, extremes[j], extremes[j]);
            const bool near = i == j || (i + j == 3 && i != 0 && j != 0);
            assert_int_equal(trk_history_at(&history, &at, &limits).answer != TRK_ANSWER_NONE,
                             near);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_the_senders_clock),     cmocka_unit_test(test_by_arrival),
        cmocka_unit_test(test_clocks_are_kept_apart),    cmocka_unit_test(test_ring),
        cmocka_unit_test(test_interpolation_adds_doubt), cmocka_unit_test(test_extreme_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
