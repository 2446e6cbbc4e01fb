/* Which alarms sound, and that their bursts are what their priority says. */
#include <math.h>

#include "nav/time.h"
#include "test_data.h"
#include "tone.h"

#define MS NAV_NS_PER_MS

static struct nav_scene scene_with(enum nav_alarm code, bool active, bool acknowledged)
{
    struct nav_scene scene = {.time_ns = 1000 * MS, .withhold_ns = 250 * MS, .alarm_count = 1};
    scene.alarms[0] = (struct nav_scene_alarm){
        .code = code, .active = active ? 1 : 0, .acknowledged = acknowledged ? 1 : 0};
    return scene;
}

static void what_sounds(void **state)
{
    (void)state;
    static struct nav_scene scene;
    enum nav_alarm_priority priority = NAV_PRIORITY_LOW;
    scene = scene_with(NAV_ALARM_STOP_DISTANCE, true, false);
    assert_true(tone_wanted(&scene, 1000 * MS, &priority));
    assert_int_equal(priority, NAV_PRIORITY_HIGH);
    scene = scene_with(NAV_ALARM_STOP_DISTANCE, true, true); /* somebody knows */
    assert_false(tone_wanted(&scene, 1000 * MS, &priority));
    scene = scene_with(NAV_ALARM_STOP_DISTANCE, false, false); /* over, only listed */
    assert_false(tone_wanted(&scene, 1000 * MS, &priority));
    scene = scene_with(NAV_ALARM_TOOL_STALE, true, false);
    scene.alarm_count = 2;
    scene.alarms[1] = (struct nav_scene_alarm){.code = NAV_ALARM_OFF_ANGLE, .active = 1};
    assert_true(tone_wanted(&scene, 1000 * MS, &priority));
    assert_int_equal(priority, NAV_PRIORITY_MEDIUM); /* the higher of both */
    scene.muted = 1;
    assert_false(tone_wanted(&scene, 1000 * MS, &priority));
}

static void a_silent_core_sounds(void **state)
{
    (void)state;
    static struct nav_scene scene;
    enum nav_alarm_priority priority = NAV_PRIORITY_LOW;
    scene = (struct nav_scene){.time_ns = 1000 * MS, .withhold_ns = 250 * MS};
    assert_false(tone_wanted(&scene, 1250 * MS, &priority));
    assert_true(tone_wanted(&scene, 1251 * MS, &priority));
    assert_int_equal(priority, NAV_PRIORITY_MEDIUM);
}

/* Pulses in the first four seconds: silence of 30 ms parts them. */
static void bursts_tell_the_priority(void **state)
{
    (void)state;
    static const struct {
        enum nav_alarm_priority priority;
        int pulses;
        double again_s;
    } rows[] = {
        {NAV_PRIORITY_LOW, 1, 20}, {NAV_PRIORITY_MEDIUM, 3, 10}, {NAV_PRIORITY_HIGH, 10, 5}};
    for (size_t i = 0; i < 3; ++i) {
        int pulses = 0;
        double quiet_s = 1.0;
        for (int n = 0; n < 4 * 48000; ++n) {
            const double sample = tone_sample(rows[i].priority, n / 48000.0);
            assert_true(fabs(sample) <= 1.0);
            if (fabs(sample) > 0.02) {
                pulses += quiet_s > 0.03 ? 1 : 0;
                quiet_s = 0.0;
            } else {
                quiet_s += 1.0 / 48000.0;
            }
        }
        assert_int_equal(pulses, rows[i].pulses);
        assert_true(fabs(tone_sample(rows[i].priority, rows[i].again_s + 0.05) -
                         tone_sample(rows[i].priority, 0.05)) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_sounds),
        cmocka_unit_test(a_silent_core_sounds),
        cmocka_unit_test(bursts_tell_the_priority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
