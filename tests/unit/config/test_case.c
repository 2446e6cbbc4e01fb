/* The case file: what a good one gives, and that every bad one is refused with its place. */
#include <locale.h>
#include <math.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "case_warnings.h"
#include "mesh_maker.h"

/* Line numbers of the expectations below count in this text. */
static const char good_case[] =
    /*  1 */ "version: 1\n"
             /*  2 */ "name: Test case\n"
             /*  3 */ "patient: {pseudonym: TEST-01}\n"
             /*  4 */ "frames:\n"
             /*  5 */ "  image: LPS\n"
             /*  6 */ "  unit: mm\n"
             /*  7 */ "  reference: ReferenceToTracker\n"
             /*  8 */ "registration:\n"
             /*  9 */ "  source: by hand\n"
             /* 10 */ "  matrix: [0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]\n"
             /* 11 */ "  fre_mm: 0.4\n"
             /* 12 */ "models:\n"
             /* 13 */ "  - {file: bone.stl, name: Sacrum, role: bone}\n"
             /* 14 */ "  - file: tumour.stl\n"
             /* 15 */ "    name: Tumour\n"
             /* 16 */ "    role: tumour\n"
             /* 17 */ "    colour: \"#ff8000\"\n"
             /* 18 */ "    opacity: 0.5\n"
             /* 19 */ "tools:\n"
             /* 20 */ "  - name: Saw\n"
             /* 21 */ "    device: SawToTracker\n"
             /* 22 */ "    tip_mm: [1, 2, 3]\n"
             /* 23 */ "    axis: [0, 0, 1.0005]\n"
             /* 24 */ "    relative_to: tracker\n"
             /* 25 */ "    geometry:\n"
             /* 26 */ "      shape: blade\n"
             /* 27 */ "      length_mm: 60\n"
             /* 28 */ "      width_mm: 20\n"
             /* 29 */ "      thickness_mm: 0.9\n"
             /* 30 */ "      up: [0, 1, 0.0009]\n"
             /* 31 */ "  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, 80], axis: [0, "
             "0, 1]}\n"
             /* 32 */ "cuts:\n"
             /* 33 */ "  - name: Transverse\n"
             /* 34 */ "    point_mm: [0, -60, 150]\n"
             /* 35 */ "    normal: [0, 0, 1]\n"
             /* 36 */ "    u: [-1, 0, 0]\n"
             /* 37 */ "    size_mm: [80, 60]\n"
             /* 38 */ "    depth_mm: 45.5\n"
             /* 39 */ "landmarks:\n"
             /* 40 */ "  - {name: PSIS left, position_mm: [40, -40, 180]}\n"
             /* 41 */ "displays:\n"
             /* 42 */ "  - {name: bedside, layout: bedside, size: [1280, 720], fullscreen: true}\n"
             /* 43 */ "listeners:\n"
             /* 44 */ "  - {address: 127.0.0.1, port: 18945}\n"
             /* 45 */ "limits:\n"
             /* 46 */ "  withhold_age_ms: 200\n"
             /* 47 */ "  caution_age_ms: 80\n"
             /* 48 */ "connectors:\n"
             /* 49 */ "  - {address: 10.0.0.5, port: 18944, reconnect: false, stream_ms: 20}\n"
             /* 50 */ "  - {address: 10.0.0.6, port: 18944, hello: false}\n";

enum { NOBODY = 65534 };

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    make_folder(folder);
    write_box(folder, "bone.stl", "made by a test", (const double[]){-60, -120, 120},
              (const double[]){120, 80, 120});
    write_box(folder, "tumour.stl", "made by a test", (const double[]){0, -100, 140},
              (const double[]){30, 25, 20});
    write_box(folder, "metres.stl", "made by a test", (const double[]){-0.06, -0.12, 0.12},
              (const double[]){0.12, 0.08, 0.12});
    write_box(folder, "ras.stl", "solid SPACE=RAS", (const double[]){-60, 40, 120},
              (const double[]){120, 80, 120});
    write_box(folder, "small.stl", "", (const double[]){0, 0, 0}, (const double[]){30, 30, 30});
    write_box(folder, "big.stl", "", (const double[]){0, 0, 0}, (const double[]){401, 30, 30});
    write_box(folder, "far.stl", "", (const double[]){500, 0, 0}, (const double[]){60, 60, 60});
    write_box(folder, "tiny.stl", "", (const double[]){0, 0, 0}, (const double[]){0.5, 0.5, 0.5});
    write_file(folder, "broken.stl", "too short", 9);
    write_file(folder, "mesh.vtp", "<VTKFile>\n", 10);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

/* `text` with its first `find` replaced; the caller frees. */
static char *replaced(const char *text, const char *find, const char *replace)
{
    const char *at = strstr(text, find);
    if (at == NULL) {
        fail_msg("the good case has no '%s'", find);
    }
    size_t before = (size_t)(at - text);
    size_t between = strlen(replace);
    size_t after = strlen(at + strlen(find)) + 1;
    char *result = malloc(before + between + after);
    assert_non_null(result);
    memcpy(result, text, before);
    memcpy(result + before, replace, between);
    memcpy(result + before + between, at + strlen(find), after);
    return result;
}

static enum nav_status load_bytes(const char *bytes, size_t size, struct cfg_case **out_case,
                                  struct cfg_error *out_error)
{
    char path[128];
    write_file(folder, "case.yaml", bytes, size);
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    return cfg_case_load(path, out_case, out_error);
}

static struct cfg_case *load_good(const char *text)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = load_bytes(text, strlen(text), &loaded, &error);
    if (status != NAV_OK) {
        fail_msg("refused: %s", error.text);
    }
    assert_string_equal(error.text, "");
    return loaded;
}

static void expect_refused(const char *label, const char *bytes, size_t size,
                           enum nav_status expected, const char *place, const char *words)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = load_bytes(bytes, size, &loaded, &error);
    if (status != expected || loaded != NULL) {
        fail_msg("%s: %s instead of %s: %s", label, nav_status_name(status),
                 nav_status_name(expected), error.text);
    }
    char start[256];
    (void)snprintf(start, sizeof(start), "%s/case.yaml:%s", folder, place);
    if (strncmp(error.text, start, strlen(start)) != 0 || strstr(error.text, words) == NULL) {
        fail_msg("%s: the message lacks '%s' or '%s': %s", label, start, words, error.text);
    }
}

static void test_good_case_is_loaded(void **state)
{
    (void)state;
    struct cfg_case *loaded = load_good(good_case);
    assert_string_equal(loaded->folder, folder);
    assert_string_equal(loaded->name, "Test case");
    assert_string_equal(loaded->pseudonym, "TEST-01");
    assert_true(loaded->has_reference);
    assert_string_equal(loaded->reference_device, "ReferenceToTracker");
    assert_true(loaded->has_registration);
    assert_string_equal(loaded->registration_source, "by hand");
    assert_true(loaded->registration_matrix[1] == -1.0 && loaded->registration_matrix[3] == 10.0 &&
                loaded->registration_matrix[7] == -20.0 && loaded->registration_matrix[11] == 30.0);
    assert_true(loaded->registration_fre_mm == 0.4);
    assert_true(loaded->limits.withhold_age_ms == 200.0 && loaded->limits.caution_age_ms == 80.0);
    assert_true(loaded->limits.tick_ms == cfg_limits_default().tick_ms);

    assert_int_equal(loaded->model_count, 2);
    const struct cfg_model *tumour = &loaded->models[1];
    assert_int_equal(loaded->models[0].role, CFG_ROLE_BONE);
    assert_int_equal(tumour->role, CFG_ROLE_TUMOUR);
    assert_true(tumour->colour[0] == 1.0f && tumour->colour[2] == 0.0f);
    assert_true(fabsf(tumour->colour[1] - 128.0f / 255.0f) < 1e-6f && tumour->opacity == 0.5f);
    assert_int_equal(tumour->report.triangles, BOX_TRIANGLES);
    assert_true(tumour->report.closed && fabs(tumour->report.volume_mm3 - 15000.0) < 0.01);
    assert_null(tumour->mesh);

    assert_int_equal(loaded->tool_count, 2);
    assert_int_equal(loaded->tools[0].shape, CFG_SHAPE_BLADE);
    assert_true(loaded->tools[0].thickness_mm == 0.9 && loaded->tools[0].tip_mm[2] == 3.0);
    assert_int_equal(loaded->tools[1].shape, CFG_SHAPE_POINTER);
    assert_true(loaded->tools[1].length_mm == 150.0 && loaded->tools[1].diameter_mm == 3.0);

    assert_int_equal(loaded->cut_count, 1);
    assert_true(loaded->cuts[0].depth_mm == 45.5 && loaded->cuts[0].size_mm[1] == 60.0);
    assert_int_equal(loaded->landmark_count, 1);
    assert_true(loaded->landmarks[0].position_mm[1] == -40.0);
    assert_int_equal(loaded->display_count, 1);
    assert_int_equal(loaded->displays[0].side, CFG_SIDE_FOOT);
    assert_true(loaded->displays[0].fullscreen && loaded->displays[0].width_px == 1280);
    assert_int_equal(loaded->listener_count, 1);
    assert_int_equal(loaded->listeners[0].port, 18945);
    assert_true(loaded->listeners[0].publish);
    assert_int_equal(loaded->connector_count, 2);
    assert_string_equal(loaded->connectors[0].address, "10.0.0.5");
    assert_false(loaded->connectors[0].reconnect);
    assert_true(loaded->connectors[0].hello);
    assert_true(loaded->connectors[0].stream);
    assert_int_equal(loaded->connectors[0].stream_ms, 20);
    assert_true(loaded->connectors[1].reconnect);
    assert_false(loaded->connectors[1].hello);
    assert_false(loaded->connectors[1].stream);
    cfg_case_destroy(loaded);
}

static void test_directions_are_made_exact(void **state)
{
    (void)state;
    struct cfg_case *loaded = load_good(good_case);
    const struct cfg_tool *saw = &loaded->tools[0];
    assert_true(saw->axis[2] == 1.0);
    assert_true(saw->up[0] == 0.0 && saw->up[1] == 1.0 && saw->up[2] == 0.0);
    const struct cfg_tool *stylus = &loaded->tools[1];
    double square = 0.0;
    double cosine = 0.0;
    for (int i = 0; i < 3; ++i) {
        square += stylus->up[i] * stylus->up[i];
        cosine += stylus->up[i] * stylus->axis[i];
    }
    assert_true(fabs(square - 1.0) < 1e-15 && fabs(cosine) < 1e-15);
    cfg_case_destroy(loaded);
}

static void test_everything_optional_has_its_default(void **state)
{
    (void)state;
    struct cfg_case *loaded =
        load_good("version: 1\n"
                  "name: Least\n"
                  "patient: {pseudonym: L1}\n"
                  "frames: {image: LPS, unit: mm, reference: none}\n"
                  "models: [{file: bone.stl, name: Left iliac vein, role: vessel},\n"
                  "         {file: bone.stl, name: Left iliac artery, role: vessel}]\n"
                  "tools: [{name: T, device: T, tip_mm: [0, 0, 0], axis: [1, 0, 0]}]\n");
    assert_false(loaded->has_reference);
    assert_false(loaded->has_registration);
    assert_true(isnan(loaded->registration_fre_mm));
    assert_false(loaded->tools[0].relative_to_reference);
    assert_true(loaded->models[0].colour[2] > loaded->models[0].colour[0]);
    assert_true(loaded->models[1].colour[0] > loaded->models[1].colour[2]);
    assert_int_equal(loaded->listener_count, 1);
    assert_string_equal(loaded->listeners[0].address, "127.0.0.1");
    assert_int_equal(loaded->listeners[0].port, 18944);
    assert_true(loaded->listeners[0].publish);
    assert_int_equal(loaded->connector_count, 0);
    assert_int_equal(loaded->display_count, 0);
    const struct cfg_limits standard = cfg_limits_default();
    assert_memory_equal(&loaded->limits, &standard, sizeof(standard));
    /* no registration, same content twice, no reference, a tip at the marker, no cuts */
    assert_int_equal(cfg_case_warnings(loaded, NULL, NULL), 5);
    cfg_case_destroy(loaded);
}

static void test_models_come_in_lps_mm(void **state)
{
    (void)state;
    char *metres = replaced(good_case, "file: bone.stl,", "file: metres.stl, unit: m,");
    struct cfg_case *loaded = load_good(metres);
    assert_true(fabs(loaded->models[0].report.extent_mm - 120.0) < 1e-3);
    cfg_case_destroy(loaded);
    char *ras = replaced(good_case, "file: bone.stl,", "file: ras.stl,");
    loaded = load_good(ras);
    assert_true(loaded->models[0].report.min_mm[1] == -120.0);
    assert_true(loaded->models[0].report.max_mm[1] == -40.0);
    cfg_case_destroy(loaded);
    free(metres);
    free(ras);
}

static void test_tool_mesh_is_loaded(void **state)
{
    (void)state;
    char *text = replaced(good_case, "axis: [0, 0, 1]}",
                          "axis: [0, 0, 1], geometry: {shape: mesh, file: metres.stl, unit: m}}");
    struct cfg_case *loaded = load_good(text);
    assert_int_equal(loaded->tools[1].shape, CFG_SHAPE_MESH);
    assert_non_null(loaded->tools[1].mesh_file);
    assert_true(fabs(loaded->tools[1].mesh_report.extent_mm - 120.0) < 1e-3);
    cfg_case_destroy(loaded);
    free(text);
}

static void test_meshes_are_kept_on_request(void **state)
{
    (void)state;
    char path[128];
    write_file(folder, "case.yaml", good_case, strlen(good_case));
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    struct cfg_case *with = NULL;
    struct cfg_case *without = NULL;
    assert_int_equal(cfg_case_load_meshes(path, &with, NULL), NAV_OK);
    assert_int_equal(cfg_case_load(path, &without, NULL), NAV_OK);
    assert_non_null(with->models[0].mesh);
    assert_int_equal(with->models[0].mesh->triangle_count, BOX_TRIANGLES);
    assert_int_equal(with->models[0].mesh->vertex_count, 8);
    assert_true(with->case_id == without->case_id && with->case_id != 0);
    cfg_case_destroy(with);
    cfg_case_destroy(without);
}

static void test_case_id_follows_every_byte(void **state)
{
    (void)state;
    struct cfg_case *first = load_good(good_case);
    char *comment = replaced(good_case, "version: 1\n", "version: 1 # same\n");
    struct cfg_case *other = load_good(comment);
    assert_true(first->case_id != other->case_id);
    cfg_case_destroy(other);
    free(comment);

    /* One bit of one normal, which no reader uses. */
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("made by a test", (const double[]){0, -100, 140}, (const double[]){30, 25, 20}, bytes);
    bytes[84] ^= 1;
    write_file(folder, "tumour.stl", bytes, sizeof(bytes));
    other = load_good(good_case);
    assert_true(first->case_id != other->case_id);
    cfg_case_destroy(other);
    bytes[84] ^= 1;
    write_file(folder, "tumour.stl", bytes, sizeof(bytes));
    other = load_good(good_case);
    assert_true(first->case_id == other->case_id);
    cfg_case_destroy(other);
    cfg_case_destroy(first);
}

struct bad {
    const char *find, *replace;
    enum nav_status status;
    const char *place; /* "LINE: KEY: " */
    const char *words;
};

static const struct bad bad_cases[] = {
    /* keys */
    {"version: 1", "version: 2", NAV_ERR_VERSION, "1: version: ", "version 1"},
    {"version: 1\n", "", NAV_ERR_SYNTAX, "1: the file: ", "'version' is missing"},
    {"name: Test", "nmae: Test", NAV_ERR_SYNTAX, "2: nmae: ", "did you mean 'name'?"},
    {"name: Test case\n", "name: A\nname: B\n", NAV_ERR_SYNTAX, "3: name: ", "first in line 2"},
    {"    role: tumour", "    flavour: mint", NAV_ERR_SYNTAX,
     "16: models[1].flavour: ", "accepted: file, name, role, colour"},
    {"    role: tumour\n", "", NAV_ERR_SYNTAX, "14: models[1]: ", "'role' is missing"},
    {"role: bone", "role: bones", NAV_ERR_SYNTAX, "13: models[0].role: ", "did you mean 'bone'?"},
    {"role: bone", "role: 0", NAV_ERR_SYNTAX, "13: models[0].role: ", "accepted: bone, tumour"},
    {"  caution_age_ms", "  caution_age", NAV_ERR_SYNTAX, "47: limits.caution_age: ", "accepted"},
    /* types */
    {"models:\n", "models: none\nspare:\n", NAV_ERR_SYNTAX, "12: models: ", "must be a list"},
    {"  unit: mm", "  unit: [mm]", NAV_ERR_SYNTAX, "6: frames.unit: ", "is a list"},
    {"fre_mm: 0.4", "fre_mm: {a: 1}", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "is a mapping"},
    {"fre_mm: 0.4", "fre_mm:", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "has no value"},
    {"fre_mm: 0.4", "fre_mm: 0,4", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: .nan", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: nan", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: .inf", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: 1e999", NAV_ERR_RANGE, "11: registration.fre_mm: ", "too large"},
    {"fre_mm: 0.4", "fre_mm: 0x1", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: \"0.4\"", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"fre_mm: 0.4", "fre_mm: 0.4 mm", NAV_ERR_SYNTAX, "11: registration.fre_mm: ", "not a number"},
    {"port: 18945", "port: 070000", NAV_ERR_SYNTAX, "44: listeners[0].port: ", "whole number"},
    {"port: 18945", "port: 65536", NAV_ERR_RANGE, "44: listeners[0].port: ", "0 to 65535"},
    {"port: 18945", "port: -1", NAV_ERR_RANGE, "44: listeners[0].port: ", "0 to 65535"},
    {"fullscreen: true", "publish_view: 'theatre:18950'", NAV_ERR_RANGE,
     "42: displays[0].publish_view: ", "ADDRESS:PORT"},
    {"fullscreen: true", "publish_view: '127.0.0.1'", NAV_ERR_RANGE,
     "42: displays[0].publish_view: ", "ADDRESS:PORT"},
    {"fullscreen: true", "publish_view: '127.0.0.1:65536'", NAV_ERR_RANGE,
     "42: displays[0].publish_view: ", "ADDRESS:PORT"},
    {"fullscreen: true", "fullscreen: flase", NAV_ERR_SYNTAX,
     "42: displays[0].fullscreen: ", "neither true nor false"},
    {"fullscreen: true", "fullscreen: yes", NAV_ERR_SYNTAX,
     "42: displays[0].fullscreen: ", "neither true nor false"},
    {"displays:\n", "displays: [a, b, c, d, e]\nspare:\n", NAV_ERR_RANGE,
     "41: displays: ", "give 0 to 4"},
    {"tip_mm: [1, 2, 3]", "tip_mm: [1, 2]", NAV_ERR_RANGE, "22: tools[0].tip_mm: ", "exactly 3"},
    {"tip_mm: [1, 2, 3]", "tip_mm: [1, 2, up]", NAV_ERR_SYNTAX,
     "22: tools[0].tip_mm[2]: ", "not a number"},
    {"name: Test case", "name: \"\"", NAV_ERR_RANGE, "2: name: ", "is empty"},
    {"name: Test case", "name: 0123456789012345678901234567890123456789012345678901234567890123",
     NAV_ERR_RANGE, "2: name: ", "at most 63"},
    /* YAML itself */
    {"  image: LPS", "\timage: LPS", NAV_ERR_SYNTAX, "5: ", "use spaces"},
    {"frames:", "frames: &f", NAV_ERR_SYNTAX, "4: ", "anchors"},
    {"name: Test case", "name: &n Test", NAV_ERR_SYNTAX, "2: ", "anchors"},
    {"name: Test case", "name: *n", NAV_ERR_SYNTAX, "2: ", "aliases"},
    {"version: 1", "version: !!int 1", NAV_ERR_SYNTAX, "1: ", "tags"},
    {"version: 1", "---\nversion: 1\n---\n", NAV_ERR_SYNTAX, "3: ", "second document"},
    {"axis: [0, 0, 1.0005]", "axis: [0, 0, 1", NAV_ERR_SYNTAX, "2", "not valid YAML"},
    {"version: 1", "version: 1\n? [a]\n: 2", NAV_ERR_SYNTAX, "2: ", "a key must be"},
    {"name: Test case", "name: \"a\\0b\"", NAV_ERR_SYNTAX, "2: ", "NUL"},
    {"version: 1", "version: 1\n\"a\\0b\": 2", NAV_ERR_SYNTAX, "2: ", "a key contains a NUL"},
    {"name: Test case", "name: \xff\xfe", NAV_ERR_ENCODING, "2: ", "not UTF-8"},
    {"name: Test case", "name: \xed\xa0\x80", NAV_ERR_ENCODING, "2: ", "not UTF-8"},
    {"version: 1", "\xef\xbb\xbfversion: 1", NAV_ERR_ENCODING, "1: ", "byte order mark"},
    {"name: Test case", "name: [[[[[[[[[[[[[[a]]]]]]]]]]]]]]", NAV_ERR_TOO_LARGE,
     "2: ", "nested deeper"},
    /* names */
    {"TEST-01", "John Smith", NAV_ERR_REFUSED, "3: patient.pseudonym: ", "never a patient's name"},
    {"TEST-01", "SMITH", NAV_ERR_REFUSED, "3: patient.pseudonym: ", "at least one digit"},
    {"name: Tumour", "name: sacrum", NAV_ERR_EXISTS, "15: models[1].name: ", "line 13"},
    {"name: Tumour", "name: \"Tumour \"", NAV_ERR_REFUSED, "15: models[1].name: ", "blank"},
    {"name: Tumour", "name: \"Tu\\emour\"", NAV_ERR_REFUSED, "15: models[1].name: ", "control"},
    {"device: StylusToTracker", "device: SawToTracker", NAV_ERR_EXISTS,
     "31: tools[1].device: ", "line 21"},
    {"device: StylusToTracker", "device: ReferenceToTracker", NAV_ERR_EXISTS,
     "31: tools[1].device: ", "patient reference"},
    {"device: StylusToTracker", "device: Stylus To", NAV_ERR_REFUSED,
     "31: tools[1].device: ", "no blank"},
    {"device: StylusToTracker", "device: StylusTipToTheTracker", NAV_ERR_RANGE,
     "31: tools[1].device: ", "at most 20"},
    /* frames */
    {"image: LPS", "image: RAS", NAV_ERR_REFUSED, "5: frames.image: ", "negate x and y"},
    {"unit: mm", "unit: m", NAV_ERR_REFUSED, "6: frames.unit: ", "mm"},
    {"unit: mm", "unit: inch", NAV_ERR_SYNTAX, "6: frames.unit: ", "accepted: mm, m"},
    {"relative_to: tracker", "relative_to: trackre", NAV_ERR_SYNTAX,
     "24: tools[0].relative_to: ", "did you mean 'tracker'?"},
    /* registration */
    {"[0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]",
     "[-1, 0, 0, 10, 0, 1, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]", NAV_ERR_NOT_RIGID,
     "10: registration.matrix: ", "mirror"},
    {"[0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]",
     "[0, -2, 0, 10, 2, 0, 0, -20, 0, 0, 2, 30, 0, 0, 0, 1]", NAV_ERR_NOT_RIGID,
     "10: registration.matrix: ", "scales by 2"},
    {"[0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]",
     "[0, -1, 0, 10, 1, 0.001, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]", NAV_ERR_NOT_RIGID,
     "10: registration.matrix: ", "write all digits"},
    {"[0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]",
     "[0, 0, 0, 10, 0, 0, 0, -20, 0, 0, 0, 30, 0, 0, 0, 1]", NAV_ERR_NOT_RIGID,
     "10: registration.matrix: ", "write all digits"},
    {"[0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 30, 0, 0, 0, 1]",
     "[0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 10, -20, 30, 1]", NAV_ERR_REFUSED,
     "10: registration.matrix: ", "write it by rows"},
    {"0, 0, 1, 30,", "0, 0, 1, 30000,", NAV_ERR_RANGE, "10: registration.matrix: ", "plausible"},
    {"0, 0, 0, 1]", "0, 0, 1]", NAV_ERR_RANGE, "10: registration.matrix: ", "exactly 16"},
    {"fre_mm: 0.4", "fre_mm: -0.1", NAV_ERR_RANGE, "11: registration.fre_mm: ", "out of range"},
    /* models */
    {"file: tumour.stl", "file: missing.stl", NAV_ERR_NOT_FOUND,
     "14: models[1].file: ", "no such file"},
    {"file: tumour.stl", "file: .", NAV_ERR_IO, "14: models[1].file: ", "is a folder"},
    {"file: tumour.stl", "file: /dev/zero", NAV_ERR_IO, "14: models[1].file: ", "regular file"},
    {"file: tumour.stl", "file: broken.stl", NAV_ERR_LENGTH, "14: models[1].file: ", "at least 84"},
    {"file: tumour.stl", "file: mesh.vtp", NAV_ERR_UNSUPPORTED, "14: models[1].file: ", "convert"},
    {"file: bone.stl,", "file: metres.stl,", NAV_ERR_REFUSED,
     "13: models[0].file: ", "state `unit: m`"},
    {"file: bone.stl,", "file: small.stl,", NAV_ERR_REFUSED,
     "13: models[0].file: ", "a bone has 50 to 400 mm"},
    {"file: tumour.stl", "file: big.stl", NAV_ERR_REFUSED, "14: models[1].file: ", "401 mm"},
    {"file: bone.stl,", "file: ras.stl, space: LPS,", NAV_ERR_REFUSED,
     "13: models[0].file: ", "tagged SPACE=RAS but stated as LPS"},
    {"\"#ff8000\"", "\"#ff800\"", NAV_ERR_SYNTAX, "17: models[1].colour: ", "#rrggbb"},
    {"\"#ff8000\"", "\"#gg8000\"", NAV_ERR_SYNTAX, "17: models[1].colour: ", "#rrggbb"},
    {"colour: \"#ff8000\"", "colour: #ff8000", NAV_ERR_SYNTAX,
     "17: models[1].colour: ", "no value"},
    {"opacity: 0.5", "opacity: 0", NAV_ERR_RANGE, "18: models[1].opacity: ", "invisible"},
    {"opacity: 0.5", "opacity: 1.01", NAV_ERR_RANGE, "18: models[1].opacity: ", "at most 1"},
    /* tools */
    {"axis: [0, 0, 1.0005]", "axis: [0, 0, 0]", NAV_ERR_RANGE, "23: tools[0].axis: ", "unit"},
    {"axis: [0, 0, 1.0005]", "axis: [0, 0, 1.0011]", NAV_ERR_RANGE, "23: tools[0].axis: ", "unit"},
    {"axis: [0, 0, 1.0005]", "axis: [0, 1, 1]", NAV_ERR_RANGE, "23: tools[0].axis: ", "unit"},
    {"tip_mm: [1, 2, 3]", "tip_mm: [1, 2, 1001]", NAV_ERR_RANGE,
     "22: tools[0].tip_mm: ", "at most 1000"},
    {"up: [0, 1, 0.0009]", "up: [0, 0.999, 0.0447]", NAV_ERR_REFUSED,
     "30: tools[0].geometry.up: ", "off the perpendicular"},
    {"      up: [0, 1, 0.0009]\n", "", NAV_ERR_REFUSED, "25: tools[0].geometry: ", "needs the key"},
    {"      width_mm: 20\n", "", NAV_ERR_REFUSED, "25: tools[0].geometry: ", "'width_mm'"},
    {"      shape: blade", "      shape: drill", NAV_ERR_REFUSED, "28: tools[0].geometry.width_mm",
     "remove"},
    {"      shape: blade", "      shape: blade\n      diameter_mm: 3", NAV_ERR_REFUSED,
     "27: tools[0].geometry.diameter_mm: ", "remove"},
    {"      shape: blade", "      shape: blade\n      file: bone.stl", NAV_ERR_REFUSED,
     "27: tools[0].geometry.file: ", "remove"},
    {"      shape: blade", "      shape: blade\n      unit: mm", NAV_ERR_REFUSED,
     "27: tools[0].geometry.unit: ", "remove"},
    {"axis: [0, 0, 1]}", "axis: [0, 0, 1], geometry: {shape: mesh, file: tiny.stl}}",
     NAV_ERR_REFUSED, "31: tools[1].geometry.file: ", "a tool has 1 to 1000 mm"},
    {"axis: [0, 0, 1]}", "axis: [0, 0, 1], geometry: {shape: mesh}}", NAV_ERR_REFUSED,
     "31: tools[1].geometry: ", "needs the key 'file'"},
    {"thickness_mm: 0.9", "thickness_mm: 0", NAV_ERR_RANGE,
     "29: tools[0].geometry.thickness_mm: ", "more than 0"},
    /* cuts */
    {"u: [-1, 0, 0]", "u: [-0.999, 0, 0.0447]", NAV_ERR_REFUSED,
     "36: cuts[0].u: ", "off the perpendicular of the normal"},
    {"normal: [0, 0, 1]", "normal: [0, 0, 0]", NAV_ERR_RANGE, "35: cuts[0].normal: ", "unit"},
    {"size_mm: [80, 60]", "size_mm: [80, 0]", NAV_ERR_RANGE,
     "37: cuts[0].size_mm: ", "more than 0"},
    {"depth_mm: 45.5", "depth_mm: 60.5", NAV_ERR_REFUSED,
     "38: cuts[0].depth_mm: ", "deeper than the plane"},
    {"point_mm: [0, -60, 150]", "point_mm: [0, 90, 150]", NAV_ERR_REFUSED, "34: cuts[0].point_mm",
     "RAS numbers in an LPS case?"},
    {"point_mm: [0, -60, 150]", "point_mm: [0, -60, 1500]", NAV_ERR_REFUSED, "34: cuts[0].point_mm",
     "another case"},
    {"position_mm: [40, -40, 180]", "position_mm: [40, -40, 18000]", NAV_ERR_RANGE,
     "40: landmarks[0].position_mm: ", "out of range"},
    {"depth_mm: 45.5", "depth_mm: 45.5\n    kerf_mm: 0", NAV_ERR_RANGE,
     "39: cuts[0].kerf_mm: ", "more than 0"},
    {"depth_mm: 45.5", "depth_mm: 45.5\n    kerf_mm: 10.1", NAV_ERR_RANGE,
     "39: cuts[0].kerf_mm: ", "at most 10"},
    {"depth_mm: 45.5", "depth_mm: 45.5\n    margin_side: left", NAV_ERR_SYNTAX,
     "39: cuts[0].margin_side: ", "accepted: positive, negative"},
    {"point_mm: [0, -60, 150]", "margin_side: positive\n    point_mm: [0, -60, 160]",
     NAV_ERR_REFUSED, "34: cuts[0].margin_side: ", "lies on the negative side"},
    /* distances and errors */
    {"opacity: 0.5", "caution_mm: 50.1", NAV_ERR_RANGE, "18: models[1].caution_mm: ", "0 (never"},
    {"opacity: 0.5", "stop_mm: -1", NAV_ERR_RANGE, "18: models[1].stop_mm: ", "0 (never"},
    {"opacity: 0.5", "stop_mm: 6", NAV_ERR_REFUSED, "18: models[1].stop_mm: ", "state both"},
    {"opacity: 0.5", "caution_mm: 1", NAV_ERR_REFUSED, "18: models[1].caution_mm: ", "state both"},
    {"tip_mm: [1, 2, 3]", "tip_mm: [1, 2, 3]\n    calibration_mm: 5.5", NAV_ERR_RANGE,
     "23: tools[0].calibration_mm: ", "0 to 5"},
    {"  caution_age_ms: 80", "  caution_age_ms: 80\n  nerve_stop_mm: 6", NAV_ERR_REFUSED,
     "48: limits.nerve_stop_mm: ", "nerve_caution_mm (5) must be at least nerve_stop_mm (6)"},
    {"  caution_age_ms: 80", "  caution_age_ms: 80\n  off_plane_caution_mm: 2", NAV_ERR_REFUSED,
     "48: limits.off_plane_caution_mm: ", "must be above"},
    {"  caution_age_ms: 80", "  caution_age_ms: 80\n  off_angle_stop_deg: 2", NAV_ERR_REFUSED,
     "48: limits.off_angle_stop_deg: ", "must be above"},
    /* displays, listeners, limits */
    {"size: [1280, 720]", "size: [320, 200]", NAV_ERR_RANGE,
     "42: displays[0].size: ", "out of range"},
    {"layout: bedside", "side: ceiling", NAV_ERR_SYNTAX,
     "42: displays[0].side: ", "accepted: foot, head, left, right"},
    {"layout: bedside", "keyhole_mm: 4", NAV_ERR_RANGE, "42: displays[0].keyhole_mm: ", "5 to 60"},
    {"layout: bedside", "touch: 1", NAV_ERR_SYNTAX,
     "42: displays[0].touch: ", "neither true nor false"},
    {"layout: bedside", "keys: {jump: [b]}", NAV_ERR_SYNTAX, "42: displays[0].keys", "jump"},
    {"layout: bedside", "keys: {acknowledge: [page-down, pedal]}", NAV_ERR_SYNTAX,
     "42: displays[0].keys.acknowledge[1]: ", "accepted: a, b, c"},
    {"layout: bedside", "keys: {acknowledge: [pagedown]}", NAV_ERR_SYNTAX,
     "42: displays[0].keys.acknowledge[0]: ", "did you mean 'page-down'?"},
    {"layout: bedside", "keys: {acknowledge: [f13], next-view: [f14, f13]}", NAV_ERR_EXISTS,
     "42: displays[0].keys.acknowledge[0]: ", "'f13' is given to 'next-view' already"},
    {"layout: bedside", "keys: {help: [b, b]}", NAV_ERR_EXISTS,
     "42: displays[0].keys.help[1]: ", "given to 'help' already"},
    {"layout: bedside", "keys: {help: []}", NAV_ERR_RANGE, "42: displays[0].keys.help: ", "1 to 8"},
    {"layout: bedside", "language: fr", NAV_ERR_SYNTAX,
     "42: displays[0].language: ", "did you mean 'en'?"},
    {"layout: bedside", "layout: roof", NAV_ERR_SYNTAX,
     "42: displays[0].layout: ", "accepted: bedside, assistant"},
    {"127.0.0.1", "localhost", NAV_ERR_SYNTAX, "44: listeners[0].address: ", "not an IP address"},
    {"127.0.0.1", "127.0.0.256", NAV_ERR_SYNTAX, "44: listeners[0].address: ", "not an IP address"},
    {"  - {address: 127.0.0.1, port: 18945}\n",
     "  - {address: 127.0.0.1, port: 18945}\n  - {address: 127.0.0.1, port: 18945}\n",
     NAV_ERR_EXISTS, "45: listeners[1]: ", "listed twice"},
    {"10.0.0.6", "tracker", NAV_ERR_SYNTAX, "50: connectors[1].address: ", "not an IP address"},
    {"10.0.0.6", "10.0.0.5", NAV_ERR_EXISTS, "50: connectors[1]: ", "listed twice"},
    {"10.0.0.6, port: 18944", "10.0.0.6, port: 0", NAV_ERR_RANGE,
     "50: connectors[1].port: ", "1 to 65535"},
    {"stream_ms: 20", "stream_ms: 1001", NAV_ERR_RANGE,
     "49: connectors[0].stream_ms: ", "0 to 1000"},
    {"stream_ms: 20", "streams_ms: 20", NAV_ERR_SYNTAX, "49: connectors[0]", "streams_ms"},
    {"caution_age_ms: 80", "caution_age_ms: 19", NAV_ERR_RANGE,
     "47: limits.caution_age_ms: ", "20 to 1000"},
    {"caution_age_ms: 80", "caution_age_ms: 200", NAV_ERR_REFUSED,
     "46: limits.withhold_age_ms: ", "must be above caution_age_ms"},
    {"  withhold_age_ms: 200\n  caution_age_ms: 80\n", "  caution_age_ms: 250\n", NAV_ERR_REFUSED,
     "46: limits.caution_age_ms: ", "must be above"},
};

static void test_bad_cases_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); ++i) {
        const struct bad *bad = &bad_cases[i];
        char *text = replaced(good_case, bad->find, bad->replace);
        expect_refused(bad->replace, text, strlen(text), bad->status, bad->place, bad->words);
        free(text);
    }
}

static void test_reference_none_needs_tools_relative_to_tracker(void **state)
{
    (void)state;
    char *none = replaced(good_case, "reference: ReferenceToTracker", "reference: none");
    char *text = replaced(none, "relative_to: tracker", "relative_to: reference");
    expect_refused("none", text, strlen(text), NAV_ERR_REFUSED,
                   "24: tools[0].relative_to: ", "no reference");
    free(text);
    free(none);
}

static void test_range_ends_are_accepted(void **state)
{
    (void)state;
    char *text = replaced(good_case, "  withhold_age_ms: 200\n  caution_age_ms: 80\n",
                          "  withhold_age_ms: 2000\n  caution_age_ms: 1000\n"
                          "  connections_max: 32\n  connections_per_address: 32\n");
    struct cfg_case *loaded = load_good(text);
    assert_true(loaded->limits.withhold_age_ms == 2000.0);
    cfg_case_destroy(loaded);
    free(text);
    text = replaced(good_case, "opacity: 0.5", "opacity: 1");
    cfg_case_destroy(load_good(text));
    free(text);
    text = replaced(good_case, "depth_mm: 45.5", "depth_mm: 60");
    cfg_case_destroy(load_good(text));
    free(text);
}

static void test_files_that_are_no_case(void **state)
{
    (void)state;
    expect_refused("empty", "", 0, NAV_ERR_SYNTAX, "1: ", "is empty");
    expect_refused("comment", "# no\n", 5, NAV_ERR_SYNTAX, "1: ", "is empty");
    expect_refused("scalar", "hello\n", 6, NAV_ERR_SYNTAX, "1: the file: ", "must be a mapping");
    expect_refused("NUL", "a: 1\nb: \0\n", 10, NAV_ERR_ENCODING, "2: ", "NUL byte");
    expect_refused("UTF-16", "\xff\xfev\0", 4, NAV_ERR_ENCODING, "1: ", "not UTF-8");

    const size_t size = (1 << 20) + 1;
    char *huge = malloc(size);
    assert_non_null(huge);
    memset(huge, '#', size);
    expect_refused("over 1 MB", huge, size, NAV_ERR_TOO_LARGE, " has ", "at most 1048576");
    expect_refused("just 1 MB", huge, size - 1, NAV_ERR_SYNTAX, "1: ", "is empty");
    memset(huge, '[', size - 1);
    expect_refused("brackets", huge, size - 1, NAV_ERR_TOO_LARGE, "1: ", "nested deeper");
    for (size_t i = 0; i + 1 < size; i += 2) {
        memcpy(huge + i, i == 0 ? "[0" : ",0", 2);
    }
    expect_refused("half a million values", huge, size - 1, NAV_ERR_TOO_LARGE,
                   "1: ", "more values");
    size_t used = 0;
    for (int i = 0; i < 300; ++i) {
        used += (size_t)snprintf(huge + used, size - used, "k%d: 1\n", i);
    }
    expect_refused("300 keys", huge, used, NAV_ERR_TOO_LARGE, "257: ", "more keys");
    free(huge);
}

static void test_anchors_cannot_multiply(void **state)
{
    (void)state;
    static const char bomb[] = "a: &a [x, x, x, x]\n"
                               "b: &b [*a, *a, *a, *a]\n"
                               "c: [*b, *b, *b, *b]\n";
    expect_refused("bomb", bomb, strlen(bomb), NAV_ERR_SYNTAX, "1: ", "anchors");
}

static void test_paths_that_are_no_file(void **state)
{
    (void)state;
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/none.yaml", folder);
    assert_int_equal(cfg_case_load(path, &loaded, &error), NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "none.yaml"));
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    (void)unlink(path);
    assert_int_equal(cfg_case_load(folder, &loaded, &error), NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "/case.yaml: "));
    (void)snprintf(path, sizeof(path), "%s/pipe.yaml", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(cfg_case_load(path, &loaded, &error), NAV_ERR_IO);
    assert_non_null(strstr(error.text, "not a regular file"));
    assert_int_equal(cfg_case_load(path, &loaded, NULL), NAV_ERR_IO);
    assert_null(loaded);
    cfg_case_destroy(NULL);
}

static void test_unreadable_file_is_told(void **state)
{
    (void)state;
    char path[128];
    write_file(folder, "secret.yaml", good_case, strlen(good_case));
    (void)snprintf(path, sizeof(path), "%s/secret.yaml", folder);
    assert_int_equal(chmod(path, 0), 0);
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const bool root = geteuid() == 0; /* who may read everything */
    assert_int_equal(root ? seteuid(NOBODY) : 0, 0);
    const enum nav_status status = cfg_case_load(path, &loaded, &error);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(status, NAV_ERR_IO);
    assert_non_null(strstr(error.text, "Permission denied"));
}

/* Compiles de_DE beside the test's files, so that the machine need not have it. */
static bool set_german_locale(void)
{
    char target[128];
    (void)snprintf(target, sizeof(target), "%s/de_DE.UTF-8", folder);
    char *const arguments[] = {"localedef", "--no-archive", "--quiet", "-i", "de_DE",
                               "-f",        "UTF-8",        target,    NULL};
    pid_t child;
    int result = 0;
    if (posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) != 0 ||
        waitpid(child, &result, 0) != child || result != 0) {
        return false;
    }
    (void)setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

/* A decimal comma must neither be read nor needed, whatever the program's locale is. */
static void test_locale_changes_nothing(void **state)
{
    (void)state;
    if (!set_german_locale()) {
        const char *ci = getenv("CI");
        if (ci != NULL && strcmp(ci, "true") == 0) {
            fail_msg("no German locale can be made; install the package locales");
        }
        print_message("no German locale can be made (package locales): skipped\n");
        skip();
    }
    assert_true(strtod("0,5", NULL) == 0.5);
    struct cfg_case *loaded = load_good(good_case);
    assert_true(loaded->registration_fre_mm == 0.4 && loaded->cuts[0].depth_mm == 45.5);
    cfg_case_destroy(loaded);
    char *comma = replaced(good_case, "fre_mm: 0.4", "fre_mm: 0,4");
    expect_refused("comma", comma, strlen(comma), NAV_ERR_SYNTAX,
                   "11: registration.fre_mm: ", "not a number");
    free(comma);
    assert_non_null(setlocale(LC_ALL, "C"));
}

struct warning_log {
    char text[4096];
};

static void log_warning(void *context, const char *where, const char *text)
{
    struct warning_log *log = context;
    const size_t used = strlen(log->text);
    (void)snprintf(log->text + used, sizeof(log->text) - used, "%s: %s\n", where, text);
}

static void test_warnings_name_what_to_look_at(void **state)
{
    (void)state;
    struct warning_log log = {.text = ""};
    struct cfg_case *loaded = load_good(good_case);
    assert_int_equal(cfg_case_warnings(loaded, log_warning, &log), 0);
    cfg_case_destroy(loaded);

    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", (const double[]){0, -100, 140}, (const double[]){30, 25, 20}, bytes);
    put_u32(bytes + 80, BOX_TRIANGLES - 1);
    write_file(folder, "open.stl", bytes, sizeof(bytes) - 50);
    char *open = replaced(good_case, "file: tumour.stl", "file: open.stl");
    char *far = replaced(open, "file: bone.stl,", "file: far.stl,");
    char *wide = replaced(far, "address: 127.0.0.1", "address: 0.0.0.0");
    char *unplanned = replaced(wide, "cuts:\n", "cuts: []\nlandmarks: []\ndisplays: []\n");
    strstr(unplanned, "  - name: Transverse")[0] = '\0';
    loaded = load_good(unplanned);
    /* open surface; each of the two models far from the other; no cuts */
    assert_int_equal(cfg_case_warnings(loaded, log_warning, &log), 4);
    assert_non_null(strstr(log.text, "models[1]: the surface is not closed (3 open"));
    assert_non_null(strstr(log.text, "models[0]: it lies 4"));
    assert_non_null(strstr(log.text, "cuts: there are none"));
    cfg_case_destroy(loaded);
    free(open);
    free(far);
    free(wide);
    free(unplanned);

    log.text[0] = '\0';
    wide = replaced(good_case, "address: 127.0.0.1", "address: \"::\"");
    loaded = load_good(wide);
    assert_int_equal(cfg_case_warnings(loaded, log_warning, &log), 1);
    assert_non_null(strstr(log.text, "listeners[0]: :: can be reached"));
    cfg_case_destroy(loaded);
    free(wide);
}

static void test_a_folder_means_the_case_in_it(void **state)
{
    (void)state;
    struct cfg_case *by_file = load_good(good_case);
    static const char *const endings[] = {"", "/"};
    for (size_t i = 0; i < 2; ++i) {
        char path[128];
        struct cfg_case *loaded = NULL;
        struct cfg_error error = {.text = ""};
        (void)snprintf(path, sizeof(path), "%s%s", folder, endings[i]);
        assert_int_equal(cfg_case_load(path, &loaded, &error), NAV_OK);
        assert_string_equal(loaded->path, by_file->path);
        assert_true(loaded->case_id == by_file->case_id);
        cfg_case_destroy(loaded);
    }
    cfg_case_destroy(by_file);
}

/* What would look planned and calibrated on the screen, and is not. */
static void test_what_nobody_has_stated_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace, *expect;
    } cases[] = {
        {"device: StylusToTracker", "device: NoToolYet", "tools[1]: stands for a tool"},
        {"tip_mm: [0, 0, 80]", "tip_mm: [0, 0, 0]", "tools[1]: tip_mm is 0 0 0: Stylus points"},
        {"      shape: blade\n      length_mm: 60\n      width_mm: 20\n      thickness_mm: 0.9\n"
         "      up: [0, 1, 0.0009]\n",
         "      shape: drill\n      length_mm: 60\n      diameter_mm: 3\n",
         "cuts[0]: kerf_mm is not stated"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct warning_log log = {.text = ""};
        char *text = replaced(good_case, cases[i].find, cases[i].replace);
        struct cfg_case *loaded = load_good(text);
        assert_int_equal(cfg_case_warnings(loaded, log_warning, &log), 1);
        assert_non_null(strstr(log.text, cases[i].expect));
        cfg_case_destroy(loaded);
        free(text);
    }
}

/* Who does not say where a viewer stands gets the assistant opposite. */
static void test_side_of_a_display(void **state)
{
    (void)state;
    char *opposite = replaced(good_case, "layout: bedside", "layout: assistant");
    struct cfg_case *loaded = load_good(opposite);
    assert_int_equal(loaded->displays[0].side, CFG_SIDE_HEAD);
    cfg_case_destroy(loaded);
    char *stated = replaced(opposite, "layout: assistant", "layout: assistant, side: left");
    loaded = load_good(stated);
    assert_int_equal(loaded->displays[0].side, CFG_SIDE_LEFT);
    cfg_case_destroy(loaded);
    free(opposite);
    free(stated);
}

/* A pedal's keys over the usual ones; who gives none has those. */
static void test_keys_of_a_display(void **state)
{
    (void)state;
    struct cfg_case *loaded = load_good(good_case);
    const struct nav_key_map usual = nav_key_map_default();
    assert_memory_equal(loaded->displays[0].keys.act, usual.act, sizeof(usual.act));
    assert_false(loaded->displays[0].touch);
    assert_true(loaded->displays[0].keyhole_mm == 0.0);
    cfg_case_destroy(loaded);
    char *own = replaced(good_case, "layout: bedside",
                         "touch: true, keyhole_mm: 30, keys: {acknowledge: [page-down, \"1\"], "
                         "next-layout: [f13]}");
    loaded = load_good(own);
    const struct nav_key_map *keys = &loaded->displays[0].keys;
    assert_int_equal(keys->act[NAV_KEY_PAGE_DOWN], NAV_ACT_ACKNOWLEDGE);
    assert_int_equal(keys->act[NAV_KEY_1], NAV_ACT_ACKNOWLEDGE);
    assert_int_equal(keys->act[NAV_KEY_F13], NAV_ACT_NEXT_LAYOUT);
    assert_int_equal(keys->act[NAV_KEY_SPACE], NAV_ACT_NEXT_VIEW);
    assert_true(keys->own[NAV_KEY_F13] && !keys->own[NAV_KEY_SPACE]);
    assert_true(loaded->displays[0].touch && loaded->displays[0].keyhole_mm == 30.0);
    cfg_case_destroy(loaded);
    free(own);
}

/* What alarms by its distance, and what the plan and the tools say of themselves. */
static void test_distances_by_role_and_key(void **state)
{
    (void)state;
    struct cfg_case *loaded = load_good(good_case);
    assert_true(loaded->models[0].caution_mm == 0.0 && loaded->models[0].stop_mm == 0.0);
    assert_true(loaded->models[1].caution_mm == 5.0 && loaded->models[1].stop_mm == 2.0);
    assert_true(isnan(loaded->tools[0].calibration_mm));
    assert_true(isnan(loaded->cuts[0].kerf_mm));
    cfg_case_destroy(loaded);

    char *rows = replaced(good_case, "  caution_age_ms: 80",
                          "  caution_age_ms: 80\n  tumour_caution_mm: 9\n  tumour_stop_mm: 9");
    loaded = load_good(rows);
    assert_true(loaded->models[1].caution_mm == 9.0 && loaded->models[1].stop_mm == 9.0);
    cfg_case_destroy(loaded);
    free(rows);

    char *keys = replaced(good_case, "opacity: 0.5", "caution_mm: 7\n    stop_mm: 0");
    char *bone = replaced(keys, "role: bone}", "role: bone, caution_mm: 3, stop_mm: 1}");
    char *tool = replaced(bone, "tip_mm: [1, 2, 3]", "tip_mm: [1, 2, 3]\n    calibration_mm: 0.3");
    char *kerf = replaced(tool, "depth_mm: 45.5", "depth_mm: 45.5\n    kerf_mm: 1.2");
    loaded = load_good(kerf);
    assert_true(loaded->models[0].caution_mm == 3.0 && loaded->models[0].stop_mm == 1.0);
    assert_true(loaded->models[1].caution_mm == 7.0 && loaded->models[1].stop_mm == 0.0);
    assert_true(loaded->tools[0].calibration_mm == 0.3 && loaded->cuts[0].kerf_mm == 1.2);
    cfg_case_destroy(loaded);
    free(keys);
    free(bone);
    free(tool);
    free(kerf);
}

/* The tumour is where its models are; one that the plane parts is on neither side. */
static void test_margin_side_follows_the_tumour(void **state)
{
    (void)state;
    const struct {
        const char *place;
        int side;
    } cuts[] = {{"point_mm: [0, -60, 150]", 0},
                {"point_mm: [0, -60, 140]", 1},
                {"point_mm: [0, -60, 160]", -1},
                {"point_mm: [0, -60, 150]\n    margin_side: negative", -1}};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); ++i) {
        char *text = replaced(good_case, "point_mm: [0, -60, 150]", cuts[i].place);
        struct cfg_case *loaded = load_good(text);
        assert_int_equal(loaded->cuts[0].margin_side, cuts[i].side);
        cfg_case_destroy(loaded);
        free(text);
    }
    char *two = replaced(good_case, "point_mm: [0, -60, 150]", "point_mm: [0, -60, 160]");
    char *both = replaced(two, "role: bone", "role: tumour, stop_mm: 0, caution_mm: 0");
    struct cfg_case *loaded = load_good(both);
    assert_int_equal(loaded->cuts[0].margin_side, 0); /* the middle of the box is at z = 160 */
    cfg_case_destroy(loaded);
    free(two);
    free(both);
}

static void test_names_of_words(void **state)
{
    (void)state;
    assert_string_equal(cfg_role_name(CFG_ROLE_TUMOUR), "tumour");
    assert_string_equal(cfg_shape_name(CFG_SHAPE_DRILL), "drill");
    assert_string_equal(cfg_layout_name(CFG_LAYOUT_ASSISTANT), "assistant");
    assert_string_equal(cfg_side_name(CFG_SIDE_RIGHT), "right");
    assert_string_equal(cfg_margin_name(1), "positive");
    assert_string_equal(cfg_margin_name(-1), "negative");
    assert_string_equal(cfg_margin_name(0), "none");
    assert_string_equal(cfg_layout_name(CFG_LAYOUT_REVIEW), "review");
    assert_string_equal(cfg_language_name(CFG_LANGUAGE_DE), "de");
    assert_string_equal(cfg_role_name((enum cfg_role)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_case_is_loaded),
        cmocka_unit_test(test_directions_are_made_exact),
        cmocka_unit_test(test_everything_optional_has_its_default),
        cmocka_unit_test(test_models_come_in_lps_mm),
        cmocka_unit_test(test_tool_mesh_is_loaded),
        cmocka_unit_test(test_meshes_are_kept_on_request),
        cmocka_unit_test(test_case_id_follows_every_byte),
        cmocka_unit_test(test_bad_cases_are_refused_with_their_place),
        cmocka_unit_test(test_reference_none_needs_tools_relative_to_tracker),
        cmocka_unit_test(test_range_ends_are_accepted),
        cmocka_unit_test(test_files_that_are_no_case),
        cmocka_unit_test(test_anchors_cannot_multiply),
        cmocka_unit_test(test_paths_that_are_no_file),
        cmocka_unit_test(test_unreadable_file_is_told),
        cmocka_unit_test(test_locale_changes_nothing),
        cmocka_unit_test(test_warnings_name_what_to_look_at),
        cmocka_unit_test(test_a_folder_means_the_case_in_it),
        cmocka_unit_test(test_what_nobody_has_stated_is_warned_of),
        cmocka_unit_test(test_side_of_a_display),
        cmocka_unit_test(test_keys_of_a_display),
        cmocka_unit_test(test_distances_by_role_and_key),
        cmocka_unit_test(test_margin_side_follows_the_tumour),
        cmocka_unit_test(test_names_of_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
