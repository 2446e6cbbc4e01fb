/* A reference that was knocked, and what must not be taken for it. */
#include "tracking_fixture.h"

#include "reference_watch.h"

enum { TOOL = 0, OTHER_TOOL = 1, WATCHED = 2 };

/* What moves, as a function of the time in seconds: mm along x, rad about z. */
typedef double (*motion)(double at_s);

struct scene_of_motion {
    motion reference_mm, reference_rad, tool_mm;
    double rate_hz;
    double noise_mm;
    bool tool_hidden;
};

static uint64_t dice = 88172645463325252u;

static double noise(double size)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return size * ((double)(dice >> 11) * 0x1.0p-53 - 0.5);
}

static struct nav_pose pose_of(double mm, double rad, double noise_mm)
{
    struct nav_pose pose = {.q = {0.0, 0.0, sin(0.5 * rad), cos(0.5 * rad)},
                            .t_mm = {100.0 + mm, -40.0, -1500.0}};
    for (int i = 0; i < 3; ++i) {
        pose.t_mm[i] += noise(noise_mm);
    }
    return pose;
}

static double value(motion of, double at_s)
{
    return of != NULL ? of(at_s) : 0.0;
}

/* Ten seconds; returns the time at which a move was said, or -1. */
static double run(const struct scene_of_motion *scene)
{
    static struct trk_reference_watch watch;
    const struct trk_limits limits = fixture_limits();
    trk_reference_watch_init(&watch, WATCHED);
    const int frames = (int)(10.0 * scene->rate_hz);
    for (int frame = 0; frame < frames; ++frame) {
        const double at_s = (double)frame / scene->rate_hz;
        const int64_t arrival_ns = fixture_t0 + (int64_t)(at_s * 1e9);
        const struct nav_pose tool = pose_of(value(scene->tool_mm, at_s), 0.0, scene->noise_mm);
        const struct nav_pose reference = pose_of(
            value(scene->reference_mm, at_s), value(scene->reference_rad, at_s), scene->noise_mm);
        if (!scene->tool_hidden) {
            trk_reference_watch_push(&watch, TOOL, &tool, arrival_ns, &limits);
        }
        trk_reference_watch_push(&watch, WATCHED, &reference, arrival_ns, &limits);
        if (watch.moved) {
            return at_s;
        }
    }
    return -1.0;
}

static double step_mm(double at_s)
{
    return at_s >= 5.0 ? 1.3 : 0.0;
}

static double small_step_mm(double at_s)
{
    return at_s >= 5.0 ? 0.8 : 0.0;
}

static double step_rad(double at_s)
{
    return at_s >= 5.0 ? 1.4 * 0.017453292519943295 : 0.0;
}

static double slow_drift_mm(double at_s)
{
    return 0.5 * at_s;
}

static double breathing_mm(double at_s)
{
    return 4.0 * sin(2.0 * 3.14159265358979 * at_s / 4.0);
}

/* An oscillating saw: 1.5 mm there and 1.5 mm back, beating with the tracker's rate. */
static double saw_mm(double at_s)
{
    return at_s >= 2.0 ? 1.5 * sin(2.0 * 3.14159265358979 * 83.0 * at_s) : 0.0;
}

/* Pressed aside for 80 ms and springing back. */
static double bump_mm(double at_s)
{
    return at_s >= 5.0 && at_s < 5.08 ? 3.0 : 0.0;
}

/* A table that is driven away and does not stop. */
static double table_mm(double at_s)
{
    return at_s >= 5.0 ? 30.0 * (at_s - 5.0) : 0.0;
}

static double hand_mm(double at_s)
{
    return 30.0 * sin(3.0 * at_s);
}

static void a_step_is_seen(void **state)
{
    (void)state;
    static const double rates_hz[] = {25.0, 60.0, 120.0, 500.0};
    for (size_t i = 0; i < sizeof(rates_hz) / sizeof(rates_hz[0]); ++i) {
        const double shift_s = run(&(struct scene_of_motion){
            .reference_mm = step_mm, .rate_hz = rates_hz[i], .noise_mm = 0.2});
        assert_true(shift_s >= 5.0 && shift_s < 5.5);
        const double turn_s = run(&(struct scene_of_motion){
            .reference_rad = step_rad, .rate_hz = rates_hz[i], .noise_mm = 0.2});
        assert_true(turn_s >= 5.0 && turn_s < 5.5);
    }
}

static void what_is_no_jump_is_not_taken_for_one(void **state)
{
    (void)state;
    static const motion harmless[] = {NULL,   small_step_mm, slow_drift_mm, breathing_mm,
                                      saw_mm, bump_mm,       table_mm};
    static const double rates_hz[] = {20.0, 60.0, 120.0, 330.0};
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); ++i) {
        for (size_t k = 0; k < sizeof(rates_hz) / sizeof(rates_hz[0]); ++k) {
            const double at_s = run(&(struct scene_of_motion){
                .reference_mm = harmless[i], .rate_hz = rates_hz[k], .noise_mm = 0.2});
            if (at_s >= 0.0) {
                fail_msg("motion %zu at %g Hz: said at %g s", i, rates_hz[k], at_s);
            }
        }
    }
}

static void a_camera_that_moves_moves_all(void **state)
{
    (void)state;
    assert_true(
        run(&(struct scene_of_motion){
            .reference_mm = step_mm, .tool_mm = step_mm, .rate_hz = 60.0, .noise_mm = 0.2}) < 0.0);
}

static void without_a_still_tool_nothing_is_said(void **state)
{
    (void)state;
    assert_true(run(&(struct scene_of_motion){
                    .reference_mm = step_mm, .tool_mm = hand_mm, .rate_hz = 60.0}) < 0.0);
    assert_true(run(&(struct scene_of_motion){
                    .reference_mm = step_mm, .tool_hidden = true, .rate_hz = 60.0}) < 0.0);
}

/* ---- in the navigator ---- */

static void push_still(struct trk_navigator *navigator, int64_t at_ns, double reference_mm)
{
    for (uint32_t device = 0; device <= REFERENCE; ++device) {
        struct nav_pose_sample sample =
            fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns, 0.0);
        sample.t_mm[0] += device == REFERENCE ? reference_mm : 0.0;
        sample.t_mm[1] += noise(0.05);
        assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
    }
}

static void the_scene_says_it_until_a_good_check(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    static struct nav_scene scene;
    int64_t at_ns = 0;
    for (; at_ns < NAV_NS_PER_S; at_ns += 16 * MS) {
        push_still(navigator, at_ns, 0.0);
    }
    fixture_scene(navigator, at_ns, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    int64_t since_ns;
    assert_false(trk_navigator_in_doubt(navigator, &since_ns));

    const int64_t jump_ns = at_ns;
    for (; at_ns < 2 * NAV_NS_PER_S; at_ns += 16 * MS) {
        push_still(navigator, at_ns, 2.0);
    }
    fixture_scene(navigator, at_ns, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    assert_reason(&scene, NAV_REASON_REFERENCE_MOVED, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    assert_true(trk_navigator_in_doubt(navigator, &since_ns));
    assert_true(since_ns > fixture_t0 + jump_ns && since_ns < fixture_t0 + jump_ns + 500 * MS);

    /* a bad check does not end it, a good one does */
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0 + at_ns, 1.5), NAV_OK);
    fixture_scene(navigator, at_ns, &scene);
    assert_reason(&scene, NAV_REASON_REFERENCE_MOVED, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0 + at_ns, 0.5), NAV_OK);
    fixture_scene(navigator, at_ns, &scene);
    assert_trust(&scene, NAV_TRUST_OK);

    /* and so does a new registration */
    for (; at_ns < 3 * NAV_NS_PER_S; at_ns += 16 * MS) {
        push_still(navigator, at_ns, 4.0);
    }
    fixture_scene(navigator, at_ns, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    const struct trk_registration_in_force anew = {
        .T_image_reference = config.T_image_reference, .accepted = true, .at_ns = fixture_t0};
    assert_int_equal(trk_navigator_set_registration(navigator, &anew), NAV_OK);
    fixture_scene(navigator, at_ns, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    trk_navigator_destroy(navigator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_seen),
        cmocka_unit_test(what_is_no_jump_is_not_taken_for_one),
        cmocka_unit_test(a_camera_that_moves_moves_all),
        cmocka_unit_test(without_a_still_tool_nothing_is_said),
        cmocka_unit_test(the_scene_says_it_until_a_good_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
