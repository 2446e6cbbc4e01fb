/* Exercises: built in, as files, and what is refused, with the line. */
#include "hand_case.h"

#include "test_data.h"

#include <math.h>
#include <sys/stat.h>

#include "exercise.h"

static struct hand_folder folder;
static struct cfg_case *planned;

static int set_up(void **state)
{
    (void)state;
    hand_folder_init(&folder, NULL, NULL);
    planned = hand_case_load(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cfg_case_destroy(planned);
    hand_folder_finish(&folder);
    return 0;
}

static struct train_exercise *good(const char *name)
{
    struct train_exercise *exercise = NULL;
    struct cfg_error error;
    if (train_exercise_load(name, planned, &exercise, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return exercise;
}

static void those_built_in_are_of_all_cuts(void **state)
{
    (void)state;
    for (const char *const *word = train_exercise_built_in(); *word != NULL; ++word) {
        struct train_exercise *exercise = good(*word);
        assert_string_equal(exercise->name, *word);
        assert_string_equal(exercise->tool, "Osteotome"); /* the blade, not the first tool */
        assert_int_equal(exercise->cuts_wanted, 2);
        assert_true(exercise->title[0] != '\0');
        assert_int_equal(exercise->occlusions, strcmp(*word, "drop-outs") == 0);
        train_exercise_destroy(exercise);
    }
}

static void a_file_says_what_is_asked(void **state)
{
    (void)state;
    char path[HAND_PATH_SIZE];
    char script[HAND_PATH_SIZE];
    hand_folder_write(&folder, "script.yaml", "version: 1\n", script);
    hand_folder_write(
        &folder, "one.yaml",
        "version: 1\ntitle: The second cut\ntool: Stylus\nghost: Osteotome\ncuts: [Second]\n"
        "script: script.yaml\nexpert: script.yaml\nseconds: 40\npass: 80\n"
        "reaction_s: 1.5\nexpert_reaction_s: 0.5\nchecks: 2\ncriteria:\n"
        "  - {what: offset, goal: 1, limit: 2, weight: 5}\n"
        "  - {what: path, weight: 0}\n",
        path);
    struct train_exercise *exercise = good(path);
    assert_string_equal(exercise->title, "The second cut");
    assert_string_equal(exercise->tool, "Stylus");
    assert_string_equal(exercise->ghost, "Osteotome");
    assert_false(exercise->cuts[0]);
    assert_true(exercise->cuts[1]);
    assert_int_equal(exercise->cuts_wanted, 1);
    assert_string_equal(exercise->script, script);
    assert_string_equal(exercise->expert, script);
    assert_true(exercise->seconds == 40.0 && exercise->pass == 80.0);
    assert_true(exercise->reaction_s == 1.5 && exercise->expert_reaction_s == 0.5);
    assert_int_equal(exercise->checks, 2);
    assert_true(exercise->rules[TRAIN_OFFSET].goal == 1.0);
    assert_true(exercise->rules[TRAIN_OFFSET].limit == 2.0);
    assert_true(exercise->rules[TRAIN_OFFSET].weight == 5.0);
    assert_true(exercise->rules[TRAIN_PATH].weight == 0.0);
    assert_true(isnan(exercise->rules[TRAIN_PATH].goal));
    assert_true(exercise->rules[TRAIN_ANGLE].goal == 1.0); /* as the table has it */
    train_exercise_destroy(exercise);
}

static void a_name_is_looked_for_beside_the_case(void **state)
{
    (void)state;
    char path[HAND_PATH_SIZE];
    char exercises[HAND_PATH_SIZE];
    (void)snprintf(exercises, sizeof(exercises), "%s/exercises", folder.path);
    assert_int_equal(mkdir(exercises, 0700), 0);
    hand_folder_write(&folder, "exercises/mine.yaml", "version: 1\ntitle: Mine\n", path);
    struct train_exercise *exercise = good("mine");
    assert_string_equal(exercise->title, "Mine");
    train_exercise_destroy(exercise);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(exercises), 0);
}

static void what_is_not_an_exercise_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } files[] = {
        {"version: 2\ntitle: x\n", ":1: version: must be 1"},
        {"version: 1\n", "title"},
        {"version: 1\ntitle: x\nsurprise: 1\n", "surprise"},
        {"version: 1\ntitle: x\ncuts: [Third]\n", "no cut Third"},
        {"version: 1\ntitle: x\ntool: Hammer\n", "no tool Hammer"},
        {"version: 1\ntitle: x\nghost: Hammer\n", "no tool Hammer"},
        {"version: 1\ntitle: x\nghost: Osteotome\n", ":3: ghost: must be another"},
        {"version: 1\ntitle: x\nscript: none.yaml\n", "cannot be read"},
        {"version: 1\ntitle: x\npass: 120\n", ":3: pass"},
        {"version: 1\ntitle: x\nseconds: 0\n", ":3: seconds"},
        {"version: 1\ntitle: x\nreaction_s: -1\n", ":3: reaction_s"},
        {"version: 1\ntitle: x\ncriteria:\n  - {what: offset, goal: 5}\n", "goal < limit"},
        {"version: 1\ntitle: x\ncriteria:\n  - {what: offset, weight: -1}\n", "weight"},
        {"version: 1\ntitle: x\ncriteria:\n  - {what: luck}\n", "luck"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        char path[HAND_PATH_SIZE];
        struct train_exercise *exercise = NULL;
        struct cfg_error error = {{0}};
        hand_folder_write(&folder, "bad.yaml", files[i].text, path);
        assert_true(train_exercise_load(path, planned, &exercise, &error) < NAV_OK);
        assert_null(exercise);
        if (strstr(error.text, files[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", error.text, files[i].says);
        }
    }
    struct train_exercise *exercise = NULL;
    struct cfg_error error;
    assert_int_equal(train_exercise_load("nothing", planned, &exercise, &error), NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "all-cuts"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(those_built_in_are_of_all_cuts),
        TEST(a_file_says_what_is_asked),
        TEST(a_name_is_looked_for_beside_the_case),
        TEST(what_is_not_an_exercise_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
