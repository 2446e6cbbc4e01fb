/* Transform files of other programs, and what 3D Slicer means by them. */
#include <math.h>

#include "case.h"
#include "mesh_maker.h"
#include "transform_file.h"

#define HEAD "#Insight Transform File V1.0\n#Transform 0\n"
#define KIND "Transform: AffineTransform_double_3_3\n"
#define TURN "Parameters: 0 -1 0 1 0 0 0 0 1 10 20 30\n"

static enum nav_status parse(const char *name, const void *bytes, size_t size,
                             double out_matrix[16], struct cfg_error *out_error)
{
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    copy[size] = 0;
    const enum nav_status status = cfg_transform_parse(copy, size, name, out_matrix, out_error);
    free(copy);
    return status;
}

static void expect(const char *name, const void *bytes, size_t size, enum nav_status expected,
                   const char *words)
{
    double matrix[16] = {0.0};
    struct cfg_error error = {.text = ""};
    const enum nav_status status = parse(name, bytes, size, matrix, &error);
    if (status != expected || strstr(error.text, words) == NULL) {
        fail_msg("%s instead of %s, or no '%s' in: %s", nav_status_name(status),
                 nav_status_name(expected), words, error.text);
    }
    assert_true(status == NAV_OK || matrix[15] == 0.0); /* untouched */
}

static void expect_text(const char *text, enum nav_status expected, const char *words)
{
    expect("a.tfm", text, strlen(text), expected, words);
}

static void test_centre_is_worked_in(void **state)
{
    (void)state;
    static const char text[] = HEAD KIND TURN "FixedParameters: 1 2 3\n";
    double m[16];
    assert_int_equal(parse("a.TFM", text, strlen(text), m, NULL), NAV_OK);
    /* x = (5, 7, 11): A (4, 5, 8) = (-5, 4, 8); + c + t = (6, 26, 41) */
    const double x[3] = {5, 7, 11};
    const double y[3] = {6, 26, 41};
    for (int row = 0; row < 3; ++row) {
        double sum = m[4 * row + 3];
        for (int k = 0; k < 3; ++k) {
            sum += m[4 * row + k] * x[k];
        }
        assert_true(sum == y[row]);
    }
    assert_true(m[12] == 0.0 && m[13] == 0.0 && m[14] == 0.0 && m[15] == 1.0);
}

static void test_text_files_that_are_read(void **state)
{
    (void)state;
    expect_text(HEAD KIND TURN "FixedParameters: 0 0 0", NAV_OK, "");
    expect_text("#Insight Transform File V1.0\r\n# Transform 0\r\n"
                "Transform: MatrixOffsetTransformBase_float_3_3\r\n" TURN
                "FixedParameters: 0 0 0\r\n\r\n",
                NAV_OK, "");
}

static void test_text_files_that_are_refused(void **state)
{
    (void)state;
    expect_text("", NAV_ERR_UNSUPPORTED, "a.tfm:1: is not an ITK transform file");
    expect_text("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n", NAV_ERR_UNSUPPORTED, "not an ITK");
    expect_text(HEAD, NAV_ERR_SYNTAX, "'Transform:' expected");
    expect_text(HEAD "Transform: BSplineTransform_double_3_3\n", NAV_ERR_UNSUPPORTED, "a.tfm:3: ");
    expect_text(HEAD "Transform: AffineTransform_double_2_2\n", NAV_ERR_UNSUPPORTED, "only one");
    expect_text(HEAD KIND "Parameters: 0 -1 0 1 0 0 0 0 1 10 20\n", NAV_ERR_LENGTH, "truncated");
    expect_text(HEAD KIND "Parameters: 0 -1 0 1 0 0 0 0 1 10 20 x\n", NAV_ERR_SYNTAX, "a.tfm:4: ");
    expect_text(HEAD KIND "Parameters: 0 -1 0 1 0 0 0 0 1 10 20 nan\n", NAV_ERR_NOT_FINITE,
                "a.tfm:4: ");
    expect_text(HEAD KIND "Parameters: 0 -1 0 1 0 0 0 0 1 10 20 1e999\n", NAV_ERR_NOT_FINITE,
                "a.tfm:4: ");
    expect_text(HEAD KIND "Parameters: 1e308 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 100 0 0\n",
                NAV_ERR_NOT_FINITE, "too large");
    expect_text(HEAD KIND TURN, NAV_ERR_SYNTAX, "'FixedParameters:' expected");
    expect_text(HEAD KIND TURN "FixedParameters: 0 0\n", NAV_ERR_LENGTH, "truncated");
    expect_text(HEAD KIND TURN "FixedParameters: 0 0 0\n#Transform 1\n" KIND, NAV_ERR_UNSUPPORTED,
                "more than one");
    expect("a.h5", HEAD, strlen(HEAD), NAV_ERR_UNSUPPORTED, "save the transform as .tfm");
}

/* The two matrices of a .mat file; returns its size. */
static size_t make_mat(const char *kind, bool single, uint8_t out_bytes[512])
{
    static const double values[15] = {0, -1, 0, 1, 0, 0, 0, 0, 1, 10, 20, 30, 1, 2, 3};
    size_t at = 0;
    memset(out_bytes, 0, 512);
    for (int array = 0; array < 2; ++array) {
        const char *name = array == 0 ? kind : "fixed";
        const int count = array == 0 ? 12 : 3;
        put_u32(out_bytes + at, single ? 10 : 0);
        put_u32(out_bytes + at + 4, (uint32_t)count);
        put_u32(out_bytes + at + 8, 1);
        put_u32(out_bytes + at + 16, (uint32_t)strlen(name) + 1);
        memcpy(out_bytes + at + 20, name, strlen(name));
        at += 20 + strlen(name) + 1;
        for (int i = 0; i < count; ++i) {
            const double value = values[12 * array + i];
            if (single) {
                put_f32(out_bytes + at, (float)value);
                at += 4;
            } else {
                memcpy(out_bytes + at, &value, 8);
                at += 8;
            }
        }
    }
    return at;
}

static void test_mat_equals_text(void **state)
{
    (void)state;
    static const char text[] = HEAD KIND TURN "FixedParameters: 1 2 3\n";
    double expected[16];
    double m[16];
    uint8_t bytes[512];
    assert_int_equal(parse("a.txt", text, strlen(text), expected, NULL), NAV_OK);
    for (int single = 0; single < 2; ++single) {
        const size_t size = make_mat("AffineTransform_double_3_3", single != 0, bytes);
        assert_int_equal(parse("a.mat", bytes, size, m, NULL), NAV_OK);
        assert_memory_equal(m, expected, sizeof(m));
    }
}

static void test_mat_is_strict(void **state)
{
    (void)state;
    uint8_t bytes[512];
    const size_t size = make_mat("AffineTransform_double_3_3", false, bytes);
    for (size_t cut = 0; cut < size; ++cut) {
        expect("a.mat", bytes, cut, NAV_ERR_LENGTH, "truncated");
    }
    expect("a.mat", bytes, size + 1, NAV_ERR_LENGTH, "trailing data");
    put_u32(bytes + 4, UINT32_MAX);
    put_u32(bytes + 8, UINT32_MAX);
    expect("a.mat", bytes, size, NAV_ERR_UNSUPPORTED, "three dimensions");
    (void)make_mat("AffineTransform_double_3_3", false, bytes);
    put_u32(bytes + 16, UINT32_MAX);
    expect("a.mat", bytes, size, NAV_ERR_UNSUPPORTED, "three dimensions");
    (void)make_mat("AffineTransform_double_3_3", false, bytes);
    bytes[46] = 'x';
    expect("a.mat", bytes, size, NAV_ERR_SYNTAX, "no end");
    (void)make_mat("AffineTransform_double_3_3", false, bytes);
    const double bad = NAN;
    memcpy(bytes + 47, &bad, sizeof(bad));
    expect("a.mat", bytes, size, NAV_ERR_NOT_FINITE, "not finite");
    const size_t other = make_mat("Euler3DTransform_double_3_3", false, bytes);
    expect("a.mat", bytes, other, NAV_ERR_UNSUPPORTED, "only AffineTransform");
    (void)make_mat("AffineTransform_double_3_3", false, bytes);
    bytes[20 + 27 + 96 + 20] = 'F';
    expect("a.mat", bytes, size, NAV_ERR_SYNTAX, "'fixed'");
}

static void multiply(const double a[16], const double b[16], double out[16])
{
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            out[4 * i + j] = 0.0;
            for (int k = 0; k < 4; ++k) {
                out[4 * i + j] += a[4 * i + k] * b[4 * k + j];
            }
        }
    }
}

/* A node "ReferenceToRas" N, saved the way Slicer saves it: F N^-1 F, here by hand. */
static const double node[16] = {0.36, 0.48, -0.8, 12.5, -0.8, 0.6, 0.0, -40.0,
                                0.48, 0.64, 0.6,  88.0, 0.0,  0.0, 0.0, 1.0};
static const double flip[16] = {-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

static void save_as_slicer(double out_saved[16])
{
    double inverse[16] = {0};
    double half[16];
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            inverse[4 * i + j] = node[4 * j + i];
            inverse[4 * i + 3] -= node[4 * j + i] * node[4 * j + 3];
        }
    }
    inverse[15] = 1.0;
    multiply(flip, inverse, half);
    multiply(half, flip, out_saved);
}

static void test_what_slicer_means(void **state)
{
    (void)state;
    double saved[16];
    save_as_slicer(saved);
    const double R[9] = {saved[0], saved[1], saved[2], saved[4], saved[5],
                         saved[6], saved[8], saved[9], saved[10]};
    const double t[3] = {saved[3], saved[7], saved[11]};
    struct nav_pose pose;
    assert_int_equal(nav_pose_from_matrix(R, t, 1e-9, &pose), NAV_OK);
    const struct nav_pose T_image_reference = cfg_transform_from_slicer(&pose);
    double wanted[16];
    multiply(flip, node, wanted); /* to RAS, then to LPS */
    const double points[][3] = {{0, 0, 0}, {100, 0, 0}, {0, 100, 0}, {0, 0, 100}, {3, -7, 11}};
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); ++i) {
        double image[3];
        nav_pose_apply(&T_image_reference, points[i], image);
        for (int row = 0; row < 3; ++row) {
            double sum = wanted[4 * row + 3];
            for (int k = 0; k < 3; ++k) {
                sum += wanted[4 * row + k] * points[i][k];
            }
            assert_true(fabs(image[row] - sum) < 1e-12);
        }
    }
}

static void test_case_takes_it_as_registration(void **state)
{
    (void)state;
    char folder[64];
    char path[128];
    char text[2048];
    double m[16];
    make_folder(folder);
    write_box(folder, "a.stl", "", (const double[]){0, 0, 0}, (const double[]){60, 60, 60});
    save_as_slicer(m);
    int used =
        snprintf(text, sizeof(text),
                 HEAD KIND "Parameters: %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g "
                           "%.17g %.17g %.17g\nFixedParameters: 0 0 0\n",
                 m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10], m[3], m[7], m[11]);
    write_file(folder, "ReferenceToRas.tfm", text, (size_t)used);
    static const char format[] =
        "version: 1\nname: A\npatient: {pseudonym: A1}\n"
        "frames: {image: LPS, unit: mm, reference: R}\n"
        "registration:\n  source: Slicer\n%s"
        "models: [{file: a.stl, name: A, role: other}]\n"
        "tools: [{name: T, device: T, tip_mm: [0, 0, 0], axis: [1, 0, 0]}]\n";
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    used = snprintf(text, sizeof(text), format, "  slicer_transform: ReferenceToRas.tfm\n");
    write_file(folder, "case.yaml", text, (size_t)used);
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    if (cfg_case_load(path, &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    double wanted[16];
    multiply(flip, node, wanted);
    assert_true(loaded->has_registration);
    assert_non_null(loaded->registration_file);
    for (int i = 0; i < 16; ++i) {
        assert_true(fabs(loaded->registration_matrix[i] - wanted[i]) < 1e-12);
    }
    const uint64_t case_id = loaded->case_id;
    cfg_case_destroy(loaded);

    /* Its bytes are the case's: another time stamp in a comment is another case. */
    write_file(folder, "ReferenceToRas.tfm", HEAD KIND TURN "FixedParameters: 0 0 0\n",
               strlen(HEAD KIND TURN "FixedParameters: 0 0 0\n"));
    assert_int_equal(cfg_case_load(path, &loaded, NULL), NAV_OK);
    assert_true(loaded->case_id != case_id);
    cfg_case_destroy(loaded);

    static const struct {
        const char *lines;
        enum nav_status status;
        const char *words;
    } bad[] = {
        {"", NAV_ERR_REFUSED, "case.yaml:5: registration: give either"},
        {"  slicer_transform: ReferenceToRas.tfm\n"
         "  matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]\n",
         NAV_ERR_REFUSED, "only one of them"},
        {"  slicer_transform: none.tfm\n", NAV_ERR_NOT_FOUND, "case.yaml:7: "},
        {"  slicer_transform: a.stl\n", NAV_ERR_UNSUPPORTED, "case.yaml:7: "},
        {"  slicer_transform: mirror.tfm\n", NAV_ERR_NOT_RIGID, "mirror image"},
    };
    static const char mirror[] =
        HEAD KIND "Parameters: -1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
    write_file(folder, "mirror.tfm", mirror, strlen(mirror));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        used = snprintf(text, sizeof(text), format, bad[i].lines);
        write_file(folder, "case.yaml", text, (size_t)used);
        const enum nav_status status = cfg_case_load(path, &loaded, &error);
        if (status != bad[i].status || strstr(error.text, bad[i].words) == NULL) {
            fail_msg("%s: %s", nav_status_name(status), error.text);
        }
    }
    remove_folder(folder);
}

static void test_load_tells_about_the_file(void **state)
{
    (void)state;
    double m[16];
    uint8_t digest[CFG_SHA256_SIZE];
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_transform_load("/nowhere/a.tfm", m, digest, &error), NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "/nowhere/a.tfm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_centre_is_worked_in),
        cmocka_unit_test(test_text_files_that_are_read),
        cmocka_unit_test(test_text_files_that_are_refused),
        cmocka_unit_test(test_mat_equals_text),
        cmocka_unit_test(test_mat_is_strict),
        cmocka_unit_test(test_what_slicer_means),
        cmocka_unit_test(test_case_takes_it_as_registration),
        cmocka_unit_test(test_load_tells_about_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
