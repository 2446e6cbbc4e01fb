/* Scores of attempts whose every number is known: scenes made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nav/time.h"
#include "score.h"

static const struct train_settings settings = {
    .step_mm = 1.0,
    .hold_mm = 1.0,
    .withdraw_mm = 3.0,
    .sample_ns = 50 * NAV_NS_PER_MS,
    .reaction_ns = 5 * NAV_NS_PER_S,
    .drop_out_ns = 200 * NAV_NS_PER_MS,
    .near_join_ns = NAV_NS_PER_S,
};

static struct nav_scene scene;
static struct train_score *score;
static struct train_exercise exercise;

static const struct train_rule rules[] = {
#define RULE(name, word, unit, goal, limit, weight, text) {goal, limit, weight},
    TRAIN_CRITERIA(RULE)
#undef RULE
};

/* One planned cut along -z through the origin: v = n x u = (0,0,1) x (1,0,0) = (0,1,0). */
static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.time_ns = 100 * NAV_NS_PER_S;
    scene.tool_count = 1;
    (void)snprintf(scene.tools[0].name, NAV_NAME_SIZE, "Osteotome");
    scene.tools[0].has_pose = 1;
    scene.cut_count = 1;
    struct nav_scene_cut *cut = &scene.cuts[0];
    (void)snprintf(cut->name, NAV_NAME_SIZE, "First");
    cut->state = NAV_CUT_ACTIVE;
    cut->normal[2] = 1.0;
    cut->u[0] = 1.0;
    cut->planned_depth_mm = 20.0;
    cut->guided = 1;
    exercise = (struct train_exercise){
        .cuts = {true}, .cuts_wanted = 1, .seconds = NAN, .pass = 70.0, .reaction_s = NAN};
    (void)snprintf(exercise.tool, NAV_NAME_SIZE, "Osteotome");
    memcpy(exercise.rules, rules, sizeof(rules));
    assert_int_equal(train_score_create(&exercise, &settings, &score), NAV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    train_score_destroy(score);
    score = NULL;
    return 0;
}

static void take(double step_s)
{
    scene.time_ns += llround(step_s * (double)NAV_NS_PER_S);
    assert_int_equal(train_score_take(score, &scene), NAV_OK);
}

/* The blade at a depth, beside the plane. */
static void place(double depth_mm, double offset_mm)
{
    double *tip = scene.tools[0].tip_image_mm;
    tip[0] = 0.0;
    tip[1] = depth_mm;
    tip[2] = offset_mm;
    scene.tools[0].has_pose = 1;
    scene.cuts[0].guided = 1;
    scene.cuts[0].cutting = depth_mm > 0.0 ? 1 : 0;
    scene.cuts[0].depth_mm = depth_mm;
    scene.cuts[0].offset_mm = offset_mm;
    scene.cuts[0].pitch_deg = 0.5;
    scene.cuts[0].roll_deg = -2.0;
}

static void hide(void)
{
    scene.tools[0].has_pose = 0;
    scene.tools[0].reason = NAV_REASON_TOOL_LOST;
    scene.cuts[0].guided = scene.cuts[0].cutting = 0;
}

static void see(void)
{
    scene.tools[0].has_pose = 1;
    scene.tools[0].reason = NAV_REASON_NONE;
}

static struct train_result *finish(const struct train_result *expert)
{
    struct train_result *result = NULL;
    assert_int_equal(train_score_finish(score, expert, &result), NAV_OK);
    return result;
}

static void near_to(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance)) {
        fail_msg("%.9g is not %.9g", got, expected);
    }
}

static void a_known_cut_gives_known_numbers(void **state)
{
    (void)state;
    place(-10.0, 0.0);
    take(0.0);
    for (int i = 0; i <= 230; ++i) { /* down to 23 mm: 3 mm too deep, 2 and -1 mm beside */
        place(0.1 * i, i % 2 == 0 ? 2.0 : -1.0);
        take(0.02);
    }
    scene.cuts[0].state = NAV_CUT_DONE;
    scene.cuts[0].ended_ns = scene.time_ns;
    struct train_result *result = finish(NULL);
    const struct train_cut *cut = &result->cuts[0];
    assert_true(cut->made);
    assert_int_equal(cut->samples, 230);
    near_to(cut->offset_rms_mm, sqrt((4.0 + 1.0) / 2.0), 0.01);
    near_to(cut->offset_max_mm, 2.0, 1e-12);
    near_to(cut->angle_rms_deg, 2.0, 1e-12);
    near_to(cut->depth_max_mm, 23.0, 1e-9);
    near_to(cut->over_depth_mm, 3.0, 1e-9);
    near_to(cut->cutting_s, 229 * 0.02, 1e-9);
    near_to(result->seconds, 231 * 0.02, 1e-9);
    /* Full marks at 0.5 mm, none at 3 mm; 0 of 3 mm too deep. */
    near_to(result->verdicts[TRAIN_OFFSET].points, (3.0 - cut->offset_rms_mm) / 2.5, 1e-9);
    near_to(result->verdicts[TRAIN_OVER_DEPTH].points, 0.0, 1e-9);
    near_to(result->verdicts[TRAIN_MISSING_CUTS].points, 1.0, 0.0);
    assert_false(result->verdicts[TRAIN_TIME].judged);
    assert_false(result->verdicts[TRAIN_EXPERT].judged);
    double sum = 0.0, weights = 0.0;
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        if (result->verdicts[i].judged) {
            sum += result->verdicts[i].points * rules[i].weight;
            weights += rules[i].weight;
        }
    }
    near_to(result->points, 100.0 * sum / weights, 1e-9);
    train_result_destroy(result);
}

static void noise_of_the_tip_is_no_way(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; ++i) {
        place(-10.0, i % 2 == 0 ? 0.2 : -0.2);
        take(0.02);
    }
    place(-30.0, 0.2);
    take(0.02);
    struct train_result *result = finish(NULL);
    near_to(result->path_mm, 20.0, 0.5);
    train_result_destroy(result);
}

/* Cuts for a second, sees nothing for a second while the blade goes `deeper` on. */
static void drop_out(double deeper)
{
    for (int i = 0; i <= 50; ++i) {
        place(0.1 * i, 0.0);
        take(0.02);
    }
    hide();
    for (int i = 0; i < 50; ++i) {
        take(0.02);
    }
    see();
    place(5.0 + deeper, 0.0);
    take(0.02);
}

static void cutting_on_through_a_drop_out_is_missed(void **state)
{
    (void)state;
    drop_out(4.0);
    struct train_result *result = finish(NULL);
    assert_int_equal(result->drop_out_count, 1);
    const struct train_drop_out *drop = &result->drop_outs[0];
    near_to(drop->at_s, 1.02, 0.021);
    near_to(drop->seconds, 1.0, 0.021);
    near_to(drop->deeper_mm, 4.0, 1e-9);
    near_to(drop->blind_mm, 4.0, 1e-9);
    assert_string_equal(drop->reason, "tool-lost");
    assert_true(isnan(drop->reaction_s));
    assert_true(drop->missed);
    assert_false(drop->in_air);
    near_to(result->verdicts[TRAIN_MISSED].value, 1.0, 0.0);
    train_result_destroy(result);
}

static void holding_still_in_a_drop_out_is_not(void **state)
{
    (void)state;
    drop_out(0.5);
    struct train_result *result = finish(NULL);
    assert_int_equal(result->drop_out_count, 1);
    assert_false(result->drop_outs[0].missed);
    train_result_destroy(result);
}

static void a_pause_and_an_acknowledgement_are_answers(void **state)
{
    (void)state;
    for (int way = 0; way < 2; ++way) {
        if (way == 1) {
            (void)tear_down(NULL);
            (void)set_up(NULL);
        }
        for (int i = 0; i <= 50; ++i) {
            place(0.1 * i, 0.0);
            take(0.02);
        }
        hide();
        scene.alarm_count = 1;
        take(0.02);
        for (int i = 1; i < 60; ++i) {
            if (i == 30) {
                scene.cuts[0].state = way == 0 ? NAV_CUT_PAUSED : NAV_CUT_ACTIVE;
                scene.alarms[0].acknowledged = way == 1 ? 1 : 0;
            }
            take(0.02);
        }
        see();
        scene.cuts[0].state = NAV_CUT_ACTIVE;
        place(9.0, 0.0);
        take(0.02);
        struct train_result *result = finish(NULL);
        near_to(result->drop_outs[0].reaction_s, 0.6, 1e-6);
        assert_false(result->drop_outs[0].missed);
        near_to(result->verdicts[TRAIN_REACTION].value, 0.6, 1e-6);
        near_to(result->verdicts[TRAIN_REACTION].points, 1.0, 0.0);
        train_result_destroy(result);
    }
}

/* The picture is there, but not to be trusted. */
static void a_moved_reference_is_answered_by_drawing_back(void **state)
{
    (void)state;
    for (int i = 0; i <= 50; ++i) {
        place(0.1 * i, 0.0);
        take(0.02);
    }
    scene.reason_count = 1;
    scene.reasons[0].reason = NAV_REASON_REFERENCE_MOVED;
    for (int i = 0; i <= 100; ++i) {
        place(5.0 - 0.05 * i, 0.0); /* 3 mm back after 60 steps */
        take(0.02);
    }
    scene.reason_count = 0;
    take(0.02);
    struct train_result *result = finish(NULL);
    assert_int_equal(result->drop_out_count, 1);
    assert_string_equal(result->drop_outs[0].reason, "reference-moved");
    near_to(result->drop_outs[0].reaction_s, 1.2, 0.03);
    train_result_destroy(result);
}

static void short_drop_outs_and_those_in_the_air_do_no_harm(void **state)
{
    (void)state;
    place(-50.0, 0.0);
    take(0.02);
    hide();
    take(0.02);
    take(0.1);
    see();
    place(-40.0, 0.0);
    take(0.02); /* 120 ms: not counted */
    hide();
    take(0.02);
    take(0.5);
    see();
    place(-20.0, 0.0);
    take(0.02);
    struct train_result *result = finish(NULL);
    assert_int_equal(result->drop_out_count, 1);
    assert_false(result->drop_outs[0].missed);
    assert_true(result->drop_outs[0].in_air);
    assert_string_equal(train_drop_out_word(&result->drop_outs[0]), "in the air");
    train_result_destroy(result);
}

static void near_step(double distance, enum nav_limit_state state)
{
    scene.structures[0].has_distance = 1;
    scene.structures[0].limited = 1;
    scene.structures[0].distance_mm = distance;
    scene.structures[0].limit_state = state;
    take(0.1);
}

/* Three times near in four seconds, the first two close together. */
static struct train_result *near_misses(const struct train_result *expert, double nearest)
{
    scene.structure_count = 1;
    (void)snprintf(scene.structures[0].name, NAV_NAME_SIZE, "Root S1");
    place(-10.0, 0.0);
    near_step(9.0, NAV_LIMIT_CLEAR);
    near_step(4.0, NAV_LIMIT_CAUTION);
    near_step(9.0, NAV_LIMIT_CLEAR);
    near_step(nearest, NAV_LIMIT_STOP);
    near_step(9.0, NAV_LIMIT_CLEAR);
    scene.time_ns += 3 * NAV_NS_PER_S;
    near_step(4.5, NAV_LIMIT_CAUTION);
    near_step(9.0, NAV_LIMIT_CLEAR);
    return finish(expert);
}

static void near_misses_are_joined_and_counted(void **state)
{
    (void)state;
    struct train_result *result = near_misses(NULL, 1.0);
    assert_int_equal(result->near_count, 2);
    assert_true(result->nears[0].stop);
    near_to(result->nears[0].distance_mm, 1.0, 0.0);
    near_to(result->nears[0].seconds, 0.3, 1e-9);
    assert_false(result->nears[1].stop);
    near_to(result->verdicts[TRAIN_STOPS].value, 1.0, 0.0);
    near_to(result->verdicts[TRAIN_CAUTIONS].value, 1.0, 0.0);
    train_result_destroy(result);
}

static void as_near_as_the_expert_is_forgiven(void **state)
{
    (void)state;
    struct train_result *expert = near_misses(NULL, 1.5);
    (void)tear_down(NULL);
    (void)set_up(NULL);
    struct train_result *alike = near_misses(expert, 1.0); /* within hold_mm of the expert's */
    near_to(alike->verdicts[TRAIN_STOPS].value, 0.0, 0.0);
    assert_true(alike->nears[0].expected);
    (void)tear_down(NULL);
    (void)set_up(NULL);
    struct train_result *nearer = near_misses(expert, 0.2);
    near_to(nearer->verdicts[TRAIN_STOPS].value, 1.0, 0.0);
    train_result_destroy(nearer);
    train_result_destroy(alike);
    train_result_destroy(expert);
}

static void the_experts_way_is_the_measure(void **state)
{
    (void)state;
    for (int i = -50; i <= 200; ++i) {
        place(0.1 * i, 0.0);
        take(0.02);
    }
    struct train_result *expert = finish(NULL);
    (void)tear_down(NULL);
    (void)set_up(NULL);
    for (int i = -50; i <= 200; ++i) { /* half as fast, 3 mm beside */
        place(0.1 * i, 3.0);
        take(0.04);
    }
    struct train_result *result = finish(expert);
    near_to(result->verdicts[TRAIN_TIME].goal, expert->seconds, 1e-9);
    near_to(result->verdicts[TRAIN_TIME].value, 10.0, 0.05);
    near_to(result->verdicts[TRAIN_TIME].points, 0.0, 1e-6); /* twice the expert's */
    near_to(result->verdicts[TRAIN_EXPERT].value, 3.0, 0.05);
    near_to(result->verdicts[TRAIN_PATH].value, expert->path_mm, 1.0);
    near_to(result->verdicts[TRAIN_PATH].points, 1.0, 0.02);
    train_result_destroy(result);
    train_result_destroy(expert);
}

static void checks_and_cuts_that_are_missing_cost_points(void **state)
{
    (void)state;
    exercise.checks = 2;
    exercise.cuts[1] = true;
    exercise.cuts_wanted = 2;
    train_score_destroy(score);
    assert_int_equal(train_score_create(&exercise, &settings, &score), NAV_OK);
    scene.cut_count = 2;
    scene.registration.checks = 5; /* done before the attempt began */
    place(20.0, 0.0);
    take(0.02);
    scene.registration.checks = 6;
    place(20.0, 0.0);
    take(0.02);
    struct train_result *result = finish(NULL);
    assert_int_equal(result->checks, 1);
    near_to(result->verdicts[TRAIN_MISSING_CHECKS].value, 1.0, 0.0);
    near_to(result->verdicts[TRAIN_MISSING_CUTS].value, 1.0, 0.0);
    assert_false(result->passed); /* whatever the points */
    train_result_destroy(result);
}

static void a_ghost_is_not_the_trainee(void **state)
{
    (void)state;
    scene.tools[0].ghost = 1;
    take(0.02);
    struct train_result *result = NULL;
    assert_int_equal(train_score_finish(score, NULL, &result), NAV_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_known_cut_gives_known_numbers),
        TEST(noise_of_the_tip_is_no_way),
        TEST(cutting_on_through_a_drop_out_is_missed),
        TEST(holding_still_in_a_drop_out_is_not),
        TEST(a_pause_and_an_acknowledgement_are_answers),
        TEST(a_moved_reference_is_answered_by_drawing_back),
        TEST(short_drop_outs_and_those_in_the_air_do_no_harm),
        TEST(near_misses_are_joined_and_counted),
        TEST(as_near_as_the_expert_is_forgiven),
        TEST(the_experts_way_is_the_measure),
        TEST(checks_and_cuts_that_are_missing_cost_points),
        TEST(a_ghost_is_not_the_trainee),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
