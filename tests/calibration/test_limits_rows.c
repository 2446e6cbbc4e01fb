/* The rows of a case's limits and the modules' own defaults say the same. */
#include "test_data.h"

#include "case_limits.h"

static struct cfg_limits rows(void)
{
    struct cfg_limits limits;
    struct cfg_error error;
    assert_int_equal(case_limits_load(NULL, &limits, &error), NAV_OK);
    return limits;
}

#define assert_same(a, b, field) assert_true((a).field == (b).field)

static void landmarks_agree(void **state)
{
    (void)state;
    const struct cfg_limits limits = rows();
    const struct trk_registration_limits a = case_limits_registration(&limits);
    const struct trk_registration_limits b = trk_registration_limits_default();
    assert_same(a, b, landmarks_min);
    assert_same(a, b, fle_mm);
    assert_same(a, b, confidence);
    assert_same(a, b, tre95_max_mm);
    assert_same(a, b, scale_tolerance);
    assert_same(a, b, flat_min);
    assert_same(a, b, thin_min);
    assert_same(a, b, mirror_factor);
}

static void surfaces_agree(void **state)
{
    (void)state;
    const struct cfg_limits limits = rows();
    const struct trk_surface_options a = case_limits_surface(&limits);
    const struct trk_surface_options b = trk_surface_options_default();
    assert_same(a, b, trim);
    assert_same(a, b, iterations_max);
    assert_same(a, b, starts);
    assert_same(a, b, start_angle_rad);
    assert_same(a, b, start_mm);
    assert_same(a, b, agree_mm);
    assert_same(a, b, condition_min);
    assert_same(a, b, spread_min_mm);
    assert_same(a, b, exposed_mm);
    assert_same(a, b, noise_mm);
    assert_same(a, b, tre95_max_mm);
    assert_same(a, b, seed);
}

static void pivots_agree(void **state)
{
    (void)state;
    const struct cfg_limits limits = rows();
    const struct trk_pivot_limits a = case_limits_pivot(&limits);
    const struct trk_pivot_limits b = trk_pivot_limits_default();
    assert_same(a, b, poses_min);
    assert_same(a, b, inliers_min);
    assert_same(a, b, condition_max);
    assert_same(a, b, residual_max_mm);
    assert_same(a, b, inlier_max_mm);
}

static void holds_agree(void **state)
{
    (void)state;
    const struct cfg_limits limits = rows();
    const struct trk_dwell_limits a = case_limits_dwell(&limits);
    const struct trk_dwell_limits b = trk_dwell_limits_default();
    assert_same(a, b, hold_ns);
    assert_same(a, b, gap_max_ns);
    assert_same(a, b, radius_mm);
    assert_same(a, b, samples_min);
}

/* Each row reaches the limit that it names: no two of them are exchanged. */
static void every_row_arrives(void **state)
{
    (void)state;
    const struct cfg_limits limits = {
        .landmarks_min = 5,
        .fle_mm = 1.25,
        .fre_confidence = 0.95,
        .tre95_max_mm = 2.5,
        .scale_tolerance = 0.03,
        .landmarks_flat_min = 0.04,
        .landmarks_thin_min = 0.06,
        .mirror_factor = 3.0,
        .surface_noise_mm = 0.75,
        .surface_agree_mm = 1.5,
        .surface_condition_min = 0.025,
        .surface_spread_min_mm = 45.0,
        .surface_exposed_mm = 90.0,
        .pivot_poses_min = 150,
        .pivot_inliers_min = 0.875,
        .pivot_inlier_max_mm = 3.5,
        .pivot_condition_max = 11.0,
        .pivot_residual_max_mm = 0.7,
        .landmark_hold_ms = 1500,
        .landmark_radius_mm = 1.75,
        .landmark_gap_max_ms = 120,
        .landmark_samples_min = 20,
    };
    const struct trk_registration_limits r = case_limits_registration(&limits);
    assert_int_equal(r.landmarks_min, 5);
    assert_true(r.fle_mm == 1.25 && r.confidence == 0.95 && r.tre95_max_mm == 2.5);
    assert_true(r.scale_tolerance == 0.03 && r.flat_min == 0.04 && r.thin_min == 0.06);
    assert_true(r.mirror_factor == 3.0);
    const struct trk_surface_options s = case_limits_surface(&limits);
    assert_true(s.noise_mm == 0.75 && s.agree_mm == 1.5 && s.condition_min == 0.025);
    assert_true(s.spread_min_mm == 45.0 && s.exposed_mm == 90.0 && s.tre95_max_mm == 2.5);
    const struct trk_pivot_limits p = case_limits_pivot(&limits);
    assert_int_equal(p.poses_min, 150);
    assert_true(p.inliers_min == 0.875 && p.inlier_max_mm == 3.5 && p.condition_max == 11.0);
    assert_true(p.residual_max_mm == 0.7);
    const struct trk_dwell_limits d = case_limits_dwell(&limits);
    assert_int_equal(d.hold_ns, INT64_C(1500000000));
    assert_int_equal(d.gap_max_ns, 120000000);
    assert_true(d.radius_mm == 1.75);
    assert_int_equal(d.samples_min, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landmarks_agree),   cmocka_unit_test(surfaces_agree),
        cmocka_unit_test(pivots_agree),      cmocka_unit_test(holds_agree),
        cmocka_unit_test(every_row_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
