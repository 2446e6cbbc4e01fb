/* Distances and angles, and what is no measurement. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nav/measure.h"

static void known_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0,0,0 3,4,0", 5.0},
        {"  -1.5,2,0.25   -1.5,2,10.25 ", 10.0},
        {"1,0,0 0,0,0 0,7,0", 90.0},
        {"1,0,0 0,0,0 -2,0,0", 180.0},
        {"1,0,0 0,0,0 2,0,0", 0.0},
        {"1,0,0 0,0,0 1,1,0", 45.0},
        {"-10000,0,0 10000,0,0", 20000.0},
        {"5,5,5 5,5,5", 0.0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_measure measure;
        if (!nav_measure_read(rows[i].text, &measure)) {
            fail_msg("refused: %s", rows[i].text);
        }
        assert_true(fabs(nav_measure_value(&measure) - rows[i].value) < 1e-9);
    }
}

/* A corner at one of its ends has no angle; one point has no distance. */
static void what_has_no_value(void **state)
{
    (void)state;
    struct nav_measure measure;
    assert_true(nav_measure_read("0,0,0 0,0,0 1,0,0", &measure));
    assert_true(isnan(nav_measure_value(&measure)));
    measure.count = 1;
    assert_true(isnan(nav_measure_value(&measure)));
    measure.count = 4;
    assert_true(isnan(nav_measure_value(&measure)));
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "1,2,3",
        "1,2 3,4",
        "1,2,3,4",
        "1,2,3 4,5",
        "1,2,3 4,5,6 7,8,9 1,2,3",
        "1,2,3 4,5,x",
        "1,2,3 4,5,",
        "1,2,3 4,5,6,",
        "1,2,3;4,5,6",
        "1,2,3\t4,5,6",
        "nan,2,3 4,5,6",
        "inf,2,3 4,5,6",
        "1e2,2,3 4,5,6",
        "0x10,2,3 4,5,6",
        "+1,2,3 4,5,6",
        "--1,2,3 4,5,6",
        "1.,2,3 4,5,6",
        ".5,2,3 4,5,6",
        "1.2.3,2,3 4,5,6",
        "1, 2,3 4,5,6",
        "10000.1,2,3 4,5,6",
        "1234567890123,2,3 4,5,6",
        "0.1234567890123,2,3 4,5,6",
        "1,2,3 4,5,6x",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct nav_measure measure = {.count = 77};
        if (nav_measure_read(rows[i], &measure)) {
            fail_msg("taken: '%s'", rows[i]);
        }
        assert_int_equal(measure.count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(what_has_no_value),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
