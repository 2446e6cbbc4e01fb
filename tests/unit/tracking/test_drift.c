/* Checks of the registration: doubt, trust and trend. */
#include "tracking_fixture.h"

#include "drift.h"

static enum nav_trust note(struct trk_drift *drift, int64_t at_ns, double deviation_mm)
{
    const struct trk_limits limits = fixture_limits();
    const struct trk_check check = {.at_ns = at_ns, .deviation_mm = deviation_mm};
    assert_int_equal(trk_drift_note(drift, &check, &limits), NAV_OK);
    return drift->trust;
}

static void limits_include_their_ends(void **state)
{
    (void)state;
    static const struct {
        double deviation_mm;
        enum nav_trust trust;
    } rows[] = {
        {0.0, NAV_TRUST_OK},
        {1.0, NAV_TRUST_OK},
        {1.000001, NAV_TRUST_CAUTION},
        {2.0, NAV_TRUST_CAUTION},
        {2.000001, NAV_TRUST_WITHHELD},
        {1e6, NAV_TRUST_WITHHELD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct trk_drift drift;
        trk_drift_clear(&drift);
        assert_int_equal(drift.trust, NAV_TRUST_OK);
        assert_int_equal(note(&drift, 1, rows[i].deviation_mm), rows[i].trust);
    }
}

static void only_a_good_check_ends_what_a_bad_one_withheld(void **state)
{
    (void)state;
    struct trk_drift drift;
    trk_drift_clear(&drift);
    assert_int_equal(note(&drift, 10, 1.5), NAV_TRUST_CAUTION);
    assert_int_equal(note(&drift, 20, 2.5), NAV_TRUST_WITHHELD);
    assert_int_equal(note(&drift, 30, 1.5), NAV_TRUST_WITHHELD);
    assert_int_equal(drift.doubted_ns, 10);
    assert_int_equal(note(&drift, 40, 0.4), NAV_TRUST_OK);
    assert_int_equal(note(&drift, 50, 3.0), NAV_TRUST_WITHHELD);
    assert_int_equal(drift.doubted_ns, 50);
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    const struct trk_limits limits = fixture_limits();
    struct trk_drift drift;
    trk_drift_clear(&drift);
    (void)note(&drift, 1, 5.0);
    const struct trk_check none = {.at_ns = 2, .deviation_mm = (double)NAN};
    assert_int_equal(trk_drift_note(&drift, &none, &limits), NAV_ERR_NOT_FINITE);
    const struct trk_check negative = {.at_ns = 2, .deviation_mm = -0.1};
    assert_int_equal(trk_drift_note(&drift, &negative, &limits), NAV_ERR_RANGE);
    assert_int_equal(drift.count, 1);
    assert_int_equal(drift.trust, NAV_TRUST_WITHHELD);
}

static void the_trend_is_a_slope_a_minute(void **state)
{
    (void)state;
    struct trk_drift drift;
    trk_drift_clear(&drift);
    assert_true(isnan(trk_drift_trend(&drift)));
    (void)note(&drift, fixture_t0, 0.2);
    assert_true(isnan(trk_drift_trend(&drift)));
    (void)note(&drift, fixture_t0, 0.3);
    assert_true(isnan(trk_drift_trend(&drift))); /* at one instant */

    trk_drift_clear(&drift);
    for (int minute = 0; minute < 100; ++minute) { /* more than are kept */
        (void)note(&drift, fixture_t0 + minute * 60 * NAV_NS_PER_S, 0.1 + 0.02 * minute);
    }
    assert_int_equal(drift.count, TRK_CHECKS_MAX);
    assert_near(trk_drift_trend(&drift), 0.02, 1e-12);
    assert_near(trk_drift_check(&drift, 0)->deviation_mm, 0.1 + 0.02 * 99, 1e-12);
    assert_near(trk_drift_check(&drift, TRK_CHECKS_MAX - 1)->deviation_mm,
                0.1 + 0.02 * (100 - TRK_CHECKS_MAX), 1e-12);
    assert_null(trk_drift_check(&drift, TRK_CHECKS_MAX));

    /* (0, 1), (1, 0), (2, 2): 0.5 by hand */
    trk_drift_clear(&drift);
    static const double mm[] = {1.0, 0.0, 2.0};
    for (int i = 0; i < 3; ++i) {
        (void)note(&drift, i * 60 * NAV_NS_PER_S, mm[i]);
    }
    assert_near(trk_drift_trend(&drift), 0.5, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_include_their_ends),
        cmocka_unit_test(only_a_good_check_ends_what_a_bad_one_withheld),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(the_trend_is_a_slope_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
