/* Landmarks touched live, registering with them, checking: the registrar beside a navigator. */
#include "../unit/tracking/tracking_fixture.h"

#include <stdlib.h>

#include "registrar.h"

enum { LANDMARKS = 6 };

static const double places[LANDMARKS][3] = {
    {0, 0, 0}, {42, -18, -6}, {-40, -20, -5}, {18, -35, 9}, {-19, -34, 8}, {3, -88, -22},
};
static const char *const names[LANDMARKS] = {"promontory",   "left ala",      "right ala",
                                             "left foramen", "right foramen", "apex"};

/* T_image_reference as it really is. */
static const struct nav_pose truth = {.q = {0.5, -0.5, 0.5, 0.5}, .t_mm = {12.0, -7.0, 33.0}};

struct bench {
    struct trk_config config;
    struct trk_navigator *navigator;
    struct trk_registrar *registrar;
    int64_t now_ns;  /* since fixture_t0 */
    double shift_mm; /* the reference has moved on the bone by this, along x */
    double shake_mm; /* of the tip, from pose to pose */
    double step_mm;  /* the tip wanders by this every pose */
    bool frozen;     /* the tracker repeats one pose */
    uint64_t frames;
    struct trk_reply reply;
    struct nav_scene scene;
};

static struct bench bench;

static struct trk_registrar_config registrar_config(void)
{
    struct trk_registrar_config config = {
        .hold = trk_dwell_limits_default(),
        .limits = trk_registration_limits_default(),
        .check_limit_mm = 1.0,
        .tool_count = 2,
        .landmark_count = LANDMARKS,
        .target_count = 1,
    };
    (void)snprintf(config.tools[0], NAV_NAME_SIZE, "Stylus");
    (void)snprintf(config.tools[1], NAV_NAME_SIZE, "Probe");
    for (int i = 0; i < LANDMARKS; ++i) {
        (void)snprintf(config.landmarks[i].name, NAV_NAME_SIZE, "%s", names[i]);
        memcpy(config.landmarks[i].image_mm, places[i], sizeof(places[i]));
    }
    (void)snprintf(config.targets[0].name, NAV_NAME_SIZE, "S3");
    config.targets[0].image_mm[1] = -40.0;
    config.targets[0].image_mm[2] = -15.0;
    return config;
}

static int setup(void **state)
{
    memset(&bench, 0, sizeof(bench));
    bench.config = fixture_config();
    bench.config.has_registration = false;
    bench.shake_mm = 0.05;
    bench.navigator = fixture_navigator(&bench.config);
    const struct trk_registrar_config config = registrar_config();
    assert_int_equal(trk_registrar_create(&config, bench.navigator, &bench.registrar), NAV_OK);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    trk_registrar_destroy(bench.registrar);
    trk_navigator_destroy(bench.navigator);
    return 0;
}

static void look(void)
{
    trk_registrar_advance(bench.registrar, fixture_t0 + bench.now_ns);
    fixture_scene(bench.navigator, bench.now_ns, &bench.scene);
}

/* The camera trembles: the reference never repeats a pose. */
static void push_pose(uint32_t device, const struct nav_pose *pose, enum nav_sender_status status)
{
    const double tremble_mm =
        device == STYLUS && bench.frozen ? 0.0 : 0.02 * sin((double)bench.frames);
    struct nav_pose_sample sample = {
        .device = device,
        .arrival_ns = fixture_t0 + bench.now_ns,
        .device_ns = fixture_utc + bench.now_ns,
        .status = status,
        .error_mm = NAN,
    };
    nav_pose_rotation(pose, sample.R);
    memcpy(sample.t_mm, pose->t_mm, sizeof(sample.t_mm));
    sample.t_mm[2] += tremble_mm;
    assert_int_equal(trk_navigator_push(bench.navigator, &sample), NAV_OK);
}

/* One frame with the tip of the stylus at a place of the image, and what follows from it. */
static void frame_at(const double place_mm[3], enum nav_sender_status status)
{
    static const struct nav_pose T_tracker_reference = {.q = {0.6, 0.0, 0.0, 0.8},
                                                        .t_mm = {50.0, -80.0, -1400.0}};
    const struct nav_pose T_reference_image = nav_pose_inverse(&truth);
    struct nav_pose tool = {.q = {0.0, 0.6, 0.0, 0.8}};
    double tip_mm[3];
    ++bench.frames;
    nav_pose_apply(&T_reference_image, place_mm, tip_mm);
    tip_mm[0] += bench.shift_mm;
    tip_mm[1] += bench.frozen ? 0.0 : bench.shake_mm * sin(1.7 * (double)bench.frames);
    tip_mm[2] += bench.frozen ? 0.0 : bench.step_mm * (double)bench.frames;
    nav_pose_apply(&T_tracker_reference, tip_mm, tip_mm);
    double arm_mm[3];
    nav_pose_rotate(&tool, bench.config.tools[STYLUS].tip_mm, arm_mm);
    for (int i = 0; i < 3; ++i) {
        tool.t_mm[i] = tip_mm[i] - arm_mm[i];
    }
    push_pose(STYLUS, &tool, status);
    push_pose(REFERENCE, &T_tracker_reference, NAV_SENDER_OK);
    bench.now_ns += 16 * MS;
    look();
}

static void rest_at(const double place_mm[3], int frames)
{
    for (int i = 0; i < frames; ++i) {
        frame_at(place_mm, NAV_SENDER_OK);
    }
}

static const struct nav_scene_collection *collection(void)
{
    return &bench.scene.collection;
}

static void start(const char *landmark)
{
    trk_registrar_start(bench.registrar, landmark, NULL, fixture_t0 + bench.now_ns, &bench.reply);
}

static void check(const char *landmark)
{
    trk_registrar_check(bench.registrar, landmark, NULL, fixture_t0 + bench.now_ns, &bench.reply);
}

static void do_register(const char *override_reason)
{
    trk_registrar_register(bench.registrar, override_reason, fixture_t0 + bench.now_ns,
                           &bench.reply);
    look();
}

#define assert_done()                                                                              \
    do {                                                                                           \
        if (!bench.reply.done) {                                                                   \
            fail_msg("refused: %s", bench.reply.text);                                             \
        }                                                                                          \
    } while (0)

#define assert_refused(words)                                                                      \
    do {                                                                                           \
        if (bench.reply.done || strstr(bench.reply.text, words) == NULL) {                         \
            fail_msg("'%s' does not refuse with '%s'", bench.reply.text, words);                   \
        }                                                                                          \
    } while (0)

#define assert_outcome(is_good, words)                                                             \
    do {                                                                                           \
        assert_int_equal(collection()->kind, NAV_COLLECTION_NONE);                                 \
        if (collection()->good != (is_good) || strstr(collection()->outcome, words) == NULL) {     \
            fail_msg("outcome '%s' (good %u), not '%s'", collection()->outcome,                    \
                     collection()->good, words);                                                   \
        }                                                                                          \
    } while (0)

static void touch_at(int landmark, const double place_mm[3])
{
    rest_at(place_mm, 20);
    start(names[landmark]);
    assert_done();
    rest_at(place_mm, 70);
    assert_outcome(1, "taken");
}

static void touch_all(void)
{
    for (int i = 0; i < LANDMARKS; ++i) {
        touch_at(i, places[i]);
    }
}

/* ---- collecting ---- */

static void a_landmark_is_taken_by_resting(void **state)
{
    (void)state;
    rest_at(places[1], 20);
    start(names[1]);
    assert_done();
    rest_at(places[1], 30);
    assert_int_equal(collection()->kind, NAV_COLLECTION_LANDMARK);
    assert_string_equal(collection()->landmark, names[1]);
    assert_true(collection()->progress > 0.3 && collection()->progress < 0.7);
    assert_int_equal(collection()->collected, 0);
    assert_int_equal(collection()->wanted, LANDMARKS);
    rest_at(places[1], 40);
    assert_outcome(1, "left ala taken");
    assert_int_equal(collection()->collected, 1);

    const struct trk_touched *touched = trk_registrar_touched(bench.registrar, 1);
    const struct nav_pose T_reference_image = nav_pose_inverse(&truth);
    double wanted_mm[3];
    nav_pose_apply(&T_reference_image, places[1], wanted_mm);
    assert_true(touched->collected);
    for (int i = 0; i < 3; ++i) {
        assert_near(touched->measured_mm[i], wanted_mm[i], 0.01);
    }
    assert_true(touched->rms_mm > 0.01 && touched->rms_mm < 0.05);
}

static void a_tool_that_moves_is_refused(void **state)
{
    (void)state;
    rest_at(places[0], 20);
    start(names[0]);
    rest_at(places[0], 30);
    rest_at(places[3], 1);
    assert_outcome(0, "the tool moved");
    assert_false(trk_registrar_touched(bench.registrar, 0)->collected);

    /* too slow to be seen from pose to pose: 3 mm in a second */
    rest_at(places[0], 20);
    start(names[0]);
    bench.step_mm = 0.05;
    rest_at(places[0], 70);
    assert_outcome(0, "the tool moved");
}

static void a_hidden_marker_is_refused(void **state)
{
    (void)state;
    rest_at(places[0], 20);
    start(names[0]);
    rest_at(places[0], 30);
    frame_at(places[0], NAV_SENDER_MISSING);
    assert_outcome(0, "hidden");

    /* hidden and back between two looks is seen too */
    rest_at(places[0], 40);
    start(names[0]);
    rest_at(places[0], 30);
    assert_int_equal(collection()->kind, NAV_COLLECTION_LANDMARK);
    static const struct nav_pose somewhere = {.q = {0, 0, 0, 1}, .t_mm = {1, 2, -1400}};
    push_pose(STYLUS, &somewhere, NAV_SENDER_OUT_OF_VIEW);
    for (int i = 0; i < 12; ++i) {
        bench.now_ns += 2 * MS;
        push_pose(STYLUS, &somewhere, NAV_SENDER_OK);
        push_pose(REFERENCE, &somewhere, NAV_SENDER_OK);
    }
    look();
    assert_int_equal(collection()->kind, NAV_COLLECTION_NONE);
    assert_int_equal(collection()->good, 0);
}

static void silence_is_refused(void **state)
{
    (void)state;
    rest_at(places[0], 20);
    start(names[0]);
    rest_at(places[0], 30);
    bench.now_ns += 101 * MS;
    look();
    assert_outcome(0, "poses are missing");

    /* nothing has ever come from this tool */
    trk_registrar_start(bench.registrar, names[0], "Probe", fixture_t0 + bench.now_ns,
                        &bench.reply);
    assert_refused("not visible");
    /* what came before the command does not count */
    bench.now_ns += 1000 * MS;
    start(names[0]);
    assert_refused("not visible");
}

static void a_frozen_tracker_is_refused(void **state)
{
    (void)state;
    bench.frozen = true;
    rest_at(places[0], 20);
    start(names[0]);
    assert_done();
    rest_at(places[0], 70);
    assert_outcome(0, "bit for bit");
}

static void commands_out_of_place(void **state)
{
    (void)state;
    rest_at(places[0], 20);
    start("nose");
    assert_refused("no landmark 'nose'");
    trk_registrar_start(bench.registrar, names[0], "Hammer", fixture_t0 + bench.now_ns,
                        &bench.reply);
    assert_refused("no tool 'Hammer'");
    trk_registrar_cancel(bench.registrar, &bench.reply);
    assert_refused("nothing is being touched");
    check(names[0]);
    assert_refused("no registration is in force");
    do_register(NULL);
    assert_refused("at least 3");
    start(names[0]);
    assert_done();
    start(names[1]);
    assert_refused("promontory is being touched");
    do_register(NULL);
    assert_refused("promontory is being touched");
    trk_registrar_clear(bench.registrar, "all", &bench.reply);
    assert_refused("promontory is being touched");
    trk_registrar_cancel(bench.registrar, &bench.reply);
    assert_done();
    rest_at(places[0], 80);
    assert_outcome(0, "cancelled");
    assert_int_equal(collection()->collected, 0);

    touch_at(0, places[0]);
    touch_at(1, places[1]);
    trk_registrar_clear(bench.registrar, names[0], &bench.reply);
    assert_done();
    look();
    assert_int_equal(collection()->collected, 1);
    trk_registrar_clear(bench.registrar, "all", &bench.reply);
    look();
    assert_int_equal(collection()->collected, 0);
}

static void without_a_reference_nothing_is_touched(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.has_reference = false;
    struct trk_navigator *navigator = fixture_navigator(&config);
    const struct trk_registrar_config of = registrar_config();
    struct trk_registrar *registrar;
    assert_int_equal(trk_registrar_create(&of, navigator, &registrar), NAV_OK);
    trk_registrar_start(registrar, names[0], NULL, fixture_t0, &bench.reply);
    assert_refused("no patient reference");
    trk_registrar_destroy(registrar);
    trk_navigator_destroy(navigator);
}

/* ---- registering ---- */

static void landmarks_register_the_patient(void **state)
{
    (void)state;
    rest_at(places[0], 20);
    assert_trust(&bench.scene, NAV_TRUST_WITHHELD);
    assert_reason(&bench.scene, NAV_REASON_NO_REGISTRATION, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    touch_all();
    assert_int_equal(collection()->collected, LANDMARKS);
    do_register(NULL);
    assert_done();
    rest_at(places[2], 1);
    assert_trust(&bench.scene, NAV_TRUST_OK);
    const struct nav_scene_registration *registration = &bench.scene.registration;
    assert_string_equal(registration->source, "6 landmarks, live");
    assert_int_equal(registration->accepted, 1);
    assert_true(registration->fre_mm < 0.1 && registration->tre_mm > 0.0);
    assert_near(nav_pose_angle_rad(&registration->T_image_reference, &truth), 0.0, 0.002);
    assert_near(nav_pose_distance_mm(&registration->T_image_reference, &truth), 0.0, 0.1);
    for (int i = 0; i < 3; ++i) {
        assert_near(bench.scene.tools[STYLUS].tip_image_mm[i], places[2][i], 0.2);
    }
}

static void swapped_landmarks_are_refused(void **state)
{
    (void)state;
    touch_all();
    do_register(NULL);
    assert_done();
    const struct nav_pose before = bench.scene.registration.T_image_reference;
    touch_at(1, places[2]);
    touch_at(2, places[1]);
    do_register(NULL);
    assert_refused("swapped-labels");
    assert_non_null(strstr(bench.reply.text, "left ala"));
    rest_at(places[0], 1);
    assert_memory_equal(&bench.scene.registration.T_image_reference, &before, sizeof(before));
    assert_trust(&bench.scene, NAV_TRUST_OK);
}

static void an_override_needs_its_reason_and_is_shown(void **state)
{
    (void)state;
    for (int i = 0; i < LANDMARKS; ++i) {
        double place_mm[3];
        memcpy(place_mm, places[i], sizeof(place_mm));
        place_mm[0] += i == 5 ? 9.0 : 0.0; /* the apex, badly touched */
        touch_at(i, place_mm);
    }
    do_register(NULL);
    assert_refused("refused");
    assert_int_equal(bench.scene.registration.present, 0);
    assert_reason(&bench.scene, NAV_REASON_REGISTRATION_REFUSED, NAV_SUBJECT_NONE,
                  NAV_TRUST_WITHHELD);
    do_register("");
    assert_refused("reason");
    do_register("  ");
    assert_refused("reason");
    assert_int_equal(bench.scene.registration.present, 0);
    do_register("apex is under scar, surgeon agrees");
    assert_done();
    rest_at(places[0], 1);
    assert_trust(&bench.scene, NAV_TRUST_CAUTION);
    assert_reason(&bench.scene, NAV_REASON_REGISTRATION_OVERRIDE, NAV_SUBJECT_NONE,
                  NAV_TRUST_CAUTION);
    assert_string_equal(bench.scene.registration.source,
                        "6 landmarks, live, override: apex is under scar, surgeon agrees");

    /* good landmarks with the same word are no override */
    touch_at(5, places[5]);
    do_register("apex is under scar, surgeon agrees");
    assert_done();
    rest_at(places[0], 1);
    assert_trust(&bench.scene, NAV_TRUST_OK);
    assert_int_equal(bench.scene.registration.overridden, 0);
}

static void what_determines_nothing_cannot_be_overridden(void **state)
{
    (void)state;
    /* a line along which the tip shakes as well: nothing leaves it */
    const double along_reference[3] = {0.0, 1.0, 0.0};
    double along[3];
    nav_pose_rotate(&truth, along_reference, along);
    for (int i = 0; i < 3; ++i) {
        const double place_mm[3] = {20.0 * i * along[0], 20.0 * i * along[1], 20.0 * i * along[2]};
        touch_at(i, place_mm);
    }
    do_register("never mind");
    assert_refused("do not lie on one line");
    assert_int_equal(bench.scene.registration.present, 0);
}

/* ---- drift ---- */

static void a_check_finds_the_drift(void **state)
{
    (void)state;
    touch_all();
    do_register(NULL);
    assert_done();

    rest_at(places[3], 20);
    check(names[3]);
    assert_done();
    rest_at(places[3], 70);
    assert_outcome(1, "left foramen is 0.");
    assert_true(bench.scene.registration.last_check_mm < 0.2);
    assert_true(isnan(bench.scene.registration.trend_mm_per_min));
    assert_trust(&bench.scene, NAV_TRUST_OK);

    bench.shift_mm = 1.4;
    rest_at(places[3], 20);
    check(names[3]);
    rest_at(places[3], 70);
    assert_outcome(0, "left foramen is 1.");
    assert_near(bench.scene.registration.last_check_mm, 1.4, 0.15);
    assert_trust(&bench.scene, NAV_TRUST_CAUTION);
    assert_reason(&bench.scene, NAV_REASON_REGISTRATION_DRIFT, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    assert_true(bench.scene.registration.trend_mm_per_min > 10.0);

    bench.shift_mm = 2.6;
    rest_at(places[3], 20);
    check(names[3]);
    rest_at(places[3], 70);
    assert_trust(&bench.scene, NAV_TRUST_WITHHELD);
    assert_reason(&bench.scene, NAV_REASON_REGISTRATION_DRIFT, NAV_SUBJECT_NONE,
                  NAV_TRUST_WITHHELD);
    assert_int_equal(bench.scene.tools[STYLUS].has_pose, 0);
    assert_int_equal(bench.scene.registration.checks, 3);

    /* the landmarks from before may not make the same registration again */
    do_register(NULL);
    assert_refused("promontory was touched before");
    do_register("we are in a hurry");
    assert_refused("promontory was touched before");
    assert_trust(&bench.scene, NAV_TRUST_WITHHELD);

    touch_all();
    do_register(NULL);
    assert_done();
    rest_at(places[3], 1);
    assert_trust(&bench.scene, NAV_TRUST_OK);
    for (int i = 0; i < 3; ++i) {
        assert_near(bench.scene.tools[STYLUS].tip_image_mm[i], places[3][i], 0.2);
    }
}

static void a_check_says_what_would_explain_it(void **state)
{
    (void)state;
    touch_all();
    do_register(NULL);
    rest_at(places[1], 20);
    check(names[4]);
    rest_at(places[1], 70);
    assert_outcome(0, "another landmark");
    const struct trk_check_result *result = trk_registrar_last_check(bench.registrar);
    assert_int_equal(result->touch.other, 1);
}

/* The same commands and poses give the same bytes. */
static void the_same_inputs_give_the_same_scene(void **state)
{
    (void)state;
    static struct nav_scene first;
    for (int round = 0; round < 2; ++round) {
        if (round == 1) {
            first = bench.scene;
            (void)teardown(NULL);
            (void)setup(state);
            memset(&bench.scene, 0xa5, sizeof(bench.scene));
        }
        touch_all();
        do_register(NULL);
        bench.shift_mm = 1.4;
        rest_at(places[3], 20);
        check(names[3]);
        rest_at(places[3], 70);
        start(names[2]);
        rest_at(places[3], 10);
    }
    assert_memory_equal(&first, &bench.scene, sizeof(first));
}

/* The reason of an override is cut to its place in the scene, but never within a letter. */
static void long_reasons_keep_whole_letters(void **state)
{
    (void)state;
    for (int i = 0; i < LANDMARKS; ++i) {
        double place_mm[3];
        memcpy(place_mm, places[i], sizeof(place_mm));
        place_mm[0] += i == 5 ? 9.0 : 0.0;
        touch_at(i, place_mm);
    }
    static const char begin[] = "6 landmarks, live, override: ";
    static const char letter[] = "\xf0\x9f\xa6\xb4";
    for (size_t shift = 0; shift < 4; ++shift) {
        char reason[128] = "xxxx";
        reason[shift] = '\0';
        while (strlen(reason) + 4 < sizeof(reason)) {
            memcpy(reason + strlen(reason), letter, sizeof(letter));
        }
        do_register(reason);
        assert_done();
        const char *source = bench.scene.registration.source;
        const size_t length = strlen(source);
        const size_t letters = (length - strlen(begin) - shift) / 4;
        assert_true(length + 4 >= sizeof(bench.scene.registration.source));
        assert_int_equal(length, strlen(begin) + shift + 4 * letters);
        assert_memory_equal(source + length - 4, letter, 4);
        for (size_t k = length; k < sizeof(bench.scene.registration.source); ++k) {
            assert_int_equal(source[k], 0);
        }
    }
}

static void bad_configs(void **state)
{
    (void)state;
    struct trk_registrar *registrar = NULL;
    struct trk_registrar_config config = registrar_config();
    config.default_tool = 2;
    assert_int_equal(trk_registrar_create(&config, bench.navigator, &registrar), NAV_ERR_ARGUMENT);
    config = registrar_config();
    memcpy(config.landmarks[3].name, config.landmarks[0].name, NAV_NAME_SIZE);
    assert_int_equal(trk_registrar_create(&config, bench.navigator, &registrar), NAV_ERR_ARGUMENT);
    config = registrar_config();
    config.hold.hold_ns = 0;
    assert_int_equal(trk_registrar_create(&config, bench.navigator, &registrar), NAV_ERR_ARGUMENT);
    trk_registrar_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_landmark_is_taken_by_resting),
        TEST(a_tool_that_moves_is_refused),
        TEST(a_hidden_marker_is_refused),
        TEST(silence_is_refused),
        TEST(a_frozen_tracker_is_refused),
        TEST(commands_out_of_place),
        TEST(without_a_reference_nothing_is_touched),
        TEST(landmarks_register_the_patient),
        TEST(swapped_landmarks_are_refused),
        TEST(an_override_needs_its_reason_and_is_shown),
        TEST(what_determines_nothing_cannot_be_overridden),
        TEST(a_check_finds_the_drift),
        TEST(a_check_says_what_would_explain_it),
        TEST(the_same_inputs_give_the_same_scene),
        TEST(long_reasons_keep_whole_letters),
        TEST(bad_configs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
