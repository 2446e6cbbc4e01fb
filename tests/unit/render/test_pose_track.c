/* Where a tool was when a picture was taken. */
#include "pose_track.h"

#include <math.h>

#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

static void note(struct rnd_pose_track *track, int64_t at_ms, double x_mm)
{
    struct nav_scene_tool tool = {.has_pose = 1, .arrival_ns = at_ms * MS};
    tool.T_image_tool = nav_pose_identity();
    tool.T_image_tool.t_mm[0] = x_mm;
    rnd_pose_track_note(track, &tool);
}

static double x_at(const struct rnd_pose_track *track, double at_ms)
{
    struct nav_pose pose;
    const bool known =
        rnd_pose_track_at(track, (int64_t)(at_ms * (double)MS), 50 * MS, 5 * MS, &pose);
    return known ? pose.t_mm[0] : NAN;
}

static void poses_are_those_of_the_instant(void **state)
{
    (void)state;
    struct rnd_pose_track track = {0};
    assert_true(isnan(x_at(&track, 100)));
    note(&track, 100, 1.0);
    note(&track, 120, 3.0);
    note(&track, 120, 99.0); /* the same arrival again */
    note(&track, 140, 4.0);
    assert_true(x_at(&track, 100) == 1.0);
    assert_true(fabs(x_at(&track, 110) - 2.0) < 1e-12);
    assert_true(fabs(x_at(&track, 130) - 3.5) < 1e-12);
    assert_true(isnan(x_at(&track, 99)));    /* before it began */
    assert_true(x_at(&track, 145) == 4.0);   /* held for 5 ms */
    assert_true(isnan(x_at(&track, 145.1))); /* never extrapolated */
}

static void nothing_bridges_a_gap(void **state)
{
    (void)state;
    struct rnd_pose_track track = {0};
    note(&track, 100, 1.0);
    note(&track, 150, 2.0);
    note(&track, 201, 3.0);
    assert_true(fabs(x_at(&track, 125) - 1.5) < 1e-12); /* 50 ms: just */
    assert_true(isnan(x_at(&track, 175)));
    assert_true(x_at(&track, 201) == 3.0);
}

static void nothing_bridges_what_was_withheld(void **state)
{
    (void)state;
    struct rnd_pose_track track = {0};
    const struct nav_scene_tool withheld = {.has_pose = 0};
    rnd_pose_track_note(&track, &withheld);
    note(&track, 100, 1.0);
    note(&track, 120, 2.0);
    rnd_pose_track_note(&track, &withheld);
    rnd_pose_track_note(&track, &withheld);
    assert_true(isnan(x_at(&track, 121)));
    assert_true(isnan(x_at(&track, 120)));              /* withheld from there on */
    assert_true(fabs(x_at(&track, 110) - 1.5) < 1e-12); /* it was there then */
    note(&track, 140, 3.0);
    assert_true(isnan(x_at(&track, 130)));
    assert_true(x_at(&track, 140) == 3.0);
}

static void time_that_goes_back_begins_anew(void **state)
{
    (void)state;
    struct rnd_pose_track track = {0};
    note(&track, 1000, 1.0);
    note(&track, 50, 7.0);
    assert_true(isnan(x_at(&track, 1000)));
    assert_true(x_at(&track, 50) == 7.0);
    for (int i = 0; i < 3 * RND_TRACK_MAX; ++i) {
        note(&track, 60 + 10 * i, i);
    }
    assert_true(isnan(x_at(&track, 60)));
    assert_true(x_at(&track, 60 + 10 * (3 * RND_TRACK_MAX - 1)) == 3 * RND_TRACK_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poses_are_those_of_the_instant),
        cmocka_unit_test(nothing_bridges_a_gap),
        cmocka_unit_test(nothing_bridges_what_was_withheld),
        cmocka_unit_test(time_that_goes_back_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
