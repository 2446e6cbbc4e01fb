#include "tracking_fixture.h"

#include "gate.h"

static struct nav_pose_sample good(void)
{
    return fixture_sample(STYLUS, fixture_t0, fixture_utc, 0.7);
}

static enum nav_status check(const struct nav_pose_sample *sample, struct trk_gate_verdict *verdict)
{
    const struct trk_limits limits = fixture_limits();
    return trk_gate_check(&limits, sample, verdict);
}

static void test_senders_word(void **state)
{
    (void)state;
    static const struct {
        enum nav_sender_status status;
        bool visible;
    } rows[] = {
        {NAV_SENDER_UNSTATED, true},       {NAV_SENDER_OK, true},
        {NAV_SENDER_MISSING, false},       {NAV_SENDER_OUT_OF_VIEW, false},
        {NAV_SENDER_OUT_OF_VOLUME, false}, {NAV_SENDER_INVALID, false},
        {NAV_SENDER_UNKNOWN_WORD, false},  {(enum nav_sender_status)99, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_pose_sample sample = good();
        sample.status = rows[i].status;
        struct trk_gate_verdict verdict;
        assert_int_equal(check(&sample, &verdict), NAV_OK);
        assert_int_equal(verdict.not_visible, !rows[i].visible);
        assert_named(verdict.reason, rows[i].visible ? NAV_REASON_NONE : NAV_REASON_TOOL_INVALID,
                     nav_reason_name);
        assert_int_equal(nav_pose_is_valid(&verdict.pose), rows[i].visible);
    }
    /* what it says goes before what it sends */
    struct nav_pose_sample sample = good();
    sample.status = NAV_SENDER_MISSING;
    sample.R[4] = NAN;
    struct trk_gate_verdict verdict;
    assert_int_equal(check(&sample, &verdict), NAV_OK);
    assert_true(verdict.not_visible);
}

static void test_malformed(void **state)
{
    (void)state;
    struct trk_gate_verdict verdict;
    for (int i = 0; i < 12; ++i) {
        const double values[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
        for (int j = 0; j < 3; ++j) {
            struct nav_pose_sample sample = good();
            *(i < 9 ? &sample.R[i] : &sample.t_mm[i - 9]) = values[j];
            assert_int_equal(check(&sample, &verdict), NAV_ERR_NOT_FINITE);
            assert_named(verdict.reason, NAV_REASON_POSE_NOT_FINITE, nav_reason_name);
            assert_false(verdict.not_visible);
        }
        if (i < 9) {
            struct nav_pose_sample sample = good();
            sample.R[i] += 0.01;
            assert_int_equal(check(&sample, &verdict), NAV_ERR_NOT_RIGID);
            assert_named(verdict.reason, NAV_REASON_POSE_NOT_RIGID, nav_reason_name);
            sample.R[i] = 1e38;
            assert_int_equal(check(&sample, &verdict), NAV_ERR_NOT_RIGID);
        }
    }
    struct nav_pose_sample zero = {0}; /* passes a checksum of initial value 0 */
    assert_int_equal(check(&zero, &verdict), NAV_ERR_NOT_RIGID);
    struct nav_pose_sample mirrored = good();
    for (int i = 0; i < 9; i += 3) {
        mirrored.R[i] = -mirrored.R[i];
    }
    assert_int_equal(check(&mirrored, &verdict), NAV_ERR_NOT_RIGID);
}

static void test_range(void **state)
{
    (void)state;
    static const struct {
        double t_mm[3];
        enum nav_status expected;
    } rows[] = {
        {{10000.0, 0.0, 0.0}, NAV_OK},
        {{6000.0, -8000.0, 0.0}, NAV_OK}, /* exactly the limit */
        {{10000.001, 0.0, 0.0}, NAV_ERR_RANGE},
        {{6000.0, -8000.0, 10.0}, NAV_ERR_RANGE},
        {{0.0, 0.0, 1e38}, NAV_ERR_RANGE},
        {{1e300, 1e300, 1e300}, NAV_ERR_RANGE},
        {{5e-324, 0.0, 0.0}, NAV_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_pose_sample sample = good();
        memcpy(sample.t_mm, rows[i].t_mm, sizeof(sample.t_mm));
        struct trk_gate_verdict verdict;
        assert_int_equal(check(&sample, &verdict), rows[i].expected);
        assert_named(verdict.reason,
                     rows[i].expected == NAV_OK ? NAV_REASON_NONE : NAV_REASON_POSE_OUT_OF_RANGE,
                     nav_reason_name);
    }
}

static void test_fit_error(void **state)
{
    (void)state;
    static const struct {
        float error_mm;
        enum nav_status expected;
    } rows[] = {
        {NAN, NAV_OK},  {-1.0f, NAV_OK},           {0.0f, NAV_OK},
        {1.0f, NAV_OK}, {1.001f, NAV_ERR_REFUSED}, {INFINITY, NAV_ERR_REFUSED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_pose_sample sample = good();
        sample.error_mm = rows[i].error_mm;
        struct trk_gate_verdict verdict;
        assert_int_equal(check(&sample, &verdict), rows[i].expected);
        assert_int_equal(verdict.not_visible, rows[i].expected != NAV_OK);
        assert_named(verdict.reason,
                     rows[i].expected == NAV_OK ? NAV_REASON_NONE : NAV_REASON_FIT_ERROR,
                     nav_reason_name);
    }
}

static void test_identity_is_noticed(void **state)
{
    (void)state;
    struct nav_pose_sample sample = good();
    struct trk_gate_verdict verdict;
    const double identity[9] = {1, 0, 0, 0, 1, 0, 0, -0.0, 1};
    memcpy(sample.R, identity, sizeof(identity));
    memset(sample.t_mm, 0, sizeof(sample.t_mm));
    assert_int_equal(check(&sample, &verdict), NAV_OK);
    assert_true(verdict.identity);
    sample.t_mm[1] = 1e-9;
    assert_int_equal(check(&sample, &verdict), NAV_OK);
    assert_false(verdict.identity);
    sample.t_mm[1] = 0.0;
    sample.R[1] = 1e-9;
    assert_int_equal(check(&sample, &verdict), NAV_OK);
    assert_false(verdict.identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_senders_word),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_fit_error),
        cmocka_unit_test(test_identity_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
