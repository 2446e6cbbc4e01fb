/* Smoothing: less noise for a stated delay, and never across what must not be bridged. */
#include "tracking_fixture.h"

#include <stdlib.h>

#include "smoothing.h"

static const double turn_hz = 0.5;

static double noise(uint64_t *state)
{
    double sum = -6.0; /* twelve uniform numbers: variance 1 */
    for (int i = 0; i < 12; ++i) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(*state >> 11) * 0x1.0p-53;
    }
    return sum;
}

static struct nav_pose about_x(double angle_rad)
{
    return (struct nav_pose){.q = {sin(0.5 * angle_rad), 0.0, 0.0, cos(0.5 * angle_rad)}};
}

static struct trk_config smoothing_config(int64_t smoothing_ms)
{
    struct trk_config config = fixture_config();
    config.limits.smoothing_ns = smoothing_ms * MS;
    return config;
}

/* Pushes `device` at `pose`, of this time after the start on both clocks. */
static void push_pose(struct trk_navigator *navigator, uint32_t device, int64_t at_ns,
                      const struct nav_pose *pose)
{
    struct nav_pose_sample sample =
        fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns, 0.0);
    nav_pose_rotation(pose, sample.R);
    memcpy(sample.t_mm, pose->t_mm, sizeof(sample.t_mm));
    assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
}

/* The stylus on an even way: 200 mm/s along x, turning about its own x. */
static void push_even(struct trk_navigator *navigator, int64_t at_ns)
{
    const double at_s = (double)at_ns * 1e-9;
    struct nav_pose tool = about_x(2.0 * M_PI * turn_hz * at_s);
    tool.t_mm[0] = 200.0 * at_s;
    tool.t_mm[2] = -1200.0;
    const struct nav_pose reference = {.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {5.0, 6.0, -1000.0}};
    push_pose(navigator, STYLUS, at_ns, &tool);
    push_pose(navigator, REFERENCE, at_ns, &reference);
}

/* Where the stylus is shown; `smoothing_ms` 0 is the yardstick. */
static struct nav_scene_tool shown_at(struct trk_navigator *navigator, int64_t at_ns)
{
    static struct nav_scene scene;
    fixture_scene(navigator, at_ns, &scene);
    assert_int_equal(scene.tools[STYLUS].has_pose, 1);
    return scene.tools[STYLUS];
}

static double rms_of_static_tip(int64_t smoothing_ms, uint32_t *out_poses)
{
    struct trk_config config = smoothing_config(smoothing_ms);
    struct trk_navigator *navigator = fixture_navigator(&config);
    uint64_t random = 7;
    double sum[3] = {0.0}, squares = 0.0;
    long count = 0;
    for (int frame = 0; frame < 6000; ++frame) {
        const int64_t at_ns = frame * 10 * MS;
        struct nav_pose tool = about_x(0.3 + 0.002 * noise(&random));
        for (int k = 0; k < 3; ++k) {
            tool.t_mm[k] = 100.0 * k + 0.25 * noise(&random);
        }
        const struct nav_pose reference = {.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {5.0, 6.0, -1000.0}};
        push_pose(navigator, STYLUS, at_ns, &tool);
        push_pose(navigator, REFERENCE, at_ns, &reference);
        const struct nav_scene_tool shown = shown_at(navigator, at_ns);
        if (frame < 20) {
            continue;
        }
        ++count;
        for (int k = 0; k < 3; ++k) {
            sum[k] += shown.tip_image_mm[k];
            squares += shown.tip_image_mm[k] * shown.tip_image_mm[k];
        }
        *out_poses = 1 + (uint32_t)(2 * shown.smoothing_delay_ns / (10 * MS));
    }
    trk_navigator_destroy(navigator);
    const double n = (double)count;
    return sqrt(squares / n - (sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]) / n / n);
}

static void noise_at_rest_falls_with_the_root_of_the_poses(void **state)
{
    (void)state;
    uint32_t poses = 0;
    const double raw_mm = rms_of_static_tip(0, &poses);
    assert_int_equal(poses, 1);
    static const int64_t windows_ms[] = {20, 50, 100};
    for (size_t i = 0; i < sizeof(windows_ms) / sizeof(windows_ms[0]); ++i) {
        const double smooth_mm = rms_of_static_tip(windows_ms[i], &poses);
        print_message("window %3d ms: %2u poses, tip noise %.3f -> %.3f mm rms, 1/%.2f\n",
                      (int)windows_ms[i], poses, raw_mm, smooth_mm, raw_mm / smooth_mm);
        assert_int_equal(poses, 1 + windows_ms[i] / 10);
        assert_near(raw_mm / smooth_mm / sqrt((double)poses), 1.0, 0.05);
    }
}

static void an_even_motion_lags_by_the_stated_delay(void **state)
{
    (void)state;
    struct trk_config config = smoothing_config(60);
    struct trk_config plain_config = smoothing_config(0);
    struct trk_navigator *smooth = fixture_navigator(&config);
    struct trk_navigator *plain = fixture_navigator(&plain_config);
    for (int frame = 0; frame < 40; ++frame) {
        push_even(smooth, frame * 10 * MS);
    }
    const int64_t now_ns = 390 * MS + 2 * MS;
    const struct nav_scene_tool shown = shown_at(smooth, now_ns);
    assert_int_equal(shown.smoothing_delay_ns, 30 * MS); /* half the window */
    assert_int_equal(shown.age_ns, 2 * MS + 30 * MS);
    assert_int_equal(shown.device_ns, fixture_utc + 390 * MS); /* of the newest pose used */
    /* what an unsmoothed navigator shows of the instant that is `delay` back */
    push_even(plain, 360 * MS);
    const struct nav_scene_tool then = shown_at(plain, 360 * MS);
    assert_near(nav_pose_angle_rad(&shown.T_image_tool, &then.T_image_tool), 0.0, 1e-9);
    /* the tip runs along a helix; its mean is off that by the sagitta of the window's arc */
    const double arc = 2.0 * M_PI * turn_hz * 30e-3;
    double apart = 0.0, along = 0.0;
    static const double x_in_image[3] = {0.0, 0.0, 1.0}; /* by the fixture's registration */
    for (int k = 0; k < 3; ++k) {
        const double d = shown.tip_image_mm[k] - then.tip_image_mm[k];
        apart += d * d;
        along += d * x_in_image[k];
    }
    assert_near(along, 0.0, 1e-9);
    assert_true(sqrt(apart) < 160.1 * (1.0 - cos(arc)));
    /* marker and tip belong together whatever was averaged */
    double tip[3];
    nav_pose_apply(&shown.T_image_tool, config.tools[STYLUS].tip_mm, tip);
    for (int k = 0; k < 3; ++k) {
        assert_near(tip[k], shown.tip_image_mm[k], 1e-9);
    }
    trk_navigator_destroy(smooth);
    trk_navigator_destroy(plain);
}

/* A tool turned about its resting tip shows that tip at rest: means of markers would not. */
static void the_tip_of_a_pivoted_tool_stays_where_it_is(void **state)
{
    (void)state;
    struct trk_config config = smoothing_config(100);
    struct trk_navigator *navigator = fixture_navigator(&config);
    const double *tip_mm = config.tools[STYLUS].tip_mm;
    struct nav_scene_tool first = {.has_pose = 0};
    for (int frame = 0; frame < 60; ++frame) {
        const int64_t at_ns = frame * 10 * MS;
        struct nav_pose tool = about_x(0.6 * sin(0.05 * frame));
        double arm[3];
        nav_pose_rotate(&tool, tip_mm, arm);
        for (int k = 0; k < 3; ++k) {
            tool.t_mm[k] = 50.0 * k - arm[k];
        }
        const struct nav_pose reference = {.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {5.0, 6.0, -1000.0}};
        push_pose(navigator, STYLUS, at_ns, &tool);
        push_pose(navigator, REFERENCE, at_ns, &reference);
        const struct nav_scene_tool shown = shown_at(navigator, at_ns);
        first = frame == 0 ? shown : first;
        for (int k = 0; k < 3; ++k) {
            assert_near(shown.tip_image_mm[k], first.tip_image_mm[k], 1e-9);
        }
    }
    trk_navigator_destroy(navigator);
}

static void off_means_the_newest_pose_to_the_last_bit(void **state)
{
    (void)state;
    struct trk_config off = smoothing_config(0);
    struct trk_config on = smoothing_config(1); /* shorter than the time between two poses */
    struct trk_navigator *first = fixture_navigator(&off);
    struct trk_navigator *second = fixture_navigator(&on);
    static struct nav_scene a, b;
    for (int frame = 0; frame < 50; ++frame) {
        fixture_frame(first, frame * 10 * MS);
        fixture_frame(second, frame * 10 * MS);
        fixture_scene(first, frame * 10 * MS + MS, &a);
        fixture_scene(second, frame * 10 * MS + MS, &b);
        assert_int_equal(a.tools[STYLUS].smoothing_delay_ns, 0);
        assert_memory_equal(&a, &b, sizeof(a));
    }
    trk_navigator_destroy(first);
    trk_navigator_destroy(second);
}

/* What happens between frame 20 and the next; the window must begin after it. */
enum trouble { NOTHING, GAP, NOT_VISIBLE, REJECTED, REFERENCE_REJECTED, NEW_CLOCK };

static int64_t delay_after(enum trouble trouble, int frames_after)
{
    struct trk_config config = smoothing_config(100);
    config.limits.return_frames = 1;
    struct trk_navigator *navigator = fixture_navigator(&config);
    int64_t at_ns = 0;
    for (int frame = 0; frame <= 20; ++frame, at_ns += 10 * MS) {
        push_even(navigator, at_ns);
    }
    struct nav_pose_sample sample =
        fixture_sample(trouble == REFERENCE_REJECTED ? REFERENCE : STYLUS, fixture_t0 + at_ns,
                       fixture_utc + at_ns, 0.0);
    int64_t clock_ns = 0;
    switch (trouble) {
    case GAP:
        at_ns += 60 * MS;
        break;
    case NOT_VISIBLE:
        fixture_push_status(navigator, STYLUS, at_ns, NAV_SENDER_INVALID);
        break;
    case REJECTED:
    case REFERENCE_REJECTED:
        sample.R[0] = 2.0;
        assert_int_equal(trk_navigator_push(navigator, &sample), NAV_ERR_NOT_RIGID);
        break;
    case NEW_CLOCK:
        clock_ns = -3600 * NAV_NS_PER_S;
        break;
    case NOTHING:
        break;
    }
    at_ns += 10 * MS;
    int64_t delay_ns = -1;
    for (int frame = 0; frame < frames_after; ++frame, at_ns += 10 * MS) {
        if (clock_ns == 0) {
            push_even(navigator, at_ns);
        } else {
            for (uint32_t device = 0; device <= REFERENCE; device += REFERENCE) {
                const struct nav_pose_sample moved =
                    fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns + clock_ns,
                                   (double)at_ns * 1e-9);
                assert_int_equal(trk_navigator_push(navigator, &moved), NAV_OK);
            }
        }
        delay_ns = shown_at(navigator, at_ns).smoothing_delay_ns;
    }
    trk_navigator_destroy(navigator);
    return delay_ns;
}

static void nothing_that_must_not_be_bridged_is(void **state)
{
    (void)state;
    static const enum trouble troubles[] = {GAP, NOT_VISIBLE, REJECTED, REFERENCE_REJECTED,
                                            NEW_CLOCK};
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); ++i) {
        for (int frames = 1; frames <= 4; ++frames) {
            const int64_t delay_ns = delay_after(troubles[i], frames);
            if (delay_ns != (frames - 1) * 5 * MS) {
                fail_msg("trouble %d: %d frames after it the delay is %lld ns", (int)troubles[i],
                         frames, (long long)delay_ns);
            }
        }
        assert_int_equal(delay_after(troubles[i], 30), 50 * MS); /* and it comes back */
    }
    assert_int_equal(delay_after(NOTHING, 1), 54 * MS); /* of 0, 20, 30 ... 100 ms */
}

/* However long the window: what is shown as live is not older than the limit, delay included. */
static void the_delay_counts_as_age(void **state)
{
    (void)state;
    struct trk_config config = smoothing_config(100);
    config.limits.caution_age_ns = 40 * MS;
    config.limits.withhold_age_ns = 80 * MS;
    struct trk_navigator *navigator = fixture_navigator(&config);
    for (int frame = 0; frame < 30; ++frame) {
        push_even(navigator, frame * 10 * MS);
    }
    static struct nav_scene scene;
    for (int64_t later_ns = 0; later_ns <= 80 * MS; later_ns += MS) {
        fixture_scene(navigator, 290 * MS + later_ns, &scene);
        const struct nav_scene_tool *tool = &scene.tools[STYLUS];
        assert_int_equal(tool->has_pose, 1);
        assert_int_equal(tool->age_ns, later_ns + tool->smoothing_delay_ns);
        assert_true(tool->age_ns <= 80 * MS);
        assert_int_equal(tool->state == NAV_TOOL_STALE, tool->age_ns > 40 * MS);
        if (tool->state == NAV_TOOL_STALE) {
            assert_reason(&scene, NAV_REASON_TOOL_STALE, STYLUS, NAV_TRUST_CAUTION);
        }
    }
    fixture_scene(navigator, 290 * MS + 81 * MS, &scene);
    assert_int_equal(scene.tools[STYLUS].has_pose, 0);
    trk_navigator_destroy(navigator);
}

static void the_mean_rotation_is_markleys(void **state)
{
    (void)state;
    const double tenth = 10.0 * M_PI / 180.0;
    /* weights 3:1 as repeats: -5.038369 deg, not the -5 of a mean of angles */
    struct nav_pose poses[4] = {about_x(-tenth), about_x(-tenth), about_x(-tenth), about_x(tenth)};
    for (int i = 0; i < 4; ++i) {
        poses[1].q[i] = -poses[1].q[i]; /* the same rotation */
    }
    double q[4];
    assert_true(trk_smooth_rotation(poses, 4, q));
    assert_near(2.0 * atan2(q[0], q[3]) * 180.0 / M_PI, -5.038369, 1e-6);
    /* half of them turned by 170 deg: no mean means anything */
    poses[2] = poses[3] = about_x(-tenth + 170.0 * M_PI / 180.0);
    q[0] = 7.0;
    assert_false(trk_smooth_rotation(poses, 4, q));
    assert_true(q[0] == 7.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_at_rest_falls_with_the_root_of_the_poses),
        cmocka_unit_test(an_even_motion_lags_by_the_stated_delay),
        cmocka_unit_test(the_tip_of_a_pivoted_tool_stays_where_it_is),
        cmocka_unit_test(off_means_the_newest_pose_to_the_last_bit),
        cmocka_unit_test(nothing_that_must_not_be_bridged_is),
        cmocka_unit_test(the_delay_counts_as_age),
        cmocka_unit_test(the_mean_rotation_is_markleys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
