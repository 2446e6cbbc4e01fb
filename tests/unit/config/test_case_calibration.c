/* A tool's numbers are bound to the calibration that found them: swapped files, other markers,
 * other numbers and old ones are refused. */
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "mesh_maker.h"
#include "nav/time.h"
#include "tool_calibration.h"

#define DIGEST_A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" /* of "a" */
#define DIGEST_B "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d" /* of "b" */
#define HEAD "{\"kind\": \"pivot\", \"tool\": \"Stylus\", \"accepted\": true, "
#define DATE "\"date_utc\": \"2026-01-31T12:00:00Z\", "
#define TIP "\"tip_mm\": [1, 2, -150.0004]"
#define PIVOT HEAD DATE "\"geometry_sha256\": null, " TIP "}"
#define SPIN                                                                                       \
    "{\"kind\": \"spin\", \"tool\": \"StylusToReference\", \"accepted\": true, " DATE              \
    "\"axis\": [0, 0, -1]}"

static char folder[64];

static void write_text(const char *name, const char *text)
{
    write_file(folder, name, text, strlen(text));
}

static int set_up(void **state)
{
    (void)state;
    make_folder(folder);
    write_box(folder, "bone.stl", "made by a test", (const double[]){-60, -120, 120},
              (const double[]){120, 80, 120});
    write_text("a.rom", "a");
    write_text("b.rom", "b");
    write_text("pivot.json", PIVOT);
    write_text("spin.json", SPIN);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static enum nav_status load(const char *tool, struct cfg_case **out, struct cfg_error *error)
{
    char text[2048];
    char path[160];
    (void)snprintf(text, sizeof(text),
                   "version: 1\nname: Test\npatient: {pseudonym: TEST-01}\n"
                   "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
                   "models: [{file: bone.stl, name: Sacrum, role: bone}]\n"
                   "tools:\n  - {name: Stylus, device: StylusToTracker, tip_mm: [1, 2, -150], "
                   "axis: [0, 0, -1]%s}\n",
                   tool);
    write_text("case.yaml", text);
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    return cfg_case_load(path, out, error);
}

static struct cfg_case *expect_good(const char *tool)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    if (load(tool, &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return loaded;
}

static void a_tool_of_its_own_calibration(void **state)
{
    (void)state;
    struct cfg_case *loaded = expect_good(", calibration: [pivot.json, spin.json]");
    assert_int_equal(loaded->tools[0].calibration_count, 2);
    const uint64_t before = loaded->case_id;
    cfg_case_destroy(loaded);
    write_text("spin.json", " " SPIN);
    loaded = expect_good(", calibration: [pivot.json, spin.json]");
    assert_true(loaded->case_id != before); /* the files belong to the case */
    cfg_case_destroy(loaded);
    write_text("pivot.json", HEAD DATE "\"geometry_sha256\": \"" DIGEST_A "\", " TIP "}");
    loaded = expect_good(", calibration: [pivot.json], marker: a.rom");
    assert_non_null(strstr(loaded->tools[0].marker.path, "/a.rom"));
    cfg_case_destroy(loaded);
}

static void what_is_not_of_this_tool_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content, *tool, *says;
    } bad[] = {
        {"{\"kind\": \"pivot\", \"tool\": \"Saw\", \"accepted\": true, " DATE TIP "}",
         ", calibration: [x.json]", "is the calibration of 'Saw', not of 'StylusToTracker'"},
        {HEAD DATE "\"tip_mm\": [1, 2, -150.02]}", ", calibration: [x.json]", "its tip_mm is"},
        {HEAD DATE TIP ", \"axis\": [0, 0.002, -1]}", ", calibration: [x.json]", "its axis is"},
        {HEAD DATE TIP ", \"geometry_sha256\": \"" DIGEST_A "\"}",
         ", calibration: [x.json], marker: b.rom", "was made for another marker"},
        {HEAD DATE TIP ", \"geometry_sha256\": \"" DIGEST_B "\"}", ", calibration: [x.json]",
         "name that marker's geometry file"},
        {PIVOT, ", calibration: [x.json], marker: a.rom", "calibrate with --geometry"},
        {SPIN, ", calibration: [x.json]", "none of these files found the tip"},
        {PIVOT, ", marker: a.rom", "no calibration goes with this marker"},
        {"{\"kind\": \"pivot\", \"tool\": \"Stylus\", \"accepted\": false, " DATE TIP "}",
         ", calibration: [x.json]", "was not accepted"},
        {"{\"kind\": \"divot\", \"tool\": \"Stylus\", \"accepted\": true, " DATE TIP "}",
         ", calibration: [x.json]", "kind: "},
        {"{\"kind\": \"pivot\", \"accepted\": true, " DATE TIP "}", ", calibration: [x.json]",
         "of which tool"},
        {HEAD TIP "}", ", calibration: [x.json]", "date_utc: "},
        {HEAD "\"date_utc\": \"1013-01-31T12:00:00Z\", " TIP "}", ", calibration: [x.json]",
         "date_utc: "},
        {HEAD DATE "\"tip_mm\": [1, 2]}", ", calibration: [x.json]", "tip_mm: three numbers"},
        {HEAD DATE "\"tip_mm\": [1, 2, \"3\"]}", ", calibration: [x.json]", "tip_mm: three"},
        {HEAD DATE TIP ", \"up\": [0, 0, 2]}", ", calibration: [x.json]", "up: is no direction"},
        {HEAD DATE TIP ", \"geometry_sha256\": \"12\"}", ", calibration: [x.json]", "64 digits"},
        {HEAD DATE "\"poses\": 3}", ", calibration: [x.json]", "neither a tip nor an axis"},
        {"{\"kind\": \"pivot\", \"kind\": \"spin\"}", ", calibration: [x.json]", "duplicate"},
        {"{", ", calibration: [x.json]", "x.json: line 1: "},
        {"[]", ", calibration: [x.json]", "kind: "},
        {PIVOT, ", calibration: [none.json]", "none.json"},
        {PIVOT, ", calibration: []", "tools[0].calibration"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        struct cfg_case *loaded = NULL;
        struct cfg_error error = {.text = ""};
        write_text("x.json", bad[i].content);
        if (load(bad[i].tool, &loaded, &error) == NAV_OK ||
            strstr(error.text, bad[i].says) == NULL || strstr(error.text, "tools[0]") == NULL) {
            fail_msg("%zu: %s", i, error.text);
        }
    }
}

static void old_ones_are_refused(void **state)
{
    (void)state;
    const int64_t noon_ns = INT64_C(1769860800) * NAV_NS_PER_S; /* 2026-01-31 12:00 UTC */
    const int64_t day_ns = INT64_C(86400) * NAV_NS_PER_S;
    struct cfg_error error = {.text = ""};
    struct cfg_case *loaded = expect_good(", calibration: [pivot.json]");
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns, &error), NAV_OK);
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns + 180 * day_ns, &error), NAV_OK);
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns + 181 * day_ns, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "Stylus was calibrated 181 days ago"));
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns - 2 * day_ns, &error), NAV_ERR_REFUSED);
    loaded->limits.calibration_days = 0;
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns + 900 * day_ns, &error), NAV_OK);
    cfg_case_destroy(loaded);
    loaded = expect_good("");
    assert_int_equal(cfg_case_check_dates(loaded, noon_ns + 900 * day_ns, &error), NAV_OK);
    cfg_case_destroy(loaded);
}

static void names_of_one_tool(void **state)
{
    (void)state;
    assert_true(cfg_same_tool("Stylus", "StylusToTracker"));
    assert_true(cfg_same_tool("StylusToReference", "StylusToTracker"));
    assert_false(cfg_same_tool("Stylus2", "StylusToTracker"));
    assert_false(cfg_same_tool("Styl", "StylusToTracker"));
    assert_true(cfg_same_tool("Tool", "Tool"));
    assert_true(cfg_same_tool("ToTip", "ToTip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tool_of_its_own_calibration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_of_this_tool_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_ones_are_refused, set_up, tear_down),
        cmocka_unit_test(names_of_one_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
