/* Requests as text: what is understood, what is answered, and what is refused without effect. */
#include "command.h"

#include <jansson.h>
#include <math.h>

#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

struct fixture {
    struct trk_navigator *navigator;
    struct trk_registrar *registrar;
    struct trk_guide *guide; /* NULL: none, as in the tests of the registrar's words */
    struct srv_view_orders views;
    struct srv_command_outcome outcome;
    json_t *answer;
};

static struct fixture fixture;
static char answer_text[SRV_ANSWER_MAX];

static int setup(void **state)
{
    const struct trk_config navigation = {
        .limits = {.caution_age_ns = 100 * MS,
                   .withhold_age_ns = 250 * MS,
                   .repeat_warn_ns = 2000 * MS,
                   .join_max_ns = 20 * MS,
                   .interpolate_max_ns = 50 * MS,
                   .clock_jump_ns = 50 * MS,
                   .notice_ns = 2000 * MS,
                   .return_frames = 5,
                   .return_ns = 100 * MS,
                   .rigid_tolerance = 2e-3,
                   .translation_max_mm = 1e4,
                   .fit_error_caution_mm = 0.5,
                   .fit_error_withhold_mm = 1.0,
                   .check_caution_mm = 1.0,
                   .check_withhold_mm = 2.0,
                   .reference_jump_mm = 1.0,
                   .reference_jump_rad = 0.02},
        .has_reference = true,
        .reference_device = "ReferenceToTracker",
        .tool_count = 1,
        .tools = {{.name = "Stylus", .device = "StylusToTracker", .axis = {0.0, 0.0, 1.0}}},
    };
    struct trk_registrar_config config = {
        .hold = trk_dwell_limits_default(),
        .limits = trk_registration_limits_default(),
        .check_limit_mm = 1.0,
        .tool_count = 1,
        .tools = {"Stylus"},
        .landmark_count = 2,
    };
    (void)snprintf(config.landmarks[0].name, NAV_NAME_SIZE, "left ala");
    (void)snprintf(config.landmarks[1].name, NAV_NAME_SIZE, "Kreuzbeinspitze \xc3\xa4");
    assert_int_equal(trk_navigator_create(&navigation, &fixture.navigator), NAV_OK);
    assert_int_equal(trk_registrar_create(&config, fixture.navigator, &fixture.registrar), NAV_OK);
    for (uint32_t device = 0; device < 2; ++device) {
        const struct nav_pose_sample sample = {
            .device = device,
            .arrival_ns = 1000 * MS,
            .status = NAV_SENDER_OK,
            .error_mm = NAN,
            .R = {1, 0, 0, 0, 1, 0, 0, 0, 1},
            .t_mm = {device, 2, 3},
        };
        assert_int_equal(trk_navigator_push(fixture.navigator, &sample), NAV_OK);
    }
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(fixture.answer);
    fixture.answer = NULL;
    trk_registrar_destroy(fixture.registrar);
    trk_navigator_destroy(fixture.navigator);
    return 0;
}

/* Every answer is one line of one object. */
static const char *execute_bytes(const char *line, size_t length)
{
    const struct srv_command_host host = {
        .registrar = fixture.registrar, .guide = fixture.guide, .views = &fixture.views};
    const size_t answered =
        srv_command_execute(&host, line, length, 1010 * MS, &fixture.outcome, answer_text);
    assert_true(answered > 1 && answered <= SRV_ANSWER_MAX);
    assert_ptr_equal(memchr(answer_text, '\n', answered), answer_text + answered - 1);
    json_decref(fixture.answer);
    fixture.answer = json_loadb(answer_text, answered, 0, NULL);
    assert_non_null(fixture.answer);
    assert_int_equal(json_is_true(json_object_get(fixture.answer, "done")),
                     fixture.outcome.reply.done);
    return json_string_value(json_object_get(fixture.answer, "text"));
}

static const char *execute(const char *line)
{
    return execute_bytes(line, strlen(line));
}

static void refused_with(const char *line, const char *words)
{
    const char *text = execute(line);
    if (fixture.outcome.reply.done || strstr(text, words) == NULL) {
        fail_msg("%s: '%s' does not refuse with '%s'", line, text, words);
    }
    assert_int_equal(trk_registrar_collection(fixture.registrar)->kind, NAV_COLLECTION_NONE);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "JSON"},
        {"hello", "JSON"},
        {"[]", "a request is"},
        {"{}", "a request is"},
        {"{\"command\": 3}", "a request is"},
        {"{\"command\": \"status\"", "JSON"},
        {"{\"command\": \"status\"} x", "JSON"},
        {"{\"command\": \"status\", \"command\": \"register\"}", "JSON"},
        {"{\"command\": \"status\", \"more\": {}}", "a request is"},
        {"{\"command\": \"explode\"}", "unknown command 'explode'"},
        {"{\"command\": \"status\", \"arguments\": []}", "object of strings"},
        {"{\"command\": \"status\", \"arguments\": {\"x\": \"1\"}}", "unknown argument 'x'"},
        {"{\"command\": \"landmark start\"}", "needs name="},
        {"{\"command\": \"landmark start\", \"arguments\": {\"name\": 3}}", "is a string"},
        {"{\"command\": \"landmark start\", \"arguments\": {\"name\": \"a\\nb\"}}", "is a string"},
        {"{\"command\": \"landmark start\", \"arguments\": {\"name\": \"nose\"}}", "no landmark"},
        {"{\"command\": \"landmark start\", \"arguments\": {\"name\": {\"a\": {}}}}", "nested"},
        {"{\"command\": \"status\", \"arguments\": {\"\xff\": \"\"}}", "JSON"},
        {"{\"command\": \"register\", \"arguments\": {\"override\": \"yes\"}}", "0 or 1"},
        {"{\"command\": \"register\", \"arguments\": {\"override\": \"1\"}}", "reason"},
        {"{\"command\": \"register\", \"arguments\": {\"reason\": \"x\"}}", "override=1"},
        {"{\"command\": \"register\"}", "at least 3"},
        {"{\"command\": \"check\", \"arguments\": {\"landmark\": \"left ala\"}}",
         "no registration is in force"},
        {"{\"command\": \"landmark cancel\"}", "nothing is being touched"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        refused_with(rows[i][0], rows[i][1]);
    }
    /* what a refusal quotes is text again */
    refused_with("{\"command\": \"\\u1\xcb\x9a"
                 "4\"}",
                 "JSON");
    static const char zero[] = "{\"command\": \"stat\0us\"}";
    (void)execute_bytes(zero, sizeof(zero) - 1);
    assert_false(fixture.outcome.reply.done);
}

static void size_and_depth_are_bounded(void **state)
{
    (void)state;
    static char line[2 * SRV_REQUEST_MAX];
    memset(line, '[', sizeof(line));
    assert_non_null(strstr(execute_bytes(line, SRV_REQUEST_MAX), "nested"));
    assert_non_null(strstr(execute_bytes(line, SRV_REQUEST_MAX + 1), "at most"));
    const int length = snprintf(line, sizeof(line),
                                "{\"command\": \"landmark clear\", "
                                "\"arguments\": {\"name\": \"");
    memset(line + length, 'a', SRV_ARGUMENT_MAX);
    memcpy(line + length + SRV_ARGUMENT_MAX, "\"}}", 4);
    assert_non_null(strstr(execute(line), "at most 127 bytes"));
    memcpy(line + length + SRV_ARGUMENT_MAX - 1, "\"}}", 4);
    assert_non_null(strstr(execute(line), "no landmark"));
}

static void commands_reach_the_registrar(void **state)
{
    (void)state;
    (void)execute("{\"command\": \"status\"}");
    assert_true(fixture.outcome.reply.done && fixture.outcome.asks);
    json_t *landmarks = json_object_get(json_object_get(fixture.answer, "result"), "landmarks");
    assert_int_equal(json_array_size(landmarks), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(landmarks, 1), "name")),
                        "Kreuzbeinspitze \xc3\xa4");

    (void)execute("{\"command\": \"landmark start\", \"arguments\": {\"name\": \"left ala\", "
                  "\"tool\": \"Stylus\"}}");
    assert_true(fixture.outcome.reply.done);
    assert_false(fixture.outcome.asks);
    assert_string_equal(fixture.outcome.word, "landmark start");
    const struct nav_scene_collection *collection = trk_registrar_collection(fixture.registrar);
    assert_int_equal(collection->kind, NAV_COLLECTION_LANDMARK);
    assert_string_equal(collection->landmark, "left ala");
    (void)execute("{\"command\": \"landmark cancel\"}");
    assert_true(fixture.outcome.reply.done);
    (void)execute("{\"command\": \"landmark clear\", \"arguments\": {\"name\": \"all\"}}");
    assert_true(fixture.outcome.reply.done);
}

static void commands_reach_the_guide(void **state)
{
    (void)state;
    refused_with("{\"command\": \"cut pause\"}", "nothing is guided");
    struct trk_guide_config config = {
        .limits = {.hold = trk_dwell_limits_default()},
        .tool_count = 2,
        .cut_count = 1,
        .tools = {{.name = "Blade", .guide = NAV_GUIDE_BLADE}, {.name = "Stylus"}},
        .cuts = {{.name = "S2",
                  .plan = {.normal = {0, 0, 1},
                           .u = {1, 0, 0},
                           .size_mm = {20, 20},
                           .depth_mm = 10,
                           .kerf_mm = 1}}},
    };
    assert_int_equal(trk_guide_create(&config, &fixture.guide), NAV_OK);
    static const struct {
        const char *command, *arguments, *words;
        bool done;
    } rows[] = {
        {"cut suggest-accept", "", "no cut is suggested", false},
        {"cut activate", "\"name\": \"S3\"", "no cut 'S3'", false},
        {"cut activate", "\"name\": \"S2\"", "S2 is active", true},
        {"cut pause", "", "S2 pauses", true},
        {"cut done", "\"name\": \"S2\"", "S2 is done", true},
        {"cut skip", "\"name\": \"S2\"", "done already", false},
        {"fragment loose", "", "no longer navigated", true},
        {"fragment rigid", "", "counts as rigid", true},
        {"alarm acknowledge", "", "nothing to acknowledge", false},
        {"alarm acknowledge", "\"code\": \"fire\"", "is no alarm", false},
        {"alarm mute", "\"state\": \"maybe\"", "on or off", false},
        {"alarm mute", "\"state\": \"on\"", "no sound", true},
        {"guide tool", "\"name\": \"Blade\"", "guided by Blade", true},
        {"guide tool", "\"name\": \"Stylus\"", "neither blade nor drill", false},
        {"guide parallel start", "\"landmark\": \"nose\", \"width\": \"20\", \"thickness\": \"1\"",
         "no landmark", false},
        {"guide parallel start",
         "\"landmark\": \"left ala\", \"width\": \"20\", \"thickness\": \"1\"", "touch it", false},
        {"guide parallel cancel", "", "nothing is held", false},
        {"display back", "\"name\": \"bedside\"", "was not gone", false},
        {"display gone", "\"name\": \"bedside\"", "is gone", true},
        {"display back", "\"name\": \"bedside\"", "runs again", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        char line[256];
        (void)snprintf(line, sizeof(line), "{\"command\": \"%s\", \"arguments\": {%s}}",
                       rows[i].command, rows[i].arguments);
        const char *text = execute(line);
        if (fixture.outcome.reply.done != rows[i].done || strstr(text, rows[i].words) == NULL) {
            fail_msg("%s: %s", line, text);
        }
    }
    trk_guide_destroy(fixture.guide);
    fixture.guide = NULL;
}

/* The core hands on what it does not understand, when it is short and plain. */
static void orders_to_displays_are_handed_on(void **state)
{
    (void)state;
    static struct nav_scene scene;
    for (int i = 1; i <= NAV_VIEW_ORDERS_MAX + 2; ++i) {
        char line[160];
        (void)snprintf(line, sizeof(line),
                       "{\"command\": \"view\", \"arguments\": {\"action\": \"preset\", "
                       "\"argument\": \"%d\"}}",
                       i);
        (void)execute(line);
        assert_true(fixture.outcome.reply.done);
    }
    (void)execute("{\"command\": \"view\", \"arguments\": {\"action\": \"reset\", \"display\": "
                  "\"bedside\"}}");
    srv_view_orders_fill(&fixture.views, &scene);
    assert_int_equal(scene.view_order_count, NAV_VIEW_ORDERS_MAX + 3);
    for (uint64_t serial = 4; serial <= scene.view_order_count; ++serial) {
        const struct nav_scene_view_order *order = &scene.view_orders[serial % NAV_VIEW_ORDERS_MAX];
        assert_int_equal(order->serial, serial);
        assert_string_equal(order->action, serial < scene.view_order_count ? "preset" : "reset");
    }
    assert_string_equal(scene.view_orders[scene.view_order_count % NAV_VIEW_ORDERS_MAX].display,
                        "bedside");
    char line[256];
    for (int kind = 0; kind < 3; ++kind) {
        (void)snprintf(line, sizeof(line),
                       "{\"command\": \"view\", \"arguments\": {\"action\": \"%s\", "
                       "\"argument\": \"%0*d\"}}",
                       kind == 0   ? "Reset"
                       : kind == 1 ? "a b"
                                   : "reset",
                       kind == 2 ? 64 : 1, 0);
        refused_with(line, "at most 63 bytes");
    }
    srv_view_orders_fill(&fixture.views, &scene);
    assert_int_equal(scene.view_order_count, NAV_VIEW_ORDERS_MAX + 3);
}

/* What is measured is answered, not only handed on; what is no measurement is refused. */
static double result_number(const char *name)
{
    return json_number_value(json_object_get(json_object_get(fixture.answer, "result"), name));
}

static const char *measure(const char *argument)
{
    char line[256];
    (void)snprintf(line, sizeof(line),
                   "{\"command\": \"view\", \"arguments\": {\"action\": \"measure\", "
                   "\"argument\": \"%s\"}}",
                   argument);
    return execute(line);
}

static void a_measurement_is_answered(void **state)
{
    (void)state;
    const uint64_t before = fixture.views.count;
    assert_non_null(strstr(measure("0,0,0 3,4,0"), "5.0 mm"));
    assert_true(fixture.outcome.reply.done);
    assert_true(fabs(result_number("distance_mm") - 5.0) < 1e-12);
    (void)measure("1,0,0 0,0,0 0,0,-2.5");
    assert_true(fabs(result_number("angle_deg") - 90.0) < 1e-9);
    (void)measure("clear");
    assert_null(json_object_get(fixture.answer, "result"));
    assert_int_equal(fixture.views.count, before + 3);
    assert_non_null(strstr(measure("1,0,0"), "two or three points"));
    assert_false(fixture.outcome.reply.done);
    assert_int_equal(fixture.views.count, before + 3);
}

static void every_word_has_its_help(void **state)
{
    (void)state;
    size_t count;
    const struct srv_command_word *words = srv_command_words(&count);
    assert_int_equal(count, 21);
    for (size_t i = 0; i < count; ++i) {
        assert_true(strlen(words[i].help) >= 8);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_request_is_refused),    TEST(size_and_depth_are_bounded),
        TEST(commands_reach_the_registrar),     TEST(commands_reach_the_guide),
        TEST(orders_to_displays_are_handed_on), TEST(a_measurement_is_answered),
        TEST(every_word_has_its_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
