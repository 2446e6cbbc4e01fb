/* The library of attempts: what was put in is there in order, and only a library is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "train_library.h"

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-library-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/l.sqlite", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static struct train_library *open_good(void)
{
    struct train_library *library = NULL;
    struct cfg_error error;
    if (train_library_open(path, &library, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return library;
}

static void add(struct train_library *library, const char *trainee, const char *exercise,
                int64_t when, double points)
{
    struct train_attempt attempt = {.made_utc_ns = when, .points = points, .passed = points > 50};
    struct cfg_error error;
    (void)snprintf(attempt.trainee, sizeof(attempt.trainee), "%s", trainee);
    (void)snprintf(attempt.exercise, sizeof(attempt.exercise), "%s", exercise);
    assert_int_equal(train_library_add(library, &attempt, "{}", &error), NAV_OK);
    assert_true(attempt.id > 0);
}

static size_t count(struct train_library *library, const char *trainee, const char *exercise,
                    double *out_last_points)
{
    struct train_attempt *attempts = NULL;
    size_t number = 0;
    struct cfg_error error;
    assert_int_equal(train_library_list(library, trainee, exercise, &attempts, &number, &error),
                     NAV_OK);
    for (size_t i = 1; i < number; ++i) {
        assert_true(attempts[i - 1].made_utc_ns <= attempts[i].made_utc_ns);
    }
    *out_last_points = number > 0 ? attempts[number - 1].points : -1.0;
    free(attempts);
    return number;
}

static void attempts_stay_and_are_told_apart(void **state)
{
    (void)state;
    double last = 0.0;
    struct train_library *library = open_good();
    add(library, "A", "one", 30, 70.0);
    add(library, "A", "one", 10, 40.0);
    add(library, "B", "one", 20, 90.0);
    add(library, "A", "two'; DROP TABLE attempts; --", 40, 10.0);
    train_library_close(library);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    library = open_good();
    assert_int_equal(count(library, NULL, NULL, &last), 4);
    assert_int_equal(count(library, "A", "one", &last), 2);
    assert_true(last == 70.0);
    assert_int_equal(count(library, "B", NULL, &last), 1);
    assert_int_equal(count(library, "A", "two'; DROP TABLE attempts; --", &last), 1);
    assert_int_equal(count(library, "C", NULL, &last), 0);
    train_library_close(library);
}

static void refused(enum nav_status expected, const char *says)
{
    struct train_library *library = NULL;
    struct cfg_error error;
    assert_int_equal(train_library_open(path, &library, &error), expected);
    if (strstr(error.text, says) == NULL) {
        fail_msg("'%s' does not say '%s'", error.text, says);
    }
    assert_int_equal(unlink(path), 0);
}

static void run_sql(const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    run_sql("CREATE TABLE other(x)");
    refused(NAV_ERR_UNSUPPORTED, "another program's");
    train_library_close(open_good());
    run_sql("PRAGMA user_version = 2");
    refused(NAV_ERR_VERSION, "newer");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; ++i) {
        fputs("no database ", file);
    }
    assert_int_equal(fclose(file), 0);
    refused(NAV_ERR_IO, "not a database");
    struct train_library *library = NULL;
    struct cfg_error error;
    assert_int_equal(train_library_open("/nowhere/l.sqlite", &library, &error), NAV_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attempts_stay_and_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_left_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
