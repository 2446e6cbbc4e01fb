/* `osteonav case` from outside: exit codes, text, JSON, the example, the script's real case. */
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <jansson.h>

#include "case.h"
#include "test_data.h"

enum { OUTPUT_SIZE = 65536, PATH_SIZE = 1024 };

static char folder[64];

struct output {
    int code;
    char out[OUTPUT_SIZE];
    char err[OUTPUT_SIZE];
};

static void environment_path(const char *variable, const char *relative, char out_path[PATH_SIZE])
{
    const char *base = getenv(variable);
    assert_non_null(base);
    assert_true(snprintf(out_path, PATH_SIZE, "%s/%s", base, relative) < PATH_SIZE);
}

static void read_text(const char *name, char out_text[OUTPUT_SIZE])
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t length = fread(out_text, 1, OUTPUT_SIZE - 1, file);
    assert_true(length < OUTPUT_SIZE - 1);
    out_text[length] = '\0';
    assert_int_equal(fclose(file), 0);
}

static void run(char *const *arguments, struct output *out_result)
{
    char out[128];
    char err[128];
    (void)snprintf(out, sizeof(out), "%s/out", folder);
    (void)snprintf(err, sizeof(err), "%s/err", folder);
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    pid_t child;
    assert_int_equal(posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ), 0);
    assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    out_result->code = WEXITSTATUS(status);
    read_text("out", out_result->out);
    read_text("err", out_result->err);
}

static void run_case(char *a, char *b, char *c, struct output *out_result)
{
    char program[PATH_SIZE];
    environment_path("OSTEONAV_BIN", "osteonav", program);
    char verb[] = "case";
    char *const arguments[] = {program, verb, a, b, c, NULL};
    run(arguments, out_result);
}

static char check[] = "check", limits[] = "limits", json_flag[] = "--json", help[] = "--help";

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-verb-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void test_usage(void **state)
{
    (void)state;
    static struct output output;
    run_case(help, NULL, NULL, &output);
    assert_int_equal(output.code, 0);
    assert_non_null(strstr(output.out, "usage: osteonav case new"));
    assert_string_equal(output.err, "");
    char unknown[] = "unknown", bad_option[] = "--unknown";
    char *const wrong[][2] = {
        {NULL, NULL}, {unknown, NULL}, {check, NULL}, {limits, unknown}, {bad_option, limits}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        run_case(wrong[i][0], wrong[i][1], NULL, &output);
        assert_int_equal(output.code, 2);
        assert_string_equal(output.out, "");
        assert_non_null(strstr(output.err, "`osteonav case --help`"));
    }
}

static void test_limits_are_the_table(void **state)
{
    (void)state;
    static struct output output;
    run_case(limits, NULL, NULL, &output);
    assert_int_equal(output.code, 0);
    assert_non_null(strstr(output.out, "withhold_age_ms"));
    run_case(limits, json_flag, NULL, &output);
    assert_int_equal(output.code, 0);
    json_t *root = json_loads(output.out, 0, NULL);
    json_t *rows = json_object_get(root, "limits");
    size_t i = 0;
#define CHECK_ROW(name, def, min, max, unit, help)                                                 \
    {                                                                                              \
        json_t *row = json_array_get(rows, i++);                                                   \
        assert_string_equal(json_string_value(json_object_get(row, "name")), #name);               \
        assert_true(json_number_value(json_object_get(row, "default")) == (double)(def));          \
        assert_true(json_number_value(json_object_get(row, "min")) == (double)(min));              \
        assert_true(json_number_value(json_object_get(row, "max")) == (double)(max));              \
    }
    CFG_LIMITS_LIST(CHECK_ROW)
#undef CHECK_ROW
    assert_int_equal(json_array_size(rows), i);
    json_decref(root);
}

static void test_example_is_good(void **state)
{
    (void)state;
    static struct output output;
    char path[PATH_SIZE];
    environment_path("OSTEONAV_SOURCE", "config/examples/example.yaml", path);
    run_case(check, path, NULL, &output);
    assert_int_equal(output.code, 0);
    assert_string_equal(output.err, "");
    assert_non_null(strstr(output.out, "good: 2 models, 2 tools, 1 cut, 0 warnings"));
    assert_non_null(strstr(output.out, "withhold_age_ms                     200        250  ms"));
    run_case(json_flag, check, path, &output);
    assert_int_equal(output.code, 0);
    json_t *root = json_loads(output.out, 0, NULL);
    assert_true(json_is_true(json_object_get(root, "ok")));
    json_t *models = json_object_get(root, "models");
    assert_int_equal(json_array_size(models), 2);
    json_t *surface = json_object_get(json_array_get(models, 0), "surface");
    assert_true(json_is_true(json_object_get(surface, "closed")));
    assert_true(json_is_false(json_object_get(surface, "inward")));
    assert_int_equal(json_array_size(json_object_get(root, "warnings")), 0);
    json_decref(root);
}

static void copy_file(const char *from, const char *to)
{
    char *const arguments[] = {(char[]){"/bin/cp"}, (char[]){"-r"}, (char *)from, (char *)to, NULL};
    static struct output output;
    run(arguments, &output);
    assert_int_equal(output.code, 0);
}

/* Where poses come from is part of what a person checks. */
static void test_links_are_shown(void **state)
{
    (void)state;
    static struct output output;
    char source[PATH_SIZE];
    char target[PATH_SIZE];
    environment_path("OSTEONAV_SOURCE", "config/examples", source);
    (void)snprintf(target, sizeof(target), "%s/links", folder);
    copy_file(source, target);
    (void)snprintf(target, sizeof(target), "%s/links/example.yaml", folder);
    FILE *file = fopen(target, "a");
    assert_non_null(file);
    fputs("\nconnectors:\n"
          "  - {address: 192.0.2.7, port: 18945, stream_ms: 20}\n"
          "  - {address: 192.0.2.8, port: 18946, reconnect: false, hello: false}\n",
          file);
    assert_int_equal(fclose(file), 0);
    run_case(check, target, NULL, &output);
    assert_int_equal(output.code, 0);
    assert_non_null(
        strstr(output.out, "connector     192.0.2.7 port 18945, asks for poses every 20 ms\n"));
    assert_non_null(
        strstr(output.out, "connector     192.0.2.8 port 18946, no reconnection, no hello\n"));
    run_case(check, target, json_flag, &output);
    json_t *root = json_loads(output.out, 0, NULL);
    json_t *connectors = json_object_get(root, "connectors");
    assert_int_equal(json_array_size(connectors), 2);
    const json_t *first = json_array_get(connectors, 0);
    assert_string_equal(json_string_value(json_object_get(first, "address")), "192.0.2.7");
    assert_int_equal(json_integer_value(json_object_get(first, "port")), 18945);
    assert_int_equal(json_integer_value(json_object_get(first, "stream_ms")), 20);
    assert_true(json_is_true(json_object_get(first, "reconnect")));
    assert_true(json_array_size(json_object_get(root, "displays")) > 0);
    json_decref(root);
}

static void test_lock_and_info(void **state)
{
    (void)state;
    static struct output output;
    char source[PATH_SIZE];
    char target[PATH_SIZE];
    environment_path("OSTEONAV_SOURCE", "config/examples", source);
    (void)snprintf(target, sizeof(target), "%s/example", folder);
    copy_file(source, target);
    (void)snprintf(target, sizeof(target), "%s/example/example.yaml", folder);
    char lock[] = "lock", info[] = "info", by[] = "--by=Somebody", replace[] = "--replace";

    run_case(info, target, NULL, &output);
    assert_int_equal(output.code, 1);
    assert_non_null(strstr(output.err, "is not locked"));
    run_case(lock, target, by, &output);
    assert_int_equal(output.code, 0);
    assert_non_null(strstr(output.out, "locked by Somebody at 20"));
    run_case(info, target, json_flag, &output);
    assert_int_equal(output.code, 0);
    json_t *root = json_loads(output.out, 0, NULL);
    assert_true(json_is_true(json_object_get(root, "locked")));
    assert_string_equal(json_string_value(json_object_get(root, "by")), "Somebody");
    json_decref(root);
    run_case(lock, target, NULL, &output);
    assert_int_equal(output.code, 1);

    FILE *file = fopen(target, "a");
    assert_non_null(file);
    assert_true(fputs("# changed\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    char *const refused[] = {info, check};
    for (size_t i = 0; i < 2; ++i) {
        run_case(refused[i], target, NULL, &output);
        assert_int_equal(output.code, 1);
        assert_non_null(strstr(output.err, "has changed since the case was locked by Somebody"));
    }
    run_case(lock, target, replace, &output);
    assert_int_equal(output.code, 0);
    run_case(check, target, NULL, &output);
    assert_int_equal(output.code, 0);
    assert_non_null(strstr(output.out, "unchanged since it was locked"));
    run_case(check, target, replace, &output);
    assert_int_equal(output.code, 2);
}

static void test_refusal_goes_to_stderr_with_code_1(void **state)
{
    (void)state;
    static struct output output;
    char path[] = "/nowhere/case.yaml";
    run_case(check, path, NULL, &output);
    assert_int_equal(output.code, 1);
    assert_string_equal(output.out, "");
    assert_non_null(strstr(output.err, "/nowhere/case.yaml: cannot be opened"));
    run_case(check, path, json_flag, &output);
    assert_int_equal(output.code, 1);
    json_t *root = json_loads(output.out, 0, NULL);
    assert_true(json_is_false(json_object_get(root, "ok")));
    assert_string_equal(json_string_value(json_object_get(root, "status")), "NAV_ERR_NOT_FOUND");
    json_decref(root);
}

static void test_real_case_is_good(void **state)
{
    (void)state;
    char index[PATH_SIZE];
    test_data_path("anatomy/totalsegmentator_pelvis_case_LPS_mm/index.csv", index, sizeof(index));
    *strstr(index, "/anatomy/") = '\0';
    char script[PATH_SIZE];
    environment_path("OSTEONAV_SOURCE", "tools/real-case", script);
    static struct output output;
    char *const arguments[] = {script, index, folder, NULL};
    run(arguments, &output);
    assert_int_equal(output.code, 0);
    output.out[strcspn(output.out, "\n")] = '\0';
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    if (cfg_case_load(output.out, &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(loaded->model_count, 13);
    assert_string_equal(loaded->tools[0].device, "StylusToTracker");
    assert_true(loaded->has_registration);
    assert_true(loaded->models[0].report.triangles == 10500);
    cfg_case_destroy(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_limits_are_the_table),
        cmocka_unit_test(test_example_is_good),
        cmocka_unit_test(test_links_are_shown),
        cmocka_unit_test(test_lock_and_info),
        cmocka_unit_test(test_refusal_goes_to_stderr_with_code_1),
        cmocka_unit_test(test_real_case_is_good),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
