/* The cameras of a case: how they are placed, and that their files belong to the case. */
#include <math.h>
#include <string.h>

#include "case.h"
#include "mesh_maker.h"

static char folder[64];

static void write_text(const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    make_folder(folder);
    write_box(folder, "bone.stl", "made by a test", (const double[]){-60, -120, 120},
              (const double[]){120, 80, 120});
    write_text("lens.yml", "a lens");
    write_text("markers.yaml", "markers");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static enum nav_status load(const char *cameras, struct cfg_case **out, struct cfg_error *error)
{
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "version: 1\nname: Test\npatient: {pseudonym: TEST-01}\n"
                   "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
                   "models: [{file: bone.stl, name: Sacrum, role: bone}]\n"
                   "tools:\n  - {name: Scope, device: ScopeToTracker, tip_mm: [0, 0, 80], "
                   "axis: [0, 0, 1]}\ncameras:\n%s",
                   cameras);
    write_text("case.yaml", text);
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    return cfg_case_load(path, out, error);
}

#define FILES "source: v4l2:0, lens: lens.yml, markers: markers.yaml"
#define MOUNT "mount: [1, 0, 0, 5, 0, 0, -1, 6, 0, 1, 0, 7, 0, 0, 0, 1]"

static void cameras_are_placed_by_a_marker_or_in_their_picture(void **state)
{
    (void)state;
    struct cfg_case *loaded;
    struct cfg_error error = {""};
    if (load("  - {name: Endoscope, " FILES ", tool: Scope, " MOUNT
             ", delay_ms: 41.5, delay_sd_ms: 1.5}\n  - {name: Ceiling, " FILES "}\n",
             &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(loaded->camera_count, 2);
    const struct cfg_camera *tracked = &loaded->cameras[0];
    assert_int_equal(tracked->tool, 0);
    assert_true(tracked->delay_ms == 41.5 && tracked->delay_sd_ms == 1.5);
    assert_true(tracked->T_tool_camera.t_mm[2] == 7);
    assert_non_null(strstr(tracked->lens_file, "/lens.yml"));
    assert_int_equal(loaded->cameras[1].tool, CFG_NO_TOOL);
    assert_true(isnan(loaded->cameras[1].delay_ms));
    const uint64_t before = loaded->case_id;
    cfg_case_destroy(loaded);

    write_text("lens.yml", "another lens"); /* their bytes are the case's */
    assert_int_equal(load("  - {name: Endoscope, " FILES ", tool: Scope, " MOUNT
                          ", delay_ms: 41.5, delay_sd_ms: 1.5}\n  - {name: Ceiling, " FILES "}\n",
                          &loaded, &error),
                     NAV_OK);
    assert_true(loaded->case_id != before);
    cfg_case_destroy(loaded);
}

static void bad_cameras_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *cameras;
        const char *place;
        const char *words;
    } cases[] = {
        {"  - {name: A, source: v4l2:0, markers: markers.yaml}\n", "cameras[0]", "lens"},
        {"  - {name: A, source: v4l2:0, lens: none.yml, markers: markers.yaml}\n",
         "cameras[0].lens", "none.yml"},
        {"  - {name: A, " FILES ", tool: Nobody, " MOUNT "}\n", "cameras[0].tool", "Nobody"},
        {"  - {name: A, " FILES ", tool: Scope}\n", "cameras[0]", "mount"},
        {"  - {name: A, " FILES ", " MOUNT "}\n", "cameras[0].mount", "tool"},
        {"  - {name: A, " FILES ", delay_ms: 3, delay_sd_ms: 1}\n", "cameras[0].delay_ms", "tool"},
        {"  - {name: A, " FILES ", tool: Scope, " MOUNT ", delay_ms: 3}\n", "cameras[0]",
         "delay_sd_ms"},
        {"  - {name: A, " FILES ", tool: Scope, " MOUNT ", delay_ms: 3000, delay_sd_ms: 1}\n",
         "cameras[0].delay_ms", "2000"},
        {"  - {name: A, " FILES
         ", tool: Scope, mount: [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}\n",
         "cameras[0].mount", "mirror"},
        {"  - {name: A, " FILES "}\n  - {name: a, " FILES "}\n", "cameras[1].name", "used before"},
        {"  - {name: A, " FILES "}\n  - {name: B, " FILES "}\n  - {name: C, " FILES "}\n",
         "cameras", "2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct cfg_case *loaded = NULL;
        struct cfg_error error = {""};
        assert_int_not_equal(load(cases[i].cameras, &loaded, &error), NAV_OK);
        if (strstr(error.text, cases[i].place) == NULL ||
            strstr(error.text, cases[i].words) == NULL) {
            fail_msg("case %zu says: %s", i, error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cameras_are_placed_by_a_marker_or_in_their_picture),
        cmocka_unit_test(bad_cameras_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
