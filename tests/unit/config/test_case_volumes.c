/* The scans of a case: loaded, part of its id and its lock, refused where the models are not. */
#include <math.h>

#include "case.h"
#include "case_lock.h"
#include "case_warnings.h"
#include "mesh_maker.h"

static const char case_text[] =
    "version: 1\n"
    "name: Scanned\n"
    "patient: {pseudonym: V1}\n"
    "frames: {image: LPS, unit: mm, reference: none}\n"
    "models: [{file: a.stl, name: A, role: organ}]\n"
    "tools: [{name: T, device: T, tip_mm: [0, 0, 0], axis: [1, 0, 0]}]\n";
static const char volume_text[] = "volumes: [{name: Scan, file: scan.nrrd, modality: CT}]\n";

enum { SIDE = 8 };

struct place {
    char folder[64];
    char path[128];
};

static void write_scan(const struct place *place, const char *space, const char *origin, int bump)
{
    char bytes[1024];
    const int head = snprintf(bytes, sizeof(bytes),
                              "NRRD0004\ntype: uint8\ndimension: 3\nspace: %s\nsizes: %d %d %d\n"
                              "space directions: (10,0,0) (0,10,0) (0,0,10)\nencoding: raw\n"
                              "space origin: %s\n\n",
                              space, SIDE, SIDE, SIDE, origin);
    assert_true(head > 0 && (size_t)head + (size_t)SIDE * SIDE * SIDE <= sizeof(bytes));
    for (int i = 0; i < SIDE * SIDE * SIDE; ++i) {
        bytes[head + i] = (char)(i % 100 + (i == 7 ? bump : 0));
    }
    write_file(place->folder, "scan.nrrd", bytes, (size_t)head + (size_t)SIDE * SIDE * SIDE);
}

static void write_case(const struct place *place, const char *volumes)
{
    char text[2048];
    const int size = snprintf(text, sizeof(text), "%s%s", case_text, volumes);
    write_file(place->folder, "case.yaml", text, (size_t)size);
}

static int set_up(void **state)
{
    static const double low[3] = {30, 50, 10};
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    make_folder(place->folder);
    (void)snprintf(place->path, sizeof(place->path), "%s/case.yaml", place->folder);
    write_box(place->folder, "a.stl", "a", low, (const double[]){20, 20, 20});
    write_scan(place, "left-posterior-superior", "(0,20,0)", 0);
    write_case(place, volume_text);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    remove_folder(place->folder);
    free(place);
    return 0;
}

static struct cfg_case *load_good(const struct place *place)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    if (cfg_case_load_meshes(place->path, &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return loaded;
}

static void expect(const struct place *place, enum nav_status expected, const char *words)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = cfg_case_load(place->path, &loaded, &error);
    if (status != expected || strstr(error.text, words) == NULL) {
        fail_msg("%s instead of %s, or no '%s' in: %s", nav_status_name(status),
                 nav_status_name(expected), words, error.text);
    }
    cfg_case_destroy(loaded);
}

static void test_a_scan_is_loaded(void **state)
{
    const struct place *place = *state;
    struct cfg_case *loaded = load_good(place);
    assert_int_equal(loaded->volume_count, 1);
    const struct cfg_case_volume *volume = &loaded->volumes[0];
    assert_string_equal(volume->name, "Scan");
    assert_int_equal(volume->modality, CFG_MODALITY_CT);
    assert_string_equal(cfg_modality_name(volume->modality), "CT");
    assert_int_equal(volume->report.size[1], SIDE);
    assert_true(volume->report.T_image_voxel[7] == 20.0);
    assert_non_null(volume->volume);
    assert_int_equal(volume->volume->voxels[9], 9);
    cfg_case_destroy(loaded);

    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_case_load(place->path, &loaded, &error), NAV_OK);
    assert_null(loaded->volumes[0].volume);
    cfg_case_destroy(loaded);
}

static void test_a_scan_belongs_to_the_case(void **state)
{
    const struct place *place = *state;
    struct cfg_case *loaded = load_good(place);
    const uint64_t before = loaded->case_id;
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_lock_write(loaded, "A. Engineer", INT64_C(1), false, &error), NAV_OK);
    cfg_case_destroy(loaded);
    expect(place, NAV_OK, "");
    write_scan(place, "left-posterior-superior", "(0,20,0)", 1);
    expect(place, NAV_ERR_CHECKSUM, "scan.nrrd: has changed");
    assert_int_equal(cfg_case_load_unlocked(place->path, &loaded, &error), NAV_OK);
    assert_true(loaded->case_id != before);
    cfg_case_destroy(loaded);
}

static void test_a_scan_elsewhere_is_refused(void **state)
{
    const struct place *place = *state;
    write_scan(place, "left-posterior-superior", "(0,120,0)", 0);
    expect(place, NAV_ERR_REFUSED, "volumes[0].file: no model lies in this volume; is it another");
    write_scan(place, "right-anterior-superior", "(0,20,0)", 0);
    expect(place, NAV_ERR_REFUSED, "with x and y negated one does");
    write_scan(place, "left-posterior-superior", "(0,nan,0)", 0);
    expect(place, NAV_ERR_NOT_FINITE, "scan.nrrd:8");
    write_case(place, "volumes: [{name: Scan, file: none.nrrd, modality: CT}]\n");
    expect(place, NAV_ERR_NOT_FOUND, "none.nrrd");
    write_case(place, "volumes: [{name: Scan, file: scan.nrrd, modality: PET}]\n");
    expect(place, NAV_ERR_SYNTAX, "PET");
    write_scan(place, "left-posterior-superior", "(0,20,0)", 0);
    write_case(place, "volumes:\n"
                      "  - {name: A, file: scan.nrrd, modality: CT}\n"
                      "  - {name: a, file: scan.nrrd, modality: MR}\n");
    expect(place, NAV_ERR_EXISTS, "used before");
    write_case(place, "volumes:\n"
                      "  - {name: A, file: scan.nrrd, modality: CT}\n"
                      "  - {name: B, file: scan.nrrd, modality: CT}\n"
                      "  - {name: C, file: scan.nrrd, modality: CT}\n"
                      "  - {name: D, file: scan.nrrd, modality: CT}\n"
                      "  - {name: E, file: scan.nrrd, modality: CT}\n");
    expect(place, NAV_ERR_RANGE, "volumes");
}

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SAME "[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]"

static void count_words(void *context, const char *where, const char *text)
{
    *(int *)context += strcmp(where, "volumes[1]") == 0 && strstr(text, "by eye") != NULL;
}

static void write_aligned(const struct place *place, const char *alignment)
{
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "volumes:\n"
                   "  - {name: CT, file: scan.nrrd, modality: CT}\n"
                   "  - {name: MR, file: scan.nrrd, modality: MR, alignment: {%s}}\n",
                   alignment);
    write_case(place, text);
}

static void test_how_a_scan_came_here_is_told(void **state)
{
    const struct place *place = *state;
    write_aligned(place, "to: ct, origin: estimated, by: E, matrix: " SAME
                         ", source_sha256: \"" DIGEST "\", overlap: 0.8, spread_mm: 0.2");
    struct cfg_case *loaded = load_good(place);
    const struct cfg_alignment *alignment = &loaded->volumes[1].alignment;
    int found = 0;
    assert_false(loaded->volumes[0].alignment.stated);
    assert_true(alignment->stated);
    assert_int_equal(alignment->to, 0);
    assert_int_equal(alignment->origin, CFG_ALIGNMENT_ESTIMATED);
    assert_string_equal(alignment->by, "E");
    assert_string_equal(alignment->source_sha256, DIGEST);
    assert_true(alignment->overlap == 0.8 && isnan(alignment->refined_mm));
    (void)cfg_case_warnings(loaded, count_words, &found);
    assert_int_equal(found, 1);
    cfg_case_destroy(loaded);
}

static void test_wrong_alignments_are_refused(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *alignment;
        enum nav_status status;
        const char *words;
    } rows[] = {
        {"to: PET, origin: given, by: E, matrix: " SAME ", source_sha256: \"" DIGEST "\"",
         NAV_ERR_NOT_FOUND, "volumes[1].alignment.to: no other volume"},
        {"to: MR, origin: given, by: E, matrix: " SAME ", source_sha256: \"" DIGEST "\"",
         NAV_ERR_NOT_FOUND, "no other volume"},
        {"to: CT, origin: given, by: E, source_sha256: \"" DIGEST "\"", NAV_ERR_SYNTAX, "matrix"},
        {"to: CT, origin: given, by: E, matrix: [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], "
         "source_sha256: \"" DIGEST "\"",
         NAV_ERR_NOT_RIGID, "rigid"},
        {"to: CT, origin: given, by: E, matrix: " SAME ", source_sha256: \"12\"", NAV_ERR_SYNTAX,
         "SHA-256"},
        {"to: CT, origin: guessed, by: E, matrix: " SAME ", source_sha256: \"" DIGEST "\"",
         NAV_ERR_SYNTAX, "origin"},
        {"origin: given, by: E, matrix: " SAME ", source_sha256: \"" DIGEST "\"", NAV_ERR_SYNTAX,
         "to"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        write_aligned(place, rows[i].alignment);
        expect(place, rows[i].status, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_scan_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_scan_belongs_to_the_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_scan_elsewhere_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_how_a_scan_came_here_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_alignments_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
