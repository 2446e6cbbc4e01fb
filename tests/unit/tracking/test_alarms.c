/* Alarms: they begin at once, do not flicker, stay until somebody has seen them, highest on top. */
#include "tracking_fixture.h"

#include <string.h>

#include "alarms.h"

static const int64_t hold_ns = 500 * NAV_NS_PER_MS;

static struct nav_scene scene;

static struct trk_alarms *fresh(void)
{
    static struct trk_alarms alarms;
    trk_alarms_init(&alarms, hold_ns);
    return &alarms;
}

static void raise(struct trk_alarms *alarms, enum nav_alarm code, int32_t subject, int64_t at_ms)
{
    trk_alarms_raise(alarms, code, subject, subject >= 0 ? "S2" : NULL, NAN, at_ms * NAV_NS_PER_MS);
}

static void settle(struct trk_alarms *alarms, int64_t at_ms)
{
    trk_alarms_settle(alarms, at_ms * NAV_NS_PER_MS);
    memset(&scene, 0, sizeof(scene));
    trk_alarms_list(alarms, &scene);
}

static void a_cause_alarms_at_once(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    settle(alarms, 0);
    assert_int_equal(scene.alarm_count, 0);
    trk_alarms_raise(alarms, NAV_ALARM_STOP_DISTANCE, 3, "Left S2", 1.25, 7 * NAV_NS_PER_MS);
    settle(alarms, 7);
    assert_int_equal(scene.alarm_count, 1);
    assert_int_equal(scene.alarms_total, 1);
    const struct nav_scene_alarm *alarm = &scene.alarms[0];
    assert_int_equal(alarm->code, NAV_ALARM_STOP_DISTANCE);
    assert_int_equal(alarm->priority, NAV_PRIORITY_HIGH);
    assert_int_equal(alarm->since_ns, 7 * NAV_NS_PER_MS);
    assert_int_equal(alarm->subject, 3);
    assert_true(alarm->value == 1.25);
    assert_true(alarm->active == 1 && alarm->latched == 0 && alarm->acknowledged == 0);
    assert_string_equal(alarm->text, "Left S2: nearer than its stop distance");
    trk_alarms_raise(alarms, NAV_ALARM_REGISTRATION_DRIFT, NAV_SUBJECT_NONE, NULL, NAN, 7);
    settle(alarms, 7);
    assert_string_equal(scene.alarms[1].text, "Registration is off at a landmark");
}

/* It flickers ten times a second: one alarm, one beginning. */
static void what_flickers_is_one_alarm(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    uint32_t began = 0;
    uint32_t other = 0;
    for (int64_t ms = 0; ms < 5000; ms += 20) {
        if (ms / 100 % 2 == 0) {
            raise(alarms, NAV_ALARM_OFF_PLANE, 0, ms);
        }
        settle(alarms, ms);
        assert_int_equal(scene.alarm_count, 1);
        assert_int_equal(scene.alarms[0].active, 1);
        assert_int_equal(scene.alarms[0].since_ns, 0);
    }
    struct trk_alarm_event event;
    while (trk_alarms_next_event(alarms, &event)) {
        began += event.change == TRK_ALARM_BEGAN;
        other += event.change != TRK_ALARM_BEGAN;
    }
    assert_int_equal(began, 1);
    assert_int_equal(other, 0);
}

static void what_is_over_stays_latched(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    raise(alarms, NAV_ALARM_OVER_DEPTH, 1, 100);
    settle(alarms, 100);
    settle(alarms, 599);
    assert_int_equal(scene.alarms[0].active, 1);
    settle(alarms, 600); /* over for exactly the hold time */
    assert_int_equal(scene.alarms[0].active, 0);
    assert_int_equal(scene.alarms[0].latched, 1);
    settle(alarms, 3600 * 1000);
    assert_int_equal(scene.alarm_count, 1);
    assert_int_equal(trk_alarms_acknowledge(alarms, NAV_ALARM_OVER_DEPTH, 1), 1);
    settle(alarms, 3600 * 1000);
    assert_int_equal(scene.alarm_count, 0);
}

static void acknowledging_does_not_hide_what_goes_on(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    raise(alarms, NAV_ALARM_STOP_DISTANCE, 2, 0);
    settle(alarms, 0);
    assert_int_equal(trk_alarms_acknowledge(alarms, NAV_ALARM_COUNT, 0), 1);
    assert_int_equal(trk_alarms_acknowledge(alarms, NAV_ALARM_COUNT, 0), 0);
    raise(alarms, NAV_ALARM_STOP_DISTANCE, 2, 20);
    settle(alarms, 20);
    assert_int_equal(scene.alarm_count, 1);
    assert_true(scene.alarms[0].active == 1 && scene.alarms[0].acknowledged == 1);
    settle(alarms, 520); /* over and acknowledged: gone */
    assert_int_equal(scene.alarm_count, 0);
    raise(alarms, NAV_ALARM_STOP_DISTANCE, 2, 540); /* back: it alarms anew */
    settle(alarms, 540);
    assert_true(scene.alarms[0].active == 1 && scene.alarms[0].acknowledged == 0);
    assert_int_equal(scene.alarms[0].since_ns, 540 * NAV_NS_PER_MS);
}

static void a_latched_one_that_returns_is_active_again(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    raise(alarms, NAV_ALARM_OFF_ANGLE, 0, 0);
    settle(alarms, 500);
    assert_int_equal(scene.alarms[0].latched, 1);
    raise(alarms, NAV_ALARM_OFF_ANGLE, 0, 800);
    settle(alarms, 800);
    assert_int_equal(scene.alarm_count, 1);
    assert_true(scene.alarms[0].active == 1 && scene.alarms[0].latched == 0);
    assert_int_equal(scene.alarms[0].since_ns, 800 * NAV_NS_PER_MS);
}

static void highest_on_top(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    raise(alarms, NAV_ALARM_OVER_DEPTH, 0, 0); /* high, will be over */
    settle(alarms, 0);
    raise(alarms, NAV_ALARM_TOOL_STALE, 0, 500);       /* low */
    raise(alarms, NAV_ALARM_CAUTION_DISTANCE, 5, 500); /* medium, older */
    raise(alarms, NAV_ALARM_CAUTION_DISTANCE, 4, 501); /* medium, newer */
    raise(alarms, NAV_ALARM_OFF_PLANE, 0, 502);        /* high, less urgent than ... */
    raise(alarms, NAV_ALARM_STOP_DISTANCE, 5, 502);    /* ... this */
    settle(alarms, 503);
    static const struct {
        enum nav_alarm code;
        int32_t subject;
    } order[] = {{NAV_ALARM_STOP_DISTANCE, 5},    {NAV_ALARM_OFF_PLANE, 0},
                 {NAV_ALARM_OVER_DEPTH, 0},       {NAV_ALARM_CAUTION_DISTANCE, 4},
                 {NAV_ALARM_CAUTION_DISTANCE, 5}, {NAV_ALARM_TOOL_STALE, 0}};
    assert_int_equal(scene.alarm_count, 6);
    for (size_t i = 0; i < 6; ++i) {
        assert_int_equal(scene.alarms[i].code, order[i].code);
        assert_int_equal(scene.alarms[i].subject, order[i].subject);
    }
}

/* A hundred causes at once: the highest are listed, all are counted, none is forgotten. */
static void more_than_can_be_listed(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    for (int32_t i = 0; i < NAV_STRUCTURES_MAX; ++i) {
        raise(alarms, NAV_ALARM_CAUTION_DISTANCE, i, 0);
    }
    for (int32_t i = 0; i < NAV_ALARMS_MAX + 4; ++i) {
        raise(alarms, NAV_ALARM_STOP_DISTANCE, i, 0);
    }
    settle(alarms, 0);
    assert_int_equal(scene.alarm_count, NAV_ALARMS_MAX);
    assert_int_equal(scene.alarms_total, NAV_STRUCTURES_MAX + NAV_ALARMS_MAX + 4);
    for (uint32_t i = 0; i < NAV_ALARMS_MAX; ++i) {
        assert_int_equal(scene.alarms[i].code, NAV_ALARM_STOP_DISTANCE);
        assert_int_equal(scene.alarms[i].subject, i);
    }
    assert_int_equal(trk_alarms_acknowledge(alarms, NAV_ALARM_STOP_DISTANCE, 0),
                     NAV_ALARMS_MAX + 4);
    settle(alarms, 500);
    assert_int_equal(scene.alarms_total, NAV_STRUCTURES_MAX);
    assert_int_equal(scene.alarms[0].code, NAV_ALARM_CAUTION_DISTANCE);

    alarms = fresh();
    for (int32_t i = 0; i <= TRK_ALARMS_MAX; ++i) {
        raise(alarms, NAV_ALARM_CAUTION_DISTANCE, i, 0);
    }
    assert_int_equal(alarms->left_out, 1);
    raise(alarms, (enum nav_alarm)NAV_ALARM_COUNT, 0, 0); /* no such cause */
    assert_int_equal(alarms->count, TRK_ALARMS_MAX);
}

static void changes_are_told_once_in_order(void **state)
{
    (void)state;
    struct trk_alarms *alarms = fresh();
    raise(alarms, NAV_ALARM_FRAGMENT, NAV_SUBJECT_NONE, 0);
    settle(alarms, 500);
    (void)trk_alarms_acknowledge(alarms, NAV_ALARM_FRAGMENT, 600 * NAV_NS_PER_MS);
    static const struct {
        enum trk_alarm_change change;
        int64_t at_ms;
    } expected[] = {{TRK_ALARM_BEGAN, 0}, {TRK_ALARM_ENDED, 500}, {TRK_ALARM_ACKNOWLEDGED, 600}};
    struct trk_alarm_event event;
    for (size_t i = 0; i < 3; ++i) {
        assert_true(trk_alarms_next_event(alarms, &event));
        assert_int_equal(event.change, expected[i].change);
        assert_int_equal(event.at_ns, expected[i].at_ms * NAV_NS_PER_MS);
        assert_int_equal(event.alarm.code, NAV_ALARM_FRAGMENT);
    }
    assert_false(trk_alarms_next_event(alarms, &event));
    for (int32_t i = 0; i < TRK_ALARM_EVENTS_MAX + 3; ++i) {
        raise(alarms, NAV_ALARM_CAUTION_DISTANCE, i, 700);
    }
    assert_int_equal(alarms->events_lost, 3);
    assert_true(trk_alarms_next_event(alarms, &event));
    assert_int_equal(event.alarm.subject, 3);
}

/* The table of causes: each has its words, and is found by its key. */
static void every_cause_has_its_words(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < NAV_ALARM_COUNT; ++i) {
        assert_true(strlen(nav_alarm_name(i)) > 0 && strlen(nav_alarm_text(i)) > 0);
        assert_true(strlen(nav_alarm_remedy(i)) > 0 && nav_alarm_hazard(i)[0] == 'H');
        for (uint32_t k = 0; k < i; ++k) {
            assert_string_not_equal(nav_alarm_name(i), nav_alarm_name(k));
            /* in order of priority, so that the order of the table is the order of urgency */
            assert_true(nav_alarm_priority_of(k) >= nav_alarm_priority_of(i));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_alarms_at_once),
        cmocka_unit_test(what_flickers_is_one_alarm),
        cmocka_unit_test(what_is_over_stays_latched),
        cmocka_unit_test(acknowledging_does_not_hide_what_goes_on),
        cmocka_unit_test(a_latched_one_that_returns_is_active_again),
        cmocka_unit_test(highest_on_top),
        cmocka_unit_test(more_than_can_be_listed),
        cmocka_unit_test(changes_are_told_once_in_order),
        cmocka_unit_test(every_cause_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
