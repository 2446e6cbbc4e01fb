/* Files that say which printed markers sit on which body. */
#include "marker_bodies.h"

#include <math.h>
#include <string.h>

#include "test_data.h"

static enum nav_status load(const char *text, struct cfg_marker_bodies *bodies,
                            struct cfg_error *error)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "/tmp/osteonav-bodies-%d.yaml", (int)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    const enum nav_status status = cfg_marker_bodies_load(path, bodies, error);
    assert_int_equal(unlink(path), 0);
    return status;
}

#define HEAD "version: 1\ndictionary: DICT_5X5_100\nbodies:\n"

static void corners_are_as_printed(void **state)
{
    (void)state;
    struct cfg_marker_bodies bodies;
    struct cfg_error error = {""};
    assert_int_equal(load(HEAD "  - name: StylusToTracker\n    markers:\n"
                               "      - {id: 3, side_mm: 30}\n"
                               "      - {id: 4, side_mm: 20, middle_mm: [40, 0, 5], "
                               "right: [0, 0, -1], down: [0, 1, 0]}\n"
                               "  - name: ReferenceToTracker\n    markers: [{id: 9, side_mm: 8}]\n",
                          &bodies, &error),
                     NAV_OK);
    assert_string_equal(bodies.dictionary, "DICT_5X5_100");
    assert_int_equal(bodies.count, 2);
    assert_int_equal(bodies.bodies[0].marker_count, 2);
    const double(*flat)[3] = bodies.bodies[0].markers[0].corners_mm;
    assert_true(flat[0][0] == -15 && flat[0][1] == -15 && flat[0][2] == 0); /* top left */
    assert_true(flat[2][0] == 15 && flat[2][1] == 15);                      /* bottom right */
    const double(*turned)[3] = bodies.bodies[0].markers[1].corners_mm;
    assert_true(turned[1][0] == 40 && turned[1][1] == -10 && turned[1][2] == -5); /* top right */
    assert_string_equal(bodies.bodies[1].name, "ReferenceToTracker");
}

static void bad_files_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "empty"},
        {"version: 2\ndictionary: D\nbodies: [{name: A, markers: [{id: 1, side_mm: 1}]}]\n",
         "version"},
        {HEAD "  - {name: A, markers: []}\n", "markers"},
        {HEAD "  - {name: A, colour: red, markers: [{id: 1, side_mm: 1}]}\n", "colour"},
        {HEAD "  - {name: A b, markers: [{id: 1, side_mm: 1}]}\n", "name"},
        {HEAD "  - {name: A123456789012345678901, markers: [{id: 1, side_mm: 1}]}\n", "name"},
        {HEAD "  - {name: A, markers: [{id: -1, side_mm: 1}]}\n", "id"},
        {HEAD "  - {name: A, markers: [{id: 1024, side_mm: 1}]}\n", "id"},
        {HEAD "  - {name: A, markers: [{id: 100, side_mm: 1}]}\n", "from 0 to 99"},
        {"version: 1\ndictionary: DICT_NONE\nbodies:\n  - {name: A, markers: [{id: 1, side_mm: "
         "1}]}\n",
         "dictionary"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 0}]}\n", "side_mm"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: .nan}]}\n", "side_mm"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 9, middle_mm: [9999, 0, 0]}]}\n",
         "middle_mm"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 9, right: [2, 0, 0]}]}\n", "right"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 9, right: [0, 1, 0]}]}\n", "perpendicular"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 9}, {id: 1, side_mm: 9}]}\n", "twice"},
        {HEAD "  - {name: A, markers: [{id: 1, side_mm: 9}]}\n"
              "  - {name: a, markers: [{id: 2, side_mm: 9}]}\n",
         "twice"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct cfg_marker_bodies bodies = {.count = 77};
        struct cfg_error error = {""};
        assert_int_not_equal(load(cases[i].text, &bodies, &error), NAV_OK);
        if (strstr(error.text, cases[i].says) == NULL || strstr(error.text, ".yaml") == NULL) {
            fail_msg("case %zu says: %s", i, error.text);
        }
        assert_int_equal(bodies.count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners_are_as_printed),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
