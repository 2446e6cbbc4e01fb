/* Writes a simulated operation as a session: guide_record CASE SCRIPT SESSION. No test, but made of
 * what the tests are made of; tools/operation-images makes the documentation's pictures of it. */
#include "operation.h"
#include "test_data.h"

static const char *const *given;

static void an_operation_is_recorded(void **state)
{
    (void)state;
    static struct operation_cut truth[CFG_CUTS_MAX];
    static struct sim_script script;
    double least_mm[NAV_STRUCTURES_MAX];
    struct cfg_case *planned = NULL;
    struct case_guide *map = NULL;
    struct cfg_error error = {.text = ""};
    if (cfg_case_load_meshes(given[1], &planned, &error) != NAV_OK ||
        sim_script_load(given[2], planned, &script, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(case_guide_create(planned, &map), NAV_OK);
    operation_record(planned, map, &script, 1, given[3], truth, least_mm);
    case_guide_destroy(map);
    cfg_case_destroy(planned);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_operation_is_recorded)};
    if (argc != 4) {
        fputs("usage: guide_record CASE SCRIPT SESSION\n", stderr);
        return 2;
    }
    given = (const char *const *)argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
