/* `osteonav scene`: what people and scripts read, and that it never shows an old scene as live. */
#include "fault_support.h"

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>

enum { TEXT_SIZE = 64 * 1024 };

static char text[TEXT_SIZE];

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

static json_t *parse(const char *line)
{
    json_error_t error;
    json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, &error);
    if (object == NULL) {
        fail_msg("not JSON: %s: %s", error.text, line);
    }
    return object;
}

static json_t *at(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL) {
        fail_msg("no key %s", key);
    }
    return value;
}

static bool has_reason(json_t *object, const char *name)
{
    json_t *reasons = at(at(object, "verdict"), "reasons");
    for (size_t i = 0; i < json_array_size(reasons); ++i) {
        if (strcmp(json_string_value(json_array_get(reasons, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

static void json_has_the_promised_keys(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    const char *const arguments[] = {"scene", "--instance", core.instance, "--json", NULL};
    fault_send_in_background(peer, &step);
    const int code = fault_run(arguments, text, sizeof(text));
    fault_send_no_more();
    assert_int_equal(code, 0);
    json_t *object = parse(text);
    assert_true(json_is_integer(at(object, "seq")));
    assert_true(json_is_integer(at(object, "time_ns")));
    assert_string_equal(json_string_value(at(at(object, "verdict"), "trust")), "ok");
    assert_true(json_is_array(at(at(object, "verdict"), "reasons")));
    assert_int_equal(json_array_size(at(object, "peers")), 1);
    json_t *registration = at(object, "registration");
    assert_true(json_is_true(at(registration, "present")));
    assert_string_equal(json_string_value(at(registration, "source")), "test");
    assert_true(json_real_value(at(registration, "fre_mm")) == 0.5);
    json_t *tools = at(object, "tools");
    assert_int_equal(json_array_size(tools), 2);
    json_t *stylus = json_array_get(tools, 0);
    assert_string_equal(json_string_value(at(stylus, "name")), "Stylus");
    assert_string_equal(json_string_value(at(stylus, "state")), "tracked");
    assert_true(json_is_real(at(stylus, "age_ms")));
    assert_true(json_is_null(at(stylus, "reason")));
    json_t *tip = at(stylus, "tip_image_mm");
    assert_int_equal(json_array_size(tip), 3);
    assert_true(fabs(json_real_value(json_array_get(tip, 2)) - 130.0) < 1e-9);
    assert_int_equal(json_array_size(at(stylus, "axis_image")), 3);
    assert_int_equal(json_array_size(at(stylus, "R_image")), 9);
    json_t *blade = json_array_get(tools, 1);
    assert_string_equal(json_string_value(at(blade, "state")), "never");
    assert_true(json_is_null(at(blade, "age_ms")));
    assert_string_equal(json_string_value(at(blade, "reason")), "tool-never");
    assert_true(json_is_null(at(blade, "tip_image_mm")));
    assert_true(json_is_null(at(blade, "axis_image")));
    assert_true(json_is_null(at(blade, "R_image")));
    json_decref(object);

    const char *const table[] = {"scene", "--instance", core.instance, NULL};
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    fault_send_in_background(peer, &step);
    const int table_code = fault_run(table, text, sizeof(text));
    fault_send_no_more();
    assert_int_equal(table_code, 0);
    assert_non_null(strstr(text, "Stylus"));
    assert_non_null(strstr(text, "130.00"));
    (void)close(peer);
    fault_core_stop(&core);
}

static void follow_prints_newer_scenes_and_counts(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const char *const arguments[] = {"scene",    "--instance", core.instance, "--json",
                                     "--follow", "--count",    "5",           NULL};
    assert_int_equal(fault_run(arguments, text, sizeof(text)), 0);
    long long before = 0;
    int lines = 0;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1, ++lines) {
        json_t *object = parse(line);
        const long long seq = json_integer_value(at(object, "seq"));
        assert_true(seq > before);
        before = seq;
        json_decref(object);
    }
    assert_int_equal(lines, 5);
    fault_core_stop(&core);
}

/* The core hangs (stopped) with a live tool in its last scene. */
static void a_hanging_core_is_withheld_by_the_reader(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    assert_int_equal(kill(core.pid, SIGSTOP), 0);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_int_equal(scene.tools[0].has_pose, 1);
    fault_sleep_ms(300);
    const char *const once[] = {"scene", "--instance", core.instance, "--json", NULL};
    assert_int_equal(fault_run(once, text, sizeof(text)), 0);
    json_t *object = parse(text);
    assert_string_equal(json_string_value(at(at(object, "verdict"), "trust")), "withheld");
    assert_true(has_reason(object, "core-silent"));
    json_t *stylus = json_array_get(at(object, "tools"), 0);
    assert_true(json_is_null(at(stylus, "tip_image_mm")));
    assert_string_equal(json_string_value(at(stylus, "state")), "lost");
    assert_true(json_real_value(at(stylus, "age_ms")) > 250.0);
    json_decref(object);
    assert_int_equal(kill(core.pid, SIGCONT), 0);
    (void)close(peer);
    fault_core_stop(&core);
}

static void without_a_core_it_says_so(void **state)
{
    (void)state;
    const char *const nobody[] = {"scene", "--instance", "fault-nobody", NULL};
    assert_int_equal(fault_run(nobody, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "no core runs as instance 'fault-nobody'"));
    const char *const wrong_name[] = {"scene", "--instance", "a/b", NULL};
    assert_int_equal(fault_run(wrong_name, text, sizeof(text)), 2);
    const char *const wrong_count[] = {"scene", "--count", "0", NULL};
    assert_int_equal(fault_run(wrong_count, text, sizeof(text)), 2);
    const char *const help[] = {"scene", "--help", NULL};
    assert_int_equal(fault_run(help, text, sizeof(text)), 0);
    assert_non_null(strstr(text, "--follow"));
}

static pid_t killer_target;

static void kill_target(int number)
{
    (void)number;
    (void)kill(killer_target, SIGKILL);
}

static void follow_ends_with_the_core(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    killer_target = core.pid;
    assert_true(signal(SIGALRM, kill_target) != SIG_ERR);
    (void)ualarm(200000, 0);
    const char *const arguments[] = {"scene",  "--instance", core.instance,
                                     "--json", "--follow",   NULL};
    assert_int_equal(fault_run(arguments, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "the core has ended"));
    (void)signal(SIGALRM, SIG_DFL);
    (void)waitpid(core.pid, NULL, 0);
    fault_core_forget(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_promised_keys),
        cmocka_unit_test(follow_prints_newer_scenes_and_counts),
        cmocka_unit_test(a_hanging_core_is_withheld_by_the_reader),
        cmocka_unit_test(without_a_core_it_says_so),
        cmocka_unit_test(follow_ends_with_the_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
