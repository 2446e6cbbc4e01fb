#include "test_data.h"

#include <math.h>

#include "cues.h"
#include "nav/time.h"

enum { BLADE = 1, BLADE_LIVE = 1 << BLADE };

/* An operation in its second cut, three structures around the blade. */
struct bench {
    struct nav_scene scene;
    struct rnd_cues cues;
};

static void put(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static void near_by(struct nav_scene *scene, const char *name, double distance_mm, uint32_t state)
{
    struct nav_scene_structure *structure = &scene->structures[scene->structure_count++];
    put(structure->name, sizeof(structure->name), name);
    structure->tool = BLADE;
    structure->has_distance = 1;
    structure->limited = 1;
    structure->limit_state = state;
    structure->distance_mm = distance_mm;
    structure->uncertainty_mm = 0.8;
    structure->stop_mm = 2.0;
    structure->caution_mm = 5.0;
    structure->ahead_mm = structure->behind_mm = (double)NAN;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    struct nav_scene *scene = &bench->scene;
    scene->tool_count = 2;
    scene->cut_count = 3;
    scene->cuts[0].state = NAV_CUT_DONE;
    struct nav_scene_cut *cut = &scene->cuts[1];
    put(cut->name, sizeof(cut->name), "Right lateral");
    cut->state = NAV_CUT_ACTIVE;
    cut->guided = 1;
    cut->guide = NAV_GUIDE_BLADE;
    cut->tool = BLADE;
    cut->margin_side = -1;
    cut->normal[0] = 1.0;
    cut->offset_mm = 1.26;
    cut->offset_state = NAV_LIMIT_CAUTION;
    cut->pitch_deg = -2.0;
    cut->roll_deg = 0.01;
    cut->angle_state = NAV_LIMIT_CLEAR;
    cut->depth_mm = 12.5;
    cut->planned_depth_mm = 25.0;
    cut->depth_state = NAV_LIMIT_CLEAR;
    cut->remaining_mm = 14.0;
    cut->predicted_mm[0] = 0.5;
    cut->predicted_mm[1] = -2.5;
    cut->uncertainty_mm = 0.7;
    near_by(scene, "Bladder", 30.0, NAV_LIMIT_CLEAR);
    near_by(scene, "Root S2", 4.0, NAV_LIMIT_CAUTION);
    near_by(scene, "Dura", 1.5, NAV_LIMIT_STOP);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static const struct rnd_cues *build(struct bench *bench, uint32_t live)
{
    memset(&bench->cues, 0xa5, sizeof(bench->cues));
    rnd_cues_build(&bench->scene, live, RND_ENGLISH, &bench->cues);
    return &bench->cues;
}

static void test_the_active_cut(void **state)
{
    const struct rnd_cue_guide *guide = &build(*state, BLADE_LIVE)->guide;
    assert_int_equal(guide->number, 2);
    assert_true(guide->guided);
    assert_string_equal(guide->name, "Right lateral");
    assert_string_equal(guide->offset.text, "  1.3");
    assert_int_equal(guide->offset.level, RND_LEVEL_CAUTION);
    assert_int_equal(guide->offset.correct, -1); /* towards -n */
    assert_string_equal(guide->letters[0], "R");
    assert_string_equal(guide->letters[1], "L");
    assert_int_equal(guide->tumour_side, -1);
    assert_string_equal(guide->pitch.text, " -2.0");
    assert_int_equal(guide->pitch.correct, 1);
    assert_string_equal(guide->roll.text, "  0.0");
    assert_int_equal(guide->roll.correct, 0); /* less than can be shown */
    assert_string_equal(guide->depth.text, " 12.5");
    assert_int_equal(guide->depth_permille, 500);
    assert_string_equal(guide->at_depth.text, " -2.5"); /* the worse corner */
    assert_string_equal(guide->uncertainty, "0.7");
}

/* What is not live is dashes, and nothing is said to be clear or to be corrected. */
static void expect_no_numbers(const struct rnd_cues *cues)
{
    const struct rnd_cue_guide *guide = &cues->guide;
    assert_int_equal(guide->number, 2);
    assert_false(guide->guided);
    assert_false(guide->cutting);
    const struct rnd_cue_number *const numbers[] = {&guide->offset, &guide->pitch,
                                                    &guide->roll,   &guide->depth,
                                                    &guide->cortex, &guide->at_depth};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        assert_string_equal(numbers[i]->text, " --.-");
        assert_int_equal(numbers[i]->level, RND_LEVEL_NEUTRAL);
        assert_int_equal(numbers[i]->correct, 0);
    }
    assert_int_equal(guide->offset_um50, 0);
    assert_int_equal(guide->depth_permille, 0);
    for (uint32_t i = 0; i < cues->structures.listed; ++i) {
        assert_string_equal(cues->structures.list[i].distance, " --.-");
        assert_int_equal(cues->structures.list[i].level, RND_LEVEL_NEUTRAL);
        assert_int_equal(cues->structures.list[i].state, RND_SAY_NOTHING);
        assert_string_equal(cues->structures.list[i].ahead, "");
    }
}

static void test_numbers_need_a_live_tool(void **state)
{
    struct bench *bench = *state;
    bench->scene.cuts[1].cutting = 1;
    bench->scene.structures[2].ahead_mm = 3.0;
    expect_no_numbers(build(bench, 0));
    expect_no_numbers(build(bench, 1)); /* another tool */
    bench->scene.cuts[1].tool = NAV_SUBJECT_NONE;
    for (int i = 0; i < 3; ++i) {
        bench->scene.structures[i].tool = 99;
    }
    expect_no_numbers(build(bench, BLADE_LIVE));
}

static void test_a_core_that_does_not_know_gives_no_numbers(void **state)
{
    struct bench *bench = *state;
    bench->scene.cuts[1].guided = 0;
    for (int i = 0; i < 3; ++i) {
        bench->scene.structures[i].has_distance = 0;
    }
    expect_no_numbers(build(bench, BLADE_LIVE));
}

static void test_an_axis_has_no_roll(void **state)
{
    struct bench *bench = *state;
    bench->scene.cuts[1].guide = NAV_GUIDE_AXIS;
    bench->scene.cuts[1].roll_deg = 5.0;
    bench->scene.cuts[1].line_mm = (double)NAN;
    const struct rnd_cue_guide *guide = &build(bench, BLADE_LIVE)->guide;
    assert_string_equal(guide->roll.text, " --.-");
    assert_int_equal(guide->roll.correct, 0);
    assert_string_equal(guide->offset.text, "  1.3");
    bench->scene.cuts[1].line_mm = 2.04;
    bench->scene.cuts[1].line_deg = 7.0;
    guide = &build(bench, BLADE_LIVE)->guide;
    assert_true(guide->on_line);
    assert_string_equal(guide->offset.text, "  2.0");
    assert_string_equal(guide->pitch.text, "  7.0");
    assert_int_equal(guide->offset.correct, 0);
    assert_string_equal(build(bench, 0)->guide.offset.text, " --.-");
}

static void test_the_most_urgent_comes_first(void **state)
{
    struct bench *bench = *state;
    const struct rnd_cue_structures *list = &build(bench, BLADE_LIVE)->structures;
    assert_int_equal(list->total, 3);
    assert_string_equal(list->list[0].name, "Dura");
    assert_int_equal(list->list[0].state, RND_SAY_STOP);
    assert_int_equal(list->list[0].level, RND_LEVEL_ALARM);
    assert_string_equal(list->list[0].stop, " 2.0");
    assert_string_equal(list->list[1].name, "Root S2");
    assert_int_equal(list->list[1].state, RND_SAY_NEAR);
    assert_string_equal(list->list[2].name, "Bladder");
    assert_int_equal(list->list[2].state, RND_SAY_NOTHING);

    /* A stop counts more than a smaller distance; what has no limit comes after what has one. */
    bench->scene.structures[2].distance_mm = 8.0;
    near_by(&bench->scene, "Disc", 0.5, NAV_LIMIT_NONE);
    bench->scene.structures[3].limited = 0;
    list = &build(bench, BLADE_LIVE)->structures;
    assert_string_equal(list->list[0].name, "Dura");
    assert_string_equal(list->list[3].name, "Disc");
}

/* Lines do not change places with the noise of the last digit. */
static void test_the_order_is_calm(void **state)
{
    struct bench *bench = *state;
    bench->scene.structure_count = 0;
    near_by(&bench->scene, "First", 20.4, NAV_LIMIT_CLEAR);
    near_by(&bench->scene, "Second", 20.2, NAV_LIMIT_CLEAR);
    assert_string_equal(build(bench, BLADE_LIVE)->structures.list[0].name, "First");
    bench->scene.structures[1].distance_mm = 17.0;
    assert_string_equal(build(bench, BLADE_LIVE)->structures.list[0].name, "Second");
}

static void test_what_has_no_line_is_counted(void **state)
{
    struct bench *bench = *state;
    bench->scene.structure_count = 0;
    for (int i = 0; i < RND_CUE_STRUCTURES_MAX + 3; ++i) {
        near_by(&bench->scene, "Nerve", 1.0, NAV_LIMIT_STOP);
    }
    const struct rnd_cue_structures *list = &build(bench, BLADE_LIVE)->structures;
    assert_int_equal(list->total, RND_CUE_STRUCTURES_MAX + 3);
    assert_int_equal(list->listed, RND_CUE_STRUCTURES_MAX);
    assert_int_equal(list->unlisted_urgent, 3);
}

static void raise_alarm(struct nav_scene *scene, uint32_t code, int32_t subject)
{
    struct nav_scene_alarm *alarm = &scene->alarms[scene->alarm_count++];
    alarm->code = code;
    alarm->priority = nav_alarm_priority_of(code);
    alarm->active = 1;
    alarm->subject = subject;
    scene->alarms_total = scene->alarm_count;
}

static void test_the_highest_alarm(void **state)
{
    struct bench *bench = *state;
    assert_true(build(bench, BLADE_LIVE)->alarm.known);
    assert_false(bench->cues.alarm.present);
    raise_alarm(&bench->scene, NAV_ALARM_STOP_DISTANCE, 2);
    raise_alarm(&bench->scene, NAV_ALARM_OFF_ANGLE, 1);
    bench->scene.alarms_total = 5;
    const struct rnd_cue_alarm *alarm = &build(bench, BLADE_LIVE)->alarm;
    assert_true(alarm->present);
    assert_int_equal(alarm->others, 4);
    assert_string_equal(alarm->cause, "Dura: nearer than its stop distance");
    assert_string_equal(alarm->remedy, "Stop cutting, draw the blade back");
    put(bench->scene.alarms[0].text, NAV_TEXT_SIZE, "The core's own words");
    assert_string_equal(build(bench, BLADE_LIVE)->alarm.cause, "The core's own words");
    rnd_cues_build(&bench->scene, BLADE_LIVE, RND_GERMAN, &bench->cues);
    assert_string_equal(bench->cues.alarm.cause, "Dura: näher als der Stoppabstand");
}

/* An alarm is not taken back by a tool that is not live, nor by being acknowledged. */
static void test_alarms_stay(void **state)
{
    struct bench *bench = *state;
    raise_alarm(&bench->scene, NAV_ALARM_TOOL_LOST, BLADE);
    bench->scene.alarms[0].acknowledged = 1;
    const struct rnd_cue_alarm *alarm = &build(bench, 0)->alarm;
    assert_true(alarm->present);
    assert_true(alarm->acknowledged);
    bench->scene.alarms[0].active = 0;
    bench->scene.alarms[0].latched = 1;
    assert_true(build(bench, 0)->alarm.present);
    assert_string_equal(bench->cues.alarm.remedy, rnd_say(RND_ENGLISH, RND_SAY_LATCHED));
}

static void test_without_a_scene_nothing_is_known(void **state)
{
    struct bench *bench = *state;
    memset(&bench->cues, 0xa5, sizeof(bench->cues));
    rnd_cues_build(NULL, BLADE_LIVE, RND_ENGLISH, &bench->cues);
    assert_false(bench->cues.alarm.known);
    assert_int_equal(bench->cues.guide.number, 0);
    assert_int_equal(bench->cues.structures.total, 0);
    assert_int_equal(bench->cues.status.recording, RND_SAY_NOTHING);
}

static void test_recording(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(build(bench, 0)->status.recording, RND_SAY_NOT_RECORDING);
    assert_int_equal(bench->cues.status.recording_level, RND_LEVEL_NEUTRAL);
    bench->scene.recording.state = NAV_RECORDING_ON;
    assert_int_equal(build(bench, 0)->status.recording, RND_SAY_RECORDING);
    bench->scene.recording.state = NAV_RECORDING_FAILED;
    assert_int_equal(build(bench, 0)->status.recording, RND_SAY_NOT_RECORDING);
    assert_int_equal(bench->cues.status.recording_level, RND_LEVEL_ALARM);
    bench->scene.mode = NAV_MODE_REPLAY;
    assert_int_equal(build(bench, 0)->status.recording, RND_SAY_NOTHING);
    bench->scene.mode = NAV_MODE_LIVE;
    bench->scene.recording.state = 77; /* of another version, perhaps: not a recording */
    assert_int_equal(build(bench, 0)->status.recording, RND_SAY_NOT_RECORDING);
    assert_int_equal(bench->cues.status.recording_level, RND_LEVEL_ALARM);
}

static void test_where_a_replay_stands(void **state)
{
    struct bench *bench = *state;
    bench->scene.replay.at_ns = 3723 * NAV_NS_PER_S;
    bench->scene.replay.length_ns = 7446 * NAV_NS_PER_S;
    bench->scene.replay.speed = 0.5;
    assert_false(build(bench, 0)->replay.present);
    bench->scene.mode = NAV_MODE_REPLAY;
    assert_true(build(bench, 0)->replay.present);
    assert_string_equal(bench->cues.replay.words, "01:02:03 / 02:04:06  x0.5");
    assert_int_equal(bench->cues.replay.permille, 500);
    assert_int_equal(bench->cues.replay.mark_count, 0);
    assert_string_equal(bench->cues.replay.event, "");
    bench->scene.replay.mark_count = 2;
    bench->scene.replay.marks[0].kind = NAV_REPLAY_MARK_CUT;
    bench->scene.replay.marks[1] = (struct nav_scene_replay_mark){.at_ns = 1861500 * NAV_NS_PER_MS,
                                                                  .kind = NAV_REPLAY_MARK_ALARM};
    bench->scene.replay.event_ns = 61 * NAV_NS_PER_S;
    bench->scene.replay.event_kind = NAV_REPLAY_MARK_CUT;
    put(bench->scene.replay.event, sizeof(bench->scene.replay.event), "Left: active");
    const struct rnd_cue_replay *cue = &build(bench, 0)->replay;
    assert_int_equal(cue->mark_count, 2);
    assert_int_equal(cue->marks[1].permille, 250);
    assert_int_equal(cue->marks[1].kind, NAV_REPLAY_MARK_ALARM);
    assert_string_equal(cue->event, "00:01:01  Left: active");
    bench->scene.replay.mark_count = UINT32_MAX; /* from another process: never beyond the list */
    assert_int_equal(build(bench, 0)->replay.mark_count, NAV_REPLAY_MARKS_MAX);
}

static void test_touching_a_landmark(void **state)
{
    struct bench *bench = *state;
    assert_false(build(bench, 0)->collection.present);
    struct nav_scene_collection *collection = &bench->scene.collection;
    collection->kind = NAV_COLLECTION_LANDMARK;
    collection->wanted = 5;
    collection->collected = 2;
    collection->progress = 0.25;
    put(collection->landmark, sizeof(collection->landmark), "Promontory");
    const struct rnd_cue_collection *cue = &build(bench, 0)->collection;
    assert_true(cue->present);
    assert_int_equal(cue->permille, 250);
    assert_string_equal(cue->landmark, "Promontory");
    collection->progress = (double)NAN;
    assert_int_equal(build(bench, 0)->collection.permille, 0);
    collection->kind = NAV_COLLECTION_NONE;
    assert_true(build(bench, 0)->collection.present); /* not registered yet: three to go */
    bench->scene.registration.present = 1;
    assert_false(build(bench, 0)->collection.present);
}

/* Counts and names come from another process. */
static void test_wild_values(void **state)
{
    struct bench *bench = *state;
    memset(&bench->scene, 0xff, sizeof(bench->scene));
    (void)build(bench, UINT32_MAX);
    memset(&bench->scene, 'x', sizeof(bench->scene));
    bench->scene.cuts[0].state = NAV_CUT_ACTIVE;
    bench->scene.mode = NAV_MODE_REPLAY;
    (void)build(bench, UINT32_MAX);
    assert_int_equal(bench->cues.structures.total, NAV_STRUCTURES_MAX);
    assert_int_equal(strlen(bench->cues.guide.name), NAV_NAME_SIZE - 1);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_the_active_cut),
        CASE(test_numbers_need_a_live_tool),
        CASE(test_a_core_that_does_not_know_gives_no_numbers),
        CASE(test_an_axis_has_no_roll),
        CASE(test_the_most_urgent_comes_first),
        CASE(test_the_order_is_calm),
        CASE(test_what_has_no_line_is_counted),
        CASE(test_the_highest_alarm),
        CASE(test_alarms_stay),
        CASE(test_without_a_scene_nothing_is_known),
        CASE(test_recording),
        CASE(test_where_a_replay_stands),
        CASE(test_touching_a_landmark),
        CASE(test_wild_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
