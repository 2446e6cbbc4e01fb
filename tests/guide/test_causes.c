/* Which causes alarm, when, and what they say; each control alone. */
#include "guide_fixture.h"

static void tilt(uint32_t tool, double pitch_deg, double roll_deg)
{
    /* pitch about x turns the axis +y towards +z, roll about y turns the edge +x towards -z */
    const double p = 0.5 * pitch_deg * 3.14159265358979323846 / 180.0;
    const double r = -0.5 * roll_deg * 3.14159265358979323846 / 180.0;
    const struct nav_pose pitch = {.q = {sin(p), 0, 0, cos(p)}};
    const struct nav_pose roll = {.q = {0, sin(r), 0, cos(r)}};
    const struct nav_pose both = nav_pose_compose(&pitch, &roll);
    memcpy(bench.poses[tool].q, both.q, sizeof(both.q));
    make_scene();
    advance();
}

/* The blade goes towards the nerve behind the bone: 5 mm and 2 mm, each less 0.7 mm uncertainty. */
static void near_a_nerve(void **state)
{
    (void)state;
    static const struct {
        double distance_mm;
        enum nav_limit_state state;
    } steps[] = {
        {5.71, NAV_LIMIT_CLEAR}, {5.69, NAV_LIMIT_CAUTION}, {5.99, NAV_LIMIT_CAUTION},
        {6.01, NAV_LIMIT_CLEAR}, {2.71, NAV_LIMIT_CAUTION}, {2.69, NAV_LIMIT_STOP},
        {2.99, NAV_LIMIT_STOP},  {3.01, NAV_LIMIT_CAUTION}, {-1.0, NAV_LIMIT_STOP},
        {30.0, NAV_LIMIT_CLEAR},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); ++i) {
        hold_at(OSTEOTOME, 0, 66 - steps[i].distance_mm, 0);
        /* the edge sweeps between two scenes: stand still to be asked of one place */
        hold_at(OSTEOTOME, 1e-9, 66 - steps[i].distance_mm, 0);
        const struct nav_scene_structure *nerve = &bench.scene.structures[NERVE];
        if (nerve->limit_state != steps[i].state) {
            fail_msg("%g mm: %s", steps[i].distance_mm, nav_limit_state_name(nerve->limit_state));
        }
        if (steps[i].state == NAV_LIMIT_STOP) {
            const struct nav_scene_alarm *alarm = alarm_of(NAV_ALARM_STOP_DISTANCE);
            assert_non_null(alarm);
            assert_int_equal(alarm->active, 1);
            assert_int_equal(alarm->subject, NERVE);
            assert_ptr_equal(alarm, &bench.scene.alarms[0]); /* on top */
            assert_string_equal(alarm->text, "S2: nearer than its stop distance");
        }
        if (steps[i].state == NAV_LIMIT_CAUTION && i < 3) {
            assert_non_null(alarm_of(NAV_ALARM_CAUTION_DISTANCE));
            assert_null(alarm_of(NAV_ALARM_STOP_DISTANCE));
        }
    }
    wait_ms(600);
    assert_int_equal(alarm_of(NAV_ALARM_STOP_DISTANCE)->latched, 1); /* it was there */
}

/* A saw goes to and fro: one line a structure, the worse one. */
static void one_line_a_structure(void **state)
{
    (void)state;
    for (int i = 0; i < 20; ++i) {
        hold_at(OSTEOTOME, 1e-9 * i, i % 2 == 0 ? 66 - 2.5 : 66 - 4.5, 0);
        uint32_t lines = 0;
        for (uint32_t k = 0; k < bench.scene.alarm_count; ++k) {
            lines += bench.scene.alarms[k].subject == NERVE ? 1 : 0;
        }
        assert_int_equal(lines, 1);
        assert_non_null(alarm_of(NAV_ALARM_STOP_DISTANCE));
    }
    hold_at(OSTEOTOME, 0, 66 - 4.5, 0);
    wait_ms(600); /* the stop is over and latched, the caution stands */
    assert_int_equal(alarm_of(NAV_ALARM_STOP_DISTANCE)->latched, 1);
    assert_int_equal(alarm_of(NAV_ALARM_CAUTION_DISTANCE)->active, 1);
}

/* Without the uncertainty the same places are clear. */
static void the_factor_switches_the_uncertainty(void **state)
{
    (void)state;
    hold_at(OSTEOTOME, 0, 66 - 2.5, 0);
    assert_int_equal(bench.scene.structures[NERVE].limit_state, NAV_LIMIT_STOP);
    bench.config.limits.uncertainty_factor = 0;
    start_guide();
    hold_at(OSTEOTOME, 0, 66 - 2.5, 0);
    assert_int_equal(bench.scene.structures[NERVE].limit_state, NAV_LIMIT_CAUTION);
    assert_near_mm(bench.scene.structures[NERVE].uncertainty_mm, 0.7); /* shown all the same */
}

/* Between two scenes the blade passes the nerve: it was there, and that alarms. */
static void what_lies_between_two_scenes_counts(void **state)
{
    (void)state;
    hold_at(OSTEOTOME, -30, 68, 0);
    assert_int_equal(bench.scene.structures[NERVE].limit_state, NAV_LIMIT_CLEAR);
    hold_at(OSTEOTOME, 30, 68, 0);
    assert_non_null(alarm_of(NAV_ALARM_STOP_DISTANCE));
}

/* Two poses in a row at one place. */
static void rest_at(uint32_t tool, double x, double y, double z)
{
    hold_at(tool, x, y, z);
    hold_at(tool, x, y, z);
}

static void off_the_plane_while_cutting(void **state)
{
    (void)state;
    activate("A");
    rest_at(OSTEOTOME, 0, -10, -1 + 3); /* in the air: shown, no alarm */
    assert_int_equal(bench.scene.cuts[CUT_A].offset_state, NAV_LIMIT_STOP);
    assert_null(alarm_of(NAV_ALARM_OFF_PLANE));
    rest_at(OSTEOTOME, 0, -10, -1 + 1.5);
    rest_at(OSTEOTOME, 0, 10, -1 + 1.5);
    assert_int_equal(bench.scene.cuts[CUT_A].offset_state, NAV_LIMIT_CAUTION);
    assert_null(alarm_of(NAV_ALARM_OFF_PLANE));
    rest_at(OSTEOTOME, 0, 10, -1 - 2.1); /* either side */
    const struct nav_scene_alarm *alarm = alarm_of(NAV_ALARM_OFF_PLANE);
    assert_non_null(alarm);
    assert_int_equal(alarm->subject, CUT_A);
    assert_near_mm(alarm->value, -2.1);
    assert_int_equal(alarm->priority, NAV_PRIORITY_HIGH);
}

static void tilted_while_cutting(void **state)
{
    (void)state;
    activate("A");
    rest_at(OSTEOTOME, 0, 10, -1);
    tilt(OSTEOTOME, 3.9, 0);
    wait_ms(20);
    assert_int_equal(bench.scene.cuts[CUT_A].angle_state, NAV_LIMIT_CAUTION);
    assert_near_mm(bench.scene.cuts[CUT_A].pitch_deg, 3.9);
    assert_null(alarm_of(NAV_ALARM_OFF_ANGLE));
    tilt(OSTEOTOME, 0, 4.1);
    wait_ms(20);
    assert_true(fabs(fabs(bench.scene.cuts[CUT_A].roll_deg) - 4.1) < 1e-6);
    assert_non_null(alarm_of(NAV_ALARM_OFF_ANGLE));
}

static void deeper_than_planned(void **state)
{
    (void)state;
    activate("A");
    rest_at(OSTEOTOME, 0, 37, -1);
    assert_int_equal(bench.scene.cuts[CUT_A].depth_state, NAV_LIMIT_CLEAR);
    rest_at(OSTEOTOME, 0, 38.1, -1);
    assert_int_equal(bench.scene.cuts[CUT_A].depth_state, NAV_LIMIT_CAUTION);
    rest_at(OSTEOTOME, 0, 41.0, -1);
    assert_null(alarm_of(NAV_ALARM_OVER_DEPTH));
    rest_at(OSTEOTOME, 0, 41.1, -1);
    assert_non_null(alarm_of(NAV_ALARM_OVER_DEPTH));
    rest_at(OSTEOTOME, 0, 61.0, -1); /* through the far cortex: still too deep */
    assert_int_equal(bench.scene.cuts[CUT_A].cutting, 0);
    wait_ms(700);
    assert_int_equal(alarm_of(NAV_ALARM_OVER_DEPTH)->active, 1);
    rest_at(OSTEOTOME, 90, 61.0, -1); /* beside the patient nothing is deep */
    assert_int_equal(bench.scene.cuts[CUT_A].depth_state, NAV_LIMIT_NONE);
}

/* Noise reaches further than limits are apart: a pose that stands alone says nothing of plane,
 * angle and depth, the second one does. A scene without a new pose is no second one. */
static void a_pose_that_stands_alone_does_not_alarm(void **state)
{
    (void)state;
    activate("A");
    rest_at(OSTEOTOME, 0, 10, -1);
    for (int i = 0; i < 5; ++i) {
        hold_at(OSTEOTOME, 0, 10, -1 + 3);
        hold_at(OSTEOTOME, 0, 10, -1);
        hold_at(OSTEOTOME, 0, 41.5, -1);
        hold_at(OSTEOTOME, 0, 10, -1);
    }
    assert_null(alarm_of(NAV_ALARM_OFF_PLANE));
    assert_null(alarm_of(NAV_ALARM_OVER_DEPTH));
    hold_at(OSTEOTOME, 0, 10, -1 + 3);
    make_scene();
    bench.scene.tools[OSTEOTOME].arrival_ns = bench.now_ns - 20 * MS;
    advance();
    assert_null(alarm_of(NAV_ALARM_OFF_PLANE));
    hold_at(OSTEOTOME, 0, 10, -1 + 3); /* bit for bit the same, and yet a second one */
    assert_non_null(alarm_of(NAV_ALARM_OFF_PLANE));
    hold_at(OSTEOTOME, 0, 10, -1); /* nor does one alone end it */
    assert_int_equal(bench.scene.cuts[CUT_A].offset_state, NAV_LIMIT_STOP);
    hold_at(OSTEOTOME, 0, 10, -1);
    assert_int_equal(bench.scene.cuts[CUT_A].offset_state, NAV_LIMIT_CLEAR);
}

/* After a gap there is no pose before: the first one counts at once. */
static void the_first_pose_counts_at_once(void **state)
{
    (void)state;
    activate("A");
    hold_at(OSTEOTOME, 0, 10, -1 + 3);
    assert_non_null(alarm_of(NAV_ALARM_OFF_PLANE));
}

static void lost_while_cutting(void **state)
{
    (void)state;
    activate("A");
    hold_at(OSTEOTOME, 0, -10, -1);
    bench.live[OSTEOTOME] = false;
    wait_ms(100);
    assert_null(alarm_of(NAV_ALARM_TOOL_LOST)); /* it was in the air */
    hold_at(OSTEOTOME, 0, 10, -1);
    bench.live[OSTEOTOME] = false;
    wait_ms(20);
    assert_non_null(alarm_of(NAV_ALARM_TOOL_LOST));
    wait_ms(5000);
    assert_int_equal(alarm_of(NAV_ALARM_TOOL_LOST)->active, 1);
    hold_at(OSTEOTOME, 0, -10, -1);
    wait_ms(600);
    assert_int_equal(alarm_of(NAV_ALARM_TOOL_LOST)->latched, 1);
    assert_done(trk_guide_acknowledge(bench.guide, NULL, bench.now_ns, &bench.reply));
    hold_at(OSTEOTOME, 0, 62, -1); /* behind the far cortex, where it hurts */
    bench.live[OSTEOTOME] = false;
    wait_ms(20);
    assert_int_equal(alarm_of(NAV_ALARM_TOOL_LOST)->active, 1);
}

static void late_or_without_reference(void **state)
{
    (void)state;
    hold_at(OSTEOTOME, 0, -30, -1);
    make_scene();
    bench.scene.reference.state = NAV_TOOL_LOST;
    advance();
    assert_null(alarm_of(NAV_ALARM_REFERENCE_LOST)); /* nobody is cutting */
    activate("A");
    make_scene();
    bench.scene.reference.state = NAV_TOOL_NEVER;
    advance();
    assert_null(alarm_of(NAV_ALARM_REFERENCE_LOST)); /* nor was it lost */
    make_scene();
    bench.scene.reference.state = NAV_TOOL_INVALID;
    advance();
    assert_non_null(alarm_of(NAV_ALARM_REFERENCE_LOST));
    assert_null(alarm_of(NAV_ALARM_TOOL_STALE));
    make_scene();
    bench.scene.tools[OSTEOTOME].state = NAV_TOOL_STALE;
    advance();
    assert_non_null(alarm_of(NAV_ALARM_TOOL_STALE));
    assert_string_equal(alarm_of(NAV_ALARM_TOOL_STALE)->text, "Osteotome: pose late");
}

/* What the verdict says of the registration, the senders and the recorder. */
static void reasons_that_alarm(void **state)
{
    (void)state;
    static const struct {
        enum nav_reason reason;
        enum nav_alarm alarm;
    } rows[] = {
        {NAV_REASON_REFERENCE_MOVED, NAV_ALARM_REFERENCE_MOVED},
        {NAV_REASON_REGISTRATION_DRIFT, NAV_ALARM_REGISTRATION_DRIFT},
        {NAV_REASON_REGISTRATION_UNCHECKED, NAV_ALARM_REGISTRATION_UNCHECKED},
        {NAV_REASON_DUPLICATE_SENDER, NAV_ALARM_DUPLICATE_SENDER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        start_guide();
        make_scene();
        advance();
        assert_int_equal(bench.scene.alarm_count, 0);
        make_scene();
        bench.scene.reason_count = 1;
        bench.scene.reasons[0] = (struct nav_scene_reason){
            .reason = rows[i].reason, .tool = BURR, .trust = NAV_TRUST_CAUTION};
        advance();
        assert_int_equal(bench.scene.alarm_count, 1);
        assert_int_equal(bench.scene.alarms[0].code, rows[i].alarm);
    }
    assert_string_equal(bench.scene.alarms[0].text, "Burr: a second sender gives this device");
    start_guide();
    make_scene();
    bench.scene.recording.state = NAV_RECORDING_ON;
    advance();
    assert_int_equal(bench.scene.alarm_count, 0);
    make_scene();
    bench.scene.recording.state = NAV_RECORDING_FAILED;
    advance();
    assert_string_equal(bench.scene.alarms[0].text, "NOT RECORDING");
}

static void the_fragment_is_asked_for(void **state)
{
    (void)state;
    assert_refused(trk_guide_fragment(bench.guide, true, &bench.reply), "no fragment");
    hold_at(OSTEOTOME, 0, 10, -1);
    assert_int_equal(bench.scene.fragment, NAV_FRAGMENT_WHOLE);
    activate("A");
    assert_done(trk_guide_cut_done(bench.guide, NULL, bench.now_ns, &bench.reply));
    assert_non_null(strstr(bench.reply.text, "rigid"));
    hold_at(OSTEOTOME, 0, 10, -1.1);
    assert_int_equal(bench.scene.fragment, NAV_FRAGMENT_ASKED);
    assert_non_null(alarm_of(NAV_ALARM_FRAGMENT));
    assert_int_equal(bench.scene.trust, NAV_TRUST_OK);
    assert_done(trk_guide_fragment(bench.guide, true, &bench.reply));
    wait_ms(700);
    assert_int_equal(bench.scene.fragment, NAV_FRAGMENT_RIGID);
    assert_int_equal(alarm_of(NAV_ALARM_FRAGMENT)->active, 0);
    assert_int_equal(bench.scene.structures[TUMOUR].has_distance, 1);

    activate("B");
    assert_done(trk_guide_cut_done(bench.guide, NULL, bench.now_ns, &bench.reply));
    hold_at(OSTEOTOME, 0, 10, -1.2);
    assert_int_equal(bench.scene.fragment, NAV_FRAGMENT_ASKED); /* more is cut: asked again */
    assert_done(trk_guide_fragment(bench.guide, false, &bench.reply));
    make_scene();
    bench.scene.reason_count = 2;
    bench.scene.reasons[0] =
        (struct nav_scene_reason){.reason = NAV_REASON_REFERENCE_STALE, .trust = NAV_TRUST_CAUTION};
    bench.scene.reasons[1] =
        (struct nav_scene_reason){.reason = NAV_REASON_FIT_ERROR, .trust = NAV_TRUST_CAUTION};
    advance();
    assert_int_equal(bench.scene.fragment, NAV_FRAGMENT_LOOSE);
    assert_int_equal(bench.scene.trust, NAV_TRUST_CAUTION);
    assert_int_equal(bench.scene.reason_count, 3);
    assert_int_equal(bench.scene.reasons[1].reason, NAV_REASON_FRAGMENT_LOOSE);
    assert_int_equal(bench.scene.reasons[1].tool, NAV_SUBJECT_NONE);
    assert_int_equal(bench.scene.reasons[2].reason, NAV_REASON_FIT_ERROR);
    /* the tumour went with it; the nerve did not */
    assert_int_equal(bench.scene.structures[TUMOUR].has_distance, 0);
    assert_true(isnan(bench.scene.structures[TUMOUR].distance_mm));
    assert_int_equal(bench.scene.structures[NERVE].has_distance, 1);
}

static void acknowledging_goes_on_record(void **state)
{
    (void)state;
    assert_refused(trk_guide_acknowledge(bench.guide, "flood", 0, &bench.reply), "is no alarm");
    assert_refused(trk_guide_acknowledge(bench.guide, NULL, 0, &bench.reply), "nothing");
    activate("A");
    hold_at(OSTEOTOME, 0, 64.5, -1);
    assert_non_null(alarm_of(NAV_ALARM_STOP_DISTANCE));
    assert_done(trk_guide_acknowledge(bench.guide, "stop-distance", bench.now_ns, &bench.reply));
    wait_ms(20);
    const struct nav_scene_alarm *alarm = alarm_of(NAV_ALARM_STOP_DISTANCE);
    assert_true(alarm->active == 1 && alarm->acknowledged == 1); /* not hidden */
    assert_int_equal(bench.scene.cuts[CUT_A].overrides, 1);
    struct trk_alarm_event event;
    bool told = false;
    while (trk_guide_next_event(bench.guide, &event)) {
        told = told || (event.change == TRK_ALARM_ACKNOWLEDGED &&
                        event.alarm.code == NAV_ALARM_STOP_DISTANCE);
    }
    assert_true(told);
    assert_done(trk_guide_mute(bench.guide, true, &bench.reply));
    wait_ms(20);
    assert_int_equal(bench.scene.muted, 1);
    assert_non_null(alarm_of(NAV_ALARM_STOP_DISTANCE)); /* mute is for the ear only */
    assert_done(trk_guide_mute(bench.guide, false, &bench.reply));
    wait_ms(20);
    assert_int_equal(bench.scene.muted, 0);
}

static void a_display_that_is_gone_alarms(void **state)
{
    (void)state;
    assert_done(trk_guide_display(bench.guide, "bedside", false, &bench.reply));
    assert_done(trk_guide_display(bench.guide, "assistant", false, &bench.reply));
    assert_done(trk_guide_display(bench.guide, "bedside", false, &bench.reply)); /* again */
    wait_ms(40);
    assert_int_equal(bench.scene.alarm_count, 2);
    assert_string_equal(bench.scene.alarms[0].text, "bedside: display does not answer");
    assert_string_equal(bench.scene.alarms[1].text, "assistant: display does not answer");
    assert_done(trk_guide_display(bench.guide, "bedside", true, &bench.reply));
    assert_refused(trk_guide_display(bench.guide, "bedside", true, &bench.reply), "not gone");
    wait_ms(700);
    assert_string_equal(bench.scene.alarms[0].text, "assistant: display does not answer");
    assert_int_equal(bench.scene.alarms[0].active, 1);
    assert_int_equal(bench.scene.alarms[1].latched, 1); /* it was away for a while */
    for (int i = 0; i < 7; ++i) {
        char name[16];
        (void)snprintf(name, sizeof(name), "d%d", i);
        assert_done(trk_guide_display(bench.guide, name, false, &bench.reply));
    }
    assert_refused(trk_guide_display(bench.guide, "d7", false, &bench.reply), "too many");
}

/* The very scene in which a cause first holds says so: no time passes in between. */
static void from_cause_to_scene(void **state)
{
    (void)state;
    activate("A");
    hold_at(OSTEOTOME, 0, 30, -1);
    assert_int_equal(bench.scene.alarm_count, 0);
    const int64_t cause_ns = bench.now_ns;
    hold_at(OSTEOTOME, 0, 64.5, -1);
    assert_int_equal(alarm_of(NAV_ALARM_STOP_DISTANCE)->since_ns, cause_ns);
    assert_int_equal(bench.scene.time_ns, cause_ns);
}

static void checks_count_for_the_active_cut(void **state)
{
    (void)state;
    activate("A");
    for (int i = 1; i <= 3; ++i) {
        make_scene();
        bench.scene.registration.last_check_ns = i < 3 ? 5 : 9;
        advance();
    }
    assert_int_equal(bench.scene.cuts[CUT_A].checks, 2);
    assert_int_equal(bench.scene.cuts[CUT_B].checks, 0);
}

#define GUIDE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUIDE_TEST(near_a_nerve),
        GUIDE_TEST(one_line_a_structure),
        GUIDE_TEST(the_factor_switches_the_uncertainty),
        GUIDE_TEST(what_lies_between_two_scenes_counts),
        GUIDE_TEST(off_the_plane_while_cutting),
        GUIDE_TEST(tilted_while_cutting),
        GUIDE_TEST(deeper_than_planned),
        GUIDE_TEST(a_pose_that_stands_alone_does_not_alarm),
        GUIDE_TEST(the_first_pose_counts_at_once),
        GUIDE_TEST(lost_while_cutting),
        GUIDE_TEST(late_or_without_reference),
        GUIDE_TEST(reasons_that_alarm),
        GUIDE_TEST(the_fragment_is_asked_for),
        GUIDE_TEST(acknowledging_goes_on_record),
        GUIDE_TEST(a_display_that_is_gone_alarms),
        GUIDE_TEST(from_cause_to_scene),
        GUIDE_TEST(checks_count_for_the_active_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
