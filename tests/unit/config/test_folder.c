/* Folders for results: with those they lie in, and what stands in their way is named. */
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "mesh_maker.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    make_folder(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static void folders_are_made_with_those_around_them(void **state)
{
    (void)state;
    static const char *const names[] = {"a/b/c", "a/b/c", "a", "d/", "e//f/", "./g"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char path[160];
        struct stat info;
        struct cfg_error error = {.text = ""};
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (cfg_folder_make(path, &error) != NAV_OK) {
            fail_msg("%s", error.text);
        }
        assert_int_equal(stat(path, &info), 0);
        assert_true(S_ISDIR(info.st_mode));
    }
}

static void what_is_in_the_way_is_named(void **state)
{
    (void)state;
    char path[160];
    char longer[8192];
    struct cfg_error error = {.text = ""};
    write_file(folder, "file", "x", 1);
    (void)snprintf(path, sizeof(path), "%s/file", folder);
    assert_int_equal(cfg_folder_make(path, &error), NAV_ERR_IO);
    assert_non_null(strstr(error.text, "/file: is no folder"));
    (void)snprintf(path, sizeof(path), "%s/file/below", folder);
    assert_int_equal(cfg_folder_make(path, &error), NAV_ERR_IO);
    assert_non_null(strstr(error.text, "/below: the folder cannot be made: Not a directory"));
    assert_int_equal(cfg_folder_make("", &error), NAV_ERR_IO);
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(cfg_folder_make(longer, &error), NAV_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders_are_made_with_those_around_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_the_way_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
