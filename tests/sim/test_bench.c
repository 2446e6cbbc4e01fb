/* `osteonav bench`: the lines have their keys, the figures are figures, nothing was lost. How good
 * they are is not judged here: that is for a quiet machine. */
#include "test_data.h"

#include <math.h>

#include <jansson.h>

#include "fault_support.h"

static double number_of(json_t *line, const char *key)
{
    json_t *value = json_object_get(line, key);
    if (!json_is_number(value)) {
        fail_msg("no number '%s'", key);
    }
    return json_number_value(value);
}

static void latency_prints_its_lines(void **state)
{
    (void)state;
    static char text[65536];
    const char *arguments[] = {"bench", "latency", "--quick", "--json", NULL};
    const int code = fault_run(arguments, text, sizeof(text));
    if (code != 0) {
        fail_msg("exit %d: %s", code, text);
    }
    static const char *const references[] = {"libOpenIGTLink", "libuv+crc", "5ms-poll"};
    size_t seen[3] = {0};
    char *rest = text;
    for (char *line_text = strsep(&rest, "\n"); line_text != NULL;
         line_text = strsep(&rest, "\n")) {
        if (line_text[0] == '\0') {
            continue;
        }
        json_t *line = json_loads(line_text, 0, NULL);
        if (line == NULL) {
            fail_msg("not JSON: %s", line_text);
        }
        assert_string_equal(json_string_value(json_object_get(line, "bench")), "latency");
        assert_non_null(strstr(json_string_value(json_object_get(line, "case")), "Hz p"));
        assert_string_equal(json_string_value(json_object_get(line, "unit")), "us");
        assert_int_equal(json_integer_value(json_object_get(line, "runs")), 1);
        const double ours = number_of(line, "ours");
        const double reference = number_of(line, "reference");
        assert_true(ours > 0 && reference > 0);
        assert_true(fabs(number_of(line, "ratio") * ours / reference - 1) < 1e-3);
        assert_true(number_of(line, "ours_in_viewer") >= ours);
        assert_true(number_of(line, "ours_delivered") > 0.8);
        assert_true(number_of(line, "reference_delivered") > 0.95);
        for (size_t i = 0; i < 3; ++i) {
            seen[i] += strcmp(json_string_value(json_object_get(line, "reference_name")),
                              references[i]) == 0;
        }
        json_decref(line);
    }
    for (size_t i = 0; i < 3; ++i) {
        assert_int_equal(seen[i], 4);
    }
}

static void usage_is_explained(void **state)
{
    (void)state;
    char text[8192];
    const char *help[] = {"bench", "--help", NULL};
    assert_int_equal(fault_run(help, text, sizeof(text)), 0);
    assert_non_null(strstr(text, "latency"));
    const char *none[] = {"bench", "no-such", NULL};
    assert_int_equal(fault_run(none, text, sizeof(text)), 2);
    assert_non_null(strstr(text, "no benchmark 'no-such'"));
    const char *runs[] = {"bench", "latency", "--runs", "65", NULL};
    assert_int_equal(fault_run(runs, text, sizeof(text)), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_prints_its_lines),
        cmocka_unit_test(usage_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
