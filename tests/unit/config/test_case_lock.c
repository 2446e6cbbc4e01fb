/* The lock of a case: any changed byte of any file refuses the case, and says which. */
#include <sys/stat.h>

#include <jansson.h>

#include "case.h"
#include "case_lock.h"
#include "mesh_maker.h"

static const char case_text[] =
    "version: 1\n"
    "name: Locked\n"
    "patient: {pseudonym: L1}\n"
    "frames: {image: LPS, unit: mm, reference: none}\n"
    "models: [{file: a.stl, name: A, role: organ}, {file: b.stl, name: B, role: tumour}]\n"
    "tools: [{name: T, device: T, tip_mm: [0, 0, 0], axis: [1, 0, 0],\n"
    "         geometry: {shape: mesh, file: tool.stl}}]\n";

static const double low[3] = {0, 0, 0};
static const int64_t noon_ns = INT64_C(1772366400) * 1000000000; /* 2026-03-01T12:00:00Z */

struct place {
    char folder[64];
    char path[128];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    make_folder(place->folder);
    (void)snprintf(place->path, sizeof(place->path), "%s/case.yaml", place->folder);
    write_file(place->folder, "case.yaml", case_text, strlen(case_text));
    write_box(place->folder, "a.stl", "a", low, (const double[]){60, 60, 60});
    write_box(place->folder, "b.stl", "b", low, (const double[]){20, 20, 20});
    write_box(place->folder, "tool.stl", "tool", low, (const double[]){9, 9, 90});
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

static enum nav_status lock(const struct place *place, bool replace, struct cfg_error *out_error)
{
    struct cfg_case *loaded = NULL;
    assert_int_equal(cfg_case_load_unlocked(place->path, &loaded, out_error), NAV_OK);
    const enum nav_status status =
        cfg_lock_write(loaded, "A. Engineer", noon_ns, replace, out_error);
    cfg_case_destroy(loaded);
    return status;
}

static void expect_load(const struct place *place, enum nav_status expected, const char *words)
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

/* Exchanges the first two points of every triangle of a binary STL. */
static void turn_inside_out(const struct place *place, const char *name)
{
    enum { HEADER = 84, FACET = 50, NORMAL = 12, POINT = 12, FACETS_MAX = 100 };
    uint8_t bytes[HEADER + FACETS_MAX * FACET];
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    for (size_t at = HEADER + NORMAL; at + 2 * POINT <= size; at += FACET) {
        uint8_t point[POINT];
        memcpy(point, bytes + at, POINT);
        memcpy(bytes + at, bytes + at + POINT, POINT);
        memcpy(bytes + at + POINT, point, POINT);
    }
    write_file(place->folder, name, bytes, size);
}

static void test_without_a_lock_it_loads(void **state)
{
    const struct place *place = *state;
    struct cfg_case *loaded = NULL;
    struct cfg_lock found = {.present = true};
    assert_int_equal(cfg_case_load(place->path, &loaded, NULL), NAV_OK);
    assert_false(loaded->locked);
    assert_int_equal(cfg_lock_check(loaded, &found, NULL), NAV_OK);
    assert_false(found.present);
    cfg_case_destroy(loaded);
}

static void test_locked_it_says_by_whom_and_when(void **state)
{
    const struct place *place = *state;
    struct cfg_case *loaded = NULL;
    struct cfg_lock found = {.present = false};
    assert_int_equal(lock(place, false, NULL), NAV_OK);
    assert_int_equal(cfg_case_load(place->path, &loaded, NULL), NAV_OK);
    assert_true(loaded->locked);
    assert_int_equal(cfg_lock_check(loaded, &found, NULL), NAV_OK);
    assert_true(found.present);
    assert_string_equal(found.by, "A. Engineer");
    assert_string_equal(found.utc, "2026-03-01T12:00:00Z");
    assert_string_equal(found.software, "osteonav " OSTEONAV_VERSION);
    assert_true(found.warning_count > 0); /* no registration, for one */
    struct stat info;
    assert_int_equal(stat(found.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0444);
    cfg_case_destroy(loaded);
}

/* What was held to which check stands in the lock: a box turned inside out is one closed model
 * less. */
static void test_the_checks_passed_are_told(void **state)
{
    const struct place *place = *state;
    for (int inside_out = 0; inside_out < 2; ++inside_out) {
        char path[160];
        (void)snprintf(path, sizeof(path), "%s/case.lock", place->folder);
        assert_int_equal(lock(place, inside_out == 1, NULL), NAV_OK);
        json_t *root = json_load_file(path, 0, NULL);
        assert_non_null(root);
        const json_t *checks = json_object_get(root, "checks");
        json_int_t models = 0, closed = 0;
        for (size_t i = 0; i < json_array_size(checks); ++i) {
            const json_t *check = json_array_get(checks, i);
            const char *what = json_string_value(json_object_get(check, "what"));
            const json_int_t count = json_integer_value(json_object_get(check, "count"));
            assert_true(what != NULL && count > 0);
            assert_string_not_equal(what, "registration"); /* this case has none */
            models = strcmp(what, "models") == 0 ? count : models;
            closed = strcmp(what, "closed models") == 0 ? count : closed;
        }
        assert_int_equal(models, 2);
        assert_int_equal(closed, 2 - inside_out);
        json_decref(root);
        turn_inside_out(place, "a.stl");
    }
}

static void test_any_changed_byte_refuses(void **state)
{
    const struct place *place = *state;
    static const char *const names[] = {"a.stl", "b.stl", "tool.stl"};
    assert_int_equal(lock(place, false, NULL), NAV_OK);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        uint8_t bytes[BOX_STL_SIZE];
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", place->folder, names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
        assert_int_equal(fclose(file), 0);
        bytes[133] ^= 1; /* an attribute that no reader uses */
        write_file(place->folder, names[i], bytes, sizeof(bytes));
        expect_load(place, NAV_ERR_CHECKSUM, names[i]);
        bytes[133] ^= 1;
        write_file(place->folder, names[i], bytes, sizeof(bytes));
        expect_load(place, NAV_OK, "");
    }
    write_file(place->folder, "case.yaml", case_text, strlen(case_text) - 1); /* a line end */
    expect_load(place, NAV_ERR_CHECKSUM,
                "case.yaml: has changed since the case was locked by A. "
                "Engineer at 2026-03-01T12:00:00Z");
}

static void test_exchanged_files_refuse(void **state)
{
    const struct place *place = *state;
    char a[128], b[128], spare[128];
    (void)snprintf(a, sizeof(a), "%s/a.stl", place->folder);
    (void)snprintf(b, sizeof(b), "%s/b.stl", place->folder);
    (void)snprintf(spare, sizeof(spare), "%s/spare", place->folder);
    assert_int_equal(lock(place, false, NULL), NAV_OK);
    assert_int_equal(rename(a, spare), 0);
    assert_int_equal(rename(b, a), 0);
    assert_int_equal(rename(spare, b), 0);
    expect_load(place, NAV_ERR_CHECKSUM, "a.stl: has changed");
}

static void test_a_moved_folder_stays_locked(void **state)
{
    struct place *place = *state;
    assert_int_equal(lock(place, false, NULL), NAV_OK);
    char moved[64];
    (void)snprintf(moved, sizeof(moved), "%.50s-moved", place->folder);
    assert_int_equal(rename(place->folder, moved), 0);
    memcpy(place->folder, moved, sizeof(moved));
    (void)snprintf(place->path, sizeof(place->path), "%s/case.yaml", place->folder);
    expect_load(place, NAV_OK, "");
}

static void test_a_lock_is_replaced_only_when_asked(void **state)
{
    const struct place *place = *state;
    struct cfg_error error = {.text = ""};
    assert_int_equal(lock(place, false, &error), NAV_OK);
    assert_int_equal(lock(place, false, &error), NAV_ERR_EXISTS);
    assert_non_null(strstr(error.text, "--replace"));
    write_file(place->folder, "case.yaml", case_text, strlen(case_text) - 1);
    expect_load(place, NAV_ERR_CHECKSUM, "case.yaml");
    assert_int_equal(lock(place, true, &error), NAV_OK);
    expect_load(place, NAV_OK, "");
}

static void write_lock(const struct place *place, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/case.lock", place->folder);
    (void)unlink(path);
    write_file(place->folder, "case.lock", text, strlen(text));
}

static void test_a_broken_lock_refuses(void **state)
{
    const struct place *place = *state;
    write_lock(place, "");
    expect_load(place, NAV_ERR_SYNTAX, "case.lock:1: not valid JSON");
    write_lock(place, "{\"format\": \"osteonav case lock\", \"format\": 1}");
    expect_load(place, NAV_ERR_SYNTAX, "not valid JSON");
    write_lock(place, "[]");
    expect_load(place, NAV_ERR_SYNTAX, "not a lock of a case");
    write_lock(place, "{\"format\": \"osteonav case lock\", \"version\": 2}");
    expect_load(place, NAV_ERR_VERSION, "version 2");
    write_lock(place, "{\"format\": \"osteonav case lock\", \"version\": 1, \"by\": \"x\"}");
    expect_load(place, NAV_ERR_SYNTAX, "a key of the lock is missing");
    write_lock(place, "{\"format\": \"osteonav case lock\", \"version\": 1, \"by\": \"x\",\n"
                      "\"utc\": \"t\", \"software\": \"s\", \"files\": []}");
    expect_load(place, NAV_ERR_CHECKSUM, "case.yaml: has changed");
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/case.lock", place->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_load(place, NAV_ERR_IO, "is a folder");
}

static void test_a_lock_of_more_files_refuses(void **state)
{
    const struct place *place = *state;
    assert_int_equal(lock(place, false, NULL), NAV_OK);
    char text[4096];
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/case.lock", place->folder);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof(text) - 1, file);
    assert_int_equal(fclose(file), 0);
    text[length] = '\0';
    char *end = strstr(text, "  ],\n  \"checks\"");
    assert_non_null(end);
    char more[5000];
    (void)snprintf(more, sizeof(more), "%.*s, {\"path\": \"c\", \"sha256\": \"\"}%s",
                   (int)(end - text), text, end);
    write_lock(place, more);
    expect_load(place, NAV_ERR_CHECKSUM, "names fewer files");
    char *name = strstr(text, "\"b.stl\"");
    assert_non_null(name);
    name[1] = 'c';
    write_lock(place, text);
    expect_load(place, NAV_ERR_CHECKSUM, "b.stl: has taken another file's place");
}

static void test_who_must_be_said(void **state)
{
    const struct place *place = *state;
    struct cfg_case *loaded = NULL;
    assert_int_equal(cfg_case_load(place->path, &loaded, NULL), NAV_OK);
    char longer[NAV_TEXT_SIZE + 1];
    memset(longer, 'x', NAV_TEXT_SIZE);
    longer[NAV_TEXT_SIZE] = '\0';
    assert_int_equal(cfg_lock_write(loaded, "", 0, false, NULL), NAV_ERR_ARGUMENT);
    assert_int_equal(cfg_lock_write(loaded, longer, 0, false, NULL), NAV_ERR_ARGUMENT);
    assert_int_equal(cfg_lock_write(loaded, "\xff", 0, false, NULL), NAV_ERR_ARGUMENT);
    expect_load(place, NAV_OK, "");
    longer[NAV_TEXT_SIZE - 1] = '\0';
    assert_int_equal(cfg_lock_write(loaded, longer, 0, false, NULL), NAV_OK);
    expect_load(place, NAV_OK, "");
    cfg_case_destroy(loaded);
}

static void test_a_folder_that_cannot_be_written(void **state)
{
    struct place *place = *state;
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_case_load(place->path, &loaded, NULL), NAV_OK);
    free(loaded->path);
    loaded->path = strdup("/proc/case.yaml");
    assert_int_equal(cfg_lock_write(loaded, "x", 0, true, &error), NAV_ERR_IO);
    assert_non_null(strstr(error.text, "/proc/case.lock: cannot be written"));
    cfg_case_destroy(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_lock_it_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_locked_it_says_by_whom_and_when, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_checks_passed_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_changed_byte_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exchanged_files_refuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_moved_folder_stays_locked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lock_is_replaced_only_when_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_lock_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lock_of_more_files_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_must_be_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
