/* The delay between two streams of poses of one motion. */
#include "delay.h"

#include <math.h>
#include <string.h>

#include "nav/time.h"
#include "test_data.h"

enum { COUNT_MAX = 2000 };
#define MS NAV_NS_PER_MS

static uint64_t random_state;

static double gauss(void)
{
    double sum = -6; /* of twelve uniform numbers */
    for (int i = 0; i < 12; ++i) {
        random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += (double)(random_state >> 11) / 9007199254740992.0;
    }
    return sum;
}

/* A hand turning something to and fro without rhythm, rad at s. */
static struct nav_pose motion(double at_s, double noise_rad)
{
    const double angle = 0.35 * sin(5.1 * at_s + 1.3 * sin(1.7 * at_s)) + 0.2 * sin(2.3 * at_s) +
                         noise_rad * gauss();
    const double tilt = 0.25 * cos(3.7 * at_s + sin(0.9 * at_s)) + noise_rad * gauss();
    const struct nav_pose about_z = {.q = {0, 0, sin(angle / 2), cos(angle / 2)}};
    const struct nav_pose about_x = {.q = {sin(tilt / 2), 0, 0, cos(tilt / 2)}};
    return nav_pose_compose(&about_z, &about_x);
}

struct stream {
    size_t count;
    struct nav_pose poses[COUNT_MAX];
    int64_t time_ns[COUNT_MAX];
};

static struct stream camera;
static struct stream tracker;

static const struct nav_pose handeye = {.q = {0.5, -0.5, 0.5, 0.5}, .t_mm = {30, -20, 90}};

/* The tracker at 60 Hz; the camera at 30, its stamps late, seen from elsewhere. */
static void record(double length_s, double delay_s, double noise_rad, double speed)
{
    tracker.count = 0;
    for (int i = 0; i < length_s * 60; ++i) {
        tracker.time_ns[tracker.count] = (int64_t)(i / 60.0 * (double)NAV_NS_PER_S);
        tracker.poses[tracker.count++] = motion(speed * i / 60.0, noise_rad);
    }
    camera.count = 0;
    for (int i = 12; i < length_s * 30 - 12; ++i) {
        const double seen_s = i / 30.0 + 0.0071;
        const struct nav_pose body = motion(speed * seen_s, noise_rad);
        camera.time_ns[camera.count] = (int64_t)((seen_s + delay_s) * (double)NAV_NS_PER_S);
        const struct nav_pose inverse = nav_pose_inverse(&handeye);
        const struct nav_pose turned = nav_pose_compose(&body, &handeye);
        camera.poses[camera.count++] = nav_pose_compose(&inverse, &turned);
    }
}

static struct trk_delay estimate(void)
{
    const struct trk_delay_limits limits = trk_delay_limits_default();
    struct trk_delay found;
    assert_int_equal(trk_delay_estimate(camera.poses, camera.time_ns, camera.count, tracker.poses,
                                        tracker.time_ns, tracker.count, &limits, &found),
                     NAV_OK);
    return found;
}

static void known_delays_are_found(void **state)
{
    (void)state;
    random_state = 1;
    double worst_ms = 0;
    static const double delays_s[] = {0.0, 0.033, 0.1, -0.045, 0.2173};
    for (size_t i = 0; i < sizeof(delays_s) / sizeof(delays_s[0]); ++i) {
        for (int seed = 0; seed < 20; ++seed) {
            record(10, delays_s[i], 0.1 / 57.3, 1.0); /* 0.1 deg of noise in both */
            const struct trk_delay found = estimate();
            const double off_ms = ((double)found.delay_ns / 1e9 - delays_s[i]) * 1e3;
            worst_ms = fmax(worst_ms, fabs(off_ms));
            if (found.refusals.count > 0) {
                fail_msg("%s: %s, sd %.2f ms", found.refusals.list[0].code,
                         found.refusals.list[0].text, found.sd_ns / 1e6);
            }
            assert_true(fabs(off_ms) < 5.0 * found.sd_ns / 1e6 + 0.2);
        }
    }
    print_message("worst of 100: %.2f ms\n", worst_ms);
    assert_true(worst_ms < 5.0);
}

static bool refused(const struct trk_delay *found, const char *code)
{
    for (uint32_t i = 0; i < found->refusals.count; ++i) {
        if (strcmp(found->refusals.list[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

static void poor_motions_are_refused(void **state)
{
    (void)state;
    random_state = 2;
    record(10, 0.05, 0.0005, 0.002); /* nearly still */
    struct trk_delay found = estimate();
    assert_true(refused(&found, "still"));
    record(1.8, 0.05, 0.0005, 1.0);
    found = estimate();
    assert_true(refused(&found, "too-few"));
    record(10, 0.31, 0.0005, 1.0); /* beyond the search */
    found = estimate();
    assert_true(found.refusals.count > 0);
    record(10, 0.05, 0.02, 0.05); /* more noise than motion */
    found = estimate();
    assert_true(found.refusals.count > 0);

    record(10, 0.05, 0.002, 1.0);
    struct trk_delay_limits strict = trk_delay_limits_default();
    strict.sd_max_ns = 1e4;
    assert_int_equal(trk_delay_estimate(camera.poses, camera.time_ns, camera.count, tracker.poses,
                                        tracker.time_ns, tracker.count, &strict, &found),
                     NAV_OK);
    assert_true(refused(&found, "uncertain"));

    /* A pendulum: one turn to and fro looks like the next. */
    record(10, 0.02, 0.0, 1.0);
    for (size_t i = 0; i < tracker.count; ++i) {
        const double angle = 0.2 * sin(2 * 3.14159265 * 4 * (double)tracker.time_ns[i] / 1e9);
        tracker.poses[i] = (struct nav_pose){.q = {0, 0, sin(angle / 2), cos(angle / 2)}};
    }
    for (size_t i = 0; i < camera.count; ++i) {
        const double at_s = (double)camera.time_ns[i] / 1e9 - 0.02;
        const double angle = 0.2 * sin(2 * 3.14159265 * 4 * at_s);
        camera.poses[i] = (struct nav_pose){.q = {0, 0, sin(angle / 2), cos(angle / 2)}};
    }
    found = estimate();
    assert_true(refused(&found, "repeats"));
}

static void what_does_not_overlap_is_not_compared(void **state)
{
    (void)state;
    record(5, 0.0, 0.0, 1.0);
    for (size_t i = 0; i < camera.count; ++i) {
        camera.time_ns[i] += 3600 * NAV_NS_PER_S;
    }
    const struct trk_delay_limits limits = trk_delay_limits_default();
    struct trk_delay found = {.intervals = 77};
    assert_int_equal(trk_delay_estimate(camera.poses, camera.time_ns, camera.count, tracker.poses,
                                        tracker.time_ns, tracker.count, &limits, &found),
                     NAV_ERR_NOT_FOUND);
    tracker.time_ns[5] = tracker.time_ns[3];
    assert_int_equal(trk_delay_estimate(camera.poses, camera.time_ns, camera.count, tracker.poses,
                                        tracker.time_ns, tracker.count, &limits, &found),
                     NAV_ERR_ARGUMENT);
    assert_int_equal(trk_delay_estimate(camera.poses, camera.time_ns, 2, tracker.poses,
                                        tracker.time_ns, 5, &limits, &found),
                     NAV_ERR_ARGUMENT);
    assert_int_equal(found.intervals, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_delays_are_found),
        cmocka_unit_test(poor_motions_are_refused),
        cmocka_unit_test(what_does_not_overlap_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
